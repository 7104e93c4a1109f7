"""Hand own changes in again when the same records changed on the server meanwhile (DESIGN 6).

A landing may not mix two versions of a file. So the member's own commits are made anew on the
server's main, one by one and under their own messages; where both sides changed a record, the last
of them brings the record merged by field.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from crmctl.errors import Conflict, NoKey
from crmctl.i18n import N_, _
from crmctl.ledger.draft import seal_record
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.transaction import BlobRef, Change, Edit
from crmctl.model.findings import Finding
from crmctl.model.merge import FieldConflict, merge
from crmctl.model.paths import dossier_of, place_of
from crmctl.model.record import Record

_NAMED = 5


def made_anew(ledger: Ledger, base: str, theirs: str, conflicts: Collection[str], before: int) -> list[Change]:
    """The changes that put the member's own commits since `base` onto `theirs`.

    `before` is how many changes of the same write come first. Raises Conflict when a file cannot be
    merged, with every field both sides changed to something else; nothing is written then.
    """
    merged = _all_merged(ledger, base, theirs, conflicts)
    own = ledger.repo.run("rev-list", "--reverse", "--topo-order", "--no-merges", ledger.head, f"^{theirs}")
    steps = [(commit, _edits(ledger, commit)) for commit in own.decode().split()]
    last = {path: number for number, (_commit, edits) in enumerate(steps) for path in edits}
    changes: list[Change] = []
    for number, (commit, edits) in enumerate(steps):
        kept: dict[str, Edit] = {path: edit for path, edit in edits.items() if path not in merged}
        kept |= {path: content for path, content in merged.items() if last.get(path) == number}
        onto = f"@{before + number - 1}" if number else theirs
        final = number == len(steps) - 1
        expected = ledger.head if final else None
        message = ledger.repo.commit(commit).message
        changes.append(Change(MAIN if final else None, onto, kept, message, expected=expected))
    return changes


def _all_merged(ledger: Ledger, base: str, theirs: str, paths: Collection[str]) -> dict[str, bytes]:
    merged: dict[str, bytes] = {}
    told: list[Conflict] = []
    for path in paths:
        try:
            merged[path] = _merged(ledger, base, theirs, path)
        except Conflict as conflict:
            told.append(conflict)
    if told:
        names = dict.fromkeys(str(conflict.where) for conflict in told)
        findings = [finding for conflict in told for finding in conflict.findings]
        raise Conflict(told[0].what, where=", ".join([*names][:_NAMED]), findings=findings, hint=told[0].hint)
    return merged


def _edits(ledger: Ledger, commit: str) -> Mapping[str, Edit]:
    parent = ledger.repo.commit(commit).parents[0]
    return {
        change.path: BlobRef(change.new_oid, change.new_mode) if change.new_oid else None
        for change in ledger.repo.changed(parent, commit)
    }


def _merged(ledger: Ledger, base: str, theirs: str, path: str) -> bytes:
    place = place_of(path)
    if place is None or not place.is_record:
        raise _conflict(_record_of(path), [])
    before, mine, shared = (_version(ledger, commit, path) for commit in (base, ledger.head, theirs))
    if mine is None or shared is None:
        raise _conflict(_record_of(path), [])  # one side took it away
    data, conflicts = merge(before.data if before else {}, mine.data, shared.data)
    marks, _unsure = merge(before.unverified if before else {}, mine.unverified, shared.unverified)
    if conflicts:
        raise _conflict(_record_of(path), conflicts, shared)
    entry = ledger.repo.entry(theirs, path)
    made = shared.next_version(
        data, prev=entry.oid if entry else "", by=mine.by, at=ledger.now, for_=mine.for_, reason=mine.reason
    )
    made = replace(
        made,
        generation=ledger.dossier(mine.dossier).compartments[mine.compartment].generation,
        unverified={name: str(day) for name, day in marks.items()},
        known_since=mine.known_since,
        confirmed_on=mine.confirmed_on or shared.confirmed_on,
    )
    return seal_record(made, path, ledger.dossier(mine.dossier))


def _version(ledger: Ledger, commit: str, path: str) -> Record | None:
    entry = ledger.repo.entry(commit, path)
    if entry is None:
        return None
    try:
        return ledger.read(path, entry.oid)
    except NoKey as error:
        raise _conflict(_record_of(path), []) from error


def _conflict(where: str, conflicts: list[FieldConflict], shared: Record | None = None) -> Conflict:
    by = {"member": shared.by if shared else "", "day": shared.at[:10] if shared else ""}
    findings = [
        Finding(
            "SYN002",
            N_("Both changed it: here {ours}; {member} on {day}: {theirs}"),
            "error",
            where,
            conflict.field,
            {"ours": str(conflict.ours), "theirs": str(conflict.theirs), **by},
        )
        for conflict in conflicts
    ]
    return Conflict(
        _("It was changed here and elsewhere meanwhile"),
        where=where,
        findings=findings,
        hint=_("crmctl undo takes back the change made here"),
    )


def _record_of(path: str) -> str:
    """What a person calls the file at a path: the record's id, or the customer's for its card and its month."""
    place = place_of(path)
    if place is None or not place.is_record:
        return dossier_of(path) or path
    known_by_id = "-" in place.record_id and not place.record_id[0].isdigit()
    return place.record_id if known_by_id else f"{place.dossier} {place.record_id}"
