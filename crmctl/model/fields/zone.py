"""Option `timezone` of the types that know local time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmctl.model.fields.field_type import Options, bad_option, text_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def zone_of(options: Options) -> ZoneInfo:
    """The zone that option `timezone` names, by default Asia/Shanghai. Raises FieldProblem (kind file)."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text_option(options, "timezone", "Asia/Shanghai"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise bad_option("timezone") from None
