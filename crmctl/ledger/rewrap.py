"""Pending rewraps: what the policy gives a reader today and a holder has not wrapped yet (DESIGN 3).

Whoever holds a key wraps it, at the next sync after the org, the policy or an assignment changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from crmctl.errors import CrmctlError, NoKey, TrustBroken
from crmctl.ledger.draft import author_of
from crmctl.ledger.files import write_atomic
from crmctl.ledger.groups import unwrapped_members
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import all_dossiers
from crmctl.ledger.snapshot.difference import Basis, Present
from crmctl.ledger.transaction import write
from crmctl.ledger.wrapping import Wrapping, keyring_change
from crmctl.model.dossier import Dossier, wraps_folder
from crmctl.model.terms import next_change


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look was at: nothing in it is secret. `setup`: the trees of org and policy."""

    basis: Basis
    setup: tuple[str, ...]
    day: date


def rewrap(ledger: Ledger) -> int:
    """Make every pending wrap this member can make. Returns how many wrap files were written.

    Looks only at dossiers whose clear file or wraps changed since the last time; at all of them
    when the organisation or the policy did.
    """
    present = Present(ledger)
    note = ledger.repo.git_dir / "crmctl" / "rewrapped"
    seen = _read(note.read_bytes()) if note.is_file() else None
    now = _Seen(present.basis, _setup(ledger), ledger.today)
    if seen == now:
        return 0
    org = ledger.in_force.org
    lines = unwrapped_members(ledger.keyring, org, ledger.ring.group_secrets, ledger.today)
    wrapping = Wrapping(ledger)
    for dossier in _to_look_at(present, seen, now):
        _extend(ledger, wrapping, dossier)
    for file, added in wrapping.lines.items():
        lines.setdefault(file, {}).update(added)
    changes = keyring_change(ledger, lines)
    if changes:
        write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)
    write_atomic(note, _written(now))
    return len(lines)


def _to_look_at(present: Present, seen: _Seen | None, now: _Seen) -> Iterator[Dossier]:
    ledger = present.ledger
    boundary = next_change(ledger.in_force.org, seen.day) if seen else None
    same = seen and seen.setup == now.setup and seen.day <= now.day and (boundary is None or now.day < boundary)
    difference = present.since(seen.basis) if seen and same else None
    if difference is None or difference.doubtful is None:
        yield from all_dossiers(ledger, ("customers", "offices"))
        return
    for dossier in sorted(difference.touched | difference.wrapped):
        try:
            yield ledger.dossier(dossier)
        except (CrmctlError, ValueError):
            continue  # gone, or `check` tells what is wrong with it


def _extend(ledger: Ledger, wrapping: Wrapping, dossier: Dossier) -> None:
    try:
        present = ledger.keyring.readers(wraps_folder(dossier.id))
    except TrustBroken:
        return  # `check` tells
    for name, entry in dossier.compartments.items():
        wanted = ledger.expected_readers(dossier, name)
        if all((name, entry.generation) in present.get(reader, {}) for reader in wanted):
            continue
        try:
            wrapping.extend_readers(dossier.id, [name])
        except (NoKey, TrustBroken):
            continue  # another holder's to make; what is tampered with is for `check` to tell


def _setup(ledger: Ledger) -> tuple[str, ...]:
    root = ledger.repo.tree(ledger.head)
    return tuple(root[name].oid if name in root else "-" for name in ("org", "policy"))


def _written(seen: _Seen) -> bytes:
    basis = seen.basis
    return json.dumps([basis.main, basis.keyring, basis.readers, seen.setup, seen.day.isoformat()]).encode("ascii")


def _read(content: bytes) -> _Seen | None:
    try:
        main, keyring, readers, setup, day = json.loads(content)
        return _Seen(Basis(main, keyring, tuple(readers)), tuple(setup), date.fromisoformat(day))
    except (ValueError, TypeError):
        return None
