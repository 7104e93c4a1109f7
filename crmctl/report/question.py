"""What a report is asked for: date, period, and whose customers; and the parameters its SQL gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crmctl.errors import NotFound, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import Dossier, is_office
from crmctl.report.definition import Report
from crmctl.report.period import Period, read_period, usual_period
from crmctl.rules.calendar import add_months

ALL = "all"
# The dates a question may ask for besides :as_of, as months before it.
_BEFORE = {"month_ago": 1, "quarter_ago": 3, "half_year_ago": 6, "year_ago": 12}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for; None is the report's own usual."""

    period: str | None = None
    as_of: date | None = None
    member: str | None = None
    department: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The settled question. `department`, `member` and `customer` None mean all of them."""

    as_of: date
    period: Period | None
    member: str | None
    department: str | None
    customer: str | None

    def parameters(self, ledger: Ledger) -> dict[str, object]:
        """Every parameter a report's SQL may name, the policy's whole-number values among them."""
        period = self.period
        values = {name: value for name, value in ledger.values(day=self.as_of).items() if isinstance(value, int)}
        return {
            **values,
            "as_of": self.as_of.isoformat(),
            "from": period.first.isoformat() if period else None,
            "to": period.last.isoformat() if period else None,
            "member": self.member,
            "department": self.department,
            "customer": self.customer,
            **{name: add_months(self.as_of, -months).isoformat() for name, months in _BEFORE.items()},
        }

    def holds(self, report: Report, dossier: Dossier, department: str | None, compartment: str) -> bool:
        """Whether a record of that place falls into the report's scope."""
        if self.customer is not None:
            return dossier.id == self.customer
        if is_office(dossier.id):
            own = self.member is None or compartment.endswith(f".{self.member}")
            return own and self.department in {None, dossier.id.removeprefix("office/")}
        dealing = [department] if department else list(dossier.assignments)
        if self.department is not None and self.department not in dealing:
            return False
        if report.scope == "own" and self.member is not None:
            return any(dossier.assignments[d].owner == self.member for d in dealing if d in dossier.assignments)
        return True

    def scope_text(self, ledger: Ledger, customer_name: str | None = None) -> str:
        """Whose customers, in the user's words."""
        org = ledger.in_force.org
        if self.customer is not None:
            return customer_name or self.customer
        if self.member is not None:
            found = org.members.get(self.member)
            return found.name if found else self.member
        if self.department is not None:
            return label(org.departments[self.department].label)
        return _("Whole company")


def settle(ledger: Ledger, report: Report, asked: Asked) -> Question:
    """Fill in what was not said. Raises UsageError for what the report does not take, NotFound for names."""
    as_of = asked.as_of or _day_of(ledger)
    if asked.period and report.period == "none":
        raise UsageError(_("This report has no period"), where=report.name, hint="--as-of 2026-06-30")
    period = read_period(asked.period) if asked.period else usual_period(report.period, as_of)
    return Question(as_of, period, _member(ledger, report, asked), _department(ledger, report, asked),
                    _customer(ledger, report, asked))  # fmt: skip


def _day_of(ledger: Ledger) -> date:
    """Today; for an earlier state of the ledger, the day that state is of."""
    if ledger.at is None:
        return ledger.today
    try:
        return date.fromisoformat(ledger.at)
    except ValueError:
        commit = ledger.repo.commit(ledger.head)
        return commit.at.astimezone(ledger.now.tzinfo).date()


def _member(ledger: Ledger, report: Report, asked: Asked) -> str | None:
    if report.scope != "own":
        if asked.member:
            raise UsageError(_("This report is not about one person"), where=report.name, hint="--department")
        return None
    wanted = asked.member or ledger.member_id
    if wanted == ALL:
        return None
    if wanted not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=wanted), hint="crmctl member list")
    return wanted


def _department(ledger: Ledger, report: Report, asked: Asked) -> str | None:
    if report.scope in {"dossier", "own"}:
        return None
    if asked.department == ALL:
        return None
    if asked.department:
        if asked.department not in ledger.in_force.org.departments:
            raise NotFound(
                _("There is no department {key}", key=asked.department), hint=", ".join(ledger.in_force.org.departments)
            )
        return asked.department
    return _only_department(ledger) if report.scope == "department" else None


def _only_department(ledger: Ledger) -> str | None:
    """The one department the member works for; None for who works for several or the whole company."""
    found = ledger.in_force.org.members.get(ledger.member_id)
    if found is None or any(role.department is None and role.active(ledger.today) for role in found.roles):
        return None
    mine = found.departments(ledger.today)
    return mine[0] if len(mine) == 1 else None


def _customer(ledger: Ledger, report: Report, asked: Asked) -> str | None:
    if report.scope != "dossier":
        if asked.customer:
            raise UsageError(_("This report is not about one customer"), where=report.name, hint="crmctl report card")
        return None
    if not asked.customer:
        raise UsageError(_("Say which customer: --customer WHO"), hint=f"crmctl report {report.name} --customer …")
    from crmctl.ledger.reading import lookup

    return lookup.customer(ledger, asked.customer)
