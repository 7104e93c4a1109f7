"""An old generation used after somebody lost the right to read: refused by verify, and by check where the trailer lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crmctl.ledger.check import check
from crmctl.ledger.dealing import team
from crmctl.ledger.draft import Draft
from crmctl.ledger.enrol import add_member
from crmctl.ledger.identity import create
from crmctl.ledger.seal import seal
from crmctl.ledger.yamlio import dump
from crmctl.model.dossier import Dossier
from crmctl.model.org import Role
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from tests.attacks.forgery import Forger, codes
from tests.company import NOW, VISIT, Company

PLACE = "east/sales"


@pytest.fixture
def turned(company: Company) -> tuple[Company, str]:
    """A customer whose key was turned when dave, of the team, left it."""
    today = date.fromisoformat(NOW[:10])
    add_member(company.ledger(), create(company.home, "dave", None), "Dave", (Role("sales", "east", today),))
    customer = company.customer()
    team(company.ledger(), customer, ["dave"])
    team(company.ledger(), customer, [], ["dave"])
    company.sync("alice", "carol")
    assert company.ledger("carol").dossier(customer).compartments[PLACE].generation == 2
    return company, customer


def visit(company: Company, customer: str, generation: int) -> tuple[str, Record, Dossier]:
    """A visit by carol as it would be recorded under that generation."""
    ledger = company.ledger("carol")
    made = Draft(ledger).new_record(ledger.in_force.kinds["visit"], customer, "east", dict(VISIT))
    path = record_path(ledger.in_force.kinds["visit"], customer, PLACE, made.record.id)
    return path, replace(made.record, generation=generation), ledger.dossier(customer)


def handed_in(company: Company, customer: str, *, key: int, says: int, trailer: int) -> None:
    path, record, dossier = visit(company, customer, says)
    public = dossier.compartments[PLACE].public(key) or ""
    message = f"add visit {record.id}\n\nCrmctl-Action: add\nCrmctl-Generation: {customer}:{PLACE}:{trailer}\n"
    Forger(company, "carol").put("carol", {path: seal(dump(record.encode()), public)}, message=message)


def alarms(company: Company) -> set[str]:
    return {finding.code for finding in check(company.ledger("carol")).findings if finding.severity == "error"}


def test_sealed_to_the_key_of_today(turned: tuple[Company, str]) -> None:
    company, customer = turned
    handed_in(company, customer, key=2, says=2, trailer=2)
    assert codes(company, "carol") == set()
    assert alarms(company) == set()


def test_sealed_to_the_key_that_a_former_reader_has(turned: tuple[Company, str]) -> None:
    company, customer = turned
    handed_in(company, customer, key=1, says=1, trailer=1)
    assert codes(company, "carol") == {"TRU086"}


def test_the_trailer_lies_and_so_does_the_envelope(turned: tuple[Company, str]) -> None:
    company, customer = turned
    handed_in(company, customer, key=1, says=2, trailer=2)
    assert codes(company, "carol") == set()  # nothing shows without a key
    assert alarms(company) == {"CHK020"}
