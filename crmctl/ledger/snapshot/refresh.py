"""Bring a part of the snapshot up to date: what no longer opens goes first, what changed is read anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmctl.errors import CrmctlError
from crmctl.ledger import ring_store
from crmctl.ledger.git.objects import REGULAR_MODES
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.difference import Difference, Entry, Present
from crmctl.ledger.snapshot.part import Changes, Part
from crmctl.ledger.snapshot.segment import Made
from crmctl.ledger.spread import RING_FROM, spread
from crmctl.model.dossier import folder_of
from crmctl.model.paths import place_of

Source = tuple[str, int | None]  # path, the generation that opened it


def refresh(part: Part, present: Present) -> None:
    """Make the part that of the present ledger."""
    if part.basis == present.basis:
        return
    difference = present.since(part.basis) if part.basis else None
    if difference is None:
        part.start()
        leaves = present.leaves(part.segment.folder)
        entries = [leaf for leaf in leaves if part.segment.takes(leaf[0])]
    else:
        entries, changes = _changed(part, present, difference)
        part.change(changes)  # first of all: nothing that is gone is ever read
    made: Changes = {made.path: made for made in _made(part, present.ledger, entries)}
    part.change(made)
    part.basis = present.basis
    part.stale = True


def _made(part: Part, ledger: Ledger, entries: list[Entry]) -> Iterator[Made]:
    segment = part.segment
    if segment.light or not entries:
        return segment.work(ledger, segment.argument, entries)
    return spread(ledger, segment.work, segment.argument, entries, keys=segment.sealed)


def _changed(part: Part, present: Present, difference: Difference) -> tuple[list[Entry], Changes]:
    """The files to read, and what is to be taken out."""
    entries: dict[str, str] = {}
    gone: Changes = {}
    for change in difference.entries:
        if part.segment.takes(change.path):
            if change.new_oid and change.new_mode in REGULAR_MODES:
                entries[change.path] = change.new_oid
            else:
                gone[change.path] = None
                part.shed = True
    if part.segment.sealed:
        for path in _judged(part, present, difference, {*entries, *gone}, gone):
            blob = present.blob(path)
            if blob:
                entries[path] = blob
    return list(entries.items()), gone


def _judged(part: Part, present: Present, difference: Difference, seen: set[str], gone: Changes) -> Iterator[str]:
    """The files that may open now and did not before; those that no longer open go into `gone`."""
    sources = [source for source in _sources(part, difference.doubtful) if source[0] not in seen]
    if len(sources) >= RING_FROM:
        present.ledger.ring.remember(ring_store.load(present.ledger))
    holds = _Judge(present.ledger)
    for path, generation in sources:
        if generation and not holds.generation(path, generation):
            gone[path] = Made(path, None, [])
            part.shed = True
        elif not generation and holds.any(path):
            yield path
    if part.segment.clear_counts:
        for dossier in difference.touched:
            yield from (path for path, _generation in part.sources(folder_of(dossier) + "/") if path not in gone)


def _sources(part: Part, dossiers: Iterable[str] | None) -> Iterator[Source]:
    if dossiers is None:
        yield from part.sources()
        return
    for dossier in dossiers:
        yield from part.sources(folder_of(dossier) + "/")


class _Judge:
    """What the member can open, compartment by compartment, asked once each."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[tuple[str, str, int], bool] = {}

    def generation(self, path: str, generation: int) -> bool:
        """Whether the key of that generation, for the file at `path`, can be had."""
        place = place_of(path)
        if place is None:
            return False
        key = (place.dossier, place.compartment, generation)
        if key not in self._known:
            self._known[key] = self._holds(*key)
        return self._known[key]

    def any(self, path: str) -> bool:
        """Whether the key of any generation can be had."""
        place = place_of(path)
        if place is None:
            return False
        try:
            entry = self._ledger.dossier(place.dossier).compartments.get(place.compartment)
        except CrmctlError:
            return False
        return entry is not None and any(self.generation(path, g) for g in (entry.generation, *entry.past))

    def _holds(self, dossier: str, compartment: str, generation: int) -> bool:
        try:
            self._ledger.ring.secret(self._ledger.dossier(dossier), compartment, generation)
        except CrmctlError:
            return False
        return True
