"""Hold the whole ledger against itself: keys, envelopes, schemas, references, readers (DESIGN 6, R-REC-14).

Problems come back as findings; nothing is raised for data that is off. A record the policy lets
this member read but that does not open is an alarm, not a skip (promise 1).

The unit is a dossier: what was found in it is kept sealed, and holds as long as its files, its
wraps, the set-up and the member's keys are the same (`check_note`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from crmctl.ledger.changing.guards import guard_faults
from crmctl.ledger.changing.numbering import number_faults
from crmctl.ledger.changing.routing import routing_faults
from crmctl.ledger.checking.check_note import CheckNote, Unit, unit_of
from crmctl.ledger.checking.clear_check import ClearCheck, Leaf
from crmctl.ledger.checking.file_check import KEYLESS, FileChecked, check_files
from crmctl.ledger.checking.lineage import Past, lineage, past_of
from crmctl.ledger.checking.owner_check import owner_faults, owners_until
from crmctl.ledger.checking.request_check import request_faults
from crmctl.ledger.checking.wrap_check import WrapCheck
from crmctl.ledger.in_force import CLEAR
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.spread import spread
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding

OUTSIDE = ""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """How much there is, how much could be opened, and what was found."""

    existing: int
    opened: int
    findings: tuple[Finding, ...]


def _unwatched(_done: int) -> None:
    pass


def check(
    ledger: Ledger, *, keyless: bool = False, since: str | None = None, progress: Progress = _unwatched
) -> Checked:
    """Check every file of main with this member's keys, or without any (`keyless`); not what waits for review.

    What an earlier check found is taken over where nothing it depends on has changed; what records
    of several dossiers say together (the blacklist and the business) is looked at each time.
    With `since` (a commit or day) only dossiers in which a file changed since then are looked at.
    """
    ledger = ledger.landed
    if since is not None:
        found = _changed(ledger, since, keyless=keyless, progress=progress)
    else:
        found = _checked(ledger, keyless=keyless, progress=progress)
    if not keyless and _has_caps(ledger):
        from crmctl.ledger.changing.grade_cap import overfull_grades

        found = replace(found, findings=(*found.findings, *overfull_grades(ledger)))
    if not keyless and _has_managers(ledger):
        from crmctl.ledger.checking.managed_check import managed_faults

        found = replace(found, findings=(*found.findings, *managed_faults(ledger)))
    numbered = number_faults(ledger)
    found = replace(found, findings=(*found.findings, *numbered)) if numbered else found
    if not keyless and ledger.in_force.pack.review:
        found = replace(found, findings=(*found.findings, *request_faults(ledger), *routing_faults(ledger)))
    if not ledger.in_force.pack.blacklist:
        return found
    from crmctl.ledger.changing.barring import barred_records, vanished_entries

    barred = [] if keyless else barred_records(ledger)
    return replace(found, findings=(*found.findings, *barred, *vanished_entries(ledger)))


def _has_caps(ledger: Ledger) -> bool:
    """Whether a pack limits how many may hold a grade; grading is not loaded otherwise."""
    return any(axis.get("caps") for axis in _axes(ledger))


def _has_managers(ledger: Ledger) -> bool:
    """Whether a pack says which role manages the customers of a grade, and wants to be told of others."""
    services = [service for axis in _axes(ledger) for service in _mapping(axis.get("service")).values()]
    return any(isinstance(_mapping(service).get("managed_by"), dict) for service in services)


def _axes(ledger: Ledger) -> list[dict[str, object]]:
    packs = [raw for path, raw in ledger.in_force.raw.items() if path.startswith("policy/") and isinstance(raw, dict)]
    axes = [axis for pack in packs for axis in _mapping(pack.get("axes")).values()]
    return [_mapping(axis) for axis in (*axes, *(pack.get("grade") for pack in packs))]


def _mapping(raw: object) -> dict[str, object]:
    return raw if isinstance(raw, dict) else {}


def _changed(ledger: Ledger, since: str, *, keyless: bool, progress: Progress) -> Checked:
    """The dossiers in which a file changed; all where the set-up did, or a record is gone that others may name."""
    changes = ledger.repo.changed(Ledger(ledger.repo, at=since, home=ledger.home).head, ledger.head)
    run = _Run(ledger, past_of(ledger), keyless=keyless, progress=progress)
    if any(change.path.split("/")[0] in CLEAR or change.new_oid is None for change in changes):
        return _summed(run.everything())
    units = {unit for unit in map(unit_of, (change.path for change in changes)) if unit}
    outer = {change.path.split("/")[0] for change in changes if unit_of(change.path) is None}
    return _summed(run.some(units, sorted(outer)))


def _checked(ledger: Ledger, *, keyless: bool, progress: Progress) -> Checked:
    if keyless:
        return _summed(_Run(ledger, past_of(ledger), keyless=True, progress=progress).everything())
    note = CheckNote.load(ledger)
    if note is not None and note.is_present:
        return _summed(note.units)
    if note is not None:
        stale = note.to_look_at()
        past = note.past_since() if stale is not None else None
        if stale is not None and past is not None:
            fresh = _Run(ledger, past, progress=progress).some(stale, note.outer_names)
            note.update(fresh, past)
            return _summed(note.units)
    past = past_of(ledger)
    units = _Run(ledger, past, progress=progress).everything()
    CheckNote.of(ledger, units, past).keep()
    return _summed(units)


def _summed(units: dict[str, Unit]) -> Checked:
    ordered = [units[name] for name in sorted(units)]
    return Checked(
        sum(unit.existing for unit in ordered),
        sum(unit.opened for unit in ordered),
        tuple(finding for unit in ordered for finding in unit.findings),
    )


@dataclass
class _Run:
    """One look at some units."""

    ledger: Ledger
    past: Past
    keyless: bool = False
    progress: Progress = _unwatched
    units: dict[str, Unit] = field(default_factory=dict)

    def everything(self) -> dict[str, Unit]:
        """Every file there is."""
        wraps = WrapCheck(self.ledger)
        damaged = list(wraps.read())
        return self._checked(self.ledger.repo.entries(self.ledger.head), wraps, damaged)

    def some(self, units: Collection[str], outer: Iterable[str]) -> dict[str, Unit]:
        """The files of these units, and what lies outside of any (`outer`: names in main's root)."""
        repo, head = self.ledger.repo, self.ledger.head
        self.units = {name: Unit() for name in units if repo.entry(head, name) is not None}
        wraps = WrapCheck(self.ledger)
        damaged = list(wraps.read(["groups", *(_wraps_of(name) for name in units)]))
        return self._checked(self._leaves([*units, *outer]), wraps, damaged)

    def _leaves(self, names: Iterable[str]) -> Iterator[Leaf]:
        repo, head = self.ledger.repo, self.ledger.head
        for name in names:
            entry = repo.entry(head, name)
            if entry is not None and entry.kind != "tree":
                yield name, entry
            else:
                yield from repo.entries(head, name)

    def _checked(self, leaves: Iterable[Leaf], wraps: WrapCheck, damaged: list[Finding]) -> dict[str, Unit]:
        clear = ClearCheck(self.ledger, leaves)
        self._note(clear.findings)
        files = list(self._files(clear.sealed))
        self._note(damaged)
        for dossier in clear.dossiers.values():
            unit = self._unit(dossier.path)
            unit.findings += wraps.of(dossier)
            unit.findings += owner_faults(self.ledger, dossier)
            if not self.keyless:
                unit.findings += guard_faults(self.ledger, dossier)
            unit.until = _ends(self.ledger, dossier)
        opened = [(file.path, file.oid, file.envelope) for file in files if file.envelope]
        self._note(lineage(self.ledger, self.past, dict(clear.sealed), opened))
        return self.units

    def _files(self, sealed: list[tuple[str, str]]) -> Iterator[FileChecked]:
        mode = KEYLESS if self.keyless else ""
        with _watched(self.ledger, self.progress):
            made = (
                check_files(self.ledger, mode, sealed)
                if self.keyless
                else spread(self.ledger, check_files, mode, sealed)
            )
            for file in made:
                unit = self._unit(file.path)
                unit.existing += 1
                unit.opened += file.envelope is not None
                unit.findings += file.findings
                unit.refers_to += file.refers_to
                yield file

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._unit(finding.where).findings.append(finding)

    def _unit(self, path: str) -> Unit:
        return self.units.setdefault(unit_of(path) or OUTSIDE, Unit())


@contextmanager
def _watched(ledger: Ledger, progress: Progress) -> Iterator[None]:
    """Show how far it is by `progress` instead of whatever the ledger was given to show it with."""

    @contextmanager
    def watch(_total: int) -> Iterator[Progress]:
        yield progress

    before, ledger.watch = ledger.watch, watch
    try:
        yield
    finally:
        ledger.watch = before


def _wraps_of(unit: str) -> str:
    return unit.replace("customers/", "dossiers/", 1)


def _ends(ledger: Ledger, dossier: Dossier) -> date | None:
    """The first day on which a grant, a role or a membership has run out and something else is expected."""
    ends = [grant.until for grant in dossier.grants if grant.until >= ledger.today]
    return min((day + timedelta(1) for day in [*ends, *owners_until(ledger, dossier)]), default=None)
