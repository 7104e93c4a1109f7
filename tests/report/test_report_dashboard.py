"""The page for Monday: its figures are what the records say, and what nobody could open is not nought."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crmctl.i18n import set_language
from crmctl.report.html import to_html
from tests.company import CARD, Company
from tests.report.conftest import HOSTILE, Draw, rows


def test_key_figures_are_what_the_records_say(draw: Draw) -> None:
    filled = draw("dashboard", department="east")
    (figures,) = rows(filled, "figures")
    assert figures == {
        "customers": 3, "new_customers": 3, "sales_month": None, "sales_year": 270000, "change": None, "visits_month": 1,
        "visits_planned": 0, "overdue": figures["overdue"], "open_complaints": 1, "blacklisted": 0,
    }  # fmt: skip
    assert filled.period is None
    assert filled.scope == "East"


def test_overdue_is_what_the_clocks_say_person_by_person(draw: Draw) -> None:
    filled = draw("dashboard", department="east")
    (figures,) = rows(filled, "figures")
    people = rows(filled, "due")
    assert {row["member"] for row in people} == {"alice"}  # carol sells nothing, bob sells in the west
    assert figures["overdue"] == sum(int(str(row["overdue"])) for row in people)
    # alice's address was to be verified by 2026-11-01: 19 days before the company's today
    assert people[0]["longest"] == 19
    later = rows(draw("dashboard", department="east", as_of=date(2026, 11, 30)), "due")
    assert later[0]["longest"] == 29


def test_the_trend_has_every_one_of_twelve_months(draw: Draw) -> None:
    found = rows(draw("dashboard", department="all"), "trend")
    assert [row["month"] for row in found] == ["2025-12", *(f"2026-{month:02d}" for month in range(1, 12))]
    sold = {row["month"]: (row["buyers"], row["amount"]) for row in found if row["buyers"]}
    assert sold == {"2026-01": (1, 100010), "2026-02": (2, 169990), "2026-03": (1, 500000)}
    assert all(row["amount"] == 0 for row in found if not row["buyers"])


def test_shares_are_of_all_sales_and_order_is_by_size(draw: Draw) -> None:
    filled = draw("dashboard", department="all")
    found = rows(filled, "customers")
    assert [(row["name"], row["amount"]) for row in found] == [
        ("Western Works", 500000), ("Northern Hospital", 300030), (HOSTILE, -30030),
    ]  # fmt: skip
    assert found[0]["share"] == Decimal("64.9350649351")
    assert [(row["product"], row["amount"]) for row in rows(filled, "products")] == [("Plate", 770000)]


def test_who_can_open_nothing_of_a_kind_is_shown_no_nought(draw: Draw, trade: Company) -> None:
    (figures,) = rows(draw("dashboard", reader="bob", department="east"), "figures")
    assert figures["open_complaints"] is None
    assert figures["visits_month"] is None
    filled = draw("dashboard", reader="bob", department="east")
    assert not filled.complete
    assert rows(filled, "trend") == []
    page = to_html(filled)
    assert "Only what you can open is counted here." in page
    assert "Complaint 0 of 2" in page


def test_satisfaction_is_of_those_who_answered(draw: Draw, trade: Company) -> None:
    draft = trade.draft()
    dossier = draft.new_customer({**CARD, "name": "Asked"}, "east", "alice").record.dossier
    for answer in ("no_answer", "no_answer", "dissatisfied"):
        values = {"on": "2026-11-02", "trigger": "visit", "overall": answer}
        draft.new_record(draft.kind("survey"), dossier, "east", values)
    draft.commit("import")
    found = rows(draw("dashboard", department="east"), "satisfaction")
    assert [(row["span"], row["asked"], row["answered"], row["content_share"]) for row in found] == [
        ("all", 4, 2, 50), ("2026Q4", 4, 2, 50),
    ]  # fmt: skip
    assert (found[0]["low"], found[0]["high"]) == (Decimal("9.5"), Decimal("90.5"))  # one of two says little


def test_grades_stand_beside_their_seats_and_only_the_last_approved_counts(draw: Draw, trade: Company) -> None:
    assert "grades" not in {table.table.name for table in draw("dashboard", department="east").shown}
    draft = trade.draft()
    given = [("One", "2026-05-01", "vip", "approved"), ("One", "2026-11-01", "qualified", "approved"),
             ("One", "2026-11-10", "vip", "proposed"), ("Two", "2026-11-01", "vip", "approved")]  # fmt: skip
    dossiers = {
        name: draft.new_customer({**CARD, "name": name}, "east", "alice").record.dossier for name in ("One", "Two")
    }
    for name, day, grade, state in given:
        waits = {"waiting_for": "vip"} if grade == "qualified" else {}
        values = {"on": day, "grade": grade, "state": state, "seats": "4", **waits,
                  "decided_by": "alice", "decided_on": day}  # fmt: skip
        kept = {key: value for key, value in values.items() if value is not None}
        draft.new_record(draft.kind("grade"), dossiers[name], "east", kept)
    draft.commit("import")
    found = rows(draw("dashboard", department="east"), "grades")
    assert {(row["grade"], row["customers"], row["share"], row["seats"]) for row in found} == {
        ("qualified", 1, 50, None), ("vip", 1, 50, 4),  # the seats of what one waits for are not those of one's grade
    }  # fmt: skip


@pytest.mark.parametrize(("language", "words"), [("en", "Sales by month: Sales"), ("zh_CN", "每月销售额: 销售额")])
def test_the_page_draws_its_charts_itself(draw: Draw, language: str, words: str) -> None:
    set_language(language)
    page = to_html(draw("dashboard", department="all"))
    assert page.count('<svg class="chart ') == 6
    assert words in page
    assert "<title>2026-03: 5,000.00</title>" in page
    assert " src=" not in page
    assert "href=" not in page


def test_an_empty_panel_says_whether_there_is_nothing_or_nothing_to_open(draw: Draw) -> None:
    page = to_html(draw("dashboard", reader="bob", department="east"))
    said = page.partition('<p class="empty">')[2].partition("</p>")[0]
    assert said.startswith("Nothing that you can open: ")
    assert "; Root causes of complaints; " in said
    assert "Nothing to show" not in page
    assert "<h2>Complaints in twelve months</h2>" not in page  # no box with nothing in it
    assert "Nothing that you can open" not in to_html(draw("complaints", department="east", period="2020"))
