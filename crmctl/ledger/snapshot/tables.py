"""The SQL shape of a kind: its columns, and the rows of one opened record.

Every table has `id, dossier, department, compartment, state, rev, entered_by, entered_for,
entered_at (UTC seconds), entered_on (local day), …, to_confirm (member ids), path` before the kind's own columns.
Groups become `<group>_<field>` columns; lists and many-valued fields are JSON text. What a score sheet comes to is
a column like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from crmctl.model.dossier import is_office
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.kinds import Field, Kind
from crmctl.model.monthly import asked_in
from crmctl.model.record import Record
from crmctl.model.score_sheet import computed
from crmctl.model.values import Value

SqlValue = int | str | None
ENVELOPE = (
    ("id", "TEXT"), ("dossier", "TEXT"), ("department", "TEXT"), ("compartment", "TEXT"), ("state", "TEXT"),
    ("rev", "INTEGER"), ("entered_by", "TEXT"), ("entered_for", "TEXT"), ("entered_at", "INTEGER"),
    ("entered_on", "TEXT"), ("unverified", "TEXT"), ("known_since", "TEXT"), ("confirmed_on", "TEXT"),
    ("to_confirm", "TEXT"), ("path", "TEXT"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind's table: name, and its columns with their affinity."""

    table: str
    columns: tuple[tuple[str, str], ...]

    @property
    def create(self) -> str:
        """The statement that makes the table."""
        columns = ", ".join(f'"{name}" {affinity}' for name, affinity in self.columns)
        return f'CREATE TABLE "{self.table}" ({columns})'

    @property
    def insert(self) -> str:
        """The statement that adds a row."""
        return f'INSERT INTO "{self.table}" VALUES ({", ".join("?" * len(self.columns))})'


# by the kind's place in memory, which is no other's while the kind is kept here too
_shapes: dict[int, tuple[Kind, Shape]] = {}
_SHAPES_KEPT = 1000


def shape_of(kind: Kind) -> Shape:
    """The table of a kind."""
    known = _shapes.get(id(kind))
    if known is None:
        own = [column for field in kind.fields for column in columns_of(field, "")]
        if len(_shapes) >= _SHAPES_KEPT:
            _shapes.clear()
        known = _shapes[id(kind)] = (kind, Shape(kind.table, (*ENVELOPE, *own)))
    return known[1]


def columns_of(field: Field, prefix: str) -> Iterator[tuple[str, str]]:
    """The columns of one field with their affinity; `prefix` is that of the groups around it."""
    name = prefix + field.name
    if field.type == "group":
        for inner in field.fields:
            yield from columns_of(inner, f"{name}_")
    elif field.many or field.type not in FIELD_TYPES:
        yield name, "TEXT"
    else:
        yield from FIELD_TYPES[field.type].column_types(name).items()


def rows_of(kind: Kind, record: Record, path: str, currency: str) -> Iterator[tuple[SqlValue, ...]]:
    """The rows of one record: one, or one an entry for kinds stored by the month."""
    if not kind.monthly:
        outer = (record.id, record.by, record.for_, record.at)
        yield _row(kind, record, outer, record.data, path, currency)
        return
    rows = record.data.get("rows")
    for entry in rows if isinstance(rows, list) else []:
        if isinstance(entry, dict):
            outer = (str(entry["id"]), str(entry["by"]), _text(entry.get("for")), str(entry["at"]))
            yield _row(kind, replace(record, to_confirm=asked_in(entry)), outer, entry, path, currency)


def _row(
    kind: Kind,
    record: Record,
    outer: tuple[str, str, str | None, str],
    data: dict[str, Value],
    path: str,
    currency: str,
) -> tuple[SqlValue, ...]:
    record_id, by, for_, at = outer
    entered = datetime.fromisoformat(at)
    unverified = json.dumps(record.unverified, ensure_ascii=False) if record.unverified else None
    envelope: tuple[SqlValue, ...] = (
        record_id, record.dossier, _department(record), record.compartment, _text(data.get("state")), record.rev, by,
        for_, int(entered.timestamp()), at[:10], unverified, record.known_since, record.confirmed_on,
        " ".join(record.to_confirm) or None, path,
    )  # fmt: skip
    said = {**data, **computed(kind, data)}
    own = [value for field in kind.fields for value in _values(field, said.get(field.name), currency)]
    return (*envelope, *own)


def _values(field: Field, value: Value, currency: str) -> Iterator[SqlValue]:
    if field.type == "group":
        inside = value if isinstance(value, dict) else {}
        for inner in field.fields:
            yield from _values(inner, inside.get(inner.name), currency)
    elif field.many or field.type not in FIELD_TYPES:
        yield None if value is None else json.dumps(value, ensure_ascii=False)
    else:
        kind_of = FIELD_TYPES[field.type]
        yield from kind_of.columns(field.name, value, {"currency": currency, **field.options}).values()


def _department(record: Record) -> str | None:
    if is_office(record.dossier):
        return record.dossier.removeprefix("office/")
    return record.compartment.partition("/")[0] if "/" in record.compartment else None


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
