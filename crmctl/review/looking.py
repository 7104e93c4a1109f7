"""What changes under review say in the clear: each record before and after, and what the rules find in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from crmctl.errors import CrmctlError, GitFailed, NoKey
from crmctl.i18n import N_
from crmctl.ledger.changing.late_entry import entered_late
from crmctl.ledger.changing.routing import misrouted_at, tables
from crmctl.ledger.checking.file_check import FileChecked, check_files
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.merged import kept_instead
from crmctl.ledger.pending import Stack
from crmctl.ledger.reading.duplicates import as_warnings
from crmctl.ledger.snapshot.identities import alike_any
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of
from crmctl.model.record import Record
from crmctl.review.again import Written, asked_again
from crmctl.review.inbox import Bundle, Handed, servers_main
from crmctl.review.seen import CLEAR, Seen, readers_of, seen_file, seen_records
from crmctl.rules.duplicates import Register, identity_of


@dataclass(frozen=True, slots=True)
class Looked:
    """A change with what stands in it and what the rules find."""

    change: Handed
    records: tuple[Seen, ...]
    findings: tuple[Finding, ...]

    @property
    def unreadable(self) -> int:
        """How many of its records the reader may not open."""
        return sum(not item.opened for item in self.records)

    @property
    def clean(self) -> bool:
        """Whether nothing in it asks for a second look."""
        return not self.findings and not self.unreadable and not self.change.conflict and not self.change.returned

    @property
    def title(self) -> str:
        """What it is called by: the first name or title in it, else an id."""
        for item in self.records:
            if item.title:
                return item.title
        return self.change.about[0] if self.change.about else self.change.name


@dataclass(slots=True)
class _Opened:
    """One file of a change: what a person sees of it, and the record as it is now where it opens."""

    path: str
    seen: list[Seen]
    record: Record | None = None
    old: Record | None = None


def look(ledger: Ledger, bundles: Iterable[Bundle]) -> dict[str, Looked]:
    """Open every change of these bundles; by the change's name. Nothing is raised for what does not open or is off."""
    found: dict[str, Looked] = {}
    main = servers_main(ledger)
    for bundle in bundles:
        now, before = ledger.standing_on(bundle.one.bundle), ledger.standing_on(bundle.one.base)
        told = _checked(now, bundle.changes)
        opened = {
            change.name: [_open(before, now, path, change.stack) for path in change.stack.changes]
            for change in bundle.changes
        }
        files = [one for group in opened.values() for one in group if one.record]
        alike = _alike(ledger, files)
        again = asked_again(ledger, [c.stack for c in bundle.changes if not c.conflict], _written(ledger, files), main)
        for change in bundle.changes:
            findings = [*change.findings, *routed_wrong(ledger, change.stack)]
            for one in opened[change.name]:
                findings += told.get(one.path, ())
                findings += again.get(one.path, ())
                findings += _of_record(ledger, one, alike)
            records = tuple(seen for one in opened[change.name] for seen in one.seen)
            once = [item for number, item in enumerate(findings) if item not in findings[:number]]
            found[change.name] = Looked(change, records, tuple(once))
    return found


def routed_wrong(ledger: Ledger, stack: Stack) -> Iterator[Finding]:
    """Where what waits names another line of a routing table than what it says falls under."""
    if not tables(ledger.in_force):
        return
    seen: set[str] = set()
    for commit in reversed(stack.commits):
        parent = ledger.repo.commit(commit).parents[0]
        paths = [one.path for one in ledger.repo.changed(parent, commit) if one.new_oid and one.path not in seen]
        seen.update(paths)
        yield from (finding for _path, finding in misrouted_at(ledger, commit, paths))


def _written(ledger: Ledger, files: Iterable[_Opened]) -> Iterator[Written]:
    for one in files:
        kind = ledger.in_force.kinds.get(one.record.kind) if one.record else None
        if kind is not None and one.record is not None:
            yield Written(one.path, kind, one.old, one.record)


def _open(before: Ledger, now: Ledger, change: PathChange, stack: Stack) -> _Opened:
    place = place_of(change.path)
    if place is None or not place.is_record:
        return _Opened(change.path, [seen_file(now, change)])
    try:
        old = before.read(change.path, change.old_oid) if change.old_oid else None
        new = now.read(change.path, change.new_oid) if change.new_oid else None
    except NoKey:
        late = now.member_id in readers_of(now, place.dossier, place.compartment)
        return _Opened(change.path, [Seen(change.path, place.record_id, None, opened=False, due_here=late)])
    except GitFailed:
        return _Opened(change.path, [Seen(change.path, place.record_id, None, opened=False, due_here=True)])
    except CrmctlError:
        return _Opened(change.path, [Seen(change.path, place.record_id, None, opened=False)])  # `check_files` tells why
    seen = list(seen_records(now, change.path, old, new, _earlier_reasons(now, change, stack)))
    return _Opened(change.path, seen, new, old)


