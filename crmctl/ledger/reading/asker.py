"""Put the policy's daily questions to the tables: each department's by its own values, reckoned grades at hand.

A value that a department set for itself (`policy/<department>.yaml`) counts in every question that names it, for
that department's rows; the company's count for all others and for what belongs to no department.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from crmctl.ledger.reading.question_parameters import fact_parameters, period_parameters
from crmctl.ledger.snapshot.question import Answer, ask
from crmctl.policy.axis_classes import RECKONED, reckoned_axis
from crmctl.policy.dated import values_on

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.ledger import Ledger
    from crmctl.model.values import Value

_NAMED = re.compile(r":([a-z][a-z0-9_]*)")
DEPARTMENT = "department"


def parameters_of(values: Mapping[str, Value], day: date) -> dict[str, object]:
    """What such a question may refer to: the day, days before it, and the policy's values by name."""
    plain = {name: value for name, value in values_on(values, day).items() if isinstance(value, int | str)}
    period = {"period_from": day.isoformat(), "period_to": day.isoformat()}  # the ledger's own, where one is asked
    return {**plain, **period, **fact_parameters("", day)}


def reckoned_in(sql: str) -> list[str]:
    """The axes whose reckoned grades a question asks for."""
    return [axis for name in dict.fromkeys(_NAMED.findall(sql)) if (axis := reckoned_axis(name))]


def no_grades(sql: str) -> dict[str, object]:
    """The parameters of reckoned grades a question asks for, with nobody in them: for trying whether it runs."""
    return {RECKONED + axis: "[]" for axis in reckoned_in(sql)}


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks over one snapshot on one day. `grades` keeps what was reckoned, axis by axis, as JSON."""

    connection: Connection
    ledger: Ledger
    day: date
    grades: dict[str, str] = field(default_factory=dict)

    def ask(self, sql: str, **further: object) -> Answer:
        """The answer, each department's rows by its own values. Raises InvalidInput where the question does not run."""
        known = {**self._reckoned(sql), **further}
        answer = ask(self.connection, sql, {**self._values(None), **known})
        own = [department for department in self._departments() if self._differs(department, sql)]
        if not own or DEPARTMENT not in answer.columns:
            return answer
        place = answer.columns.index(DEPARTMENT)
        rows = [row for row in answer.rows if row[place] not in own]
        for department in own:
            asked = ask(self.connection, sql, {**self._values(department), **known})
            rows += [row for row in asked.rows if row[place] == department]
        return Answer(answer.columns, tuple(rows))

    def _departments(self) -> Iterable[str]:
        return self.ledger.in_force.values.departments

    def _values(self, department: str | None) -> dict[str, object]:
        return {
            **parameters_of(self.ledger.values(department, self.day), self.day),
            **period_parameters(self.ledger, self.day),
        }

    def _differs(self, department: str, sql: str) -> bool:
        mine, company = self._values(department), self._values(None)
        return any(mine.get(name) != company.get(name) for name in _NAMED.findall(sql))

    def _reckoned(self, sql: str) -> dict[str, object]:
        asked = reckoned_in(sql)
        if not asked:  # the usual question: what grades is not even loaded
            return {}
        from crmctl.ledger.reading.reckoning import reckoned_rows

        for axis in asked:
            if axis not in self.grades:
                self.grades[axis] = json.dumps(list(reckoned_rows(self.ledger, self.connection, axis, self.day)))
        return {RECKONED + axis: self.grades[axis] for axis in asked}
