"""One report, six formats: the same figures in each, and customers' words never more than words."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from openpyxl import load_workbook

from crmctl.cli.out import Out
from crmctl.cli.report_on_screen import on_screen
from crmctl.report.comma import guarded, to_csv
from crmctl.report.document import to_document
from crmctl.report.filled import Filled
from crmctl.report.formats import draw as drawn
from crmctl.report.html import to_html
from crmctl.report.markdown import quoted, to_markdown
from crmctl.report.words import harmless
from tests.report.conftest import HOSTILE, PROBE, Draw

ESCAPES = "\x1b[31mred\x1b]0;title\x07\u202eevil\x9b2J"


class Cells(HTMLParser):
    """The table cells of a page, and every address or handler in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.outside: list[tuple[str, str | None]] = []
        self.elements: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.outside += [
            (name, value)
            for name, value in attrs
            if name in {"src", "href", "srcset", "action"} or name.startswith("on")
        ]
        if tag in {"td", "dd"}:
            self._inside = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in {"td", "dd"}

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def sheet_texts(filled: Filled) -> list[str]:
    """Every cell of the workbook as its number or text is."""
    book = load_workbook(io.BytesIO(drawn(filled, "xlsx")))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)
    return [f"{cell.value:.2f}" if isinstance(cell.value, float) else str(cell.value) for cell in cells]


def terminal_text(filled: Filled, capsys: pytest.CaptureFixture[str]) -> str:
    """What a pipe gets."""
    on_screen(filled, Out())
    return capsys.readouterr().out


