"""Surveys, feedback and what follows from them (R-SAT)."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.org import Role
from crmctl.rules.due_parts import Due, Whose
from tests.company import VISIT, Company
from tests.requirements.proving import DAY, holds, keeps, lays_down, refuses, stored, without

SURVEY: dict[str, object] = {"on": DAY, "trigger": "periodic", "instrument": "questionnaire", "overall": "satisfied"}


def due(company: Company, code: str, on: str = DAY) -> list[Due]:
    ledger = company.ledger()
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    return [item for item in agenda(ledger, whose, date.fromisoformat(on)).items if item.code == code]


@pytest.mark.req("R-SAT-01")
def test_a_survey_is_due_after_each_settled_complaint(company: Company) -> None:
    lays_down(company, "values:\n  complaint_survey_within: 2 working days\n")
    heard: dict[str, object] = {
        "content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-20T09:00:00+08:00",
        "state": "fed_back", "told_at": "2026-11-20T09:30:00+08:00",
    }  # fmt: skip
    made = company.add("complaint", heard, customer=company.customer(), department="east").id
    assert [(item.id, item.due) for item in due(company, "SAT001")] == [(made, date(2026, 11, 24))]
    advance(company.ledger(), made, "surveyed", {"satisfaction": "satisfied", "surveyed_on": DAY}, Origin())
    assert due(company, "SAT001") == []


@pytest.mark.req("R-SAT-02")
@pytest.mark.req("R-SAT-03")
@pytest.mark.req("R-SAT-10")
def test_each_department_surveys_in_the_set_months_and_quality_management_evaluates(company: Company) -> None:
    adopt(company.ledger(), "p01")
    assert due(company, "SAT002") == []  # no policy gives a number: nothing is asked until the company sets the months
    lays_down(company, "values:\n  satisfaction_months: 11\n")
    assert {item.department for item in due(company, "SAT002")} == {"east", "west"}
    questions = [{"item": "product", "text": "How is it?"}, {"item": "price", "text": "Worth it?"}]
    wave: dict[str, object] = {
        "on": DAY,
        "what": "satisfaction",
        "period": "2026H2",
        "sample": "every third",
        "questions": questions,
    }
    made = company.add("wave", wave, department="east").id
    assert {item.department for item in due(company, "SAT002")} == {"west"}
    answers = [{"item": "product", "question": "How is it?", "score": "80"}]
    customer = company.customer()
    for instrument in ("questionnaire", "phone", "talk", "feedback"):
        answer = {**SURVEY, "wave": made, "instrument": instrument, "answers": answers}
        assert holds(keeps(company, "survey", answer, customer=customer, department="east"), {"wave": made})
    advance(company.ledger(), made, "finished", {"asked": 30, "answered": 12, "findings": "good"}, Origin())
    assert [item.id for item in due(company, "SAT010")] == [made]
    judged: dict[str, object] = {"evaluation": "product well liked", "evaluated_by": "alice", "evaluated_on": DAY}
    with pytest.raises(Refused) as refused:
        advance(company.ledger(), made, "evaluated", judged, Origin())
    assert refused.value.rule == "SAT011"
    ledger = company.ledger()
    set_roles(ledger, "alice", (*ledger.in_force.org.members["alice"].roles, Role("quality", None, ledger.today)))
    with pytest.raises(InvalidInput):
        advance(company.ledger(), made, "evaluated", without(judged, "evaluation"), Origin())
    advance(company.ledger(), made, "evaluated", judged, Origin())
    assert due(company, "SAT010") == []


@pytest.mark.req("R-SAT-08")
def test_what_customers_say_leads_to_a_changed_rule(company: Company) -> None:
    said = company.add("feedback", {"on": DAY, "text": "too many forms", "topic": "process"}, customer=company.customer(), department="east").id  # fmt: skip
    rule = company.add("policy_doc", {"name": "Ordering"}, department="east").id
    improved: dict[str, object] = {
        "on": DAY, "source": "feedback", "subject": "One form", "feedback": [said], "in_charge": "alice", "changes": rule,
    }  # fmt: skip
    made = company.add("improvement", improved, department="east").id
    update(company.ledger(), said, {"improvement": made, "answer": "one form now", "answered_on": DAY}, Origin())
    assert holds(stored(company, made), {"changes": rule, "feedback": [said]})
    assert stored(company, said)["improvement"] == made


@pytest.mark.req("R-SAT-09")
def test_research_comes_round_in_the_set_months(company: Company) -> None:
    lays_down(company, "values:\n  research_months: 5, 11\n")
    assert {item.due for item in due(company, "SAT009")} == {date(2026, 11, 30)}
    wave: dict[str, object] = {"on": DAY, "what": "research", "ideas": [{"product": "Plate", "text": "lighter"}]}
    assert holds(keeps(company, "wave", wave, department="east"), wave)
    assert {item.department for item in due(company, "SAT009")} == {"west"}


@pytest.mark.req("R-SAT-13")
@pytest.mark.parametrize("pack", ["p16", "p20"])
def test_a_revisit_asks_how_the_use_feels(company: Company, pack: str) -> None:
    adopt(company.ledger(), pack)
    made = company.add("visit", {**VISIT, "on": DAY, "purpose": "revisit"}, customer=company.customer(), department="east").id  # fmt: skip
    outcome: dict[str, object] = {"result": "well", "goal_met": True}
    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), made, "done", outcome, Origin())
    assert (caught.value.rule, {finding.field for finding in caught.value.findings}) == (
        "SAT013",
        {"use_felt", "problems_met"},
    )
    advance(company.ledger(), made, "done", {**outcome, "use_felt": "light", "problems_met": "none"}, Origin())
    assert stored(company, made)["use_felt"] == "light"


@pytest.mark.req("R-SAT-14")
def test_what_departments_propose_waits_for_the_division(company: Company) -> None:
    ledger = company.ledger()
    set_roles(ledger, "carol", (*ledger.in_force.org.members["carol"].roles, Role("division", None, ledger.today)))
    for what in ("opinion", "proposal", "report"):
        made = company.add("opinion", {"on": DAY, "what": what, "about": "grades", "text": "too strict", "from_whom": "alice"}, department="east").id  # fmt: skip
    assert {item.who for item in due(company, "SAT014")} == {("carol",)}
    company.sync("alice", "carol")
    answer: dict[str, object] = {"answer": "changed", "answered_on": DAY, "answered_by": "carol"}
    update(company.ledger("carol"), made, answer, Origin())
    company.sync("carol", "alice")
    assert len(due(company, "SAT014")) == 2


@pytest.mark.req("R-SAT-17")
def test_problems_found_by_a_survey_are_due_until_solved(company: Company) -> None:
    problem = {"text": "no spare parts", "by": "carol", "due_on": "2026-11-18"}
    made = company.add("survey", {**SURVEY, "problems": [problem]}, customer=company.customer(), department="east").id
    assert [(item.id, item.who, item.late_days) for item in due(company, "SAT017")] == [(made, ("carol",), 2)]
    update(company.ledger(), made, {"problems": [{**problem, "solved_on": DAY, "solution": "sent"}]}, Origin())
    assert due(company, "SAT017") == []
    refuses(company, "survey", {**SURVEY, "problems": [{"due_on": "soon"}]}, "problems.0.due_on", customer=company.customer(name="B"), department="east")  # fmt: skip
