"""Two states of a report: what came, went and changed, cell by cell, in every format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from crmctl.errors import UsageError
from crmctl.report.catalogue import find_report
from crmctl.report.compare import fill_both, two_states
from crmctl.report.document import to_document
from crmctl.report.filled import Filled
from crmctl.report.formats import draw as drawn
from crmctl.report.question import Asked
from tests.company import CARD, Company
from tests.report.conftest import PROBE, rows, sell

Both = Callable[..., Filled]


@pytest.fixture
def both(trade: Company) -> Both:
    """`both(commit, "customers", department="all")`: the report at a commit against now."""

    def filled(commit: str, name: str, **asked: object) -> Filled:
        after = trade.ledger()
        report = find_report(after, name)
        return fill_both(trade.ledger(at=commit), after, report, Asked(**asked))  # type: ignore[arg-type]

    return filled


@pytest.mark.req("R-RPT-50")
def test_rows_that_came_and_changed_are_shown_and_the_others_not(both: Both, trade: Company) -> None:
    before = trade.ledger().head
    draft = trade.draft()
    draft.new_customer({**CARD, "name": "New Clinic"}, "east", "alice")
    card = next(
        p for p, oid in draft.ledger.record_blobs() if draft.ledger.read(p, oid).data.get("name") == CARD["name"]
    )
    draft.new_version(card, {"name": "Renamed Hospital"})
    draft.commit("update")
    found = rows(both(before, "customers", department="east"), "customers")
    assert {(row["change"], row["name"]) for row in found} == {
        ("added", "New Clinic"), ("before", CARD["name"]), ("after", "Renamed Hospital"),
    }  # fmt: skip
    places = [row["change"] for row in found]
    assert places.index("after") == places.index("before") + 1


@pytest.mark.req("R-RPT-50")
def test_the_same_state_twice_has_no_difference(both: Both, trade: Company) -> None:
    head = trade.ledger().head
    for name in ("customers", "dashboard", "complaints", "sales", "composition"):
        assert all(not table.rows for table in both(head, name).tables), name


def test_what_went_is_told_too(both: Both, trade: Company, put: Callable[..., str]) -> None:
    sql = "SELECT name AS word FROM customer WHERE name NOT LIKE 'Renamed%'"
    put({"report.yaml": PROBE, "rows.sql": sql})
    before = trade.ledger().head
    draft = trade.draft()
    card = next(
        p for p, oid in draft.ledger.record_blobs() if draft.ledger.read(p, oid).data.get("name") == CARD["name"]
    )
    draft.new_version(card, {"name": "Renamed Hospital"})
    draft.commit("update")
    assert rows(both(before, "probe"), "rows") == [{"change": "gone", "word": CARD["name"]}]


def test_equal_rows_without_key_are_counted(both: Both, trade: Company, put: Callable[..., str]) -> None:
    sql = "SELECT 'sale' AS word FROM txn WHERE amount > 0"
    put({"report.yaml": PROBE, "rows.sql": sql})
    before = trade.ledger()
    draft = trade.draft()
    dossier = draft.new_customer({**CARD, "name": "Buyer"}, "east", "alice").record.dossier
    sell(draft, dossier, "2026-11-02", "1.00")
    sell(draft, dossier, "2026-11-03", "2.00")
    draft.commit("import")
    found = rows(both(before.head, "probe"), "rows")
    assert found == [{"change": "added", "word": "sale"}] * 2


def test_figures_keep_their_types_and_nothing_is_summed(both: Both, trade: Company) -> None:
    before = trade.ledger().head
    draft = trade.draft()
    dossier = draft.new_customer({**CARD, "name": "Buyer"}, "east", "alice").record.dossier
    sell(draft, dossier, "2026-02-28", "10.00")
    draft.commit("import")
    filled = both(before, "sales", department="east", period="2026Q1")
    assert [(row["change"], row["amount"]) for row in rows(filled, "months")] == [("before", 169990), ("after", 170990)]
    assert all(table.totals is None for table in filled.tables)
    document = to_document(filled)
    assert str(document["before"]).endswith(f"({before[:10]})")
    json.dumps(document)
    book = load_workbook(io.BytesIO(drawn(filled, "xlsx")))
    sheet = book.worksheets[1]
    assert [cell.value for cell in sheet[2]] == ["Before", "2026-02", 2, 2, 1699.9]
    for form in ("html", "md", "csv"):
        assert b"1,709.90" in drawn(filled, form) or b"1709.90" in drawn(filled, form)


def test_what_could_not_be_opened_then_is_told(trade: Company) -> None:
    after = trade.ledger("carol")
    report = find_report(after, "customers")
    filled = fill_both(trade.ledger("carol"), after, report, Asked(department="all"))
    assert not filled.complete
    assert any("as of" in one.label for one in filled.coverage)


@pytest.mark.parametrize("text", ["2026-06-30", "..2026-06-30", ""])
def test_two_states_are_needed(text: str) -> None:
    with pytest.raises(UsageError):
        two_states(text)


def test_an_open_end_is_now() -> None:
    assert two_states("2026-06-30..") == ("2026-06-30", None)
