"""Forms people carry: the visit daily and what is gathered from it, the movement sheet, the evaluation at admission."""

from __future__ import annotations

import io

import pytest
from docx import Document

from crmctl.i18n import set_language
from crmctl.report.formats import draw as drawn
from tests.company import CARD, Company
from tests.report.conftest import Draw, rows

VISIT = {
    "purpose": "introduce",
    "way": "phone",
    "state": "done",
    "whom": "Dr Wu",
    "result": "asks again",
    "goal_met": False,
}


def cells(content: bytes) -> list[str]:
    document = Document(io.BytesIO(content))
    return [cell.text for table in document.tables for row in table.rows for cell in row.cells]


@pytest.mark.req("R-RPT-03")
def test_the_days_visits_are_a_sheet_to_sign_and_make_up_the_files(draw: Draw, trade: Company) -> None:
    draft = trade.draft()
    dossier = draft.new_customer({**CARD, "name": "Visited"}, "east", "alice").record.dossier
    for day, time, topic in (
        ("2026-11-18", "14:00", "Later"),
        ("2026-11-18", "9:30", "Earlier"),
        ("2026-11-19", "9:00", "Next"),
    ):
        draft.new_record(draft.kind("visit"), dossier, "east", {**VISIT, "on": day, "time": time, "topic": topic})
    draft.commit("import")
    daily = draw("visit-daily", department="east", period="2026-11-18")
    assert [row["topic"] for row in rows(daily, "visits")] == ["First look", "Earlier", "Later"]
    assert {row["person"] for row in rows(daily, "visits")} == {"alice"}
    assert draw("visit-daily", department="east").period == "2026-11-20"  # the day itself
    found = cells(drawn(daily, "docx"))
    assert {"Visited", "9:30", "asks again", "Salesperson:", "Supervisor:"} <= set(found)
    # the individual file: that customer's alone, the latest first; the overall one: every visit of the period
    one = draw("visit-file", customer=dossier)
    assert [row["topic"] for row in rows(one, "visits")] == ["Next", "Earlier", "Later"]
    assert len(rows(draw("visits", department="east", period="2026"), "visits")) == 4


@pytest.mark.req("R-RPT-04")
def test_sheets_nobody_filled_have_lines_to_write_in(draw: Draw) -> None:
    set_language("zh_CN")
    found = cells(drawn(draw("day-plan", department="east"), "docx"))
    assert {"业务员", "目的", "最低目标"} <= set(found)
    assert found.count("") >= 9 * 10
    assert "主持人签字：" in found


def test_the_evaluation_at_admission_is_a_form_with_its_criteria(draw: Draw, trade: Company) -> None:
    draft = trade.draft()
    dossier = draft.new_customer({**CARD, "name": "Admitted"}, "east", "alice").record.dossier
    draft.new_record(draft.kind("admission"), dossier, "east", {
        "on": "2026-11-02", "by": "alice", "criteria": [{"criterion": "Licence", "holds": True, "weight": "40", "score": "38"}],
        "state": "written",
    })  # fmt: skip
    draft.commit("import")
    filled = draw("admission-form", customer=dossier)
    assert rows(filled, "criteria")[0]["criterion"] == "Licence"
    assert {"Admitted", "Licence", "40.0%", "Evaluator:"} <= set(cells(drawn(filled, "docx")))
    assert "Trade-start" not in draw("trade-start-form", customer=dossier).scope
