"""The period a review looks at: the last finished half year, or the months up to today (C-16, R-RGD-14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from crmctl.rules.calendar import add_months

Mode = Literal["calendar", "rolling"]


def review_period(day: date, months: int, mode: str) -> tuple[date, date]:
    """(from, to) of the period in question on a day: `from` is the day before its first, `to` its last.

    calendar: the last of the year's parts of so many months (which divide 12) that is over on that
    day, its last day counting as over. rolling: the months that end on the day.
    """
    if mode != "calendar" or months <= 0 or 12 % months:
        return add_months(day, -months), day
    tomorrow = day + timedelta(days=1)
    first = date(tomorrow.year, (tomorrow.month - 1) // months * months + 1, 1)
    return add_months(first, -months) - timedelta(days=1), first - timedelta(days=1)
