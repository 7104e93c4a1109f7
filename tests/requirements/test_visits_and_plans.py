"""Visits, cycles of contact and plans: the base pack and P03, P07, P08, P11, P16, P23 over the real ledger (area VIS)."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.cli.app import invoke
from crmctl.cli.boundary import main
from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.affairs.day import log_row, sheet_of, with_due, write_sheet
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.shipped import pack_file
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.reading.due import agenda, own, team_of
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.ledger.setup.setup_check import setup_faults, setup_files
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from tests.company import VISIT, Company
from tests.requirements.proving import keeps, lays_down, refuses, says, stored

DONE: dict[str, object] = {**VISIT, "on": "2026-11-10", "state": "done", "result": "went well", "goal_met": True}
TALK: dict[str, object] = {"on": "2026-11-10", "channel": "phone", "text": "talked"}
ROW: dict[str, object] = {
    "time": "09:30", "whom": "Dr Wang", "topic": "beds", "place": "ward 3", "purpose": "needs", "way": "on_site",
}  # fmt: skip
FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)


def due(company: Company, on: str, whose: Whose | None = None) -> list[tuple[str, str | None]]:
    ledger = company.ledger()
    items = agenda(ledger, whose or own(ledger), date.fromisoformat(on)).items
    return [(item.code, item.due.isoformat() if item.due else None) for item in items]


def codes(company: Company, on: str) -> list[str]:
    return [code for code, _day in due(company, on)]


@pytest.mark.req("R-VIS-01")
@pytest.mark.req("R-VIS-18")
def test_visits_are_proposed_whom_the_policy_puts_first_and_the_longest_unseen_first(company: Company) -> None:
    raw = load(pack_file("p23").read_bytes(), "p23")  # its ladder and caps are proved elsewhere
    assert isinstance(raw, dict)
    lays_down(company, dump({name: raw[name] for name in ("priority", "cadence")}).decode())
    for name in ("contact_vip", "contact_preferred", "contact_qualified"):
        set_value(company.ledger(), name, "7 days")
    seen = {"plain": "2026-11-01", "vip": "2026-11-09", "preferred late": "2026-11-05", "preferred": "2026-11-07"}
    ids = {}
    for name, day in seen.items():
        ids[name] = company.customer(name=name)
        company.add("visit", {**DONE, "on": day}, customer=ids[name])
        grade = {"plain": "qualified", "vip": "vip"}.get(name, "preferred")
        decided = {
            "on": "2026-11-01",
            "grade": grade,
            "state": "approved",
            "decided_by": "carol",
            "decided_on": "2026-11-01",
        }
        company.add("grade", decided, customer=ids[name])
    ledger = company.ledger()
    items = [item for item in agenda(ledger, own(ledger)).items if item.code == "VIS018"]
    assert [item.id for item in items] == [ids[n] for n in ("vip", "preferred late", "preferred", "plain")]
    assert [(item.rank, item.standing) for item in items] == [(0, "vip"), (1, "preferred"), (1, "preferred"), (2, "")]
    rows = with_due(company.ledger(), sheet_of(company.ledger(), "alice", FRIDAY)).rows
    assert [row["customer"] for row in rows] == [item.id for item in items]


@pytest.mark.req("R-VIS-02")
def test_the_sheet_is_there_before_the_morning_meeting(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(company.ledger(), "p03")
    set_value(company.ledger(), "day_plan_by", "08:30")
    customer = company.customer()
    asked = [(item.who, item.late) for item in agenda(company.ledger(), team_of(company.ledger())).items
             if item.code == "INT015"]  # fmt: skip
    assert (("bob",), False) in asked  # their first day: it lasts until the evening
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    missing = [(item.code, item.who, item.late) for item in agenda(company.ledger(), team_of(company.ledger())).items]
    assert ("INT015", ("alice",), True) in missing  # past ten already: the leader sees who is absent
    assert ("INT015", ("bob",), True) in missing
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T08:00:00+08:00")
    write_sheet(
        company.ledger(), sheet_of(company.ledger(), "alice", MONDAY), {"rows": [{"customer": customer, **ROW}]}
    )
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    assert "INT015" not in codes(company, "2026-11-23")


@pytest.mark.req("R-VIS-03")
@pytest.mark.parametrize("element", [*ROW, "customer"])
def test_a_plan_that_leaves_one_of_its_elements_open_is_not_taken(company: Company, element: str) -> None:
    adopt(company.ledger(), "p03")
    row = {"customer": company.customer(), **ROW}
    del row[element]
    with pytest.raises(InvalidInput) as caught:
        write_sheet(company.ledger(), sheet_of(company.ledger(), "alice", FRIDAY), {"rows": [row]})
    assert [finding.field for finding in caught.value.findings] == ["rows.0"]
    visit = {**VISIT, "time": "09:30", "key_points": ["price"]}
    field = {"customer": "on"}.get(element, element)
    with pytest.raises(InvalidInput) as caught:
        company.add(
            "visit",
            {name: value for name, value in visit.items() if name != field},
            customer=str(company.customer(name="Second")),
        )
    assert field in [finding.field for finding in caught.value.findings]


@pytest.mark.req("R-VIS-04")
@pytest.mark.req("R-VIS-05")
@pytest.mark.req("R-VIS-07")
@pytest.mark.req("R-VIS-08")
def test_a_first_visit_has_its_purposes_points_goal_and_preparation(company: Company) -> None:
    adopt(company.ledger(), "p03")
    customer = company.customer(contacts=[{"name": "Dr Wang", "interests": "fishing"}])
    planned = {
        **VISIT, "on": "2026-11-20", "time": "09:30", "purpose": "credit", "also": ["relationship", "introduce", "needs", "lead"],
        "key_points": ["who decides", "who pays"], "prepared": ["documents", "leaflets", "cards", "notebook"],
        "pre_contact_at": "2026-11-19T15:00:00+08:00",
    }  # fmt: skip
    kept = keeps(company, "visit", planned, customer=customer)
    assert kept["also"] == ["relationship", "introduce", "needs", "lead"]
    for name in ("key_points", "minimum_goal"):
        with pytest.raises(InvalidInput):
            company.add("visit", {k: v for k, v in planned.items() if k != name}, customer=customer)
    made = company.add("visit", planned, customer=customer).id
    told = {"result": "interested", "goal_met": True}
    with pytest.raises(Refused) as caught:  # who went to judge the credit says what he thinks of it
        advance(company.ledger(), made, "done", told, Origin())
    assert caught.value.rule == "VIS004"
    advance(company.ledger(), made, "done", {**told, "impression": "pays on time"}, Origin())
    assert stored(company, made)["goal_met"] is True
    lays_down(company, "vocab:\n  visit_preparation: {samples: [样品, Samples]}\n")
    assert stored(company, company.add("visit", {**planned, "prepared": ["samples"]}, customer=customer).id)[
        "prepared"
    ] == ["samples"]


@pytest.mark.req("R-VIS-06")
def test_more_than_half_an_hour_is_advised_against(company: Company) -> None:
    adopt(company.ledger(), "p03")
    customer = company.customer()
    visit = {**VISIT, "time": "09:30", "key_points": ["price"], "route_seq": 2}
    for minutes, said in ((30, []), (31, ["VIS006"])):
        made = company.add("visit", {**visit, "travel_minutes": minutes, "minutes": 90}, customer=customer)
        assert [finding.code for finding in made.findings] == said
    rows = [{"customer": customer, **ROW, "travel_minutes": 45, "route_seq": 1}]
    written = write_sheet(company.ledger(), sheet_of(company.ledger(), "alice", FRIDAY), {"rows": rows})
    assert [(f.code, f.severity) for f in written.findings] == [("DAY002", "warning")]
    set_value(company.ledger(), "visit_minutes_of", "minutes")  # the wording leaves it open, the policy names it
    made = company.add("visit", {**visit, "travel_minutes": 99, "minutes": 30}, customer=customer)
    assert made.findings == ()


@pytest.mark.req("R-VIS-09")
def test_careful_promises_and_both_sides_interest(company: Company) -> None:
    adopt(company.ledger(), "p03")
    customer = company.customer()
    promise = {"text": "delivery in a week", "made_on": "2026-11-20", "made_by": "alice", "due_on": "2026-11-27"}
    assert [f.code for f in company.add("commitment", promise, customer=customer).findings] == ["VIS009"]
    authorised = {**promise, "authorised_by": "carol", "authorised_on": "2026-11-20"}
    assert company.add("commitment", authorised, customer=customer).findings == ()
    made = company.add("opportunity", {"subject": "Beds"}, customer=customer).id
    advance(company.ledger(), made, "proposed", {"proposals": [{"on": "2026-11-20", "text": "ten"}]}, Origin())
    done = advance(company.ledger(), made, "negotiating", {}, Origin())
    assert [f.code for f in done.findings] == ["VIS010"]
    both = {"our_interest": "not below cost", "their_interest": "quick delivery"}
    assert update(company.ledger(), made, both, Origin()).findings == ()


@pytest.mark.req("R-VIS-10")
def test_the_visit_daily_is_logged_without_a_network_and_read_by_rep_and_day(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer()
    (company.path / "server.git").rename(company.path / "away.git")
    sheet = write_sheet(
        company.ledger(), sheet_of(company.ledger(), "alice", FRIDAY), {"rows": [{"customer": customer, **ROW}]}
    ).sheet
    visit = log_row(
        company.ledger(), sheet, 1, {"result": "signed", "goal_met": True, "minimum_goal": "a date"}, "done"
    ).visit
    (company.path / "away.git").rename(company.path / "server.git")
    company.sync("alice", "carol")  # the supervisor reads it
    report = json.loads(
        says(company, capsys, "report", "visits", "--period", "2026-11-20..2026-11-20", "--json", member="carol")
    )
    tables = report["data"]["tables"]
    assert [row["id"] for row in tables["visits"]["rows"]] == [visit]
    assert [(row["person"], row["done"]) for row in tables["people"]["rows"]] == [("alice", 1)]


@pytest.mark.req("R-VIS-10")
def test_a_visit_of_tomorrow_is_a_plan_and_not_done(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customer = company.customer()
    refuses(company, "visit", {**DONE, "on": "2026-11-21"}, "on", customer=customer)
    planned = company.add("visit", {**VISIT, "on": "2026-11-21"}, customer=customer).id
    words = ["-C", str(company.clone("alice")), "advance", planned, "done", "--set", "result=signed"]
    assert main(words) == 5
    told = capsys.readouterr().err
    assert "This day has not come yet (Until then it stays: Planned) [REC015]" in told
    company.add("visit", {**DONE, "on": "2026-11-20"}, customer=customer)
    refuses(company, "interaction", {**TALK, "on": "2026-11-21"}, "on", customer=customer)
    assert not [finding for finding in check(company.ledger()).findings if finding.code == "REC015"]


@pytest.mark.req("R-VIS-11")
@pytest.mark.req("R-VIS-28")
def test_each_class_is_contacted_in_its_cycle_and_who_is_neglected_is_seen(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    set_value(company.ledger(), "contact_potential", "1 month")
    customer = company.customer()
    company.add("visit", {**DONE, "on": "2026-10-15"}, customer=customer)
    # the cycle was over before the customer came into the ledger: asked from that day on, and late after it
    assert due(company, "2026-11-20") == [("VIS011", "2026-11-20")]
    assert ("VIS011", "2026-11-20") in due(company, "2026-11-20", team_of(company.ledger()))
    document = json.loads(says(company, capsys, "report", "overdue-contacts", "--json", "--as-of", "2026-11-25"))
    rows = document["data"]["tables"]["customers"]["rows"]
    assert [(row["id"], row["owner"], row["last_on"], row["days"]) for row in rows] == [
        (customer, "alice", "2026-10-15", 5)
    ]
    company.add("interaction", {**TALK, "on": "2026-11-18"}, customer=customer)
    assert due(company, "2026-11-20") == []


@pytest.mark.req("R-VIS-12")
@pytest.mark.req("R-VIS-19")
def test_each_grade_has_a_cycle_and_ways_that_the_company_must_set(company: Company) -> None:
    adopt(company.ledger(), "p08")
    unset = [f.args["name"] for f in setup_faults(setup_files(company.ledger())) if f.code == "POL019"]
    assert unset == ["follow_a", "follow_b", "follow_c"]
    for name in ("a", "b", "c"):
        set_value(company.ledger(), f"follow_{name}", "10 days")
    assert [f for f in setup_faults(setup_files(company.ledger())) if f.code == "POL019"] == []
    customer = company.customer()
    decided = {
        "on": "2026-11-01",
        "axis": "client",
        "grade": "a",
        "state": "approved",
        "decided_by": "carol",
        "decided_on": "2026-11-01",
    }
    company.add("grade", decided, customer=customer)
    company.add("interaction", {**TALK, "on": "2026-11-19"}, customer=customer)
    assert ("VIS012", "2026-11-30") in due(company, "2026-11-28")  # a call is no way for grade A
    company.add("visit", {**DONE, "on": "2026-11-20"}, customer=customer)
    assert ("VIS012", "2026-11-30") in due(company, "2026-11-28")
    assert {"phone", "email", "sms", "visit", "online"} <= set(company.ledger().in_force.pack.vocab["channel"])


@pytest.mark.req("R-VIS-13")
def test_who_has_not_closed_has_a_revisit_planned(company: Company) -> None:
    adopt(company.ledger(), "p08")
    customer = company.customer()
    assert "VIS013" in codes(company, "2026-11-21")
    company.add("interaction", {**TALK, "next_on": "2026-11-30"}, customer=customer)
    assert "VIS013" not in codes(company, "2026-11-21")
    assert "VIS013" in codes(company, "2026-12-01")  # the date passed and nothing new was agreed
    advance(company.ledger(), customer, "closed", {}, Origin())
    assert "VIS013" not in codes(company, "2026-12-01")


@pytest.mark.req("R-VIS-14")
@pytest.mark.req("R-VIS-29")
def test_a_reception_has_three_phases_problems_others_help_with_and_a_follow_up(company: Company) -> None:
    set_value(company.ledger(), "reception_follow_up", "3 days")
    customer = company.customer()
    guests = {
        "on": "2026-11-20", "purpose": "see the works", "host": "alice",
        "before": {"known": "long customer", "plan": "tour", "materials": ["samples"]},
        "problems": [{"text": "late parts", "department": "west", "by": "bob", "due_on": "2026-11-22"}],
    }  # fmt: skip
    made = company.add("reception", guests, customer=customer).id
    advance(company.ledger(), made, "received", {"during": {"talked": "parts", "solved": "parts sent"}}, Origin())
    advance(company.ledger(), made, "closed", {"after": {"summary": "content"}}, Origin())
    assert due(company, "2026-11-24", Whose(frozenset({"alice"}), frozenset({"east"}))) == [
        ("DUE017", "2026-11-22"),
        ("DUE016", "2026-11-23"),
    ]
    solved = [{**guests["problems"][0], "solved": True, "solved_on": "2026-11-22"}]  # type: ignore[index]
    update(company.ledger(), made, {"problems": solved}, Origin())
    follow_up = {"after": {"summary": "content", "follow_up": "called, all well", "done_on": "2026-11-23"}}
    advance(company.ledger(), made, "followed_up", follow_up, Origin())
    assert due(company, "2026-11-24", Whose(frozenset({"alice"}), frozenset({"east"}))) == []


@pytest.mark.req("R-VIS-15")
@pytest.mark.req("R-VIS-34")
def test_revisits_ask_for_satisfaction_and_needs_and_advice_is_counted(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    set_value(company.ledger(), "contact_closed", "3 months")
    customer = company.customer()
    advance(company.ledger(), customer, "closed", {}, Origin())
    assert due(company, "2027-02-20") == [("VIS011", "2027-02-20")]
    revisit = {
        **TALK, "on": "2026-11-20", "what": "revisit", "satisfied": "satisfied", "needs": "two more beds",
        "advice": "prices rise in spring",
    }  # fmt: skip
    assert keeps(company, "interaction", revisit, customer=customer)["satisfied"] == "satisfied"
    company.add("visit", {**DONE, "on": "2026-11-20", "advice": "order early"}, customer=customer)
    document = json.loads(says(company, capsys, "report", "advice", "--json"))
    rows = document["data"]["tables"]["customers"]["rows"]
    assert [(row["id"], row["times"]) for row in rows] == [(customer, 2)]


@pytest.mark.req("R-VIS-16")
@pytest.mark.req("R-VIS-17")
def test_what_a_visit_collects_leads_to_a_marketing_plan(company: Company) -> None:
    customer = company.customer()
    plan = company.add(
        "customer_plan",
        {"what": "marketing", "period": "2026-12", "steps": [{"on": "2026-12-01", "text": "offer"}]},
        customer=customer,
    ).id
    collected = {
        **DONE, "needs_heard": "wants credit", "changes_in_needs": "fewer beds", "business_changes": "a new ward",
        "market": "a rival opened", "followup_plan": plan,
    }  # fmt: skip
    assert keeps(company, "visit", collected, customer=customer)["followup_plan"] == plan
    assert ("DUE011", "2026-12-01") in due(company, "2026-12-01")


@pytest.mark.req("R-VIS-20")
@pytest.mark.req("R-VIS-30")
def test_needs_and_questions_stay_open_until_somebody_settled_them(company: Company) -> None:
    need = {"on": "2026-11-20", "text": "a trainer", "by": "alice", "due_on": "2026-11-25"}
    customer = company.customer(needs=[need])
    question = {
        "received_at": "2026-11-20T09:00:00+08:00", "channel": "desk", "text": "opening hours", "routed_to": "alice",
        "answer_by": "2026-11-24",
    }  # fmt: skip
    made = company.add("inquiry", question, customer=customer).id
    assert due(company, "2026-11-26") == [
        ("DUE015", "2026-11-24"), ("DUE014", "2026-11-25"), ("DUE007", None)]  # fmt: skip
    update(company.ledger(), customer, {"needs": [{**need, "settled_on": "2026-11-25"}]}, Origin())
    update(company.ledger(), made, {"answered_at": "2026-11-24T10:00:00+08:00", "answer": "nine to five"}, Origin())
    assert due(company, "2026-11-26") == []
    # where the policy follows up every need, one without a day of its own is open too, and late once the policy says when
    adopt(company.ledger(), "p21")
    later = {"on": "2026-11-20", "text": "a splint"}
    update(company.ledger(), customer, {"needs": [{**need, "settled_on": "2026-11-25"}, later]}, Origin())
    assert ("VIS020", None) in due(company, "2026-11-26")
    set_value(company.ledger(), "need_within", "3 days")
    assert ("VIS020", "2026-11-23") in due(company, "2026-11-26")
    update(company.ledger(), customer, {"needs": [need, {**later, "settled_on": "2026-11-23"}]}, Origin())
    assert "VIS020" not in codes(company, "2026-11-26")


@pytest.mark.req("R-VIS-21")
def test_an_emergency_report_reaches_the_supervisor_the_same_day(company: Company) -> None:
    for what in ("daily", "periodic"):
        company.add("staff_report", {"on": "2026-11-20", "what": what, "text": "all well"}, department="east")
    made = company.add(
        "staff_report", {"on": "2026-11-20", "what": "emergency", "text": "they may leave us"}, department="east"
    ).id
    company.sync("alice", "carol")
    ledger = company.ledger("carol")
    assert [(i.code, i.id, i.due) for i in agenda(ledger, own(ledger)).items] == [("DUE018", made, FRIDAY)]
    update(ledger, made, {"seen_by": "carol", "seen_on": "2026-11-20"}, Origin())
    ledger = company.ledger("carol")
    assert agenda(ledger, own(ledger)).items == ()


@pytest.mark.req("R-VIS-22")
@pytest.mark.req("R-VIS-23")
@pytest.mark.req("R-VIS-33")
def test_stores_are_visited_on_a_route_and_reviewed_each_month_by_our_own_people(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(company.ledger(), "p11")
    ledger = company.ledger()
    specialist = Role("specialist", "east", ledger.today)  # a C1 customer is managed by one (P11:4.1)
    set_roles(ledger, "alice", (*ledger.member.roles, specialist))
    customer = company.customer()
    store = company.add(
        "store", {"name": "Shop", "class": "c1", "address": "1 Road", "route_seq": 1}, customer=customer
    ).id
    rows = [{"customer": customer, **ROW, "store": store, "route_seq": 1}]
    sheet = write_sheet(company.ledger(), sheet_of(company.ledger(), "alice", FRIDAY), {"rows": rows}).sheet
    seen = {
        "result": "ok",
        "goal_met": True,
        "minimum_goal": "a look",
        "stock_seen": "4",
        "display_seen": "good",
        "price_seen": "as told",
    }
    visit = log_row(company.ledger(), sheet, 1, seen, "done").visit
    kept = stored(company, str(visit))
    assert (kept["store"], kept["stock_seen"], kept["route_seq"]) == (store, "4", 1)
    found = due(company, "2027-02-20")
    assert {("VIS023", "2026-12-20"), ("VIS033", "2027-02-20"), ("VIS035", "2026-11-20")} <= set(found)
    review = {"period": "2026-12", "on": "2026-12-18", "by": "alice", "results": "as planned", "agreed": "a fair"}
    company.add("business_review", review, customer=customer)
    update(company.ledger(), customer, {"contacts": [{"name": "Mr Li"}]}, Origin())
    assert {code for code, _day in due(company, "2027-01-10")} & {"VIS023", "VIS035"} == set()
    monkeypatch.setenv("CRMCTL_NOW", "2027-02-01T18:00:00+08:00")
    company.add("visit", {**DONE, "on": "2027-02-01", "way": "phone"}, customer=customer)
    assert "VIS033" in codes(company, "2027-02-20")  # a call is no visit of our own


@pytest.mark.req("R-VIS-25")
def test_a_new_customer_is_told_seven_things_before_the_first_contract(company: Company) -> None:
    adopt(company.ledger(), "p07")
    customer = company.customer()
    signed = {
        "subject": "Beds",
        "state": "signed",
        "number": "1",
        "signed_on": "2026-11-10",
        "valid_from": "2026-11-10",
    }
    items = list(company.ledger().in_force.pack.vocab["briefing"])
    company.add("interaction", {**TALK, "briefed": items[:4]}, customer=customer)
    company.add("visit", {**DONE, "briefed": items[3:6]}, customer=customer)
    assert "VIS025" in [f.code for f in company.add("contract", signed, customer=customer).findings]
    company.add("interaction", {**TALK, "briefed": items[6:]}, customer=customer)
    again = company.add("contract", {**signed, "number": "2"}, customer=customer)
    assert "VIS025" not in [f.code for f in again.findings]


@pytest.mark.req("R-VIS-26")
@pytest.mark.req("R-VIS-27")
def test_news_of_upgrades_and_a_plan_for_key_customers(company: Company) -> None:
    lays_down(company, "values: {upgrade_told_within: 6 months, key_plan_within: 10 days}\n")
    customer = company.customer()
    advance(company.ledger(), customer, "key", {}, Origin())
    assert due(company, "2027-05-20") == [("VIS027", "2026-11-30"), ("VIS026", "2027-05-20")]
    told = {"on": "2027-01-10", "what": "upgrade", "text": "version 3", "plan": "in two steps", "support": "a trainer"}
    company.add("service_action", told, customer=customer)
    company.add(
        "customer_plan",
        {"what": "maintenance", "period": "2027", "steps": [{"on": "2027-06-01", "text": "call"}]},
        customer=customer,
    )
    assert due(company, "2027-05-20") == []
    assert due(company, "2027-06-01") == [("DUE011", "2027-06-01")]  # the plan shows its next step


@pytest.mark.req("R-VIS-31")
def test_a_test_drive_is_offered_and_the_display_renewed(company: Company) -> None:
    adopt(company.ledger(), "p16")
    customer = company.customer()
    advance(company.ledger(), customer, "intending", {}, Origin())
    assert "VIS031" in codes(company, "2026-11-21")
    company.add("test_drive", {"on": "2026-11-21", "model": "T1", "driver": "Mr Li"}, customer=customer)
    assert "VIS031" not in codes(company, "2026-11-21")
    made = company.add(
        "routine", {"name": "Renew the display", "by": "alice", "next_on": "2026-12-01"}, department="east"
    ).id
    assert ("DUE013", "2026-12-01") in due(company, "2026-12-01")
    update(company.ledger(), made, {"rounds": [{"on": "2026-12-01"}], "next_on": "2027-03-01"}, Origin())
    assert "DUE013" not in codes(company, "2026-12-01")


@pytest.mark.req("R-VIS-32")
def test_an_applicants_site_is_surveyed(company: Company) -> None:
    customer = company.customer()
    made = company.add(
        "site_survey", {"applied_on": "2026-11-18", "place": "1 Road", "by": "alice"}, customer=customer
    ).id
    assert codes(company, "2026-11-20") == ["DUE019"]
    update(company.ledger(), made, {"on": "2026-11-20", "findings": "two lines"}, Origin())
    assert codes(company, "2026-11-20") == []


@pytest.mark.req("R-VIS-02")
def test_due_shows_how_a_day_was_counted(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    adopt(company.ledger(), "p04")
    customer = company.customer()
    company.add(
        "transaction", {"date": "2026-10-31", "product": "Bed", "amount": "5"}, customer=customer, department="east"
    )
    text = says(company, capsys, "due", "--trace")
    assert "NEW004: from 2026-10-31, 1 month" in text
    assert invoke(["-C", str(company.clone("alice")), "due", "--team", "--late"]) == 0
