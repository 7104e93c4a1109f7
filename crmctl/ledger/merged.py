"""Two dossiers of one party: the merged one keeps its records and keys, and means the kept one from then on (R-UPD-09).

Paths never change and a sealed file stays where it is, so that nothing is moved. The merged card
names the kept one (`merged_into`), its assignments are in the state `merged`; whoever looks a
customer up finds the kept one, and in SQL the merged one's records are the kept one's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from crmctl.errors import NoKey, NotFound
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Field, Kind
from crmctl.model.paths import record_path

if TYPE_CHECKING:
    from sqlite3 import Connection

MERGED = "merged"
INTO = "merged_into"
CARD = "customer"
_CHAIN = 20


def kept_instead(ledger: Ledger, dossier_id: str) -> str:
    """The dossier that stands for this one: itself, unless it was merged into another that can be seen."""
    for _step in range(_CHAIN):
        further = _merged_into(ledger, dossier_id)
        if further is None:
            return dossier_id
        dossier_id = further
    return dossier_id


def fold_merged(connection: Connection, ledger: Ledger, kinds: Collection[str]) -> None:
    """Make the records of merged dossiers those of the kept ones in the tables of `kinds`."""
    rows = connection.execute("SELECT DISTINCT dossier FROM assignment WHERE state = ?", (MERGED,)).fetchall()
    merged = {old: new for (old,) in rows if (new := kept_instead(ledger, old)) != old}
    for name in kinds if merged else ():
        _fold_kind(connection, ledger.in_force.kinds[name], merged)
    if merged and CARD in kinds:  # a merged card is no customer that could be seen or missed
        fewer = "UPDATE coverage SET existing = existing - ?1, opened = opened - ?1 WHERE kind = ?2"
        connection.execute(fewer, (len(merged), CARD))
    if merged:
        connection.executemany("INSERT INTO _merged VALUES (?, ?)", list(merged.items()))
        connection.executemany("DELETE FROM assignment WHERE dossier = ?", [(old,) for old in merged])


def _merged_into(ledger: Ledger, dossier_id: str) -> str | None:
    try:
        dossier = ledger.dossier(dossier_id)
        if not any(assignment.state == MERGED for assignment in dossier.assignments.values()):
            return None
        found = ledger.read(record_path(ledger.in_force.kinds[CARD], dossier_id, "core", dossier_id)).data.get(INTO)
    except (NoKey, NotFound, KeyError):
        return None
    return str(found) if found else None


def _fold_kind(connection: Connection, kind: Kind, merged: Mapping[str, str]) -> None:
    table = f'"{kind.table}"'
    if kind.scope == "core":
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(old,) for old in merged])  # noqa: S608 - compiled
    ways = [(new, old) for old, new in merged.items()]
    connection.executemany(f"UPDATE {table} SET dossier = ? WHERE dossier = ?", ways)  # noqa: S608 - compiled
    for column, inside in _referring(kind):
        # an id is like nothing else in a document, so that it can be exchanged as text
        here = f'"{column}" = replace("{column}", ?2, ?1)' if inside else f'"{column}" = ?1'
        which = f'instr("{column}", ?2)' if inside else f'"{column}" = ?2'
        connection.executemany(f"UPDATE {table} SET {here} WHERE {which}", ways)  # noqa: S608 - compiled


def _referring(kind: Kind) -> Iterator[tuple[str, bool]]:
    """Columns that hold a customer's id, and whether it stands inside a document."""
    for field in kind.fields:
        if field.name == INTO:
            continue
        if _refers(field):
            yield field.name, field.many
        elif field.type == "group":
            yield from ((f"{field.name}_{inner.name}", inner.many) for inner in field.fields if _refers(inner))
        elif any(_refers(inner) for inner in field.fields):
            yield field.name, True


def _refers(field: Field) -> bool:
    return field.type == "ref" and field.options.get("to") == CARD
