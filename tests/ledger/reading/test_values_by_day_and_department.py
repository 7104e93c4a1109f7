"""Values that change on a day, and departments' own, reach clocks, guards, cycles and the blacklist."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, InvalidInput, Refused
from crmctl.ledger.affairs import blacklisting
from crmctl.ledger.changing.barring import listing
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, check_policy, set_value
from crmctl.rules.due_parts import Due
from tests.company import CARD, Company
from tests.requirements.proving import lays_down
from tests.under_review import approve_record, hand_in

TOLD = {
    "content": "Late again", "category": "delivery", "channel": "phone", "received_at": "2026-11-16T10:00:00+08:00",
    "handler": "alice",
}  # fmt: skip
DONE = {
    "on": "2026-10-01", "topic": "Talk", "purpose": "needs", "way": "on_site", "state": "done", "whom": "Dr Wang",
    "result": "ordered", "goal_met": True,
}  # fmt: skip


def due(company: Company, code: str, day: str = "2026-11-20") -> list[Due]:
    ledger = company.ledger()
    return [item for item in agenda(ledger, own(ledger), date.fromisoformat(day)).items if item.code == code]


def overlay(company: Company, tmp_path: Path, department: str, values: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"schema: crmctl/overlay/1\ndepartment: {department}\nvalues: {{{values}}}\n", encoding="utf-8")
    adopt(company.ledger(), str(file))


@pytest.mark.req("R-RGD-15")
def test_a_dated_limit_runs_the_clock_and_does_not_shorten_what_ran_already(company: Company) -> None:
    set_value(company.ledger(), "complaint_within", "5 days")
    set_value(company.ledger(), "complaint_within", "3 days", start=date(2026, 11, 18))
    customer = company.customer()
    old = company.add("complaint", TOLD, customer=customer).id
    new = company.add("complaint", {**TOLD, "received_at": "2026-11-18T10:00:00+08:00"}, customer=customer).id
    found = {item.id: (item.within, item.due) for item in due(company, "DUE006")}
    assert found == {old: ("5 days", date(2026, 11, 21)), new: ("3 days", date(2026, 11, 21))}


def test_a_limit_that_begins_later_counts_for_what_had_none(company: Company) -> None:
    set_value(company.ledger(), "inquiry_within", "2 days", start=date(2026, 12, 1))
    customer = company.customer()
    company.add("inquiry", {"received_at": "2026-11-20T09:00:00+08:00", "text": "Price?"}, customer=customer)
    assert [item.due for item in due(company, "DUE007", "2026-11-30")] == [None]  # open, and not late yet
    (item,) = due(company, "DUE007", "2026-12-01")
    assert (item.due, item.late) == (date(2026, 11, 22), True)


@pytest.mark.req("R-ADM-08")
@pytest.mark.req("R-CMP-10")
def test_a_department_sets_its_own_time_for_complaints(company: Company, tmp_path: Path) -> None:
    set_value(company.ledger(), "complaint_within", "5 days")
    customer = company.customer()
    here = company.add("complaint", TOLD, customer=customer).id
    west = company.add("customer", {**_card(), "name": "Western"}, department="west", not_duplicate="another").id
    there = company.add("complaint", TOLD, customer=west, department="west").id
    overlay(company, tmp_path, "west", "complaint_within: 2 days")
    assert {item.id: item.within for item in due(company, "DUE006")} == {here: "5 days", there: "2 days"}


def test_a_department_may_set_what_the_company_left_open_and_never_loosens(company: Company, tmp_path: Path) -> None:
    customer = company.customer()
    company.add("complaint", TOLD, customer=customer)
    assert [item.due for item in due(company, "DUE006")] == [None]
    overlay(company, tmp_path, "east", "complaint_within: 2 days, inquiry_within: 1 day")
    assert [item.within for item in due(company, "DUE006")] == ["2 days"]
    set_value(company.ledger(), "feedback_within", "3 days")
    with pytest.raises(BadConfiguration) as caught:
        overlay(company, tmp_path, "east", "feedback_within: 4 days")
    assert [finding.code for finding in caught.value.findings] == ["POL031"]


def test_a_cycle_may_be_dated_or_a_departments_own(company: Company, tmp_path: Path) -> None:
    set_value(company.ledger(), "contact_potential", "3 months", start=date(2026, 1, 1))
    customer = company.customer()
    company.add("visit", DONE, customer=customer)
    assert due(company, "VIS011", "2026-11-20") == []
    assert [item.due for item in due(company, "VIS011", "2027-01-01")] == [date(2027, 1, 1)]
    overlay(company, tmp_path, "east", "contact_potential: 1 month")
    assert [item.due for item in due(company, "VIS011", "2026-11-20")] == [date(2026, 11, 20)]  # not before it was here


GUARD = """
values: {contract_from: [{from: 2026-11-10, is: true}], least: [{from: 2026-01-01, is: 100}, {from: 2026-11-15, is: 50}]}
facts:
  contracts:
    is: int
    empty: "0"
    sql: SELECT c.dossier AS id, count(*) AS value FROM contract c WHERE c.department = :department GROUP BY c.dossier
  size:
    is: money
    sql: SELECT t.id, t.amount AS value FROM txn t WHERE t.department = :department
