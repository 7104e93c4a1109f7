"""Write into a request what became of it once it landed: its state and who approved it when (a kind's `decided`).

One person does it at their next exchange: the last who approved it and may open it, else the first of all who may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from crmctl.errors import CrmctlError
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.requests_approved import Word, approved_requests
from crmctl.model.kinds import Decided
from crmctl.model.paths import place_of

# Somebody who approves comes by again within that time.
_LOOKED_BACK = timedelta(days=31)


def decide_requests(ledger: Ledger) -> tuple[str, ...]:
    """Bring the approved requests on main up to date that are this member's to write. Returns their ids.

    A policy whose kinds ask for nothing costs nothing. What does not open, or is decided already, stays as it is.
    """
    from crmctl.ledger.changing.draft import Draft

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
    if ids:
        draft.commit("decide")
    return tuple(ids)


def _mine(ledger: Ledger) -> Iterator[tuple[str, Sequence[Word]]]:
    for path, words in approved_requests(ledger, ledger.now - _LOOKED_BACK).items():
        place = place_of(path)
        if place is None or ledger.repo.entry(ledger.main, path) is None:
            continue
        org, today = ledger.in_force.org, ledger.today
        names = ledger.expected_readers(ledger.dossier(place.dossier), place.compartment)
        readers = {m for name in names for m in (org.group_members(name, today) if "." in name else [name])}
        givers = [word.giver for word in words if word.giver in readers]
        if ledger.member_id == next(iter([*reversed(givers), *sorted(readers)]), None):
            yield path, words


def _values(decided: Decided, words: Sequence[Word]) -> dict[str, object]:
    values: dict[str, object] = {"state": decided.state, decided.on: max(word.on for word in words).isoformat()}
    for name, roles in decided.by.items():
        named = [word.by for word in words if not roles or word.role in roles]
        values |= {name: named[-1]} if named else {}
    return values
