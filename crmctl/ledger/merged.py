"""Two dossiers of one party: the merged one keeps its records and keys, and means the kept one from then on (R-UPD-09).

Paths never change and a sealed file stays where it is, so that nothing is moved. The merged card
names the kept one (`merged_into`), its assignments are in the state `merged`; whoever looks a
customer up finds the kept one, and in SQL the merged one's records are the kept one's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crmctl.errors import NoKey, NotFound, Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Field, Kind
from crmctl.model.paths import record_path
from crmctl.model.values import Value

if TYPE_CHECKING:
    from sqlite3 import Connection

MERGED = "merged"
INTO = "merged_into"
_CARD = "customer"
_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge did: fields the kept card gained, those where both said something else (the kept one's stays)."""

    kept: str
    merged: str
    gained: tuple[str, ...]
    differ: tuple[str, ...]
    commit: str | None


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
    if merged and _CARD in kinds:  # a merged card is no customer that could be seen or missed
        fewer = "UPDATE coverage SET existing = existing - ?1, opened = opened - ?1 WHERE kind = ?2"
        connection.execute(fewer, (len(merged), _CARD))
    if merged:
        connection.executemany("DELETE FROM assignment WHERE dossier = ?", [(old,) for old in merged])


def merge(ledger: Ledger, keep: str, other: str, reason: str, *, dry_run: bool = False) -> Merge:
    """Let `keep` stand for `other` from now on.

    Raises NotFound, NoKey, UsageError for one and the same, Refused where a department deals with
    the other only, or for somebody who may arrange neither. `undo` takes it back.
    """
    from crmctl.ledger import lookup
    from crmctl.ledger.draft import Draft, Origin

    kept, gone = lookup.customer(ledger, keep), lookup.customer(ledger, other)
    if kept == gone:
        raise UsageError(_("These are one and the same customer"), where=kept, hint="crmctl dedupe")
    draft = Draft(ledger)
    _must_cover(ledger, draft.dossier(kept), draft.dossier(gone))
    kind = draft.kind(_CARD)
    mine, theirs = (draft.record(record_path(kind, one, "core", one)) for one in (kept, gone))
    values, differ = _filled(kind, mine.data, theirs.data)
    origin = Origin(reason=reason)
    draft.new_version(record_path(kind, kept, "core", kept), values, origin, kept)
    draft.new_version(record_path(kind, gone, "core", gone), {INTO: kept}, origin, gone)
    for department, assignment in draft.dossier(gone).assignments.items():
        draft.set_assignment(gone, department, replace(assignment, state=MERGED, since=ledger.today))
    return Merge(kept, gone, tuple(values), tuple(differ), None if dry_run else draft.commit("merge", _CARD))


def _merged_into(ledger: Ledger, dossier_id: str) -> str | None:
    try:
        dossier = ledger.dossier(dossier_id)
        if not any(assignment.state == MERGED for assignment in dossier.assignments.values()):
            return None
        found = ledger.read(record_path(ledger.in_force.kinds[_CARD], dossier_id, "core", dossier_id)).data.get(INTO)
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
    return field.type == "ref" and field.options.get("to") == _CARD


def _must_cover(ledger: Ledger, kept: Dossier, gone: Dossier) -> None:
    from crmctl.ledger.dealing import may_arrange

    missing = sorted(set(gone.assignments) - set(kept.assignments))
    if missing:
        names = ", ".join(label(ledger.in_force.org.departments[one].label) for one in missing)
        raise Refused(
            _("Only the other one is dealt with by: {names}", names=names), where=gone.id, rule="UPD010",
            hint=f"crmctl assign {kept.id} --department {missing[0]} --owner {gone.assignments[missing[0]].owner}",
        )  # fmt: skip
    for department in gone.assignments:
        may_arrange(ledger, gone, department)
        may_arrange(ledger, kept, department)


def _filled(kind: Kind, mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The fields the kept card gains: what it lacks, entries of lists, other names. And those where both differ."""
    gained: dict[str, Value] = {}
    differ: list[str] = []
    for field in kind.fields:
        had, new = mine.get(field.name), theirs.get(field.name)
        if new is None or new == had or field.name == INTO:
            continue
        if had is None:
            gained[field.name] = new
        elif isinstance(had, list) and isinstance(new, list):
            gained[field.name] = [*had, *(item for item in new if item not in had)]
        elif isinstance(had, dict) and isinstance(new, dict):
            gained[field.name] = {**new, **had}
            differ += [f"{field.name}.{key}" for key in new if key in had and had[key] != new[key]]
        else:
            differ.append(field.name)
    if "name" in differ and kind.field("aliases"):
        names = gained.get("aliases", mine.get("aliases")) or []
        gained["aliases"] = [*dict.fromkeys([*(names if isinstance(names, list) else []), theirs["name"]])]
    return {name: value for name, value in gained.items() if value != mine.get(name)}, differ
