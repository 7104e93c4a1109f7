"""A ledger written in the format of version 1 opens with this version, and with plain `git` and `age`."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import Entry, add, update
from crmctl.ledger.checking.backup import restore
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.ledger import Ledger, claim_clone
from tests.golden.make import ATTACHMENT, VISIT, contents

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "ledger-1.bundle"
AGAIN = "an older format no longer opens; before the first release: python -m tests.golden.make"
MEMBERS = ("alice", "bob")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the fixture's test keys, closed to others as the program wants them."""
    shutil.copytree(HERE / "keys", tmp_path / "home/identities")
    for path in (tmp_path / "home").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return tmp_path / "home"


@pytest.fixture
def golden(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    restore(BUNDLE, tmp_path / "ledger", "alice", home)
    return Ledger(tmp_path / "ledger", home=home)


def expected() -> dict[str, dict[str, Any]]:
    raw: Any = load((HERE / "expected.yaml").read_bytes(), "expected.yaml")
    opened: dict[str, dict[str, Any]] = raw["opened"]
    return opened


def seen_by(ledger: Ledger, member: str) -> Ledger:
    claim_clone(ledger.repo, member)
    return Ledger(ledger.repo.path, home=ledger.home)


def test_the_fixture_holds_what_it_should() -> None:
    alice, bob = expected()["alice"], expected()["bob"]
    kinds = {entry["kind"] for entry in alice.values() if isinstance(entry, dict)}
    assert kinds >= {"customer", "visit", "complaint", "transaction", "qualification"}
    assert max(entry["rev"] for entry in alice.values() if isinstance(entry, dict)) >= 2
    assert hashlib.sha256(ATTACHMENT).hexdigest() in alice.values()
    assert any(path in bob for path in alice), "bob opens records of the east through the group"
    assert set(bob) - set(alice) or set(alice) - set(bob)


@pytest.mark.parametrize("member", MEMBERS)
def test_every_record_opens_with_this_version(golden: Ledger, member: str) -> None:
    assert contents(seen_by(golden, member)) == expected()[member], AGAIN


def test_the_check_finds_nothing_wrong(golden: Ledger) -> None:
    found = check(golden)
    assert [finding for finding in found.findings if finding.severity == "error"] == [], AGAIN
    assert found.opened


def test_work_goes_on_in_it(golden: Ledger) -> None:
    card = next(path for path, e in expected()["alice"].items() if isinstance(e, dict) and e["rev"] == 2)
    customer = expected()["alice"][card]["id"]
    add(golden, Entry("visit", VISIT, customer=customer))
    update(Ledger(golden.repo.path, home=golden.home), customer, {"industry": "trade"}, Origin())
    later = Ledger(golden.repo.path, home=golden.home)
    assert later.read(card).rev == 3
    assert [f for f in check(later).findings if f.severity == "error"] == []


@pytest.mark.parametrize("member", MEMBERS)
def test_every_record_opens_with_git_and_age_alone(tmp_path: Path, home: Path, member: str) -> None:
    if shutil.which("age") is None:
        pytest.skip("the age program is not installed")
    script = (HERE / "by-hand.sh").read_text(encoding="utf-8")
    subprocess.run(["git", "clone", "-q", str(BUNDLE), str(tmp_path / "copy")], check=True, capture_output=True)
    words = {"LEDGER": str(tmp_path / "copy"), "MEMBER": member}
    words["IDENTITY"] = str(home / "identities" / member / "identity.txt")
    for path, said in expected()[member].items():
        done = subprocess.run(
            ["sh", "-c", script], env={**os.environ, **words, "RECORD": path}, capture_output=True, check=False
        )
        assert done.returncode == 0, (path, done.stderr)
        if isinstance(said, str):
            assert hashlib.sha256(done.stdout).hexdigest() == said
        else:
            record: Any = load(done.stdout, path)
            assert {name: record[name] for name in said} == said
    assert not list((tmp_path / "copy").glob("*.key"))
