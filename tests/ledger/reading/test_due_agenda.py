"""The shipped clocks over a small company: whose items, which, and what is said on entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from crmctl.errors import BadConfiguration, Refused
from crmctl.ledger import workdays
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.keys.identity import create
from crmctl.ledger.reading.due import Agenda, agenda, own, team_of
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Due, Whose
from tests.company import CARD, VISIT, Company

COMPLAINT = {"content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-20T09:00"}
Setter = Callable[..., None]


@pytest.fixture
def setting(company: Company) -> Setter:
    """Set values of the company's own policy, or another clear file, as a reviewed change would."""

    def put(path: str = "policy/company.yaml", **values: object) -> None:
        ledger = company.ledger()
        raw = ledger.in_force.raw.get(path)
        content = dict(raw) if isinstance(raw, dict) else {}
        content = {**content, "values": {**content.get("values", {}), **values}} if "company" in path else values  # type: ignore[dict-item]
        change = Change("refs/heads/main", ledger.head, {path: dump(content)}, "set\n")  # type: ignore[arg-type]
        write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)

    return put


def due(company: Company, member: str = "alice", whose: Whose | None = None, as_of: str | None = None) -> Agenda:
    ledger = company.ledger(member)
    return agenda(ledger, whose or own(ledger), date.fromisoformat(as_of) if as_of else None)


def codes(items: tuple[Due, ...]) -> list[tuple[str, int]]:
    return [(item.code, item.late_days) for item in items]


