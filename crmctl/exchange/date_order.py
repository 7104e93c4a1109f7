"""Whether a column's dates have the day or the month first: proved by its rows, or asked for, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crmctl.exchange.mapping import DateOrder

_DATE = re.compile(r"\s*([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?=\s|T|$)(.*)", re.DOTALL)
_AHEAD = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What a column's dates prove: rows where only the day can stand first, and only the month."""

    day_first: int
    month_first: int
    open: int

    @property
    def order(self) -> DateOrder | None:
        """The order, when the rows prove one and only one."""
        if bool(self.day_first) == bool(self.month_first):
            return None
        return "day_first" if self.day_first else "month_first"


def proof_of(cells: Iterable[object]) -> Proof | None:
    """What a column's texts prove; None when no date in it begins with a day or month."""
    day_first = month_first = either = 0
    for cell in cells:
        match = _DATE.fullmatch(cell) if isinstance(cell, str) else None
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            day_first += 1
        elif second > 12 >= first:
            month_first += 1
        else:
            either += 1
    return Proof(day_first, month_first, either) if day_first or month_first or either else None


def year_first(cell: object, order: DateOrder, this_year: int) -> object:
    """A date with the year first; whatever else the cell holds stays as it is.

    Two digits of a year mean the one between 79 years ago and 20 years ahead.
    """
    match = _DATE.fullmatch(cell) if isinstance(cell, str) else None
    if match is None:
        return cell
    first, second, year, rest = match[1], match[3], match[4], match[5]
    day, month = (first, second) if order == "day_first" else (second, first)
    return f"{_whole(year, this_year)}-{month.zfill(2)}-{day.zfill(2)}{rest}"


def _whole(year: str, this_year: int) -> int:
    if len(year) == 4:
        return int(year)
    latest = this_year + _AHEAD
    found = latest - latest % 100 + int(year)
    return found if found <= latest else found - 100
