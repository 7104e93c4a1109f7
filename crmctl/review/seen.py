"""One file of a change as a reviewer sees it: fields before and after, who deals with whom, lines of clear files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from crmctl.errors import CrmctlError
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import Ledger
from crmctl.model.changes import FieldChange, diff
from crmctl.model.dossier import Dossier, Grant
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.paths import place_of
from crmctl.model.record import Record
from crmctl.model.timeline import Assigned, assigned, event_of, leaves
from crmctl.model.values import Value
from crmctl.trust.view import read_clear

CLEAR = ("/dossier.yaml", "/office.yaml")
_LINES = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One record, row or file of a change.

    `opened` is False for what the reader cannot open, `due_here` where the policy lets him and what opens it, or the
    record itself, has not arrived yet. `changes` are a record's fields, `moves` and `granted` (taken back: False) a
    dossier's, `parts` those that are new in it, `allowed` what may be done with the customer from then on, `lines` a
    clear file's. `happened` is the own day of a new record, `entered` the moment it was written down, `reasons` why,
    `readers` the members who read it.
    """

    path: str
    id: str
    kind: Kind | None = None
    opened: bool = True
    due_here: bool = False
    is_new: bool = False
    is_gone: bool = False
    title: str = ""
    changes: tuple[FieldChange, ...] = ()
    moves: tuple[Assigned, ...] = ()
    granted: tuple[tuple[Grant, bool], ...] = ()
    allowed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    by: str = ""
    on_behalf: str | None = None
    reasons: tuple[str, ...] = ()
    entered: str = ""
    happened: str = ""
    readers: tuple[str, ...] = ()


def seen_records(
    ledger: Ledger, path: str, old: Record | None, new: Record | None, earlier: Sequence[str] = ()
) -> Iterator[Seen]:
    """A record that changed from `old` to `new` (None: not there), or each of its rows that did, as `ledger` has it.

    `earlier` are the reasons of versions in between.
    """
    record = new or old
    if record is None:
        return
    kind = ledger.in_force.kinds.get(record.kind)
    readers = _readers(ledger, record)
    reasons = tuple(dict.fromkeys([*earlier, *([record.reason] if record.reason else [])]))
    for record_id, before, after in _pairs(kind, old, new):
        if before == after and old is not None and new is not None and old.unverified == new.unverified:
            continue
        data = after if after is not None else before or {}
        event = event_of(kind, record_id, data, record.at, record.by) if kind else None
        yield Seen(
            path, record_id, kind, is_new=before is None, is_gone=after is None, title=_title(kind, data),
            changes=tuple(diff(_said(kind, before, old), _said(kind, after, new))), by=record.by,
            on_behalf=record.for_, reasons=reasons, entered=record.at,
            happened=event.day if before is None and event and event.day != record.at else "", readers=readers,
        )  # fmt: skip


def seen_file(ledger: Ledger, change: PathChange) -> Seen:
    """A dossier's clear file, an attachment, or a file of the set-up."""
    place = place_of(change.path)
    gone, new = change.new_oid is None, change.old_oid is None
    if place is not None:
        return Seen(change.path, place.file, is_new=new, is_gone=gone)
    if change.path.endswith(CLEAR):
        return _dossier(ledger, change)
    old, now = (_text(ledger, oid) for oid in (change.old_oid, change.new_oid))
    lines = [line for line in unified_diff(old, now, lineterm="", n=1) if not line.startswith(("---", "+++"))]
    return Seen(change.path, change.path, is_new=new, is_gone=gone, lines=tuple(lines[:_LINES]))


def _dossier(ledger: Ledger, change: PathChange) -> Seen:
    old, new = (
        read_clear(ledger.repo, change.path, oid) if oid else None for oid in (change.old_oid, change.new_oid)
    )  # fmt: skip
    known = new or old
    if known is None:
        return Seen(change.path, change.path, opened=False)
    sides = [("", "", side.assignments if side else {}) for side in (new, old)]
    return Seen(
        change.path, known.id, is_new=old is None, is_gone=new is None, moves=tuple(assigned(sides)),
        granted=tuple(_grants(old, new)),
        allowed=tuple(name for name in known.allowed if old is None or name not in old.allowed),
        parts=tuple(name for name in known.compartments if old is not None and name not in old.compartments),
    )  # fmt: skip


def _grants(old: Dossier | None, new: Dossier | None) -> Iterator[tuple[Grant, bool]]:
    before, after = (side.grants if side else () for side in (old, new))
    yield from ((grant, True) for grant in after if grant not in before)
    yield from ((grant, False) for grant in before if grant not in after)


Pair = tuple[str, Mapping[str, Value] | None, Mapping[str, Value] | None]


def _pairs(kind: Kind | None, old: Record | None, new: Record | None) -> Iterator[Pair]:
    """The records (the rows of a monthly one) before and after, by id."""
    if kind is None or not kind.monthly:
        record = new or old
        yield record.id if record else "", old.data if old else None, new.data if new else None
        return
    rows = [{str(row["id"]): row for row in rows_in(side.data)} if side else {} for side in (old, new)]
    for row_id in dict.fromkeys([*rows[1], *rows[0]]):
        before, after = (fields_of(side[row_id]) if row_id in side else None for side in rows)
        if before != after:
            yield row_id, before, after


def _said(kind: Kind | None, data: Mapping[str, Value] | None, record: Record | None) -> dict[str, Value]:
    """What a person sees of a version: its fields, and the marks on them."""
    if data is None or kind is None:
        return dict(data or {})
    marks: dict[str, Value] = {f"unverified.{name}": day for name, day in (record.unverified if record else {}).items()}
    return {**dict(leaves(data, kind)), **marks}


def _title(kind: Kind | None, data: Mapping[str, Value]) -> str:
    names = ("name", *kind.title) if kind else ("name",)
    return next((str(data[name]) for name in names if isinstance(data.get(name), str) and name != "on"), "")


def _readers(ledger: Ledger, record: Record) -> tuple[str, ...]:
    return readers_of(ledger, record.dossier, record.compartment)


def readers_of(ledger: Ledger, dossier: str, compartment: str) -> tuple[str, ...]:
    """The members whom the policy lets read a part of a dossier; none where the dossier does not load."""
    try:
        found = ledger.expected_readers(ledger.dossier(dossier), compartment)
    except CrmctlError:
        return ()
    org = ledger.in_force.org
    members = (
        member
        for name in sorted(found)
        for member in (org.group_members(name, ledger.today) if "." in name else [name])
    )
    return tuple(dict.fromkeys(members))


def _text(ledger: Ledger, oid: str | None) -> list[str]:
    return ledger.repo.read_blob(oid).decode("utf-8", "replace").splitlines() if oid else []