@pytest.mark.req("R-REC-22")
@pytest.mark.req("R-REC-23")
def test_planned_visits_and_the_next_ones_agreed(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    kept("visit", customer, {**VISIT, "on": "2026-11-18"})
    done = {**VISIT, "on": "2026-11-10", "state": "done", "result": "x", "goal_met": True, "next_on": "2026-11-17"}
    kept("visit", customer, done)
    assert codes(due(company).items) == [("DUE001", 2)]  # the next one agreed has been planned since
    other = company.customer()
    kept("visit", other, done)
    assert codes(due(company).items) == [("DUE002", 3), ("DUE001", 2)]


@pytest.mark.req("R-REC-13")
def test_fields_in_doubt_and_what_runs_out(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    update(
        company.ledger(),
        customer,
        {"phone": "010-62770000", "maintenance": {"next_on": "2026-11-19"}},
        Origin(),
        unverified={"phone": "2026-11-18"},
    )
    kept("qualification", customer, {"what": "business_licence", "number": "1", "valid_to": "2026-12-19"})
    kept("qualification", customer, {"what": "special_permit", "number": "2", "valid_to": "2027-01-19"})
    found = due(company)
    assert codes(found.items) == [("DUE009", 2), ("DUE003", 1), ("DUE004", 0)]
    assert (found.items[0].field, found.names[customer]) == ("phone", CARD["name"])


@pytest.mark.req("R-INT-01")
def test_a_late_entry_is_taken_flagged_and_counted(company: Company) -> None:
    entered = company.add("customer", {**CARD, "obtained_at": "2026-11-18T09:00+08:00"})
    assert [(f.code, f.severity, f.args["days"]) for f in entered.findings] == [("INT001", "warning", 1)]
    assert (
        company.add(
            "customer", {**CARD, "name": "In time", "obtained_at": "2026-11-19T09:00+08:00"}, origin=Origin(reason="x")
        ).findings
        == ()
    )
    found = due(company)
    assert found.items == ()
    assert [(item.code, item.id, item.done) for item in found.done_late] == [("INT001", entered.id, date(2026, 11, 20))]


@pytest.mark.req("R-INT-01")
def test_a_record_changed_later_was_not_entered_late(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = company.customer()
    late = company.customer(obtained_at="2026-11-18T09:00+08:00", name="Late")
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-30T10:00:00+08:00")
    for one in (customer, late):
        assert update(company.ledger(), one, {"address": "1 Long Street"}, Origin()).findings == ()
    assert [(item.id, item.done, item.late_days) for item in due(company).done_late] == [(late, date(2026, 11, 20), 1)]


@pytest.mark.req("R-INT-02")
def test_the_company_can_ask_for_entry_on_the_day_of_first_contact(company: Company, setting: Setter) -> None:
    setting(intake="same_day")
    found = company.add("customer", {**CARD, "obtained_at": "2026-11-19T09:00+08:00"}).findings
    assert [finding.code for finding in found] == ["INT002"]
    assert company.add("customer", {**CARD, "name": "Today"}, origin=Origin(reason="x")).findings == ()


@pytest.mark.req("R-INT-05")
def test_the_lag_of_a_change_is_measured_where_the_company_sets_a_limit(company: Company, setting: Setter) -> None:
    customer = company.customer()
    change = Origin(known_since=date(2026, 11, 17))
    assert update(company.ledger(), customer, {"address": "1"}, change).findings == ()
    setting(change_working_days=2)
    found = update(company.ledger(), customer, {"address": "2"}, change)
    assert [(f.code, f.args["due"], f.args["days"]) for f in found.findings] == [("INT005", date(2026, 11, 19), 1)]
    assert [(item.code, item.id) for item in due(company).done_late] == [("INT005", customer)]


@pytest.mark.req("R-INT-08")
def test_a_complaint_is_registered_the_day_it_comes_in(company: Company, setting: Setter) -> None:
    customer = company.customer()
    assert company.add("complaint", dict(COMPLAINT), customer=customer).findings == ()
    late = company.add("complaint", {**COMPLAINT, "received_at": "2026-11-19T09:00"}, customer=customer)
    assert [finding.code for finding in late.findings] == ["INT008"]
    given = {**COMPLAINT, "received_at": "2026-11-19T09:00", "registered_at": "2026-11-19T10:00"}
    assert company.add("complaint", given, customer=customer).findings == ()
    setting(complaint_register="30 minutes")
    assert [f.code for f in company.add("complaint", given, customer=customer).findings] == ["INT008"]


def test_an_open_complaint_has_an_end_only_where_the_policy_sets_one(company: Company, setting: Setter) -> None:
    customer = company.customer()
    company.add("complaint", dict(COMPLAINT), customer=customer)
    company.add("inquiry", {"received_at": "2026-11-20T09:00", "text": "x"}, customer=customer)
    assert [(item.code, item.due) for item in due(company).items] == [("DUE006", None), ("DUE007", None)]
    setting(complaint_within="3 working days", inquiry_within="1 hour")
    assert [(item.code, item.late) for item in due(company).items] == [("DUE007", False), ("DUE006", False)]
    assert due(company, as_of="2026-11-26").items[0].late


def test_own_items_a_member_s_and_a_team_s(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    kept("visit", customer, {**VISIT, "on": "2026-11-18"})
    company.sync("alice", "bob", "carol")
    assert due(company, "carol").items == ()
    assert codes(due(company, "carol", Whose(frozenset({"alice"}))).items) == [("DUE001", 2)]
    carol = company.ledger("carol")
    assert team_of(carol) == Whose(frozenset({"carol"}), frozenset({"east"}))
    assert codes(agenda(carol, team_of(carol)).items) == [("DUE001", 2)]
    with pytest.raises(Refused):
        team_of(company.ledger("bob"))


def test_a_card_in_doubt_belongs_to_the_team_that_deals_with_it(company: Company) -> None:
    customer = company.customer()
    update(company.ledger(), customer, {"phone": "010-62770000"}, Origin(), unverified={"phone": "2026-11-18"})
    company.sync("alice", "carol")
    carol = company.ledger("carol")
    assert codes(agenda(carol, team_of(carol)).items) == [("DUE009", 2)]
    assert agenda(carol, Whose(departments=frozenset({"west"}))).items == ()


@pytest.mark.req("R-INT-15")
def test_who_has_no_sheet_by_the_morning_meeting(
    company: Company, kept: Callable[..., Kept], setting: Setter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert due(company).items == ()
    setting(day_plan_by="09:00")
    assert [(item.code, item.late) for item in due(company).items] == [("INT015", False)]  # everybody began today
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    (item,) = due(company).items
    assert (item.code, item.who, item.late, item.id) == ("INT015", ("alice",), True, "")
    assert [i.who for i in due(company, whose=Whose(departments=frozenset({"west"}))).items] == [("alice",), ("bob",)]
    kept("day_plan", "office/east", {"on": "2026-11-23"})
    found = due(company)
    assert (found.items, [i.code for i in found.done_late]) == ((), ["INT015"])
    assert due(company, as_of="2026-11-21").items == ()  # a Saturday


def test_a_member_whose_sheets_do_not_open_is_not_accused(
    company: Company, kept: Callable[..., Kept], setting: Setter
) -> None:
    setting(day_plan_by="09:00")
    kept("day_plan", "office/east", {"on": "2026-11-20"})
    company.sync("alice", "bob")
    found = due(company, "bob", Whose(frozenset({"alice", "bob"})))
    assert [item.who for item in found.items] == [("bob",)]


def test_a_year_whose_holidays_nobody_knows_is_said(company: Company, setting: Setter) -> None:
    company.add("complaint", dict(COMPLAINT), customer=company.customer())
    setting(complaint_within="40 working days", due_ahead_days=60)
    found = due(company)
    assert [(f.code, f.severity, f.args["year"]) for f in found.findings] == [("CAL001", "warning", 2027)]
    assert found.items[0].due == date(2027, 1, 15)


@pytest.mark.req("R-INT-16")
def test_the_company_s_own_days_count(company: Company, setting: Setter) -> None:
    setting("policy/calendar.yaml", schema="crmctl/calendar/1", extra_off=["2026-11-19", "2026-11-20"])
    assert not workdays.work_calendar(company.ledger()).is_workday(date(2026, 11, 19))
    assert company.add("customer", {**CARD, "obtained_at": "2026-11-18T09:00+08:00"}).findings == ()


def test_a_broken_calendar_names_file_and_line(company: Company, setting: Setter) -> None:
    setting("policy/calendar.yaml", schema="crmctl/calendar/1", hours=["09:00-12:00", "11:00"])
    with pytest.raises(BadConfiguration) as broken:
        workdays.work_calendar(company.ledger())
    assert [(f.where, f.field) for f in broken.value.findings] == [("policy/calendar.yaml:4", "hours.1")]


def test_the_sample_calendar_ships_with_a_new_ledger(company: Company) -> None:
    assert "policy/calendar.yaml" in company.ledger().in_force.raw
    assert workdays.work_calendar(company.ledger()).hours == ((540, 720), (780, 1080))


def test_a_clock_that_fits_no_kind_stops_due_and_says_why(company: Company) -> None:
    ledger = company.ledger()
    pack = replace(ledger.in_force.pack, clocks=(replace(ledger.in_force.pack.clocks[0], at="onn"),))
    ledger.__dict__["in_force"] = replace(ledger.in_force, pack=pack)
    with pytest.raises(BadConfiguration) as broken:
        agenda(ledger, own(ledger))
    assert broken.value.findings[0].args["near"] == "on"


def test_steps_of_a_plan_are_due_each_by_its_own_day(company: Company, kept: Callable[..., Kept]) -> None:
    steps = [
        {"on": "2026-11-18", "text": "call"},
        {"on": "2026-11-19", "text": "visit"},
        {"on": "2026-12-24", "text": "card"},
    ]
    kept("customer_plan", company.customer(), {"what": "visit", "period": "2026H2", "steps": steps})
    assert codes(due(company).items) == [("DUE011", 2), ("DUE011", 1)]


def test_nobody_is_late_for_what_the_reader_cannot_open(company: Company) -> None:
    set_value(company.ledger(), "contact_potential", "1 month")
    ledger = company.ledger()
    add_member(ledger, create(company.home, "max", None), "Max", (Role("management", None, ledger.today),))
    seen, unseen = company.customer(name="Northern Clinic"), company.customer(name="Southern Works")
    planned = {**VISIT, "on": "2026-11-20", "next_on": "2026-11-21"}
    company.add("visit", {**planned, "state": "done", "result": "x", "goal_met": True}, customer=unseen)
    company.sync("alice")
    join(str(company.path / "server.git"), company.clone("max"), "max")
    company.sync("alice", "max")

    def late(member: str) -> set[tuple[str, str]]:
        whose = Whose(departments=frozenset({"east"}))
        return {(one.code, one.dossier) for one in agenda(company.ledger(member), whose, date(2027, 2, 1)).items}

    assert {("VIS011", seen), ("VIS011", unseen), ("DUE002", unseen)} <= late("alice")
    assert ("VIS011", seen) in late("max"), "there is no visit at all, whoever looks"
    assert not [code for code, customer in late("max") if customer == unseen and code in {"VIS011", "DUE002"}]
