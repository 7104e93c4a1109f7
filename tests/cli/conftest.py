"""Fixtures of the command line's tests: a language, a home, a command table of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from crmctl import i18n
from crmctl.cli import app
from crmctl.cli.lazy import Entry

ROOT = Path(__file__).resolve().parents[2]
Runner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """English, an empty home; the process's language is put back afterwards."""
    home = tmp_path / "home"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "CRMCTL_NOW", "NO_COLOR", "PYTHONIOENCODING", "_CRMCTL_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setenv("CRMCTL_LANG", "en")
    monkeypatch.setenv("CRMCTL_HOME", str(home))
    before = (i18n._language, i18n._translations)
    i18n.set_language("en")
    yield home
    i18n._language, i18n._translations = before


@pytest.fixture
def with_commands(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`with_commands(name=function)`: the table holds these commands only."""

    def install(**functions: Callable[..., object]) -> None:
        module = ModuleType("commands_of_a_test")
        for name, function in functions.items():
            setattr(module, name, function)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        table = {name: Entry(f"{module.__name__}:{name}", "Done.") for name in functions}
        monkeypatch.setattr(app, "COMMANDS", table)

    return install


@pytest.fixture
def crmctl(tmp_path: Path) -> Runner:
    """`crmctl("help", "words", env={…})`: the real program in a process of its own."""

    def run(*arguments: str, env: dict[str, str] | None = None, **options: object) -> subprocess.CompletedProcess[str]:
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        settings: dict[str, object] = {"encoding": "utf-8", "stdin": subprocess.DEVNULL, "cwd": tmp_path} | options
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, "-m", "crmctl", *arguments],
            capture_output=True, check=False, timeout=60, env=surroundings, **settings,
        )  # fmt: skip

    return run
