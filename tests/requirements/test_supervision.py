"""Supervision: review of the policy, rules that are filed, notices, retention, letters, inspections, risks, suggestions."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.errors import InvalidInput
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.setup.policy_files import set_value
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from crmctl.rules.due_parts import Whose
from tests.company import Company
from tests.requirements.proving import DAY, NOON, holds, keeps, stored

EAST = Whose(frozenset(), frozenset({"east"}))


def due(company: Company, day: date, member: str = "alice", whose: Whose | None = None) -> dict[str, str]:
    """What is due then: code -> id."""
    ledger = company.ledger(member)
    return {item.code: item.id for item in agenda(ledger, whose or own(ledger), day).items}


def moved(company: Company, record: str, state: str, **values: object) -> None:
    advance(company.ledger(), record, state, values, Origin())


@pytest.mark.req("R-AUD-05")
def test_the_policy_is_reviewed_again_and_again(company: Company) -> None:
    assert "AUD007" not in due(company, date(2027, 11, 1))
    assert "AUD007" in due(company, date(2027, 11, 20))
    set_value(company.ledger(), "policy_reviewed_at", "2027-03-01")
    assert "AUD007" not in due(company, date(2027, 11, 20))
    assert "AUD007" in due(company, date(2028, 3, 1))
    set_value(company.ledger(), "policy_review_every", "6 months")
    assert "AUD007" in due(company, date(2027, 9, 1))
    paper = company.add("policy_doc", {"name": "Rules", "review_on": "2027-01-10"}, department="east").id
    moved(company, paper, "issued", number="2026-1", issued_by="alice", issued_on=DAY)
    assert due(company, date(2027, 1, 10))["AUD008"] == paper


@pytest.mark.req("R-AUD-26")
@pytest.mark.req("R-AUD-08")
def test_detailed_rules_are_filed_before_they_are_in_force_and_looked_at_each_year(company: Company) -> None:
    over = company.add("policy_doc", {"name": "Company rules"}, department="east").id
    rules: dict[str, object] = {"name": "Rules of east", "derived_from": over, "detailed": True, "valid_from": DAY}
    made = company.add("policy_doc", rules, department="east").id
    moved(company, made, "issued", number="2026-2", issued_by="alice", issued_on=DAY)
    assert due(company, date(2026, 11, 21))["AUD009"] == made
    with pytest.raises(InvalidInput) as caught:
        moved(company, made, "in_force")
    assert {finding.code for finding in caught.value.findings} == {"AUD014"}
    moved(company, made, "filed", filed_with="CRM department", filed_on=DAY)
    moved(company, made, "in_force")
    assert stored(company, made)["state"] == "in_force"
    moved(company, over, "issued", number="2026-1", issued_by="alice", issued_on=DAY)
    moved(company, over, "in_force", valid_from=DAY)  # the company's own rule is filed with nobody
    set_value(company.ledger(), "rule_audit_months", "11")
    assert "AUD026" in due(company, date(2026, 11, 25), whose=EAST)
    company.add("audit", {"on": DAY, "of": "policy_doc", "by": "alice", "items": [{"record": made}]}, department="east")
    assert "AUD026" not in due(company, date(2026, 11, 25), whose=EAST)


@pytest.mark.req("R-AUD-20")
def test_a_notice_is_due_for_each_it_is_for_until_he_says_he_read_it(company: Company) -> None:
    notice: dict[str, object] = {
        "on": DAY, "from_whom": "alice", "what": "market", "subject": "New prices", "text": "From Monday.",
        "to_department": "west", "acknowledge_by": "2026-11-24",
    }  # fmt: skip
    made = company.add("notice", notice, department="east").id
    company.sync("alice", "bob", "carol")
    assert due(company, date(2026, 11, 25), "bob")["AUD020"] == f"{made} bob"
    assert "AUD020" not in due(company, date(2026, 11, 25), "carol")  # of east
    read: dict[str, object] = {"notice": made, "by": "bob", "on": DAY, "answer": "clear"}
    company.add("notice_receipt", read, "bob", department="east")
    assert "AUD020" not in due(company, date(2026, 11, 25), "bob")
    company.sync("bob", "carol")
    rows = list_kind(company.ledger("carol"), "notice_receipt", None, ["notice", "by"], 0).documents()
    assert rows == [{"notice": made, "by": "bob"}]  # everybody sees who has read it


@pytest.mark.req("R-AUD-25")
def test_customers_of_several_departments_stand_in_one_report(company: Company) -> None:
    both, one = company.customer(name="Shared Works"), company.customer(name="Single Works")
    draft = company.draft()
    draft.assign(both, "west", "bob")
    draft.commit("assign", "customer")
    ledger = company.ledger()
    rows = fill(ledger, find_report(ledger, "overlap"), Asked()).tables[0].rows
    assert [(row[0], row[2], row[3]) for row in rows] == [(both, "east", "alice"), (both, "west", "bob")]
    assert one not in str(rows)


@pytest.mark.req("R-AUD-06")
@pytest.mark.req("R-AUD-16")
@pytest.mark.req("R-AUD-23")
def test_risks_suggestions_and_what_is_kept_how_long(company: Company) -> None:
    risk: dict[str, object] = {
        "on": DAY, "what": "credit", "subject": "one buyer takes half", "level": "high", "likelihood": "medium",
        "impact": "high", "in_charge": "alice", "review_on": "2026-12-20", "due_on": "2026-12-10",
        "measures": [{"text": "credit insurance", "by": "alice", "due_on": "2026-12-01"}],
    }  # fmt: skip
    made = company.add("risk", risk, department="east").id
    assert holds(stored(company, made), risk)
    found = due(company, date(2026, 12, 20))
    assert {found[code] for code in ("AUD016", "AUD017", "AUD018")} == {made}
    done = [{"text": "credit insurance", "by": "alice", "due_on": "2026-12-01", "done_on": "2026-12-01"}]
    moved(company, made, "controlled", remaining="low", measures=done)
    assert {code for code, about in due(company, date(2026, 12, 20)).items() if about == made} == {"AUD017"}
    idea: dict[str, object] = {
        "on": DAY, "source": "staff", "proposed_by": "bob", "subject": "call back the same day", "in_charge": "alice",
    }  # fmt: skip
    suggestion = company.add("improvement", idea, "bob", department="west").id
    company.sync("bob", "alice")
    assert due(company, date(2026, 12, 1))["AUD013"] == suggestion
    moved(company, suggestion, "accepted", measure="a rota", due_on="2026-12-15")
    assert "AUD013" not in due(company, date(2026, 12, 1))
    company.sync("alice", "bob")
    assert (
        company.ledger("bob").read(_path(company, suggestion)).data["state"] == "accepted"
    )  # who proposed it sees that
    review: dict[str, object] = {
        "period": "2026", "on": DAY, "by": "alice", "performance": 80, "payment": 80, "integrity": 80,
    }  # fmt: skip
    kept = company.add("stage_review", review, customer=company.customer()).id
    assert "AUD021" not in due(company, date(2046, 1, 1), whose=EAST)  # for ever, unless the company says otherwise
    set_value(company.ledger(), "retention_review", "5 years")
    assert due(company, date(2031, 11, 20), whose=EAST)["AUD021"] == kept


def _path(company: Company, record: str) -> str:
    from crmctl.ledger.reading.lookup import record as found

    return found(company.ledger("bob"), record).path


@pytest.mark.req("R-AUD-12")
def test_letters_not_filed_are_their_keepers_and_are_found_by_territory(company: Company) -> None:
    letter: dict[str, object] = {
        "direction": "in", "party": "Southern Works", "subject": "prices", "territory": "Hangzhou", "way": "fax",
        "received_at": NOON, "keeper": "carol",
    }  # fmt: skip
    made = company.add("correspondence", letter, department="east").id
    other = company.add("correspondence", {**letter, "territory": "Ningbo"}, department="east").id
    company.sync("alice", "carol")
    set_value(company.ledger(), "letter_filing", "3 days")
    company.sync("alice", "carol")
    late = [
        item.id for item in agenda(company.ledger("carol"), EAST, date(2026, 11, 25)).items if item.code == "AUD012"
    ]
    assert sorted(late) == sorted([made, other])
    rows = list_kind(company.ledger("carol"), "correspondence", "territory = 'Hangzhou'", ["id"], 0).documents()
    assert rows == [{"id": made}]


@pytest.mark.req("R-AUD-15")
def test_inspections_on_the_site_and_acceptances_passed_at_once(company: Company) -> None:
    customer = company.customer()
    plan: dict[str, object] = {"on": "2026-11-25", "what": "irregular", "by": "alice", "project": "Hall 2"}
    made = company.add("site_inspection", plan, customer=customer).id
    assert due(company, date(2026, 11, 25))["AUD015"] == made
    found = {"standard": "GB 50210", "found": "joints open", "guidance": "fill before paint", "passed": False}
    moved(company, made, "done", **found, correct_by="2026-11-28")
    assert due(company, date(2026, 11, 28))["AUD025"] == made
    update(company.ledger(), made, {"corrected_on": "2026-11-27"}, Origin())
    assert "AUD025" not in due(company, date(2026, 11, 28))
    for attempt, passed in ((1, True), (1, False), (2, True)):
        accepted = {"on": DAY, "what": "acceptance", "by": "alice", "standard": "GB 50210", "found": "seen",
                    "attempt": attempt, "passed": passed, "state": "done"}  # fmt: skip
        keeps(company, "site_inspection", accepted, customer=customer)
    ledger = company.ledger()
    filled = fill(ledger, find_report(ledger, "first-pass"), Asked("2026"))
    assert [tuple(row) for row in filled.tables[0].rows] == [("east", 1, 2, 1, 50.0)]
