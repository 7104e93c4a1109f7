"""A report as a Word document: by template or plain, the same figures, and nothing in it that runs or fetches."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from crmctl.errors import BadConfiguration
from crmctl.i18n import set_language
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.formats import draw as drawn
from crmctl.report.question import Asked
from tests.company import Company
from tests.report.conftest import HOSTILE, PROBE, Draw

WITH_DOCUMENT = PROBE.replace("scope: company\n", "scope: company\ndocument: form.docx\n")


def cells(content: bytes) -> list[str]:
    """The text of every cell and paragraph."""
    document = Document(io.BytesIO(content))
    inside = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return inside + [paragraph.text for paragraph in document.paragraphs]


def templated(*paragraphs: str) -> bytes:
    """A Word document of these paragraphs."""
    document: Any = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.fixture
def by_template(trade: Company) -> Callable[..., Filled]:
    """`by_template(docx bytes, sql)`: a report of the ledger's own with a Word template, filled."""

    def filled(template: bytes, sql: str = "SELECT name AS word FROM customer ORDER BY 1") -> Filled:
        draft = trade.draft()
        for file, content in (
            ("report.yaml", WITH_DOCUMENT.encode()),
            ("rows.sql", sql.encode()),
            ("form.docx", template),
        ):
            draft.put_file(f"templates/reports/probe/{file}", content, "report probe")
        draft.commit("report")
        ledger = trade.ledger()
        return fill(ledger, find_report(ledger, "probe"), Asked())

    return filled


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_cell_of_the_report_is_in_the_document(draw: Draw, language: str) -> None:
    set_language(language)
    filled = draw("customers", department="all")
    found = set(cells(drawn(filled, "docx")))
    for table in filled.tables:
        for row in table.rows:
            assert {filled.words.text(table.columns[place], row[place]) for place in table.shown} <= found
    assert {value for _name, value in filled.heading()} <= found


def test_totals_stand_below(draw: Draw) -> None:
    found = cells(drawn(draw("sales", department="all"), "docx"))
    assert {"1,000.10", "-300.30", "7,700.00", "Total"} <= set(found)


def test_a_table_too_broad_for_the_page_comes_in_parts_and_breaks_no_figure(
    draw: Draw, put: Callable[..., str]
) -> None:
    months = [f"m{number}" for number in range(20)]
    columns = "".join(f"      {name}: {{is: money, label: [列, {name}]}}\n" for name in months)
    figures = ", ".join(f"123456789 AS {name}" for name in months)
    put({"report.yaml": PROBE + columns, "rows.sql": f"SELECT 'x' AS word, {figures}"})
    document: Any = Document(io.BytesIO(drawn(draw("probe"), "docx")))
    parts = [table for table in document.tables if table.rows[0].cells[0].text == "Word"]
    assert len(parts) > 1
    assert "m19" in [cell.text for cell in parts[-1].rows[0].cells]
    for cell in (cell for part in parts for row in part.rows for cell in row.cells):
        figure = len(cell.text) if re.fullmatch(r"[-0-9,.%]+", cell.text) else 0
        assert cell.width.mm >= figure * 1.5, cell.text


