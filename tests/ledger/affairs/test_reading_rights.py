"""Promise 1: a member's copy opens what the policy lets that member read, with crmctl or with plain `age`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import NoKey
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_member, leave, set_roles
from crmctl.ledger.setup.joining import join
from crmctl.model.access import RECOVERY
from crmctl.model.dossier import Grant, wraps_folder
from crmctl.model.org import Role
from crmctl.model.paths import record_path
from crmctl.model.wraps import read_wraps
from tests.company import NOW, Company, git

TODAY = date.fromisoformat(NOW[:10])


def opens(company: Company, member: str, customer: str, compartment: str = "core") -> bool:
    ledger = company.ledger(member)
    return ledger.ring.can_open(ledger.dossier(customer), compartment)


def card_path(ledger: Ledger, customer: str) -> str:
    return record_path(ledger.in_force.kinds["customer"], customer, "core", customer)


def enrol(company: Company, member: str, *roles: Role, by: str = "alice") -> None:
    add_member(company.ledger(by), create(company.home, member, None), member.title(), roles)
    company.sync(by)
    join(str(company.path / "server.git"), company.clone(member), member)


def run_age(identity: Path, sealed: bytes) -> bytes | None:
    """What the plain program makes of a sealed file; None when the identity does not open it."""
    done = subprocess.run(["age", "-d", "-i", str(identity)], input=sealed, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def opened(identities: list[Path], sealed: bytes) -> Iterator[bytes]:
    return (plain for plain in (run_age(identity, sealed) for identity in identities) if plain is not None)


def files_of(clone: Path, branch: str) -> Iterator[tuple[str, bytes]]:
    for path in git(clone, "ls-tree", "-r", "--name-only", branch).split():
        command = ["git", "cat-file", "blob", f"{branch}:{path}"]
        yield path, subprocess.run(command, cwd=clone, capture_output=True, check=True).stdout


def plain_reading(company: Company, member: str, work: Path) -> Iterator[tuple[str, bytes]]:
    """(path, plaintext) of all that plain git and age open in a member's copy with the identity file alone."""
    clone = company.clone(member)
    keys = [company.home / "identities" / member / "identity.txt"]
    for folder in ("groups/", "dossiers/"):  # what groups open needs the groups' keys first
        wrapped = [content for path, content in files_of(clone, "keyring/1") if path.startswith(folder)]
        sealed = [one for content in wrapped for one in read_wraps(content).values()]
        for secret in [secret for one in sealed for secret in opened(keys, one)]:
            keys.append(work / f"key-{len(keys)}.txt")
            keys[-1].write_bytes(secret)
    for path, content in files_of(clone, "main"):
        if path.endswith(".age"):
            yield from ((path, plain) for plain in opened(keys, content))


@pytest.mark.req("R-ACL-01")
@pytest.mark.req("R-ACL-04")
@pytest.mark.skipif(shutil.which("age") is None, reason="the plain age program is not installed here")
def test_plain_git_and_age_open_ones_own_customers_and_nobody_elses(company: Company, tmp_path: Path) -> None:
    mine = company.customer("bob", name="Southern Clinic")
    theirs = company.customer("alice")
    company.sync("bob", "alice", "bob", "carol")
    found = dict(plain_reading(company, "bob", tmp_path))
    assert {path.split("/")[2] for path in found} == {mine}
    assert b"Southern Clinic" in found[card_path(company.ledger("bob"), mine)]
    supervised = dict(plain_reading(company, "carol", tmp_path))
    assert {path.split("/")[2] for path in supervised} == {theirs}
    assert b"Northern Hospital" in next(iter(supervised.values()))


