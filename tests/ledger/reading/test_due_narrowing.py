"""What SQL leaves out is nothing that the clocks would have shown (DESIGN 9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading import due_rows
from crmctl.ledger.reading.due import agenda, own
from crmctl.rules.due_parts import Due
from tests.company import VISIT, Company

DONE = {**VISIT, "state": "done", "result": "x", "goal_met": True}


def told(company: Company, day: date) -> list[tuple[str, str, date | None, date | None]]:
    ledger = company.ledger()
    found = agenda(ledger, own(ledger), day)
    items: tuple[Due, ...] = (*found.items, *found.done_late)
    return [(item.code, item.id, item.due, item.done) for item in items]


def test_the_same_items_come_out_with_and_without_narrowing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = company.customer(), company.customer(name="Two", obtained_at="2026-11-10T09:00:00+08:00")
    for customer, days in ((one, (1, 9, 17)), (two, (3,))):
        for day in days:
            agreed = f"2026-11-{day + 8:02}"
            company.add("visit", {**DONE, "on": f"2026-11-{day:02}", "next_on": agreed}, customer=customer)
    company.add("visit", {**VISIT, "on": "2026-11-26"}, customer=two)
    update(company.ledger(), one, {"maintenance": {"next_on": "2026-12-01"}}, Origin())
    company.add("qualification", {"what": "business_licence", "number": "1", "valid_to": "2026-12-19"}, customer=one)
    asked = {"received_at": "2026-11-20T09:00:00+08:00", "text": "price"}
    company.add("inquiry", asked, customer=two)
    plan = {"goal": "x", "strategy": "y", "from_day": "2026-11-01", "until": "2026-12-31",
            "milestones": [{"due_on": "2026-11-22", "text": "a"}, {"due_on": "2026-12-22", "text": "b"}]}  # fmt: skip
    company.add("development_plan", plan, customer=one)
    days = [date(2026, 11, 20) + timedelta(days=step) for step in (0, 1, 4, 6, 11, 30, 62)]
    narrow = [told(company, day) for day in days]
    monkeypatch.setattr(due_rows, "narrowed", lambda *_args, **_named: due_rows.Narrow())
    assert [told(company, day) for day in days] == narrow
    assert {code for items in narrow for code, *_rest in items} >= {
        "DUE001",
        "DUE002",
        "DUE003",
        "DUE004",
        "DUE012",
        "INT001",
    }


def test_what_was_done_late_is_left_out_where_it_is_not_wanted(company: Company) -> None:
    company.customer(obtained_at="2026-11-10T09:00:00+08:00")
    ledger = company.ledger()
    assert [item.code for item in agenda(ledger, own(ledger)).done_late] == ["INT001"]
    assert agenda(ledger, own(ledger), done_late=False).done_late == ()
