"""A span of time as a policy writes it: `1 working day`, `5 calendar days`, `6 months`, `same day`.

A count alone says nothing, so the unit always stands beside it. `same day` is no span to add: it
asks for the very day on which the clock started, `day 9 of next month` for that day of the month after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Unit = Literal[
    "same day", "working day", "day", "month", "year", "minute", "hour", "working minute", "working hour",
    "day of next month",
]  # fmt: skip
_UNITS: dict[str, Unit] = {
    "day": "day", "calendar day": "day", "working day": "working day", "month": "month", "year": "year",
    "minute": "minute", "hour": "hour", "working minute": "working minute", "working hour": "working hour",
}  # fmt: skip
_TEXT = re.compile(r"(\d{1,5}|\$[a-z][a-z0-9_]*)\s+([a-z ]+?)s?", re.IGNORECASE)
_NEXT_MONTH = re.compile(r"day (\d{1,2}|\$[a-z][a-z0-9_]*) of next month")
_NAME = re.compile(r"\$([a-z][a-z0-9_]*)")
SAME_DAY = "same day"
_SHORTEST_MONTH = 28


class DurationError(ValueError):
    """The text is no duration."""


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of a unit. `same day` has the count 0."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        """The duration as it is written in a pack."""
        if self.unit == SAME_DAY:
            return SAME_DAY
        if self.unit == "day of next month":
            return f"day {self.count} of next month"
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def timed(self) -> bool:
        """Whether it counts minutes or hours, hence needs a moment to start from."""
        return self.unit in {"minute", "hour", "working minute", "working hour"}


@lru_cache(maxsize=256)  # a clock reads its few spans once for each record
def parse_duration(text: str) -> Duration:
    """Read `1 working day` or `same day` (`same_day` too). Raises DurationError."""
    plain = " ".join(text.replace("_", " ").split()).lower()
    if plain == SAME_DAY:
        return Duration(0, "same day")
    later = _NEXT_MONTH.fullmatch(plain)
    if later is not None and later[1].isdigit() and 1 <= int(later[1]) <= _SHORTEST_MONTH:
        return Duration(int(later[1]), "day of next month")
    match = _TEXT.fullmatch(plain)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None or not match[1].isdigit():
        raise DurationError(text)
    return Duration(int(match[1]), unit)


def with_values(text: str, values: Mapping[str, object]) -> Duration | None:
    """Like `parse_duration`, names filled in first: `$limit working days`, or `$limit` for all of it.

    None where the policy leaves the name open: then the rule does not run. Raises DurationError.
    """
    match = _NAME.search(text)
    if match is None:
        return parse_duration(text)
    value = values.get(match[1])
    if value is None or isinstance(value, (bool, list, dict)):
        return None
    return parse_duration(text.replace(match[0], str(value)))


def check_text(text: str) -> None:
    """Whether `text` can be a duration once its names are filled in. Raises DurationError."""
    if not _NAME.fullmatch(text.strip()):
        parse_duration(_NAME.sub("1", text))
