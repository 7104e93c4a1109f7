"""Take off the disk what the member can no longer open or what is no longer there, whoever reads it next.

Each part of the snapshot sheds that anyway before it is read; this looks at all of them at once, after
a sync brought other wraps.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from crmctl.ledger import ring_store
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.clear import assignment_segment, place_segment
from crmctl.ledger.snapshot.difference import Basis, Present
from crmctl.ledger.snapshot.names import KIND, names_segment
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.segment import Segment
from crmctl.ledger.snapshot.store import connection_in_memory, notes_of, part_of

_OTHERS = ("ring", "checked")


def purge(ledger: Ledger) -> bool:
    """Let every part of the snapshot shed what is to go; whether anything was looked at.

    Costs a millisecond while no wrap of the member and no record went.
    """
    notes = notes_of(ledger)
    present = Present(ledger)
    seen = notes.folder / "purged.json"
    before = _noted(seen)
    if before == present.basis:
        return False
    difference = present.since(before) if before else None
    lost = bool(notes.names()) and (difference is None or difference.lost)
    if lost:
        segments = {segment.name: segment for segment in _segments(ledger)}
        for name in {name.partition(".")[0] for name in notes.names()}:
            if name in segments:
                part_of(connection_in_memory(), "main", segments[name], present)
            elif name not in _OTHERS:
                notes.drop(f"{name}.base")
                notes.drop(f"{name}.more")
        ring_store.load(ledger)
        notes.drop("checked")
    with contextlib.suppress(OSError):  # a read-only copy looks again next time
        write_atomic(seen, json.dumps([present.basis.main, present.basis.keyring, present.basis.readers]).encode())
    return lost


def _segments(ledger: Ledger) -> Iterator[Segment]:
    in_force = ledger.in_force
    yield assignment_segment()
    for kind in in_force.kinds.values():
        yield kind_segment(in_force, kind)
        yield place_segment(kind)
        if kind.identity:
            from crmctl.ledger.snapshot.identities import identity_segment

            yield identity_segment(in_force, kind)
    if KIND in in_force.kinds:
        yield names_segment(in_force)


def _noted(path: Path) -> Basis | None:
    try:
        main, keyring, readers = json.loads(path.read_bytes())
        return Basis(main, keyring, tuple(readers))
    except (OSError, ValueError, TypeError):
        return None
