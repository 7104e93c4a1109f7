"""Run a command in this process, in either language, and look at what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from crmctl.cli.boundary import main


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    def document(self, what: str) -> Any:
        """The `data` of the one JSON document on stdout, whose schema is `crmctl/<what>/1`."""
        assert self.code == 0, self.out + self.err
        document = json.loads(self.out)
        assert set(document) == {"schema", "data", "findings"}
        assert document["schema"] == f"crmctl/{what}/1"
        return document["data"]


Runner = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    """`run("list", "visit", language="zh")`."""

    def command(*words: str, language: str = "en") -> Said:
        monkeypatch.setenv("CRMCTL_LANG", language)
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command
