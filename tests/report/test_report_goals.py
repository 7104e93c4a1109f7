"""Goals, targets, appraisals, feedback with its lessons, the bulletin: what is reached comes from the records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.meeting.destroying import destroy
from crmctl.report.catalogue import find_report
from crmctl.report.evidence import differing
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.html import to_html
from crmctl.report.question import Asked
from tests.company import CARD, Company
from tests.report.conftest import rows

APPRAISED: dict[str, Any] = {
    "on": "2026-07-10", "what": "appraisal", "reason": "half year", "period": "2026H1", "opinions": "Customers like her.",
    "indicators": [{"name": "satisfaction", "score": "80"}, {"name": "visits", "score": "90"}], "result": "good",
}  # fmt: skip


def told(company: Company, name: str, reader: str = "alice", **asked: Any) -> Filled:
    """A report of the east as a member reads it; its figures are what their records add up to."""
    ledger = company.ledger(reader)
    found = fill(ledger, find_report(ledger, name), Asked(**{"department": "east", **asked}), evidence=True)
    assert differing(found) == []
    return found


def customer(draft: Draft, name: str) -> str:
    return draft.new_customer({**CARD, "name": name}, "east", "alice").record.dossier


def put(draft: Draft, kind: str, where: str = "office/east", of: str | None = None, **values: Any) -> str:
    return draft.new_record(draft.kind(kind), where, "east", values, Origin(for_member=of)).record.id


@pytest.mark.req("R-RPT-37")
@pytest.mark.req("R-PER-11")
def test_goals_of_the_year_show_what_the_records_reach_and_how_they_were_judged(trade: Company) -> None:
    before = told(trade, "sales", period="2026")
    sold = sum(int(str(row["amount"])) for row in rows(before, "months"))
    draft = trade.draft()
    dossier = customer(draft, "Fresh")
    put(draft, "transaction", dossier, date="2026-11-02", product="p", amount="100.00", seller="alice")
    put(draft, "goal", period="2026", subject="Sell", measure="sales", amount="1000.00", set_on="2026-01-05")
    judged = {"on": "2026-07-01", "by": "carol", "share": "40", "text": "slow"}
    put(draft, "goal", period="2026", subject="Care", measure="other", set_on="2026-01-05", state="closed",
        evaluations=[judged, {**judged, "on": "2026-10-01", "share": "70"}], summary="well", summary_on="2026-11-01")  # fmt: skip
    put(draft, "goal", period="2025", subject="Gone", measure="other", set_on="2025-01-05")
    draft.commit("import")
    found = told(trade, "goals", period="2026")
    goals = {row["subject"]: row for row in rows(found, "goals")}
    assert set(goals) == {"Sell", "Care"}
    assert goals["Sell"]["reached_amount"] == sold + 10000
    assert goals["Sell"]["share"] == pytest.approx(Decimal(sold + 10000) / 1000)
    assert goals["Care"]["share"] == 70
    assert [row["text"] for row in rows(found, "evaluations")] == ["well", "slow", "slow"]


@pytest.mark.req("R-PER-10")
def test_a_persons_target_stands_beside_what_that_person_sold(trade: Company) -> None:
    draft = trade.draft()
    dossier = customer(draft, "Fresh")
    put(draft, "transaction", dossier, date="2026-11-02", product="p", amount="250.00", seller="carol")
    put(draft, "target", of="carol", period="2026", about="carol", amount="1000.00", new_customers=3)
    draft.commit("import")
    (target,) = rows(told(trade, "goals", period="2026"), "targets")
    assert (target["person"], target["amount"], target["sold"], target["share"]) == ("carol", 100000, 25000, 25)


@pytest.mark.req("R-PPL-03")
@pytest.mark.req("R-PER-13")
@pytest.mark.req("R-PER-07")
def test_an_appraisal_is_read_by_the_person_and_the_head_alone(trade: Company) -> None:
    draft = trade.draft()
    for person in ("carol", "alice"):
        put(draft, "staff_note", of=person, about=person, **APPRAISED)
        put(draft, "staff_note", of=person, about=person, on="2026-08-01", what="reward", duty="reception",
            reason="a letter of thanks", amount="200.00")  # fmt: skip
    draft.commit("import")
    trade.sync("alice", "carol", "bob")
    seen = {
        reader: {row["person"] for row in rows(told(trade, "appraisals", reader, period="2026"), "appraisals")}
        for reader in ("alice", "carol", "bob")
    }
    assert seen == {"alice": {"alice", "carol"}, "carol": {"carol"}, "bob": set()}
    (own,) = rows(told(trade, "appraisals", "carol", period="2026"), "notes")
    assert (own["what"], own["duty"], own["amount"]) == ("reward", "reception", 20000)


@pytest.mark.req("R-PPL-01")
@pytest.mark.req("R-PER-12")
def test_trainings_tell_who_took_part_and_who_passed(trade: Company) -> None:
    draft = trade.draft()
    put(draft, "training", on="2026-09-01", subject="Receptions",
        attendees=[{"who": "alice", "passed": True}, {"who": "carol", "passed": False}])  # fmt: skip
    draft.commit("import")
    (training,) = rows(told(trade, "appraisals", period="2026"), "trainings")
    assert (training["attended"], training["passed"]) == (2, 1)


@pytest.mark.req("R-RPT-29")
def test_feedback_is_analysed_by_month_and_topic_with_what_it_taught(trade: Company) -> None:
    draft = trade.draft()
    for name, answered in (("One", "2026-09-05"), ("Two", None)):
        answer = {"answer": "yes", "answered_on": answered} if answered else {}
        put(draft, "feedback", customer(draft, name), on="2026-09-01", text="Too slow", topic="delivery", **answer)
    put(draft, "improvement", on="2026-09-10", source="feedback", subject="A faster line", in_charge="carol",
        state="checked", measure="Courier", done_on="2026-09-20", due_on="2026-09-30", effect="good", effect_by="alice",
        effect_on="2026-10-20", effect_note="Half as many")  # fmt: skip
    draft.commit("import")
    found = told(trade, "feedback-analysis", period="2026H2")
    (month,) = rows(found, "months")
    assert (month["month"], month["received"], month["answered"], month["days"]) == ("2026-09", 2, 1, 4)
    (often,) = rows(found, "often")
    assert (often["text"], often["customers"]) == ("Too slow", 2)
    (lesson,) = rows(found, "lessons")
    assert (lesson["effect"], lesson["lesson"]) == ("good", "Half as many")


@pytest.mark.req("R-RPT-47")
@pytest.mark.req("R-RPT-07")
def test_the_bulletin_and_the_staffs_reports_tell_what_is_urgent(trade: Company) -> None:
    draft = trade.draft()
    put(draft, "market_note", on="2026-11-03", topic="competition", competitor="Rival", text="Rival cuts prices")
    put(draft, "staff_report", on="2026-11-04", what="emergency", text="They stop buying")
    put(draft, "staff_report", on="2026-11-05", what="daily", text="Nothing new")
    draft.commit("import")
    bulletin = told(trade, "bulletin", period="2026-11")
    assert [row["competitor"] for row in rows(bulletin, "market")] == ["Rival"]
    assert [row["text"] for row in rows(bulletin, "urgent")] == ["They stop buying"]
    reports = told(trade, "staff-info", period="2026-11")
    assert [(row["person"], row["text"]) for row in rows(reports, "urgent")] == [("alice", "They stop buying")]
    assert sum(int(str(row["reports"])) for row in rows(reports, "people")) == 2


@pytest.mark.req("R-RPT-38")
def test_the_archive_tells_what_the_surveys_of_the_register_changed(trade: Company) -> None:
    draft = trade.draft()
    dossier = customer(draft, "Moved")
    put(draft, "register_survey", dossier, on="2026-08-03", by="alice", found="unchanged")
    put(draft, "register_survey", dossier, on="2026-08-04", by="alice", found="changed", changes="New street")
    put(draft, "change_notice", dossier, on="2026-09-01", by="alice", text="New account")
    draft.commit("import")
    found = rows(told(trade, "archive", period="2026"), "changes")
    assert [row["text"] for row in found] == ["New account", "New street"]


def test_a_column_that_says_nothing_stays_away_where_the_report_wants_it_so(trade: Company) -> None:
    draft = trade.draft()
    put(draft, "goal", period="2026", subject="Call", measure="visits", number=3, set_on="2026-01-05")
    draft.commit("import")
    found = told(trade, "goals", period="2026")
    page = to_html(found)
    assert "Reached number" in page
    assert "Amount<" not in page
    assert rows(found, "goals")[0]["amount"] is None


@pytest.mark.req("R-RPT-38")
def test_the_archive_names_whose_data_were_destroyed(trade: Company) -> None:
    draft = trade.draft()
    dossier = customer(draft, "Gone")
    draft.commit("import")
    trade.sync("alice")
    destroy(trade.ledger(), dossier, "never_again")
    (row,) = rows(told(trade, "archive", period="2026"), "destroyed")
    assert (row["id"], row["by"], row["reason"]) == (dossier, "alice", "never_again")
