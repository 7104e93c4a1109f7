"""Field type `period`: a month `2026-05`, quarter `2026Q3`, half year `2026H1` or year `2026`.

In SQL two companions hold its first and last day: `<field>_first`, `<field>_last`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded, without_sheet_traces
from crmctl.model.fields.field_type import Companion, FieldType, JsonSchema, Options, bad_option
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

_YEAR = r"(?P<year>1[6-9][0-9]{2}|[2-9][0-9]{3})"
_PATTERNS = {
    "year": re.compile(rf"{_YEAR}\s*年?"),
    "half": re.compile(rf"{_YEAR}(?:-|\s*年?\s*)(?:H(?P<part>[12])|(?P<zh>[上下])半年)", re.IGNORECASE),
    "quarter": re.compile(rf"{_YEAR}(?:-|\s*年?\s*)(?:Q(?P<part>[1-4])|第?(?P<zh>[1-4一二三四])季度?)", re.IGNORECASE),
    "month": re.compile(rf"{_YEAR}(?:[-/.]|\s*年\s*|(?=[0-9]{{2}}$))(?P<part>0?[1-9]|1[0-2])(?:(?<=[0-9])\s*月)?"),
}
_CHINESE = {"上": 1, "下": 2, "一": 1, "二": 2, "三": 3, "四": 4}
_MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}
_CANONICAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})|([HQ])([1-4]))?")
_GRAIN_OF = {"H": "half", "Q": "quarter"}


def _read(raw: object, options: Options) -> str:
    if isinstance(raw, (date, datetime)):
        grain, canonical = _from_sheet(raw, options)
    else:
        grain, canonical = _from_text(without_sheet_traces(folded(raw)))
    allowed = _grains(options)
    if grain not in allowed:
        raise FieldProblem(
            "FLD017",
            "Another length of period is needed",
            hint=N_("Write it like {example}"),
            example=_example(allowed[0]),
        )
    return canonical


def _from_text(text: str) -> tuple[str, str]:
    for grain, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(text):
            groups = match.groupdict()
            word = groups.get("part") or groups.get("zh") or "1"
            return grain, _spelling(grain, int(groups["year"]), _CHINESE[word] if word in _CHINESE else int(word))
    raise FieldProblem("FLD017", "Not a period", hint=N_("Write it like 2026-05, 2026Q3, 2026H1 or 2026"))


def _from_sheet(day: date, options: Options) -> tuple[str, str]:
    # A sheet turns a typed 2026-05 into the first day of that month.
    if options.get("excel") is not True or day.day != 1:
        raise FieldProblem("FLD017", "Not a period", hint=N_("Write it like 2026-05, 2026Q3, 2026H1 or 2026"))
    return "month", _spelling("month", day.year, day.month)


def _spelling(grain: str, year: int, part: int) -> str:
    return {"year": f"{year}", "half": f"{year}H{part}", "quarter": f"{year}Q{part}", "month": f"{year}-{part:02d}"}[
        grain
    ]


def _example(grain: str) -> str:
    return _spelling(grain, 2026, 1)


def _grains(options: Options) -> list[str]:
    """Option `grain`: one of year, half, quarter, month, or a list of them; all by default."""
    asked = options.get("grain", list(_PATTERNS))
    grains = [asked] if isinstance(asked, str) else asked
    if not isinstance(grains, list) or not grains or any(grain not in _PATTERNS for grain in grains):
        raise bad_option("grain")
    return grains


def period_bounds(period: str) -> tuple[date, date]:
    """First and last day of a canonical period. Raises ValueError for other text."""
    match = _CANONICAL.fullmatch(period)
    if match is None:
        raise ValueError("not a canonical period")
    year, month, letter, part = match.groups()
    grain = "month" if month else _GRAIN_OF.get(letter or "", "year")
    length = _MONTHS[grain]
    first = date(int(year), (int(month or part or 1) - 1) * length + 1, 1)
    following = first.month + length
    if following <= 12:
        return first, date(first.year, following, 1) - timedelta(days=1)
    return first, date(first.year, 12, 31)


def _first(value: Value, _options: Options) -> str:
    return period_bounds(str(value))[0].isoformat()


def _last(value: Value, _options: Options) -> str:
    return period_bounds(str(value))[1].isoformat()


def _schema(_options: Options) -> JsonSchema:
    return {"type": "string", "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2])|H[12]|Q[1-4])?$"}


PERIOD = FieldType(
    "period",
    "TEXT",
    "2026H1",
    _read,
    _schema,
    companions=(Companion("_first", "TEXT", _first), Companion("_last", "TEXT", _last)),
    options=frozenset({"grain", "excel"}),
)
