"""Reading rights for a time: given by who leads, ended by themselves or taken back, the key turned then."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.granting import grant, revoke
from crmctl.ledger.checking.check import check
from crmctl.model.dossier import wraps_folder
from tests.attacks.forgery import codes
from tests.company import NOW, VISIT, Company
from tests.prepared import prepared

TODAY = date.fromisoformat(NOW[:10])
UNTIL = TODAY + timedelta(days=30)


def opens(company: Company, member: str, dossier: str, compartment: str = "core") -> bool:
    ledger = company.ledger(member)
    return ledger.ring.can_open(ledger.dossier(dossier), compartment)


def found(company: Company, member: str = "alice") -> set[str]:
    return {finding.code for finding in check(company.ledger(member)).findings if finding.code.startswith("KEY")}


def generation(company: Company, customer: str, compartment: str = "core", member: str = "alice") -> int:
    return company.ledger(member).dossier(customer).compartments[compartment].generation


@prepared
def customer(company: Company) -> str:
    made = company.customer()
    company.sync("alice", "bob", "carol")
    return made


@pytest.mark.req("R-ACL-02")
def test_a_head_gives_a_right_to_read_with_a_reason_and_a_day(company: Company, customer: str) -> None:
    done = grant(company.ledger(), customer, "bob", UNTIL, "joint bid")
    assert done.compartments == ("core", "east/sales")
    company.sync("alice", "bob")
    assert opens(company, "bob", customer)
    assert opens(company, "bob", customer, "east/sales")
    assert not opens(company, "bob", customer, "east/trade")
    ledger = company.ledger("carol")
    company.sync("carol")
    path = next(path for path, _oid in company.ledger("carol").record_blobs() if done.record and done.record in path)
    data = company.ledger("carol").read(path).data
    assert (data["applicant"], data["why"], data["until"], data["state"]) == (
        "bob", "joint bid", UNTIL.isoformat(), "approved",
    )  # fmt: skip
    assert "joint bid" not in ledger.repo.run("log", "--all", "--format=%B").decode()
    assert codes(company) == set()


@pytest.mark.req("R-ACL-02")
def test_a_right_ends_by_itself_and_the_key_is_turned(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(company.ledger(), customer, "bob", UNTIL, "joint bid")
    company.sync("alice", "bob", "carol")
    monkeypatch.setenv("CRMCTL_NOW", f"{UNTIL}T20:00:00+08:00")
    company.sync("carol", "bob")
    assert opens(company, "bob", customer)
    monkeypatch.setenv("CRMCTL_NOW", f"{UNTIL + timedelta(days=1)}T08:00:00+08:00")
    assert found(company, "carol") == {"KEY005"}  # told, and no alarm: he was a reader
    company.sync("carol", "bob")
    assert not opens(company, "bob", customer)
    assert generation(company, customer, member="carol") == 2
    assert "bob" not in company.ledger("carol").keyring.readers(wraps_folder(customer))
    made = company.add("visit", VISIT, "carol", customer=customer)
    company.sync("carol", "bob", "alice")
    ledger = company.ledger("bob")
    path = next(path for path, _oid in ledger.record_blobs() if made.id in path)
    with pytest.raises(NoKey):
        ledger.read(path)
    assert found(company) == set()
    assert codes(company, "carol", now=datetime.fromisoformat(f"{UNTIL + timedelta(days=1)}T08:00:00+08:00")) == set()


@pytest.mark.req("R-ACL-02")
def test_a_right_is_taken_back_before_its_day(company: Company, customer: str) -> None:
    grant(company.ledger(), customer, "bob", UNTIL, "joint bid")
    company.sync("alice", "bob")
    done = revoke(company.ledger(), customer, "bob", "bid is over")
    assert done.compartments == ("core", "east/sales")
    assert generation(company, customer) == 2
    company.sync("alice", "bob")
    assert not opens(company, "bob", customer)
    states = {
        record.data["state"]
        for path, oid in company.ledger().record_blobs() if "/AR-" in path
        for record in [company.ledger().read(path, oid)]
    }  # fmt: skip
    assert states == {"approved", "withdrawn"}
    assert found(company) == set()
    with pytest.raises(NotFound):
        revoke(company.ledger(), customer, "bob", "again")
    assert codes(company, "bob") == set()


def test_a_whole_group_may_be_meant(company: Company, customer: str) -> None:
    carols = company.add("customer", dict(VISIT_CARD), "bob", department="west", not_duplicate="no").id
    company.sync("bob", "alice")
    grant(company.ledger(), carols, "east.supervisor", UNTIL, "stands in", ["sales"])
    company.sync("alice", "carol")
    assert opens(company, "carol", carols, "west/sales")
    assert not opens(company, "carol", carols)
    with pytest.raises(NotFound):
        grant(company.ledger(), carols, "north.supervisor", UNTIL, "there is no north")


VISIT_CARD = {
    "name": "Southern Works", "party_type": "company", "source": "referral", "lawful_basis": "contract",
    "obtained_at": "2026-11-20T09:00:00+08:00",
}  # fmt: skip


@pytest.mark.req("R-ACL-02")
def test_only_who_leads_gives_and_nobody_to_himself(company: Company, customer: str) -> None:
    mine = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    with pytest.raises(Refused) as caught:
        grant(company.ledger("bob"), mine, "carol", UNTIL, "we are friends", ["core"])
    assert caught.value.rule == "R-ACL-02"
    assign(company.ledger("bob"), mine, "east", "alice")
    company.sync("bob", "alice", "carol")
    with pytest.raises(Refused):
        grant(company.ledger("carol"), mine, "carol", UNTIL, "curious", ["core"])
    with pytest.raises(Refused):  # what another department deals with is for that department
        grant(company.ledger("carol"), mine, "bob", UNTIL, "no", ["west/sales"])


def test_what_makes_no_sense_is_refused(company: Company, customer: str) -> None:
    with pytest.raises(InvalidInput):
        grant(company.ledger(), customer, "bob", TODAY - timedelta(days=1), "yesterday")
    with pytest.raises(Refused):
        grant(company.ledger(), customer, "carol", UNTIL, "she reads it anyway")
    with pytest.raises(NotFound):
        grant(company.ledger(), customer, "nobody", UNTIL, "who")
    with pytest.raises(NotFound):
        grant(company.ledger(), customer, "bob", UNTIL, "which part", ["kitchen"])


def test_who_leads_nobody_is_told_so(company: Company, customer: str) -> None:
    with pytest.raises(Refused, match="Only who leads"):
        grant(company.ledger("bob"), customer, "carol", UNTIL, "a favour", ["sales"])


def test_the_commands_speak(company: Company, customer: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["-C", str(company.clone("alice"))]
    words = ["grant", customer, "--to", "bob", "--until", UNTIL.isoformat(), "--reason", "joint bid"]
    assert invoke([*folder, *words, "--dry-run"]) == 0
    assert not company.ledger().dossier(customer).grants
    assert invoke([*folder, *words]) == 0
    assert "Bob may read until 2026-12-20" in capsys.readouterr().out
    assert invoke([*folder, "access", customer]) == 0
    assert "allowed until 2026-12-20" in capsys.readouterr().out
    assert invoke([*folder, "revoke", customer, "--from", "bob", "--reason", "over", "--json"]) == 0
    assert '"schema": "crmctl/revoke/1"' in capsys.readouterr().out.replace('":"', '": "')
