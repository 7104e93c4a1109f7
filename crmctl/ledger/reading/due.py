"""What is due for whom: the policy's clocks run over what the member can open (DESIGN 5, `due`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, Refused
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.asker import Asker
from crmctl.ledger.reading.due_rows import asked_rows, clock_rows
from crmctl.ledger.reading.duties import duties_due
from crmctl.ledger.reading.history import first_version
from crmctl.ledger.reading.pauses import Standstills, standstills
from crmctl.ledger.reading.standing import contacts_due, held_classes, kinds_asked, rank_of, standing_of
from crmctl.ledger.reading.surroundings import surroundings
from crmctl.ledger.snapshot.closeup import add_functions
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.rows import TypedRow, typed_rows
from crmctl.ledger.workdays import unknown_years
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.policy.clocks import EVERY, Clock, check_clocks
from crmctl.rules.deadline import day_of
from crmctl.rules.due import due_items, missing_items, ordered, running, wave_items
from crmctl.rules.due_parts import Due, DueRow, Surroundings, Whose

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.policy.standing import Standing

_NOTE = "escalation"
_LEADERS = ("supervisor", "head")


@dataclass(frozen=True, slots=True)
class Agenda:
    """Items in order, what was done too late of late, and the names of the customers they concern."""

    items: tuple[Due, ...]
    done_late: tuple[Due, ...]
    names: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


def own(ledger: Ledger) -> Whose:
    """The member's own items."""
    return Whose(frozenset({ledger.member_id}))


def team_of(ledger: Ledger) -> Whose:
    """The departments this member leads and the members who report to him. Raises Refused when there are none."""
    org, today = ledger.in_force.org, ledger.today
    roles = ledger.values().get("team_roles")
    leading = [str(role) for role in roles] if isinstance(roles, list) else _LEADERS
    led = frozenset(d for d in org.departments for role in leading if ledger.member.holds(role, d, today))
    reporting = {m.id for m in org.members.values() if m.supervisor == ledger.member_id and m.active(today)}
    if not led and not reporting:
        raise Refused(_("You lead no department and nobody reports to you"), rule="due --team", hint="crmctl due")
    return Whose(frozenset({*reporting, ledger.member_id}), led)


def agenda(
    ledger: Ledger, whose: Whose, as_of: date | None = None, *, done_late: bool = True,
    connection: Connection | None = None,
) -> Agenda:  # fmt: skip
    """Everything due for these members on a day (today), and what was done too late of late where that is wanted.

    `connection` has the tables of `agenda_kinds`, whole; without one they are opened here. Raises BadConfiguration for
    a clock that does not fit.
    """
    pack, kinds = ledger.in_force.pack, ledger.in_force.kinds
    findings = check_clocks(pack.clocks, kinds, "policy", ledger.values()) or list(_values_faults(ledger))
    if findings:
        raise BadConfiguration(
            _("The policy's clocks do not fit the kinds"), findings=findings, hint="crmctl policy check"
        )
    day = as_of or ledger.today
    clocks, standing = _running(ledger, day), standing_of(ledger)
    connection = connection or connect(ledger, agenda_kinds(ledger, day))
    add_functions(connection, ledger)
    _approvals(ledger, connection, clocks)
    around = surroundings(ledger, connection, clocks, as_of, whose)
    asker = Asker(connection, ledger, day)
    filled, ended = _filled(connection), _ended(ledger, connection)
    found = [*contacts_due(asker, standing, around), *duties_due(asker, standing, around)]
    for clock in clocks:
        if clock.rows:
            still = standstills(connection, clock, kinds, around)
            found += due_items(clock, (_paused(row, still, around) for row in asked_rows(asker, clock, around)), around)
            continue
        found += _missing(ledger, connection, clock, around, whose)
        found += _waves(ledger, connection, clock, around)
        for kind in [kind for kind in _kinds(clock, kinds) if kind.name in filled]:
            over = ended if kind.scope == "core" else frozenset[str]()
            found += _run(ledger, connection, clock, kind, around, over, done_late=done_late)
    found = _once(found)
    chosen = [item for item in found if whose.wants(item, around.dealings.get(item.dossier, {}))]
    wanted = ordered(_ranked(asker, standing, chosen))
    names = dict(connection.execute("SELECT id, name FROM customer"))
    counted = [(item.since, item.due) for item in wanted if item.due and (item.steps or not item.id)]
    return Agenda(
        tuple(item for item in wanted if item.done is None), tuple(item for item in wanted if item.done is not None),
        names, tuple(unknown_years(around.calendar, counted)),
    )  # fmt: skip


