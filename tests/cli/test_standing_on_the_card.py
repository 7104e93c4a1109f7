"""`crmctl show WHO` tells the grades of each department with their scheme, what they bring, and the counters."""

from __future__ import annotations

import json

import pytest

from crmctl.ledger.affairs.dealing import team
from crmctl.ledger.setup.policy_files import adopt, set_value
from tests.admitting import HOSPITAL, LICENCE, admission, admit
from tests.company import CARD, Company
from tests.prepared import prepared
from tests.requirements.proving import says

APPROVED = {"grade": "vip", "on": "2026-11-01", "state": "approved", "decided_by": "alice", "decided_on": "2026-11-01"}
NEEDED = {
    "vip_beds": "200", "vip_volume": "100000", "preferred_beds": "100", "preferred_volume": "20000",
    "problem_complaints": "1", "problem_purchases": "1", "problem_volume": "1", "strategic_volume": "500000", "important_volume": "100000", "high_potential": "80",
    "vip_share": "100%", "contract_required": "no", "new_days": "365",
}  # fmt: skip
COMPLAINT = {
    "content": "Broken", "category": "quality", "channel": "phone", "received_at": "2026-11-16T10:00:00+08:00",
}  # fmt: skip


@prepared
def graded(company: Company) -> str:
    """A hospital that is VIP in the east and unknown in the west, under P23, P20 and P14."""
    for pack in ("p23", "p20", "p14"):
        adopt(company.ledger(), pack)
    for name, value in NEEDED.items():
        set_value(company.ledger(), name, value)
    card = {**CARD, **HOSPITAL, "name": "Northern Bone Hospital", "potential": "90"}
    customer = company.add("customer", card, department="east").id
    admit(company, customer, "2026-02-01")
    company.add("grade", APPROVED, customer=customer, department="east")
    company.add("transaction", {"date": "2026-11-02", "product": "Knee", "amount": "1500.50"}, customer=customer)
    company.add("complaint", COMPLAINT, customer=customer)
    return customer


def standing(
    company: Company, capsys: pytest.CaptureFixture[str], who: str, member: str = "alice"
) -> dict[str, object]:
    (found,) = json.loads(says(company, capsys, "show", who, "--json", member=member))["data"]["standing"]
    return dict(found)


@pytest.mark.req("R-REC-08")
@pytest.mark.req("R-ADM-12")
@pytest.mark.req("R-ADM-14")
@pytest.mark.req("R-GRD-33")
@pytest.mark.req("R-GRD-41")
def test_a_grade_stands_with_its_scheme_rights_price_and_priority(
    company: Company, capsys: pytest.CaptureFixture[str], graded: str
) -> None:
    found = standing(company, capsys, graded)
    grades = {held["axis"]: held for held in found["grades"]}  # type: ignore[attr-defined]
    assert (grades["grade"]["grade"], grades["grade"]["on"], grades["grade"]["service"]["priority"]) == (
        "vip", "2026-11-01", 1
    )  # fmt: skip
    assert len(grades["grade"]["service"]["rights"]) == 8
    told = says(company, capsys, "show", graded)
    assert "East, Grade" in told
    assert "VIP, since 2026-11-01" in told
    assert "Discount price for VIP" in told


@pytest.mark.req("R-GRD-38")
@pytest.mark.req("R-CMP-15")
def test_what_is_reckoned_and_counted_stands_there_too(
    company: Company, capsys: pytest.CaptureFixture[str], graded: str
) -> None:
    found = standing(company, capsys, graded)
    grades = {held["axis"]: held for held in found["grades"]}  # type: ignore[attr-defined]
    assert {axis: held["grade"] for axis, held in grades.items()}.items() >= {
        "grade": "vip", "time": "new", "progress": "now",
    }.items()  # fmt: skip
    assert found["counters"] == {
        "volume_12m": "1500.50", "purchases_12m": 1, "complaints_12m": 1, "open_complaints": 1, "last_contact": None,
    }  # fmt: skip
    assert found["untold"] == []
    told = says(company, capsys, "show", graded)
    assert "East, Complaints in twelve months" in told
    assert "cannot be told" not in told


def test_who_cannot_open_the_reviews_is_told_so(
    company: Company, capsys: pytest.CaptureFixture[str], graded: str
) -> None:
    west = company.add("customer", {**CARD, **HOSPITAL, "name": "West Hospital"}, department="west").id
    team(company.ledger(), west, ["bob"])
    company.add("qualification", LICENCE, customer=west, department="west")
    company.add("admission", admission(), customer=west, department="west")
    company.add("grade", {**APPROVED, "grade": "qualified"}, customer=west, department="west")
    company.sync("alice", "bob")
    found = standing(company, capsys, west, "bob")
    grades = {held["axis"]: held for held in found["grades"]}  # type: ignore[attr-defined]
    assert (grades["grade"]["grade"], grades["grade"]["told"]) == (None, False)
    assert "cannot be told from what you can open" in says(company, capsys, "show", west, member="bob")


def test_only_an_approved_grade_stands(company: Company, capsys: pytest.CaptureFixture[str], graded: str) -> None:
    def grades() -> list[str]:
        found = standing(company, capsys, graded)
        return [held["grade"] for held in found["grades"] if held["axis"] == "grade"]  # type: ignore[attr-defined]

    lower = {**APPROVED, "grade": "qualified", "on": "2026-11-19", "decided_on": "2026-11-20"}
    company.add("grade", {**lower, "state": "rejected", "reason": "not lowered"}, customer=graded)
    assert grades() == ["vip"]
    company.add("grade", lower, customer=graded)
    assert grades() == ["qualified"]