@pytest.mark.parametrize(("name", "asked"), [("customers", {}), ("card", {"customer": "HYPERLINK"})])
def test_a_hostile_name_is_words_in_a_document(draw: Draw, name: str, asked: dict[str, str]) -> None:
    content = drawn(draw(name, **asked), "docx")
    assert any(HOSTILE in cell for cell in cells(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            xml = archive.read(part).decode("utf-8", "replace")
            assert 'TargetMode="External"' not in xml
            assert not re.search(r"instrText[^>]*>[^<]*HYPERLINK", xml)
            assert "<b>[red]" not in xml


def test_words_that_look_like_a_template_are_not_run(by_template: Callable[..., Filled]) -> None:
    content = drawn(
        by_template(templated("{{ table.rows.first.word }}"), "SELECT '{{ 7 * 7 }}{% if %} <w:p> & end' AS word"),
        "docx",
    )
    assert "{{ 7 * 7 }}{% if %} <w:p> & end" in cells(content)


def test_a_template_of_the_ledgers_own_is_filled(by_template: Callable[..., Filled]) -> None:
    content = drawn(
        by_template(templated("{{ title }}: {% for r in table.rows.records %}{{ r.word }};{% endfor %}")), "docx"
    )
    assert any(text.startswith("A try") or HOSTILE in text for text in cells(content))


@pytest.mark.parametrize("paragraph", [
    "{{ title.__class__.__mro__ }}", "{{ nothing }}", "{% if %}", "{{ title | safe }}",
    "{% autoescape false %}{{ title }}{% endautoescape %}", "{% include 'ledger.yaml' %}", "{{ 1 // 0 }}",
])  # fmt: skip
def test_a_broken_or_hostile_template_is_told(by_template: Callable[..., Filled], paragraph: str) -> None:
    filled = by_template(templated(paragraph))
    with pytest.raises(BadConfiguration) as caught:
        drawn(filled, "docx")
    assert caught.value.where == "templates/reports/probe/form.docx"


def changed(content: bytes, part: str, change: Callable[[str], str], more: dict[str, bytes] | None = None) -> bytes:
    """The archive with one part changed and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data.decode()) if name == part else data)
        for name, data in (more or {}).items():
            target.writestr(name, data)
    return out.getvalue()


def with_field(instruction: str) -> Callable[[str], str]:
    field = f'<w:p><w:r><w:instrText xml:space="preserve">{instruction}</w:instrText></w:r></w:p>'
    return lambda xml: xml.replace("<w:sectPr", f"{field}<w:sectPr", 1)


def test_what_runs_or_fetches_is_refused_in_a_template(by_template: Callable[..., Filled]) -> None:
    plain = templated("{{ title }}")
    outside = (
        '<Relationship Id="rIdX" TargetMode="External" Target="http://x/t.dotm" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/></Relationships>'
    )
    for hostile in (
        changed(plain, "word/document.xml", with_field('INCLUDETEXT "http://x"')),
        changed(plain, "word/document.xml", with_field('DDEAUTO c:\\\\x "y"')),
        changed(plain, "word/_rels/document.xml.rels", lambda xml: xml.replace("</Relationships>", outside)),
        b"no archive at all",
    ):
        filled = by_template(hostile)
        with pytest.raises(BadConfiguration):
            drawn(filled, "docx")
    page = changed(plain, "word/document.xml", with_field("PAGE \\* MERGEFORMAT"))
    assert drawn(by_template(page), "docx").startswith(b"PK")


@pytest.mark.req("R-RPT-02")
@pytest.mark.parametrize("name", ["card", "new-customer-form", "stage-review-form"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_shipped_forms_are_filled_and_may_be_empty(draw: Draw, name: str, language: str) -> None:
    set_language(language)
    filled = draw(name, customer="Northern Hospital")
    found = cells(drawn(filled, "docx"))
    assert filled.title in found
    assert "Northern Hospital" in found
    assert not any("{{" in cell or "{%" in cell for cell in found)


def test_the_same_question_gives_the_same_document(draw: Draw) -> None:
    for name, asked in (("customers", {}), ("card", {"customer": "Northern Hospital"})):
        content = drawn(draw(name, **asked), "docx")
        assert content == drawn(draw(name, **asked), "docx")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="libreoffice-writer-nogui is not here")
@pytest.mark.parametrize("name", ["customers", "card"])
def test_another_program_reads_the_document(draw: Draw, name: str, tmp_path: Path) -> None:
    set_language("zh_CN")
    path = tmp_path / "report.docx"
    path.write_bytes(drawn(draw(name, **({"customer": "Northern Hospital"} if name == "card" else {})), "docx"))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "txt:Text (encoded):UTF8",
         "--outdir", tmp_path, path], check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    assert "Northern Hospital" in (tmp_path / "report.txt").read_text("utf-8")
