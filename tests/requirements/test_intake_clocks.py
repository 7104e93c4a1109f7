"""Deadlines of intake that a clock of the base pack keeps (R-INT-07, R-INT-14)."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import set_value
from tests.company import CARD, Company
from tests.requirements.proving import stored


def due(company: Company, on: str) -> list[tuple[str, str, int]]:
    """What alice has to do on that day: code, record, days late."""
    ledger = company.ledger()
    return [(item.code, item.id, item.late_days) for item in agenda(ledger, own(ledger), date.fromisoformat(on)).items]


@pytest.mark.req("R-INT-07")
def test_a_letter_not_with_its_keeper_within_a_day_is_due_and_then_late(company: Company) -> None:
    def handed(company: Company, day: str) -> list[tuple[str, str, int]]:
        return [item for item in due(company, day) if item[0] == "INT007"]  # that it is not filed yet is due besides

    letter: dict[str, object] = {
        "direction": "in", "party": "A", "subject": "B", "received_at": "2026-11-20T09:00:00+08:00", "keeper": "alice",
    }  # fmt: skip
    made = company.add("correspondence", letter, department="east").id
    assert handed(company, "2026-11-21") == [("INT007", made, 0)]
    assert handed(company, "2026-11-23") == [("INT007", made, 2)]
    update(company.ledger(), made, {"handed_at": "2026-11-20T17:00:00+08:00"}, Origin())
    assert handed(company, "2026-11-23") == []


@pytest.mark.req("R-INT-14")
def test_a_customer_confirms_its_own_data_again_each_period_the_company_sets(company: Company) -> None:
    customer = company.add("customer", {**CARD, "declared_on": "2026-05-20"}, department="east").id
    assert stored(company, customer)["declared_on"] == "2026-05-20"
    assert due(company, "2026-11-24") == []
    set_value(company.ledger(), "declare_within", "6 months")
    assert due(company, "2026-11-24") == [("INT014", customer, 4)]
    update(company.ledger(), customer, {"declared_on": "2026-11-20"}, Origin())
    assert due(company, "2026-11-24") == []
