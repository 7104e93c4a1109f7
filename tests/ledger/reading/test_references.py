"""References: what is set must be there, whether it opens or not; an old reference may outlive its target."""

from __future__ import annotations

import pytest

from crmctl.errors import InvalidInput
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.references import Present, Reference, references_in
from crmctl.ledger.waiting.undo import undo
from tests.company import CARD, VISIT, Company

NOBODY = "C-7Q2M9K4T"


def faults(caught: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, str]]:
    return [(finding.code, finding.field) for finding in caught.value.findings]


def test_references_are_found_at_any_depth(company: Company) -> None:
    kind = company.ledger().in_force.kinds["customer"]
    data = {"parent": "C-1", "needs": [{"text": "x"}, {"visit": "V-1"}], "name": "C-2"}
    assert list(references_in(kind, data)) == [
        Reference("parent", "customer", "C-1"),
        Reference("needs.1.visit", "visit", "V-1"),
    ]


@pytest.mark.req("R-REC-14")
def test_a_reference_to_nothing_is_told_with_every_other_fault(company: Company) -> None:
    values = {"parent": NOBODY, "needs": [{"text": "x", "visit": "V-3K7Q2M9T4A"}], "email": "nobody"}
    before = company.ledger().head
    with pytest.raises(InvalidInput) as caught:
        company.customer(**values)
    assert ("FLD013", "email") in faults(caught)
    del values["email"]
    with pytest.raises(InvalidInput) as caught:
        company.customer(**values)
    assert faults(caught) == [("REF001", "parent"), ("REF001", "needs.0.visit")]
    assert company.ledger().head == before


def test_what_is_there_may_be_referred_to(company: Company) -> None:
    parent = company.customer()
    visit = company.add("visit", VISIT, customer=parent).id
    company.customer(name="Branch", parent=parent, needs=[{"text": "x", "visit": visit}])
    assert [f for f in check(company.ledger()).findings if f.code == "REF001"] == []


def test_what_one_cannot_open_may_be_referred_to(company: Company) -> None:
    theirs = company.customer()
    company.sync("alice", "bob")
    assert company.customer("bob", name="Western Works", parent=theirs)


def test_a_record_of_another_kind_is_none(company: Company) -> None:
    visit = company.add("visit", VISIT, customer=company.customer()).id
    with pytest.raises(InvalidInput) as caught:
        company.customer(name="Branch", parent=visit)
    assert faults(caught) == [("REF001", "parent")]


def test_records_of_the_same_draft_may_refer_to_each_other(company: Company) -> None:
    draft = Draft(company.ledger())
    parent = draft.new_customer(CARD, "east", "alice")
    draft.new_customer({**CARD, "name": "Branch", "parent": parent.id}, "east", "alice")
    draft.commit("add", "customer")
    assert [f for f in check(company.ledger()).findings if f.code == "REF001"] == []


def test_an_old_reference_does_not_stand_in_the_way_of_a_change(company: Company) -> None:
    visit = company.add("visit", VISIT, customer=company.customer())
    branch = company.customer(name="Branch", needs=[{"text": "x", "visit": visit.id}])
    undo(company.ledger(), visit.commit)
    update(company.ledger(), branch, {"industry": "health"}, Origin())
    found = [f for f in check(company.ledger()).findings if f.code == "REF001"]
    assert [finding.field for finding in found] == ["needs.0.visit"]
    with pytest.raises(InvalidInput):
        update(company.ledger(), branch, {"parent": NOBODY}, Origin())


def test_entries_of_a_month_are_there_too(company: Company) -> None:
    customer = company.customer()
    sale = company.add("transaction", {"date": "2026-11-02", "product": "brace", "amount": "1"}, customer=customer).id
    present = Present(company.ledger())
    assert present.has(Reference("x", "transaction", sale))
    assert not present.has(Reference("x", "transaction", "T-3K7Q2M9T4A"))
    assert not present.has(Reference("x", "", "ZZ-3K7Q2M9T4A"))
