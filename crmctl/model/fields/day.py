"""Field type `date`: a local calendar day, kept as `2026-11-22`.

Day-first and month-first spellings are refused, never guessed: of 6,711 real `DD-MM-YY` dates
2,423 also read as another day. An importer that has found a column's order rewrites it first.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded, without_sheet_traces
from crmctl.model.fields.field_type import FieldType, Options
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.fields.zone import zone_of

_SPELLINGS = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]00?:00(?::00(?:\.0+)?)?)?"),
    re.compile(r"([0-9]{4})()\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)
_UNCLEAR = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1([0-9]{2}|[0-9]{4})")
_TIMED = re.compile(r"[0-9]{4}.*[0-9]:[0-9]{2}.*")
_FIRST_YEAR = 1583  # the calendar's first whole year
# Excel counts from 1900-01-01 = 1 and believes in 1900-02-29 = 60.
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_LEAP_FAULT = 60
_EXCEL_LAST = 2_958_465


def _read(raw: object, options: Options) -> str:
    if isinstance(raw, datetime):
        return _local_day(raw, options).isoformat()
    if isinstance(raw, date):
        return _in_range(raw).isoformat()
    if isinstance(raw, float) or (isinstance(raw, int) and raw <= _EXCEL_LAST):
        return from_excel(raw, options).isoformat()
    return read_day(without_sheet_traces(folded(raw)), options).isoformat()


def _local_day(moment: datetime, options: Options) -> date:
    if moment.tzinfo is None:
        return _in_range(moment.date())
    try:
        return _in_range(moment.astimezone(zone_of(options)).date())
    except OverflowError:
        raise _no_such_day() from None


def read_day(text: str, options: Options) -> date:
    """The day that half-width `text` names. Raises FieldProblem."""
    if re.fullmatch(r"[0-9]{1,7}", text):
        return from_excel(int(text), options)
    for spelling in _SPELLINGS:
        if match := spelling.fullmatch(text):
            year, _, month, day = match.groups()
            return _day(int(year), int(month), int(day))
    if _UNCLEAR.fullmatch(text):
        raise FieldProblem(
            "FLD015",
            "Day first or month first? The date can be read in two ways",
            hint=N_("Write the year first: 2026-11-22"),
        )
    if _TIMED.fullmatch(text):
        raise FieldProblem("FLD014", "A date without a time of day is needed", hint=N_("Write it like 2026-11-22"))
    raise FieldProblem("FLD014", "Not a date", hint=N_("Write it like 2026-11-22"))


def _day(year: int, month: int, day: int) -> date:
    try:
        return _in_range(date(year, month, day))
    except ValueError:
        raise _no_such_day() from None


def _no_such_day() -> FieldProblem:
    return FieldProblem("FLD014", "There is no such day in the calendar", hint=N_("Write it like 2026-11-22"))


def _in_range(day: date) -> date:
    if day.year < _FIRST_YEAR:
        raise FieldProblem("FLD014", "The year must be {year} or later", year=_FIRST_YEAR)
    return day


def from_excel(serial: float, options: Options) -> date:
    """The day of an Excel serial number, only with option `excel`. Raises FieldProblem."""
    if options.get("excel") is not True or not 1 <= serial < _EXCEL_LAST + 1:
        raise FieldProblem("FLD014", "Not a date", hint=N_("Write it like 2026-11-22"))
    days = int(serial)
    if days == _EXCEL_LEAP_FAULT:
        raise _no_such_day()
    return _EXCEL_ZERO + timedelta(days=days if days > _EXCEL_LEAP_FAULT else days + 1)


DATE = FieldType(
    "date",
    "TEXT",
    "2026-11-22",
    _read,
    lambda _options: {"type": "string", "format": "date"},
    options=frozenset({"excel", "timezone"}),
)
