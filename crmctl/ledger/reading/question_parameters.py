"""What a question of the policy may refer to besides its values: the department, days, the period of a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crmctl.model.fields import period_bounds
from crmctl.rules.calendar import add_months
from crmctl.rules.half_year import review_period

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger


def period_parameters(ledger: Ledger, as_of: date, period: str | None = None) -> dict[str, object]:
    """The period a review looks at: after :period_from, up to :period_to (`review_months`, `period_mode`).

    `period` names another one, as `2026H1`.
    """
    if period is not None:
        first, last = period_bounds(period)
        return {"period_from": (first - timedelta(days=1)).isoformat(), "period_to": last.isoformat()}
    pack = replace(ledger.in_force.pack, values=ledger.values(day=as_of))
    start, end = review_period(as_of, pack.whole("review_months", 6), str(pack.values.get("period_mode", "rolling")))
    return {"period_from": start.isoformat(), "period_to": end.isoformat()}


def fact_parameters(department: str, as_of: date) -> dict[str, object]:
    """What a fact's SQL may refer to; nothing else moves with time."""
    return {
        "department": department,
        "as_of": as_of.isoformat(),
        "year_ago": add_months(as_of, -12).isoformat(),
        "half_ago": add_months(as_of, -6).isoformat(),
        "month_ago": add_months(as_of, -1).isoformat(),
    }
