"""Hand own changes in again when the same records changed on the server meanwhile (DESIGN 6).

A landing may not mix two versions of a file. So the member's own commits are made anew on the
server's main, one by one and under their own messages; where both sides changed a record, the last
of them brings the record merged by field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

from crmctl.errors import Conflict, NoKey
from crmctl.i18n import N_, _
from crmctl.ledger.changing.placing import edits_of
from crmctl.ledger.changing.routing import ROUTE, card_by, route_trailers, routed_id, tables
from crmctl.ledger.changing.sealed_record import seal_record
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.objects import object_id
from crmctl.ledger.git.transaction import BlobRef, Change, Edit
from crmctl.ledger.keys.keyring import Keyring
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import MAIN, Ledger, parse_dossier, parse_record
from crmctl.ledger.reading.people import member_name
from crmctl.ledger.waiting.destroyed_meanwhile import destroyed, left_out, must_be_taken_back, own_commits, touched
from crmctl.model.clear_files import encode_dossier, read_dossier
from crmctl.model.dossier import Dossier, clear_path
from crmctl.model.dossier_merge import merge_dossiers
from crmctl.model.findings import Finding
from crmctl.model.merge import FieldConflict, merge, settle
from crmctl.model.paths import dossier_of, place_of
from crmctl.model.record import Record

_NAMED = 5
_CLEAR = ("/dossier.yaml", "/office.yaml")
_GENERATION = re.compile(r"^Crmctl-Generation: (\S+?):(\S+):(\d+)$", re.MULTILINE)


def made_anew(
    ledger: Ledger, base: str, theirs: str, conflicts: Collection[str], before: int, *,
    own: Sequence[str] | None = None, ref: str | None = MAIN,
) -> list[Change]:  # fmt: skip
    """The changes that put the member's own commits from `base` to the ledger's head onto `theirs`.

    `before` is how many changes of the same write come first; `own` names the commits, the oldest first (else all
    that `theirs` lacks), and `ref` is what moves to the last. What was sealed to a key that was turned
    meanwhile is sealed anew. Raises Conflict when a file cannot be merged, with every field both sides changed to
    something else; nothing is written then.
    """
    meeting = _Meeting(ledger, base, theirs)
    own = own_commits(ledger, theirs) if own is None else own
    gone = destroyed(ledger, base, theirs)
    must_be_taken_back(ledger, base, own, gone)
    merged = meeting.merged([path for path in conflicts if not (gone and path.startswith(gone))])
    nothing_left = {commit for commit in touched(ledger, own, gone) if not left_out(edits_of(ledger, commit), gone)}
    steps = [(commit, left_out(edits_of(ledger, commit), gone)) for commit in own if commit not in nothing_left]
    last = {path: number for number, (_commit, edits) in enumerate(steps) for path in edits}
    changes: list[Change] = []
    for number, (commit, edits) in enumerate(steps):
        kept = {path: meeting.resealed(path, edit) for path, edit in edits.items() if path not in merged}
        kept |= {path: content for path, content in merged.items() if last.get(path) == number}
        onto = f"@{before + number - 1}" if number else theirs
        final = number == len(steps) - 1
        expected = ledger.head if final and ref else None
        message = meeting.renamed(ledger.repo.commit(commit).message)
        message = meeting.routed_anew(message, [path for path in kept if path in merged])
        changes.append(Change(ref if final else None, onto, kept, message, expected=expected))
    return changes


def sealed_to_old_keys(ledger: Ledger, base: str, theirs: str) -> bool:
    """Whether own commits since `base` sealed something to a key that the server's main has turned meanwhile."""
    turned = [change.path for change in ledger.repo.changed(base, theirs) if change.path.endswith(_CLEAR)]
    if not turned:
        return False
    meeting = _Meeting(ledger, base, theirs)
    folders = tuple(path.rpartition("/")[0] + "/" for path in turned)
    return any(
        change.new_oid and change.path.startswith(folders) and meeting.is_stale(change.path)
        for change in ledger.repo.changed(base, ledger.head)
    )


