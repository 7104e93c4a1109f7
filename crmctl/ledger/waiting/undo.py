"""Take back an own change: what it replaced comes back as a new version, sealed anew.

History stays: an undo is one more signed commit, so that it can be undone itself. What the change
had added goes only while nobody else can have it; a path never gets an earlier sealed file again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from crmctl.errors import Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.changing.sealed_record import seal_record
from crmctl.ledger.changing.wrapping import Wrapping
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.keys.keyring import Keyring
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.ledger.reading.people import member_name
from crmctl.ledger.waiting import withdrawing
from crmctl.ledger.waiting.own_change import UNDOES, not_shared, own_change
from crmctl.model.clear_files import encode_dossier
from crmctl.model.dossier import Dossier, clear_path, wraps_folder
from crmctl.model.monthly import Row, rows_in, with_row, without_row
from crmctl.model.paths import Place, place_of
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.model.wraps import Wraps

ACTION = "undo"
_TOPS = ("customers/", "offices/", "blacklist/")
_CLEAR = ("/dossier.yaml", "/office.yaml")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back. `commit` is None on a dry run; ids of records brought back and taken out."""

    undone: str
    what: str
    commit: str | None
    restored: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(slots=True)
class _Plan:
    """What the undo writes: file contents, and by record id what becomes of it."""

    edits: dict[str, tuple[bytes | None, str]] = field(default_factory=dict)
    restored: dict[str, None] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)
    sealed_to: set[tuple[str, str, int]] = field(default_factory=set)
    wraps: dict[str, Wraps] = field(default_factory=dict)
    dropped: dict[str, set[tuple[str, int]]] = field(default_factory=dict)

    def put(self, path: str, content: bytes | None, about: str) -> None:
        self.edits[path] = (content, about)


def undo(ledger: Ledger, commit: str | None = None, *, dry_run: bool = False) -> Undone:
    """Take back the change that `commit` names (its number, or what it was about), or the member's last unshared one.

    One that waits for review, and that nothing was built on, just goes. Raises NotFound (no such change),
    Refused (somebody else's, changed again since, shared and not to be taken out, or no change of records),
    NoKey, TrustBroken.
    """
    info = own_change(ledger, commit)
    waited = withdrawing.taken_out(ledger, info.oid, dry_run=dry_run)
    if waited is not None:
        return Undone(info.oid, info.subject, *waited)
    draft = Draft(ledger)
    plan = _Undoing(ledger, info, draft.wrapping).plan()
    for path, (content, about) in plan.edits.items():
        draft.put_file(path, content, about)
    draft.wrapping.lines.update(plan.wraps)
    draft.wrapping.dropped.update(plan.dropped)
    trailers = [f"{UNDOES}: {info.oid}", *(f"Crmctl-Generation: {d}:{c}:{g}" for d, c, g in sorted(plan.sealed_to))]
    made = None if dry_run else draft.commit(ACTION, trailers=trailers)
    return Undone(info.oid, info.subject, made, tuple(plan.restored), tuple(plan.removed))


