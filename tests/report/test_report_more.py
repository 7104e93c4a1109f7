"""The other shipped reports on records whose figures are known: each says what the records say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmctl.i18n import set_language
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.report.catalogue import all_reports
from crmctl.report.fonts import VARIABLE, find_fonts
from crmctl.report.formats import FORMATS
from crmctl.report.formats import draw as drawn
from tests.company import CARD, Company
from tests.report.conftest import Draw, complain, rows, sell

EAST = {"department": "east"}


@pytest.fixture
def draft(trade: Company) -> Iterator[Draft]:
    """A draft on a copy of the company, committed by the test itself."""
    return trade.draft()  # type: ignore[return-value]


def customer(draft: Draft, name: str, **more: Any) -> str:
    """A customer of alice's in the east; its dossier."""
    return draft.new_customer({**CARD, "name": name}, "east", "alice", **more).record.dossier


def put(draft: Draft, kind: str, dossier: str, **values: Any) -> None:
    draft.new_record(draft.kind(kind), dossier, "east", values)


def by(found: list[dict[str, object]], column: str) -> dict[object, dict[str, object]]:
    return {row[column]: row for row in found}


@pytest.mark.req("R-RPT-27")
def test_no_answer_is_never_taken_for_content(draw: Draw, draft: Draft) -> None:
    dossier = customer(draft, "Asked")
    for answer in ("no_answer", "no_answer", "very_satisfied", "dissatisfied", "neutral"):
        put(draft, "survey", dossier, on="2026-11-02", trigger="visit", overall=answer)
    put(draft, "survey", dossier, on="2025-11-02", trigger="visit", overall="satisfied")
    draft.commit("import")
    filled = draw("satisfaction", **EAST)
    visits = by(rows(filled, "triggers"), "trigger")["visit"]
    assert (visits["asked"], visits["answered"], visits["response"]) == (5, 3, 60)
    assert (visits["content"], visits["discontent"]) == (1, 1)
    assert visits["content_share"] == Decimal("33.3333333333")
    answers = by(rows(filled, "answers"), "answer")
    assert answers["no_answer"]["share"] is None
    assert answers["no_answer"]["answers"] == 2


@pytest.mark.req("R-RPT-16")
def test_causes_are_counted_with_what_was_done_and_how_long_it_took(draw: Draw, draft: Draft) -> None:
    dossier = customer(draft, "Complaining")
    complain(
        draft, dossier, "2026-10-01T10:00", "closed", solved_at="2026-10-03T10:00", cause="Packing", measures="Box"
    )
    complain(
        draft, dossier, "2026-10-05T10:00", "solved", solved_at="2026-10-13T10:00", cause="Packing", solution="new"
    )
    draft.commit("import")
    filled = draw("complaint-causes", **EAST)
    found = by(rows(filled, "causes"), "cause")
    assert (found["Packing"]["complaints"], found["Packing"]["customers"], found["Packing"]["with_measures"]) == (
        2,
        1,
        1,
    )
    assert found[None]["complaints"] == 2  # the company's own two have no cause yet
    (clock,) = rows(filled, "clock")
    assert (clock["solved"], clock["days_to_solve"], clock["longest"]) == (3, Decimal("4.7"), 10)
    assert [row["measures"] for row in rows(filled, "measures")] == ["Box"]


@pytest.mark.req("R-RPT-03")
def test_visits_are_told_day_by_day_and_shares_leave_out_what_lies_ahead(draw: Draw, draft: Draft) -> None:
    dossier = customer(draft, "Visited")
    base = {"topic": "t", "purpose": "needs", "way": "phone"}
    put(draft, "visit", dossier, on="2026-11-10", **base, state="done", whom="W", result="r", goal_met=False)
    put(draft, "visit", dossier, on="2026-11-11", **base, state="cancelled", cancel_reason="ill")
    put(draft, "visit", dossier, on="2026-11-28", **base, whom="W", place="p", minimum_goal="g")
    draft.commit("import")
    filled = draw("visits", **EAST)
    (alice,) = rows(filled, "people")
    assert (alice["planned"], alice["done"], alice["cancelled"]) == (1, 2, 1)
    assert (alice["done_share"], alice["goal_share"]) == (Decimal("66.6666666667"), 50)
    assert [str(row["day"]) for row in rows(filled, "visits")] == [
        "2026-11-28",
        "2026-11-18",
        "2026-11-11",
        "2026-11-10",
    ]
    daily = rows(draw("visits", period="2026-11-10..2026-11-10", **EAST), "visits")
    assert [(row["customer"], row["result"], row["goal_met"]) for row in daily] == [("Visited", "r", False)]


