"""How commands say that something was not reviewed yet."""

from __future__ import annotations

from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.paths import place_of


def note_on(ledger: Ledger, path: str) -> str:
    """What to say of a record whose file waits for review; empty for one that does not."""
    if path not in ledger.pending_paths:
        return ""
    from crmctl.ledger.waiting.handed_in import not_handed_in

    if any(change.path == path for stack in not_handed_in(ledger) for change in stack.changes):
        return _("Not yet reviewed, only you see it like this; hand it in: crmctl submit")
    return _("Handed in for review; only you see it like this until then")


def waiting_ids(ledger: Ledger) -> frozenset[str]:
    """The ids of records that were not reviewed yet; a customer's for its card."""
    places = (place_of(path) for path in ledger.pending_paths)
    return frozenset((place.record_id if place.folder else place.dossier) for place in places if place)


def counted(ledger: Ledger) -> tuple[int, int]:
    """How many own changes are still to hand in, and how many wait for others."""
    if not ledger.pending.stacks:
        return 0, 0
    from crmctl.ledger.waiting.handed_in import to_hand_in

    every, new = len(ledger.pending.stacks), to_hand_in(ledger)
    return new, every - new


def asked_of_me(ledger: Ledger) -> int:
    """How many changes of others wait for the reader's approval or notice; free where nobody is asked for anything."""
    if not ledger.in_force.pack.review:
        return 0
    from crmctl.review.inbox import inbox
    from crmctl.review.noticing import notices

    waiting = sum(change.asks_me for bundle in inbox(ledger) if bundle.asks_me for change in bundle.changes)
    return waiting + len(notices(ledger))


def summary(ledger: Ledger, for_me: int | None = None) -> list[str]:
    """What of the own changes waits, in a line each; nothing when nothing does. `for_me`: `asked_of_me`, if known."""
    new, others = counted(ledger)
    lines = [_("{count} of your changes still to hand in: crmctl submit", count=new)] if new else []
    mine = asked_of_me(ledger) if for_me is None else for_me
    lines += [_("{count:change waits|changes wait} for you: crmctl review", count=mine)] if mine else []
    return lines + (
        [_("{count:of your changes waits|of your changes wait} for review", count=others)] if others else []
    )
