"""Destruction: the keys are gone from server, copies and caches, nothing comes back under a tombstone."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import Conflict, CrmctlError, InvalidInput, NotFound, Refused
from crmctl.ledger.checking.backup import backup, restore
from crmctl.ledger.checking.check import check
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.destroying import destroy
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading.tombstones import tombstones
from crmctl.ledger.setup.joining import join
from crmctl.ledger.snapshot.names import names
from crmctl.ledger.waiting.undo import undo
from crmctl.model.dossier import wraps_folder
from crmctl.model.tombstone import tombstone_path
from crmctl.trust.gate import Gate
from crmctl.trust.hook import install
from tests.attacks.forgery import Forger, codes
from tests.company import VISIT, Company, git
from tests.prepared import prepared


@prepared
def two(company: Company) -> tuple[str, str]:
    """Two customers of alice's in east, which carol supervises; both have opened them."""
    made = company.customer(name="Doomed Works"), company.customer(name="Other Works")
    company.add("visit", VISIT, customer=made[0])
    company.sync("alice", "carol", "bob")
    for member in ("alice", "carol"):
        assert {name.id for name in names(company.ledger(member))} == set(made)
    return made


def all_wraps(repo: Repository, dossier: str) -> list[str]:
    """Every wrap file of a dossier that any object of a repository holds, however hidden."""
    listed = repo.run("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)", "--unordered")
    commits = [line.split()[1].decode() for line in listed.splitlines() if line.startswith(b"commit")]
    folder = wraps_folder(dossier)
    return [path for commit in commits for path, _oid in repo.walk(commit, folder)]


def gated(company: Company, *members: str) -> None:
    for member in members:
        sync(company.ledger(member), gate=Gate())


@pytest.mark.req("R-UPD-08")
@pytest.mark.req("R-UPD-07")
def test_the_keys_are_gone_everywhere_after_the_next_sync(company: Company, two: tuple[str, str]) -> None:
    doomed, other = two
    gated(company, "alice", "carol", "bob")
    assert all_wraps(company.ledger("carol").repo, doomed)
    done = destroy(company.ledger(), doomed, "never_again")
    assert done.tombstone.readers == ("alice", "carol")
    gated(company, "alice", "carol", "bob")
    server = Repository(company.path / "server.git")
    assert sorted(server.refs("refs/heads")) == ["refs/heads/keyring/2", "refs/heads/main"]
    server.run("gc", "--quiet", "--prune=now")
    for repo in (server, *(company.ledger(member).repo for member in ("alice", "carol", "bob"))):
        assert all_wraps(repo, doomed) == []
        assert all_wraps(repo, other)
    for member in ("alice", "carol"):
        assert [name.id for name in names(company.ledger(member))] == [other]
        assert company.ledger(member).ring.can_open(company.ledger(member).dossier(other), "core")
        assert [f.code for f in check(company.ledger(member)).findings if f.severity == "error"] == []
    again = company.path / "again"
    join(str(company.path / "server.git"), again, "carol")
    fresh = Ledger(again, home=company.home)
    with pytest.raises(NotFound):
        fresh.dossier(doomed)
    assert codes(again, keyring=fresh.keyring.tip) == set()
    stone = tombstones(fresh)[0]
    assert (stone.tombstone.id, stone.tombstone.by, stone.tombstone.reason) == (doomed, "alice", "never_again")
    assert "Doomed" not in git(again, "show", f"main:{tombstone_path(doomed)}")


