"""Supply projects of a power company (P22) and what a bank examines (P18): area SEC of the requirements."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from tests.company import Company
from tests.requirements.proving import DAY, holds, says, stored

EAST = Whose(frozenset({"alice"}), frozenset({"east"}))
PROJECT: dict[str, object] = {
    "name": "New ward", "nature": "new", "form_number": "YD-1", "place": "1 Main St", "area": "north", "capacity": 3500,
    "voltage": "10 kV", "applied_on": "2026-11-02", "accepted_by": "alice", "briefed": True,
}  # fmt: skip
PLAN: dict[str, object] = {
    "capacity": 3000, "voltage": "10 kV", "supply_way": "overhead", "metering": "high side", "economy": "two offers",
    "by": "alice", "on": "2026-11-06",
}  # fmt: skip


def due(company: Company, day: str = DAY) -> set[str]:
    ledger = company.ledger()
    return {item.code for item in agenda(ledger, EAST, date.fromisoformat(day)).items}


def refused(company: Company, kind: str, values: dict[str, object], customer: str) -> str:
    try:
        company.add(kind, values, customer=customer, department="east")
    except (Refused, InvalidInput) as error:
        return error.rule
    return ""


@pytest.mark.req("R-SEC-01")
@pytest.mark.req("R-SEC-02")
@pytest.mark.req("R-SEC-03")
@pytest.mark.req("R-SEC-04")
@pytest.mark.req("R-SEC-05")
@pytest.mark.req("R-SEC-06")
@pytest.mark.req("R-SEC-07")
@pytest.mark.req("R-SEC-08")
@pytest.mark.req("R-SEC-09")
@pytest.mark.req("R-SEC-10")
@pytest.mark.req("R-SEC-11")
@pytest.mark.req("R-SEC-12")
@pytest.mark.req("R-RPT-45")
@pytest.mark.req("R-REV-19")
def test_a_supply_project_from_the_application_to_the_papers(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(company.ledger(), "base")
    adopt(company.ledger(), "p22")
    customer = company.customer(name="Northern Hospital")
    assert refused(company, "supply_project", PROJECT, customer) == "SEC002"  # alice is not at the window
    roles = company.ledger().member.roles
    set_roles(company.ledger(), "alice", (*roles, Role("window", "east", date(2026, 1, 1))))
    assert refused(company, "supply_project", {**PROJECT, "briefed": False}, customer) == "SEC003"
    bare = {name: value for name, value in PROJECT.items() if name != "form_number"}
    with pytest.raises(InvalidInput) as caught:
        company.add("supply_project", bare, customer=customer, department="east")
    assert [finding.field for finding in caught.value.findings] == ["form_number"]
    made = company.add("supply_project", PROJECT, customer=customer, department="east").id

    def step(state: str, **values: object) -> str:
        try:
            advance(company.ledger(), made, state, values, Origin())
        except (Refused, InvalidInput) as error:
            return error.rule or ",".join(sorted(finding.field for finding in error.findings))  # type: ignore[attr-defined]
        return ""

    for name, areas, start, end in (
        ("City office", ["north"], 0, 1000),
        ("Region office", ["north", "south"], 1000, None),
    ):
        unit: dict[str, object] = {"name": name, "what": "application", "areas": areas, "capacity_from": start}
        company.add("supply_unit", {**unit, **({"capacity_to": end} if end else {})}, department="east")
    for name, until in (("Sparks Ltd", "2027-06-30"), ("Wires Ltd", "2027-01-31"), ("Lapsed Ltd", "2026-10-31")):
        builder: dict[str, object] = {"name": name, "what": "construction", "licence": "L-1", "licence_to": until}
        company.add("supply_unit", builder, department="east")
    assert "SEC004" in due(company)
    assert "SEC008" in due(company, "2027-01-15")  # a licence ends
    passed: dict[str, object] = {"transfer_way": "work_order", "unit": "City office", "transferred_on": "2026-11-03"}
    assert step("transferred", **passed) == ""
    tables = json.loads(says(company, capsys, "report", "projects", "--json"))["data"]["tables"]
    (row,) = tables["projects"]["rows"]
    assert (row["unit"], row["by_rule"], row["astray"]) == ("City office", "Region office", True)  # 3500 is beyond it
    assert [row["name"] for row in tables["units"]["rows"]] == ["Sparks Ltd", "Wires Ltd"]
    update(company.ledger(), made, {"unit": "Region office"}, Origin())
    assert "SEC005" in due(company)
    assert step("surveyed", surveyed_on="2026-11-05") == ""
    assert "SEC005" not in due(company)
    lacking = {name: value for name, value in PLAN.items() if name != "economy"}
    assert step("planned", plan=lacking) == "plan.economy"
    assert step("planned", plan=PLAN) == "SEC012"  # 3000 KVA and no dedicated line
    update(company.ledger(), made, {"dual_circuit": True, "special_needs": True}, Origin())
    dedicated = {**PLAN, "dedicated": True}
    assert step("planned", plan=dedicated) == "SEC011"  # two circuits: by the nature of the load
    assert step("planned", plan=dedicated, load_nature="operating theatres") == ""
    assert "SEC014" in due(company)
    answer = {"answer_way": "letter", "answered_on": "2026-11-10", "notice_on": "2026-11-11"}
    assert step("answered", **answer) == "SEC010"  # special needs are argued first
    argued = {"argument": "the feeder bears it", "argued_by": "carol", "argued_on": "2026-11-09"}
    assert step("argued", **argued) == "SEC013"  # not by who made the plan
    update(company.ledger(), made, {"plan": {"by": "carol"}}, Origin())
    assert step("argued", **argued) == ""
    assert step("answered", **answer) == ""
    assert "SEC014" not in due(company)
    page = says(company, capsys, "report", "supply-plan-notice", "--customer", customer, "--format", "html")
    for text in ("Northern Hospital", "YD-1", "3,000", "overhead", "high side", "two offers", "2026-11-11"):
        assert text in page
    one = {"units_named": ["Sparks Ltd"], "unit_chosen": "Sparks Ltd", "designed_on": "2026-11-12"}
    assert step("designed", **one) == "SEC006"  # no choice at all
    named = ["Sparks Ltd", "Wires Ltd"]
    assert step("designed", **{**one, "units_named": named, "unit_chosen": "Lapsed Ltd"}) == "SEC006"
    assert step("designed", **{**one, "units_named": named}) == ""
    assert step("equipped", equipped_on="2026-11-13") == ""
    assert step("building", begun_on="2026-11-14") == ""
    assert step("accepted", accepted_on="2026-11-18") == ""
    assert "SEC007" in due(company)
    assert step("papers_in") == "papers_in_on"
    assert step("papers_in", papers_in_on=DAY) == ""
    assert "SEC007" not in due(company)
    assert step("running", running_on=DAY) == ""
    tables = json.loads(says(company, capsys, "report", "projects", "--json", "--evidence"))["data"]["tables"]
    assert [(row["stage"], row["projects"], row["capacity"]) for row in tables["stages"]["rows"]] == [
        ("running", 1, 3000)
    ]


@pytest.mark.req("R-SEC-13")
@pytest.mark.req("R-SEC-14")
@pytest.mark.req("R-SEC-15")
@pytest.mark.req("R-SEC-16")
@pytest.mark.req("R-SEC-18")
@pytest.mark.req("R-PPL-07")
@pytest.mark.req("R-RPT-48")
def test_a_bank_knows_its_customer_and_charges_by_its_tariff(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(company.ledger(), "base")
    adopt(company.ledger(), "p18")
    customer = company.customer(name="Northern Works")
    contract: dict[str, object] = {
        "number": "1", "subject": "account", "state": "signed", "signed_on": DAY, "valid_from": DAY,
        "fees": [{"content": "transfer", "standard": "each", "amount": "10"}], "fees_told_on": DAY,
    }  # fmt: skip
    assert refused(company, "contract", contract, customer) == "SEC017"
    check: dict[str, object] = {"on": "2026-01-10", "by": "alice", "identity": "licence seen", "funds": "sales of beds",
                                "result": "clean", "valid_to": "2026-11-19"}  # fmt: skip
    company.add("kyc", check, customer=customer, department="east")
    assert refused(company, "contract", contract, customer) == "SEC017"  # it ran out the day before
    assert "SEC019" in due(company)
    rows = json.loads(says(company, capsys, "report", "anomalies", "--json"))["data"]["tables"]["identity"]["rows"]
    assert [(row["customer"], row["valid_to"], row["overdue"]) for row in rows] == [
        ("Northern Works", "2026-11-19", True)
    ]
    anew = {**check, "on": "2026-11-18", "valid_to": "2027-11-17", "risk_tolerance": "medium"}
    company.add("kyc", anew, customer=customer, department="east")
    assert "SEC019" not in due(company)
    made = company.add("contract", contract, customer=customer, department="east")
    assert [finding.code for finding in made.findings] == ["SEC018"]  # the customer has declared nothing
    for what in ("lawful_use", "true_data", "account_safety"):
        said: dict[str, object] = {"on": DAY, "what": what, "by_whom": "Mr Li", "way": "written"}
        assert holds(stored(company, company.add("declaration", said, customer=customer).id), said)
    again = company.add("contract", {**contract, "number": "2"}, customer=customer, department="east")
    assert again.findings == ()

    offer: dict[str, object] = {"subject": "fund", "product_risk": "high"}
    assert refused(company, "opportunity", offer, customer) == "SEC015"
    assert refused(company, "opportunity", {**offer, "product_risk": "medium"}, customer) == ""
    stranger = company.customer(name="Not judged")
    assert refused(company, "opportunity", {**offer, "product_risk": "low"}, stranger) == "SEC015"
    charge: dict[str, object] = {
        "date": DAY,
        "product": "transfer",
        "amount": "12",
        "contract": made.id,
    }
    assert refused(company, "transaction", charge, customer) == "SEC016"
    assert refused(company, "transaction", {**charge, "amount": "10"}, customer) == ""

    flag: dict[str, object] = {"on": "2026-11-19", "what": "funds", "source": "monitoring", "amount": "500000",
                               "text": "in and out the same day"}  # fmt: skip
    found = company.add("anomaly", flag, customer=customer, department="east").id
    assert "SEC020" in due(company)
    shown = json.loads(says(company, capsys, "report", "anomalies", "--json"))["data"]["tables"]["anomalies"]["rows"]
    assert [(row["id"], row["state"], row["days"]) for row in shown] == [(found, "open", 1)]
    advance(company.ledger(), found, "handled", {"measure": "asked and explained", "handled_on": DAY}, Origin())
    assert "SEC020" not in due(company)


@pytest.mark.req("R-SEC-21")
@pytest.mark.req("R-SEC-20")
@pytest.mark.req("R-SEC-25")
def test_upgrades_service_in_time_and_chances_of_a_resale(company: Company) -> None:
    adopt(company.ledger(), "base")
    set_value(company.ledger(), "upgrade_told_within", "1 month")
    customer = company.customer()
    advance(company.ledger(), customer, "closed", {}, Origin(), department="east")
    assert "VIS026" in due(company, "2026-12-24")
    told: dict[str, object] = {"on": "2026-12-01", "what": "upgrade", "text": "version 3", "plan": "over the weekend",
                               "support": "two engineers"}  # fmt: skip
    assert holds(stored(company, company.add("service_action", told, customer=customer).id), told)
    assert "VIS026" not in due(company, "2026-12-24")
    order: dict[str, object] = {"what": "maintenance", "opened_at": "2026-11-18T09:00:00+08:00", "problem": "due",
                                "due_at": "2026-11-19T17:00:00+08:00", "handler": "alice"}  # fmt: skip
    company.add("service_order", order, customer=customer)
    assert "EVT015" in due(company)
    for what in ("advice", "resale"):
        talk: dict[str, object] = {"on": DAY, "what": what, "channel": "phone", "text": "sell and move up"}
        assert holds(stored(company, company.add("interaction", talk, customer=customer).id), talk)
