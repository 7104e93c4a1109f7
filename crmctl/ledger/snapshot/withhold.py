"""Take sensitive fields out of a connection before a report's questions are put to it (R-ACL-20)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator

from crmctl.ledger.snapshot.tables import columns_of
from crmctl.model.kinds import Field, Kind
from crmctl.model.sensitive import class_of, without

Withheld = tuple[str, str]  # kind, dotted name of the field


def withhold(
    connection: sqlite3.Connection, kinds: Iterable[Kind], classes: Collection[str], read: Collection[tuple[str, str]]
) -> tuple[Withheld, ...]:
    """Empty the fields of these classes in the tables of `kinds`.

    Returns those that held something in a column of `read` (table, column): what an answer now lacks.
    """
    missed: list[Withheld] = []
    for kind in kinds:
        for name, column, whole in _marked(kind.fields, classes, "", ""):
            if whole is None:
                done = connection.execute(
                    f'UPDATE "{kind.table}" SET "{column}" = NULL WHERE "{column}" IS NOT NULL'
                ).rowcount
            else:
                done = _cut(connection, kind.table, column, whole, classes)
            if done and (kind.table, column) in read:
                missed.append((kind.name, name))
    connection.commit()
    return tuple(dict.fromkeys(missed))


def _marked(
    fields: Iterable[Field], classes: Collection[str], dotted: str, prefix: str
) -> Iterator[tuple[str, str, Field | None]]:
    """Dotted name, column, and the field whose value is JSON and holds marked ones inside (None: the column goes)."""
    for field in fields:
        name = dotted + field.name
        if class_of(field) in classes:
            for column, _affinity in columns_of(field, prefix):
                yield name, column, None
        elif field.type == "group" and not field.many:
            yield from _marked(field.fields, classes, f"{name}.", f"{prefix}{field.name}_")
        else:
            for inner in field.fields:
                if class_of(inner) in classes:
                    yield f"{name}.{inner.name}", prefix + field.name, field


def _cut(connection: sqlite3.Connection, table: str, column: str, field: Field, classes: Collection[str]) -> int:
    changed = []
    for row, text in connection.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):
        items = json.loads(text)
        kept = [without(field.fields, item, classes) if isinstance(item, dict) else item for item in items]
        if kept != items:
            changed.append((json.dumps(kept, ensure_ascii=False), row))
    connection.executemany(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', changed)
    return len(changed)
