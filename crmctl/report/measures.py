"""What questions may compute with the policy: was it in time, how sure is a share, the satisfaction model.

`in_time(start, done, names)`: 1 or 0 for moments (seconds) held against the first of the policy's values `names`
(apart by blanks) that is set, null where none is or a moment is missing; with a fourth argument, a JSON list of
[since, until] in seconds or days, the time of these pauses does not count.
`wilson_low(k, n)`, `wilson_high(k, n)`: the 95% interval of k of n in percent.
`satisfaction_point (answer, points, content)` and `satisfaction_weight (item,
weight)`: the model in force.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.workdays import work_calendar
from crmctl.model.duration import DurationError, with_values
from crmctl.policy.satisfaction import Model, read_model, wilson
from crmctl.rules.calendar import WorkCalendar
from crmctl.rules.deadline import deadline
from crmctl.rules.pausing import Pause

if TYPE_CHECKING:
    from sqlite3 import Connection

POINT, WEIGHT = "satisfaction_point", "satisfaction_weight"
CREATE = {
    POINT: f"CREATE TABLE {POINT} (answer TEXT, points REAL, content INTEGER)",
    WEIGHT: f"CREATE TABLE {WEIGHT} (item TEXT, weight REAL)",
}
FUNCTIONS = (("in_time", 3), ("in_time", 4), ("wilson_low", 2), ("wilson_high", 2))


def add_measures(connection: Connection, ledger: Ledger, tables: Collection[str]) -> None:
    """Add the functions, and the model's tables where a question reads them. Raises BadConfiguration."""
    for arguments in (3, 4):
        connection.create_function("in_time", arguments, in_time(ledger), deterministic=True)
    connection.create_function("wilson_low", 2, _bound(0), deterministic=True)
    connection.create_function("wilson_high", 2, _bound(1), deterministic=True)
    if {POINT, WEIGHT} & set(tables):
        model = model_of(ledger)
        for statement in CREATE.values():
            connection.execute(statement)
        points = [(answer, float(one), answer in model.content) for answer, one in model.points.items()]
        connection.executemany(f"INSERT INTO {POINT} VALUES (?, ?, ?)", points)  # noqa: S608 - a name of ours
        weights = [(item, float(one)) for item, one in model.items.items()]
        connection.executemany(f"INSERT INTO {WEIGHT} VALUES (?, ?)", weights)  # noqa: S608 - a name of ours


def model_of(ledger: Ledger) -> Model:
    """The satisfaction model in force; an empty one where the policy has none. Raises BadConfiguration."""
    pack = ledger.in_force.pack
    model, findings = read_model(pack.satisfaction, pack.vocab, "policy")
    if findings:
        raise BadConfiguration(
            _("The policy's satisfaction model does not load"), findings=findings, hint="crmctl policy check"
        )
    return model


def in_time(ledger: Ledger) -> Callable[..., int | None]:
    """A function of two moments in seconds, names of values and pauses: whether the second is within that time."""
    calendars: list[WorkCalendar] = []

    def judge(start: object, done: object, names: object, pauses: object = None) -> int | None:
        if not isinstance(start, int) or not isinstance(done, int):
            return None
        zone = ledger.now.tzinfo
        begun = datetime.fromtimestamp(start, zone)
        values = ledger.in_force.values.since(begun.date(), ledger.today)
        try:
            spans = [with_values(f"${name}", values) for name in str(names).split()]
        except DurationError:
            return None
        span = next((one for one in spans if one is not None), None)
        if span is None:
            return None
        if not calendars:
            calendars.append(work_calendar(ledger))
        found = deadline(calendars[0], begun, span, None, zone, _pauses(pauses, zone))
        return int(not found.missed(datetime.fromtimestamp(done, zone)))

    return judge


def _pauses(raw: object, zone: tzinfo | None) -> list[Pause]:
    def point(cell: object) -> date:
        return datetime.fromtimestamp(cell, zone) if isinstance(cell, int) else date.fromisoformat(str(cell))

    stretches = json.loads(raw) if isinstance(raw, str) else []
    return [Pause(point(since), None if until is None else point(until)) for since, until in stretches]


def _bound(side: int) -> Callable[[object, object], float | None]:
    def bound(content: object, answered: object) -> float | None:
        if not isinstance(content, int) or not isinstance(answered, int):
            return None
        found = wilson(content, answered)
        return found[side] if found else None

    return bound
