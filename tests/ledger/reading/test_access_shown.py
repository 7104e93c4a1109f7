"""Who can read what, from the policy and the keyring's names alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NoKey
from crmctl.ledger.affairs.granting import grant, revoke
from crmctl.ledger.changing.draft import Kept
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.access import Access, access_of, access_to, former
from crmctl.ledger.setup.enrol import add_member
from crmctl.model.dossier import Grant
from crmctl.model.org import Role
from tests.company import NOW, VISIT, Company


def to(company: Company, customer: str, member: str = "alice") -> dict[tuple[str, str], Access]:
    ledger = company.ledger(member)
    return {(a.compartment, a.member): a for a in access_to(ledger, ledger.dossier(customer))}


def test_readers_are_named_with_the_groups_they_read_through(company: Company) -> None:
    found = to(company, company.customer())
    assert found["core", "alice"] == Access(
        found["core", "alice"].dossier, "core", "alice", ("alice", "east.head"), "reads", None, 1
    )
    assert found["east/review", "carol"].through == ("east.supervisor",)
    assert {member for _part, member in found} == {"alice", "carol"}
    assert {part for part, _member in found} == {
        "core",
        *(f"east/{p}" for p in ("sales", "service", "trade", "review", "closed")),
    }


def test_a_new_member_waits_until_a_holder_syncs(company: Company) -> None:
    customer = company.customer()
    add_member(
        company.ledger(),
        create(company.home, "dave", None),
        "Dave",
        (Role("supervisor", "east", company.ledger().today),),
    )
    # enrolled by the admin, who also holds what the group holds: the group's own key is wrapped at once or at a sync
    before = to(company, customer)["core", "dave"].standing
    company.sync("alice", "carol", "alice")
    after = to(company, customer)["core", "dave"].standing
    assert (before, after) in {("waits", "reads"), ("reads", "reads")}


def test_an_owner_the_keyring_does_not_know_yet_waits(company: Company) -> None:
    customer = company.customer()
    ledger = company.ledger()
    dossier = ledger.dossier(customer)
    from dataclasses import replace

    granted = replace(dossier, grants=(Grant("bob", "core", ledger.today),))
    found = {(a.compartment, a.member): a.standing for a in access_to(ledger, granted)}
    assert found["core", "bob"] == "waits"
    assert ("east/sales", "bob") not in found


def test_a_key_the_policy_does_not_give_is_called_that(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = company.customer()
    monkeypatch.setattr(Ledger, "expected_readers", lambda _self, _dossier, _name: frozenset({"alice"}))
    found = to(company, customer)
    assert found["core", "carol"].standing == "not meant"
    assert found["core", "alice"].standing == "reads"


def test_what_a_member_can_read_names_customers_and_offices(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    kept("visit", customer, VISIT)
    kept("day_plan", "office/east", {"on": "2026-11-23"})
    carol = access_of(company.ledger(), "carol")
    assert {(a.dossier, a.compartment) for a in carol if a.standing == "reads"} >= {
        (customer, "core"),
        (customer, "east/sales"),
        ("office/east", "plans.alice"),
    }
    assert {a.member for a in carol} == {"carol"}
    assert access_of(company.ledger(), "bob") == []


def test_no_key_is_needed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = company.customer()
    company.sync("alice", "bob")

    def locked(_self: Ledger) -> None:
        raise NoKey("locked")

    monkeypatch.setattr(Ledger, "identity", property(locked))
    assert to(company, customer, "bob")["core", "alice"].standing == "reads"
    assert len(access_of(company.ledger("bob"), "carol")) == 6


@pytest.mark.req("R-ACL-02")
def test_a_right_for_a_time_is_shown_with_its_last_day_and_who_read_before(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer()
    grant(company.ledger(), customer, "bob", date(2026, 12, 31), "joint visit")
    shown = to(company, customer)
    assert (shown["core", "bob"].until, shown["core", "bob"].generation) == ("2026-12-31", 1)
    assert shown["core", "alice"].until is None
    assert former(company.ledger(), company.ledger().dossier(customer)) == []
    revoke(company.ledger(), customer, "bob", "no visit")
    ledger = company.ledger()
    assert {one.generation for one in access_to(ledger, ledger.dossier(customer)) if one.compartment == "core"} == {2}
    gone = former(ledger, ledger.dossier(customer))
    assert [(one.compartment, one.member, one.standing, one.generation) for one in gone] == [
        ("core", "bob", "was", 1), ("east/sales", "bob", "was", 1)
    ]  # fmt: skip
    assert {one.until for one in gone} == {NOW[:10]}
    assert invoke(["-C", str(company.clone("alice")), "access", customer]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "Bob" in line and "Card" in line)
    assert "could read before, not what came since" in line
