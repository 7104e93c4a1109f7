"""Field type `instant`: a moment, kept as `2026-11-22T10:00:00+08:00`.

Whole seconds (fractions are rounded); the offset written is kept; a text without one is local
time of option `timezone`. A date alone is refused: midnight would start clocks that nobody
started. In SQL: UTC seconds, and `<field>_on`, the local day in `timezone`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded
from crmctl.model.fields.day import from_excel, read_day
from crmctl.model.fields.field_type import NO_OPTIONS, Companion, FieldType, Options
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.fields.zone import zone_of
from crmctl.model.values import Value

_CLOCK = re.compile(
    r"(.*[0-9日号])(?:\s*T\s*|\s+|(?<=[日号]))([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_SECONDS_A_DAY = 86_400
# Room for any offset at the end, standard times at the beginning.
_FIRST_YEAR, _LAST_YEAR = 1901, 9998


def _read(raw: object, options: Options) -> str:
    if isinstance(raw, datetime):
        moment = raw
    elif isinstance(raw, float) and not raw.is_integer():
        moment = _from_excel(raw, options)
    else:
        moment = _from_text(folded(raw))
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise FieldProblem("FLD016", "The year must lie between {first} and {last}", first=_FIRST_YEAR, last=_LAST_YEAR)
    whole = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    return _aware(whole, options).isoformat()


def _from_text(text: str) -> datetime:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise FieldProblem("FLD016", "A date with a time of day is needed", hint=N_("Write it like 2026-11-22 10:00"))
    day, hour, minute, second, fraction, offset = match.groups()
    date = read_day(day.strip(), NO_OPTIONS)
    micro = round(float(fraction or 0) * 1_000_000)
    try:
        moment = datetime(
            date.year, date.month, date.day, int(hour), int(minute), int(second or 0), tzinfo=_offset(offset)
        )
        return moment + timedelta(microseconds=micro)
    except (ValueError, OverflowError):
        raise FieldProblem(
            "FLD016", "There is no such time of day", hint=N_("Write it like 2026-11-22 10:00")
        ) from None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    return datetime.strptime("+00:00" if text in "Zz" else text, "%z").tzinfo


def _from_excel(serial: float, options: Options) -> datetime:
    day = from_excel(serial, options)
    return datetime.combine(day, time()) + timedelta(seconds=round(serial % 1 * _SECONDS_A_DAY))


def _aware(moment: datetime, options: Options) -> datetime:
    if moment.tzinfo is not None:
        offset = moment.utcoffset()
        if offset is None or offset.total_seconds() % 60:
            raise FieldProblem("FLD016", "The offset from UTC must be in whole minutes")
        return moment
    local = moment.replace(tzinfo=zone_of(options))
    later = local.replace(fold=1)
    if local.utcoffset() != later.utcoffset() or (local.utcoffset() or timedelta()).total_seconds() % 60:
        raise FieldProblem(
            "FLD016",
            "The clocks were changed then: this local time is unclear",
            hint=N_("Write the offset too: 2026-11-22T10:00:00+08:00"),
        )
    return local


def _utc_seconds(value: Value, _options: Options) -> int:
    return int(datetime.fromisoformat(str(value)).astimezone(UTC).timestamp())


def _local_day(value: Value, options: Options) -> str:
    return datetime.fromisoformat(str(value)).astimezone(zone_of(options)).date().isoformat()


INSTANT = FieldType(
    "instant",
    "INTEGER",
    "2026-11-22 10:00",
    _read,
    lambda _options: {"type": "string", "format": "date-time"},
    _utc_seconds,
    (Companion("_on", "TEXT", _local_day),),
    frozenset({"timezone", "excel"}),
)
