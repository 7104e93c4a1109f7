"""Record that data was looked at and found unchanged: many records, one change.

A confirmation is a version with the same fields, `confirmed_on` set and every mark of doubt taken
off: what was confirmed is no longer in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from crmctl.errors import Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda, own
from crmctl.model.monthly import Row, asked_in, find_row


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ids confirmed now, those that had been today already, and main's commit (None on a dry run)."""

    ids: tuple[str, ...]
    already: tuple[str, ...]
    commit: str | None


def confirm(ledger: Ledger, whats: Iterable[str], origin: Origin, *, dry_run: bool = False) -> Confirmed:
    """Confirm these records as unchanged today. Raises NotFound, NoKey, Refused; then nothing was written."""
    draft = Draft(ledger)
    ids: list[str] = []
    already: list[str] = []
    for what in whats:
        found = lookup.record(ledger, what)
        record = draft.record(found.path)
        doubts: dict[str, str | None] = dict.fromkeys(record.unverified)
        if found.row is not None and not _asks(ledger, find_row(record.data, found.row) or {}):
            raise Refused(
                _("A dealing is confirmed by the member it was entered for"), where=found.id,
                hint=_("Confirm the customer instead"),
            )  # fmt: skip
        kept = draft.new_version(found.path, {}, replace(origin, confirmed=True), found.id, doubts, found.row)
        (ids if kept else already).append(found.id)
    commit = None if dry_run else draft.commit("confirm")
    return Confirmed(tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(already)), commit)


def _asks(ledger: Ledger, row: Row) -> bool:
    return ledger.member_id in {row.get("for"), *asked_in(row)}


def to_confirm(ledger: Ledger) -> list[str]:
    """The member's records whose confirmation is due: in doubt, to be looked through again, entered by another."""
    marks = {"unverified", "confirmed_on"}
    clocks = ledger.in_force.pack.clocks
    again = {clock.code for clock in clocks if clock.at in marks or "to_confirm" in clock.who}
    return list(dict.fromkeys(item.id for item in agenda(ledger, own(ledger)).items if item.code in again))
