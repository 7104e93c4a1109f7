"""Make the Word templates of the shipped forms from their report folders; whoever wants another look changes the .docx.

python tools/forms.py
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmctl.report.definition import Column

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
# report folder -> the words of the lines to sign on, Chinese and English
FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "card": (),
    "new-customer-form": (("申请人签字", "Applicant"), ("领导批示", "Leader"), ("销售经理", "Sales manager")),
    "complaint-form": (("处理人签字", "Handler"), ("质量部门", "Quality department"), ("客户", "Customer")),
    "handovers": (("移交人签字", "Handed over by"), ("接收人签字", "Taken over by"), ("监交人", "Witness")),
    "trade-start-form": (("调查人签字", "Surveyed by"), ("主管批准", "Supervisor"), ("董事长阅知", "Chairman")),
    "admission-form": (("评价人签字", "Evaluator"), ("部门负责人", "Head of department"), ("领导审定", "Leader")),
    "letters": (("登记人签字", "Keeper"),),
    "visit-daily": (("填报人签字", "Salesperson"), ("主管审阅", "Supervisor")),
    "day-plan": (("主持人签字", "Held by"), ("主管", "Supervisor")),
    "stage-review-form": (("评价人签字", "Reviewer"), ("部门负责人", "Head of department"), ("事业部", "Division")),
}
REPEATED = frozenset({"complaint-form", "handovers"})  # a form for each row
# what of a broad table goes on paper, on its side
BY_HAND = frozenset({"visit-daily", "day-plan", "letters", "admission-form"})  # empty lines where there are no rows
BROAD: dict[str, tuple[str, ...]] = {
    "letters": ("direction", "day", "number", "way", "party", "customer", "subject", "state", "keeper"),
    "visit-daily": ("person", "time", "customer", "whom", "topic", "purpose", "state", "result", "needs", "next_step"),
    "day-plan": ("person", "time", "customer", "whom", "topic", "place", "purpose", "way", "minimum_goal"),
}
# how much of a line a column gets beside one of 1
SHARES = {"note": 2.4, "text": 1.8, "code": 1.8, "member": 1.9, "choice": 1.4, "state": 1.4, "date": 1.3, "bool": 0.8}
LABEL_MM, PAGE_MM, MARGIN_MM = 32, 210, 18
_SIGNED = '{{ "%s" if lang == "zh-CN" else "%s" }}{{ _(": ") | trim }}'


def main() -> None:
    """Write every template."""
    from crmctl.report.letter import without_clock
    from crmctl.report.reader import read_report

    for name, signed in FORMS.items():
        folder = ROOT / "templates" / "reports" / name
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        report = read_report(
            name, name, {**files, "card.docx": b"", "form.docx": b""}, own=False,
            views=_view,
        )  # fmt: skip
        document = _begun(broad=name in BROAD)
        for table in report.tables:
            _heading(document, table.name)
            columns = [column for column in table.columns if column.name in BROAD.get(name, (column.name,))]
            if name in REPEATED:
                document.add_paragraph(f"{{%p for one in table.{table.name}.records %}}")
                _fields(document, table.name, [(column.name, column.type == "note") for column in table.columns], "one")
                _signatures(document, signed)
                document.add_paragraph("{%p endfor %}")
            elif table.layout == "fields":
                _fields(document, table.name, [(column.name, column.type == "note") for column in table.columns])
            else:
                _rows(document, table.name, columns, blank=name in BY_HAND, broad=name in BROAD)
        if name not in REPEATED:
            _signatures(document, signed)
        out = io.BytesIO()
        document.save(out)
        assert report.document
        (folder / report.document).write_bytes(without_clock(out.getvalue()))


def _view(name: str) -> bytes:
    return (ROOT / "templates" / "views" / f"{name}.sql").read_bytes()


def _begun(*, broad: bool) -> Any:
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    from crmctl.report.plain_letter import dress

    document = Document()
    section = document.sections[0]
    sides = (Mm(297), Mm(PAGE_MM)) if broad else (Mm(PAGE_MM), Mm(297))
    section.page_width, section.page_height = sides
    section.orientation = WD_ORIENT.LANDSCAPE if broad else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    dress(document)
    title = document.add_heading("{{ title }}", 1)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    told = "{% if fact.name in (_('Period'), _('As of')) %} · {{ fact.name }} {{ fact.value }}{% endif %}"
    line = document.add_paragraph("{{ company }} · {{ scope }}{% for fact in heading %}" + told + "{% endfor %}")
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("{%p if not complete %}")
    document.add_paragraph('{{ _("Only what you can open is counted here.") }}')
    document.add_paragraph("{%p endif %}")
    section.footer.paragraphs[
        0
    ].text = '{{ _("Drawn by crmctl from the ledger\'s records. Internal: do not pass on.") }}'
    return document


def _heading(document: Any, name: str) -> None:
    document.add_heading(f"{{{{ table.{name}.title }}}}", 2)


def _fields(document: Any, name: str, columns: list[tuple[str, bool]], row_of: str = "") -> None:
    """Short ones two a line, notes over the whole width with room to write in."""
    from docx.shared import Mm

    broad = PAGE_MM - 2 * MARGIN_MM
    widths = [LABEL_MM, broad // 2 - LABEL_MM, LABEL_MM, broad // 2 - LABEL_MM]
    frame = document.add_table(0, 4)
    frame.style = "Table Grid"
    frame.autofit = False
    source = row_of or f"table.{name}.first"
    waiting: str | None = None
    for column, note in [*columns, ("", False)]:
        if waiting and (note or not column):
            _pair(frame, name, waiting, source)
            waiting = None
        if note:
            row = frame.add_row()
            row.height = Mm(14)
            _say(row.cells[0], f"{{{{ table.{name}.labels['{column}'] }}}}", bold=True)
            _say(row.cells[1].merge(row.cells[3]), f"{{{{ {source}['{column}'] }}}}")
        elif column and waiting:
            row = _pair(frame, name, waiting, source)
            _say(row.cells[2], f"{{{{ table.{name}.labels['{column}'] }}}}", bold=True)
            _say(row.cells[3], f"{{{{ {source}['{column}'] }}}}")
            waiting = None
        elif column:
            waiting = column
    for row in frame.rows:
        for cell, width in zip(row.cells, widths, strict=False):
            cell.width = Mm(width)


def _pair(frame: Any, name: str, column: str, source: str) -> Any:
    row = frame.add_row()
    _say(row.cells[0], f"{{{{ table.{name}.labels['{column}'] }}}}", bold=True)
    _say(row.cells[1], f"{{{{ {source}['{column}'] }}}}")
    return row


def _rows(document: Any, name: str, columns: list[Column], *, blank: bool, broad: bool) -> None:
    """A line a record; figures to the right, as much room for a column as its kind of words needs."""
    from docx.shared import Mm

    frame = document.add_table(0, len(columns))
    frame.style = "Table Grid"
    frame.autofit = False
    head = frame.add_row()
    for cell, column in zip(head.cells, columns, strict=True):
        _say(cell, f"{{{{ table.{name}.labels['{column.name}'] }}}}", bold=True, right=column.is_number)
    empty = f" or table.{name}.blank" if blank else ""
    frame.add_row().cells[0].text = f"{{%tr for line in table.{name}.records{empty} %}}"
    row = frame.add_row()
    for cell, column in zip(row.cells, columns, strict=True):
        _say(cell, f"{{{{ line['{column.name}'] }}}}", right=column.is_number)
    frame.add_row().cells[0].text = "{%tr endfor %}"
    shares = [SHARES.get(column.type, 1.0) for column in columns]
    room = (297 if broad else PAGE_MM) - 2 * MARGIN_MM
    for place, share in enumerate(shares):
        frame.columns[place].width = Mm(room * share / sum(shares))
    for row in frame.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Mm(room * share / sum(shares))


def _say(cell: Any, text: str, *, bold: bool = False, right: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_after = Pt(1)
    run = paragraph.add_run(text)
    run.bold = bold
    run.font.size = Pt(9)


def _signatures(document: Any, signed: tuple[tuple[str, str], ...]) -> None:
    if not signed:
        return
    document.add_paragraph()
    frame = document.add_table(1, len(signed))
    for cell, words in zip(frame.rows[0].cells, signed, strict=True):
        _say(cell, _SIGNED % words)


if __name__ == "__main__":
    main()
