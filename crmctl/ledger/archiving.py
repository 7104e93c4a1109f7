"""End trading with a customer: out of register and lists, its papers in one of two binders (P13:4.4, P13:6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import NotFound, Refused, UsageError
from crmctl.i18n import _
from crmctl.ledger import lookup
from crmctl.ledger.dealing import may_arrange
from crmctl.ledger.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect

KIND = "ending"
BINDERS = ("suspended", "past")


@dataclass(frozen=True, slots=True)
class Archived:
    """What was ended or taken up again: the customer, its departments, the records, the commit (None on a dry run)."""

    customer: str
    departments: tuple[str, ...]
    records: tuple[str, ...]
    commit: str | None


def archive(
    ledger: Ledger, who: str, binder: str, reason: str, text: str | None = None, department: str | None = None, *,
    on: date | None = None, dry_run: bool = False,
) -> Archived:  # fmt: skip
    """End trading with a customer in a department, or in all that deal with it.

    `binder` is a word of the pack's list (suspended, past), `reason` one of `ending_reason`. Raises
    NotFound, NoKey, InvalidInput, and Refused for who does not lead it or where it is ended already.
    """
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    if binder not in ledger.in_force.pack.vocab.get("binder", {}):
        raise UsageError(_("There is no binder {name}", name=binder), hint=", ".join(BINDERS))
    records, places = [], _places(draft, customer, department)
    for place in places:
        may_arrange(ledger, draft.dossier(customer), place)
        assignment = draft.dossier(customer).assignments[place]
        if assignment.state in ended_states(ledger):
            raise Refused(_("It is ended there already: {department}", department=place), where=customer, rule="UPD005")
        values = {
            "on": (on or ledger.today).isoformat(), "binder": binder, "reason": reason, "before": assignment.state,
            **({"text": text} if text else {}),
        }  # fmt: skip
        records.append(draft.new_record(draft.kind(KIND), customer, place, values, Origin(reason=text)).id)
        draft.set_assignment(customer, place, replace(assignment, state=binder, since=ledger.today))
    return Archived(customer, places, tuple(records), None if dry_run else draft.commit("archive", "customer"))


def resume(
    ledger: Ledger, who: str, reason: str, department: str | None = None, *, dry_run: bool = False
) -> Archived:  # fmt: skip
    """Take trading up again: the customer is back in the stage it had. Raises NotFound where nothing was ended."""
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    records = []
    rows = connect(ledger, [KIND]).execute(
        "SELECT id, department, before, path FROM ending WHERE dossier = ? AND state = 'ended' ORDER BY \"on\", id",
        (customer,),
    )
    last = {place: (record_id, before, path) for record_id, place, before, path in rows}
    places = tuple(place for place in _places(draft, customer, department) if place in last)
    if not places:
        raise NotFound(_("Trading with this customer was not ended"), where=customer, hint=f"crmctl show {customer}")
    for place in places:
        may_arrange(ledger, draft.dossier(customer), place)
        record_id, before, path = last[place]
        told = {"state": "resumed", "resumed_on": ledger.today.isoformat(), "resume_reason": reason}
        draft.new_version(path, told, Origin(reason=reason), record_id)
        assignment = draft.dossier(customer).assignments[place]
        draft.set_assignment(customer, place, replace(assignment, state=before, since=ledger.today))
        records.append(record_id)
    return Archived(customer, places, tuple(records), None if dry_run else draft.commit("resume", "customer"))


def ended_states(ledger: Ledger) -> frozenset[str]:
    """The stages of a customer whose papers lie in a binder."""
    return frozenset(ledger.in_force.pack.vocab.get("binder", {}))


def _places(draft: Draft, customer: str, department: str | None) -> tuple[str, ...]:
    held = draft.dossier(customer).assignments
    if department is not None and department not in held:
        raise NotFound(_("{department} does not deal with this customer", department=department), where=customer)
    return (department,) if department else tuple(held)
