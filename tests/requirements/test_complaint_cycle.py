"""Complaints from receipt to closing: routes, times, steps and who takes them (R-CMP)."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.errors import InvalidInput, NoKey, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.org import Role
from crmctl.rules.due_parts import Due, Whose
from tests.company import Company
from tests.requirements.proving import DAY, lays_down, refuses, stored, without

HEARD: dict[str, object] = {
    "content": "It squeaks", "category": "service", "channel": "phone", "received_at": "2026-11-20T09:00:00+08:00",
}  # fmt: skip
SOLVED = "2026-11-20T15:00:00+08:00"


def holds_role(company: Company, member: str, *roles: tuple[str, str | None]) -> None:
    """Give a member these roles besides those held."""
    ledger = company.ledger()
    had = ledger.in_force.org.members[member].roles
    set_roles(ledger, member, (*had, *(Role(role, place, ledger.today) for role, place in roles)))


def complaint(company: Company, **values: object) -> str:
    return company.add("complaint", {**HEARD, **values}, customer=company.customer(), department="east").id


def step(
    company: Company, what: str, state: str, member: str = "alice", reason: str | None = None, **values: object
) -> None:
    advance(company.ledger(member), what, state, values, Origin(reason=reason))


def until_surveyed(company: Company, what: str, satisfaction: str = "satisfied", **more: object) -> None:
    step(company, what, "confirmed", findings="true", root_cause="service")
    step(company, what, "proposed", solution="oil it", **more)
    step(company, what, "agreed", agreed_on=DAY, agreed_by="Dr Wang", agreed_how="phone")
    step(company, what, "solved", solved_at=SOLVED)
    step(company, what, "fed_back", told_at="2026-11-20T16:00:00+08:00")
    step(company, what, "surveyed", satisfaction=satisfaction, surveyed_on=DAY)


def due(company: Company, on: str = DAY, member: str = "alice") -> dict[str, Due]:
    ledger = company.ledger(member)
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    return {item.code: item for item in agenda(ledger, whose, date.fromisoformat(on)).items}


@pytest.mark.req("R-CMP-01")
def test_every_channel_a_policy_names_is_there_and_asked_for(company: Company) -> None:
    customer = company.customer()
    for channel in ("phone", "email", "online", "mailbox", "hotline", "shop_box", "desk"):
        company.add("complaint", {**HEARD, "channel": channel}, customer=customer, department="east")
    refuses(company, "complaint", without(HEARD, "channel"), "channel", customer=customer, department="east")


@pytest.mark.req("R-CMP-02")
def test_a_complaint_is_registered_at_once_by_whoever_receives_it(company: Company) -> None:
    late = company.add(
        "complaint",
        {**HEARD, "received_at": "2026-11-18T09:00:00+08:00"},
        customer=company.customer(),
        department="east",
    )
    assert [finding.code for finding in late.findings] == ["INT008"]
    customer = company.customer("bob", name="Far Works")
    company.sync("bob", "alice", "carol")
    # a colleague of another department who hears it enters it, though he cannot read it
    filed = company.add("complaint", dict(HEARD), "carol", customer=customer, department="west")
    assert filed.findings == ()
    company.sync("carol", "bob")
    assert stored(company, filed.id, "bob")["content"] == "It squeaks"


@pytest.mark.req("R-CMP-03")
@pytest.mark.req("R-CMP-04")
@pytest.mark.req("R-REV-18")
def test_facts_are_confirmed_first_and_the_solution_agreed_with_the_customer(company: Company) -> None:
    adopt(company.ledger(), "p01")
    made = complaint(company)
    for state, needs in (
        ("confirmed", {"findings"}),
        ("proposed", {"solution"}),
        ("agreed", {"agreed_on", "agreed_by", "agreed_how"}),
    ):
        with pytest.raises(InvalidInput) as caught:
            step(company, made, state)
        assert {finding.field for finding in caught.value.findings} == needs
        given = {"findings": "true", "solution": "oil", "agreed_on": DAY, "agreed_by": "Dr Wang", "agreed_how": "phone"}
        step(company, made, state, **{name: given[name] for name in needs})
    with pytest.raises(Refused) as refused:
        step(company, made, "closed")
    assert refused.value.rule == "REC010"


@pytest.mark.req("R-CMP-05")
def test_it_is_not_closed_before_the_customer_was_told_and_asked(company: Company) -> None:
    made = complaint(company)
    step(company, made, "confirmed")
    step(company, made, "proposed")
    step(company, made, "agreed", solution="oil", agreed_on=DAY)
    with pytest.raises(Refused):
        step(company, made, "closed", told_at=SOLVED, satisfaction="satisfied")
    step(company, made, "solved", solved_at=SOLVED)
    with pytest.raises(InvalidInput) as caught:
        step(company, made, "fed_back")
    assert [finding.field for finding in caught.value.findings] == ["told_at"]
    step(company, made, "fed_back", told_at=SOLVED)
    assert due(company)["SAT001"].id == made
    step(company, made, "surveyed", satisfaction="no_answer", surveyed_on=DAY)
    assert "SAT001" not in due(company)
    with pytest.raises(InvalidInput) as caught:  # a customer who would not answer is told of, never taken for content
        step(company, made, "closed")
    assert (caught.value.rule, caught.value.findings[0].field) == ("CMP006", "survey_refused")
    step(company, made, "closed", survey_refused="asked twice, would not say")


@pytest.mark.req("R-CMP-21")
def test_an_unsatisfied_customers_case_is_taken_up_again(company: Company) -> None:
    made = complaint(company)
    until_surveyed(company, made, "dissatisfied")
    company.sync("alice", "carol")
    with pytest.raises(InvalidInput) as caught:
        step(company, made, "closed")
    assert caught.value.rule == "CMP021"
    step(company, made, "reopened", reopened_on=DAY, reopen_reason="squeaks again")
    again = stored(company, made)
    assert not {"told_at", "satisfaction", "surveyed_on"} & set(again)
    step(company, made, "confirmed")
    until = stored(company, made)
    assert until["state"] == "confirmed"


@pytest.mark.req("R-CMP-21")
def test_a_closed_case_is_opened_again_by_a_supervisor_with_a_reason(company: Company) -> None:
    customer = company.customer("bob", name="Far Works")
    made = company.add("complaint", dict(HEARD), "bob", customer=customer, department="west").id
    for state, values in (
        ("confirmed", {}), ("proposed", {}), ("agreed", {"solution": "oil", "agreed_on": DAY}), ("solved", {"solved_at": SOLVED}),
        ("fed_back", {"told_at": SOLVED}), ("surveyed", {"satisfaction": "satisfied", "surveyed_on": DAY}), ("closed", {}),
    ):  # fmt: skip
        step(company, made, state, "bob", **values)
    with pytest.raises(Refused) as refused:
        step(company, made, "confirmed", "bob", "again")
    assert refused.value.rule == "CMP022"
    company.sync("bob", "alice")
    with pytest.raises(InvalidInput) as caught:  # the head of west may, and says why
        step(company, made, "confirmed")
    assert [finding.field for finding in caught.value.findings] == ["reason"]
    step(company, made, "confirmed", reason="it squeaks again")
    assert "told_at" not in stored(company, made)


@pytest.mark.req("R-CMP-08")
def test_quality_management_judges_how_it_was_handled(company: Company) -> None:
    adopt(company.ledger(), "p01")
    made = complaint(company)
    until_surveyed(company, made)
    step(company, made, "closed")
    assert due(company, "2026-11-23")["CMP029"].id == made
    review = {"on": DAY, "complaint": made, "effect": "good", "content": "satisfied", "by": "alice", "state": "judged"}
    dossier = due(company, "2026-11-23")["CMP029"].dossier
    with pytest.raises(Refused) as refused:
        company.add("handling_review", dict(review), customer=dossier, department="east")
    assert refused.value.rule == "CMP028"
    drafted = company.add("handling_review", {**review, "state": "drafted"}, customer=dossier, department="east").id
    with pytest.raises(Refused) as refused:
        step(company, drafted, "judged")
    assert refused.value.rule == "CMP008"
    holds_role(company, "alice", ("quality", None))
    step(company, drafted, "judged")
    assert "CMP029" not in due(company, "2026-11-23")


@pytest.mark.req("R-CMP-09")
def test_quality_complaints_go_to_quality_and_safety_and_need_report_and_responsible_party(company: Company) -> None:
    adopt(company.ledger(), "p07")
    holds_role(company, "carol", ("hse", None))
    made = complaint(company, category="quality", handler="alice")
    other = complaint(company, category="price", handler="alice")
    company.sync("alice", "carol", "alice")
    ledger = company.ledger()
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    who = {item.id: item.who for item in agenda(ledger, whose).items if item.code == "DUE006"}
    assert who == {made: ("carol",), other: ("alice",)}  # nobody holds the other department's role yet
    step(company, made, "confirmed")
    with pytest.raises(Refused) as refused:
        step(company, made, "proposed")
    assert refused.value.rule == "CMP017"
    company.sync("alice", "carol")
    step(company, made, "proposed", "carol", solution="new bearing")
    company.sync("carol", "alice")
    step(company, made, "agreed", agreed_on=DAY)
    step(company, made, "solved", solved_at=SOLVED)
    step(company, made, "fed_back", told_at=SOLVED)
    step(company, made, "surveyed", satisfaction="satisfied", surveyed_on=DAY)
    with pytest.raises(InvalidInput) as caught:
        step(company, made, "closed")
    assert {finding.field for finding in caught.value.findings} == {"report", "report_by", "responsible_party"}
    step(
        company,
        made,
        "closed",
        evaluation="dry bearing from the works",
        report_by="carol",
        responsible_party="supplier",
    )


@pytest.mark.req("R-CMP-10")
@pytest.mark.req("R-CMP-13")
def test_each_kind_has_its_times_and_a_late_one_turns_to_the_next_person(company: Company) -> None:
    lays_down(company, (
        "values:\n  complaint_within: 5 working days\n  complaint_quality_within: 1 working day\n"
        "  complaint_turn_1: 1 working day\n  complaint_response: 4 hours\n"
    ))  # fmt: skip
    made = complaint(company, category="quality", handler="alice")
    found = due(company)
    assert (found["DUE006"].due, found["DUE006"].who) == (date(2026, 11, 23), ("alice",))
    assert found["CMP013"].moment is not None
    assert found["CMP013"].moment.isoformat() == "2026-11-20T13:00:00+08:00"
    later = due(company, "2026-11-25")["DUE006"]
    assert (later.late, later.turned, later.who) == (True, 1, ("carol", "alice"))
    update(company.ledger(), made, {"responded_at": "2026-11-20T10:00:00+08:00"}, Origin())
    assert "CMP013" not in due(company, "2026-11-25")


@pytest.mark.req("R-CMP-10")
def test_a_department_writes_times_of_its_own(company: Company) -> None:
    lays_down(company, (
        "clocks:\n  - {code: DUE006, on: complaint, if: 'state != closed', at: received_at, within: 5 working days, "
        "who: [handler, owner], cases: [{if: 'department in [east]', within: 1 working day, who: [role supervisor]}], "
        "text: [未关闭的投诉, Open complaint]}\n"
    ))  # fmt: skip
    complaint(company)
    item = due(company)["DUE006"]
    assert (item.due, item.who) == (date(2026, 11, 23), ("carol",))


@pytest.mark.req("R-CMP-11")
def test_the_division_can_be_asked_to_help(company: Company) -> None:
    made = complaint(company)
    step(company, made, "confirmed")
    step(company, made, "assisted", helped_by="carol", help="both sides heard")
    step(company, made, "proposed")
    assert stored(company, made)["help"] == "both sides heard"


@pytest.mark.req("R-CMP-12")
@pytest.mark.req("R-CON-07")
def test_disputes_of_contracts_too_are_closed_with_their_outcome(company: Company) -> None:
    adopt(company.ledger(), "p07")
    for category in ("dispute", "contract"):
        made = complaint(company, category=category)
        until_surveyed(company, made)
        with pytest.raises(InvalidInput) as caught:
            step(company, made, "closed")
        assert (caught.value.rule, caught.value.findings[0].field) == ("CMP012", "settlement")
        step(company, made, "closed", settlement="arbitration")
    refuses(
        company,
        "complaint",
        {**HEARD, "settlement": "court"},
        "settlement",
        customer=company.customer(),
        department="east",
    )


@pytest.mark.req("R-CMP-14")
def test_improvements_are_followed_until_their_effect_is_judged_by_another(company: Company) -> None:
    made = complaint(company)
    measure: dict[str, object] = {
        "on": DAY, "source": "complaint", "subject": "Oil at delivery", "complaints": [made], "in_charge": "alice",
        "root_cause": "service",
    }  # fmt: skip
    kept = company.add("improvement", measure, department="east").id
    step(company, kept, "accepted", measure="oil each one", due_on="2026-11-24")
    assert (due(company)["CMP014"].id, due(company)["CMP014"].who) == (kept, ("alice",))
    step(company, kept, "done", done_on="2026-11-20")
    assert due(company)["CMP015"].id == kept
    judged: dict[str, object] = {"effect": "good", "effect_by": "alice", "effect_on": DAY}
    with pytest.raises(Refused) as refused:
        step(company, kept, "checked", **judged)
    assert refused.value.rule == "CMP016"
    company.sync("alice", "carol")
    step(company, kept, "checked", "carol", **{**judged, "effect_by": "carol"})
    assert "CMP015" not in due(company, member="carol")


@pytest.mark.req("R-CMP-16")
def test_the_sales_procedure_itself_can_be_complained_of(company: Company) -> None:
    made = complaint(company, category="procedure", address_level="company")
    assert stored(company, made)["address_level"] == "company"
    refuses(company, "complaint", {**HEARD, "address_level": "company"}, "address_level", customer=company.customer(), department="east")  # fmt: skip


@pytest.mark.req("R-CMP-18")
def test_freight_claims_are_pursued_until_settled(company: Company) -> None:
    adopt(company.ledger(), "p07")
    customer = company.customer()
    claim: dict[str, object] = {
        "on": "2026-11-18",
        "what": "shortage",
        "text": "two boxes short",
        "amount": "300.00",
        "carrier": "Rail",
    }
    made = company.add("claim", claim, customer=customer, department="east").id
    refuses(company, "claim", without(claim, "carrier"), "carrier", customer=customer, department="east")
    assert due(company)["CMP018"].id == made
    step(company, made, "accepted")
    assert due(company)["CMP018"].id == made
    step(company, made, "settled", settled_on=DAY, paid="250.00")
    assert "CMP018" not in due(company)


@pytest.mark.req("R-CMP-19")
def test_suggestions_wait_for_an_answer_until_they_have_one(company: Company) -> None:
    lays_down(company, "values:\n  feedback_within: 2 working days\n")
    made = company.add(
        "feedback", {"on": DAY, "text": "open earlier"}, customer=company.customer(), department="east"
    ).id
    assert due(company)["DUE008"].due == date(2026, 11, 24)
    update(company.ledger(), made, {"answer": "from May on", "answered_on": DAY}, Origin())
    assert "DUE008" not in due(company)


@pytest.mark.req("R-CMP-23")
def test_a_banks_customers_report_abnormal_funds_and_are_answered_that_day(company: Company) -> None:
    adopt(company.ledger(), "p18")
    lays_down(company, "values:\n  inquiry_within: 5 working days\n")
    customer = company.customer()
    asked: dict[str, object] = {"received_at": "2026-11-20T09:00:00+08:00", "channel": "phone", "text": "what is this?"}
    ends = {}
    for what in ("question", "abnormal", "overdue", "account"):
        company.add("inquiry", {**asked, "what": what}, customer=customer, department="east")
        ledger = company.ledger()
        whose = Whose(frozenset({"alice"}))
        ends[what] = {item.due for item in agenda(ledger, whose).items if item.code == "DUE007"}
    assert ends["question"] == {date(2026, 11, 27)}
    assert ends["abnormal"] == ends["account"] == {date(2026, 11, 27), date(2026, 11, 20)}
    refuses(company, "inquiry", asked, "what", customer=customer, department="east")


@pytest.mark.req("R-CMP-24")
def test_who_is_accused_does_not_read_the_accusation(company: Company) -> None:
    accuser, accused = company.customer(name="Teller"), company.customer("bob", name="Far Works")
    company.sync("alice", "bob", "alice")
    told: dict[str, object] = {
        "received_on": DAY, "accuser": accuser, "accused": accused, "accused_member": "bob", "matter": "favouritism",
        "text": "asked for a gift",
    }  # fmt: skip
    made = company.add("accusation", told, department="west").id
    company.sync("alice", "bob")
    path = lookup.record(company.ledger(), made).path
    assert company.ledger().read(path).data["accused_member"] == "bob"
    with pytest.raises(NoKey):
        company.ledger("bob").read(path)
