"""What members do through crmctl proves true: landings, handovers, undo, retried syncs, leaving."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crmctl.ledger.affairs.dealing import handover
from crmctl.ledger.changing.draft import HERE_AND_NOW
from crmctl.ledger.changing.entry import update
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.setup.enrol import leave, set_roles
from crmctl.ledger.waiting.undo import undo
from crmctl.model.org import Role
from crmctl.trust.pin import read_pin, write_pin
from tests.attacks.forgery import AT, MAIN, Forger, codes, verified
from tests.company import VISIT, Company


def test_a_fresh_ledger_proves_true_and_names_its_first_commit(company: Company) -> None:
    result = verified(company)
    assert result.findings == ()
    assert result.pin is not None
    assert (
        result.pin.founding
        == Repository(company.clone("alice")).run("rev-list", "--max-parents=0", "main").decode().strip()
    )


def test_a_landing_of_several_changes_proves_true(company: Company) -> None:
    ours = company.customer("bob", name="Southern Works")
    company.add("visit", VISIT, "bob", customer=ours)
    company.customer("alice")
    company.sync("alice", "bob", "alice")
    repo = Repository(company.clone("alice"))
    assert len(repo.commit(MAIN).parents) == 2
    assert codes(company) == set()


def test_what_was_proved_is_not_looked_at_again(company: Company) -> None:
    first = verified(company)
    company.customer("alice")
    again = verified(company, pin=first.pin)
    assert (again.commits, again.findings) == (1, ())


def test_the_pin_comes_back_as_it_was_kept(company: Company) -> None:
    company.customer("alice")
    result, repo = verified(company), Repository(company.clone("alice"))
    assert result.pin is not None
    write_pin(repo, result.pin)
    kept = read_pin(repo)
    assert kept is not None
    assert (kept.tip, kept.keyring, kept.founding, kept.clock) == (
        result.pin.tip, result.pin.keyring, result.pin.founding, result.pin.clock,
    )  # fmt: skip
    assert len(kept.seen) == len(result.pin.seen) > 0


def test_a_record_filed_by_somebody_who_cannot_read_it_is_fine(company: Company) -> None:
    customer = company.customer("alice")
    company.sync("alice", "bob")
    inquiry = {"received_at": "2026-11-20T09:00", "text": "What does it cost?"}
    company.add("inquiry", inquiry, "bob", customer=customer, department="east")
    company.sync("bob", "alice")
    assert codes(company) == set()


def test_a_handover_and_the_new_owners_change_prove_true(company: Company) -> None:
    customer = company.customer(
        "alice",
    )
    company.sync("alice", "carol")
    handover(company.ledger("carol"), [customer], "alice", "same owner")
    company.sync("carol", "alice")
    assert codes(company) == set()


def test_undo_of_a_change_nobody_has_is_fine(company: Company) -> None:
    customer = company.customer("alice")
    company.add("visit", VISIT, customer=customer)
    undo(company.ledger())
    company.sync("alice")
    assert codes(company) == set()


def test_undo_of_a_shared_change_seals_anew(company: Company) -> None:
    customer = company.customer("alice", phone="13800138000")
    update(company.ledger(), customer, {"phone": "13900139000"}, HERE_AND_NOW)
    company.sync("alice")
    undo(company.ledger(), company.ledger().head)
    company.sync("alice")
    assert codes(company) == set()


def test_a_landing_made_again_after_a_lost_race_is_fine(company: Company) -> None:
    """The first landing was never taken by the server; the next one has it on its second side."""
    company.customer("bob", name="Southern Works")
    company.customer("alice")
    company.sync("alice")
    forger = Forger(company, "bob")
    forger.repo.run("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
    from crmctl.ledger.meeting.sync import _integrate

    _integrate(company.ledger("bob"))
    assert len(forger.repo.commit(MAIN).parents) == 2
    company.customer("alice", name="Eastern Works")
    company.sync("alice", "bob", "alice")
    second = Repository(company.clone("alice")).commit(MAIN).parents[1]
    assert len(Repository(company.clone("alice")).commit(second).parents) == 2
    assert codes(company) == set()


def test_what_a_member_did_before_leaving_stays_good(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    leave(company.ledger(), "bob", date(2026, 11, 20))
    monkeypatch.setenv("CRMCTL_NOW", "2026-12-20T10:00:00+08:00")
    company.customer("alice")
    company.sync("alice")
    assert codes(company, now=AT + timedelta(days=40)) == set()


def test_a_range_is_proved_without_the_pin(company: Company) -> None:
    from crmctl.trust.stretch import verify_here

    old = company.ledger().head
    company.customer("alice")
    result, since = verify_here(Repository(company.clone("alice")), f"{old}..main", full=False, progress=print)
    assert (result.commits, result.findings, since) == (1, (), old)
    assert read_pin(Repository(company.clone("alice"))) is None


def test_keys_of_roles_somebody_no_longer_holds_are_no_ghosts(company: Company) -> None:
    """The founder's wraps of groups she belonged to at first stay in the keyring's history."""
    ledger = company.ledger()
    old = verified(company).pin
    roles = tuple(role for role in ledger.member.roles if role.role != "sales")
    set_roles(ledger, "alice", roles)
    company.sync("alice")
    assert codes(company) == set()
    assert codes(company, pin=old) == set()


def test_a_customer_handed_away_and_back_between_two_looks(company: Company) -> None:
    set_roles(
        company.ledger(),
        "carol",
        (Role("supervisor", "east", date(2026, 1, 1)), Role("sales", "east", date(2026, 1, 1))),
    )
    customer = company.customer("alice")
    company.sync("alice", "carol")
    pin = verified(company).pin
    handover(company.ledger(), [customer], "carol", "away")
    company.sync("alice", "carol")
    assert codes(company) == set()
    handover(company.ledger("carol"), [customer], "alice", "back")
    company.sync("carol", "alice")
    assert codes(company, pin=pin) == set()
    assert codes(company) == set()
