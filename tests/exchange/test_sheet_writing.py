"""Sheets for people: no cell is ever a formula, and what was written reads back."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.exchange.columns import choice_label, field_columns, in_cell, path_of, same_in_cell
from crmctl.exchange.sheet_read import read_sheet
from crmctl.exchange.sheet_write import Page, csv_bytes, guarded, unguarded, xlsx_bytes
from crmctl.i18n import set_language
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Field, Kind

ROOT = Path(__file__).resolve().parents[2]
EVIL = ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1", "'quoted", "=cmd|' /C calc'!A0"]


@pytest.fixture
def customer() -> Kind:
    raw = load((ROOT / "schemas/customer.yaml").read_bytes(), "customer.yaml")
    assert isinstance(raw, dict)
    kind, findings = compile_kind(raw, "customer.yaml")
    assert kind is not None
    assert not findings
    return kind


@given(st.text(max_size=20))
def test_a_guard_can_be_taken_off_and_leaves_no_formula(text: str) -> None:
    safe = guarded(text)
    assert unguarded(safe) == text
    assert not safe.startswith(("=", "+", "@", "\t", "\r"))
    assert not safe.startswith("-") or Decimal(safe) < 0 or Decimal(safe) == 0


def test_csv_is_for_spreadsheet_programs() -> None:
    content = csv_bytes(Page("x", ["id", "=name"], [["1", text] for text in EVIL] + [["2", Decimal("-5.50")]]))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["id", "'=name"]
    assert [row[1][0] for row in rows[1:-1]] == ["'"] * len(EVIL)
    assert rows[-1][1] == "-5.50"


def test_a_workbook_has_no_formula_and_offers_choices(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [[text, date(2026, 11, 22), Decimal("1234.50"), 7] for text in EVIL]
    page = Page(
        "a/b:c", ["name", "on", "amount", "rev"], rows, hidden=frozenset({3}), choices={0: ["甲" * 200, "乙" * 200]}
    )
    path.write_bytes(xlsx_bytes([page, page]))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [sheet.cell(line, 1).value for line in range(2, 2 + len(EVIL))] == EVIL
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["D"].hidden
    assert book.worksheets[-1].sheet_state == "hidden"
    assert len(sheet.data_validations.dataValidation) == 1
    read = read_sheet(path)
    assert read.rows[0].cells == {"name": EVIL[0], "on": date(2026, 11, 22), "amount": 1234.5, "rev": 7.0}


def test_headings_mean_the_same_in_both_languages_and_by_name(customer: Kind) -> None:
    for language in ("en", "zh_CN"):
        set_language(language)
        try:
            columns = field_columns(customer, [{"contacts": [{"name": "a"}, {"name": "b"}]}])
            assert {column.path for column in columns} >= {
                ("contacts", "1", "name"),
                ("trade_status", "terms"),
                ("codes",),
            }
            assert [path_of(customer, column.heading) for column in columns] == [column.path for column in columns]
        finally:
            set_language("en")
    assert path_of(customer, "Contacts.0.NAME".lower()) == ("contacts", "0", "name")
    assert path_of(customer, "codes.ERP") == ("codes", "erp")
    for wrong in ("contacts.name", "contacts", "name.x", "nmae", "trade_status", "contacts.999.name", ""):
        assert path_of(customer, wrong) is None


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (Field("a", "money", ("", "")), "1234.50", Decimal("1234.50")),
        (Field("a", "money", ("", "")), "12345678901234567.00", "12345678901234567.00"),
        (Field("a", "date", ("", "")), "2026-11-22", date(2026, 11, 22)),
        (Field("a", "date", ("", "")), "1899-01-01", "1899-01-01"),
        (Field("a", "percent", ("", "")), "15", "15%"),
        (Field("a", "bool", ("", "")), True, "yes"),
        (Field("a", "text", ("", ""), many=True), ["a", "b"], "a; b"),
        (Field("a", "codes", ("", "")), {"erp": "1", "k3": "2"}, "erp:1; k3:2"),
        (Field("a", "choice", ("", ""), {"of": "v"}), "x", "Ex"),
        (Field("a", "phone", ("", "")), "+86 138 0013 8000", "+86 138 0013 8000"),
        (Field("a", "text", ("", "")), None, ""),
    ],
)
def test_values_in_cells(field: Field, value: object, shown: object) -> None:
    assert in_cell(field, value, {"v": {"x": ("甲", "Ex")}}) == shown  # type: ignore[arg-type]


def test_choices_called_alike_are_shown_by_code() -> None:
    words = {"a": ("甲", "Same"), "b": ("乙", "Same")}
    assert choice_label("a", words) == "a"


@pytest.mark.parametrize(
    ("cell", "shown", "same"),
    [
        (1234.5, Decimal("1234.50"), True),
        ("1234.50", Decimal("1234.50"), True),
        (date(2026, 11, 22), date(2026, 11, 22), True),
        ("a\r\nb", "a\nb", True),
        (None, "", True),
        ("", None, True),
        ("a", "b", False),
        ("", "a", False),
        (1234.51, Decimal("1234.50"), False),
    ],
)
def test_whether_a_cell_was_edited(cell: object, shown: object, same: bool) -> None:
    assert same_in_cell(cell, shown) is same
