"""The records a clock has to look at: left out in SQL is what cannot be due yet, or was done in time (DESIGN 9).

What is left is judged by `rules.due`; leaving out too little is only slow, so that whatever is not
certain stays in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crmctl.ledger.snapshot.rows import TypedRow, typed_rows
from crmctl.ledger.snapshot.tables import shape_of
from crmctl.model.duration import with_values
from crmctl.model.kinds import Kind
from crmctl.policy.clocks import Clock, value_of
from crmctl.rules.due import DONE_SHOWN
from crmctl.rules.due_parts import DueRow, Surroundings

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.reading.asker import Asker

# The fewest calendar days a unit can take.
_LEAST = {"day": 1, "working day": 1, "month": 28, "year": 365}
_ENTERED = frozenset({"entered_at", "added_at"})


@dataclass
class Narrow:
    """Conditions on a kind's table, with their parameters. `nothing`: no record can fit."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)
    nothing: bool = False

    def add(self, condition: str, *parameters: object) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.parameters += parameters


def clock_rows(
    connection: Connection, clock: Clock, kind: Kind, around: Surroundings, *, done_late: bool,
    kinds: Mapping[str, Kind] | None = None,
) -> Iterator[TypedRow]:  # fmt: skip
    """The records of a kind a clock has to look at; with `done_late` also those done lately.

    `kinds` are those whose tables are there, by name.
    """
    zone = around.now.tzinfo
    if zone is None:
        return
    narrow = narrowed(clock, kind, around, kinds or {}, done_late=done_late)
    if not narrow.nothing:
        yield from typed_rows(
            connection, kind, clock.fields, zone, clock.needed, clock.conditions, (narrow.conditions, narrow.parameters)
        )


def asked_rows(asker: Asker, clock: Clock, around: Surroundings) -> Iterator[DueRow]:
    """The rows of a clock that asks a question of its own: each with the columns the clock names."""
    zone, days = around.now.tzinfo, {clock.at, *clock.done, *([clock.until.after] if clock.until else [])}
    answer = asker.ask(clock.rows or "")
    for cells in answer.rows:
        row = dict(zip(answer.columns, cells, strict=True))
        values = {name: _day(cell, zone) if name in days else cell for name, cell in row.items()}
        department = row.get("department")
        member = row.get("member")
        yield DueRow(
            clock.on, str(row["id"]), str(row["dossier"]), str(department) if department else None, values,
            str(member) if member else None,
        )  # fmt: skip


def narrowed(clock: Clock, kind: Kind, around: Surroundings, kinds: Mapping[str, Kind], *, done_late: bool) -> Narrow:
    """What SQL can leave out for a clock."""
    narrow = Narrow()
    if clock.who == ("to_confirm",):
        narrow.add('"to_confirm" IS NOT NULL')
    if clock.at == "unverified" or clock.every is not None:
        return narrow
    _not_yet(narrow, clock, kind, around)
    _done(narrow, clock, kind, around, done_late=done_late)
    _followed(narrow, clock, kind, kinds)
    return narrow


def _not_yet(narrow: Narrow, clock: Clock, kind: Kind, around: Surroundings) -> None:
    """Leave out what ends after the days that are shown."""
    start = _day_column(kind, clock.at)
    if clock.else_at or start is None:
        return
    texts = [text for text in (clock.within, *(case.within for case in clock.cases)) if text]
    reach = list(around.reach())
    spans = [with_values(text, settings) for text in texts for settings in reach]
    if None in spans:
        return
    least = min((span.count * _LEAST.get(span.unit, 0) for span in spans if span), default=0)
    leads = [value_of(clock.lead, settings) for settings in reach]
    ahead = max((int(lead) for lead in leads if lead and lead.isdigit()), default=0)
    # one day more: a moment's local day may differ from the day it was written down under
    narrow.add(f"{start} <= ?", (around.today + timedelta(days=ahead - least + 1)).isoformat())


def _done(narrow: Narrow, clock: Clock, kind: Kind, around: Surroundings, *, done_late: bool) -> None:
    """Leave out what is done: all of it, or what was done long ago or before its time could run out."""
    if not clock.done:
        return
    if _ENTERED & set(clock.done):  # every record has been entered
        narrow.nothing = not done_late
        narrow.add('"entered_on" >= ?', (around.today - DONE_SHOWN - timedelta(days=1)).isoformat())
        return
    columns = [_day_column(kind, name) for name in clock.done]
    known = [column for column in columns if column]
    if len(known) < len(columns):
        return
    done = f"coalesce({', '.join(known)}, NULL)"
    if done_late:
        oldest = (around.today - DONE_SHOWN - timedelta(days=1)).isoformat()
        narrow.add(f"({done} IS NULL OR {done} >= ?)", oldest)
    else:
        narrow.add(f"{done} IS NULL")


def _followed(narrow: Narrow, clock: Clock, kind: Kind, kinds: Mapping[str, Kind]) -> None:
    """Leave out what a later record of the department ended."""
    until = clock.until
    if until is None or until.ref:
        return
    ending = kind if until.kind == kind.name else kinds.get(until.kind)
    if ending is None or {kind.scope, ending.scope} != {"assignment"}:
        return
    after, at = _day_column(kind, until.after), _day_column(ending, until.at)
    if after is None or at is None:
        return
    past = ">" if until.kind == kind.name else ">="
    narrow.add(
        f'id NOT IN (SELECT v.id FROM "{kind.table}" v JOIN (SELECT dossier, department, max({at}) AS last '  # noqa: S608
        f'FROM "{ending.table}" GROUP BY 1, 2) u ON u.dossier = v.dossier AND u.department = v.department '
        f"WHERE u.last {past} v.{after})"
    )


def _day_column(kind: Kind, name: str) -> str | None:
    """The column that holds a field's day as text; None where SQL cannot see it (inside lists)."""
    column = name.replace(".", "_")
    outer = kind.field(name.partition(".")[0])
    if outer is not None and outer.type == "list":
        return None
    found = kind.field(name)
    if found is not None and found.type == "instant":
        column = f"{column}_on"
    return f'"{column}"' if column in {known for known, _affinity in shape_of(kind).columns} else None


def _day(cell: object, zone: object) -> object:
    """A day or moment as SQL gives it: text, or seconds."""
    from datetime import date, tzinfo

    if isinstance(cell, int) and isinstance(zone, tzinfo):
        return datetime.fromtimestamp(cell, zone)
    return date.fromisoformat(str(cell)[:10]) if cell is not None else None
