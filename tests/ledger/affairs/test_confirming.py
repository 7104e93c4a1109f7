"""Data confirmed as unchanged: a version that says so, many at once, marks of doubt gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from crmctl.errors import NotFound, Refused
from crmctl.ledger.affairs.confirming import confirm, to_confirm
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.changing.placing import Intent, place
from crmctl.ledger.changing.sealed_record import seal_record
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.reading.history import card_path, history
from crmctl.model.monthly import asking, rows_in
from crmctl.model.record import Record
from crmctl.model.timeline import steps
from tests.company import VISIT, Company


def card(company: Company, customer: str) -> Record:
    ledger = company.ledger()
    return ledger.read(card_path(ledger, customer))


@pytest.mark.req("R-REC-13")
def test_a_confirmation_is_a_version_without_doubt_and_with_the_day(company: Company) -> None:
    customer = company.customer()
    update(company.ledger(), customer, {"phone": "010-62770000"}, Origin(), unverified={"phone": "2026-11-18"})
    before = card(company, customer)
    done = confirm(company.ledger(), [customer], Origin(reason="called"))
    after = card(company, customer)
    assert (done.ids, done.already, after.confirmed_on, after.unverified) == ((customer,), (), "2026-11-20", {})
    assert (after.rev, after.data, after.reason) == (before.rev + 1, before.data, "called")
    ledger = company.ledger()
    told = steps(history(ledger, card_path(ledger, customer)).versions, ledger.in_force.kinds["customer"])
    assert [step.confirmed for step in told] == [True, False, False]


def test_the_same_day_again_writes_nothing_and_another_day_does(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = company.customer()
    confirm(company.ledger(), [customer], Origin())
    head = company.ledger().head
    again = confirm(company.ledger(), [customer], Origin())
    assert (again.ids, again.already, again.commit) == ((), (customer,), head)
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-21T10:00:00+08:00")
    assert confirm(company.ledger(), [customer], Origin()).ids == (customer,)
    assert card(company, customer).rev == 3


def test_an_ordinary_change_keeps_the_day_of_confirmation(company: Company) -> None:
    customer = company.customer()
    confirm(company.ledger(), [customer], Origin())
    update(company.ledger(), customer, {"address": "1"}, Origin(known_since=date(2026, 11, 19)))
    assert (card(company, customer).confirmed_on, card(company, customer).known_since) == ("2026-11-20", "2026-11-19")
    update(company.ledger(), customer, {"address": "2"}, Origin())
    assert card(company, customer).known_since is None


def test_many_are_one_change_or_none(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    visit = kept("visit", customer, VISIT).id
    head = company.ledger().head
    with pytest.raises(NotFound):
        confirm(company.ledger(), [customer, "V-0000000000"], Origin())
    assert company.ledger().head == head
    assert confirm(company.ledger(), [customer, visit, customer], Origin(), dry_run=True).commit is None
    assert company.ledger().head == head
    done = confirm(company.ledger(), [customer, visit], Origin())
    assert done.ids == (customer, visit)
    assert company.ledger().repo.commit(str(done.commit)).parents == (head,)


def test_a_dealing_is_not_confirmed(company: Company) -> None:
    customer = company.customer()
    dealing = company.add("transaction", {"date": "2026-11-02", "product": "leg", "amount": "1"}, customer=customer).id
    with pytest.raises(Refused):
        confirm(company.ledger(), [dealing], Origin())


def test_what_is_due_to_be_confirmed(company: Company, kept: Callable[..., Kept]) -> None:
    customer, fine = company.customer(), company.customer(name="Fine")
    kept("visit", fine, {**VISIT, "on": "2026-11-18"})
    update(
        company.ledger(),
        customer,
        {"phone": "010-62770000"},
        Origin(),
        unverified={"phone": "2026-11-18", "name": "2026-11-19"},
    )
    assert to_confirm(company.ledger()) == [customer]
    confirm(company.ledger(), to_confirm(company.ledger()), Origin())
    assert to_confirm(company.ledger()) == []


def told(company: Company, member: str, code: str) -> list[tuple[str, ...]]:
    ledger = company.ledger(member)
    return [(item.id, *item.who) for item in agenda(ledger, own(ledger)).items if item.code == code]


def found(company: Company, member: str = "alice") -> set[str]:
    return {finding.code for finding in check(company.ledger(member)).findings}


def test_what_a_clerk_enters_for_a_member_is_confirmed_by_that_member(company: Company) -> None:
    """Carol enters for Alice: Alice is asked until she confirms; another's later change does not take that away."""
    customer = company.customer()
    company.sync("alice", "carol")
    visit = company.add("visit", VISIT, "carol", customer=customer, origin=Origin("alice"))
    assert told(company, "carol", "REV030") == []
    company.sync("carol", "alice")
    assert told(company, "alice", "REV030") == [(visit.id, "alice")]
    assert "REV030" in found(company)
    update(company.ledger("carol"), visit.id, {"topic": "Another"}, Origin())
    company.sync("carol", "alice")
    assert to_confirm(company.ledger()) == [visit.id]
    done = confirm(company.ledger(), to_confirm(company.ledger()), Origin())
    assert done.ids == (visit.id,)
    assert told(company, "alice", "REV030") == []
    assert found(company) == set()
    ledger = company.ledger()
    path = lookup.record(ledger, visit.id).path
    versions = steps(history(ledger, path).versions, ledger.in_force.kinds["visit"])
    assert [(step.version.by, step.version.for_, step.own) for step in versions] == [
        ("alice", None, True), ("carol", None, False), ("carol", "alice", False)
    ]  # fmt: skip


