"""Adding, changing and moving records as a salesperson does."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused, UsageError
from crmctl.ledger.changing.draft import HERE_AND_NOW, Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.model.changes import FieldChange
from tests.company import CARD, VISIT, Company

SALE = {"date": "2026-11-02", "product": "brace", "amount": "10.50"}


def test_adding_a_row_tells_that_row_and_not_the_whole_month(company: Company) -> None:
    customer = company.customer()
    company.add("transaction", dict(SALE), customer=customer)
    done = company.add("transaction", {**SALE, "product": "splint"}, customer=customer)
    assert {change.field: change.after for change in done.changes} == {**SALE, "product": "splint"}


def test_changing_a_row_tells_what_changed_in_it(company: Company) -> None:
    customer = company.customer()
    done = company.add("transaction", dict(SALE), customer=customer)
    company.add("transaction", dict(SALE), customer=customer)
    changed = update(company.ledger(), done.id, {"amount": "11"}, HERE_AND_NOW)
    assert changed.changes == (FieldChange("amount", "10.50", "11.00"),)


def test_a_dry_run_tells_the_same_and_writes_nothing(company: Company) -> None:
    customer = company.customer()
    head = company.ledger().head
    planned = update(company.ledger(), customer, {"industry": "health"}, HERE_AND_NOW, dry_run=True)
    assert company.ledger().head == head
    done = update(company.ledger(), customer, {"industry": "health"}, HERE_AND_NOW)
    assert planned.changes == done.changes == (FieldChange("industry", None, "health"),)
    assert planned.commit is None
    assert done.commit == company.ledger().head


def test_an_update_that_changes_nothing_writes_nothing(company: Company) -> None:
    customer = company.customer(industry="health")
    head = company.ledger().head
    done = update(company.ledger(), customer, {"industry": " health "}, HERE_AND_NOW)
    assert (done.changes, done.commit, company.ledger().head) == ((), head, head)


def test_a_state_is_moved_and_not_written_over(company: Company) -> None:
    visit = company.add("visit", dict(VISIT), customer=company.customer()).id
    head = company.ledger().head
    for state in ("done", "完成", None, "planed", 3):
        with pytest.raises(UsageError) as caught:
            update(company.ledger(), visit, {"state": state}, HERE_AND_NOW)
        assert f"crmctl advance {visit}" in str(caught.value.hint)
    assert company.ledger().head == head


def test_the_state_it_has_may_stand_in_what_is_handed_in(company: Company) -> None:
    visit = company.add("visit", dict(VISIT), customer=company.customer()).id
    for state in ("planned", "计划", "Planned"):
        done = update(company.ledger(), visit, {"state": state, "topic": f"as {state}"}, HERE_AND_NOW)
        assert [change.field for change in done.changes] == ["topic"]


def test_a_record_moves_along_its_arrows_only(company: Company) -> None:
    visit = company.add("visit", {**VISIT, "on": "2026-11-20"}, customer=company.customer()).id
    with pytest.raises(NotFound) as unknown:
        advance(company.ledger(), visit, "don", {}, HERE_AND_NOW)
    assert "done" in str(unknown.value.hint)
    with pytest.raises(InvalidInput) as missing:
        advance(company.ledger(), visit, "done", {}, HERE_AND_NOW)
    assert {finding.field for finding in missing.value.findings} == {"result", "goal_met"}
    moved = advance(company.ledger(), visit, "完成", {"result": "we met", "goal_met": "yes"}, HERE_AND_NOW)
    assert FieldChange("state", "planned", "done") in moved.changes
    for state in ("planned", "done", "cancelled"):
        with pytest.raises(Refused) as caught:
            advance(company.ledger(), visit, state, {"cancel_reason": "x"}, HERE_AND_NOW)
        assert caught.value.rule == "REC010"


def test_a_customers_stage_is_its_departments(company: Company) -> None:
    customer = company.customer()
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    draft.commit("assign")
    advance(company.ledger(), customer, "成交", {}, Origin(reason="first order"), department="west")
    assignments = company.ledger().dossier(customer).assignments
    assert (assignments["west"].state, assignments["east"].state) == ("closed", "potential")
    with pytest.raises(NotFound):
        advance(company.ledger(), customer, "sold", {}, HERE_AND_NOW)


@pytest.mark.req("R-REC-16")
def test_a_customer_has_an_owner_who_works_in_its_department(company: Company) -> None:
    with pytest.raises(Refused) as caught:
        company.add("customer", dict(CARD), owner="bob", department="east")
    assert caught.value.rule == "R-REC-16"
    with pytest.raises(NotFound):
        company.add("customer", dict(CARD), department="north")
    made = company.add("customer", dict(CARD), owner="bob", department="west").id
    assert company.ledger().dossier(made).assignments["west"].owner == "bob"


def test_on_behalf_of_whom_is_recorded_and_must_be_known(company: Company) -> None:
    with pytest.raises(NotFound):
        company.add("customer", dict(CARD), origin=Origin("nobody"))
    made = company.add("customer", dict(CARD), origin=Origin("bob", "he is on the road")).id
    ledger = company.ledger()
    record = next(ledger.read(path, oid) for path, oid in ledger.record_blobs() if made in path)
    assert (record.by, record.for_, record.reason) == ("alice", "bob", "he is on the road")
    assert ledger.dossier(made).assignments["west"].owner == "bob"


def test_a_record_needs_a_customer_and_one_department(company: Company) -> None:
    with pytest.raises(UsageError, match="--customer"):
        company.add("visit", dict(VISIT))
    customer = company.customer()
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    draft.commit("assign")
    with pytest.raises(NotFound):
        company.add("visit", dict(VISIT), customer=customer, department="north")
    with pytest.raises(NotFound):
        company.add("vist", dict(VISIT), customer=customer)


def test_what_cannot_be_opened_cannot_be_changed(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    with pytest.raises((NoKey, NotFound)):
        update(company.ledger("bob"), customer, {"industry": "health"}, HERE_AND_NOW)


def test_a_file_that_is_not_there_is_told(company: Company, tmp_path: Path) -> None:
    values = {"what": "business_licence", "number": "A-1"}
    with pytest.raises(NotFound):
        company.add("qualification", values, customer=company.customer(), files={"scan": tmp_path / "none.pdf"})
