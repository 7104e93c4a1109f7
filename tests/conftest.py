"""What all tests share: English unless said otherwise, a fixed clock, and the small company."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from crmctl.ledger.changing.draft import Kept, Origin
from tests.company import NOW, Company, build, git

os.environ["CRMCTL_LANG"] = "en"
# Started in the background, we and all our children would ignore ^C, and the tests of it could not work.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company, built once; tests work on copies of it."""
    path = tmp_path_factory.mktemp("company")
    os.environ["CRMCTL_NOW"] = NOW
    try:
        build(Company(path))
    finally:
        del os.environ["CRMCTL_NOW"]
    return Company(path)


@pytest.fixture
def company(founded: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A copy of the company, with the clock standing still and its keys as CRMCTL_HOME."""
    copy = Company(tmp_path / "company")
    shutil.copytree(founded.path, copy.path, symlinks=True)
    for member in ("alice", "bob", "carol"):
        git(copy.clone(member), "remote", "set-url", "origin", str(copy.path / "server.git"))
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(copy.home))
    return copy


@pytest.fixture
def kept(company: Company) -> Callable[..., Kept]:
    """Make a record of any kind straight through a draft, and commit it."""

    def make(kind: str, dossier: str, values: dict[str, object], department: str = "east", **origin: object) -> Kept:
        draft = company.draft()
        record = draft.new_record(draft.kind(kind), dossier, department, values, Origin(**origin))  # type: ignore[arg-type]
        draft.commit("add", kind)
        return record

    return make