@pytest.mark.req("R-RPT-04")
def test_the_movement_sheet_is_the_days_plans_person_by_person(draw: Draw, trade: Company) -> None:
    where = next(iter(draw("customers", **EAST).tables[0].rows))
    plan = [
        {"customer": where[1], "time": "14:00", "topic": "later"},
        {"customer": where[1], "time": "9:30", "topic": "first"},
    ]
    trade.add("day_plan", {"on": "2026-11-20", "rows": plan}, department="east")
    found = rows(draw("day-plan", **EAST), "rows")
    assert [(row["person"], row["time"], row["topic"]) for row in found] == [
        ("alice", "9:30", "first"), ("alice", "14:00", "later"),
    ]  # fmt: skip
    assert found[0]["customer"] == where[2]
    assert rows(draw("day-plan", as_of=date(2026, 11, 19), **EAST), "rows") == []


@pytest.mark.req("R-RPT-11")
def test_credit_tells_who_pays_late_and_never_invents_a_payment(draw: Draw, draft: Draft) -> None:
    dossier = customer(draft, "Late payer")
    sell(draft, dossier, "2026-06-01", "900.00")
    put(draft, "payment", dossier, on="2026-06-20", due_on="2026-06-10", amount="300.00")
    put(draft, "payment", dossier, on="2026-07-10", due_on="2026-07-10", amount="100.00")
    put(draft, "payment", dossier, on="2025-07-20", due_on="2025-07-10", amount="999.00")
    draft.commit("import")
    found = by(rows(draw("credit", **EAST), "customers"), "name")
    late = found["Late payer"]
    assert (late["sales"], late["paid"]) == (90000, 40000)
    assert (late["payments"], late["late"], late["late_share"], late["longest"]) == (2, 1, 50, 10)
    other = found["Northern Hospital"]
    assert (other["paid"], other["late"]) == (None, None)


def test_a_renewed_licence_no_longer_runs_out(draw: Draw, draft: Draft) -> None:
    old, new = customer(draft, "Old licence"), customer(draft, "Renewed")
    for dossier in (old, new):
        put(draft, "qualification", dossier, what="business_licence", number="1", valid_to="2026-10-01")
    put(draft, "qualification", new, what="business_licence", number="2", valid_to="2029-10-01")
    put(draft, "contract", old, subject="s", state="signed", number="H1", signed_on="2025-12-20", valid_from="2025-12-20",
        valid_to="2026-12-20")  # fmt: skip
    draft.commit("import")
    filled = draw("running-out", **EAST)
    assert [(row["customer"], row["days"]) for row in rows(filled, "licences")] == [("Old licence", -50)]
    assert [(row["number"], row["days"]) for row in rows(filled, "contracts")] == [("H1", 30)]


def test_dormant_customers_bought_before_and_not_of_late(draw: Draw, draft: Draft) -> None:
    awake = customer(draft, "Awake")
    sell(draft, awake, "2026-01-01", "1.00")
    sell(draft, awake, "2026-11-01", "1.00")
    draft.commit("import")
    found = by(rows(draw("dormant", **EAST), "buyers"), "name")
    assert "Awake" not in found
    assert (str(found["Northern Hospital"]["last_trade"]), found["Northern Hospital"]["amount_year"]) == (
        "2026-02-10",
        300030,
    )


@pytest.mark.req("R-RPT-12")
def test_the_digest_counts_answers_and_shows_the_unanswered_first(draw: Draw, draft: Draft) -> None:
    dossier = customer(draft, "Speaking")
    put(draft, "feedback", dossier, on="2026-11-02", text="good", answer="thanks", answered_on="2026-11-06")
    put(draft, "feedback", dossier, on="2026-10-02", text="bad")
    put(draft, "inquiry", dossier, received_at="2026-11-03T10:00", text="how")
    draft.commit("import")
    filled = draw("feedback", **EAST)
    found = by(rows(filled, "answered"), "what")
    assert (found["feedback"]["received"], found["feedback"]["answered_share"], found["feedback"]["days"]) == (2, 50, 4)
    assert found["inquiry"]["answered"] == 0
    assert [row["text"] for row in rows(filled, "feedback")] == ["bad", "good"]


@pytest.mark.req("R-RPT-20")
def test_new_customers_are_those_obtained_in_the_period_but_not_the_old_list(draw: Draw, draft: Draft) -> None:
    draft.new_customer({**CARD, "name": "Old list", "source": "import"}, "east", "alice", Origin())
    dossier = customer(draft, "Fresh", state="closed")
    sell(draft, dossier, "2026-11-03", "5.00")
    draft.commit("import")
    filled = draw("new-customers", **EAST)
    found = by(rows(filled, "customers"), "name")
    assert "Old list" not in found
    assert str(found["Fresh"]["first_trade"]) == "2026-11-03"
    (alice,) = rows(filled, "people")
    assert (alice["customers"], alice["closed"], alice["closed_share"]) == (4, 2, 50)


