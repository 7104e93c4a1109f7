"""Registers about access: originals lent out, incidents with customer data and what was done about them."""

from __future__ import annotations

import pytest

from crmctl.errors import InvalidInput, NoKey
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance
from crmctl.ledger.reading import lookup
from tests.company import Company

DAY = "2026-11-20"


def stored(company: Company, record_id: str, member: str = "alice") -> dict[str, object]:
    ledger = company.ledger(member)
    return dict(ledger.read(lookup.record(ledger, record_id).path).data)


@pytest.mark.req("R-ACL-12")
def test_originals_are_lent_by_right_or_permission_and_come_back_in_a_condition(company: Company) -> None:
    loan: dict[str, object] = {
        "item": "trade licence", "borrower": "carol", "right": "responsible", "out_on": DAY, "due_on": "2026-11-25",
        "condition_out": "good",
    }  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        company.add("loan", {**loan, "right": "permitted"}, department="east")
    assert [finding.field for finding in caught.value.findings] == ["permitted_by"]
    made = company.add("loan", {**loan, "right": "permitted", "permitted_by": "alice"}, department="east").id
    with pytest.raises(InvalidInput):
        advance(company.ledger(), made, "returned", {}, Origin())
    advance(
        company.ledger(),
        made,
        "returned",
        {"back_on": "2026-11-24", "condition_back": "stained", "note": "ink"},
        Origin(),
    )
    assert stored(company, made)["condition_back"] == "stained"
    company.add("loan", loan, department="east")


@pytest.mark.req("R-ACL-21")
@pytest.mark.req("R-AUD-21")
def test_an_incident_goes_up_the_ladder_of_measures_to_the_authorities(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    told: dict[str, object] = {
        "on": DAY, "what": "leaked", "severity": "grave", "persons": ["carol"], "text": "a list was sold",
        "customers": [customer],
    }  # fmt: skip
    made = company.add("incident", told, "bob", department="east").id
    with pytest.raises(NoKey):  # told by anybody, read by who is in charge
        stored(company, made, "bob")
    company.sync("bob", "alice")
    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), made, "decided", {}, Origin())
    assert {finding.field for finding in caught.value.findings} == {"measure", "decided_by", "decided_on"}
    done = {"measure": ["fine", "discipline"], "fine": "500", "decided_by": "alice", "decided_on": DAY}
    advance(company.ledger(), made, "decided", done, Origin())
    with pytest.raises(InvalidInput):
        advance(company.ledger(), made, "handed", {}, Origin())
    advance(company.ledger(), made, "handed", {"authority": "district police", "handed_on": DAY}, Origin())
    found = stored(company, made)
    assert (found["state"], found["measure"]) == ("handed", ["fine", "discipline"])