def _earlier_reasons(now: Ledger, change: PathChange, stack: Stack) -> tuple[str, ...]:
    """Why the versions before the newest were written, where several changes of one record wait together."""
    if len(stack.commits) < 2:
        return ()
    entries = (now.repo.entry(commit, change.path) for commit in stack.commits[:-1])
    oids = dict.fromkeys(entry.oid for entry in entries if entry)
    found = []
    for oid in oids:
        if oid not in {change.old_oid, change.new_oid}:
            with suppress(CrmctlError):
                found.append(now.read(change.path, oid).reason or "")
    return tuple(dict.fromkeys(reason for reason in found if reason))


def _checked(now: Ledger, changes: Sequence[Handed]) -> Mapping[str, list[Finding]]:
    """What `crmctl check` says of the files, by path."""
    entries, told = [], dict[str, list[Finding]]()
    for change in (item for handed in changes for item in handed.stack.changes):
        place = place_of(change.path)
        if place is None or not change.new_oid:
            continue
        try:
            whole = place.compartment in now.dossier(place.dossier).compartments
        except CrmctlError:
            whole = False
        if whole:
            entries.append((change.path, change.new_oid))
        else:
            message = N_("Damaged or tampered with: {why}")
            told[change.path] = [Finding("CHK008", message, "error", change.path, "", {"why": place.compartment})]
    for one in _checked_files(now, entries, told):
        told.setdefault(one.path, []).extend(one.findings)
    return told


def _checked_files(
    now: Ledger, entries: Sequence[tuple[str, str]], told: dict[str, list[Finding]]
) -> list[FileChecked]:
    """What `check` says of each file; one that is lacking here is told, and costs none of the others."""
    try:
        return list(check_files(now, "", entries))
    except GitFailed:
        here = []
    for path, oid in entries:
        try:
            now.repo.read_blob(oid)
            here.append((path, oid))
        except GitFailed:
            message = N_("Not all of it has arrived here; nothing is lost where it came from")
            hint = N_("crmctl sync; and if it stays so: crmctl doctor --fix")
            told[path] = [Finding("REV033", message, "error", path, "", hint=hint)]
    return list(check_files(now, "", here))


def _of_record(ledger: Ledger, one: _Opened, alike: Mapping[str, list[Finding]]) -> Iterator[Finding]:
    kind = ledger.in_force.kinds.get(one.record.kind) if one.record else None
    if one.record is None or kind is None or one.path.endswith(CLEAR):
        return
    yield from alike.get(one.record.id, ())
    if not kind.monthly:
        yield from entered_late(ledger, kind, one.record)


def _alike(ledger: Ledger, files: Sequence[_Opened]) -> dict[str, list[Finding]]:
    """Who of the parties in these records may be there already, or twice among them; by the record's id.

    What was alike before the change is not told again with every change of either.
    """
    found: dict[str, list[Finding]] = {}
    for kind in ledger.in_force.kinds.values():
        own = [one for one in files if one.record and one.record.kind == kind.name] if kind.identity else []
        if own:
            found |= _alike_of_kind(ledger, kind, own)
    return found


def _alike_of_kind(ledger: Ledger, kind: Kind, files: Sequence[_Opened]) -> dict[str, list[Finding]]:
    own = {one.record.id: identity_of(kind, one.record.data, one.record.id) for one in files if one.record}
    old = {one.old.id: identity_of(kind, one.old.data, one.old.id) for one in files if one.old}
    changed = [identity for record_id, identity in own.items() if identity != old.get(record_id)]
    if not changed:
        return {}
    there = [one for one in alike_any(ledger, kind, changed) if one.id not in own]
    now, before = Register([*there, *own.values()]), Register([*there, *old.values()])
    found = {}
    for identity in changed:
        was = before.find(old[identity.id]) if identity.id in old else []
        known = {(one.id, reason) for one in was for reason in one.reasons}
        others = [
            replace(one, reasons=tuple(reason for reason in one.reasons if (one.id, reason) not in known))
            for one in now.find(identity) if one.id != identity.id
        ]  # fmt: skip
        others = [one for one in others if one.id in own or kept_instead(ledger, one.id) == one.id]
        found[identity.id] = as_warnings(others, identity.id)
    return found
