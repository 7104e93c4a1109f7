"""What the clocks are read against, as the ledger stands: who deals with whom, what came last, who holds which role.

Of ten thousand customers a day's list looks at some hundred: what is looked up is turned into dates and persons then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from crmctl.ledger.snapshot.rows import latest_by_reference, latest_days
from crmctl.ledger.workdays import work_calendar
from crmctl.model.paths import place_of
from crmctl.rules.due_parts import Dealing, Surroundings

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.ledger import Ledger
    from crmctl.policy.clocks import Clock
    from crmctl.rules.due_parts import Whose

_Key = tuple[str, str, str, str | None]
Customer = tuple[str, str | None]  # and the department; None: what all departments share


def surroundings(
    ledger: Ledger, connection: Connection, clocks: Iterable[Clock], as_of: date | None, whose: Whose | None = None
) -> Surroundings:
    """What these clocks are read against on a day (today), for the items of these (everybody's)."""
    day = as_of or ledger.today
    now = ledger.now if day == ledger.today else datetime.combine(day, time(23, 59, 59), ledger.now.tzinfo)
    active = frozenset(m.id for m in ledger.in_force.org.members.values() if m.active(day))
    began = _began(ledger) if any(clock.each or clock.missing_for for clock in clocks) else {}
    return Surroundings(
        now, work_calendar(ledger), ledger.values(day=day), _Dealings(connection), active,
        _Latest(ledger, connection, clocks), _holders(ledger, day), ledger.in_force.values, began, whose,
    )  # fmt: skip


def closed_customers(connection: Connection, kinds: Iterable[str]) -> frozenset[Customer]:
    """The customers, by department, of whom records of these kinds exist that do not open."""
    names = list(kinds)
    marks = ", ".join("?" * len(names))
    there = f"SELECT 1 FROM coverage WHERE kind IN ({marks}) AND opened < existing LIMIT 1"  # noqa: S608 - question marks
    if not connection.execute(there, names).fetchone():
        return frozenset()
    sql = f"SELECT path FROM _sources WHERE kind IN ({marks}) AND generation IS NULL"  # noqa: S608 - question marks
    places = (place_of(path) for (path,) in connection.execute(sql, names))
    return frozenset(
        (place.dossier, place.compartment.partition("/")[0] if "/" in place.compartment else None)
        for place in places if place
    )  # fmt: skip


class _Dealings(Mapping[str, Mapping[str, Dealing]]):
    """Who deals with a customer, by department."""

    def __init__(self, connection: Connection) -> None:
        self._rows: dict[str, list[tuple[str, str, str, str]]] = {}
        self._made: dict[str, dict[str, Dealing]] = {}
        sql = "SELECT dossier, department, owner, team, since FROM assignment"
        for dossier, department, owner, team, since in connection.execute(sql):
            self._rows.setdefault(dossier, []).append((department, owner, team, since))

    def __getitem__(self, dossier: str) -> Mapping[str, Dealing]:
        if dossier not in self._made:
            self._made[dossier] = {
                department: Dealing(owner, tuple(team.split()), date.fromisoformat(since))
                for department, owner, team, since in self._rows[dossier]
            }
        return self._made[dossier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Latest(Mapping[_Key, date]):
    """The last day of what ends a clock, by kind, field, customer (or record) and department.

    What all departments share is answered by any of them. Where a customer has records of the kind that do not open,
    nobody can say which was the last: it answers whatever is asked.
    """

    def __init__(self, ledger: Ledger, connection: Connection, clocks: Iterable[Clock]) -> None:
        self._connection, self._kinds = connection, ledger.in_force.kinds
        self._places = {(until.kind, until.at, until.ref) for clock in clocks if (until := clock.until)}
        self._days: dict[tuple[str, str], dict[tuple[str, str | None], str]] = {}
        self._shared: dict[tuple[str, str], dict[str, str]] = {}
        self._closed: dict[str, frozenset[Customer]] = {}
        self._of_records: dict[_Key, date] = {}
        for until in {clock.until for clock in clocks if clock.until and clock.until.ref}:
            kind = self._kinds[until.kind]
            for about, last in latest_by_reference(connection, kind, until.at, str(until.ref)):
                self._of_records[(*until.key, about, None)] = last

    def __getitem__(self, key: _Key) -> date:
        if key in self._of_records:
            return self._of_records[key]
        kind, at, dossier, department = key
        place = kind, at
        if self._is_closed(kind, dossier, department):
            return date.max
        text = self._of(place)[dossier, department] if department is not None else self._of_any(place)[dossier]
        return date.fromisoformat(text)

    def __iter__(self) -> Iterator[_Key]:
        yield from self._of_records
        for kind, at, ref in self._places:
            if not ref:
                yield from ((kind, at, *key) for key in self._of((kind, at)))

    def __len__(self) -> int:
        return sum(1 for _key in self)

    def _of(self, place: tuple[str, str]) -> Mapping[tuple[str, str | None], str]:
        """The last days of one field: most are never asked for, as SQL leaves out what is answered."""
        if place not in self._days:
            kind, at = place
            self._days[place] = latest_days(self._connection, self._kinds[kind], at)
        return self._days[place]

    def _is_closed(self, kind: str, dossier: str, department: str | None) -> bool:
        if kind not in self._closed:
            closed = closed_customers(self._connection, [kind])
            # asked of no department in particular, any of them counts
            self._closed[kind] = closed | {(customer, None) for customer, _department in closed}
        return (dossier, department) in self._closed[kind]

    def _of_any(self, place: tuple[str, str]) -> Mapping[str, str]:
        if place not in self._shared:
            shared: dict[str, str] = {}
            for (dossier, _department), text in self._of(place).items():
                shared[dossier] = max(text, shared.get(dossier, ""))
            self._shared[place] = shared
        return self._shared[place]


def _began(ledger: Ledger) -> dict[str, date]:
    """The first day on which each department and member could be asked: nobody owes what was before the ledger."""
    found: dict[str, date] = {}
    for member in ledger.in_force.org.members.values():
        found[member.id] = max(member.since, ledger.founded)
        for role in member.roles:
            if role.department:
                first = max(role.since, ledger.founded)
                found[role.department] = min(first, found.get(role.department, first))
    return found


def _holders(ledger: Ledger, day: date) -> dict[tuple[str, str | None], tuple[str, ...]]:
    """Who holds each role, by department or for the whole company, on that day."""
    found: dict[tuple[str, str | None], tuple[str, ...]] = {}
    for member in ledger.in_force.org.members.values():
        for role in member.roles if member.active(day) else ():
            if role.active(day):
                place = (role.role, role.department)
                found[place] = (*found.get(place, ()), member.id)
    return found
