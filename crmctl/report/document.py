"""A report as data, for programs: keys and codes are never translated, figures are exact."""

from __future__ import annotations

from crmctl.i18n import label
from crmctl.report.filled import Filled, FilledTable, Row
from crmctl.report.words import Words


def to_document(filled: Filled) -> dict[str, object]:
    """What `crmctl report NAME --json` answers as `data` (schema crmctl/report/1)."""
    return {
        "report": filled.report.name,
        "title": filled.title,
        "company": filled.company,
        "scope": {"of": filled.report.scope, "name": filled.scope},
        "period": filled.period,
        "as_of": filled.as_of,
        "commit": filled.commit,
        **({"withheld": list(filled.withheld)} if filled.withheld else {}),
        **({"given": filled.given} if filled.given else {}),
        **({"belongs_to": filled.belongs_to} if filled.belongs_to else {}),
        **({"before": filled.before} if filled.before else {}),
        "coverage": [
            {
                "kind": one.kind,
                "label": one.label,
                "opened": one.opened,
                "existing": one.existing,
                **({"left_out": True} if one.left_out else {}),
            }
            for one in filled.coverage
        ],
        "complete": filled.complete,
        "tables": {table.table.name: _table(table, filled.words) for table in filled.tables},
    }


def _table(table: FilledTable, words: Words) -> dict[str, object]:
    totals = table.totals
    return {
        "title": table.title,
        "columns": [
            {"name": column.name, "type": column.type, "of": column.of or None, "label": label(column.label)}
            for column in table.columns
        ],
        "rows": [_row(table, words, row) for row in table.rows],
        "totals": {key: value for key, value in _row(table, words, totals).items() if value not in {None, ""}}
        if totals else None,
    }  # fmt: skip


def _row(table: FilledTable, words: Words, row: Row) -> dict[str, object]:
    return {
        column.name: words.plain(column, value) for column, value in zip(table.columns, row, strict=True)
    }  # fmt: skip
