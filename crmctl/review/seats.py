"""Grades approved in a change have seats: whoever gives one up must be approved with it, not left for later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from crmctl.errors import CrmctlError, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.grade_cap import KIND
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.paths import lies_there, place_of
from crmctl.review.again import Written, without_seat
from crmctl.review.inbox import Bundle, Handed


def must_have_seats(ledger: Ledger, bundle: Bundle, chosen: Sequence[Handed]) -> None:
    """Raise Refused where a grade among the chosen changes has no seat, naming the change that would free one.

    What the member does not see whole, or cannot open, is left to `crmctl check`.
    """
    grades = {change.name: list(_grades(ledger, bundle, change)) for change in bundle.changes if not change.conflict}
    mine = [one for change in chosen for one in grades.get(change.name, ())]
    full = _full(ledger, mine)
    if not full:
        return
    names = [change.name for change in chosen]
    for change in bundle.changes:
        more = grades.get(change.name, ())
        if change.name not in names and more and len(_full(ledger, [*mine, *more])) < len(full):
            raise Refused(
                _("Only together with {change}, which frees the seat: {why}", change=change.name, why=_why(full)),
                where=names[0], rule=full[0].code, findings=full,
                hint=f"crmctl review approve {' '.join([*names, change.name])}",
            )  # fmt: skip
    raise Refused(
        _why(full), where=names[0], rule=full[0].code, findings=full,
        hint=_("crmctl grade caps shows who holds the seats; crmctl grade approve decides in one change "
               "what changes places"),
    )  # fmt: skip


def _full(ledger: Ledger, grades: Sequence[Written]) -> list[Finding]:
    with suppress(CrmctlError):
        return list(without_seat(ledger, grades))
    return []


def _why(full: Sequence[Finding]) -> str:
    return str(full[0].args.get("text") or "")


def _grades(ledger: Ledger, bundle: Bundle, change: Handed) -> Iterator[Written]:
    kind = ledger.in_force.kinds.get(KIND)
    now, before = ledger.standing_on(bundle.one.bundle), ledger.standing_on(bundle.one.base)
    for one in change.stack.changes:
        place = place_of(one.path)
        if kind is None or place is None or not place.is_record or not one.new_oid or not lies_there(kind, place):
            continue
        with suppress(CrmctlError):
            old = before.read(one.path, one.old_oid) if one.old_oid else None
            yield Written(one.path, kind, old, now.read(one.path, one.new_oid))