def agenda_kinds(ledger: Ledger, day: date) -> list[str]:
    """The kinds whose records decide what is due on a day."""
    clocks = _running(ledger, day)
    needed = _needed(clocks, ledger.in_force.kinds)
    return [*needed, *sorted(kinds_asked(ledger, standing_of(ledger), clocks) - {*needed})]


def _running(ledger: Ledger, day: date) -> list[Clock]:
    """The clocks that run for anybody by the values of a day."""
    values = list(ledger.in_force.values.all(day))
    return [clock for clock in ledger.in_force.pack.clocks if any(running(clock, one) for one in values)]


def _once(found: list[Due]) -> list[Due]:
    """Without the notes about what stands in the list itself: who opens the record needs no note of it."""
    there = {(item.code, item.id) for item in found}
    return [item for item in found if item.kind != _NOTE or tuple(item.told.split(" ", 2)[:2]) not in there]


def agenda_of_duties(ledger: Ledger) -> tuple[Standing, list[Due]]:
    """What the packs say of classes today, and whose managers or files are not what they ask for."""
    standing = standing_of(ledger)
    if not standing.managing and not standing.filings:
        return standing, []
    connection = connect(ledger, sorted({*kinds_asked(ledger, standing, ())}))
    add_functions(connection, ledger)
    around = surroundings(ledger, connection, (), None)
    return standing, list(duties_due(Asker(connection, ledger, ledger.today), standing, around))


def _values_faults(ledger: Ledger) -> Iterator[Finding]:
    """What does not fit the clocks among the values of other days and of departments."""
    pack, effective = ledger.in_force.pack, ledger.in_force.values
    variants = [values for name in (None, *effective.departments) for values in effective.ever(name)]
    for values in variants if len(variants) > 1 else ():
        faults = check_clocks(pack.clocks, ledger.in_force.kinds, "policy", values)
        if faults:
            yield from faults
            return


def _ranked(asker: Asker, standing: Standing, items: list[Due]) -> list[Due]:
    """The items with their customers' places in the policy's priorities."""
    if not standing.priority:
        return items
    held = held_classes(asker, standing, (item.dossier for item in items))
    places = {(item.dossier, item.department): rank_of(standing, held, item) for item in items}
    return [replace(item, rank=rank, standing=name) for item in items
            for rank, name in [places[item.dossier, item.department]]]  # fmt: skip


def _waves(ledger: Ledger, connection: Connection, clock: Clock, around: Surroundings) -> Iterator[Due]:
    """What is asked of each department in some months; a department whose records do not open is not accused."""
    if not clock.each:
        return
    latest: dict[str, date] = {}
    kind, zone = ledger.in_force.kinds[clock.on], around.now.tzinfo
    for row in typed_rows(connection, kind, clock.fields, zone, clock.at, clock.conditions) if zone else ():
        day = row.values[clock.at]
        if isinstance(day, date) and all(leaf.holds(row.values) is True for leaf in clock.conditions):
            department = row.department or ""
            latest[department] = max(day_of(day), latest.get(department, date.min))
    closed = connection.execute("SELECT department FROM coverage WHERE kind = ? AND opened < existing", (clock.on,))
    unseen = {department for (department,) in closed}
    org = ledger.in_force.org
    asked = [d.id for d in org.departments.values() if d.until is None and d.id not in unseen]
    yield from wave_items(clock, latest, asked, around)


def _needed(clocks: Iterable[Clock], kinds: Mapping[str, Kind]) -> list[str]:
    names = ["customer"]
    for clock in clocks:
        names += [] if clock.rows else [kind.name for kind in _kinds(clock, kinds)]
        names += [clock.until.kind] if clock.until else []
        names += [pause.kind or clock.on for pause in clock.pauses]
        names += [clock.on] if clock.missing_for else []
    return list(dict.fromkeys(names))


def _approvals(ledger: Ledger, connection: Connection, clocks: Iterable[Clock]) -> None:
    """The table of approvals, where a clock's question reads it."""
    if any("approval" in (clock.rows or "") for clock in clocks):
        from crmctl.ledger.reading.approvals import TABLE, add_approvals

        add_approvals(connection, ledger.landed, [TABLE])


def _kinds(clock: Clock, kinds: Mapping[str, Kind]) -> list[Kind]:
    """The kinds a clock looks at; of a month's file each entry has nothing but who is to confirm it."""
    if clock.on != EVERY:
        return [kinds[clock.on]]
    return [kind for kind in kinds.values() if not kind.monthly or "to_confirm" in clock.who]


