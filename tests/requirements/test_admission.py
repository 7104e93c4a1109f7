"""Admission, rights, stage reviews and demotion under P23, each requirement on a real ledger."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.policy.facts import Fact
from crmctl.policy.grading import read_grading
from crmctl.rules.grading import Decision
from crmctl.rules.half_year import review_period
from crmctl.rules.regrade import propose
from tests.admitting import CLEAN, FOUND_GOOD, HOSPITAL, LICENCE, admission, admit
from tests.company import Company
from tests.prepared import prepared

TODAY = date(2026, 11, 20)
REVIEW = {
    "period": "2026H1", "on": "2026-11-17", "by": "alice", "performance": "poor", "payment": "late", "integrity": "fair",
    "state": "decided", "result": "lowered", "decided_by": "alice", "decided_at": "2026-11-18T10:00:00+08:00",
}  # fmt: skip
GRADE = {
    "on": "2026-11-19",
    "grade": "qualified",
    "state": "approved",
    "decided_by": "alice",
    "decided_on": "2026-11-23",
}


@prepared
def p23(company: Company) -> Company:
    adopt(company.ledger(), "base")
    adopt(company.ledger(), "p23")
    for name, value in (
        ("vip_beds", "200"),
        ("vip_volume", "100000"),
        ("preferred_beds", "100"),
        ("preferred_volume", "20000"),
    ):
        set_value(company.ledger(), name, value)
    return company


def due(company: Company, day: str) -> list[str]:
    ledger = company.ledger()
    return sorted({item.code for item in agenda(ledger, own(ledger), date.fromisoformat(day)).items})


@pytest.mark.req("R-ADM-02")
@pytest.mark.req("R-ADM-03")
@pytest.mark.req("R-ADM-05")
@pytest.mark.req("R-ADM-06")
@pytest.mark.req("R-ADM-07")
def test_each_criterion_is_shown_before_a_customer_is_admitted(p23: Company) -> None:
    needs = [{"on": "2026-01-05", "text": "wants crutches", "product": "Crutch"}]
    customer = p23.customer(category="hospital", needs=needs)

    def refused(**more: Any) -> str:
        with pytest.raises(Refused) as caught:
            p23.add("admission", admission(**more), customer=customer, department="east")
        return caught.value.rule

    assert refused() == "ADM002"
    p23.add("qualification", {**LICENCE, "valid_to": "2026-01-31"}, customer=customer, department="east")
    assert refused() == "ADM002"  # it ran out the day before
    p23.add("qualification", {**LICENCE, "product_scope": ["Knee"]}, customer=customer, department="east")
    assert refused(criteria=FOUND_GOOD[:2]) == "ADM003"
    assert refused(criteria=[{**item, "holds": item["item"] != "lawful"} for item in FOUND_GOOD]) == "ADM003"
    assert refused(criteria=[{key: item[key] for key in item if key != "note"} for item in FOUND_GOOD]) == "ADM003"
    assert refused() == "ADM005"
    update(p23.ledger(), customer, {"background_check": {**CLEAN["background_check"], "result": "doubts"}}, Origin())
    assert refused() == "ADM005"
    update(p23.ledger(), customer, {"background_check": {**CLEAN["background_check"], "result": "clean"}}, Origin())
    assert refused() == "ADM006"
    p23.add("qualification", {**LICENCE, "product_scope": ["Crutch", "Knee"]}, customer=customer, department="east")
    assert p23.add("admission", admission(), customer=customer, department="east").id


@pytest.mark.req("R-ADM-01")
def test_retail_customers_and_related_parties_are_stored_without_admission(p23: Company) -> None:
    for category in ("retail", "internal"):
        customer = p23.customer(category=category)
        assert run(p23.ledger(), "east", TODAY).proposal(customer).decision.exempt  # type: ignore[union-attr]
        p23.add(
            "admission",
            admission(criteria=[{"criterion": "own", "weight": "100", "score": "50"}]),
            customer=customer,
            department="east",
        )


@pytest.mark.req("R-ADM-09")
def test_the_total_is_points_times_weight_and_the_weights_make_a_hundred(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    p23.add("qualification", LICENCE, customer=customer, department="east")
    scored = [
        {**FOUND_GOOD[0], "weight": "60", "score": "90"}, {**FOUND_GOOD[1], "weight": "40", "score": "80"}, FOUND_GOOD[2],
    ]  # fmt: skip
    half = [{**FOUND_GOOD[0], "weight": "60", "score": None}, *scored[1:]]
    for criteria in ([*scored, {"criterion": "more", "weight": "10", "score": "0"}], half, FOUND_GOOD[1:]):
        with pytest.raises(InvalidInput) as caught:
            p23.add("admission", admission(criteria=criteria), customer=customer, department="east")
        assert {finding.code for finding in caught.value.findings} == {"REC013"}
    with pytest.raises(InvalidInput) as caught:
        p23.add("admission", {**admission(criteria=scored), "total": "95"}, customer=customer, department="east")
    assert {finding.code for finding in caught.value.findings} == {"REC014"}
    made = p23.add("admission", admission(criteria=scored), customer=customer, department="east").id
    rows = list_kind(p23.ledger(), "admission", "total = 86", ["id", "total"], 0).documents()
    assert rows == [{"id": made, "total": 86}]


@pytest.mark.req("R-ADM-11")
@pytest.mark.req("R-ADM-18")
def test_who_is_admitted_is_due_for_a_grade_and_qualified_at_least(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-10-01")
    assert "ADM011" in due(p23, "2026-11-21")
    update(p23.ledger(), customer, {"hospital_class": "first_a", "beds": 1}, Origin())
    assert run(p23.ledger(), "east", TODAY).proposal(customer).grade == "qualified"  # type: ignore[union-attr]
    p23.add("grade", GRADE, customer=customer, department="east")
    assert "ADM011" not in due(p23, "2026-11-25")
    same_day = p23.customer(name="Same Day Hospital", **HOSPITAL)
    admit(p23, same_day, str(GRADE["decided_on"]))
    assert "ADM011" in due(p23, "2026-11-25")
    p23.add("grade", GRADE, customer=same_day, department="east")
    assert "ADM011" not in due(p23, "2026-11-25")


@pytest.mark.req("R-ADM-17")
def test_a_licence_that_ran_out_stops_new_contracts_until_it_is_renewed(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    p23.add("qualification", {**LICENCE, "valid_to": "2026-12-31"}, customer=customer, department="east")
    assert "DUE004" in due(p23, "2026-12-05")
    other = {**LICENCE, "what": "business_licence", "number": "Y-1"}
    p23.add("qualification", other, customer=customer, department="east")
    assert "DUE004" in due(p23, "2026-12-05")  # another kind of licence renews none
    contract = {"number": "H1", "subject": "Crutches", "state": "signed", "signed_on": "2026-12-31",
                "valid_from": "2026-12-31", "valid_to": "2027-12-30"}  # fmt: skip
    p23.add("contract", contract, customer=customer, department="east")
    later = {**contract, "number": "H2", "signed_on": "2027-01-01", "valid_from": "2027-01-01"}
    with pytest.raises(Refused) as caught:
        p23.add("contract", later, customer=customer, department="east")
    assert caught.value.rule == "ADM017"
    p23.add("qualification", LICENCE, customer=customer, department="east")
    assert "DUE004" not in due(p23, "2027-01-05")
    assert p23.add("contract", later, customer=customer, department="east").id


@pytest.mark.req("R-ADM-12")
@pytest.mark.req("R-ADM-14")
@pytest.mark.req("R-ADM-15")
@pytest.mark.req("R-GRD-33")
def test_explain_says_rights_obligations_priority_and_price(p23: Company, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [p23.customer(name=f"Hospital {n}", **HOSPITAL) for n in range(7)]
    for dossier in ids:
        admit(p23, dossier, "2026-02-01")
    graded = {p.grade: p.id for p in run(p23.ledger(), "east", TODAY).proposals}
    told = {}
    for grade, dossier in graded.items():
        capsys.readouterr()
        invoke(["-C", str(p23.clone("alice")), "grade", "explain", dossier, "--department", "east", "--json"])
        told[grade] = json.loads(capsys.readouterr().out)["data"]["service"]
    assert [told[grade]["priority"] for grade in ("vip", "preferred", "qualified")] == [1, 2, 3]
    assert told["vip"]["price"][1] == "Discount price for VIP"
    assert told["preferred"]["price"] is None
    assert [len(told[grade]["rights"]) for grade in ("vip", "preferred", "qualified")] == [8, 8, 4]
    assert {len(service["obligations"]) for service in told.values()} == {5}
    capsys.readouterr()
    invoke(["-C", str(p23.clone("alice")), "grade", "axes", "--axis", "grade", "--department", "east"])
    assert "Priority: 1" in capsys.readouterr().out


@pytest.mark.req("R-RGD-02")
@pytest.mark.req("R-RGD-14")
def test_a_stage_review_is_due_each_half_year_and_its_result_is_filed(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-08-31")
    assert "RGD001" not in due(p23, "2027-02-20")
    assert "RGD001" in due(p23, "2027-02-28")
    review = p23.add("stage_review", {**REVIEW, "result": "kept"}, customer=customer, department="east").id
    assert {"RGD004"} == {code for code in due(p23, "2026-11-20") if code.startswith("RGD")}
    update(p23.ledger(), review, {"filed_by": "alice", "filed_on": "2026-11-20"}, Origin())
    assert "RGD002" in due(p23, "2027-05-17")
    assert {"RGD001", "RGD004"} & set(due(p23, "2027-05-17")) == set()


@pytest.mark.req("R-RGD-03")
def test_a_customer_is_lowered_within_five_days_of_the_review_and_late_is_told(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    p23.add("stage_review", REVIEW, customer=customer, department="east")
    ledger = p23.ledger()
    (item,) = [item for item in agenda(ledger, own(ledger), date(2026, 11, 25)).items if item.code == "RGD005"]
    assert (item.due, item.late_days) == (date(2026, 11, 23), 2)
    in_time = p23.add("grade", GRADE, customer=customer, department="east")
    assert [f.code for f in in_time.findings] == []  # the fifth day is in time
    assert "RGD005" not in due(p23, "2026-11-25")


@pytest.mark.req("R-RGD-03")
def test_a_grade_lowered_on_the_day_of_its_review_is_asked_for_no_more(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    p23.add("stage_review", REVIEW, customer=customer, department="east")
    p23.add("grade", {**GRADE, "on": REVIEW["on"], "decided_on": REVIEW["on"]}, customer=customer, department="east")
    assert "RGD005" not in due(p23, "2026-11-25")


@pytest.mark.req("R-RGD-03")
def test_the_sixth_day_is_late_and_let_in(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    p23.add("stage_review", REVIEW, customer=customer, department="east")
    late = p23.add("grade", {**GRADE, "decided_on": "2026-11-24"}, customer=customer, department="east")
    assert [(f.code, f.severity) for f in late.findings] == [("RGD003", "warning")]


@pytest.mark.req("R-RGD-03")
@pytest.mark.parametrize(("decided", "told"), [("2026-11-25", []), ("2026-11-26", ["RGD003"])])
def test_the_days_may_be_working_days_as_the_company_says(p23: Company, decided: str, told: list[str]) -> None:
    set_value(p23.ledger(), "demote_within", "5 working days")
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    p23.add("stage_review", REVIEW, customer=customer, department="east")
    ledger = p23.ledger()
    found = [item for item in agenda(ledger, own(ledger), date(2026, 11, 27)).items if item.code == "RGD005"]
    assert [item.due for item in found] == [date(2026, 11, 25)]
    made = p23.add("grade", {**GRADE, "decided_on": decided}, customer=customer, department="east")
    assert [finding.code for finding in made.findings] == told


@pytest.mark.req("R-RGD-03")
def test_the_days_may_count_from_what_happened(p23: Company) -> None:
    set_value(p23.ledger(), "demote_from", "event_date")
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    p23.add("stage_review", {**REVIEW, "event_on": "2026-11-10"}, customer=customer, department="east")
    assert "RGD006" in due(p23, "2026-11-20")
    assert "RGD005" not in due(p23, "2026-11-25")
    late = p23.add("grade", {**GRADE, "decided_on": "2026-11-19"}, customer=customer, department="east")
    assert [f.code for f in late.findings] == ["RGD003"]


@pytest.mark.req("R-RGD-04")
def test_grave_loss_is_reported_to_the_division_beside_the_lowering(p23: Company) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    breach = {
        "on": "2026-10-01",
        "what": "damage",
        "by_whom": "customer",
        "text": "our name in the press",
        "severity": "grave",
    }
    record = p23.add("breach", breach, customer=customer, department="east").id
    p23.add("stage_review", REVIEW, customer=customer, department="east")
    assert {"RGD005", "RGD007"} <= set(due(p23, "2026-11-24"))
    update(p23.ledger(), record, {"reported_on": "2026-11-20"}, Origin())
    assert {"RGD005", "RGD007"} & set(due(p23, "2026-11-24")) == {"RGD005"}


@pytest.mark.req("R-RGD-12")
def test_the_history_of_grades_stays_readable(p23: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customer = p23.customer(category="hospital", **CLEAN)
    admit(p23, customer, "2026-02-28")
    first = p23.add("grade", {"on": "2026-03-01", "grade": "qualified"}, customer=customer, department="east").id
    advance(p23.ledger(), first, "approved", {"decided_by": "alice", "decided_on": "2026-03-02"}, Origin())
    p23.add("grade", {**GRADE, "before": "qualified", "reason": "down"}, customer=customer, department="east")
    capsys.readouterr()
    invoke(["-C", str(p23.clone("alice")), "grade", "history", customer, "--json"])
    rows = json.loads(capsys.readouterr().out)["data"]
    assert [(row["on"], row["state"]) for row in sorted(rows, key=lambda row: row["on"])] == [
        ("2026-03-01", "approved"), ("2026-11-19", "approved"),
    ]  # fmt: skip


@pytest.mark.req("R-RGD-06")
@pytest.mark.parametrize(
    ("up", "down", "before", "rule", "after"),
    [
        (None, None, "c", "a", "a"), (1, None, "c", "a", "b"), (2, None, "c", "a", "a"), (1, None, "b", "a", "a"),
        (None, None, "a", "c", "c"), (None, 1, "a", "c", "b"), (None, 1, "a", "b", "b"),
    ],
)  # fmt: skip
def test_one_run_moves_so_many_rungs_as_the_pack_says(
    up: int | None, down: int | None, before: str, rule: str, after: str
) -> None:
    raw = {"ladder": [{"grade": grade, "if": "score >= 0"} for grade in "abc"]}
    grading, findings = read_grading(raw, {"score": Fact("score", "int")}, {}, "p.yaml")  # type: ignore[arg-type]
    assert grading is not None, findings
    (proposal,) = propose(grading, [Decision("C-1", rule)], {"C-1": before}, {"C-1"}, up, down)
    assert proposal.grade == after


@pytest.mark.req("R-RGD-14")
@pytest.mark.parametrize(
    ("day", "months", "mode", "period"),
    [
        ("2026-11-20", 6, "calendar", ("2025-12-31", "2026-06-30")),
        ("2026-06-30", 6, "calendar", ("2025-12-31", "2026-06-30")),  # the last day counts as over
        ("2026-06-29", 6, "calendar", ("2025-06-30", "2025-12-31")),
        ("2026-12-31", 6, "calendar", ("2026-06-30", "2026-12-31")),
        ("2026-05-01", 3, "calendar", ("2025-12-31", "2026-03-31")),
        ("2026-08-31", 6, "rolling", ("2026-02-28", "2026-08-31")),
        ("2026-11-20", 6, "rolling", ("2026-05-20", "2026-11-20")),
    ],
)  # fmt: skip
def test_the_half_year_is_the_calendars_or_rolls(day: str, months: int, mode: str, period: tuple[str, str]) -> None:
    found = review_period(date.fromisoformat(day), months, mode)
    assert tuple(one.isoformat() for one in found) == period
