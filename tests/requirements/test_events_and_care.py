"""Events, care by service package, rewards, gifts, service orders: area EVT of the requirements."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.errors import Refused
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.reading.lookup import record as found_record
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.model.org import Role
from crmctl.model.values import Value
from crmctl.rules.due_parts import Whose
from tests.company import Company
from tests.requirements.proving import DAY, holds, says, stored

EAST = Whose(frozenset({"alice"}), frozenset({"east"}))
GRADE: dict[str, object] = {"on": "2026-08-01", "state": "approved", "decided_by": "alice", "decided_on": "2026-08-01"}


def take(company: Company, *packs: str, **values: str) -> None:
    for pack in ("base", *packs):
        adopt(company.ledger(), pack)
    for name, value in values.items():
        set_value(company.ledger(), name, value)


def due(company: Company, day: str = DAY, about: str | None = None) -> set[str]:
    ledger = company.ledger()
    items = [item for item in agenda(ledger, EAST, date.fromisoformat(day)).items if item.department in {"east", None}]
    return {item.code for item in items if about is None or item.dossier == about}


def kept(company: Company, record: str) -> dict[str, Value]:
    ledger = company.ledger()
    return dict(ledger.read(found_record(ledger, record).path).data)


@pytest.mark.req("R-EVT-01")
@pytest.mark.req("R-EVT-02")
@pytest.mark.req("R-EVT-03")
@pytest.mark.req("R-EVT-12")
@pytest.mark.req("R-SAT-12")
def test_service_packages_become_care_that_is_due(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    take(company, "p17", power_vip="3000", power_senior="1000", power_general="100", loyal_high="12", loyal_general="4",
         broad_lines="4", special_lines="2", gift_vip="3 months", invite_vip="3 months", visit_senior="2 months",
         gift_loyal="3 months", offer_general="3 months", loyal_high_days="730", loyal_general_days="180", gift_free="100")  # fmt: skip
    vip, senior = company.customer(name="Vip"), company.customer(name="Senior")
    low = company.customer(name="Low")
    for customer, axis, grade in ((vip, "power", "vip"), (vip, "loyalty", "general"), (senior, "power", "senior"),
                                  (senior, "loyalty", "high"), (low, "power", "low")):  # fmt: skip
        company.add("grade", {**GRADE, "axis": axis, "grade": grade}, customer=customer, department="east")
    later = "2027-02-20"
    assert due(company, later, vip) >= {"GRD050", "GRD051", "GRD052", "GRD054"}
    assert due(company, later, senior) >= {"GRD053", "GRD055"}  # its loyalty adds a package of its own
    assert not {code for code in due(company, later, low) if code.startswith("GRD05")}
    roles = (*company.ledger().member.roles, Role("business_manager", "east", company.ledger().today))
    set_roles(company.ledger(), "alice", roles)
    gift: dict[str, object] = {"on": "2027-02-19", "what": "gift", "item": "tea", "cost": "200", "by": "alice"}
    made = company.add("care_action", dict(gift), customer=vip)
    assert [finding.code for finding in made.findings] == ["EVT012"]  # nobody approved it
    assert company.add("care_action", {**gift, "cost": "99"}, customer=vip).findings == ()
    own = {**gift, "approved_by": "alice", "approved_on": DAY}
    assert [finding.code for finding in company.add("care_action", own, customer=vip).findings] == ["EVT012"]
    update(company.ledger(), made.id, {"approved_by": "carol", "approved_on": DAY}, Origin())
    assert not {"GRD050", "GRD051"} & due(company, later, vip)
    fair: dict[str, object] = {
        "name": "Spring fair", "what": "exhibition", "on": "2027-02-10", "organiser": "alice", "place": "hall 2",
        "budget": "5000", "cost": "4200", "guests": [{"customer": vip, "came": True, "gift": "badge"}, {"name": "press"}],
    }  # fmt: skip
    company.add("event", fair, department="east")
    asked: dict[str, object] = {"on": "2027-02-10", "what": "invitation", "by": "alice", "occasion": "Spring fair"}
    company.add("care_action", asked, customer=vip)
    assert "GRD052" not in due(company, later, vip)
    sums = json.loads(says(company, capsys, "report", "care", "--period", "2027", "--json"))["data"]["tables"]
    rows = {row["customer"]: row for row in sums["customers"]["rows"]}
    assert (rows["Vip"]["gifts"], rows["Vip"]["cost"]) == (3, "499.00")
    service = json.loads(says(company, capsys, "show", senior, "--json"))["data"]["standing"][0]["grades"]
    assert "Individual service such as custom products" in str([one["service"] for one in service])
    said = company.add("feedback", {"on": DAY, "text": "sell it as premium", "topic": "brand"}, customer=vip).id
    assert "SAT012" in due(company)
    idea = {"on": DAY, "source": "vip", "subject": "premium line", "in_charge": "alice", "brand": "one premium name",
            "feedback": [said]}  # fmt: skip
    changed = company.add("improvement", dict(idea), department="east").id
    update(company.ledger(), said, {"improvement": changed}, Origin())
    assert "SAT012" not in due(company)
    assert holds(stored(company, changed), idea)


@pytest.mark.req("R-EVT-04")
@pytest.mark.req("R-EVT-05")
@pytest.mark.req("R-EVT-07")
@pytest.mark.req("R-EVT-08")
@pytest.mark.req("R-EVT-10")
@pytest.mark.req("R-EVT-16")
def test_meetings_celebrations_and_rewards_come_round_and_stand_in_the_timeline(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    take(company, "p21", reward_volume="1000", reward_purchases="2", care_key="1 month")
    set_value(company.ledger(), "meeting_months", "11")
    set_value(company.ledger(), "activity_months", "11")
    customer, poor = company.customer(name="Loyal"), company.customer(name="Once")
    for dossier, amounts in ((customer, ("600", "400")), (poor, ("9000",))):
        for amount in amounts:
            trade = {"date": "2026-10-01", "product": "Bed", "amount": amount}
            company.add("transaction", trade, customer=dossier)
    assert {"EVT006", "EVT009"} <= due(company)
    said = company.add("feedback", {"on": DAY, "text": "smaller beds"}, customer=customer).id
    forum: dict[str, object] = {
        "name": "Autumn forum", "what": "forum", "on": DAY, "organiser": "alice", "agenda": "new beds",
        "budget": "1000", "cost": "900",
    }  # fmt: skip
    made = company.add("event", forum, department="east").id
    assert "EVT013" in due(company)
    assert not {"EVT006", "EVT009"} & due(company)
    held: dict[str, object] = {
        "guests": [{"customer": customer, "came": True}, {"customer": poor, "came": False}], "proposals": [said],
        "decisions": [{"text": "a smaller bed by spring", "by": "alice", "due_on": "2027-03-01"}], "result": "well",
    }  # fmt: skip
    advance(company.ledger(), made, "held", held, Origin())
    assert "EVT014" in due(company, "2027-03-01")
    lines = json.loads(says(company, capsys, "log", customer, "--all", "--json"))["data"]["events"]
    assert [line["id"] for line in lines if line["kind"] == "event"] == [made]
    assert "Autumn forum" in says(company, capsys, "log", customer, "--all")
    table = json.loads(says(company, capsys, "report", "events", "--json"))["data"]["tables"]["guests"]["rows"]
    assert {(row["customer"], row["asked"], row["came"]) for row in table} == {("Loyal", 1, 1), ("Once", 1, 0)}

    done = run(company.ledger(), "east", date(2026, 11, 20), axis="reward")
    assert (done.proposal(customer).grade, done.proposal(poor).grade) == ("rewarded", "none")  # type: ignore[union-attr]
    file_run(company.ledger(), done)
    proposed = json.loads(says(company, capsys, "list", "grade", "--where", f"dossier = '{customer}'", "--json"))[
        "data"
    ]
    decided = {"decided_by": "carol", "decided_on": DAY}
    advance(company.ledger(), proposed[0]["id"], "approved", dict(decided), Origin())
    assert "EVT007" in due(company, about=customer)
    reward: dict[str, object] = {"on": DAY, "what": "a year of service", "reason": "results and loyalty",
                                 "cost": "300", "proposed_by": "alice"}  # fmt: skip
    given = company.add("reward", reward, customer=customer).id
    with pytest.raises(Refused) as caught:
        advance(company.ledger(), given, "approved", {"decided_by": "alice", "decided_on": DAY}, Origin())
    assert caught.value.rule == "EVT008"  # who put it forward does not approve it
    company.sync("alice", "carol")
    advance(company.ledger("carol"), given, "approved", dict(decided), Origin())
    company.sync("carol", "alice")
    advance(company.ledger(), given, "given", {"given_on": DAY, "given_by": "alice"}, Origin())
    assert "EVT007" not in due(company, about=customer)
    register = json.loads(says(company, capsys, "report", "care", "--json"))["data"]["tables"]["rewards"]["rows"]
    assert [(row["customer"], row["state"], row["cost"]) for row in register] == [("Loyal", "given", "300.00")]

    company.add("grade", {**GRADE, "axis": "importance", "grade": "key"}, customer=poor, department="east")
    assert "GRD056" in due(company, "2026-12-20", poor)
    company.add("care_action", {"on": "2026-12-10", "what": "visit", "by": "alice"}, customer=poor)
    assert "GRD056" not in due(company, "2026-12-20", poor)


@pytest.mark.req("R-EVT-06")
@pytest.mark.req("R-EVT-09")
@pytest.mark.req("R-EVT-11")
@pytest.mark.req("R-EVT-13")
@pytest.mark.req("R-EVT-14")
@pytest.mark.req("R-EVT-15")
def test_care_after_the_purchase_service_orders_campaigns_and_joint_plans(company: Company) -> None:
    vip = company.customer(name="Vip")
    company.add("grade", {**GRADE, "grade": "vip"}, customer=vip, department="east")
    take(
        company,
        "p16",
        "p23",
        vip_beds="200",
        vip_volume="100000",
        preferred_beds="100",
        preferred_volume="20000",
        joint_plan_within="1 month",
        care_after_purchase="1 month",
        thanks_months="12",
    )
    set_value(company.ledger(), "contract_required", "no")
    customer = company.customer()
    company.add("transaction", {"date": "2026-10-01", "product": "Car", "amount": "900"}, customer=customer)
    assert "EVT011" in due(company, about=customer)
    company.add("care_action", {"on": "2026-10-01", "what": "visit", "by": "alice"}, customer=customer)
    assert "EVT011" in due(company, about=customer)  # on the day of the purchase is not after it
    asked = {"on": "2026-10-20", "channel": "phone", "text": "asked how it drives"}
    company.add("interaction", dict(asked), customer=customer)
    assert "EVT011" not in due(company, about=customer)
    order: dict[str, object] = {
        "what": "repair", "opened_at": "2026-11-18T09:00:00+08:00", "problem": "brakes", "handler": "alice",
        "due_at": "2026-11-20T17:00:00+08:00",
    }  # fmt: skip
    made = company.add("service_order", order, customer=customer).id
    assert "EVT015" in due(company)
    advance(company.ledger(), made, "working", {}, Origin())
    finished = {"work": "new pads", "finished_at": "2026-11-20T16:00:00+08:00"}
    advance(company.ledger(), made, "finished", dict(finished), Origin())
    assert "EVT015" not in due(company)
    for what in ("support", "custom", "care", "material"):
        action: dict[str, object] = {"on": DAY, "what": what, "by": "alice", "text": "done"}
        assert holds(kept(company, company.add("service_action", action, customer=customer).id), action)
    for what in ("brand", "product"):
        campaign: dict[str, object] = {"name": f"{what} week", "what": what, "on": DAY, "plan": "shop windows"}
        assert holds(kept(company, company.add("campaign", campaign, department="east").id), campaign)
    assert "EVT017" in due(company, about=vip)
    plan: dict[str, object] = {"what": "joint", "period": "2026", "goal": "two sites", "agreed_with": "Dr Wang",
                               "steps": [{"on": "2026-12-01", "text": "first site"}]}  # fmt: skip
    company.add("customer_plan", plan, customer=vip)
    assert "EVT017" not in due(company, about=vip)
    for what in ("promotion", "exhibition", "forum", "thanks"):
        event = {"name": what, "what": what, "on": "2026-12-05", "organiser": "alice"}
        company.add("event", dict(event), department="east")
