"""Pending rewraps: what the policy gives a reader today and a holder has not wrapped yet (DESIGN 3).

Whoever holds a key wraps it, at the next sync after the org, the policy or an assignment changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import CrmctlError, NoKey, TrustBroken
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.keys.groups import unwrapped_members
from crmctl.ledger.keys.turning import lapsed
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import all_dossiers
from crmctl.ledger.snapshot.difference import Basis, Present
from crmctl.model.dossier import Dossier
from crmctl.model.terms import next_change


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look was at: nothing in it is secret. `setup`: the trees of org and policy.

    `ends` is the first day after which a reading right given for a time has run out.
    """

    basis: Basis
    setup: tuple[str, ...]
    day: date
    ends: date | None = None


def rewrap(ledger: Ledger) -> int:
    """Make every pending wrap this member can make, and turn the keys somebody has who reads no more.

    Returns how many wrap files were written. Looks only at dossiers whose clear file or wraps changed since
    the last time; at all of them when the organisation, the policy or merely the day took or gave rights.
    """
    note = ledger.repo.git_dir / "crmctl" / "rewrapped"
    seen = _read(note.read_bytes()) if note.is_file() else None
    if seen == (now := _seen(ledger, seen.ends if seen else None)):
        return 0
    from crmctl.ledger.setup.enrol import renew_groups

    if renewed := renew_groups(ledger):
        return renewed  # what follows from it is for the next look: another admin may have been first
    org = ledger.in_force.org
    draft = Draft(ledger)
    for file, line in unwrapped_members(ledger.keyring, org, ledger.ring.group_keys, ledger.today).items():
        draft.wrapping.lines.setdefault(file, {}).update(line)
    everything, dossiers = _to_look_at(Present(ledger), seen, now)
    ends = None if everything or seen is None else seen.ends
    for dossier in dossiers:
        ends = _earlier(ends, _first_end(dossier, ledger.today))
        _look_at(ledger, draft, dossier)
    files = {*draft.wrapping.lines, *draft.wrapping.dropped}
    if files:
        draft.commit("turn")
    write_atomic(note, _written(replace(now, ends=ends)))
    return len(files)


def _seen(ledger: Ledger, ends: date | None) -> _Seen:
    return _Seen(Present(ledger).basis, _setup(ledger), ledger.today, ends)


def _to_look_at(present: Present, seen: _Seen | None, now: _Seen) -> tuple[bool, Iterator[Dossier]]:
    """Whether it is all of them, and which."""
    ledger = present.ledger
    boundary = next_change(ledger.in_force.org, seen.day) if seen else None
    same = seen and seen.setup == now.setup and seen.day <= now.day and (boundary is None or now.day < boundary)
    same = same and seen and (seen.ends is None or now.day <= seen.ends)
    difference = present.since(seen.basis) if seen and same else None
    if difference is None or difference.doubtful is None:
        return True, all_dossiers(ledger, ("customers", "offices"))
    return False, _some(ledger, sorted(difference.touched | difference.wrapped))


def _some(ledger: Ledger, ids: Iterable[str]) -> Iterator[Dossier]:
    for dossier in ids:
        try:
            yield ledger.dossier(dossier)
        except (CrmctlError, ValueError):
            continue  # gone, or `check` tells what is wrong with it


def _look_at(ledger: Ledger, draft: Draft, dossier: Dossier) -> None:
    try:
        held = draft.wrapping.held(dossier.id)
    except TrustBroken:
        return  # `check` tells
    for name, entry in dossier.compartments.items():
        wanted = ledger.expected_readers(dossier, name)
        if not wanted:
            continue
        if lapsed(held, name, wanted) and not ledger.pending.holds(dossier.id):
            draft.wrapping.turn_where_due(dossier.id, [name])
        if all((name, number) in held.get(reader, {}) for reader in wanted for number in entry.generations):
            continue
        try:
            draft.wrapping.extend_readers(dossier.id, [name])
        except (NoKey, TrustBroken):
            continue  # another holder's to make; what is tampered with is for `check` to tell


def _first_end(dossier: Dossier, today: date) -> date | None:
    return min((grant.until for grant in dossier.grants if grant.until >= today), default=None)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day), default=None)


def _setup(ledger: Ledger) -> tuple[str, ...]:
    root = ledger.repo.tree(ledger.head)
    return tuple(root[name].oid if name in root else "-" for name in ("org", "policy"))


def _written(seen: _Seen) -> bytes:
    basis, ends = seen.basis, seen.ends.isoformat() if seen.ends else None
    return json.dumps([basis.main, basis.keyring, basis.readers, seen.setup, seen.day.isoformat(), ends]).encode(
        "ascii"
    )


def _read(content: bytes) -> _Seen | None:
    try:
        main, keyring, readers, setup, day, ends = json.loads(content)
        until = date.fromisoformat(ends) if ends else None
        return _Seen(Basis(main, keyring, tuple(readers)), tuple(setup), date.fromisoformat(day), until)
    except (ValueError, TypeError):
        return None
