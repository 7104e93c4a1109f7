"""Write into a request what became of it once it landed: its state and who approved it when (a kind's `decided`).

One person does it at their next exchange: the last who approved it and may open it, else the first of all who may.
Once its last day is over it says so too (`ended`), at the first exchange of a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.requests_approved import Word, approved_requests
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.kinds import Decided, Kind
from crmctl.model.paths import place_of

# Somebody who approves comes by again within that time.
_LOOKED_BACK = timedelta(days=31)


def decide_requests(ledger: Ledger) -> tuple[str, ...]:
    """Bring the approved requests on main up to date that are this member's to write. Returns their ids.

    A policy whose kinds ask for nothing costs nothing. What does not open, or is decided already, stays as it is.
    """
    if not ledger.in_force.pack.review:
        return ()
    draft, ids = Draft(ledger), list[str]()
    for path, words in _mine(ledger):
        try:
            record = draft.record(path)
            kind = draft.kind(record.kind)
            if kind.effect is None or kind.effect.decided is None or record.state != kind.first_state:
                continue
            draft.new_version(path, _values(kind.effect.decided, words), where=record.id)
        except CrmctlError:
            continue
        ids.append(record.id)
    ids += [record for record in _ended(ledger, draft) if record not in ids]
    if ids:
        draft.commit("decide")
    return tuple(ids)


def looked_today(ledger: Ledger) -> bool:
    """Whether this copy has looked today for requests whose last day is over; it has from now on."""
    note, today = ledger.repo.git_dir / "crmctl" / "requests-looked", ledger.today.isoformat()
    with suppress(OSError):
        if note.read_text("ascii") == today:
            return True
    with suppress(OSError):
        write_atomic(note, today.encode())
    return False


def _ended(ledger: Ledger, draft: Draft) -> Iterator[str]:
    """Requests that were approved until a day that is over: their ids, as the draft makes them say so."""
    for kind in ledger.in_force.kinds.values():
        effect = kind.effect
        if effect is None or not (effect.ended and effect.until and effect.decided) or not _has_any(ledger, kind):
            continue
        sql = f'SELECT id FROM {kind.table} WHERE state = ? AND "{effect.until}" < ?'  # noqa: S608  # names of a checked kind
        asked = (effect.decided.state, ledger.today.isoformat())
        for (record,) in list(connect(ledger, [kind.name]).execute(sql, asked)):
            with suppress(CrmctlError):
                path = lookup.record(ledger, record).path
                named = [str(draft.record(path).data.get(name) or "") for name in effect.decided.by]
                if ledger.member_id == _whose(ledger, path, named):
                    draft.new_version(path, {"state": effect.ended}, where=record)
                    yield record


def _has_any(ledger: Ledger, kind: Kind) -> bool:
    folders = (f"offices/{name}/{kind.compartment}/{kind.folder}" for name in ledger.in_force.org.departments)
    return any(ledger.repo.entry(ledger.main, folder) is not None for folder in folders)


def _mine(ledger: Ledger) -> Iterator[tuple[str, Sequence[Word]]]:
    for path, words in approved_requests(ledger, ledger.now - _LOOKED_BACK).items():
        if ledger.repo.entry(ledger.main, path) is None:
            continue
        if ledger.member_id == _whose(ledger, path, [word.giver for word in words]):
            yield path, words


def _whose(ledger: Ledger, path: str, deciders: Sequence[str]) -> str | None:
    """Who writes it: the last of these who can open it, else the first of all who can."""
    place = place_of(path)
    if place is None:
        return None
    org, today = ledger.in_force.org, ledger.today
    names = ledger.expected_readers(ledger.dossier(place.dossier), place.compartment)
    readers = {m for name in names for m in (org.group_members(name, today) if "." in name else [name])}
    return next(iter([*(name for name in reversed(deciders) if name in readers), *sorted(readers)]), None)


def _values(decided: Decided, words: Sequence[Word]) -> dict[str, object]:
    values: dict[str, object] = {"state": decided.state, decided.on: max(word.on for word in words).isoformat()}
    for name, roles in decided.by.items():
        named = [word.by for word in words if not roles or word.role in roles]
        values |= {name: named[-1]} if named else {}
    return values
