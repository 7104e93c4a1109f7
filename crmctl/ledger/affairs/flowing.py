"""Begin a flow of work that a policy names: a record of its steps, with who takes each and until when (R-SEC-22)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from crmctl.errors import Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import HERE_AND_NOW, Origin
from crmctl.ledger.changing.entry import Entered, Entry, add
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.handbook import flows, holders
from crmctl.ledger.workdays import work_calendar
from crmctl.model.duration import with_values
from crmctl.policy.flows import RUN, Flow
from crmctl.rules.deadline import deadline


@dataclass(frozen=True, slots=True)
class Begun:
    """A flow that was begun: its record, and whether the policy says its steps."""

    entered: Entered
    flow: Flow


def begin(
    ledger: Ledger, name: str, values: Mapping[str, object], *, customer: str | None = None,
    department: str | None = None, origin: Origin = HERE_AND_NOW, dry_run: bool = False,
) -> Begun:  # fmt: skip
    """Begin a flow in an office; `values` are fields of the record besides what the policy gives.

    Who writes coordinates it, and has to hold the flow's role in the department. Raises NotFound for a flow no policy
    knows, UsageError for one that is a kind's states, Refused for somebody else, InvalidInput.
    """
    (flow,) = flows(ledger, name)
    if flow.of is not None:
        kind = ledger.in_force.kinds[flow.of]
        raise UsageError(
            _("{flow} goes by the states of {kind}", flow=label(flow.label), kind=label(kind.label)),
            hint=f"crmctl add {flow.of} …; crmctl advance ID STATE",
        )
    mine = origin.for_member or ledger.member_id
    place = department or _place(ledger, flow, mine)
    given: dict[str, object] = {"flow": flow.name, "coordinator": mine, "begun_on": ledger.today.isoformat(), **values}
    given.setdefault("steps", list(_steps(ledger, flow, place, date.fromisoformat(str(given["begun_on"])))))
    if customer is not None:
        given["customer"] = lookup.customer(ledger, customer)
    filled = {name: value for name, value in given.items() if value not in (None, [])}
    return Begun(add(ledger, Entry(RUN, filled, department=place, origin=origin), dry_run=dry_run), flow)


def _place(ledger: Ledger, flow: Flow, member: str) -> str | None:
    """The department where the member holds the flow's role, else any of his."""
    who = ledger.in_force.org.members[member]
    mine = who.departments(ledger.today)
    held = [name for name in mine if who.holds(flow.owner, name, ledger.today)]
    if not held:
        role = label(ledger.in_force.pack.vocab.get("role", {}).get(flow.owner, (flow.owner, flow.owner)))
        found = (
            ", ".join(ledger.in_force.org.members[one].name for one in holders(ledger, flow.owner))
            or f"crmctl member role … {flow.owner}@…"
        )
        raise Refused(label(flow.text), where=flow.name, rule=flow.code, hint=f"{role}: {found}")
    return held[0]


def _steps(ledger: Ledger, flow: Flow, department: str | None, begun: date) -> Iterator[dict[str, object]]:
    """The steps as the record keeps them. A span counts from the step before, the first from the beginning."""
    day, calendar = begun, work_calendar(ledger)
    for step in flow.steps:
        within = with_values(step.within, ledger.values(department)) if step.within else None
        day = deadline(calendar, day, within).day if within else day
        found = [one for one in holders(ledger, step.who) if _works_in(ledger, one, department)] if step.who else []
        who = {"who": step.who} if step.who else {}
        by = {"by": found[0]} if len(found) == 1 else {}
        yield {"text": label(step.text), **who, **by, **({"due_on": day.isoformat()} if within else {})}


def _works_in(ledger: Ledger, member: str, department: str | None) -> bool:
    return department in ledger.in_force.org.members[member].departments(ledger.today)
