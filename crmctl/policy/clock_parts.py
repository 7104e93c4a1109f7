"""Parts of a clock: cases with time and persons of their own, whom it turns to when late, months it comes round in.

```yaml
cases: [{if: 'category in [quality]', within: $complaint_quality_within, who: [role quality, owner]}]
then: [{after: 1 working day, who: [role supervisor]}, {after: 3 working days, who: [role head]}]
every: {months: [2, 8]}          # or {months: $survey_months}: a window from the first to the last day of each month
each: department                 # with every: one record of the kind is asked of each department
among: $plan_departments         # beside each: of these alone; while the policy leaves it open, of none
```

`role NAME` among the persons means who holds that role in the record's department or the whole company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.duration import DurationError, check_text
from crmctl.model.findings import Finding
from crmctl.model.values import Value
from crmctl.policy.shape import named_text, texts

ROLE = "role "
_CASE_KEYS = {"if", "within", "who"}
_TURN_KEYS = {"after", "who"}
_MONTH = re.compile(r"0?[1-9]|1[0-2]")


@dataclass(frozen=True, slots=True)
class Case:
    """Where all its conditions hold, its time and persons go before the clock's own."""

    conditions: tuple[Leaf, ...]
    within: str | None = None
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """So long after the end the clock turns to these persons as well."""

    after: str
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """The months in which it comes round, or the policy's value that says so (`$name`)."""

    months: tuple[int, ...] = ()
    named: str | None = None

    def in_force(self, values: Mapping[str, object]) -> tuple[int, ...]:
        """The months; none where the policy leaves them open. A value is a month, a list, or `2, 8`."""
        if self.named is None:
            return self.months
        return months_of(values.get(self.named)) or ()


def months_of(raw: object) -> tuple[int, ...] | None:
    """Months as a policy writes them; None when they are none."""
    items = raw if isinstance(raw, list) else re.split(r"[,\s]+", str(raw).strip()) if raw is not None else []
    texts = [str(item) for item in items]
    if not texts or not all(_MONTH.fullmatch(text) for text in texts):
        return None
    return tuple(sorted({int(text) for text in texts}))


def read_parts(
    item: Mapping[str, Value],
) -> tuple[tuple[Case, ...], tuple[Turn, ...], Every | None, Literal["department"] | None]:
    """The parts of a clock that was found without fault."""
    cases = tuple(
        Case(tuple(parse_leaf(text) for text in texts(one.get("if"))), named_text(one.get("within")),
             tuple(texts(one.get("who"))))
        for one in _mappings(item.get("cases"))
    )  # fmt: skip
    turns = tuple(Turn(str(one["after"]), tuple(texts(one.get("who")))) for one in _mappings(item.get("then")))
    raw = item.get("every")
    every = None
    if isinstance(raw, dict):
        named = str(raw.get("months"))
        every = Every(named=named[1:]) if named.startswith("$") else Every(months_of(raw.get("months")) or ())
    return cases, turns, every, "department" if item.get("each") == "department" else None


def part_faults(item: Mapping[str, Value], path: str) -> Iterator[Finding]:
    """What is off about a clock's parts."""
    for key, known, needed in (("cases", _CASE_KEYS, {"if"}), ("then", _TURN_KEYS, {"after", "who"})):
        raw = item.get(key)
        if raw is not None and not isinstance(raw, list):
            yield Finding("POL002", N_("A list is needed here"), "error", "", f"{path}.{key}")
            continue
        for number, one in enumerate(raw or []):
            inner = f"{path}.{key}.{number}"
            if not isinstance(one, dict) or not needed <= set(one) <= known:
                args: dict[str, object] = {"words": ", ".join(sorted(known))}
                yield Finding("POL003", N_("A mapping with these words is needed: {words}"), "error", "", inner, args)
                continue
            yield from _text_faults(one, inner)
    yield from _every_faults(item, path)


def _text_faults(one: Mapping[str, Value], path: str) -> Iterator[Finding]:
    for text in texts(one.get("if")):
        try:
            parse_leaf(text)
        except ConditionError:
            message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
            yield Finding("POL003", message, "error", "", f"{path}.if", {"text": text})
    for key in ("within", "after"):
        if one.get(key) is None:
            continue
        try:
            check_text(str(one[key]))
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            yield Finding("POL003", message, "error", "", f"{path}.{key}", {"text": str(one[key])})


def _every_faults(item: Mapping[str, Value], path: str) -> Iterator[Finding]:
    raw = item.get("every")
    if raw is not None:
        months = raw.get("months") if isinstance(raw, dict) else None
        named = isinstance(months, str) and months.startswith("$")
        if not named and months_of(months) is None:
            yield Finding("POL003", N_("every needs months from 1 to 12"), "error", "", f"{path}.every")
    among = item.get("among")
    if among is not None and (item.get("each") is None or not (isinstance(among, str) and among.startswith("$"))):
        message = N_("among is a value of the policy like $departments, and stands beside each")
        yield Finding("POL003", message, "error", "", f"{path}.among")
    if item.get("each") is not None and (item.get("each") != "department" or raw is None):
        yield Finding("POL003", N_("each is department, and stands beside every"), "error", "", f"{path}.each")


def _mappings(raw: Value) -> list[dict[str, Value]]:
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
