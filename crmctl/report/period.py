"""The span of days a report is about: `2026`, `2026H1`, `2026Q3`, `2026-05`, a day, or `2026-01-15..2026-03-31`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from crmctl.errors import UsageError
from crmctl.i18n import _, finding_hint
from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.fields.period import period_bounds
from crmctl.report.definition import PeriodName

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both included, and how it is written."""

    text: str
    first: date
    last: date

    def month(self, number: int) -> str | None:
        """The period's month of that number from 0 (`2026-05`); None beyond its end."""
        years, months = divmod(self.first.month - 1 + number, 12)
        month = f"{self.first.year + years:04d}-{months + 1:02d}"
        return month if month <= self.last.isoformat()[:7] else None


def read_period(text: str) -> Period:
    """The period a person wrote. Raises UsageError."""
    start, dots, end = text.partition("..")
    if dots or _DAY.fullmatch(text):
        return _span(text, start, end or start)
    try:
        canonical = str(FIELD_TYPES["period"].parse(text))
    except FieldProblem as problem:
        hint = finding_hint(problem.finding("--period", ""))
        raise UsageError(_("Not a period: {text}", text=text), hint=hint or "--period 2026H1") from None
    first, last = period_bounds(canonical)
    return Period(canonical, first, last)


def _span(text: str, start: str, end: str) -> Period:
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise UsageError(_("Not a period: {text}", text=text), hint="--period 2026-01-15..2026-03-31") from None
    if last < first:
        raise UsageError(_("The period ends before it begins: {text}", text=text), hint=f"--period {end}..{start}")
    return Period(text, first, last)


def usual_period(name: PeriodName, on: date) -> Period | None:
    """The period of that length which holds the day; None for a report that has no period."""
    words = {
        "none": None,
        "day": on.isoformat(),
        "month": on.strftime("%Y-%m"),
        "quarter": f"{on.year}Q{(on.month + 2) // 3}",
        "half": f"{on.year}H{(on.month + 5) // 6}",
        "year": str(on.year),
    }
    word = words[name]
    return read_period(word) if word else None
