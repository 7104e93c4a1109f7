"""The ledger's working days: the public calendar with `policy/calendar.yaml` laid over it (R-INT-16)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from crmctl.errors import BadConfiguration
from crmctl.i18n import N_, _
from crmctl.ledger.disk.yamlio import load_located
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.policy.workdays import CompanyDays, read_calendar
from crmctl.rules.calendar import OFFICE_HOURS, WorkCalendar

PATH = "policy/calendar.yaml"


def work_calendar(ledger: Ledger) -> WorkCalendar:
    """The calendar in force. Raises BadConfiguration with file, line and field of every fault."""
    raw = ledger.in_force.raw.get(PATH)
    company, findings = (CompanyDays(), []) if raw is None else read_calendar(raw, PATH)
    if findings:
        raise BadConfiguration(
            _("The company's calendar does not load"), findings=_with_lines(ledger, findings),
            hint=_("Correct the named files"),
        )  # fmt: skip
    return laid_over(company)


def laid_over(company: CompanyDays) -> WorkCalendar:
    """The company's days over the public calendar it names."""
    off, work, years = _china() if company.public == "cn" else (frozenset[date](), frozenset[date](), range(1900, 9999))
    return WorkCalendar(
        off=off, work=work, company_off=company.off, company_work=company.work, weekend=company.weekend,
        hours=company.hours or OFFICE_HOURS, hours_on=company.hours_on, years=frozenset(years) | company.years,
    )  # fmt: skip


def unknown_years(calendar: WorkCalendar, spans: Iterable[tuple[date, date]]) -> list[Finding]:
    """A warning for each year touched for which no public calendar is known."""
    years = sorted({year for first, last in spans for year in calendar.unknown_years(first, last)})
    message = N_("The holidays of {year} are not known yet: weekends only were taken for days off")
    hint = N_("Write them and the year (years) into a copy of policy/calendar.yaml; then crmctl policy adopt COPY")
    return [Finding("CAL001", message, "warning", PATH, "years", {"year": year}, hint) for year in years]


def _china() -> tuple[frozenset[date], frozenset[date], Iterable[int]]:
    """Days off and make-up days as the State Council published them, and the years covered."""
    from chinese_calendar import constants

    off, work = frozenset(constants.holidays), frozenset(constants.workdays)
    return off, work, range(min(off).year, max(off).year + 1)


def _with_lines(ledger: Ledger, findings: list[Finding]) -> list[Finding]:
    _value, lines = load_located(ledger.repo.read(ledger.head, PATH) or b"", PATH)
    by_name = {".".join(str(part) for part in path): line for path, line in lines.items()}
    found = []
    for finding in findings:
        name = finding.field
        while name and name not in by_name:
            name = name.rpartition(".")[0]
        found.append(finding.at(f"{PATH}:{by_name.get(name, 1)}") if by_name else finding)
    return found
