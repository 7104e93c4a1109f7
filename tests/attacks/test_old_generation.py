"""An old generation used after somebody lost the right to read: refused by verify, and by check where the trailer lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from crmctl.ledger.affairs.dealing import team
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.identity import create
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_member, leave
from crmctl.model.dossier import Dossier
from crmctl.model.org import Role
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from crmctl.trust.gate import Gate
from tests.attacks.forgery import Forger, codes
from tests.company import NOW, VISIT, Company, git
from tests.prepared import prepared

PLACE = "east/sales"
TOMORROW = "2026-11-21T10:00:00+08:00"
NOW_THEN = datetime.fromisoformat(TOMORROW)


@prepared
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


def request(company: Company, customer: str) -> dict[str, object]:
    return {
        "applicant": "bob", "customer": customer, "what": "visits", "why": "joint visit", "until": "2026-12-31",
        "applied_on": NOW[:10],
    }  # fmt: skip


@pytest.fixture
def office_turned(company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[Company, str]:
    """The west's office of requests: erin, who led there, left it, and alice turned its key; bob knows nothing yet."""
    today = date.fromisoformat(NOW[:10])
    add_member(company.ledger(), create(company.home, "erin", None), "Erin", (Role("supervisor", "west", today),))
    customer = company.customer("bob")
    company.add("access_request", request(company, customer), "bob", department="west")
    company.sync("bob", "alice", "carol", "bob")
    leave(company.ledger(), "erin", today)
    monkeypatch.setenv("CRMCTL_NOW", TOMORROW)
    company.sync("alice")
    company.add("access_request", request(company, customer), department="west")
    assert company.ledger().dossier("office/west").compartments["requests"].generation == 2
    company.sync("alice")
    return company, customer


@pytest.mark.parametrize("meets", [False, True])
def test_filed_by_somebody_who_reads_nothing_there_and_could_not_know(
    office_turned: tuple[Company, str], meets: bool
) -> None:
    """Landed as it is, and made anew because a record of the same filer met another version."""
    company, customer = office_turned
    filed = company.add("access_request", request(company, customer), "bob", department="west")
    if meets:
        update(company.ledger(), customer, {"phone": "022-87654321"}, Origin())
        company.sync("alice")
        update(company.ledger("bob"), customer, {"email": "info@example.com"}, Origin())
    gate = Gate()
    sync(company.ledger("bob"), gate=gate)
    sync(company.ledger("alice"), gate=gate)
    assert codes(company, "alice", now=NOW_THEN) == set()
    ledger = company.ledger("alice")
    path = next(path for path, _oid in ledger.record_blobs() if filed.id in path)
    assert ledger.read(path).generation == 1
    said = git(company.clone("alice"), "log", "--format=%B", "main", "--", path)
    assert "Crmctl-Generation: office/west:requests:1" in said
    assert {finding.code for finding in check(ledger).findings if finding.severity == "error"} == set()


def test_filed_to_an_old_key_by_who_reads_there_or_under_a_key_that_never_was(
    office_turned: tuple[Company, str],
) -> None:
    company, customer = office_turned
    company.sync("bob")
    ledger, forger = company.ledger("bob"), Forger(company, "bob")
    kind, main = ledger.in_force.kinds["access_request"], forger.main
    made = Draft(ledger).new_record(kind, "office/west", "west", request(company, customer))
    path = record_path(kind, "office/west", "requests", made.record.id)
    past = ledger.dossier("office/west").compartments["requests"].public(1) or ""
    sealed = seal(dump(replace(made.record, generation=1).encode()), past)

    def filed(by: str, generation: int) -> set[str]:
        forger.set(main)
        message = f"add\n\nCrmctl-Action: add\nCrmctl-Generation: office/west:requests:{generation}\n"
        forger.put(by, {path: sealed}, message=message, at=NOW_THEN)
        return codes(company, "bob", now=NOW_THEN)

    assert filed("bob", 1) == set()
    assert filed("bob", 0) == {"TRU086"}
    assert filed("alice", 1) == {"TRU086"}
