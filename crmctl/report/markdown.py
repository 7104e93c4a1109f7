"""A report as Markdown: pipe tables, in which customers' words mean nothing."""

from __future__ import annotations

import re

from crmctl.i18n import _, label
from crmctl.report.filled import Filled, FilledTable, Row
from crmctl.report.words import Words

_MARKS = re.compile(r"([\\`*_\[\]|~$#])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}


def to_markdown(filled: Filled) -> str:
    """The report's text, ending in a line break."""
    lines = [f"# {quoted(filled.headline)}", "", *([quoted(filled.about), ""] if filled.about else [])]
    lines += [f"- {quoted(name)}: {quoted(value)}" for name, value in filled.heading()]
    if not filled.complete:
        lines += ["", quoted(_("Only what you can open is counted here."))]
    for table in filled.shown:
        lines += ["", f"## {quoted(table.title)}", ""]
        if table.table.note:
            lines += [quoted(label(table.table.note)), ""]
        lines += list(_table(table, filled.words)) if table.rows else [quoted(_("Nothing to show"))]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """`text` so that Markdown shows it as it is: no mark-up, no HTML, no link made of an address."""
    text = " ".join(text.split("\n"))
    text = re.sub(r"[&<>@]", lambda found: _ENTITIES[found[0]], text)
    text = re.sub(r"(?i)(https?|ftp|mailto|xmpp)(:)", r"\1&#58;", text)
    text = re.sub(r"(?i)www\.", "www&#46;", text)
    # the entities just made hold signs of their own, none of which is a mark but `#`
    parts = re.split(r"(&(?:#\d+|[a-z]+);)", text)
    return "".join(part if number % 2 else _MARKS.sub(r"\\\1", part) for number, part in enumerate(parts))


def _table(table: FilledTable, words: Words) -> list[str]:
    if table.table.layout == "fields":
        return _pairs(table, words)
    columns = [table.columns[place] for place in table.shown]
    head = [_line([quoted(label(column.label)) for column in columns]),
            _line(["---:" if column.is_number else "---" for column in columns])]  # fmt: skip
    lines: list[str] = []
    for section in table.sections(words):
        if section.heading:
            lines += ([""] if lines else []) + [f"### {quoted(section.heading)} ({len(section.rows)})", ""]
        lines += [*head, *(_row(table, words, row) for row in section.rows)]
        if section.totals:
            lines.append(_row(table, words, section.totals, _("Subtotal")))
    if table.totals:
        lines += ["", *head] if table.table.by else []
        lines.append(_row(table, words, table.totals, _("Total")))
    return lines


def _pairs(table: FilledTable, words: Words) -> list[str]:
    pairs = [
        (label(column.label), words.text(column, value))
        for row in table.rows
        for column, value in zip(table.columns, row, strict=True)
    ]
    return [f"- {quoted(name)}: {quoted(text)}" for name, text in pairs if text]


def _row(table: FilledTable, words: Words, row: Row, name: str = "") -> str:
    cells = [quoted(words.text(table.columns[place], row[place])) for place in table.shown]
    if name and not cells[0]:
        cells[0] = f"**{quoted(name)}**"
    return _line(cells)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
