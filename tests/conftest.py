"""What all tests share: English unless said otherwise, a fixed clock, and the small company."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.git import environment
from tests.company import NOW, Company, build
from tests.prepared import Preparations

ROOT = Path(__file__).resolve().parents[1]
os.environ["CRMCTL_LANG"] = "en"
# Where Python may not keep what it compiled, each of the thousand processes started here would compile crmctl anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.dont_write_bytecode = False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(ROOT / ".pytest_cache" / "bytecode")
# No test asserts wall-clock time, those of Hypothesis neither.
hypothesis.settings.register_profile("crmctl", deadline=None)
hypothesis.settings.load_profile("crmctl")
# No test pulls the plug: nothing waits for the disk, but for the processes that crmctl is started in, and for
# tests/ledger/git/test_durable.py, which sees to it that everywhere else crmctl does.
os.environ["GIT_TEST_FSYNC"] = environment._ALWAYS["GIT_TEST_FSYNC"] = "0"
os.fsync = lambda _descriptor: None
# Started in the background, we and all our children would ignore ^C, and the tests of it could not work.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company, built once; tests work on copies of it."""
    path = tmp_path_factory.mktemp("company")
    os.environ["CRMCTL_NOW"] = NOW
    company = Company(path)
    try:
        build(company)
    finally:
        del os.environ["CRMCTL_NOW"]
    company.pack()
    before = company.shared()
    yield company
    assert company.shared() == before, "a test wrote into a file that all copies share"


@pytest.fixture
def company(founded: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A copy of the company, with the clock standing still and its keys as CRMCTL_HOME."""
    copy = founded.copy(tmp_path / "company")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(copy.home))
    return copy


@pytest.fixture(scope="session")
def preparations(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Preparations:
    """What the fixtures marked `prepared` made in this process."""
    return Preparations(founded, tmp_path_factory.mktemp)


@pytest.fixture
def kept(company: Company) -> Callable[..., Kept]:
    """Make a record of any kind straight through a draft, and commit it."""

    def make(kind: str, dossier: str, values: dict[str, object], department: str = "east", **origin: object) -> Kept:
        draft = company.draft()
        record = draft.new_record(draft.kind(kind), dossier, department, values, Origin(**origin))  # type: ignore[arg-type]
        draft.commit("add", kind)
        return record

    return make
