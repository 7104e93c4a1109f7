"""What is done by itself, and how often: the `cron:` section of a pack. Pure.

```yaml
cron:
  - {job: sync, every: day}
  - {job: grades, every: half year, axis: grade}
  - {job: report, name: monthly sales, every: month, report: sales, format: xlsx}
  - {job: backup, every: week, keep: 8}
  - {job: report, name: customer list, every: month, months: [2, 8], report: customers}   # in these months only
  - {job: tell, every: day, report: problems, role: supervisor}   # a notice of the records it names, by id
  - {job: escalate, every: never}          # what a lower pack asks for and this one does not want
```

One of the same name (the job's, where it has none) takes a lower pack's place. They run in the order of `JOBS`:
what comes from others first, what goes to them last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Literal

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.values import Value

Scope = Literal["ledger", "department"]
NEVER = "never"
PERIODS = ("day", "week", "month", "quarter", "half year", "year")
_MONTHS = {"month": 1, "quarter": 3, "half year": 6, "year": 12}
_OWN = frozenset({"job", "name", "every", "months"})


@dataclass(frozen=True, slots=True)
class JobKind:
    """What there is to be done: once for the ledger or once a department, and what may be said about it.

    params: name → type; needed: those it cannot do without.
    """

    scope: Scope
    params: Mapping[str, type[str | int]] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()


JOBS: Mapping[str, JobKind] = {
    "sync": JobKind("ledger"),
    "land": JobKind("ledger"),
    "grades": JobKind("department", {"axis": str}),
    "blacklist": JobKind("department"),
    "escalate": JobKind("department"),
    "tell": JobKind("department", {"report": str, "role": str}, frozenset({"report"})),
    "report": JobKind("department", {"report": str, "format": str, "period": str}, frozenset({"report"})),
    "check": JobKind("ledger"),
    "backup": JobKind("ledger", {"keep": int}),
    "submit": JobKind("ledger"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be done every so often; `months` are those it is done in, none: all."""

    job: str
    every: str
    name: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    months: tuple[int, ...] = ()

    def on(self, day: date) -> bool:
        """Whether it is done on such a day."""
        return not self.months or day.month in self.months

    @property
    def scope(self) -> Scope:
        """Whether it is done once for the ledger or once a department."""
        return JOBS[self.job].scope

    def text(self, name: str, default: str = "") -> str:
        """One of its parameters as text."""
        return str(self.params.get(name, default))

    def whole(self, name: str, default: int = 0) -> int:
        """One of its parameters as a whole number."""
        value = self.params.get(name, default)
        return value if isinstance(value, int) else default


def read_jobs(packs: Iterable[tuple[str, Mapping[str, Value]]]) -> tuple[tuple[Job, ...], list[Finding]]:
    """The jobs of packs (file, content) laid over each other, in order. Faults come back as findings (CRN001)."""
    jobs: dict[str, Job] = {}
    findings: list[Finding] = []
    for where, raw in packs:
        listed = raw.get("cron")
        if listed is not None and not isinstance(listed, list):
            findings.append(_fault(where, "cron", N_("A list is needed here")))
            continue
        for number, item in enumerate(listed or []):
            job, faults = _read(item, where, f"cron.{number}")
            findings += faults
            if job is not None:
                jobs[job.name] = job
    order = {name: place for place, name in enumerate(JOBS)}
    wanted = (job for job in jobs.values() if job.every != NEVER)
    return tuple(sorted(wanted, key=lambda job: order[job.job])), findings


def period_of(every: str, day: date) -> str:
    """What the period a day lies in is called: 2026-11-22, 2026-W47, 2026-11, 2026Q4, 2026H2 or 2026."""
    if every == "day":
        return day.isoformat()
    if every == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02d}"
    if every == "month":
        return f"{day:%Y-%m}"
    if every == "year":
        return str(day.year)
    part = (day.month - 1) // _MONTHS[every] + 1
    return f"{day.year}{'Q' if every == 'quarter' else 'H'}{part}"


def finished_period(every: str, day: date) -> str | None:
    """The last period that is over before the one a day lies in, as reports name it; None for days and weeks."""
    months = _MONTHS.get(every)
    if months is None:
        return None
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return period_of(every, first - timedelta(days=1))


def _read(item: Value, where: str, path: str) -> tuple[Job | None, list[Finding]]:
    if not isinstance(item, dict):
        return None, [_fault(where, path, N_("A mapping of names is needed here"))]
    job, every = str(item.get("job", "")), str(item.get("every", ""))
    kind = JOBS.get(job)
    if kind is None:
        return None, [_unknown(where, f"{path}.job", N_("There is no job {name}; did you mean {near}?"), job, JOBS)]
    faults = []
    if every not in {*PERIODS, NEVER}:
        message = N_("{name} is no period; did you mean {near}?")
        faults.append(_unknown(where, f"{path}.every", message, every, (*PERIODS, NEVER)))
    params: dict[str, str | int] = {}
    for name, value in item.items():
        if name in _OWN:
            continue
        wanted = kind.params.get(name)
        if wanted is None:
            message = N_("Unknown word {name}; did you mean {near}?")
            faults.append(_unknown(where, f"{path}.{name}", message, name, (*_OWN, *kind.params)))
        elif wanted is int and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            faults.append(_fault(where, f"{path}.{name}", N_("A whole number above 0 is needed here")))
        else:
            params[name] = value if wanted is int and isinstance(value, int) else str(value)
    months = item.get("months", [])
    if not isinstance(months, list) or not all(type(one) is int and 1 <= one <= 12 for one in months):
        faults.append(_fault(where, f"{path}.months", N_("A list of months is needed here: 1 to 12")))
        months = []
    lacking = sorted(kind.needed - params.keys()) if every != NEVER else []
    faults += [_fault(where, f"{path}.{name}", N_("This is missing: {name}"), name=name) for name in lacking]
    told = tuple(one for one in months if isinstance(one, int))
    return (None if faults else Job(job, every, str(item.get("name") or job), params, told)), faults


def _unknown(where: str, path: str, message: str, name: str, known: Iterable[str]) -> Finding:
    names = sorted(known)
    return _fault(where, path, message, name=name, near=(get_close_matches(name, names, 1) or names)[0])


def _fault(where: str, path: str, message: str, **args: str) -> Finding:
    return Finding("CRN001", message, "error", where, path, args)