@pytest.mark.req("R-ACL-01")
def test_a_member_of_another_department_reads_nothing(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    ledger = company.ledger("bob")
    assert not any(opens(company, "bob", customer, name) for name in ledger.dossier(customer).compartments)
    with pytest.raises(NoKey):
        ledger.read(card_path(ledger, customer))


@pytest.mark.req("R-ACL-23")
def test_neither_paths_nor_messages_nor_branches_of_a_copy_name_a_customer(company: Company) -> None:
    company.customer(name="Zhongshan Secret Hospital")
    company.sync("alice", "carol")
    clone = company.clone("carol")
    said = git(clone, "log", "--all", "--format=%B%an%ae") + git(clone, "for-each-ref")
    for branch in ("main", "keyring/1"):
        said += git(clone, "ls-tree", "-r", "--name-only", branch)
    assert "Secret" not in said
    clear = [path for path in git(clone, "ls-tree", "-r", "--name-only", "main").split() if not path.endswith(".age")]
    assert all("Secret" not in git(clone, "show", f"main:{path}") for path in clear)


def test_exactly_the_policys_readers_hold_a_wrap_of_each_compartment(company: Company) -> None:
    customer = company.customer()
    ledger = company.ledger()
    dossier = ledger.dossier(customer)
    held = ledger.keyring.readers(wraps_folder(customer))
    for name, entry in dossier.compartments.items():
        holders = {reader for reader, lines in held.items() if (name, entry.generation) in lines}
        assert holders == ledger.expected_readers(dossier, name)
        assert RECOVERY in holders


@pytest.mark.req("R-ACL-03")
def test_a_second_supervisor_reads_after_the_next_sync_of_the_first(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    enrol(company, "dave", Role("supervisor", "east", TODAY))
    assert not opens(company, "dave", customer)
    assert sync(company.ledger("carol")).wrapped >= 1
    company.sync("dave")
    assert opens(company, "dave", customer)
    assert opens(company, "dave", customer, "east/sales")


@pytest.mark.req("R-ACL-03")
def test_the_first_supervisor_of_a_department_reads_old_customers_after_the_next_sync_of_their_owner(
    company: Company,
) -> None:
    enrol(company, "ivan", Role("admin", None, TODAY))
    customer = company.customer("bob", name="Southern Clinic")
    company.sync("bob", "ivan")
    enrol(company, "dave", Role("supervisor", "west", TODAY), by="ivan")
    assert not opens(company, "dave", customer)
    company.sync("bob", "dave")
    for compartment in ("core", "west/sales", "west/service"):
        assert opens(company, "dave", customer, compartment)
    assert [f for f in company.ledger("bob").keyring.readers(wraps_folder(customer)) if f == "west.supervisor"]


def test_pending_wraps_are_made_once(company: Company) -> None:
    company.customer()
    company.sync("alice", "carol")
    enrol(company, "dave", Role("supervisor", "east", TODAY))
    company.sync("carol")
    before = company.ledger("carol").keyring.tip
    for member in ("carol", "alice", "dave", "carol"):
        assert sync(company.ledger(member)).wrapped == 0
    assert company.ledger("carol").keyring.tip == before


@pytest.mark.req("R-ACL-22")
def test_an_admin_who_is_no_reader_enrols_everybody_and_reads_nothing(company: Company) -> None:
    enrol(company, "ivan", Role("admin", None, TODAY))
    enrol(company, "dave", Role("supervisor", "west", TODAY), by="ivan")
    enrol(company, "erin", Role("sales", "west", TODAY), by="ivan")
    customer = company.customer("erin", name="Western Works")
    old = company.customer()
    company.sync("erin", "alice", "ivan", "dave")
    ledger = company.ledger("ivan")
    for dossier in (customer, old):
        for compartment in ledger.dossier(dossier).compartments:
            assert not opens(company, "ivan", dossier, compartment)
    assert opens(company, "dave", customer, "west/sales")
    wrapped = git(company.clone("ivan"), "ls-tree", "-r", "--name-only", "keyring/1").split()
    assert [path for path in wrapped if path.endswith("/ivan")] in ([], ["groups/all.everyone/ivan"])


def test_a_leaver_is_no_reader_of_what_is_made_afterwards(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(company.ledger(), "carol", TODAY)
    company.sync("alice")
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-21T10:00:00+08:00")
    customer = company.customer()
    ledger = company.ledger()
    assert "east.supervisor" not in ledger.expected_readers(ledger.dossier(customer), "core")
    assert "east.supervisor" not in ledger.keyring.readers(wraps_folder(customer))
    company.sync("alice")
    monkeypatch.setenv("CRMCTL_NOW", NOW)  # even with the clock put back
    company.sync("carol")
    assert not opens(company, "carol", customer)


def test_a_successor_reads_although_the_only_supervisor_left(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who is still there holds the group's key: it is made anew and wrapped by who holds the customers."""
    customer = company.customer()
    company.sync("alice", "carol")
    old = company.ledger().in_force.org.groups["east.supervisor"]
    leave(company.ledger(), "carol", TODAY)
    company.sync("alice")
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-21T10:00:00+08:00")
    enrol(company, "dave", Role("supervisor", "east", date(2026, 11, 21)))
    company.sync("alice", "dave")
    new = company.ledger().in_force.org.groups["east.supervisor"]
    assert (new.generation, new.key != old.key) == (old.generation + 1, True)
    assert opens(company, "dave", customer)
    later = company.customer(name="Later Ltd")
    company.sync("alice", "dave")
    assert opens(company, "dave", later)
    company.sync("carol")
    assert not opens(company, "carol", later)


def test_a_role_taken_away_no_longer_gives_new_keys(company: Company) -> None:
    set_roles(company.ledger(), "carol", (Role("sales", "east", TODAY),))
    customer = company.customer()
    company.sync("alice", "carol")
    assert not opens(company, "carol", customer)


@pytest.mark.req("R-ACL-02")
def test_a_grant_gives_its_member_that_compartment_at_the_next_sync_of_a_holder(company: Company) -> None:
    customer = company.customer()
    draft = company.draft()
    draft.wrapping.put(replace(draft.dossier(customer), grants=(Grant("bob", "east/sales", date(2026, 12, 31)),)))
    draft._touched.append(customer)
    draft.commit("grant")
    company.sync("alice", "bob")
    assert opens(company, "bob", customer, "east/sales")
    assert not opens(company, "bob", customer, "core")


def test_a_second_department_shares_the_card_and_nothing_else(company: Company) -> None:
    customer = company.customer()
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    draft.commit("assign")
    company.sync("alice", "bob", "carol")
    assert opens(company, "bob", customer)
    assert opens(company, "bob", customer, "west/sales")
    assert not opens(company, "bob", customer, "east/sales")
    assert opens(company, "carol", customer, "east/sales")
    assert not opens(company, "carol", customer, "west/sales")


@pytest.mark.skipif(shutil.which("age") is None, reason="the plain age program is not installed here")
def test_the_recovery_key_opens_every_compartment(company: Company, tmp_path: Path) -> None:
    first, second = company.customer(), company.customer("bob", name="Southern Clinic")
    company.sync("bob", "alice")
    recovery = next((company.home / "recovery").glob("*.txt"))
    ledger = company.ledger()
    for customer in (first, second):
        dossier = ledger.dossier(customer)
        wraps = ledger.keyring.wraps(wraps_folder(customer), RECOVERY)
        assert {name for name, _generation in wraps} == set(dossier.compartments)
        for (name, _generation), sealed in wraps.items():
            secret = run_age(recovery, sealed)
            assert secret is not None
            (tmp_path / "key.txt").write_bytes(secret)
            if name == "core":
                card = ledger.repo.read(ledger.head, card_path(ledger, customer))
                assert card is not None
                plain = run_age(tmp_path / "key.txt", card)
                assert plain is not None
                assert re.search(rb"Northern Hospital|Southern Clinic", plain)


def test_a_draft_of_somebody_without_the_key_is_refused_before_anything_is_written(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    ledger = company.ledger("bob")
    with pytest.raises(NoKey):
        Draft(ledger).new_version(card_path(ledger, customer), {"name": "Mine now"})
