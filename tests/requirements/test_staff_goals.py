"""Appraisals and goals that come back (R-PER-04, R-PER-11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crmctl.errors import InvalidInput
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import save_org
from crmctl.model.org import Member, Role
from crmctl.rules.due_parts import Whose
from tests.company import Company
from tests.requirements.proving import DAY, lays_down


def asked(company: Company, code: str) -> set[str]:
    """The departments of which a clock asks something."""
    ledger = company.ledger()
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    return {str(item.department) for item in agenda(ledger, whose, date.fromisoformat(DAY)).items if item.code == code}


@pytest.mark.req("R-PER-04")
def test_each_department_appraises_its_staff_in_the_set_months_with_what_customers_say(company: Company) -> None:
    assert asked(company, "PER004") == set()
    lays_down(company, "values:\n  appraisal_months: [2, 8]\n")
    # the ledger was founded in November: nobody owes August's, neither for people who came to the company long before
    with_staff = company.ledger()
    since = date(2020, 1, 1)
    staff = Member("erin", "Erin", (Role("head", "west", since),), None, None, since)
    members = {**with_staff.in_force.org.members, staff.id: staff}
    save_org(with_staff, replace(with_staff.in_force.org, members=members), "add", "member")
    assert asked(company, "PER004") == set()
    lays_down(company, "values:\n  appraisal_months: 11\n")
    assert asked(company, "PER004") == {"east", "west"}
    note: dict[str, object] = {
        "on": DAY, "about": "carol", "what": "appraisal", "reason": "half year", "period": "2026H1",
    }  # fmt: skip
    with pytest.raises(InvalidInput) as without:
        company.add("staff_note", note, department="east")
    assert [finding.field for finding in without.value.findings] == ["opinions"]
    company.add("staff_note", {**note, "opinions": "Answers at once"}, department="east")
    assert asked(company, "PER004") == {"west"}


@pytest.mark.req("R-PER-11")
def test_goals_are_set_each_year_where_the_company_says_when(company: Company) -> None:
    lays_down(company, "values:\n  goal_months: 11\n")
    assert asked(company, "PER011") == {"east", "west"}
    goal: dict[str, object] = {"period": "2027", "subject": "More", "measure": "other", "set_on": DAY}
    company.add("goal", goal, department="west")
    assert asked(company, "PER011") == {"east"}
