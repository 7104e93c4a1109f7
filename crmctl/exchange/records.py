"""The records of a kind that a member can open, each with what an import or export needs to know of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.question import ask
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, find_row
from crmctl.model.record import Record
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Held:
    """One record, or one entry of a monthly file (`row` is its id then). `data` are the kind's fields."""

    id: str
    path: str
    record: Record
    data: Mapping[str, Value]
    row: str | None = None

    @property
    def department(self) -> str:
        """The department whose compartment it lies in; empty for the card."""
        return self.record.compartment.partition("/")[0] if "/" in self.record.compartment else ""

    @property
    def version(self) -> str:
        """The record's version number; of an entry in a monthly file a digest, because others change that file too."""
        if self.row is None:
            return str(self.record.rev)
        text = json.dumps(self.data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Holding:
    """What the member can open of a kind, and how many records of it there are."""

    records: tuple[Held, ...]
    opened: int
    existing: int


def held(ledger: Ledger, kind: Kind, where: str | None = None) -> Holding:
    """The records of `kind` that fit the SQL condition, by id. Raises InvalidInput for the condition."""
    connection = connect(ledger, [kind.name])
    condition = f" WHERE ({where}\n)" if where else ""
    found = ask(connection, f'SELECT id, path FROM "{kind.table}"{condition} ORDER BY id').rows  # noqa: S608 - read only
    counts = connection.execute(
        "SELECT coalesce(sum(opened), 0), coalesce(sum(existing), 0) FROM coverage WHERE kind = ?", (kind.name,)
    ).fetchone()
    return Holding(tuple(_opened(ledger, kind, found)), counts[0], counts[1])


def _opened(ledger: Ledger, kind: Kind, found: tuple[tuple[object, ...], ...]) -> Iterator[Held]:
    read: dict[str, Record] = {}
    for record_id, path in ((str(row[0]), str(row[1])) for row in found):
        if path not in read:
            read[path] = ledger.read(path)
        record = read[path]
        if not kind.monthly:
            yield Held(record_id, path, record, record.data)
            continue
        row = find_row(record.data, record_id)
        if row is not None:
            yield Held(record_id, path, record, fields_of(row), record_id)
