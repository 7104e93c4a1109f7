"""Packs laid over each other on one ledger, from the entry to the report: none of them stops what another one asks for."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda, own, team_of
from crmctl.ledger.setup.policy_files import adopt, check_policy, set_value
from tests.admitting import HOSPITAL, LICENCE, admission
from tests.company import CARD, Company
from tests.requirements.proving import says

TODAY = date(2026, 11, 20)
TRADE: dict[str, object] = {"date": "2026-11-18", "product": "Knee", "amount": "120000"}
CONTRACT: dict[str, object] = {
    "subject": "Knees", "state": "signed", "number": "1", "signed_on": "2026-11-10", "valid_from": "2026-11-10",
}  # fmt: skip
SURVEYED: dict[str, object] = {
    "direction": "sell", "surveyed_on": "2026-11-05", "surveyed_by": "alice", "organisation": "x", "business": "y",
    "credit": "z", "state": "approved", "approved_by": "carol", "approved_on": "2026-11-06",
}  # fmt: skip
COMPLAINT: dict[str, object] = {
    "content": "Broken", "category": "quality", "channel": "phone", "received_at": "2026-11-18T10:00:00+08:00",
}  # fmt: skip


def take(company: Company, *packs: str, **values: str) -> None:
    for pack in packs:
        adopt(company.ledger(), pack)
    for name, value in values.items():
        set_value(company.ledger(), name, value)
    assert [fault for fault in check_policy(company.ledger()) if fault.severity == "error"] == []


def due(company: Company, day: date = TODAY) -> dict[str, date | None]:
    ledger = company.ledger()
    items = [*agenda(ledger, own(ledger), day).items, *agenda(ledger, team_of(ledger), day).items]
    return {one.code: one.due for one in items}


def sections(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(says(company, capsys, "report", *words, "--json"))["data"]
    return data


def in_order(company: Company) -> bool:
    return [fault for fault in check(company.ledger()).findings if fault.severity == "error"] == []


def test_p23_p02_p13_admission_stages_and_register_on_one_customer(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    known = company.customer(name="Northern Bone Hospital")
    company.add("trade_start", SURVEYED, customer=known)
    take(company, "p23", "p02", "p13", vip_beds="200", vip_volume="100000", preferred_beds="100",
         preferred_volume="20000", dormant_after="90")  # fmt: skip
    card = {**CARD, **HOSPITAL, "name": "Northern Bone Hospital", "importance": "medium"}
    update(company.ledger(), known, {**HOSPITAL, "importance": "medium"}, Origin())
    customer = known
    quiet = company.add("customer", {**card, "name": "Quiet"}, department="east", not_duplicate="another").id
    with pytest.raises(Refused) as caught:
        company.add("transaction", TRADE, customer=customer)
    assert caught.value.rule == "ADM004"
    company.add("contract", CONTRACT, customer=customer)
    company.add("transaction", TRADE, customer=customer)
    company.add("qualification", LICENCE, customer=customer)
    company.add("admission", admission("2026-11-12"), customer=customer)
    assert run(company.ledger(), "east", TODAY).holders == {customer: "qualified", quiet: None}
    assert file_run(company.ledger(), run(company.ledger(), "east", TODAY))[1] == 1
    stages = run(company.ledger(), "east", TODAY, axis="stage")
    assert stages.holders[customer] in {"closed", "key"}
    file_run(company.ledger(), stages)
    assert company.ledger().dossier(customer).assignments["east"].state == stages.holders[customer]
    found = due(company, date(2027, 2, 10))
    assert "UPD002" in found  # the register survey of February (P13) …
    assert "ADM011" not in found or found["ADM011"] is None  # … beside P23's clocks
    assert due(company, date(2027, 5, 12))["RGD001"] == date(2027, 5, 12)
    assert sections(company, capsys, "structure")
    assert in_order(company)


def test_p01_p20_a_complaint_is_settled_by_the_one_and_counted_by_the_other(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    take(company, "p01", "p20", strategic_volume="500000", important_volume="100000", high_potential="80",
         problem_complaints="1", problem_purchases="1", problem_volume="1", complaint_within="5 days", problem_within="10 days")  # fmt: skip
    customer = company.customer(potential="90")
    company.add("transaction", TRADE, customer=customer)
    complaint = company.add("complaint", COMPLAINT, customer=customer).id
    assert due(company)["DUE006"] == date(2026, 11, 23)
    with pytest.raises(InvalidInput):  # P01 wants the findings before it counts as confirmed
        advance(company.ledger(), complaint, "confirmed", {}, Origin())
    advance(company.ledger(), complaint, "confirmed", {"findings": "A crack"}, Origin())
    assert run(company.ledger(), "east", TODAY, axis="value").holders == {customer: "important"}
    problem = run(company.ledger(), "east", TODAY, axis="behaviour")
    assert problem.holders == {customer: "problem"}
    file_run(company.ledger(), problem)
    assert due(company, date(2026, 11, 25))["GRD015"] == date(2026, 11, 30)
    data = json.dumps(sections(company, capsys, "complaints", "--period", "2026H2"))
    assert complaint in data
    assert in_order(company)


def test_p03_p04_p12_a_target_is_visited_recognised_and_shown_around(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    take(company, "p03", "p04", "p12", staff_report_within="5 days", onboarding_within="10 days",
         new_customer="gap")  # fmt: skip
    target = company.customer(yearly_need="24000")
    small = company.customer(name="Small", yearly_need="6000")
    visit = {
        "on": "2026-11-20", "time": "09:30", "topic": "First talk", "purpose": "introduce", "way": "on_site",
        "whom": "Dr Wang", "place": "ward 3", "key_points": ["Price"], "minimum_goal": "a second date",
    }  # fmt: skip
    company.add("visit", visit, customer=target)
    with pytest.raises(InvalidInput):  # P03: a plan says when
        company.add("visit", {**visit, "time": None, "on": "2026-11-23"}, customer=target)
    company.add("transaction", {**TRADE, "date": "2026-11-20"}, customer=target)
    found = due(company)
    assert found["DUE001"] == date(2026, 11, 20)
    assert due(company, date(2026, 12, 20))["NEW004"] == date(2026, 12, 20)  # P04: within a month of the first trade
    application = company.add("newcust_application", {
        "customer_name": "Northern Hospital", "first_trade_on": "2026-11-20", "developer": "alice",
    }, customer=target).id  # fmt: skip
    assert application in json.dumps(sections(company, capsys, "new-customers", "--period", "2026Q4"))
    assert small in json.dumps(sections(company, capsys, "customers"))
    update(company.ledger(), target, {"intention": "high"}, Origin())
    assert in_order(company)