def test_amounts_are_the_same_in_every_format(draw: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    filled = draw("sales", department="all")
    amounts = {"1000.10", "2000.20", "3000.30", "-300.30", "5000.00", "7700.00"}
    page = Cells(to_html(filled)).cells
    forms = {
        "html": {cell.replace(",", "") for cell in page},
        "md": {cell.strip().replace(",", "").replace("\\", "") for cell in re.split(r"[|\n]", to_markdown(filled))},
        "csv": {cell for row in csv.reader(io.StringIO(to_csv(filled).decode("utf-8-sig"))) for cell in row},
        "json": set(re.findall(r'"(-?\d+\.\d\d)"', json.dumps(to_document(filled)))),
        "xlsx": {text if "." in text else f"{text}.00" for text in sheet_texts(filled)} | {"5000.00", "7700.00"},
        "term": set(re.split(r"[\t\n]", terminal_text(filled, capsys))),
    }
    assert {"5000", "7700"} <= set(sheet_texts(filled))
    for form, found in forms.items():
        assert amounts <= found, form


def test_totals_are_those_of_the_rows_in_every_format(draw: Draw) -> None:
    filled = draw("sales", department="all")
    document = to_document(filled)["tables"]
    assert isinstance(document, dict)
    assert document["customers"]["totals"]["amount"] == "7700.00"
    assert document["months"]["totals"] == {"deals": 4, "amount": "7700.00"}
    assert "合计" not in to_csv(filled).decode("utf-8-sig")
    last = to_csv(filled).decode("utf-8-sig").rstrip().splitlines()[-1]
    assert last.startswith("Total,,,4,7700.00,,1000.10,1699.90,5000.00,,")


@pytest.mark.parametrize("form", ["html", "md", "csv", "xlsx", "term"])
def test_every_format_says_what_it_is_of(draw: Draw, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    filled = draw("sales", reader="carol", department="all", period="2026H1")
    if form == "xlsx":
        text = "\n".join(sheet_texts(filled))
    else:
        text = terminal_text(filled, capsys) if form == "term" else drawn(filled, form).decode()
    plain = text.replace("\\", "")
    for wanted in ("Example", "Whole company", "2026H1", "2026-11-20", "Customer 3 of 4; Transaction 3 of 4", filled.commit[:10],
                   "Only what you can open is counted here."):  # fmt: skip
        assert wanted in plain


FORM = (
    PROBE.replace("scope: company", "scope: company\nshape: SHAPE").replace(
        "    sql: rows.sql", "    sql: rows.sql\n    layout: fields"
    )
    + "      more: {is: note, label: [另, More]}\n"
)


@pytest.mark.parametrize(("sql", "words"), [
    ("SELECT 'seen' AS word, NULL AS more", ["seen", ""]), ("SELECT NULL AS word, NULL AS more WHERE 0", ["", ""]),
])  # fmt: skip
def test_a_form_leaves_room_for_what_is_written_by_hand(
    draw: Draw, put: Callable[..., str], sql: str, words: list[str]
) -> None:
    put({"report.yaml": FORM.replace("SHAPE", "form"), "rows.sql": sql})
    filled = draw("probe")
    assert [[text for _column, text in row] for row in filled.pairs(filled.tables[0])] == [words]
    page = to_html(filled)
    assert '<body class="card form">' in page
    assert page.count("<dt>") == len(filled.heading()) + 2
    put({"report.yaml": FORM.replace("SHAPE", "card"), "rows.sql": sql})
    card = draw("probe")
    assert [len(row) for row in card.pairs(card.tables[0])] == [1 for word in words if word]


def test_every_form_and_card_shares_the_one_page(draw: Draw) -> None:
    for name, shape in (("card", "card"), ("complaint-form", "form"), ("trade-start-form", "form")):
        filled = draw(name, customer="North")
        assert filled.report.shape == shape
        assert not [file for file in filled.report.files if file.endswith(".html")]
        assert f"<h1>{filled.title} · {filled.scope}</h1>" in to_html(filled)


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_letter_tells_its_customer_nothing_of_the_house(draw: Draw, form: str) -> None:
    letter = drawn(draw("account-safety-notice", customer="Northern"), form).decode()
    card = drawn(draw("card", customer="Northern"), form).decode()
    for inside in ("Opened", "Scope", "Customer 1 of 1"):
        assert inside in card
        assert inside not in letter
    assert ("Internal" in card) == (form == "html")
    assert "Internal" not in letter
    assert "crmctl add" not in letter
    assert "2026-11-20" in letter


def test_a_hostile_name_is_shown_as_it_is_and_does_nothing(draw: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    filled = draw("customers")
    page = Cells(to_html(filled))
    assert HOSTILE in page.cells
    assert page.outside == []
    assert "b" not in page.elements
    assert HOSTILE in terminal_text(filled, capsys)
    assert f"'{HOSTILE}" in [
        cell for row in csv.reader(io.StringIO(to_csv(filled).decode("utf-8-sig"))) for cell in row
    ]
    assert HOSTILE in sheet_texts(filled)
    rows = to_document(filled)["tables"]["customers"]["rows"]  # type: ignore[index]
    assert HOSTILE in [row["name"] for row in rows]
    markdown = to_markdown(filled)
    assert "<b>" not in markdown
    assert "http://" not in markdown
    assert "South \\| Clinic\\_1" in markdown


def test_escape_sequences_of_a_question_reach_no_format(
    draw: Draw, put: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    codes = ", ".join(str(ord(character)) for character in ESCAPES)
    put({"report.yaml": PROBE, "rows.sql": f"SELECT char({codes}) AS word"})
    filled = draw("probe")
    outputs = [drawn(filled, form).decode("utf-8-sig") for form in ("html", "md", "csv")]
    outputs += [terminal_text(filled, capsys), "\n".join(sheet_texts(filled))]
    for text in outputs:
        assert "evil" in text
        assert not set(text) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize(("text", "shown"), [
    ("a|b", r"a\|b"), ("*x* _y_ `z`", r"\*x\* \_y\_ \`z\`"), ("<script>", "&lt;script&gt;"), ("a&lt;", "a&amp;lt;"),
    ("http://x.y", "http&#58;//x.y"), ("WWW.x.y", "www&#46;x.y"), ("a@b.c", "a&#64;b.c"), ("two\nlines", "two lines"),
    ("[a](b)", r"\[a\](b)"), ("\\", r"\\"), ("客户", "客户"),
])  # fmt: skip
def test_markdown_shows_words_as_they_are(text: str, shown: str) -> None:
    assert quoted(text) == shown


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1", "|calc", "%0A"])
def test_no_cell_of_a_csv_computes(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Hospital", "a=b", "2026-01-01", "C-7Q2M9K4T", "客户"])
def test_plain_words_of_a_csv_stay(text: str) -> None:
    assert guarded(text) == text


def test_harmless_keeps_what_can_be_seen() -> None:
    assert harmless("客户 👩‍⚕️ é\nline") == "客户 👩‍⚕️ é\nline"
    assert harmless("a\tb") == "a b"
    assert harmless(ESCAPES) == "red]0;titleevil"


def test_the_page_asks_for_nothing_and_lets_only_its_own_script_run(draw: Draw) -> None:
    import base64
    import hashlib

    page = to_html(draw("customers"))
    script = page.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in page or f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page.replace("&#39;", "'")
    assert 'lang="en"' in page
    assert not re.search(r"@import|url\(|https?:", page.replace(HOSTILE, "").replace("http://x", ""))


def test_the_same_question_gives_the_same_bytes(draw: Draw) -> None:
    for form in ("html", "md", "csv", "json", "xlsx"):
        assert drawn(draw("customers"), form) == drawn(draw("customers"), form)


def test_workbook_cells_are_typed_and_the_head_stays(draw: Draw) -> None:
    book = load_workbook(io.BytesIO(drawn(draw("sales", department="all"), "xlsx")))
    sheet = book["By customer"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:R4"
    assert sheet["E2"].value == 5000
    assert sheet["E2"].number_format == "#,##0.00"
    assert sheet["F2"].number_format == "0.0%"
    listing = load_workbook(io.BytesIO(drawn(draw("customers"), "xlsx")))["Customers"]
    assert listing["J2"].value.date().isoformat() == "2026-11-20"
    assert book.sheetnames == ["About", "By month", "By customer"]


def test_sections_part_the_rows_and_lose_none(draw: Draw) -> None:
    filled = draw("customers", department="all")
    (table,) = filled.tables
    sections = list(table.sections(filled.words))
    assert [(section.heading, len(section.rows)) for section in sections] == [("East", 3), ("West", 1)]
    assert sum((section.rows for section in sections), ()) == table.rows
    assert all(one.heading < two.heading for one, two in pairwise(sections))


@pytest.mark.parametrize("width", [80, 120])
def test_no_figure_is_broken_at_a_terminal(
    draw: Draw, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    from crmctl.cli import report_on_screen, table

    filled = draw("sales", department="all")
    monkeypatch.setenv("COLUMNS", str(width))
    for module in (report_on_screen, table):
        monkeypatch.setattr(module, "is_terminal", lambda _stream: True)
    on_screen(filled, Out())
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines)
    words = {word for line in lines for word in line.split()}
    assert {"1,000.10", "2,000.20", "3,000.30", "-300.30", "5,000.00", "7,700.00"} <= words
