"""What the records say a clock stands still for (`pauses:` of a clock), by the record whose clock it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.rows import TypedRow, typed_rows
from crmctl.model.kinds import Kind
from crmctl.policy.clock_pauses import PausedBy
from crmctl.policy.clocks import Clock
from crmctl.rules.calendar import WorkCalendar
from crmctl.rules.due_parts import DueRow, Surroundings
from crmctl.rules.pausing import Pause

if TYPE_CHECKING:
    from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class Standstills:
    """The pauses of one clock, by record or by customer and department; each with the source it is of."""

    of_record: Mapping[str, list[tuple[PausedBy, Pause]]] = field(default_factory=dict)
    of_customer: Mapping[str, list[tuple[str | None, PausedBy, Pause]]] = field(default_factory=dict)

    def of(self, row: DueRow, around: Surroundings) -> tuple[Pause, ...]:
        """The pauses of a record's clock. What all departments share stands still for any of them."""
        found = list(self.of_record.get(row.id, ()))
        for department, source, pause in self.of_customer.get(row.dossier, ()):
            if None in {row.department, department} or row.department == department:
                found.append((source, pause))
        settings = around.settings_of(row.department)
        return tuple(pause for source, pause in found if source.only is None or source.only.holds(settings) is True)


def standstills(connection: Connection, clock: Clock, kinds: Mapping[str, Kind], around: Surroundings) -> Standstills:
    """Read what pauses a clock; nothing is asked for a clock that no pack pauses."""
    own: dict[str, list[tuple[PausedBy, Pause]]] = {}
    shared: dict[str, list[tuple[str | None, PausedBy, Pause]]] = {}
    zone = around.now.tzinfo
    for source in clock.pauses:
        if zone is None:
            break
        kind = kinds[source.kind or clock.on]
        for row in typed_rows(connection, kind, source.fields, zone, source.since, source.conditions):
            pause = _pause(source, row)
            if pause is None:
                continue
            if source.kind and not source.ref:
                shared.setdefault(row.dossier, []).append((row.department, source, pause))
            else:
                about = str(row.values.get(source.ref)) if source.ref else row.id
                own.setdefault(about, []).append((source, pause))
    return Standstills(own, shared)


def pauses_told(connection: Connection, ledger: Ledger) -> Iterator[tuple[str, str, int | str, int | str | None]]:
    """(code, record, since, until) of all pauses the clocks in force count for single records: seconds or days."""
    around = Surroundings(ledger.now, WorkCalendar(), ledger.values(), effective=ledger.in_force.values)
    for clock in ledger.in_force.pack.clocks:
        found = standstills(connection, clock, ledger.in_force.kinds, around) if clock.pauses else Standstills()
        for record, pauses in found.of_record.items():
            for source, pause in pauses:
                if source.only is None or source.only.holds(around.settings) is True:
                    yield clock.code, record, _plain(pause.since), _plain(pause.until) if pause.until else None


def _plain(point: date) -> int | str:
    return int(point.timestamp()) if isinstance(point, datetime) else point.isoformat()


def _pause(source: PausedBy, row: TypedRow) -> Pause | None:
    since, until = row.values.get(source.since), row.values.get(source.until or "")
    if not isinstance(since, date) or not all(leaf.holds(row.values) is True for leaf in source.conditions):
        return None
    told = " ".join(str(row.values.get(source.tell) or "").split()) if source.tell else ""
    return Pause(since, until if isinstance(until, date) else None, source.text, told)
