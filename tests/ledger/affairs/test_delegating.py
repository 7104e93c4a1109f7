"""Who stands in for whom, until when: written by that member alone, and nothing more than approving."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.ledger.affairs.delegating import delegate, end, standins
from crmctl.rules.slots import stood_for
from tests.attacks.forgery import codes
from tests.company import Company

DAY = date(2026, 11, 20)
UNTIL = date(2026, 11, 30)


def holder(company: Company, on: date = DAY, department: str = "west") -> str | None:
    org = company.ledger().in_force.org
    return stood_for(org, org.members["carol"], "head", department, on)


def test_a_role_is_delegated_and_taken_back(company: Company) -> None:
    assert holder(company) is None
    delegate(company.ledger(), "head", "carol", UNTIL, department="west")
    assert holder(company) == "alice"
    assert holder(company, UNTIL) == "alice", "the last day counts"
    assert holder(company, UNTIL + timedelta(days=1)) is None
    assert holder(company, DAY - timedelta(days=1)) is None
    assert holder(company, department="east") is None
    assert [(item.owner, item.delegation.to, item.counts) for item in standins(company.ledger())] == [
        ("alice", "carol", True)
    ]
    assert codes(company) == set(), "verify takes it"
    assert end(company.ledger(), "head")
    assert holder(company) is None
    assert codes(company) == set()


def test_everywhere_means_wherever_it_is_held(company: Company) -> None:
    delegate(company.ledger(), "head", "carol", UNTIL)
    assert holder(company) == holder(company, department="east") == "alice"


def test_the_same_again_replaces_it(company: Company) -> None:
    delegate(company.ledger(), "head", "carol", DAY, department="west")
    delegate(company.ledger(), "head", "carol", UNTIL, department="west")
    assert [item.delegation.until for item in standins(company.ledger())] == [UNTIL]


def test_what_cannot_be_delegated(company: Company) -> None:
    with pytest.raises(Refused):
        delegate(company.ledger("bob"), "head", "carol", UNTIL)
    with pytest.raises(Refused):
        delegate(company.ledger(), "head", "alice", UNTIL)
    with pytest.raises(Refused):
        delegate(company.ledger(), "head", "carol", UNTIL, department="north")
    with pytest.raises(NotFound):
        delegate(company.ledger(), "head", "carl", UNTIL)
    with pytest.raises(InvalidInput):
        delegate(company.ledger(), "head", "carol", DAY - timedelta(days=1))
    with pytest.raises(NotFound):
        end(company.ledger(), "head")
    assert standins(company.ledger()) == []


def test_nobody_reads_more_by_it(company: Company) -> None:
    customer = company.customer("bob")
    company.sync("bob", "alice")
    before = company.ledger().expected_readers(company.ledger().dossier(customer), "west/sales")
    delegate(company.ledger(), "head", "carol", UNTIL)
    assert company.ledger().expected_readers(company.ledger().dossier(customer), "west/sales") == before


def test_the_command(company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(company.clone("alice"))
    assert invoke(["delegate"]) == 0
    assert "Nobody stands in for anybody" in capsys.readouterr().out
    assert invoke(["delegate", "head", "--to", "carol", "--until", "2026-11-30", "--dry-run"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert standins(company.ledger()) == []
    assert invoke(["delegate", "head", "--to", "carol", "--until", "2026-11-30"]) == 0
    assert "Carol approves as head in your place until 2026-11-30" in capsys.readouterr().out
    assert invoke(["delegate"]) == 0
    assert "carol" in capsys.readouterr().out
    assert invoke(["delegate", "head", "--end"]) == 0
    assert "Carol no longer stands in for you" in capsys.readouterr().out