@pytest.mark.req("R-RPT-41")
def test_problem_customers_have_a_reason_on_file(draw: Draw, draft: Draft) -> None:
    broken = customer(draft, "Breaking")
    put(draft, "breach", broken, on="2026-03-01", what="contract", text="x")
    settled = customer(draft, "Settled")
    put(draft, "breach", settled, on="2026-03-01", what="contract", text="x", settled_on="2026-03-05")
    draft.commit("import")
    found = by(rows(draw("problems", **EAST), "customers"), "name")
    assert set(found) == {"Breaking", "Northern Hospital"}  # the hospital has an open complaint
    assert found["Breaking"]["breaches"] == 1


def test_the_staff_report_counts_each_persons_own_work(draw: Draw) -> None:
    (alice,) = rows(draw("staff", period="2026", **EAST), "people")
    assert (alice["customers"], alice["visits"], alice["deals"], alice["amount"]) == (3, 1, 3, 270000)
    assert alice["visited_share"] == Decimal("33.3333333333")


def test_structure_counts_categories_and_regions(draw: Draw) -> None:
    found = by(rows(draw("structure", **EAST), "categories"), "category")
    assert (found["hospital"]["customers"], found["hospital"]["closed"]) == (1, 1)
    assert found["hospital"]["share"] == Decimal("33.3333333333")


@pytest.fixture(scope="session")
def small_font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine's font cut to the signs of GB 2312: a page is set with it in a tenth of the time."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    face = find_fonts().plain
    pairs = (bytes((first, second)) for first in range(0xA1, 0xF8) for second in range(0xA1, 0xFF))
    signs = bytes(range(0x20, 0x7F)).decode() + "·—…≤≥" + "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    options = subset.Options()
    options.layout_features = []
    cutter = subset.Subsetter(options)
    cutter.populate(text=signs)
    path = tmp_path_factory.mktemp("font") / "small.otf"
    with TTFont(str(face.path), fontNumber=face.number, lazy=True) as font:
        cutter.subset(font)
        font.save(path)
    return path


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_report_is_drawn_in_every_format_and_language(
    draw: Draw, traded: Company, language: str, small_font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(small_font))
    set_language(language)
    for report in all_reports(traded.ledger()):
        asked = {"customer": "Northern Hospital"} if report.scope == "dossier" else EAST
        filled = draw(report.name, **asked)
        for form in FORMATS:
            if form != "term":
                assert len(drawn(filled, form)) > 100, (report.name, form)
        assert all(column.label[0] != column.label[1] or column.month is not None
                   for table in filled.tables for column in table.columns), report.name  # fmt: skip


@pytest.mark.req("R-RPT-34")
def test_letters_are_registered_in_and_out_apart(draw: Draw, trade: Company) -> None:
    trade.add("correspondence", {"direction": "in", "party": "Ward 3", "subject": "Offer asked", "way": "fax",
                                 "received_at": "2026-11-03T10:00", "state": "received"}, department="east")  # fmt: skip
    trade.add("correspondence", {"direction": "out", "party": "Ward 3", "subject": "Offer", "drafted_by": "alice",
                                 "way": "letter", "state": "drafted"}, department="east")  # fmt: skip
    found = rows(draw("letters", **EAST), "letters")
    assert [(row["direction"], str(row["day"]), row["subject"]) for row in found] == [
        ("in", "2026-11-03", "Offer asked"), ("out", "2026-11-20", "Offer"),
    ]  # fmt: skip
    assert rows(draw("letters", period="2026-10", **EAST), "letters") == []


@pytest.mark.req("R-RPT-44")
def test_events_tell_who_came_and_what_it_cost(draw: Draw, trade: Company) -> None:
    where = draw("customers", **EAST).tables[0].rows[0]
    guests = [{"customer": where[1], "name": "Wang", "came": True}, {"name": "Li", "came": False}, {"name": "Zhao"}]
    values = {"name": "Open day", "what": "visit", "on": "2026-05-04", "budget": "100.00", "cost": "120.00",
              "guests": guests, "state": "held"}  # fmt: skip
    trade.add("event", values, department="east")
    filled = draw("events", **EAST)
    (event,) = rows(filled, "events")
    assert (event["guests"], event["came"], event["came_share"], event["cost"]) == (3, 1, 50, 12000)
    came = by(rows(filled, "guests"), "customer")
    assert (came[where[2]]["came"], came["Li"]["came"], came["Zhao"]["came"]) == (1, 0, None)
