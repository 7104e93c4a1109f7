"""Pending wraps: found when the organisation, a dossier, the keyring or merely the day changed."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.ledger.keys.identity import create
from crmctl.ledger.meeting.rewrap import rewrap
from crmctl.ledger.setup.enrol import add_member, set_roles
from crmctl.ledger.setup.joining import join
from crmctl.model.dossier import wraps_folder
from crmctl.model.org import Role
from tests.company import NOW, Company
from tests.prepared import prepared

TODAY = date.fromisoformat(NOW[:10])


@prepared
def second(company: Company) -> Company:
    """Somebody without a role yet, with a copy of his own."""
    add_member(company.ledger(), create(company.home, "dave", None), "Dave", (Role("sales", "east", TODAY),))
    company.sync("alice", "carol")
    join(str(company.path / "server.git"), company.clone("dave"), "dave")
    return company


def opens(company: Company, member: str, dossier: str, compartment: str) -> bool:
    ledger = company.ledger(member)
    return ledger.ring.can_open(ledger.dossier(dossier), compartment)


def test_a_new_supervisor_reads_the_plans_of_the_office_too(second: Company) -> None:
    second.add("day_plan", {"on": "2026-11-23"}, "alice", department="east")
    second.sync("alice", "carol")
    set_roles(second.ledger(), "dave", (Role("supervisor", "east", TODAY),))
    second.sync("alice", "carol", "dave")
    assert opens(second, "dave", "office/east", "plans.alice")


@pytest.mark.req("R-ACL-03")
def test_a_role_that_begins_later_gives_its_keys_on_that_day(second: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = second.customer()
    set_roles(second.ledger(), "dave", (Role("supervisor", "east", date(2026, 12, 1)),))
    second.sync("alice", "carol", "dave")
    assert not opens(second, "dave", customer, "core")
    monkeypatch.setenv("CRMCTL_NOW", "2026-12-01T08:00:00+08:00")
    second.sync("carol", "dave")
    assert opens(second, "dave", customer, "core")


def test_nothing_pending_makes_no_commit_and_a_damaged_note_is_no_obstacle(company: Company) -> None:
    company.customer()
    company.sync("alice")
    ledger = company.ledger()
    note = ledger.repo.git_dir / "crmctl" / "rewrapped"
    for content in (note.read_bytes(), b"", b"{", b"[1]", b"\xff"):
        note.write_bytes(content)
        assert rewrap(company.ledger()) == 0
    assert company.ledger().keyring.tip == ledger.keyring.tip


def test_a_wrap_that_went_missing_is_made_again(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    draft = company.draft()
    folder = wraps_folder(customer)
    draft.wrapping.dropped[f"{folder}/east.supervisor"] = set(draft.ledger.keyring.wraps(folder, "east.supervisor"))
    draft._touched.append(customer)
    draft.commit("update")
    assert not company.ledger().keyring.wraps(folder, "east.supervisor")
    company.sync("alice", "carol")
    assert opens(company, "carol", customer, "core")
