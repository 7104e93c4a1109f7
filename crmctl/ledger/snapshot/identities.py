"""By what the parties in the ledger are recognised, ready to be looked up: a new one is held against few, not all.

Two parties can only be the same when they share a key: a credit code, phone or code, a folded name,
or a piece of a name. The keys of those the member can open are kept sealed like everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.difference import Entry, Present
from crmctl.ledger.snapshot.part import Part
from crmctl.ledger.snapshot.records import kind_segment, kind_shape, opened, taker
from crmctl.ledger.snapshot.segment import Made, Row, Segment
from crmctl.ledger.snapshot.store import connection_in_memory, notes_of, part_of
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.rules.duplicates import PIECE, Identity, identity_of, keys_of, pieces_of, rarest

IDENTITIES = 1
_EDGE = "\x1f"


def identity_segment(in_force: InForce, kind: Kind) -> Segment:
    """The table `identity_key`: key → id of the records of a kind that says by what it is recognised."""
    return Segment(
        f"identity-{kind.name}", kind_shape(in_force, kind, IDENTITIES), "identity_key",
        (("key", "TEXT"), ("id", "TEXT")), taker(kind), key_rows, kind.name, key="id", key_of=_id_of,
        primary=("key", "id"),
    )  # fmt: skip


def alike(ledger: Ledger, kind: Kind, identity: Identity) -> list[Identity]:
    """The records the member can open that share a key with `identity`, with all that identifies them."""
    return alike_any(ledger, kind, [identity])


def alike_any(ledger: Ledger, kind: Kind, identities: Sequence[Identity]) -> list[Identity]:
    """Like `alike` for several at once: the records that share a key with one of them."""
    part = _part(ledger, kind)
    wanted = {_EDGE.join(key) for own in keys_of(identities) for key in own if key[0] != PIECE}
    for pieces in (pieces for identity in identities for pieces in pieces_of(identity)):
        keys = [f"{PIECE}{_EDGE}{piece}" for piece in pieces]
        sizes = _rows(part, "SELECT key, count(*) FROM identity_key WHERE key IN ({}) GROUP BY key", keys)
        wanted.update(rarest({str(key): int(count) for key, count in sizes}))
    ids = [row[0] for row in _rows(part, "SELECT DISTINCT id FROM identity_key WHERE key IN ({})", sorted(wanted))]
    return _identities(ledger, kind, ids) if ids else []


def key_rows(ledger: Ledger, kind_name: str, entries: Sequence[Entry]) -> Iterator[Made]:
    """Open each record and make its keys."""
    kind = ledger.in_force.kinds[kind_name]

    def make(_path: str, record: Record) -> list[Row]:
        return _keys([identity_of(kind, record.data, record.id)])[0]

    return opened(ledger, entries, make)


def identity_in(kind: Kind, record_id: str, cells: Sequence[Value]) -> Identity:
    """The identity in a row of the kind's table: its columns in the order of `kind.identity`."""
    data: dict[str, Value] = {
        name: json.loads(str(cell)) if cell is not None and _is_json(kind, name) else cell
        for name, cell in zip(kind.identity, cells, strict=True)
    }
    return identity_of(kind, data, record_id)


def columns_of(kind: Kind) -> str:
    """The identifying columns for a SELECT, the id first."""
    return ", ".join(f'"{name}"' for name in ("id", *kind.identity))


def _part(ledger: Ledger, kind: Kind) -> Part:
    notes, present = notes_of(ledger), Present(ledger)
    part = Part(connection_in_memory(), "main", identity_segment(ledger.in_force, kind))
    part.load(notes)
    if part.basis is None or present.since(part.basis) is None:
        _from_table(part, present, kind)
    elif part.basis != present.basis:
        from crmctl.ledger.snapshot.refresh import refresh

        refresh(part, present)
    part.keep(notes)
    return part


def _from_table(part: Part, present: Present, kind: Kind) -> None:
    """Make all keys from the kind's own segment: folding many names together is ten times faster."""
    table = part_of(connection_in_memory(), "main", kind_segment(present.ledger.in_force, kind), present)
    sql = f'SELECT path, {columns_of(kind)} FROM "{kind.table}"'
    found = [(path, identity_in(kind, one, cells)) for path, one, *cells in table.connection.execute(sql)]
    made: Mapping[str, list[Row]] = dict(
        zip((path for path, _one in found), _keys([one for _path, one in found]), strict=True)
    )
    part.start()
    part.change({path: Made(path, generation, made.get(path, [])) for path, generation in table.sources()})
    part.basis = present.basis


def _identities(ledger: Ledger, kind: Kind, ids: Sequence[str]) -> list[Identity]:
    table = part_of(connection_in_memory(), "main", kind_segment(ledger.in_force, kind), Present(ledger))
    sql = f'SELECT {columns_of(kind)} FROM "{kind.table}" WHERE id IN ({{}}) ORDER BY id'
    return [identity_in(kind, one, cells) for one, *cells in _rows(table, sql, ids)]


def _rows(part: Part, sql: str, values: Sequence[str]) -> list[tuple[str, ...]]:
    return part.connection.execute(sql.format(", ".join("?" * len(values))), values).fetchall()


def _keys(identities: Sequence[Identity]) -> list[list[Row]]:
    keys = keys_of(identities)
    return [
        [(_EDGE.join(key), one.id) for key in dict.fromkeys(own)] for one, own in zip(identities, keys, strict=True)
    ]


def _id_of(path: str) -> str:
    place = place_of(path)
    return (place.record_id if place.folder else place.dossier) if place else ""


def _is_json(kind: Kind, name: str) -> bool:
    field = kind.field(name)
    return field is not None and (field.many or field.type == "codes")
