"""End trading with a customer: out of register and lists, its papers in one of two binders (P13:4.4, P13:6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import NotFound, Refused, UsageError
from crmctl.i18n import _
from crmctl.ledger.affairs.dealing import may_arrange
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.guarding import spoken_here
from crmctl.ledger.snapshot.closeup import closeup
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.values import Value
from crmctl.policy.pack_files import packs_in_force

KIND = "ending"
BINDERS = ("suspended", "past")


@dataclass(frozen=True, slots=True)
class Archived:
    """What was ended or taken up again: the customer, its departments, the records, the commit (None on a dry run).

    `closed` are the open plans that ended with it, `left` the departments whose own people still have to do it.
    """

    customer: str
    departments: tuple[str, ...]
    records: tuple[str, ...]
    commit: str | None
    closed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def archive(
    ledger: Ledger, who: str, binder: str, reason: str, text: str | None = None, department: str | None = None, *,
    on: date | None = None, dry_run: bool = False,
) -> Archived:  # fmt: skip
    """End trading with a customer in a department, or in all that deal with it and that the member may speak for.

    What is still planned there ends too (`ending:` of the packs). `binder` is a word of the pack's list (suspended,
    past), `reason` one of `ending_reason`. Raises NotFound, NoKey, InvalidInput, and Refused for who does not lead it
    or where it is ended already.
    """
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    if binder not in ledger.in_force.pack.vocab.get("binder", {}):
        raise UsageError(_("There is no binder {name}", name=binder), hint=", ".join(BINDERS))
    records: list[str] = []
    closed: list[str] = []
    places, left = _to_end(ledger, draft, customer, department)
    for place in places:
        assignment = draft.dossier(customer).assignments[place]
        values = {
            "on": (on or ledger.today).isoformat(), "binder": binder, "reason": reason, "before": assignment.state,
            **({"text": text} if text else {}),
        }  # fmt: skip
        closed += _close_plans(ledger, draft, customer, place)
        records.append(draft.new_record(draft.kind(KIND), customer, place, values, Origin(reason=text)).id)
        draft.set_assignment(customer, place, replace(assignment, state=binder, since=ledger.today))
    commit = None if dry_run else draft.commit("archive", "customer")
    return Archived(customer, places, tuple(records), commit, tuple(closed), left)


def _to_end(
    ledger: Ledger, draft: Draft, customer: str, department: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the departments to end it in, those for others to end it in). Raises Refused where nothing is to end."""
    dossier, ended = draft.dossier(customer), ended_states(ledger)
    if department is not None:
        (place,) = _places(draft, customer, department)
        may_arrange(ledger, dossier, place)
        if dossier.assignments[place].state in ended:
            raise Refused(_("It is ended there already: {department}", department=place), where=customer, rule="UPD005")
        return (place,), ()
    going = [place for place, assignment in dossier.assignments.items() if assignment.state not in ended]
    if not going:
        raise Refused(_("It is ended there already: {department}", department=", ".join(dossier.assignments)),
                      where=customer, rule="UPD005")  # fmt: skip
    mine = []
    for place in going:
        try:
            may_arrange(ledger, dossier, place)
        except Refused:
            if len(going) == 1:
                raise
            continue
        mine.append(place)
    if not mine:
        may_arrange(ledger, dossier, going[0])
    return tuple(mine), tuple(place for place in going if place not in mine)


def _close_plans(ledger: Ledger, draft: Draft, customer: str, department: str) -> Iterator[str]:
    """End what is still planned with a customer there, as `ending:` says: the ids of those records.

    ```yaml
    ending: [{on: visit, from: [planned], to: cancelled, set: {cancel_reason: [交易已终止, Trading has ended]}}]
    ```
    """
    rules: dict[str, dict[str, Value]] = {}
    for _path, raw in packs_in_force(ledger.in_force.raw):
        given = raw.get("ending")
        for rule in given if isinstance(given, list) else []:
            if isinstance(rule, dict) and str(rule.get("on")) in ledger.in_force.kinds:
                rules[str(rule["on"])] = rule
    near = closeup(ledger, draft.dossier(customer), rules)
    for name, rule in rules.items():
        states = rule.get("from")
        values: dict[str, object] = {"state": str(rule.get("to"))}
        filled = rule.get("set")
        for field, value in filled.items() if isinstance(filled, dict) else ():
            values[field] = spoken_here(value, ledger)
        for path, record in near.records[name].items():
            here = record.compartment.partition("/")[0] == department
            if here and isinstance(states, list) and record.state in states:
                draft.new_version(path, values, Origin(), record.id)
                yield record.id


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
