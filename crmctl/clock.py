"""The one place that reads the clock; `CRMCTL_NOW` fixes it for tests and replay."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmctl.errors import BadConfiguration
from crmctl.i18n import _

# Terms of years before and after any of these days still are days of the calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2999


def now(timezone: str = "Asia/Shanghai") -> datetime:
    """The present moment in the ledger's zone, whole seconds.

    Raises BadConfiguration when `CRMCTL_NOW` is not an ISO date or time of these years, or there is no such zone.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfiguration(
            _("There is no time zone {name}", name=timezone), where="ledger.yaml", hint="Asia/Shanghai"
        ) from error
    fixed = os.environ.get("CRMCTL_NOW")
    if not fixed:
        return datetime.now(UTC).astimezone(zone).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError as error:
        raise BadConfiguration(
            _("CRMCTL_NOW is not a date or time: {value}", value=fixed),
            hint=_("Write it like 2026-11-22T09:00:00+08:00"),
        ) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadConfiguration(
            _("CRMCTL_NOW is not a date or time: {value}", value=fixed),
            hint=_("The year must lie between {first} and {last}", first=FIRST_YEAR, last=LAST_YEAR),
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(zone).replace(microsecond=0)