@pytest.mark.req("R-UPD-08")
def test_no_cache_of_a_member_names_it_any_more(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    before = company.ledger("carol")
    old = before.keyring.tip
    destroy(company.ledger(), doomed, "never_again")
    company.sync("alice", "carol")
    after = company.ledger("carol")
    assert after.repo.resolve(f"{old}^{{commit}}") is None
    from crmctl.ledger import ring_store

    ring_store.load(after)
    assert doomed not in {name.id for name in names(after)}


@pytest.mark.req("R-UPD-08")
def test_each_device_says_that_it_is_erased_there(
    company: Company, two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    doomed, _other = two
    destroy(company.ledger(), doomed, "never_again")
    company.sync("alice", "bob")
    assert tombstones(company.ledger("bob"))[0].waiting == ("alice", "carol")
    company.sync("alice", "carol", "alice", "bob")
    found = tombstones(company.ledger("bob"))[0]
    assert found.waiting == ()
    assert {device.partition(".")[0] for device in found.devices} == {"alice", "carol"}
    assert codes(company, "bob", keyring=company.ledger("bob").keyring.tip) == set()
    assert invoke(["-C", str(company.clone("bob")), "destroy", "--list"]) == 0
    assert "2 of 2" in capsys.readouterr().out


def test_what_others_had_not_shared_yet_is_carried_along(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    mine = company.customer("bob", name="Southern Works")
    late = company.customer("carol", name="Late Works")
    destroy(company.ledger(), doomed, "never_again")
    gated(company, "alice", "bob", "carol", "alice")
    for member, customer in (("bob", mine), ("carol", late)):
        ledger = company.ledger(member)
        assert ledger.in_force.settings.epoch == 2
        assert ledger.ring.can_open(ledger.dossier(customer), "core")
        assert all_wraps(ledger.repo, doomed) == []


def test_others_who_wrote_before_the_destruction_arrived_lose_nothing(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    destroy(company.ledger(), doomed, "never_again")
    mine = company.customer("bob", name="Southern Works")
    gated(company, "bob")
    gated(company, "alice", "bob", "carol")
    ledger = company.ledger("bob")
    assert ledger.ring.can_open(ledger.dossier(mine), "core")
    assert ledger.in_force.settings.epoch == 2
    assert all_wraps(ledger.repo, doomed) == []


@pytest.mark.req("R-UPD-08")
def test_nothing_is_added_under_a_tombstone(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    forger = Forger(company, "carol")
    path = next(path for path in forger.paths(".age") if doomed in path)
    content = forger.repo.read("main", path) or b""
    clear = next(path for path in forger.paths("dossier.yaml") if doomed in path)
    was = forger.repo.read("main", clear) or b""
    destroy(company.ledger(), doomed, "never_again")
    company.sync("alice", "carol")
    forger.put("carol", {path: content + b"x", clear: was})
    found = codes(company, "carol", keyring=company.ledger("carol").keyring.tip)
    assert "TRU091" in found


def test_a_tombstone_neither_goes_nor_changes(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    destroy(company.ledger(), doomed, "never_again")
    company.sync("alice")
    forger = Forger(company)
    forger.put("alice", {tombstone_path(doomed): None})
    assert codes(company, keyring=company.ledger().keyring.tip) == {"TRU040"}


def test_a_destruction_by_halves_is_none(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    forger = Forger(company)
    files = [path for path in forger.paths("") if doomed in path]
    from crmctl.ledger.disk.yamlio import dump
    from crmctl.model.tombstone import Tombstone

    stone = Tombstone(doomed, company.ledger().today, "alice", "never_again", ())
    forger.put("alice", {files[0]: None, stone.path: dump(stone.encode())})
    assert "TRU090" in codes(company)


@pytest.mark.req("R-REV-09")
def test_only_who_is_in_charge_destroys_and_for_a_known_reason(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    with pytest.raises(Refused) as caught:
        destroy(company.ledger("carol"), doomed, "never_again")
    assert caught.value.rule == "R-REV-09"
    with pytest.raises(InvalidInput):
        destroy(company.ledger(), doomed, "spring cleaning")
    company.customer(name="Not shared yet")
    with pytest.raises(Refused):
        destroy(company.ledger(), doomed, "never_again")  # first in step with the server
    forger = Forger(company, "carol")
    from crmctl.ledger.disk.yamlio import dump
    from crmctl.model.tombstone import Tombstone

    stone = Tombstone(doomed, company.ledger().today, "carol", "never_again", ())
    gone: dict[str, bytes | None] = {path: None for path in forger.paths("") if doomed in path}
    forger.put("carol", {**gone, stone.path: dump(stone.encode())})
    assert "TRU040" in codes(company, "carol")


def test_a_server_with_a_hook_takes_a_destruction_and_no_other_loss_of_keys(
    company: Company, two: tuple[str, str]
) -> None:
    doomed, _other = two
    install(company.path / "server.git")
    refused = Repository(company.clone("carol")).run_quietly("push", "origin", ":refs/heads/keyring/1")
    assert refused.returncode != 0
    destroy(company.ledger(), doomed, "never_again")
    gated(company, "alice", "carol")
    assert sorted(Repository(company.path / "server.git").refs("refs/heads")) == [
        "refs/heads/keyring/2", "refs/heads/main",
    ]  # fmt: skip


def test_a_dry_run_says_who_could_read_and_writes_nothing(
    company: Company, two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    doomed, _other = two
    head = company.ledger().main
    folder = ["-C", str(company.clone("alice"))]
    assert invoke([*folder, "destroy", doomed, "--reason", "asked", "--dry-run"]) == 0
    assert "alice, carol" in capsys.readouterr().out
    assert company.ledger().main == head
    with pytest.raises(CrmctlError):
        invoke([*folder, "destroy", doomed, "--reason", "asked"])


def test_a_ledger_without_a_server_forgets_at_once(company: Company) -> None:
    clone = company.clone("alice")
    git(clone, "remote", "remove", "origin")
    for name in ("refs/crmctl/server/main", "refs/crmctl/server/keyring/1"):
        git(clone, "update-ref", "-d", name)
    doomed = company.customer(name="Doomed Works")
    destroy(company.ledger(), doomed, "mistake")
    assert all_wraps(company.ledger().repo, doomed) == []
    assert tombstones(company.ledger())[0].waiting == ("carol",)
    assert codes(company, keyring=company.ledger().keyring.tip) == set()


@pytest.mark.req("R-UPD-08")
def test_an_old_backup_loses_the_keys_with_its_first_sync(
    company: Company, two: tuple[str, str], tmp_path: Path
) -> None:
    doomed, other = two
    backup(company.ledger("carol"), tmp_path / "old.bundle")
    destroy(company.ledger(), doomed, "never_again")
    company.sync("alice")
    restore(tmp_path / "old.bundle", tmp_path / "back", "carol", company.home)
    back = Ledger(tmp_path / "back", home=company.home)
    assert all_wraps(back.repo, doomed)  # that much the backup held
    git(tmp_path / "back", "config", "remote.origin.url", str(company.path / "server.git"))
    sync(back, gate=Gate())
    back = Ledger(tmp_path / "back", home=company.home)
    assert all_wraps(back.repo, doomed) == []
    assert back.ring.can_open(back.dossier(other), "core")


@pytest.mark.parametrize("more", [True, False])
def test_what_was_added_under_a_destroyed_customer_stops_only_itself(
    company: Company, two: tuple[str, str], more: bool
) -> None:
    """Added in a copy that did not know yet: sync says what it is and what to do; everything else goes on."""
    doomed, other = two
    destroy(company.ledger(), doomed, "never_again")
    gated(company, "alice")
    late = company.add("visit", VISIT, "carol", customer=doomed)
    kept = company.add("visit", {**VISIT, "on": "2026-11-27"}, "carol", customer=other).id if more else ""
    with pytest.raises(Conflict) as caught:
        gated(company, "carol")
    assert (caught.value.rule, caught.value.where) == ("TRU091", late.id)
    assert doomed in caught.value.what
    assert f"crmctl undo {str(late.commit)[:10]}" in str(caught.value.hint)
    ledger = company.ledger("carol")
    assert late.id in "".join(path for path, _oid in ledger.record_blobs())  # still to be read here
    undo(ledger, str(late.commit)[:10])
    gated(company, "carol", "alice", "carol")
    for member in ("alice", "carol"):
        ledger = company.ledger(member)
        assert all_wraps(ledger.repo, doomed) == []
        text = "".join(path for path, _oid in ledger.record_blobs())
        assert late.id not in text
        assert kept in text
        assert codes(company, member, keyring=ledger.keyring.tip) == set()
        assert [f.code for f in check(ledger).findings if f.severity == "error"] == []
