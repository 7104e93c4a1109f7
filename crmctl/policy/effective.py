"""Which values of the policy count where and when: the company's, a department's over them, each by its steps. Pure.

Everything that decides asks here, so that a value that changes on a day, or that a department
tightened, reaches clocks, guards, the blacklist and the grading alike (C-35, R-ADM-08, R-RGD-15).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from crmctl.model.values import Value
from crmctl.policy.dated import is_dated, values_on

Key = tuple[str | None, int]


@dataclass(frozen=True, slots=True)
class Effective:
    """The company's values as written, steps in time included, and what departments lay over them."""

    company: Mapping[str, Value] = field(default_factory=dict)
    departments: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    _known: dict[Key, dict[str, Value]] = field(default_factory=dict, repr=False, compare=False)
    _steps: dict[str | None, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def on(self, day: date, department: str | None = None) -> Mapping[str, Value]:
        """The values of one day, without those that have none yet."""
        key = self.key(day, department)
        if key not in self._known:
            self._known[key] = values_on(self._written(key[0]), day)
        return self._known[key]

    def since(self, start: date, today: date, department: str | None = None) -> Mapping[str, Value]:
        """The values for something that began on a day: a limit set later does not shorten what ran already.

        Where a value had none on that day, today's counts.
        """
        begun, present = self.key(start, department), self.key(today, department)
        if begun == present:
            return self.on(today, department)
        return {**self.on(today, department), **self.on(start, department)}

    def key(self, day: date, department: str | None = None) -> Key:
        """The same for two days and departments between which no value differs."""
        own = department if department in self.departments else None
        steps = self._steps.get(own)
        if steps is None:
            dated = [value for value in self._written(own).values() if is_dated(value) and isinstance(value, list)]
            days = {str(step["from"]) for value in dated for step in value if isinstance(step, dict)}
            steps = self._steps[own] = sorted(days)
        return own, bisect_right(steps, day.isoformat()) if steps else 0

    def all(self, day: date) -> Iterator[Mapping[str, Value]]:
        """The values of a day for the company and for each department with some of its own."""
        yield self.on(day)
        for department in self.departments:
            yield self.on(day, department)

    def ever(self, department: str | None = None) -> Iterator[Mapping[str, Value]]:
        """The values of each stretch of time between two steps, the earliest first."""
        yield from (self.on(day, department) for day in self.days(department))

    def days(self, department: str | None = None) -> list[date]:
        """The first day of each such stretch."""
        own = self.key(date.min, department)[0]
        return [date.min, *(date.fromisoformat(day) for day in self._steps[own])]

    def _written(self, department: str | None) -> Mapping[str, Value]:
        own = self.departments.get(department) if department is not None else None
        return {**self.company, **own} if own else self.company
