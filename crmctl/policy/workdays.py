"""Read `policy/calendar.yaml`: the company's own days and hours over a public calendar. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.values import Value

Range = tuple[int, int]
PUBLIC = ("cn", "none")
_KEYS = frozenset({"schema", "public", "weekend", "hours", "years", "extra_off", "extra_work", "hours_on"})
_RANGE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_LONGEST = 400  # days in one span; more is a slip of the pen
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class CompanyDays:
    """What the company's calendar file says. `hours` empty: the usual ones."""

    public: str = "cn"
    weekend: frozenset[int] = frozenset({6, 7})
    hours: tuple[Range, ...] = ()
    years: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    hours_on: Mapping[date, tuple[Range, ...]] = field(default_factory=dict)


def read_calendar(raw: Value, where: str) -> tuple[CompanyDays, list[Finding]]:
    """The file's mapping as a value, and every fault with its dotted field."""
    reader = _Reader(where)
    top = reader.mapping(raw, "")
    for key in top:
        if key not in _KEYS:
            reader.unknown(key)
    public = str(top.get("public", "cn"))
    if public not in PUBLIC:
        reader.fault("public", N_("public is cn or none"))
    off = reader.days(top.get("extra_off"), "extra_off")
    work = reader.days(top.get("extra_work"), "extra_work")
    for day in sorted(off & work):
        reader.fault("extra_work", N_("{day} is both off and worked"), day=day.isoformat())
    hours_on = {
        day: reader.hours(ranges, f"hours_on.{text}")
        for text, ranges in reader.mapping(top.get("hours_on", {}), "hours_on").items()
        for day in reader.days([text], f"hours_on.{text}")
    }
    days = CompanyDays(
        public, reader.weekend(top.get("weekend")), reader.hours(top.get("hours"), "hours"),
        reader.years(top.get("years")), off, work, hours_on,
    )  # fmt: skip
    return days, reader.findings


class _Reader:
    def __init__(self, where: str) -> None:
        self.where = where
        self.findings: list[Finding] = []

    def fault(self, path: str, message: str, hint: str = "", **args: object) -> None:
        self.findings.append(Finding("CAL002", message, "error", self.where, path, args, hint))

    def unknown(self, key: str) -> None:
        from difflib import get_close_matches

        near = (get_close_matches(key, sorted(_KEYS), 1) or ["extra_off"])[0]
        self.fault(key, N_("Unknown word {name}; did you mean {near}?"), name=key, near=near)

    def mapping(self, raw: Value, path: str) -> dict[str, Value]:
        if isinstance(raw, dict):
            return raw
        self.fault(path, N_("A mapping is needed here"))
        return {}

    def list_of(self, raw: Value, path: str) -> list[Value]:
        if raw is None:
            return []
        if isinstance(raw, list):
            return raw
        self.fault(path, N_("A list is needed here"))
        return []

    def days(self, raw: Value, path: str) -> frozenset[date]:
        found: set[date] = set()
        for number, item in enumerate(self.list_of(raw, path)):
            first, dots, last = str(item).partition("..")
            try:
                begin = date.fromisoformat(first)
                end = date.fromisoformat(last) if dots else begin
            except ValueError:
                self.fault(f"{path}.{number}", N_("Write a day like 2026-12-31, or first..last"))
                continue
            if not begin <= end <= begin + timedelta(days=_LONGEST):
                self.fault(f"{path}.{number}", N_("The last day lies before the first, or far after it"))
                continue
            found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
        return frozenset(found)

    def hours(self, raw: Value, path: str) -> tuple[Range, ...]:
        ranges: list[Range] = []
        for number, item in enumerate(self.list_of(raw, path)):
            match = _RANGE.fullmatch(str(item))
            low, high = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
            if not low < high <= _DAY_MINUTES:
                self.fault(f"{path}.{number}", N_("Write hours like 09:00-12:00"))
            elif ranges and low < ranges[-1][1]:
                self.fault(f"{path}.{number}", N_("The ranges must follow each other"))
            else:
                ranges.append((low, high))
        return tuple(ranges)

    def weekend(self, raw: Value) -> frozenset[int]:
        if raw is None:
            return frozenset({6, 7})
        days = self.list_of(raw, "weekend")
        whole = {day for day in days if isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 7}
        if len(whole) != len(days) or len(whole) == 7:
            self.fault("weekend", N_("Weekdays are whole numbers from 1 (Monday) to 7, not all of them"))
        return frozenset(whole)

    def years(self, raw: Value) -> frozenset[int]:
        years = self.list_of(raw, "years")
        whole = {
            year for year in years if isinstance(year, int) and not isinstance(year, bool) and 1900 <= year <= 9998
        }
        if len(whole) != len(years):
            self.fault("years", N_("Years are whole numbers"))
        return frozenset(whole)
