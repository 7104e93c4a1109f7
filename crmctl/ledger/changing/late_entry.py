"""Whether a record was entered later than the policy wants; every entry asks, so nothing is loaded for one in time."""

from __future__ import annotations

from datetime import date, datetime

from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.record import Record
from crmctl.policy.clocks import EVERY


def entered_late(ledger: Ledger, kind: Kind, record: Record) -> list[Finding]:
    """What the policy says of a record entered just now: a warning for each clock it ends too late (R-INT-01).

    A later version is measured only by the clocks of changes, not anew by those of the first entry.
    """
    marks = {"entered_at", "added_at"} if record.rev == 1 else {"entered_at"}
    wanted = [c for c in ledger.in_force.pack.clocks if marks & set(c.done)]
    clocks = [c for c in wanted if c.on in {kind.name, EVERY} and not c.pauses]  # what paused it, other records say
    values = _values_of(kind, record)
    moment = datetime.fromisoformat(record.at).astimezone(ledger.now.tzinfo)
    values |= {"entered_at": moment} | ({"added_at": moment} if record.rev == 1 else {})
    starts = [start for clock in clocks if isinstance(start := values.get(clock.at), date)]
    if not any(start.isoformat()[:10] < ledger.today.isoformat() for start in starts):
        return []  # entered the same day: no calendar is needed
    from crmctl.ledger.workdays import work_calendar
    from crmctl.rules.due import due_items
    from crmctl.rules.due_parts import DueRow, Surroundings

    around = Surroundings(ledger.now, work_calendar(ledger), ledger.values(), effective=ledger.in_force.values)
    department = record.dossier.partition("/")[2] or record.compartment.rpartition("/")[0] or None
    row = DueRow(kind.name, record.id, record.dossier, department, values)
    return [
        Finding(
            item.code, "Entered {days:day|days} after it was due ({due}): {text}", "warning", record.id, clock.at,
            {"days": item.late_days, "due": item.due, "text": item.text},
        )
        for clock in clocks for item in due_items(clock, [row], around) if item.done is not None
    ]  # fmt: skip


def _values_of(kind: Kind, record: Record) -> dict[str, object]:
    values: dict[str, object] = {"known_since": _day(record.known_since), "confirmed_on": _day(record.confirmed_on)}
    for name, found in kind.walk():
        outer, dot, inner = name.partition(".")
        value = record.data.get(outer)
        if dot and isinstance(value, dict):
            value = value.get(inner)
        if found.many or isinstance(value, (dict, list)) or value is None:
            continue
        text = str(value)
        values[name] = (
            datetime.fromisoformat(text) if found.type == "instant" else _day(text) if found.type == "date" else value
        )
    return {**values, "state": record.state}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
