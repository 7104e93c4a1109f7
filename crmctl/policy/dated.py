"""Values that change on a day: `volume: [{from: 2026-01-01, is: 1000}, {from: 2027-01-01, is: 3000}]` (C-35, R-RGD-15).

Whoever decides asks for the values of one day; before the first `from` there is no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.values import Value

_STEP = {"from", "is"}


def is_dated(value: object) -> bool:
    """Whether a value is written as steps in time."""
    return isinstance(value, list) and bool(value) and all(isinstance(s, dict) and set(s) == _STEP for s in value)


def value_on(value: Value, day: date) -> Value:
    """A value on a day: the last step begun by then, or the value itself where it has no steps."""
    if not is_dated(value) or not isinstance(value, list):
        return value
    begun = [step for step in value if isinstance(step, dict) and str(step["from"]) <= day.isoformat()]
    return begun[-1]["is"] if begun else None


def values_on(values: Mapping[str, Value], day: date) -> dict[str, Value]:
    """All values on a day; one whose first step is still to come has none."""
    found = {name: value_on(value, day) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def undated(values: Mapping[str, Value]) -> dict[str, Value]:
    """Each value by its first step: to try out whether a question that names it runs at all."""
    return {
        name: value[0]["is"] if isinstance(value, list) and is_dated(value) and isinstance(value[0], dict) else value
        for name, value in values.items()
    }


def with_step(value: Value, start: date, new: Value) -> list[Value]:
    """The steps of a value with one more from `start` on; an undated value counts from the beginning of time."""
    steps = value if is_dated(value) and isinstance(value, list) else []
    if value is not None and not is_dated(value):
        steps = [{"from": date.min.isoformat(), "is": value}]
    by_day = {str(step["from"]): step["is"] for step in steps if isinstance(step, dict)} | {start.isoformat(): new}
    return [{"from": day, "is": by_day[day]} for day in sorted(by_day)]


def dated_faults(values: Mapping[str, Value]) -> Iterator[Finding]:
    """Steps that are no days, or not in their order; `field` is the dotted path."""
    for name, value in values.items():
        if not isinstance(value, list) or not any(isinstance(step, dict) for step in value):
            continue
        path = f"values.{name}"
        if not is_dated(value):
            yield Finding("POL033", N_("{name}: every step needs from and is, nothing else"), "error", "", path,
                          {"name": name})  # fmt: skip
            continue
        days = [str(step["from"]) for step in value if isinstance(step, dict)]
        wrong = next((number for number, day in enumerate(days) if not _is_day(day)), None)
        if wrong is not None:
            yield Finding("POL033", N_("{name}: {day} is no date"), "error", "", f"{path}.{wrong}",
                          {"name": name, "day": days[wrong]})  # fmt: skip
        elif days != sorted(set(days)):
            yield Finding("POL033", N_("{name}: the steps go from the earliest day to the latest, each day once"),
                          "error", "", path, {"name": name})  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
