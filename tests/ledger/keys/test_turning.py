"""A reader who is none any more: the key is turned before the next record, and at the next sync of a holder."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crmctl.errors import NoKey
from crmctl.ledger.affairs.dealing import handover, team
from crmctl.ledger.changing.wrapping import Wrapping
from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.keys.keyring import Keyring
from crmctl.ledger.setup.enrol import add_member, leave, set_roles
from crmctl.ledger.setup.joining import join
from crmctl.ledger.waiting.undo import undo
from crmctl.model.dossier import wraps_folder
from crmctl.model.org import Role
from tests.attacks.forgery import codes
from tests.company import NOW, VISIT, Company, git
from tests.prepared import prepared

TODAY = date.fromisoformat(NOW[:10])
TOMORROW = "2026-11-21T10:00:00+08:00"


def enrol(company: Company, member: str, *roles: Role) -> None:
    add_member(company.ledger(), create(company.home, member, None), member.title(), roles)
    company.sync("alice")
    join(str(company.path / "server.git"), company.clone(member), member)


@prepared
def shared(company: Company) -> tuple[Company, str]:
    """A customer of alice's in east; dave, sales in east, is in its team."""
    enrol(company, "dave", Role("sales", "east", TODAY))
    customer = company.customer()
    team(company.ledger(), customer, ["dave"])
    company.sync("alice", "carol", "dave")
    return company, customer


def opens(
    company: Company, member: str, dossier: str, compartment: str = "core", generation: int | None = None
) -> bool:
    ledger = company.ledger(member)
    try:
        ledger.ring.secret(ledger.dossier(dossier), compartment, generation)
    except NoKey:
        return False
    return True


def opens_with_all_it_ever_had(company: Company, member: str, path: str, at: str) -> bool:
    """Whether a member opens main's file with any key that any state of the keyring held for him."""
    ledger = company.ledger(member)
    sealed = ledger.repo.read("main", path) or b""
    for tip in git(company.clone(at), "rev-list", "keyring/1").split():
        then = company.ledger(member, at="main")
        then.__dict__["keyring"] = Keyring(company.ledger(at).repo, 1, tip)
        try:
            then.open_sealed(path, sealed)
        except NoKey:
            continue
        return True
    return False


def errors(company: Company, member: str = "alice") -> list[str]:
    return [f.code for f in check(company.ledger(member)).findings if f.severity == "error"]


@pytest.mark.req("R-ACL-01")
@pytest.mark.req("R-ACL-24")
def test_who_left_the_team_opens_nothing_sealed_afterwards(shared: tuple[Company, str]) -> None:
    company, customer = shared
    before = company.add("visit", VISIT, customer=customer)
    company.sync("alice", "dave")
    team(company.ledger(), customer, [], ["dave"])
    after = company.add("visit", {**VISIT, "on": "2026-11-26"}, customer=customer)
    company.sync("alice", "dave")
    ledger = company.ledger("dave")
    entry = ledger.dossier(customer).compartments["east/sales"]
    assert entry.generation == 2
    paths = {kept.id: path for kept in (before, after) for path, _oid in ledger.record_blobs() if kept.id in path}
    assert opens_with_all_it_ever_had(company, "dave", paths[before.id], "dave")  # what was read stays read
    assert not opens_with_all_it_ever_had(company, "dave", paths[after.id], "dave")
    assert {reader for reader in ledger.keyring.readers(wraps_folder(customer)) if reader == "dave"} == set()
    assert errors(company) == []
    assert codes(company, "dave") == set()


def test_who_stays_reads_both_what_was_before_and_what_came_after(shared: tuple[Company, str]) -> None:
    company, customer = shared
    first = company.add("visit", VISIT, customer=customer)
    team(company.ledger(), customer, [], ["dave"])
    second = company.add("visit", {**VISIT, "on": "2026-11-26"}, customer=customer)
    enrol(company, "erin", Role("supervisor", "east", TODAY))
    company.sync("alice", "carol", "erin")
    for member in ("alice", "carol", "erin"):
        ledger = company.ledger(member)
        found = {
            record.id
            for path, oid in ledger.record_blobs()
            if "/visits/" in path
            for record in [ledger.read(path, oid)]
        }
        assert found == {first.id, second.id}


