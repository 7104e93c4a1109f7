"""What reports may ask for beyond the kinds' own tables: when a record was first entered, working days.

`first_entry (kind, id, by, at, on_day)`: `entered_*` of a kind's table tell of the present
version; this one of version 1, read through the chain of `prev`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from crmctl.errors import NoKey
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.workdays import work_calendar
from crmctl.model.record import Record
from crmctl.rules.calendar import WorkCalendar

if TYPE_CHECKING:
    from sqlite3 import Connection

FIRST_ENTRY = "first_entry"
CREATE = {FIRST_ENTRY: f'CREATE TABLE {FIRST_ENTRY} (kind TEXT, id TEXT, "by" TEXT, at INTEGER, on_day TEXT)'}
FUNCTIONS = (("working_days", 2),)


def provide(connection: Connection, ledger: Ledger, tables: Collection[str]) -> None:
    """Add to a snapshot what of this its questions read (`tables`: all they read)."""
    connection.create_function("working_days", 2, working_days(ledger), deterministic=True)
    if FIRST_ENTRY not in tables:
        return
    connection.execute(CREATE[FIRST_ENTRY])
    for kind in ledger.in_force.kinds.values():
        if kind.table in tables and not kind.monthly:
            question = f'SELECT id, rev, entered_by, entered_at, entered_on, path FROM "{kind.table}"'  # noqa: S608 (a kind's)
            rows = connection.execute(question).fetchall()
            found = [(kind.name, *entry) for entry in _entries(ledger, rows)]
            connection.executemany("INSERT INTO first_entry VALUES (?, ?, ?, ?, ?)", found)


def working_days(ledger: Ledger) -> Callable[[object, object], int | None]:
    """A function of two days (ISO text): working days after the first up to the second, None without both."""
    calendars: list[WorkCalendar] = []  # read at the first row that asks

    def count(first: object, last: object) -> int | None:
        if not (isinstance(first, str) and isinstance(last, str)):
            return None
        if not calendars:
            calendars.append(work_calendar(ledger))
        return calendars[0].workdays_between(date.fromisoformat(first[:10]), date.fromisoformat(last[:10]))

    return count


def _entries(ledger: Ledger, rows: list[tuple[str, int, str, int, str, str]]) -> Iterator[tuple[object, ...]]:
    for record_id, rev, by, at, on_day, path in rows:
        if rev == 1:
            yield record_id, by, at, on_day
            continue
        first = _first(ledger, path)
        if first is not None:
            yield record_id, first.by, int(datetime.fromisoformat(first.at).timestamp()), first.at[:10]


def _first(ledger: Ledger, path: str) -> Record | None:
    """Version 1 of the record at a path; None when a version of it cannot be opened any more."""
    record = ledger.read(path)
    try:
        while record.prev is not None:
            record = ledger.read(path, record.prev)
    except NoKey:
        return None
    return record
