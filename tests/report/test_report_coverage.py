"""What "k of n" counts, held against a walk over every sealed file of the ledger."""

from __future__ import annotations

from collections import Counter

import pytest

from crmctl.errors import CrmctlError
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of
from crmctl.report.catalogue import find_report
from crmctl.report.coverage import coverage
from crmctl.report.definition import Report
from crmctl.report.question import Asked, Question, settle
from tests.company import Company


def walked(ledger: Ledger, report: Report, question: Question, kinds: list[Kind]) -> dict[str, tuple[int, int]]:
    """(opened, existing) by kind, one file after the other, by what the question says of its place."""
    existing, opened = Counter[str](), Counter[str]()
    for path, oid in ledger.record_blobs():
        place = place_of(path)
        name = (place.folder or place.record_id) if place else ""
        kind = next((kind for kind in kinds if name == (kind.name if kind.single else kind.folder)), None)
        if place is None or kind is None:
            continue
        department, slash, _short = place.compartment.partition("/")
        if question.holds(report, ledger.dossier(place.dossier), department if slash else None, place.compartment):
            existing[kind.name] += 1
            try:
                ledger.read(path, oid)
            except CrmctlError:  # whatever keeps it closed, it was not opened
                continue
            opened[kind.name] += 1
    return {kind.name: (opened[kind.name], existing[kind.name]) for kind in kinds}


@pytest.mark.parametrize(
    ("reader", "report", "asked"),
    [
        ("alice", "dashboard", Asked()),
        ("bob", "dashboard", Asked()),
        ("alice", "dashboard", Asked(department="east")),
        ("bob", "dashboard", Asked(department="east")),
        ("alice", "dashboard", Asked(department="west")),
        ("alice", "due", Asked(member="alice")),
        ("bob", "rep-report", Asked(member="bob")),
        ("bob", "rep-report", Asked(member="bob", department="west")),
        ("alice", "card", Asked(customer="South | Clinic_1")),
    ],
)
def test_the_counts_are_those_of_a_walk_over_every_file(trade: Company, reader: str, report: str, asked: Asked) -> None:
    ledger = trade.ledger(reader).landed
    found = find_report(ledger, report)
    question = settle(ledger, found, asked)
    kinds = list(ledger.in_force.kinds.values())
    connection = connect(ledger, [kind.name for kind in kinds])
    counted = {one.kind: (one.opened, one.existing) for one in coverage(connection, found, question, kinds)}
    assert counted == walked(ledger, found, question, kinds)
    assert any(existing for _opened, existing in counted.values())