guards:
  - {code: OWN001, on: add transaction, if: contracts > 0, at: date, only: 'contract_from = yes',
     text: [先签合同, Contract first]}
  - {code: OWN002, on: add transaction, if: size >= $least, at: date, text: [金额太小, Too little]}
"""


def test_a_guard_counts_from_its_day_by_the_value_of_the_records_day(company: Company, tmp_path: Path) -> None:
    lays_down(company, GUARD)
    customer = company.customer()

    def trade(day: str, amount: str) -> str:
        try:
            company.add("transaction", {"date": day, "product": "Bed", "amount": amount}, customer=customer)
        except Refused as refused:
            return str(refused.rule)
        return ""

    assert [trade("2026-11-09", "100"), trade("2026-11-10", "100")] == ["", "OWN001"]
    company.add("contract", {"subject": "Beds"}, customer=customer)
    assert [trade("2026-11-14", "99"), trade("2026-11-15", "99")] == ["OWN002", ""]
    assert [finding for finding in check(company.ledger()).findings if finding.severity == "error"] == []
    overlay(company, tmp_path, "east", "least: 200")
    assert [trade("2026-11-16", "199"), trade("2026-11-16", "200")] == ["OWN002", ""]
    assert [finding.code for finding in check(company.ledger()).findings][:1] == ["OWN002"]


def test_the_term_of_a_list_is_the_departments_and_that_of_its_first_day(company: Company, tmp_path: Path) -> None:
    adopt(company.ledger(), "p23")
    set_value(company.ledger(), "blacklist_term", "3 months", start=date(2026, 12, 1))
    set_value(company.ledger(), "overlay_needs_filing", "no")
    overlay(company, tmp_path, "west", "blacklist_term: 9 months")
    customer = company.add("customer", {**_card(), "name": "Both"}, department="east").id
    facts = {"reason": "breach", "text": "Did not pay", "proposed_by": "carol", "proposed_on": "2026-11-20"}
    company.sync("alice", "carol")
    entry = blacklisting.propose(company.ledger("carol"), customer, "department", facts, "east").id
    hand_in(company, "carol")
    assert approve_record(company, entry, "alice")
    known = listing(company.ledger())
    assert known is not None
    assert [bar.until for bar in known.bars] == [date(2027, 5, 20)]
    assert known.levels_of("east", date(2026, 12, 1))["department"].term != known.rules.levels["department"].term
    assert str(known.levels_of("west", date(2026, 12, 1))["department"].term) == "9 months"


def test_the_check_of_the_policy_takes_dated_values(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    set_value(company.ledger(), "complaint_within", "3 days", start=date(2026, 12, 1))
    assert [fault for fault in check_policy(company.ledger()) if fault.code != "POL019"] == []
    with pytest.raises(InvalidInput):
        set_value(company.ledger(), "complaint_within", "often", start=date(2026, 12, 5))
    # as one who writes the file by hand
    monkeypatch.setattr("crmctl.ledger.setup.policy_files._must_go_on", lambda _ledger, _content: None)
    set_value(company.ledger(), "complaint_within", "often", start=date(2026, 12, 5))
    assert "POL003" in {fault.code for fault in check_policy(company.ledger())}
    with pytest.raises(BadConfiguration):
        due(company, "DUE006")


def _card() -> dict[str, object]:
    from tests.company import CARD

    return dict(CARD)


def test_a_departments_own_value_reaches_the_questions_of_clocks(company: Company, tmp_path: Path) -> None:
    lays_down(
        company,
        """values: {silent_after: 40 days}
tightens: {silent_after: lower}
clocks:
  - code: OWN001
    on: customer
    rows: |
      SELECT a.dossier AS id, a.dossier, a.department, a.since FROM assignment a
      WHERE a.since <= earlier(:as_of, :silent_after)
    at: since
    text: [久未联系, Silent]
""",
    )
    east = company.add("customer", {**CARD, "name": "East"}, department="east").id
    west = company.add("customer", {**CARD, "name": "West"}, department="west", not_duplicate="another").id
    overlay(company, tmp_path, "west", "silent_after: 10 days")
    assert [item.id for item in due(company, "OWN001", "2026-12-10")] == [west]
    assert {item.id for item in due(company, "OWN001", "2026-12-30")} == {east, west}
