"""What "k of n" counts, held against a walk over every sealed file of the ledger."""

from __future__ import annotations

from collections import Counter

import pytest

from crmctl.errors import CrmctlError
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.kinds import Kind
from crmctl.model.org import Role
from crmctl.model.paths import place_of
from crmctl.report.catalogue import find_report
from crmctl.report.coverage import coverage
from crmctl.report.definition import Report
from crmctl.report.fill import fill
from crmctl.report.question import Asked, Question, settle
from tests.company import Company
from tests.report.conftest import rows


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


def test_what_nobody_lets_the_reader_open_is_unknown_and_not_nought(trade: Company) -> None:
    ledger = trade.ledger()
    add_member(ledger, create(trade.home, "max", None), "Max", (Role("management", None, ledger.today),))
    draft = trade.draft()
    goal = {
        "in_charge": "alice",
        "period": "2026",
        "measure": "visits",
        "subject": "Seen",
        "number": 5,
        "plan": "p",
        "set_on": "2026-01-02",
    }
    draft.new_record(draft.kind("goal"), "office/east", "east", goal)
    draft.commit("import")
    trade.sync("alice")
    join(str(trade.path / "server.git"), trade.clone("max"), "max")
    trade.sync("alice", "max")

    def told(member: str, name: str, table: str, **asked: str) -> list[dict[str, object]]:
        there = trade.ledger(member)
        return rows(fill(there, find_report(there, name), Asked(department="east", **asked)), table)

    mine, his = ([row["visits"] for row in told(member, "new-customers", "customers")] for member in ("alice", "max"))
    assert len(mine) == len(his) > 0
    assert set(mine) == {0, 1}
    assert set(his) == {None}
    assert [row["visited"] for row in told("max", "new-customers", "people")] == [None]
    assert [row["reached_number"] for row in told("max", "goals", "goals", period="2026")] in ([], [None])
    assert [row["reached_number"] for row in told("alice", "goals", "goals", period="2026")] == [1]
    assert told("max", "dormant", "unvisited") == told("max", "overdue-contacts", "customers") == []


def test_a_list_names_only_customers_whose_card_opens(trade: Company) -> None:
    there = trade.ledger("bob")
    for name, table in (("dormant", "unvisited"), ("stage-reviews", "without")):
        found = rows(fill(there, find_report(there, name), Asked(department="all")), table)
        assert not [row for row in found if row["id"] in (row.get("name"), row.get("customer"))]
