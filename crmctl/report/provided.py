"""What reports may ask for beyond the kinds' own tables: when a record was first entered, working days.

`first_entry (kind, id, by, at, on_day)`: `entered_*` of a kind's table tell of the present
version; this one of version 1, read through the chain of `prev`.
`due (code, kind, id, dossier, department, member, since, due_on, late, days, zh, en)`: what the policy's clocks say is
open, of everything the reader can open. `member` is who it is up to in the first place. `done_late`, with `done_on`
besides, is what was done too late of late: most questions ask only what is open, and it is by far less.
`place (dossier, department, place, class)`: whom the policy puts first, 1 the first; nobody else is in it.
`duplicate (id, other, strength)`: two customers that may be one, each pair once; strength exact, strong or weak.
`grade_target (department, grade, rung, cap, product_cap, low, high)`: what the policy says of a grade on the main
axis, in percent: the caps, and the mix aimed at; rung 1 is the highest grade.
`indicator (role, name, zh, en, nth)`: what the holders of a post are measured by, as the packs say; `name` is null for
a post without any yet.
`pause (code, record, since, until)`: when the clock of that code stood still for a record, in seconds or as days;
`until` is null while it does.
`guidance` and `duty`: what the policy tells people (`crmctl.report.handbook`).
`destroyed (id, on, by, reason)`: the customers whose data were destroyed, as their tombstones say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import TYPE_CHECKING

from crmctl.errors import NoKey
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.approvals import add_approvals
from crmctl.ledger.workdays import work_calendar
from crmctl.model.record import Record
from crmctl.policy.pack_files import packs_in_force
from crmctl.report import handbook, measures, standards
from crmctl.rules.calendar import WorkCalendar

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.rules.due_parts import Due

FIRST_ENTRY = "first_entry"
CREATE = {FIRST_ENTRY: f'CREATE TABLE {FIRST_ENTRY} (kind TEXT, id TEXT, "by" TEXT, at INTEGER, on_day TEXT)'}
DUE = "due"
DONE_LATE = "done_late"
_ITEM = (
    "code TEXT, kind TEXT, id TEXT, dossier TEXT, department TEXT, member TEXT, since TEXT, due_on TEXT, late INTEGER, "
    "days INTEGER, zh TEXT, en TEXT"
)
CREATE[DUE] = f"CREATE TABLE {DUE} ({_ITEM})"
CREATE[DONE_LATE] = f"CREATE TABLE {DONE_LATE} ({_ITEM}, done_on TEXT)"
# Whom the policy puts first (`priority:` of the packs): place 1 is the first.
PLACE = "place"
CREATE[PLACE] = f"CREATE TABLE {PLACE} (dossier TEXT, department TEXT, place INTEGER, class TEXT)"
DESTROYED = "destroyed"
CREATE[DESTROYED] = f'CREATE TABLE {DESTROYED} (id TEXT, "on" TEXT, "by" TEXT, reason TEXT)'
PAUSE = "pause"
CREATE[PAUSE] = f"CREATE TABLE {PAUSE} (code TEXT, record TEXT, since, until)"
INDICATOR = "indicator"
CREATE[INDICATOR] = f"CREATE TABLE {INDICATOR} (role TEXT, name TEXT, zh TEXT, en TEXT, nth INTEGER)"
CREATE |= measures.CREATE | standards.CREATE | handbook.CREATE
FUNCTIONS = (("working_days", 2), *measures.FUNCTIONS)


def provide(connection: Connection, ledger: Ledger, tables: AbstractSet[str], as_of: date) -> None:
    """Add to a snapshot what of this its questions read (`tables`: all they read)."""
    connection.create_function("working_days", 2, working_days(ledger), deterministic=True)
    measures.add_measures(connection, ledger, tables)
    standards.add_standards(connection, ledger, tables, as_of)
    handbook.add_handbook(connection, ledger, tables)
    add_approvals(connection, ledger, tables)
    if PLACE in tables:
        from crmctl.ledger.reading.standing import places

        connection.execute(CREATE[PLACE])
        connection.executemany(f"INSERT INTO {PLACE} VALUES (?, ?, ?, ?)", places(ledger, as_of))  # noqa: S608
    if PAUSE in tables:
        from crmctl.ledger.reading.pauses import pauses_told

        connection.execute(CREATE[PAUSE])
        connection.executemany(f"INSERT INTO {PAUSE} VALUES (?, ?, ?, ?)", pauses_told(connection, ledger))  # noqa: S608 (a constant)
    if INDICATOR in tables:
        connection.execute(CREATE[INDICATOR])
        connection.executemany(f"INSERT INTO {INDICATOR} VALUES (?, ?, ?, ?, ?)", _indicators(ledger))  # noqa: S608 (a constant)
    if DESTROYED in tables:
        connection.execute(CREATE[DESTROYED])
        connection.executemany(f"INSERT INTO {DESTROYED} VALUES (?, ?, ?, ?)", _destroyed(ledger))  # noqa: S608 (a constant)
    if FIRST_ENTRY not in tables:
        return
    connection.execute(CREATE[FIRST_ENTRY])
    for kind in ledger.in_force.kinds.values():
        if kind.table in tables and not kind.monthly:
            question = f'SELECT id, rev, entered_by, entered_at, entered_on, path FROM "{kind.table}"'  # noqa: S608 (a kind's)
            rows = connection.execute(question).fetchall()
            found = [(kind.name, *entry) for entry in _entries(ledger, rows)]
            connection.executemany("INSERT INTO first_entry VALUES (?, ?, ?, ?, ?)", found)


def _indicators(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    from crmctl.policy.indicators import read_indicators

    packs = (raw for _path, raw in packs_in_force(ledger.in_force.raw))
    for nth, one in enumerate(read_indicators(packs)):
        zh, en = one.standard or (None, None)
        yield one.role, one.name, zh, en, nth


def working_days(ledger: Ledger) -> Callable[[object, object], int | None]:
    """A function of two days (ISO text): working days after the first up to the second, None without both."""
    calendars: list[WorkCalendar] = []  # read at the first row that asks
    known: dict[tuple[str, str], int] = {}  # thousands of rows have few days between them

    def count(first: object, last: object) -> int | None:
        if not (isinstance(first, str) and isinstance(last, str)):
            return None
        if not calendars:
            calendars.append(work_calendar(ledger))
        if (first, last) not in known:
            known[first, last] = calendars[0].workdays_between(
                date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
            )
        return known[first, last]

    return count


def kinds_behind(ledger: Ledger, tables: AbstractSet[str]) -> Iterator[str]:
    """The kinds that a provided table draws on besides those a question names: what clocks look at."""
    if PAUSE in tables:
        paused = [clock for clock in ledger.in_force.pack.clocks if clock.pauses]
        yield from dict.fromkeys(pause.kind or clock.on for clock in paused for pause in clock.pauses)
    if not tables.isdisjoint({DUE, DONE_LATE}):
        kinds = ledger.in_force.kinds
        yield from dict.fromkeys(clock.on for clock in ledger.in_force.pack.clocks if clock.on in kinds)


def due_kinds(ledger: Ledger, tables: AbstractSet[str], as_of: date) -> list[str]:
    """The kinds that `add_due` has to find in the snapshot."""
    if tables.isdisjoint({DUE, DONE_LATE}):
        return []
    from crmctl.ledger.reading.due import agenda_kinds

    return agenda_kinds(ledger, as_of)


def add_due(connection: Connection, ledger: Ledger, tables: AbstractSet[str], as_of: date) -> None:
    """Add what is due, where questions read it, before anything is withheld: a clock looks at whole records."""
    if tables.isdisjoint({DUE, DONE_LATE}):
        return
    from crmctl.ledger.reading.due import agenda
    from crmctl.rules.due_parts import Whose

    org = ledger.in_force.org
    everybody = Whose(frozenset(org.members), frozenset(org.departments))
    done_late = DONE_LATE in tables
    found = agenda(ledger, everybody, as_of, done_late=done_late, connection=connection)
    connection.execute(CREATE[DUE])
    connection.executemany(f"INSERT INTO {DUE} VALUES ({', '.join('?' * 12)})", map(_item, found.items))  # noqa: S608
    if done_late:
        connection.execute(CREATE[DONE_LATE])
        rows = ((*_item(one), one.done.isoformat() if one.done else None) for one in found.done_late)
        connection.executemany(f"INSERT INTO {DONE_LATE} VALUES ({', '.join('?' * 13)})", rows)  # noqa: S608


def _item(item: Due) -> tuple[object, ...]:
    return (
        item.code, item.kind, item.id, item.dossier, item.department, item.who[0] if item.who else None,
        item.since.isoformat(), item.due.isoformat() if item.due else None, item.late, item.late_days, *item.text,
    )  # fmt: skip


def _destroyed(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    from crmctl.ledger.reading.tombstones import tombstones

    for erased in tombstones(ledger):
        stone = erased.tombstone
        yield stone.id, stone.on.isoformat(), stone.by, stone.reason


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