class _Meeting:
    """Own commits since `base` and what the server has come to."""

    def __init__(self, ledger: Ledger, base: str, theirs: str) -> None:
        self.ledger = ledger
        self.base = base
        self.theirs = theirs
        self._dossiers: dict[str, Dossier] = {}
        self._anew: dict[str, str] = {}
        self._as_filed: set[tuple[str, str]] = set()
        self._records: dict[str, Record] = {}

    @cached_property
    def there(self) -> Ledger:
        """The server's main, with the server's keyring."""
        there = Ledger(self.ledger.repo, at=self.theirs, home=self.ledger.home)
        there.__dict__["identity"] = self.ledger.identity
        epoch = there.in_force.settings.epoch
        tip = self.ledger.repo.resolve(f"refs/remotes/origin/keyring/{epoch}")
        there.__dict__["keyring"] = Keyring(self.ledger.repo, epoch, tip)
        return there

    def merged(self, paths: Collection[str]) -> dict[str, bytes]:
        """What becomes of files both sides changed. Raises Conflict with everything that cannot be merged."""
        merged: dict[str, bytes] = {}
        told: list[Conflict] = []
        for path in paths:
            try:
                merged[path] = self._merged(path)
            except Conflict as conflict:
                told.append(conflict)
        if told:
            names = dict.fromkeys(str(conflict.where) for conflict in told)
            findings = [finding for conflict in told for finding in conflict.findings]
            raise Conflict(told[0].what, where=", ".join([*names][:_NAMED]), findings=findings, hint=told[0].hint)
        return merged

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier as both sides together leave it. Raises Conflict."""
        if dossier_id not in self._dossiers:
            path = clear_path(dossier_id)
            base, ours, theirs = (self._clear(commit, path) for commit in (self.base, self.ledger.head, self.theirs))
            if ours is None or theirs is None:
                known = ours or theirs
                if known is None or base is not None:
                    raise _conflict(dossier_id, [])  # one side took it away
                self._dossiers[dossier_id] = known
            else:
                merged, conflicts = merge_dossiers(base or Dossier(dossier_id), ours, theirs)
                if conflicts:
                    merged = self._settled(merged, conflicts)
                self._dossiers[dossier_id] = merged
        return self._dossiers[dossier_id]

    def _settled(self, merged: Dossier, conflicts: list[FieldConflict]) -> Dossier:
        """The merged dossier with what a person decided. Raises Conflict with what nobody did."""
        fields, left = settle(encode_dossier(merged), conflicts, self.ledger.settled.get(merged.id, {}))
        if left:
            raise _conflict(merged.id, left)
        return read_dossier(fields)

    def _clear(self, commit: str, path: str) -> Dossier | None:
        content = self.ledger.repo.read(commit, path)
        return parse_dossier(content, path) if content is not None else None

    def is_stale(self, path: str) -> bool:
        """Whether our file at that path is sealed to a key that was turned on the server."""
        place = place_of(path)
        if place is None or not path.endswith(".age"):
            return False
        ours = self.ledger.dossier(place.dossier).compartments.get(place.compartment)
        both = self.dossier(place.dossier).compartments.get(place.compartment)
        return ours is not None and both is not None and ours.key != both.key

    def resealed(self, path: str, edit: Edit) -> Edit:
        """Our file, sealed anew where its key was turned; one that was only filed (never opened) stays."""
        if not isinstance(edit, BlobRef) or not self.is_stale(path):
            return edit
        place = place_of(path)
        assert place is not None
        try:
            plain, _generation = self.ledger.open_sealed(path, self.ledger.repo.read_blob(edit.oid))
        except NoKey:
            self._as_filed.add((place.dossier, place.compartment))
            return edit
        dossier = self.dossier(place.dossier)
        entry = dossier.compartments[place.compartment]
        if not place.is_record:
            return seal(plain, entry.key)
        record = parse_record(plain, path)
        prev = self._anew.get(record.prev or "", record.prev)
        content = seal_record(replace(record, generation=entry.generation, prev=prev), path, dossier)
        self._anew[edit.oid] = object_id("blob", content)
        return content

    def renamed(self, message: str) -> str:
        """The message with the generations that the records have now; what was only filed keeps its own."""

        def now(match: re.Match[str]) -> str:
            if (match[1], match[2]) in self._as_filed:
                return match[0]
            entry = self.dossier(match[1]).compartments.get(match[2])
            return f"Crmctl-Generation: {match[1]}:{match[2]}:{entry.generation if entry else match[3]}"

        return _GENERATION.sub(now, message) if "Crmctl-Generation" in message else message

    def _merged(self, path: str) -> bytes:
        if path.endswith(_CLEAR):
            found = dossier_of(path) or f"office/{path.split('/')[1]}"
            return dump(encode_dossier(self.dossier(found)))
        place = place_of(path)
        if place is None or not place.is_record:
            raise _conflict(_record_of(path), [])
        before = _version(self.ledger, self.base, path)
        mine, shared = _version(self.ledger, self.ledger.head, path), _version(self.there, self.theirs, path)
        if mine is None or shared is None:
            raise _conflict(_record_of(path), [])  # one side took it away
        data, conflicts = merge(before.data if before else {}, mine.data, shared.data)
        marks, _unsure = merge(before.unverified if before else {}, mine.unverified, shared.unverified)
        data, conflicts = settle(data, conflicts, self.ledger.settled.get(_record_of(path), {}))
        if conflicts:
            raise _conflict(_record_of(path), conflicts, shared, member_name(self.ledger, shared.by))
        entry = self.ledger.repo.entry(self.theirs, path)
        made = shared.next_version(
            data, prev=entry.oid if entry else "", by=mine.by, at=self.ledger.now, for_=mine.for_, reason=mine.reason,
            asks=mine.to_confirm,
        )  # fmt: skip
        dossier = self.dossier(mine.dossier)
        made = replace(
            made,
            generation=dossier.compartments[mine.compartment].generation,
            unverified={name: str(day) for name, day in marks.items()},
            known_since=mine.known_since,
            confirmed_on=mine.confirmed_on or shared.confirmed_on,
        )
        self._records[path] = made
        return seal_record(made, path, dossier)

    def routed_anew(self, message: str, paths: Collection[str]) -> str:
        """The message with the lines of routing tables that what became of these merged files falls under."""
        in_force = self.ledger.in_force
        if not paths or not tables(in_force):
            return message
        ids = {routed_id(path) for path in paths}
        left = [
            line for line in message.rstrip("\n").split("\n")
            if not (line.startswith(f"{ROUTE}: ") and line.split(" ")[2] in ids)
        ]  # fmt: skip
        records = {path: self._records[path] for path in paths if path in self._records}
        clear = [path for path in paths if path.endswith(_CLEAR)]
        made = route_trailers(in_force, records, clear, card_by(self._read, in_force))
        return "\n".join([*left, *made]) + "\n"

    def _read(self, path: str) -> Record:
        return self._records[path] if path in self._records else self.ledger.read(path)


def _version(ledger: Ledger, commit: str, path: str) -> Record | None:
    entry = ledger.repo.entry(commit, path)
    if entry is None:
        return None
    try:
        return ledger.read(path, entry.oid)
    except NoKey as error:
        raise _conflict(_record_of(path), []) from error


def _conflict(
    where: str, conflicts: list[FieldConflict], shared: Record | None = None, name: str = ""
) -> Conflict:  # fmt: skip
    """What both changed; of a record also who has the other version, by id and by `name`, and since when."""
    by = {"member": shared.by if shared else "", "name": name, "day": shared.at[:10] if shared else ""}
    message = N_("Both changed it: here {ours}; {name} on {day}: {theirs}")
    findings = [
        Finding(
            "SYN002",
            message if shared else N_("Both changed it: here {ours}; elsewhere {theirs}"),
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
        hint=_("crmctl resolve settles it; crmctl undo takes back the change made here"),
    )


def _record_of(path: str) -> str:
    """What a person calls the file at a path: the record's id, or the customer's for its card and its month."""
    place = place_of(path)
    if place is None or not place.is_record:
        return dossier_of(path) or path
    known_by_id = "-" in place.record_id and not place.record_id[0].isdigit()
    return place.record_id if known_by_id else f"{place.dossier} {place.record_id}"
