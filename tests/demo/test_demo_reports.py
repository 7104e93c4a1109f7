"""Every shipped report has something to show on the demo company."""

from __future__ import annotations

from datetime import datetime

import pytest

from crmctl.demo.build import Built
from crmctl.demo.surroundings import acting
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.report.belonging import belongs_to, waits_for
from crmctl.report.catalogue import all_reports, find_report
from crmctl.report.definition import Report
from crmctl.report.fill import fill
from crmctl.report.html import to_html
from crmctl.report.question import Asked
from tests.demo.conftest import NOW

HEADS = {"shen": "zhou", "he": "chen", "du": "tang"}
FORMS = {
    "account-safety-notice": "customer",
    "card": "customer",
    "complaint-form": "complaint",
    "new-customer-form": "newcust_application",
    "stage-review-form": "stage_review",
    "supply-plan-notice": "supply_project",
    "admission-form": "customer",
    "trade-start-form": "customer",
    "visit-file": "visit",
}


def asked(ledger: Ledger, report: Report) -> Asked | None:
    """The question to which an answer is expected: the whole year, a customer with such a record, a salesperson."""
    period = None if report.period == "none" else "2026"
    if report.scope == "own":
        return Asked(member=HEADS[ledger.member_id])
    if report.scope != "dossier":
        return Asked(period=period)
    kind = ledger.in_force.kinds[FORMS.get(report.name, "customer")]
    connection = connect(ledger, [kind.name])
    try:
        found = connection.execute(f'SELECT dossier FROM "{kind.table}" LIMIT 1').fetchone()
    finally:
        connection.close()
    return Asked(customer=found[0], period=period) if found else None


def shows(company: Built, head: str, name: str) -> bool:
    """Whether a head of department finds anything in a report."""
    office = next(iter(company.copies.values()))
    with acting(company.home, datetime.fromisoformat(NOW), head):
        ledger = Ledger(office, home=company.home)
        report = find_report(ledger, name)
        question = asked(ledger, report)
        filled = fill(ledger, report, question) if question else None
        if filled:
            assert to_html(filled)
        ledger.repo.close()
    return bool(filled) and any(table.rows for table in filled.tables)


@pytest.mark.slow
def test_every_report_but_those_of_policies_not_taken_over_has_rows(company: Built) -> None:
    ledger = Ledger(next(iter(company.copies.values())), home=company.home)
    reports = all_reports(ledger)
    assert len(reports) > 50
    empty = {report.name for report in reports if not any(shows(company, head, report.name) for head in HEADS)}
    # what nobody enters here says so, and which policy it waits for
    assert empty <= {report.name for report in reports if belongs_to(waits_for(ledger, report))}


@pytest.mark.slow
def test_nobody_did_what_lies_in_the_future(company: Built) -> None:
    done = {("invoice", "received_on"), ("invoice", "sent_on"), ("shipment", "arrived_on"), ("improvement", "done_on")}
    seen = set()
    office = next(iter(company.copies.values()))
    for head in HEADS:
        with acting(company.home, datetime.fromisoformat(NOW), head):
            connection = connect(Ledger(office, home=company.home), sorted({table for table, _column in done}))
            for table, column in done:
                latest = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
                if latest:
                    seen.add((table, column))
                    assert latest <= NOW[:10], (table, column)
            connection.close()
    assert seen == done
