"""The Word document of a report without a template: heading, then each table with a head every page repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from crmctl.i18n import _, label
from crmctl.report.columns import Widths, anchor, groups, named, unbroken
from crmctl.report.filled import Filled, FilledTable, Row
from crmctl.report.words import Words

_Cell = TypeVar("_Cell")
_WIDE_TABLE = 7
_LATIN, _CHINESE = "Calibri", "Microsoft YaHei"
_WASH = "EEF2F5"
_MARGIN_MM, _SIGN_MM = 15, 1.95  # how broad a Latin letter of the tables is set, a Chinese one twice
_TWENTIETHS = 56.693  # of a point in a mm, what Word counts widths in


def plain_letter(filled: Filled) -> Any:
    """A python-docx document."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    document = Document()
    section = document.sections[0]
    long, short = Mm(297), Mm(210)
    across = any(len(table.shown) > _WIDE_TABLE and table.table.layout == "rows" for table in filled.shown)
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if across else (short, long)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(_MARGIN_MM)
    dress(document)
    _foot(section.footer.paragraphs[0], filled.foot)
    document.add_heading(_clean(filled.headline), 1)
    if filled.about:
        document.add_paragraph(_clean(filled.about))
    room = (297 if across else 210) - 2 * _MARGIN_MM
    _grid(document, [], [[name, value] for name, value in filled.heading()], _pair(room))
    if not filled.complete:
        document.add_paragraph().add_run(_("Only what you can open is counted here.")).bold = True
    for table in filled.shown:
        _table(document, filled, table, room)
    return document


def _table(document: Any, filled: Filled, table: FilledTable, room: int) -> None:
    document.add_heading(_clean(table.title), 2)
    if table.table.note:
        document.add_paragraph(_clean(label(table.table.note))).paragraph_format.keep_with_next = True
    if table.table.layout == "fields" and filled.pairs(table):
        for pairs in filled.pairs(table):
            _grid(document, [], [[label(column.label), text] for column, text in pairs], _pair(room))
        return
    if not table.rows:
        document.add_paragraph(_("Nothing to show") if filled.complete else _("Nothing that you can open"))
        return
    words = filled.words
    columns = [table.columns[place] for place in table.shown]
    right = [column.is_number for column in columns]
    heads = [label(column.label) for column in columns]
    drawn = [_texts(table, words, row) for row in table.rows]
    drawn += [_texts(table, words, table.totals)] if table.totals else []
    widths = [
        Widths.of(head, [row[place] for row in drawn], unbroken(column), _size)
        for place, (head, column) in enumerate(zip(heads, columns, strict=True))
    ]
    sections = list(table.sections(words))
    for places, broad in groups(widths, room, known_by=anchor(columns)):
        for part in sections:
            if part.heading:
                document.add_heading(f"{_clean(part.heading)} ({len(part.rows)})", 3)
            sums = [(_("Subtotal"), part.totals)] if part.totals else []
            if part is sections[-1] and table.totals:
                sums.append((_("Total"), table.totals))
            lines = [_texts(table, words, row) for row in part.rows]
            _grid(
                document,
                _of(heads, places),
                [_of(line, places) for line in lines],
                broad,
                _of(right, places),
                [named(_of(_texts(table, words, totals), places), name) for name, totals in sums],
            )


def _of(cells: Sequence[_Cell], places: Sequence[int]) -> list[_Cell]:
    return [cells[place] for place in places]


def _texts(table: FilledTable, words: Words, row: Row) -> list[str]:
    return [words.text(table.columns[place], row[place]) for place in table.shown]


def _grid(
    document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float],
    right: Sequence[bool] = (), sums: Sequence[Sequence[str]] = (),
) -> None:  # fmt: skip
    """A table built of its elements: python-docx's own way counts all cells anew for each."""
    from docx.shared import Mm

    frame = document.add_table(0, len(widths))
    frame.style = document.styles["Table Grid"]
    frame.autofit = False
    for column, width in zip(frame.columns, widths, strict=True):
        column.width = Mm(width)
    element = frame._tbl  # noqa: SLF001 - the element is how python-docx means to be extended
    if heads:
        element.append(_line(heads, widths, right, bold=True, head=True))
    for row in rows:
        element.append(_line(row, widths, right, first_bold=not heads))
    for row in sums:
        element.append(_line(row, widths, right, bold=True))
    document.add_paragraph()


def _line(
    cells: Sequence[str], widths: Sequence[float], right: Sequence[bool], *, bold: bool = False, head: bool = False,
    first_bold: bool = False,
) -> Any:  # fmt: skip
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    line = OxmlElement("w:tr")
    shape = OxmlElement("w:trPr")
    shape.append(OxmlElement("w:cantSplit"))
    if head:
        shape.append(OxmlElement("w:tblHeader"))
    line.append(shape)
    for place, text in enumerate(cells):
        cell = OxmlElement("w:tc")
        look = OxmlElement("w:tcPr")
        cell.append(look)
        broad = OxmlElement("w:tcW")
        broad.set(qn("w:w"), str(round(widths[place] * _TWENTIETHS)))
        broad.set(qn("w:type"), "dxa")
        look.append(broad)
        if bold or (first_bold and place == 0):
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", _WASH)):
                shade.set(qn(f"w:{name}"), value)
            look.append(shade)
        paragraph = OxmlElement("w:p")
        about = OxmlElement("w:pPr")
        if head:  # a heading, its table's head and the first row stay on one page
            about.append(OxmlElement("w:keepNext"))
        close = OxmlElement("w:spacing")
        close.set(qn("w:after"), "20")
        about.append(close)
        if place < len(right) and right[place]:
            side = OxmlElement("w:jc")
            side.set(qn("w:val"), "right")
            about.append(side)
        paragraph.append(about)
        run = OxmlElement("w:r")
        style = OxmlElement("w:rPr")
        if bold:
            style.append(OxmlElement("w:b"))
        size = OxmlElement("w:sz")
        size.set(qn("w:val"), "17")
        style.append(size)
        run.append(style)
        for number, part in enumerate(_clean(text).split("\n")):
            if number:
                run.append(OxmlElement("w:br"))
            word = OxmlElement("w:t")
            word.text = part
            word.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            run.append(word)
        paragraph.append(run)
        cell.append(paragraph)
        line.append(cell)
    return line


def _pair(room: float) -> list[float]:
    return [38.0, room - 38.0]


def _size(text: str) -> float:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text) * _SIGN_MM + 6


def _clean(text: str) -> str:
    return text.replace("\ufffe", "").replace("\uffff", "")


def dress(document: Any) -> None:
    """Chinese in a Chinese font, and the language said, so that Word breaks lines and spells as it should."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, points in (("Normal", 10), ("Heading 1", 18), ("Heading 2", 13), ("Heading 3", 11)):
        style = document.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(points)
        style.font.color.rgb = RGBColor(0x1D, 0x27, 0x33) if points in {10, 18} else RGBColor(0x14, 0x60, 0x8A)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
    tongue = OxmlElement("w:lang")
    tongue.set(qn("w:val"), "en-US")  # of Latin letters: said to be Chinese, words of theirs are broken anywhere
    tongue.set(qn("w:eastAsia"), "zh-CN")
    document.styles["Normal"].element.get_or_add_rPr().append(tongue)


def _foot(paragraph: Any, text: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.add_run(f"{text}    ")
    for number, field in enumerate(("PAGE", "NUMPAGES")):
        if number:
            paragraph.add_run(" / ")
        element = OxmlElement("w:fldSimple")
        element.set(qn("w:instr"), field)
        paragraph._p.append(element)  # noqa: SLF001 - see above
