"""The movement sheet: proposed from what is due, copied, kept, and each row turned into a visit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.ledger.affairs.day import Sheet, lacking, log_row, sheet_of, with_copy, with_due, write_sheet
from crmctl.ledger.changing.draft import Draft, Kept, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.history import timeline
from crmctl.ledger.reading.lookup import record
from tests.company import VISIT, Company

DAY = date(2026, 11, 25)
DONE = {"result": "agreed", "goal_met": True}
ROW = {"time": "09:30", "whom": "Dr Wang", "topic": "Talk", "place": "ward 3", "purpose": "needs", "way": "on_site"}


@pytest.fixture(autouse=True)
def _that_day(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day of the sheet: what was not yet is not written down as done."""
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-25T10:00:00+08:00")


def sheet(company: Company, day: date = DAY, member: str = "alice") -> Sheet:
    return sheet_of(company.ledger(), member, day)


def write(company: Company, *rows: dict[str, object], day: date = DAY) -> Sheet:
    return write_sheet(company.ledger(), sheet(company, day), {"rows": list(rows)}).sheet


def visit(company: Company, visit_id: str) -> dict[str, object]:
    ledger = company.ledger()
    return dict(ledger.read(record(ledger, visit_id).path).data)


@pytest.mark.req("R-REC-23")
def test_rows_are_proposed_from_what_is_due(company: Company, kept: Callable[..., Kept]) -> None:
    planned, other, later = (company.customer(name=name) for name in ("One", "Two", "Three"))
    made = kept("visit", planned, VISIT)
    update(company.ledger(), other, {"maintenance": {"next_on": "2026-11-20"}}, Origin())
    update(company.ledger(), later, {"maintenance": {"next_on": "2026-11-26"}}, Origin())
    proposed = with_due(company.ledger(), sheet(company))
    assert proposed.rows == [
        {"customer": other, "topic": "Maintenance follow-up"},
        {"customer": planned, **{n: VISIT[n] for n in VISIT if n != "on"}, "visit": made.id},
    ]
    kept_sheet = write_sheet(company.ledger(), proposed, {}).sheet
    assert sheet(company) == kept_sheet
    assert with_due(company.ledger(), kept_sheet).rows == kept_sheet.rows


def test_several_things_due_of_one_customer_are_one_row(company: Company, kept: Callable[..., Kept]) -> None:
    customer = company.customer()
    update(
        company.ledger(),
        customer,
        {"maintenance": {"next_on": "2026-11-20"}},
        Origin(),
        unverified={"address": "2026-11-18"},
    )
    kept("visit", customer, VISIT)
    (row,) = with_due(company.ledger(), sheet(company)).rows
    assert row["topic"] == "To be verified; Maintenance follow-up; Introduction"
    assert row["whom"] == "Dr Wang"


def test_another_day_s_rows_are_copied_without_the_visits_they_became(company: Company) -> None:
    customer = company.customer()
    write(company, {"customer": customer, **ROW})
    log_row(company.ledger(), sheet(company), 1, DONE, "done")
    copied = with_copy(company.ledger(), sheet(company, date(2026, 11, 26)), DAY)
    assert copied.rows == [{"customer": customer, **ROW}]
    assert with_copy(company.ledger(), sheet(company), DAY).rows == sheet(company).rows
    with pytest.raises(NotFound):
        with_copy(company.ledger(), sheet(company), date(2026, 11, 1))


def test_customers_may_be_named_and_a_second_writing_changes_the_same_sheet(company: Company) -> None:
    customer = company.customer()
    first = write(company, {"customer": "Northern", **ROW})
    assert first.rows[0]["customer"] == customer
    second = write_sheet(company.ledger(), sheet(company), {"note": "rain"})
    assert (second.sheet.id, second.sheet.rows, second.sheet.data["note"]) == (first.id, first.rows, "rain")
    same = write_sheet(company.ledger(), sheet(company), {"note": "rain"})
    assert same.commit == company.ledger().head
    with pytest.raises(NotFound):
        write(company, {"customer": "Nobody"})


def test_what_a_row_still_lacks_is_said_and_does_not_stop_it(company: Company) -> None:
    company.customer()
    written = write_sheet(company.ledger(), sheet(company), {"rows": [{"customer": "Northern", "topic": "Talk"}]})
    assert [(f.code, f.severity, f.args) for f in written.findings] == [
        ("DAY001", "warning", {"row": 1, "fields": "Time, Whom, Where, Why, How"})
    ]
    assert lacking(company.ledger(), write(company, {"customer": "Northern", **ROW})) == []