@pytest.mark.req("R-ACL-15")
def test_a_supervisor_who_left_opens_nothing_sealed_afterwards(
    shared: tuple[Company, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group's key is turned by an admin, the compartment's with the next record sealed in it."""
    company, customer = shared
    enrol(company, "erin", Role("supervisor", "east", TODAY))
    company.sync("alice", "carol", "erin")
    leave(company.ledger(), "carol", TODAY)
    company.sync("alice")
    monkeypatch.setenv("CRMCTL_NOW", TOMORROW)
    company.sync("alice", "erin", "dave")
    org = company.ledger().in_force.org
    assert org.groups["east.supervisor"].generation == 2
    assert company.ledger().dossier(customer).compartments["east/sales"].generation == 1  # nothing was sealed yet
    made = company.add("visit", VISIT, "dave", customer=customer)
    company.sync("dave", "alice", "erin")
    ledger = company.ledger("erin")
    entry = ledger.dossier(customer).compartments["east/sales"]
    assert (entry.generation, dict(entry.groups)["east.supervisor"]) == (2, 2)
    path = next(path for path, _oid in ledger.record_blobs() if made.id in path)
    assert ledger.read(path).id == made.id
    git(company.clone("carol"), "fetch", "-q", "origin", "+main:main", "+keyring/1:keyring/1", "--update-head-ok")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    assert not opens_with_all_it_ever_had(company, "carol", path, "carol")
    monkeypatch.setenv("CRMCTL_NOW", TOMORROW)
    assert errors(company) == []
    assert codes(company, "erin") == set()
    company.add("visit", {**VISIT, "on": "2026-11-27"}, "dave", customer=customer)
    assert company.ledger("dave").dossier(customer).compartments["east/sales"].generation == 2  # once is enough


def test_a_later_member_of_a_group_reads_what_was_sealed_before_the_group_was_turned(
    shared: tuple[Company, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    company, customer = shared
    enrol(company, "erin", Role("supervisor", "east", TODAY))
    company.sync("alice", "carol", "erin")
    set_roles(company.ledger(), "carol", (Role("sales", "east", TODAY),))
    company.sync("alice", "erin")
    enrol(company, "frank", Role("supervisor", "east", TODAY))
    company.sync("erin", "frank")
    assert company.ledger("frank").in_force.org.groups["east.supervisor"].generation == 2
    assert opens(company, "frank", customer)
    company.sync("carol")
    assert not opens(company, "carol", customer)


def test_one_who_hands_over_his_own_customer_leaves_the_turning_to_who_goes_on(company: Company) -> None:
    enrol(company, "dave", Role("sales", "west", TODAY))
    customer = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice", "dave")
    handover(company.ledger("bob"), [customer], "dave", "changes post", why="moves")
    assert company.ledger("bob").dossier(customer).compartments["core"].generation == 1
    company.sync("bob", "dave", "bob")
    entry = company.ledger("bob").dossier(customer).compartments["core"]
    assert entry.generation == 2
    assert not opens(company, "bob", customer)
    assert opens(company, "dave", customer)
    assert codes(company, "bob") == set()


def test_two_copies_that_turn_the_same_key_come_together(
    shared: tuple[Company, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both seal to a key of their own making; what was second is sealed anew to the first one's."""
    company, customer = shared
    enrol(company, "erin", Role("sales", "east", TODAY))
    team(company.ledger(), customer, ["erin"])
    company.sync("alice", "dave", "erin", "carol")
    leave(company.ledger(), "erin", TODAY)
    company.sync("alice", "dave", "carol")
    monkeypatch.setenv("CRMCTL_NOW", TOMORROW)
    one = company.add("visit", VISIT, customer=customer)
    two = company.add("visit", {**VISIT, "on": "2026-11-26"}, "dave", customer=customer)
    three = company.add("visit", {**VISIT, "on": "2026-11-27"}, "dave", customer=customer)
    keys = {m: company.ledger(m).dossier(customer).compartments["east/sales"].key for m in ("alice", "dave")}
    assert keys["alice"] != keys["dave"]
    company.sync("alice", "dave", "alice", "carol")
    for member in ("alice", "dave", "carol"):
        ledger = company.ledger(member)
        assert ledger.dossier(customer).compartments["east/sales"].key == keys["alice"]
        found = {ledger.read(path, oid).id for path, oid in ledger.record_blobs() if "/visits/" in path}
        assert found == {one.id, two.id, three.id}
        assert errors(company, member) == []
    assert codes(company, "carol") == set()


def test_what_was_sealed_to_a_key_turned_meanwhile_is_sealed_anew(shared: tuple[Company, str]) -> None:
    company, customer = shared
    company.sync("carol")
    made = company.add("visit", VISIT, "carol", customer=customer)
    team(company.ledger(), customer, [], ["dave"])
    company.sync("alice", "carol", "alice")
    ledger = company.ledger()
    path = next(path for path, _oid in ledger.record_blobs() if made.id in path)
    record, generation = ledger.open_with_generation(path, ledger.repo.read("main", path) or b"")
    assert (record.generation, generation) == (2, 2)
    said = git(company.clone("alice"), "log", "--format=%B", "main", "--", path)
    assert f"Crmctl-Generation: {customer}:east/sales:2" in said
    assert errors(company) == []
    assert codes(company) == set()


def test_a_record_added_with_a_turn_is_taken_back_and_the_key_stays_turned(shared: tuple[Company, str]) -> None:
    company, customer = shared
    leave(company.ledger(), "dave", TODAY - timedelta(days=1))
    company.add("visit", VISIT, customer=customer)
    assert company.ledger().dossier(customer).compartments["east/sales"].generation == 2
    undo(company.ledger())
    assert company.ledger().dossier(customer).compartments["east/sales"].generation == 2
    assert not [path for path, _oid in company.ledger().record_blobs() if "/visits/" in path]


def test_nothing_is_turned_where_nobody_left(shared: tuple[Company, str]) -> None:
    company, customer = shared
    company.add("visit", VISIT, "dave", customer=customer)
    company.sync("dave", "alice", "carol")
    dossier = company.ledger().dossier(customer)
    assert {entry.generation for entry in dossier.compartments.values()} == {1}
    assert Wrapping(company.ledger()).turn_where_due(customer, dossier.compartments) == []
