"""Refuse a request: whoever is asked enters it in the register as refused, with the reason; nothing it asked for holds.

A request and what it asks for are one change, which never lands then. Its record is sealed to those who decide, so that
one of them, not who applied, writes what became of it. The applicant's next exchange takes the change back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmctl.errors import InvalidInput, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import HERE_AND_NOW, Draft
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Refusal
from crmctl.model.paths import lies_there, place_of
from crmctl.review.inbox import Handed
from crmctl.review.notes import KIND, filed_into, returns

__all__ = ["is_request", "refuse"]


def refuse(ledger: Ledger, changes: Sequence[Handed], reason: str) -> tuple[str, ...]:
    """Refuse requests as they stand, all that one change asks for. Returns the notes' ids; nothing is exchanged yet.

    Raises InvalidInput without a reason, Refused for what asks for nothing, was refused already or does not wait for
    this member, NoKey where the request does not open.
    """
    if not reason.strip():
        raise InvalidInput(_("Say why it is refused"), hint="--reason TEXT", rule="REV042")
    draft = Draft(ledger)
    for change in changes:
        for path, rule in _requests(ledger, change):
            record = ledger.standing_on(change.stack.tip).read(path)
            said = {rule.on: ledger.today.isoformat(), rule.by: ledger.member_id, rule.why: reason.strip()}
            draft.wrapping.ensure_office(record.dossier, record.compartment)
            draft.take_record(path, replace(record, data={**record.data, "state": rule.state, **said}), HERE_AND_NOW)
    ids = filed_into(draft, changes, "refused", reason)
    draft.commit("add", KIND, returns(changes))
    return ids


def is_request(ledger: Ledger, change: Handed) -> bool:
    """Whether a change asks for something, so that it may be refused."""
    return bool(_refusals(ledger, change))


def _requests(ledger: Ledger, change: Handed) -> list[tuple[str, Refusal]]:
    """The paths of the requests in a change, and how a refusal is written into each."""
    if change.returned:
        raise Refused(_("It was sent back already"), where=change.name)
    if not change.asks_me:
        raise Refused(_("It does not wait for you"), where=change.name, hint=f"crmctl review show {change.name}")
    found = _refusals(ledger, change)
    if found:
        return found
    raise Refused(
        _("Only a request is refused; other changes are sent back"), where=change.name,
        hint=f"crmctl review return {change.name} --reason TEXT",
    )  # fmt: skip


def _refusals(ledger: Ledger, change: Handed) -> list[tuple[str, Refusal]]:
    kinds = [kind for kind in ledger.in_force.kinds.values() if kind.effect and kind.effect.refused]
    added = [(one.path, place_of(one.path)) for one in change.stack.changes if not one.old_oid]
    return [
        (path, kind.effect.refused) for path, place in added for kind in kinds
        if place and place.is_record and lies_there(kind, place) and kind.effect and kind.effect.refused
    ]  # fmt: skip
