"""A company with some records, for the tests of the snapshot."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.store import notes_of
from tests.company import NOW, VISIT, Company

SALE = {"date": "2026-11-02", "product": "Brace", "amount": "1200.50"}


@dataclass(frozen=True)
class Shop:
    """alice's customer in the east (one visit, two sales) and bob's in the west; carol supervises the east."""

    company: Company
    north: str
    west: str
    visit: str

    def notes(self, member: str = "alice") -> Notes:
        return notes_of(self.company.ledger(member))


@pytest.fixture(scope="session")
def stocked_once(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    import os

    company = founded.copy(tmp_path_factory.mktemp("stocked") / "company")
    os.environ["CRMCTL_NOW"] = NOW
    try:
        north = company.customer(name="Northern Hospital", aliases=["The North"], phone="+86 13800138000")
        visit = company.add("visit", VISIT, customer=north).id
        for _ in range(2):
            company.add("transaction", SALE, customer=north)
        company.sync("alice", "bob")
        west = company.customer("bob", name="Western Clinic", phone="+86 13900139000")
        company.add("visit", {**VISIT, "topic": "Unheard-of secret"}, "bob", customer=west)
        company.sync("bob", "alice", "carol", "alice", "bob", "carol")
    finally:
        del os.environ["CRMCTL_NOW"]
    return Shop(company, north, west, visit)


@pytest.fixture
def shop(stocked_once: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A copy of it, with the clock standing still."""
    company = stocked_once.company.copy(tmp_path / "company")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))
    for member in ("alice", "bob", "carol"):
        shutil.rmtree(company.clone(member) / ".git" / "crmctl" / "snapshot", ignore_errors=True)
    return Shop(company, stocked_once.north, stocked_once.west, stocked_once.visit)