@pytest.mark.req("R-REC-22")
@pytest.mark.req("R-REC-23")
def test_a_row_becomes_a_visit_and_each_names_the_other(company: Company) -> None:
    customer = company.customer()
    write(company, {"customer": customer, **ROW})
    done = log_row(company.ledger(), sheet(company), 1, {**DONE, "needs_heard": "a loan set"}, "done")
    said = visit(company, str(done.visit))
    assert said == {
        "on": "2026-11-25", **ROW, "result": "agreed", "goal_met": True, "needs_heard": "a loan set",
        "reported_at": "2026-11-25T10:00:00+08:00", "sheet": done.sheet.id, "state": "done",
    }  # fmt: skip
    assert sheet(company).rows[0]["visit"] == done.visit
    assert [event.id for event in timeline(company.ledger(), customer).events] == [done.visit, done.sheet.id]
    assert company.ledger().repo.commit("main").message.count("Crmctl-Record:") == 2


def test_a_row_from_a_planned_visit_moves_that_one_on(company: Company, kept: Callable[..., Kept]) -> None:
    made = kept("visit", company.customer(), VISIT)
    write_sheet(company.ledger(), with_due(company.ledger(), sheet(company)), {})
    changed = write_sheet(
        company.ledger(), sheet(company), {"rows": [{**sheet(company).rows[0], "time": "10:00", "topic": "Other"}]}
    )
    done = log_row(company.ledger(), changed.sheet, 1, DONE, "done")
    assert done.visit == made.id
    said = visit(company, made.id)
    assert (said["state"], said["time"], said["topic"], said["sheet"]) == (
        "done",
        "10:00",
        "Introduction",
        done.sheet.id,
    )
    with pytest.raises(Refused):
        log_row(company.ledger(), sheet(company), 1, DONE, "done")


def test_a_visit_that_did_not_happen_says_why(company: Company) -> None:
    company.customer()
    write(company, {"customer": "Northern", **ROW})
    with pytest.raises(InvalidInput) as refused:
        log_row(company.ledger(), sheet(company), 1, {}, "cancelled")
    assert [finding.field for finding in refused.value.findings] == ["cancel_reason"]
    assert sheet(company).rows[0].get("visit") is None
    done = log_row(company.ledger(), sheet(company), 1, {"cancel_reason": "ill"}, "cancelled")
    assert visit(company, str(done.visit))["state"] == "cancelled"


def test_rows_and_sheets_that_are_not_there(company: Company) -> None:
    with pytest.raises(NotFound):
        log_row(company.ledger(), sheet(company), 1, DONE, "done")
    company.customer()
    write(company, {"customer": "Northern", **ROW}, {"topic": "Office"})
    for number in (0, 3):
        with pytest.raises(NotFound):
            log_row(company.ledger(), sheet(company), number, DONE, "done")
    with pytest.raises(Refused):
        log_row(company.ledger(), sheet(company), 2, DONE, "done")
    with pytest.raises(NotFound):
        log_row(company.ledger(), sheet(company), 1, DONE, "gone")


def test_a_dry_run_writes_nothing(company: Company) -> None:
    customer = company.customer()
    head = company.ledger().head
    assert (
        write_sheet(company.ledger(), sheet(company), {"rows": [{"customer": customer}]}, dry_run=True).commit is None
    )
    write(company, {"customer": customer, **ROW})
    before = company.ledger().head
    assert before != head
    assert log_row(company.ledger(), sheet(company), 1, DONE, "done", dry_run=True).commit is None
    assert company.ledger().head == before


def test_a_supervisor_reads_the_team_s_sheets_and_others_do_not(company: Company) -> None:
    company.customer()
    write(company, {"customer": "Northern", **ROW})
    company.sync("alice", "bob", "carol")
    assert sheet_of(company.ledger("carol"), "alice", DAY).rows[0]["whom"] == "Dr Wang"
    assert sheet_of(company.ledger("bob"), "alice", DAY).id is None
    assert Draft(company.ledger("bob")).empty


def test_one_writes_for_another_only_with_the_right_to_read_it(company: Company) -> None:
    company.customer()
    company.sync("alice", "carol", "bob")
    write(company, {"customer": "Northern", **ROW})
    company.sync("alice", "bob")
    bob = company.ledger("bob")
    with pytest.raises(NoKey):
        write_sheet(bob, sheet_of(bob, "alice", date(2026, 11, 26)), {"note": "x"})
