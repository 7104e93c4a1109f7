"""Whatever a customer is called: every shipped report shows it as it is in every format, and it does nothing there."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document

from crmctl.ledger.ledger import Ledger
from crmctl.report.catalogue import all_reports
from crmctl.report.definition import Column, Report, Table
from crmctl.report.document import to_document
from crmctl.report.evidence import with_evidence
from crmctl.report.filled import Cell, Filled, FilledTable, Source
from crmctl.report.formats import draw as drawn
from crmctl.report.words import Words
from tests.company import NOW, Company
from tests.report.conftest import HOSTILE
from tests.report.test_report_formats import Cells, sheet_texts, terminal_text
from tests.report.test_report_pdf import joined, needs_font, needs_poppler, text_of

LOUD = f"\x1b[31m\x9b2J{HOSTILE}\u202e\x07"
SIGNS = set("\x1b\x07\x9b\u202e")
_VALUES: dict[str, Cell] = {"date": "2026-01-02", "month": "2026-01", "instant": 1_780_000_000, "bool": True}


@pytest.fixture(scope="module")
def ledger(traded: Company) -> Iterator[Ledger]:
    patch = pytest.MonkeyPatch()
    patch.setenv("CRMCTL_NOW", NOW)
    patch.setenv("CRMCTL_HOME", str(traded.home))
    yield traded.ledger()
    patch.undo()


def cell(column: Column) -> Cell:
    """Hostile words wherever a column can hold words, codes of choices, members and departments included."""
    return 7 if column.is_number else _VALUES.get(column.type, LOUD)


def table(one: Table) -> FilledTable:
    columns = tuple(column for column in one.columns if column.month is None)
    row = tuple(cell(column) for column in columns)
    key = "" if one.evidence else None
    behind = (Source(0, "", LOUD, LOUD),) if key is not None else None
    return FilledTable(one, columns, (row, row), behind)


def full_of_it(ledger: Ledger, report: Report) -> Filled:
    """The report as it would be if every word in it were hostile."""
    return with_evidence(Filled(
        report=report, company=LOUD, scope=LOUD, period="2026", as_of="2026-11-20", commit=ledger.head, coverage=(),
        tables=tuple(map(table, report.tables)), words=Words.of(ledger), given=LOUD,
    ))  # fmt: skip


def has_words(report: Report) -> bool:
    return any(cell(column) == LOUD for one in report.tables for column in one.columns)


@pytest.mark.slow
def test_no_report_lets_a_name_be_more_than_a_name(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    reports = [report for report in all_reports(ledger) if has_words(report)]
    assert len(reports) > 60
    for report in reports:
        filled = full_of_it(ledger, report)
        page = drawn(filled, "html").decode()
        seen = Cells(page)
        assert any(HOSTILE in one for one in seen.cells), report.name
        assert (seen.outside, "b" in seen.elements, page.count("<script>")) == ([], False, 1), report.name
        rows = [one for line in csv.reader(io.StringIO(drawn(filled, "csv").decode("utf-8-sig"))) for one in line]
        assert f"'{HOSTILE}" in rows, report.name
        assert not any(one.startswith("=") for one in rows), report.name
        texts = sheet_texts(filled)  # asserts that no cell is a formula or a link
        assert any(HOSTILE in one for one in texts), report.name
        markdown = drawn(filled, "md").decode()
        assert ("<b>" in markdown, "http://" in markdown, "HYPERLINK" in markdown) == (False, False, True), report.name
        terminal = terminal_text(filled, capsys)
        assert HOSTILE in terminal, report.name
        for text in (page, markdown, terminal, *rows, *texts):
            assert not set(text) & SIGNS, report.name
        document = json.dumps(to_document(filled))
        assert not set(document) & SIGNS, report.name


@pytest.mark.slow
def test_no_word_document_takes_a_name_for_a_field_or_a_link(ledger: Ledger) -> None:
    for report in filter(has_words, all_reports(ledger)):
        content = drawn(full_of_it(ledger, report), "docx")
        document = Document(io.BytesIO(content))
        texts = [one.text for frame in document.tables for row in frame.rows for one in row.cells]
        texts += [paragraph.text for paragraph in document.paragraphs]
        assert any(HOSTILE in text for text in texts), report.name
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            whole = "".join(archive.read(part).decode("utf-8", "replace") for part in archive.namelist())
        assert 'TargetMode="External"' not in whole, report.name
        assert not re.search(r"instrText[^>]*>[^<]*HYPERLINK", whole), report.name
        assert "<b>[red]" not in whole, report.name
        assert not set("".join(texts)) & SIGNS, report.name


@pytest.mark.slow
@needs_font
@needs_poppler
def test_no_pdf_takes_a_name_for_a_link_or_a_deed(ledger: Ledger, tmp_path: Path) -> None:
    for report in filter(has_words, all_reports(ledger)):
        content = drawn(full_of_it(ledger, report), "pdf")
        assert joined('HYPERLINK("http://x"') in joined(text_of(content, tmp_path, "-raw")), report.name
        for mark in (b"/URI", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/Annots", b"/AcroForm"):
            assert mark not in content, report.name
