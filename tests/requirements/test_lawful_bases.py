"""Data protection in the sense of law: each card says on what basis, and each department looks at it once a year."""

from __future__ import annotations

import pytest

from crmctl.errors import InvalidInput
from crmctl.ledger.reading.due import agenda
from crmctl.rules.due_parts import Whose
from tests.company import CARD, Company
from tests.requirements.proving import lays_down


def asked(company: Company) -> set[str | None]:
    ledger = company.ledger()
    found = agenda(ledger, Whose(frozenset({"alice"}), frozenset({"east", "west"})), ledger.today)
    return {item.department for item in found.items if item.code == "ACL027"}


@pytest.mark.req("R-ACL-27")
def test_no_customer_without_one_of_the_lawful_bases_of_the_policy(company: Company) -> None:
    assert {"consent", "contract", "public", "legal_duty"} <= set(company.ledger().in_force.pack.vocab["lawful_basis"])
    for wrong in ({"lawful_basis": "friendship"}, {"lawful_basis": None}):
        with pytest.raises(InvalidInput) as caught:
            company.add("customer", {**CARD, **wrong})
        assert {finding.field for finding in caught.value.findings} == {"lawful_basis"}


@pytest.mark.req("R-ACL-27")
def test_each_department_looks_at_the_bases_once_a_year(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(company) == set()
    lays_down(company, "values:\n  legality_months: 12\n")
    monkeypatch.setenv("CRMCTL_NOW", "2026-12-20T10:00:00+08:00")
    assert asked(company) == {"east", "west"}
    company.add("wave", {"on": "2026-12-20", "what": "legality"}, department="east")
    assert asked(company) == {"west"}
    monkeypatch.setenv("CRMCTL_NOW", "2027-12-20T10:00:00+08:00")
    assert asked(company) == {"east", "west"}
