"""Records of a kind as mappings of dates, moments and text: what rules that look at single fields need."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from sqlite3 import Connection
from typing import Any

from crmctl.ledger.snapshot.tables import shape_of
from crmctl.model.condition import Leaf
from crmctl.model.kinds import Field, Kind

_OUTER = ("id", "dossier", "department", "compartment", "path", "rev", "entered_by", "entered_for", "entered_at",
          "to_confirm")  # fmt: skip
_MARKS = dict.fromkeys(("known_since", "confirmed_on"), "date") | {"entered_at": "instant"}


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One record (or one entry of a list in it): where it lies, and the values asked for by dotted name."""

    id: str
    dossier: str
    department: str | None
    compartment: str
    path: str
    rev: int
    values: dict[str, object] = field(default_factory=dict)
    unverified: dict[str, date] = field(default_factory=dict)


def typed_rows(
    connection: Connection, kind: Kind, names: Collection[str], zone: tzinfo, needed: str, leaves: Sequence[Leaf] = (),
    further: tuple[Sequence[str], Sequence[object]] = ((), ()),
) -> Iterator[TypedRow]:  # fmt: skip
    """The records of a kind in which `needed` (a field, or `unverified`) has a value.

    `leaves` let SQL leave out what cannot fit; whoever asks still has to test them. `further` are more
    conditions in SQL, with their parameters. A name inside a list gives one row for each entry of it.
    """
    known = {name for name, _affinity in shape_of(kind).columns}
    fields = {name: found for name, found in kind.walk() if name in names}
    lists = {name.partition(".")[0] for name in fields if _list_of(kind, name)}
    columns = {name: _column(kind, name) for name in names if _column(kind, name) in known}
    wanted = [*_OUTER, "unverified", *(column for column in dict.fromkeys(columns.values()) if column not in _OUTER)]
    has = columns.get(needed, needed)
    if has not in known:
        return
    conditions = [f'"{has}" IS NOT NULL']
    parameters: list[object] = []
    for leaf in leaves:
        column = columns.get(leaf.name)
        if column and leaf.operator in {"=", "in", "!=", "not in"} and _is_text(kind, leaf.name):
            word = "IN" if leaf.operator in {"=", "in"} else "NOT IN"
            conditions.append(f'"{column}" {word} ({", ".join("?" * len(leaf.literals))})')
            parameters += leaf.literals
    conditions += further[0]
    parameters += further[1]
    quoted = ", ".join(f'"{column}"' for column in dict.fromkeys(wanted))
    sql = f'SELECT {quoted} FROM "{kind.table}" WHERE {" AND ".join(conditions)} ORDER BY id'
    for cells in connection.execute(sql, parameters):
        row = dict(zip(dict.fromkeys(wanted), cells, strict=True))
        yield from _rows(row, columns, fields, lists, zone)


def latest_days(connection: Connection, kind: Kind, name: str) -> dict[tuple[str, str | None], str]:
    """The last day a date or moment field has, as text (ISO 8601), by dossier and department."""
    column = _column(kind, name)
    found = kind.field(name)
    day = f"{column}_on" if found is not None and found.type == "instant" else column
    sql = f'SELECT dossier, department, max("{day}") FROM "{kind.table}" WHERE "{day}" IS NOT NULL GROUP BY 1, 2'
    return {(dossier, department): text for dossier, department, text in connection.execute(sql)}


def latest_by_reference(connection: Connection, kind: Kind, name: str, ref: str) -> Iterator[tuple[str, date]]:
    """The last day a date or moment field has among the records that refer to each other record by `ref`."""
    column, about = _column(kind, name), _column(kind, ref)
    found = kind.field(name)
    day = f"{column}_on" if found is not None and found.type == "instant" else column
    there = f'"{day}" IS NOT NULL AND "{about}" IS NOT NULL'
    sql = f'SELECT "{about}", max("{day}") FROM "{kind.table}" WHERE {there} GROUP BY 1'
    for record_id, text in connection.execute(sql):
        yield record_id, date.fromisoformat(text)


def _rows(
    row: dict[str, Any], columns: dict[str, str], fields: dict[str, Field], lists: set[str], zone: tzinfo
) -> Iterator[TypedRow]:
    marks = json.loads(str(row["unverified"])) if row["unverified"] else {}
    plain = {
        name: _typed(fields[name].type if name in fields else _MARKS.get(name, "text"), row[column], zone)
        for name, column in columns.items() if name.partition(".")[0] not in lists
    }  # fmt: skip
    plain |= {"entered_by": row["entered_by"], "entered_for": row["entered_for"], "to_confirm": row["to_confirm"]}
    plain["entered_at"] = _typed("instant", row["entered_at"], zone)
    unverified = {name: date.fromisoformat(day) for name, day in marks.items()}
    whole = TypedRow(
        row["id"], row["dossier"], row["department"], row["compartment"], row["path"], row["rev"], plain, unverified
    )
    if not lists:
        yield whole
    for name in lists:
        for entry in json.loads(str(row[name])) if row.get(name) else []:
            inner = {
                dotted: _typed(found.type, entry.get(dotted.partition(".")[2]), zone)
                for dotted, found in fields.items() if dotted.startswith(f"{name}.")
            }  # fmt: skip
            yield replace(whole, values={**plain, **inner})


def _typed(kind_of: str, cell: object, zone: tzinfo) -> object:
    if cell is None:
        return None
    if kind_of == "instant":
        moment = datetime.fromtimestamp(cell, zone) if isinstance(cell, int) else datetime.fromisoformat(str(cell))
        return moment.astimezone(zone)
    if kind_of == "date":
        return date.fromisoformat(str(cell))
    return bool(cell) if kind_of == "bool" else cell


def _column(kind: Kind, name: str) -> str:
    return name.partition(".")[0] if _list_of(kind, name) else name.replace(".", "_")


def _list_of(kind: Kind, name: str) -> bool:
    outer = kind.field(name.partition(".")[0])
    return "." in name and outer is not None and outer.type == "list"


def _is_text(kind: Kind, name: str) -> bool:
    found = kind.field(name)
    return name == "state" or (found is not None and found.type == "choice" and not found.many)
