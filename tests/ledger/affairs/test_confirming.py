"""Data confirmed as unchanged: a version that says so, many at once, marks of doubt gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from crmctl.errors import NotFound, Refused
from crmctl.ledger.affairs.confirming import confirm, to_confirm
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.history import card_path, history
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
