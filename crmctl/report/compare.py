"""Two states of a report held against each other: rows that came, went and changed.

A row is known by its table's key columns (`key: true`), else by all of it, so that it can only come
or go. A changed row is shown twice, as it was and as it is: every cell keeps its type, and the
comparison goes through every format like any report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from crmctl.errors import UsageError
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.report.definition import Column, Report
from crmctl.report.fill import fill
from crmctl.report.filled import Filled, FilledTable, Row
from crmctl.report.question import Asked

CHANGE = "change"
_VOCABULARY = "report_change"
_Key = tuple[object, ...]


def two_states(text: str) -> tuple[str, str | None]:
    """`A..B` as two states, B None for now. Raises UsageError."""
    first, dots, last = text.partition("..")
    if not dots or not first:
        raise UsageError(_("Not two states: {text}", text=text), hint="crmctl report diff 2026-06-30..2026-09-30 NAME")
    return first, last or None


def fill_both(before: Ledger, after: Ledger, report: Report, asked: Asked) -> Filled:
    """What is different between the ledger then and later, asked the same of both.

    The period is the later one's for both; the day taken for today is each state's own unless one
    was asked for. Raises what `fill` raises.
    """
    later = fill(after, report, asked)
    return compare(fill(before, report, replace(asked, period=later.period)), later)


def compare(before: Filled, after: Filled) -> Filled:
    """The report with only the rows that differ, and a first column that says what became of each.

    Sums and charts are left out: they would add up differences.
    """
    tables = tuple(_table(then, now) for then, now in zip(before.tables, after.tables, strict=True))
    state = f"{before.as_of} ({before.commit[:10]})"
    unseen = [one for one in before.coverage if one.opened != one.existing]
    then = tuple(replace(one, label=_("{kind} as of {day}", kind=one.label, day=before.as_of)) for one in unseen)
    vocab = {**after.words.vocab, _VOCABULARY: {code: (text, text) for code, text in _words().items()}}
    words = replace(after.words, vocab=vocab)
    return replace(after, tables=tables, words=words, before=state, coverage=(*after.coverage, *then))


def _words() -> dict[str, str]:
    return {"added": _("Added"), "gone": _("Gone"), "before": _("Before"), "after": _("After")}


def _table(before: FilledTable, after: FilledTable) -> FilledTable:
    names = [column.name for column in before.columns]
    places = [names.index(column.name) if column.name in names else None for column in after.columns]
    then = [tuple(None if place is None else row[place] for place in places) for row in before.rows]
    change = Column(CHANGE, "choice", (_("Change"), _("Change")), _VOCABULARY)
    columns = (change, *(replace(column, total=False) for column in after.columns))
    return FilledTable(
        replace(after.table, chart=None, layout="rows", note=None), columns, tuple(_changes(after, then))
    )


def _changes(after: FilledTable, then: list[Row]) -> Iterator[Row]:
    """The rows that differ: those there are in their order, then those gone."""
    old, new = _by_key(after, then), _by_key(after, list(after.rows))
    for key, rows in new.items():
        were = old.get(key, [])
        if len(rows) == len(were) == 1 and rows != were:
            yield "before", *were[0]
            yield "after", *rows[0]
            continue
        yield from (("added", *row) for row in (Counter(rows) - Counter(were)).elements())
    for key, were in old.items():
        rows = new.get(key, [])
        if not (len(rows) == len(were) == 1):
            yield from (("gone", *row) for row in (Counter(were) - Counter(rows)).elements())


def _by_key(table: FilledTable, rows: list[Row]) -> dict[_Key, list[Row]]:
    places = [place for place, column in enumerate(table.columns) if column.key]
    found: dict[_Key, list[Row]] = {}
    for row in rows:
        whole = not places and table.table.layout == "rows"
        found.setdefault(row if whole else tuple(row[place] for place in places), []).append(row)
    return found
