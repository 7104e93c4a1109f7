"""CSV and XLSX as people have them: encodings, delimiters, Excel's numbers, places of cells."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import InvalidInput, NotFound, UsageError
from crmctl.exchange import sheet_read
from crmctl.exchange.csv_text import decode, delimiter_of
from crmctl.exchange.sheet import letters_of
from crmctl.exchange.sheet_read import read_sheet
from tests.exchange.sheets import csv_file, workbook

TEXT = "名称,电话\n天润食品,010-62770000\n"


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_are_proved(tmp_path: Path, encoding: str, read_as: str) -> None:
    sheet = read_sheet(csv_file(tmp_path / "a.csv", TEXT, encoding))
    assert sheet.encoding == read_as
    assert sheet.columns == ("名称", "电话")
    assert sheet.rows[0].cells == {"名称": "天润食品", "电话": "010-62770000"}


def test_an_encoding_that_does_not_fit_is_refused_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name\n\xff\xff\xff\n")
    with pytest.raises(InvalidInput) as refused:
        read_sheet(path)
    assert "big5" in (refused.value.hint or "")
    big5 = csv_file(path, "名稱\n臺灣\n", "big5")
    assert read_sheet(big5, encoding="big5").rows[0].cells == {"名稱": "臺灣"}
    with pytest.raises(UsageError):
        read_sheet(big5, encoding="klingon")
    with pytest.raises(InvalidInput):
        read_sheet(csv_file(path, "a\0b\n"))


@given(st.text(alphabet="名称电话abc,;\"'é\n ", max_size=40), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_decoding_gives_back_the_text(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.csv")[0] == text


@pytest.mark.parametrize(("delimiter"), [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [["name", "town"], ['"A, B; C"', "X"], ["D", "Y"]]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    assert delimiter_of(text) == delimiter
    sheet = read_sheet(csv_file(tmp_path / "a.csv", text))
    assert [row.cells["name"] for row in sheet] == ["A, B; C", "D"]


def test_rows_keep_their_lines(tmp_path: Path) -> None:
    text = '\n\nname,note\n"A","one\ntwo"\n\nB,\n,\n C ,x\n'
    sheet = read_sheet(csv_file(tmp_path / "a.csv", text))
    assert [(row.number, row.cells["name"]) for row in sheet] == [(4, "A"), (7, "B"), (9, " C ")]
    assert sheet.place(9, "note") == "a.csv:9 note"
    assert sheet.place(9) == "a.csv:9"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a,a\n1,2\n",
        "a,,b\n1,2,3\n",
        'a,b\n"1,2\n',
        'a,b\n"1"x,2\n',
    ],
)
def test_sheets_that_are_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput):
        read_sheet(csv_file(tmp_path / "a.csv", text))


def test_every_row_wider_than_the_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet(csv_file(tmp_path / "a.csv", "a,b\n1,2,3\n1,2\n1,2,\n1,2,,4\n"))
    assert [finding.where for finding in refused.value.findings] == ["a.csv:2", "a.csv:5"]


def test_oversize_and_absent_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv_file(tmp_path / "a.csv", "a\n1\n2\n3\n")
    monkeypatch.setattr(sheet_read, "MOST_ROWS", 3)
    with pytest.raises(InvalidInput):
        read_sheet(path)
    monkeypatch.setattr(sheet_read, "MOST_BYTES", 3)
    with pytest.raises(InvalidInput):
        read_sheet(path)
    with pytest.raises(NotFound):
        read_sheet(tmp_path / "b.csv")
    with pytest.raises(InvalidInput):
        read_sheet(csv_file(tmp_path / "a.pdf", "a"))


def test_a_workbook_keeps_places_types_and_leading_gaps(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [[None], [None, "name", "phone", "on", "ok"], [None, "A", 13800138000, date(2026, 11, 22), True]],
        "表 1",
    )
    sheet = read_sheet(path)
    assert sheet.title == "表 1"
    assert sheet.place(3, "phone") == "a.xlsx!表 1!C3"
    assert sheet.rows[0].cells == {"name": "A", "phone": 13800138000.0, "on": date(2026, 11, 22), "ok": True}
    assert read_sheet(path, title="表 1").columns == sheet.columns
    with pytest.raises(NotFound):
        read_sheet(path, title="other")


def test_formulas_without_a_value_and_error_cells_are_told_by_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["name", "sum"], ["A", "=1+1"], ["B", 3]])
    assert read_sheet(path).faults.keys() == {(2, "sum")}
    computed = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(str(computed)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "sum"])
        sheet.write_formula(1, 1, "=1+1", None, 2)
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write_string(3, 1, "#DIV/0!")
        sheet.write_column(1, 0, ["A", "B", "C"])
    read = read_sheet(computed)
    assert read.faults.keys() == {(3, "sum")}
    assert [row.cells["sum"] for row in read] == [2.0, "", "#DIV/0!"]


def test_damaged_and_hostile_workbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InvalidInput):
        read_sheet(path)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("hello.txt", "no workbook")
    with pytest.raises(InvalidInput):
        read_sheet(path)
    good = workbook(tmp_path / "b.xlsx", [["name"], ["A"]])
    evil = tmp_path / "c.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(evil, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                content = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + content.split(b"?>")[-1]
            target.writestr(entry, content)
    with pytest.raises(InvalidInput):
        read_sheet(evil)
    monkeypatch.setattr("crmctl.exchange.xlsx_cells._MOST_UNPACKED", 100)
    with pytest.raises(InvalidInput):
        read_sheet(good)


@given(st.integers(0, 20_000))
def test_column_letters_count_up(column: int) -> None:
    from openpyxl.utils import get_column_letter

    assert letters_of(column) == get_column_letter(column + 1) if column < 18_278 else letters_of(column)