def _run(
    ledger: Ledger,
    connection: Connection,
    clock: Clock,
    kind: Kind,
    around: Surroundings,
    ended: frozenset[str],
    *,
    done_late: bool,
) -> Iterator[Due]:
    if clock.missing_for or clock.each:
        return
    still = standstills(connection, clock, ledger.in_force.kinds, around)
    kinds = ledger.in_force.kinds
    for row in clock_rows(connection, clock, kind, around, done_late=done_late, kinds=kinds):
        if row.dossier in ended:
            continue  # nothing more is asked about a customer whose papers lie in a binder
        for item in due_items(clock, [_paused(_due_row(kind, row), still, around)], around):
            if not clock.every or not item.late or _was_here(ledger, row, item, around):
                yield from _first_entry(ledger, clock, kind, row, item, around)


def _was_here(ledger: Ledger, row: TypedRow, item: Due, around: Surroundings) -> bool:
    """Whether the record was in the ledger before a window was over: nobody could be asked about it earlier."""
    over, zone = item.due or date.max, around.now.tzinfo
    dealings = around.dealings.get(row.dossier, {}).values()
    if row.rev > 1 and any(dealing.since and dealing.since <= over for dealing in dealings):
        return True
    entered = row.values.get("entered_at")
    if row.rev > 1:
        first = first_version(ledger, row.path, ledger.read(row.path))
        entered = datetime.fromisoformat(first.at).astimezone(zone) if first else None
    return not isinstance(entered, date) or day_of(entered) <= over


def _filled(connection: Connection) -> frozenset[str]:
    """The kinds of which anything opened."""
    return frozenset(kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM coverage WHERE opened > 0"))


def _ended(ledger: Ledger, connection: Connection) -> frozenset[str]:
    """The customers that no department deals with any more."""
    binders = sorted(ledger.in_force.pack.vocab.get("binder", {}))
    words = ", ".join("?" * len(binders))
    sql = f"SELECT dossier FROM assignment GROUP BY dossier HAVING min(state IN ({words}))"  # noqa: S608 - question marks
    return frozenset(dossier for (dossier,) in connection.execute(sql, binders)) if binders else frozenset()


def _first_entry(
    ledger: Ledger, clock: Clock, kind: Kind, row: TypedRow, item: Due, around: Surroundings
) -> Iterator[Due]:
    """A record changed later was not entered late for that: look when its first version was entered."""
    if item.done is None or "added_at" not in clock.done or row.rev == 1:
        yield item
        return
    first = first_version(ledger, row.path, ledger.read(row.path))
    if first is not None:
        moment = datetime.fromisoformat(first.at).astimezone(around.now.tzinfo)
        yield from due_items(clock, [_due_row(kind, row, moment)], around)


def _due_row(kind: Kind, row: TypedRow, added: datetime | None = None) -> DueRow:
    values = {**row.values, "added_at": added or row.values.get("entered_at")}
    member = row.compartment.partition(".")[2] or None
    return DueRow(kind.name, row.id, row.dossier, row.department, values, member, row.unverified)


def _paused(row: DueRow, still: Standstills, around: Surroundings) -> DueRow:
    pauses = still.of(row, around)
    return replace(row, pauses=pauses) if pauses else row


def _missing(ledger: Ledger, connection: Connection, clock: Clock, around: Surroundings, whose: Whose) -> Iterator[Due]:
    """Who has no record of the day. Somebody whose records exist and do not open is not accused."""
    if not clock.missing_for or around.now.tzinfo is None:
        return
    kind, org = ledger.in_force.kinds[clock.on], ledger.in_force.org
    present: dict[str, datetime] = {}
    for row in typed_rows(connection, kind, [clock.at, "entered_at"], around.now.tzinfo, clock.at):
        entered, day = row.values["entered_at"], row.values[clock.at]
        member = row.compartment.partition(".")[2]
        if isinstance(entered, datetime) and day == around.today:
            present[member] = min(entered, present.get(member, entered))
    closed = connection.execute("SELECT compartment FROM coverage WHERE kind = ? AND opened < existing", (kind.name,))
    unseen = {compartment.partition(".")[2] for (compartment,) in closed}
    asked: dict[str, str] = {}
    for m in org.members.values():
        held = [
            r.department for r in m.roles if r.role in clock.missing_for and r.department and r.active(around.today)
        ]
        if held and m.active(around.today) and m.id not in unseen:
            asked[m.id] = next((d for d in held if d in whose.departments), held[0])
    for item in missing_items(clock, present, asked.items(), around):
        yield replace(item, department=asked[item.who[0]])
