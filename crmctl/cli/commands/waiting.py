"""How commands say that something was not reviewed yet."""

from __future__ import annotations

from collections.abc import Iterable

from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.paths import place_of
from crmctl.review.own import HeldUp, Waiting


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


def held_up_lines(ledger: Ledger, held: Iterable[HeldUp]) -> list[str]:
    """What everything later waits for, a line each."""
    lines = []
    for one in held:
        names = ", ".join(member_name(ledger, name) for name in one.approvers) or _("nobody yet")
        lines.append(
            _("{count} later changes wait for one of {day} to be approved: {about} ({names})", count=one.count,
              day=one.since, about=one.about, names=names)
        )  # fmt: skip
    return lines


def summary(ledger: Ledger, own: Waiting) -> list[str]:
    """What of the own changes waits, and what waits for the reader, in a line each; nothing when nothing does."""
    lines = [_("{count} of your changes still to hand in: crmctl submit", count=own.to_submit)] if own.to_submit else []
    lines += held_up_lines(ledger, own.held_up)
    if own.for_me:
        lines.append(_("{count:change waits|changes wait} for you: crmctl review", count=own.for_me))
    if own.submitted:
        lines.append(_("{count:of your changes waits|of your changes wait} for review", count=own.submitted))
    if own.met:
        lines.append(_("{count:of your changes|of your changes} met another: crmctl resolve", count=own.met))
    if own.returned:
        lines.append(
            _("{count} of your changes sent back: correct or crmctl undo, then crmctl submit", count=own.returned)
        )
    return lines
