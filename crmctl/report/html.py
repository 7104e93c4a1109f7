"""A report as one self-contained HTML page: it asks for nothing from outside, and could not."""

from __future__ import annotations

import base64
import hashlib

from crmctl.i18n import label, language
from crmctl.report.chart import chart_of
from crmctl.report.definition import Column
from crmctl.report.filled import Cell, Filled, FilledTable, Row
from crmctl.report.words import Words
from crmctl.resources import data_path

LAYOUT = "layout.html"
_NARROW = 5  # so many columns stand beside another table on a card
_BLANK = 10  # empty lines for a form filled by hand
_WHOLE = frozenset({"code", "date", "month", "instant", "bool"})
_WORD = frozenset({"choice", "state", "member", "department", "axis", "grade"})


def to_html(filled: Filled) -> str:
    """The page, by the report's own template or the common layout. Raises BadConfiguration."""
    from crmctl.report.page import render

    shipped = data_path("templates") / "pages"
    style, script = ((shipped / name).read_text("utf-8") for name in ("style.css", "table.js"))
    report = filled.report
    templates = {
        name: content.decode("utf-8", "replace") for name, content in report.files.items() if name.endswith(".html")
    }
    templates.setdefault(LAYOUT, (shipped / LAYOUT).read_text("utf-8"))
    trusted = {"style": style, "script": script, "policy": _policy(script)}
    return render(templates, report.page or LAYOUT, as_values(filled), trusted, report.folder)


def as_values(filled: Filled) -> dict[str, object]:
    """What a page template is given: texts, numbers, lists and dicts only."""
    tables = [_table(table, filled) for table in filled.shown]
    return {
        "lang": "zh-CN" if language() == "zh_CN" else "en",
        "company": filled.company,
        "title": filled.title,
        "headline": filled.headline,
        "about": filled.about,
        "foot": filled.foot,
        "heading": [{"name": name, "value": value} for name, value in filled.heading()],
        "complete": filled.complete,
        "shape": filled.report.shape,
        "scope": filled.scope,
        "tables": tables,
        "table": {table.table.name: _table(table, filled) for table in filled.tables},
    }


def _policy(script: str) -> str:
    """The Content-Security-Policy: nothing may be fetched, and no script but ours may run."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _table(table: FilledTable, filled: Filled) -> dict[str, object]:
    shown, words = table.shown, filled.words
    columns = [table.columns[place] for place in shown]
    totals = table.totals
    records = [
        {column.name: words.text(column, value) for column, value in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]
    return {
        "name": table.table.name,
        "title": table.title,
        "note": label(table.table.note) if table.table.note else "",
        "layout": table.table.layout,
        "count": len(table.rows),
        "labels": {column.name: label(column.label) for column in table.columns},
        "records": records,
        "first": records[0] if records else {column.name: "" for column in table.columns},
        "blank": [{column.name: "" for column in table.columns}] * _BLANK,
        "pairs": [
            [{"label": label(column.label), "text": text, "style": _style(column)} for column, text in pairs]
            for pairs in (filled.pairs(table) if table.table.layout == "fields" else [])
        ],
        "chart": chart_of(table, words, panel=filled.report.shape == "board"),
        "narrow": len(columns) <= _NARROW and all(column.type != "note" for column in columns),
        "columns": [_column(column) for column in columns],
        "sections": [
            {
                "heading": section.heading,
                "rows": [_row(table, words, row) for row in section.rows],
                "totals": _row(table, words, section.totals) if section.totals else [],
            }
            for section in table.sections(words)
        ],
        "totals": _row(table, words, totals) if totals else [],
    }  # fmt: skip


def _column(column: Column) -> dict[str, object]:
    return {
        "name": column.name, "label": label(column.label), "number": column.is_number, "style": _style(column),
    }  # fmt: skip


def _style(column: Column) -> str:
    """How its cells are set (a class of style.css): k whole, w a word or two, l long; empty: like any text."""
    if column.type in _WHOLE:
        return "k"
    return "w" if column.type in _WORD else "l" if column.type == "note" else ""


def _row(table: FilledTable, words: Words, row: Row) -> list[dict[str, object]]:
    return [_cell(table.columns[place], words, row[place]) for place in table.shown]


def _cell(column: Column, words: Words, value: Cell) -> dict[str, object]:
    return {"text": words.text(column, value), "sort": str(value) if column.is_number and value is not None else None}
