"""One customer's records as SQL tables, as a change would leave them: what guards look at (DESIGN 5).

Only that dossier is opened, so that entering a record costs the same in a small ledger and a large one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from sqlite3 import Connection
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import FIXED
from crmctl.ledger.snapshot.records import opened, taker
from crmctl.ledger.snapshot.store import connection_in_memory
from crmctl.ledger.snapshot.tables import rows_of, shape_of
from crmctl.ledger.workdays import work_calendar
from crmctl.model.dossier import Dossier, folder_of
from crmctl.model.duration import DurationError, parse_duration
from crmctl.model.fields import period_bounds
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of
from crmctl.model.record import Record
from crmctl.rules.calendar import add_months
from crmctl.rules.deadline import deadline

if TYPE_CHECKING:
    from crmctl.ledger.snapshot.difference import Entry
    from crmctl.ledger.snapshot.segment import Row

FUNCTIONS = (("later", 2), ("earlier", 2), ("first_day", 1), ("last_day", 1))
_WORD = re.compile(r"\w+")
_KEPT = 32


@dataclass
class Found:
    """The records of one kind in a dossier that open, and in which departments some do not (None: in all)."""

    records: dict[str, Record] = field(default_factory=dict)
    unseen: set[str | None] = field(default_factory=set)


@dataclass(frozen=True)
class Closeup:
    """The tables of one dossier. `records` maps each kind to its records by path; `unseen` to what does not open."""

    connection: Connection
    records: Mapping[str, Mapping[str, Record]]
    unseen: Mapping[str, Collection[str | None]]

    def sees(self, tables: Iterable[str], department: str | None) -> bool:
        """Whether every record of these kinds opened (of one department's, where it matters)."""
        for kind in tables:
            missing = self.unseen.get(kind, ())
            if missing and (department is None or {department, None} & set(missing)):
                return False
        return True


# An import asks row after row for the same customer; a ledger object stands on one commit for ever.
_OPENED: WeakKeyDictionary[Ledger, dict[tuple[str, str], Found]] = WeakKeyDictionary()


def closeup(
    ledger: Ledger, dossier: Dossier, kinds: Iterable[str], changed: Mapping[str, Record] | None = None
) -> Closeup:
    """The records of `kinds` in a dossier as tables; `changed` (by path) goes before what the ledger holds."""
    connection = connection_in_memory()
    connection.executescript(FIXED)
    _clear(connection, ledger, dossier)
    records: dict[str, dict[str, Record]] = {}
    unseen: dict[str, Collection[str | None]] = {}
    currency = ledger.in_force.settings.currency
    for kind, found in _found(ledger, dossier.id, [ledger.in_force.kinds[name] for name in dict.fromkeys(kinds)]):
        name = kind.name
        own = {path: record for path, record in (changed or {}).items() if record.kind == name}
        records[name] = {**found.records, **own}
        unseen[name] = found.unseen
        shape = shape_of(kind)
        connection.execute(shape.create)
        rows: list[Row] = [
            row for path, record in records[name].items() for row in rows_of(kind, record, path, currency)
        ]
        connection.executemany(shape.insert, rows)
    add_functions(connection, ledger)
    return Closeup(connection, records, unseen)


def kinds_named(sql: str, kinds: Mapping[str, Kind]) -> set[str]:
    """The kinds whose tables a question may read: every word of it that is a table's name."""
    words = set(_WORD.findall(sql))
    return {kind.name for kind in kinds.values() if kind.table in words}


def add_functions(connection: Connection, ledger: Ledger) -> None:
    """Give SQL `later(day, span)` and `earlier(day, span)`: a date moved by a span, months stopping at their end."""

    def later(day: object, span: object) -> str | None:
        return _moved(ledger, day, span, 1)

    def earlier(day: object, span: object) -> str | None:
        return _moved(ledger, day, span, -1)

    connection.create_function("first_day", 1, lambda period: _bound(period, 0), deterministic=True)
    connection.create_function("last_day", 1, lambda period: _bound(period, 1), deterministic=True)
    connection.create_function("later", 2, later, deterministic=True)
    connection.create_function("earlier", 2, earlier, deterministic=True)


def _bound(period: object, which: int) -> str | None:
    """The first or last day of a period such as `2026H1`; None for what is none."""
    try:
        return period_bounds(str(period))[which].isoformat()
    except ValueError:
        return None


def _moved(ledger: Ledger, day: object, span: object, way: int) -> str | None:
    """A day moved; None for what is no day or span, as SQL expects."""
    try:
        start, length = date.fromisoformat(str(day)[:10]), parse_duration(str(span))
    except (ValueError, DurationError):
        return None
    if length.unit == "working day":
        return deadline(work_calendar(ledger), start, length).day.isoformat() if way > 0 else None
    if length.unit == "day":
        return (start + timedelta(days=way * length.count)).isoformat()
    if length.unit in {"month", "year"}:
        return add_months(start, way * length.count * (12 if length.unit == "year" else 1)).isoformat()
    return start.isoformat() if length.unit == "same day" else None


def _found(ledger: Ledger, dossier_id: str, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, Found]]:
    kept = _OPENED.setdefault(ledger, {})
    entries: list[Entry] | None = None
    for kind in kinds:
        key = (dossier_id, kind.name)
        if key not in kept:
            entries = _entries(ledger, dossier_id) if entries is None else entries
            if len(kept) >= _KEPT:
                kept.pop(next(iter(kept)))
            kept[key] = _open(ledger, kind, entries)
        yield kind, kept[key]


def _entries(ledger: Ledger, dossier_id: str) -> list[Entry]:
    folder = folder_of(dossier_id)
    there = ledger.repo.entry(ledger.head, folder) is not None
    return list(ledger.repo.walk(ledger.head, folder)) if there else []


def _open(ledger: Ledger, kind: Kind, entries: Iterable[Entry]) -> Found:
    found, takes = Found(), taker(kind)

    def keep(path: str, record: Record) -> list[Row]:
        found.records[path] = record
        return []

    for made in opened(ledger, [entry for entry in entries if takes(entry[0])], keep):
        place = place_of(made.path)
        if made.path not in found.records and place is not None:
            found.unseen.add(place.compartment.partition("/")[0] if "/" in place.compartment else None)
    return found


def _clear(connection: Connection, ledger: Ledger, dossier: Dossier) -> None:
    org = ledger.in_force.org
    connection.executemany(
        "INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (dossier.id, department, a.owner, " ".join(a.team), a.keeper, a.state, a.since.isoformat())
            for department, a in dossier.assignments.items()
        ],
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO role VALUES (?, ?, ?, ?, ?)",
        [
            (m.id, r.role, r.department, r.since.isoformat(), r.until.isoformat() if r.until else None)
            for m in org.members.values() for r in m.roles
        ],
    )  # fmt: skip