def test_dealings_of_a_month_are_confirmed_one_by_one(company: Company) -> None:
    """Carol enters three for Alice: each is asked about, answered alone, in a list, or by correcting it."""
    customer = company.customer()
    company.sync("alice", "carol")
    dealing: dict[str, object] = {
        "date": "2026-11-18",
        "product": "orthosis",
        "amount": "100.00",
        "payment_method": "transfer",
    }
    first, second, third = (
        company.add("transaction", {**dealing, "product": name}, "carol", customer=customer, origin=Origin("alice")).id
        for name in ("one", "two", "three")
    )
    own_one = company.add("transaction", {**dealing, "product": "four"}, "carol", customer=customer).id
    company.sync("carol", "alice")
    assert sorted(item for item, _who in told(company, "alice", "REV030")) == sorted([first, second, third])
    assert [finding.args["member"] for finding in check(company.ledger()).findings if finding.code == "REV030"] == [
        "alice"
    ] * 3
    with pytest.raises(Refused):
        confirm(company.ledger(), [own_one], Origin())
    assert confirm(company.ledger(), [first], Origin()).ids == (first,)
    assert confirm(company.ledger(), [first, second], Origin()).ids == (second,)
    update(company.ledger(), third, {"amount": "90.00"}, Origin())
    assert told(company, "alice", "REV030") == []
    assert found(company) == set()
    ledger = company.ledger()
    path = lookup.record(ledger, first).path
    versions = steps(history(ledger, path, first).versions, ledger.in_force.kinds["transaction"])
    assert [(step.version.by, step.own) for step in versions] == [("alice", True), ("carol", False)]
    company.sync("alice", "carol")
    update(company.ledger("carol"), first, {"amount": "80.00"}, Origin("alice"))
    company.sync("carol", "alice")
    assert to_confirm(company.ledger()) == [first]


def test_nobody_else_takes_away_that_a_dealing_is_to_be_confirmed(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    dealing: dict[str, object] = {
        "date": "2026-11-18",
        "product": "orthosis",
        "amount": "100.00",
        "payment_method": "transfer",
    }
    made = company.add("transaction", dealing, "carol", customer=customer, origin=Origin("alice")).id
    ledger = company.ledger("carol")
    path = lookup.record(ledger, made).path
    draft = company.draft("carol")
    rows = [asking(row, ()) for row in rows_in(draft.record(path).data)]
    draft.set_rows(path, rows, Origin(), [made])
    draft.commit("update", "transaction")
    company.sync("carol", "alice")
    assert found(company) == {"CHK030"}


def test_who_also_takes_away_whom_a_dealing_was_entered_for_is_found(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    dealing: dict[str, object] = {
        "date": "2026-11-18", "product": "orthosis", "amount": "100.00", "payment_method": "transfer",
    }  # fmt: skip
    company.add("transaction", dealing, "carol", customer=customer)  # an entry without any mark comes first
    made = company.add("transaction", {**dealing, "product": "two"}, "carol", customer=customer, origin=Origin("alice"))
    path = lookup.record(company.ledger("carol"), made.id).path
    for _later in range(2):  # the newest version follows one that says nothing of it any more
        draft = company.draft("carol")
        rows = rows_in(draft.record(path).data)
        bare = [{name: value for name, value in asking(row, ()).items() if name != "for"} for row in rows]
        draft.set_rows(path, [{**row, "product": f"product {_later}"} for row in bare], Origin(), [made.id])
        draft.commit("update", "transaction")
    company.sync("carol", "alice")
    assert found(company) == {"CHK030"}
    said = [finding.args["name"] for finding in check(company.ledger()).findings if finding.code == "CHK030"]
    assert said == ["Alice"]


def test_who_cannot_look_at_it_or_has_left_is_not_asked(company: Company) -> None:
    customer = company.customer()
    visit = company.add("visit", VISIT, customer=customer, origin=Origin("bob"))  # of the west
    own_name = company.add("visit", VISIT, customer=customer, origin=Origin("alice"))
    ledger = company.ledger()
    for done in (visit, own_name):
        assert ledger.read(lookup.record(ledger, done.id).path).to_confirm == ()


def test_nobody_confirms_in_anothers_name(company: Company) -> None:
    """A clerk who takes the mark off, or writes the version as if the member had, is found by check."""
    customer = company.customer()
    company.sync("alice", "carol")
    visit = company.add("visit", VISIT, "carol", customer=customer, origin=Origin("alice"))
    for by, codes in (("carol", {"CHK030"}), ("alice", {"CHK030", "CHK031"})):
        ledger = company.ledger("carol")
        path = lookup.record(ledger, visit.id).path
        entry = ledger.repo.entry(ledger.head, path)
        assert entry is not None
        record = ledger.read(path)
        forged = record.next_version(record.data, prev=entry.oid, by=by, at=ledger.now, for_=None, reason=None)
        made = seal_record(replace(forged, to_confirm=()), path, ledger.dossier(customer))
        place(ledger, Intent({path: made}, "confirm visit\n\nCrmctl-Action: confirm\n"))
        assert found(company, "carol") == codes