class _Undoing:
    """One change looked at from both sides and from today."""

    def __init__(self, ledger: Ledger, info: CommitInfo, wrapping: Wrapping) -> None:
        self.ledger = ledger
        self.wrapping = wrapping
        self.repo = ledger.repo
        self.info = info
        self.before = self._seen_at(info.parents[0])
        self.after = self._seen_at(info.oid)
        self.changes = self.repo.changed(info.parents[0], info.oid)
        self.shared = not self.repo.run("rev-list", "-1", info.oid, *not_shared(ledger)).strip()
        self.made = _Plan()

    def plan(self) -> _Plan:
        """What to write. Raises Refused with every record that stands in the way."""
        if not self.changes or not all(change.path.startswith(_TOPS) for change in self.changes):
            raise Refused(
                _("This is no change of records"), where=self.info.subject,
                hint=_("The organisation and the policy are changed by their own commands"),
            )  # fmt: skip
        later = [change for change in self.changes if self._changed_since(change)]
        if later:
            self._refuse_later(later)
        for change in self.changes:
            if change.path.endswith(_CLEAR):
                self._clear(change)
        for change in self.changes:
            if not change.path.endswith(_CLEAR):
                self._sealed(change)
        return self.made

    def _seen_at(self, commit: str) -> Ledger:
        then = Ledger(self.repo.path, at=commit, home=self.ledger.home)
        then.__dict__["identity"] = self.ledger.identity
        return then

    @cached_property
    def _buried(self) -> Ledger:
        """The state before the change with the keyring of that time: a dossier goes with its keys."""
        then = self._seen_at(self.info.parents[0])
        named = dict(self.info.trailers).get("Crmctl-Keyring")
        if named and (earlier := self.repo.resolve(f"{named}~1")):
            then.__dict__["keyring"] = Keyring(self.repo, self.ledger.in_force.settings.epoch, earlier)
        return then

    def _then(self, dossier_id: str) -> Ledger:
        return self.before if self._oid_now(clear_path(dossier_id)) else self._buried

    # What stands in the way

    def _changed_since(self, change: PathChange) -> bool:
        """Whether anything else was made of it; a later change that was taken back itself does not count."""
        now = self._oid_now(change.path)
        if now == change.new_oid:
            return False
        place = place_of(change.path)
        if not (now and change.new_oid and place and place.is_record):
            return True
        if self._kind_is_monthly(change):
            return not self._rows_stand(change)
        is_now, was = self.ledger.read(change.path, now), self.after.read(change.path, change.new_oid)
        return (is_now.data, is_now.unverified) != (was.data, was.unverified)

    def _oid_now(self, path: str) -> str | None:
        entry = self.repo.entry(self.ledger.head, path)
        return entry.oid if entry else None

    def _rows_stand(self, change: PathChange) -> bool:
        """Whether the rows of a monthly file that the change touched are still as it left them."""
        now = self._oid_now(change.path)
        if now is None:
            return False
        rows = _by_id(self.ledger.read(change.path, now))
        return all(rows.get(row_id) == after for row_id, (_before, after) in self._row_changes(change).items())

    def _row_changes(self, change: PathChange) -> dict[str, tuple[Row | None, Row | None]]:
        place = place_of(change.path)
        then = self._then(place.dossier) if place else self.before
        before = _by_id(then.read(change.path, change.old_oid)) if change.old_oid else {}
        after = _by_id(self.after.read(change.path, change.new_oid)) if change.new_oid else {}
        return {
            row_id: (before.get(row_id), after.get(row_id))
            for row_id in dict.fromkeys([*before, *after]) if before.get(row_id) != after.get(row_id)
        }  # fmt: skip

    def _kind_is_monthly(self, change: PathChange) -> bool:
        place = place_of(change.path)
        kinds = self.ledger.in_force.kinds.values()
        return bool(place and place.is_record and any(k.monthly and k.folder == place.folder for k in kinds))

    def _refuse_later(self, later: list[PathChange]) -> None:
        told = []
        for change in later[:_SHOWN]:
            newest = next(iter(self.repo.history(self.ledger.head, change.path, 1, since=self.info.oid)), None)
            name = member_name(self.ledger, newest.author.name) if newest else ""
            by = _(" by {member} on {day}", member=name, day=newest.at.date()) if newest else ""
            told.append(f"{_about(change.path)}{by}")
        raise Refused(
            _("Changed again since: {listed}", listed=", ".join(dict.fromkeys(told))), where=self.info.subject,
            hint=_("Take the later change back first, or correct the record: crmctl update"),
        )  # fmt: skip

    def _must_be_unshared(self, about: str) -> None:
        if self.shared:
            raise Refused(
                _("{id} was handed in already: others have it, so it cannot be taken out", id=about), where=about,
                hint=_("Correct it: crmctl update {id} --set …", id=about),
            )  # fmt: skip

    # Clear files

    def _clear(self, change: PathChange) -> None:
        about = _about(change.path)
        if change.old_oid is None:
            self._must_be_unshared(about)
            self._nothing_else_inside(change.path, about)
            self.made.put(change.path, None, about)
            self.made.removed[about] = None
            folder = wraps_folder(about)
            for reader, lines in self.ledger.keyring.readers(folder).items():
                self.made.dropped[f"{folder}/{reader}"] = set(lines)
            return
        before = parse_dossier(self.repo.read_blob(change.old_oid), change.path)
        if change.new_oid is not None:
            after = parse_dossier(self.repo.read_blob(change.new_oid), change.path)
            if after.compartments.keys() == before.compartments.keys():
                before = replace(before, compartments=after.compartments)  # a key that was turned stays turned
            if before == after:
                return
            self._may_go_back(before, after)
        else:
            self._wrap_again(before)
        self.made.put(change.path, dump(encode_dossier(before)), about)
        self.made.restored[about] = None

    def _wrap_again(self, dossier: Dossier) -> None:
        """The keys that went with a dossier, for those who may read it today."""
        folder = wraps_folder(dossier.id)
        for reader, lines in self._buried.keyring.readers(folder).items():
            held = {key: wrap for key, wrap in lines.items() if reader in self.ledger.expected_readers(dossier, key[0])}
            if held:
                self.made.wraps[f"{folder}/{reader}"] = held

    def _nothing_else_inside(self, clear: str, about: str) -> None:
        """A dossier goes only with all that is in it."""
        mine = {change.path for change in self.changes}
        folder = clear.rpartition("/")[0]
        others = [path for path, _oid in self.repo.walk(self.ledger.head, folder) if path not in mine]
        if others:
            listed = ", ".join(dict.fromkeys(map(_about, others[:_SHOWN])))
            raise Refused(
                _("There is more in it meanwhile: {listed}", listed=listed), where=about,
                hint=_("Take those back first: crmctl undo"),
            )  # fmt: skip

    def _may_go_back(self, before: Dossier, after: Dossier) -> None:
        """Only a stage is taken back here; who may read has commands of its own."""
        readers = [
            (
                dict(side.compartments), side.grants, dict(side.allowed),
                {department: (a.owner, a.team, a.keeper) for department, a in side.assignments.items()},
            )
            for side in (before, after)
        ]  # fmt: skip
        if readers[0] != readers[1]:
            raise Refused(
                _("This change decided who may read; it is not taken back by undo"), where=after.id,
                hint="crmctl handover, crmctl grant, crmctl revoke",
            )  # fmt: skip

    # Sealed files

    def _sealed(self, change: PathChange) -> None:
        place = place_of(change.path)
        if place is None:
            raise Refused(_("This is no change of records"), where=change.path)
        if not place.is_record:
            self._attachment(change, place)
        elif self._kind_is_monthly(change):
            self._rows(change, place)
        elif change.old_oid is None:
            self._must_be_unshared(_about(change.path))
            self._take_out(change.path, _about(change.path))
        else:
            old = self._then(place.dossier).read(change.path, change.old_oid)
            self._bring_back(change, place, old.data, old)
            self.made.restored[_about(change.path)] = None

    def _attachment(self, change: PathChange, place: Place) -> None:
        """A file beside a record: one that was added stays where others have it, one that was taken out returns."""
        about = place.file.partition(".")[0]
        if change.old_oid is None:
            if not self.shared:
                self.made.put(change.path, None, about)
            return
        then = self._then(place.dossier)
        plain, _generation = then.open_sealed(change.path, self.repo.read_blob(change.old_oid))
        self.made.put(change.path, seal(plain, self._key(place)), about)

    def _rows(self, change: PathChange, place: Place) -> None:
        now = self._oid_now(change.path)
        current = self.ledger.read(change.path, now) if now else None
        data: dict[str, Value] = dict(current.data) if current else {"rows": []}
        for row_id, (before, _after) in self._row_changes(change).items():
            if before is None:
                self._must_be_unshared(row_id)
                data = without_row(data, row_id)
                self.made.removed[row_id] = None
            else:
                data = with_row(data, before)
                self.made.restored[row_id] = None
        about = next(iter({**self.made.restored, **self.made.removed}))
        if not data["rows"] and not self.shared:
            self.made.put(change.path, None, about)
            return
        shape = current or self._then(place.dossier).read(change.path, change.old_oid)
        self._bring_back(change, place, data, shape, about)

    def _take_out(self, path: str, about: str) -> None:
        self.made.put(path, None, about)
        self.made.removed[about] = None

    def _bring_back(
        self, change: PathChange, place: Place, data: dict[str, Value], old: Record, about: str | None = None
    ) -> None:
        now = self._oid_now(change.path)
        newest = self.ledger.read(change.path, now) if now else old
        version = newest.next_version(
            data, prev=now or change.old_oid or "", by=self.ledger.member_id, at=self.ledger.now, for_=None,
            reason=ACTION,
        )  # fmt: skip
        generation = self._dossier(place).compartments[place.compartment].generation
        version = replace(version, generation=generation, unverified=dict(old.unverified))
        self.made.sealed_to.add((place.dossier, place.compartment, generation))
        self.made.put(
            change.path, seal_record(version, change.path, self._dossier(place)), about or _about(change.path)
        )

    def _key(self, place: Place) -> str:
        return self._dossier(place).compartments[place.compartment].key

    def _dossier(self, place: Place) -> Dossier:
        """The dossier as it will stand: as it is now, else as it was before the change took it out."""
        if self._oid_now(clear_path(place.dossier)) is None:
            return self.before.dossier(place.dossier)
        if clear_path(place.dossier) not in self.made.edits:
            self.wrapping.turn_where_due(place.dossier, [place.compartment])
        return self.wrapping.dossier(place.dossier)


def _by_id(record: Record) -> dict[str, Row]:
    return {str(row.get("id")): row for row in rows_in(record.data)}


def _about(path: str) -> str:
    """The id a person knows the file by: the record's, or the dossier's for its clear file and single records."""
    place = place_of(path)
    if place is None:
        return next(_dossier_of(path), path)
    return place.record_id.partition(".")[0] if place.folder else place.dossier


def _dossier_of(path: str) -> Iterator[str]:
    parts = path.split("/")
    if parts[0] == "customers" and len(parts) > 2:
        yield parts[2]
    elif parts[0] == "offices" and len(parts) > 1:
        yield f"office/{parts[1]}"
