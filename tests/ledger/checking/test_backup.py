"""Backup and restore: one file, whole or not at all; a copy restored from it opens every record and goes on."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, CrmctlError, InvalidInput, NotFound, TrustBroken, UsageError
from crmctl.ledger.checking.backup import backup, keys_of, restore
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from tests.company import CARD, VISIT, Company, git
from tests.ledger.git_repos import put
from tests.prepared import prepared


@prepared
def stocked(company: Company) -> Company:
    customer = company.customer()
    company.add("visit", VISIT, customer=customer)
    company.sync("alice", "carol")
    company.add("transaction", {"date": "2026-11-02", "product": "brace", "amount": "1"}, customer=customer)
    return company


def contents(ledger: Ledger) -> dict[str, object]:
    return {path: ledger.read(path, oid).encode() for path, oid in ledger.record_blobs()}


@pytest.mark.req("R-ACL-19")
@pytest.mark.req("R-AUD-22")
def test_the_drill_a_destroyed_copy_comes_back_and_every_record_opens(stocked: Company, tmp_path: Path) -> None:
    before = contents(stocked.ledger())
    assert len(before) == 3
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    shutil.rmtree(stocked.clone("alice"))
    shutil.rmtree(stocked.path / "server.git")

    done = restore(made.path, stocked.clone("alice"), "alice", stocked.home)
    assert (done.head, done.member) == (made.main, "alice")
    assert [f for f in done.checked.findings if f.severity == "error"] == []
    assert contents(stocked.ledger()) == before
    assert [f for f in check(stocked.ledger()).findings if f.severity == "error"] == []
    assert git(stocked.clone("alice"), "status", "--porcelain") == ""
    assert git(stocked.clone("alice"), "for-each-ref", "refs/crmctl") == ""

    git(stocked.path, "init", "-q", "--bare", "-b", "main", "server.git")
    git(stocked.clone("alice"), "remote", "add", "origin", str(stocked.path / "server.git"))
    stocked.customer(name="After the fire")
    sync(stocked.ledger(), give_back=True)
    assert git(stocked.path / "server.git", "rev-parse", "main").strip() == stocked.ledger().head


def test_the_file_is_a_plain_bundle_that_git_alone_reads(stocked: Company, tmp_path: Path) -> None:
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    assert made.branches == 2
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    git(tmp_path, "clone", "-q", str(made.path), "plain")
    assert (tmp_path / "plain/ledger.yaml").is_file()
    note = subprocess.run(
        ["git", "fetch", "-q", str(made.path), "refs/crmctl/backup:refs/note"], cwd=tmp_path / "plain", check=False
    )
    assert note.returncode == 0
    assert "crmctl restore FILE DIR" in git(tmp_path / "plain", "show", "refs/note:README.txt")
    assert made.main in git(tmp_path / "plain", "show", "refs/note:backup.yaml")


def test_a_backup_holds_no_name_of_a_customer_and_no_key(stocked: Company, tmp_path: Path) -> None:
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    git(tmp_path, "clone", "-q", "--mirror", str(made.path), "all.git")
    objects = git(tmp_path / "all.git", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    everything = b"".join(
        subprocess.run(["git", "cat-file", "-p", oid], cwd=tmp_path / "all.git", capture_output=True, check=True).stdout
        for oid in objects
    )
    assert CARD["name"].encode() not in everything
    assert b"AGE-SECRET-KEY" not in everything
    assert b"OPENSSH PRIVATE" not in everything


def test_it_tells_where_the_keys_lie(company: Company) -> None:
    found = keys_of(company.ledger())
    assert company.home / "identities" / "alice" in found
    assert any(path.parent.name == "recovery" for path in found)


def test_the_ledger_is_only_read(stocked: Company, tmp_path: Path) -> None:
    clone = stocked.clone("alice")
    ledger = stocked.ledger()
    _ = ledger.in_force

    def seen() -> dict[str, float]:
        return {str(path): path.stat().st_mtime_ns for path in clone.rglob("*") if path.is_file()}

    before = seen()
    backup(ledger, tmp_path / "led.bundle")
    assert seen() == before


def test_a_file_that_is_there_is_not_written_over_unless_told(stocked: Company, tmp_path: Path) -> None:
    file = tmp_path / "led.bundle"
    file.write_text("something else")
    with pytest.raises(UsageError, match="there already"):
        backup(stocked.ledger(), file)
    assert file.read_text() == "something else"
    backup(stocked.ledger(), file, overwrite=True)
    assert file.read_bytes().startswith(b"# v2 git bundle\n")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_ledger_with_a_missing_object_gives_no_backup(stocked: Company, tmp_path: Path) -> None:
    ledger = stocked.ledger()
    _path, oid = next(iter(ledger.record_blobs()))
    ledger.repo.close()
    loose = stocked.clone("alice") / ".git/objects" / oid[:2] / oid[2:]
    loose.unlink()
    with pytest.raises(CrmctlError):
        backup(stocked.ledger(), tmp_path / "led.bundle")
    assert list(tmp_path.glob("*led*")) + list(tmp_path.glob(".*led*")) == []


def test_a_copy_without_its_older_history_is_refused(stocked: Company, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{stocked.path / 'server.git'}", "shallow")
    with pytest.raises(BadConfiguration, match="older history"):
        backup(Ledger(tmp_path / "shallow", home=stocked.home), tmp_path / "led.bundle")


def test_a_folder_that_is_not_there(stocked: Company, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder"):
        backup(stocked.ledger(), tmp_path / "nowhere" / "led.bundle")


# Restoring


def nothing_left(folder: Path) -> bool:
    return not folder.exists() and not list(folder.parent.glob(f".{folder.name}.part*"))


def test_a_folder_with_something_in_it_is_left_alone(stocked: Company, tmp_path: Path) -> None:
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        restore(made.path, folder, "alice", stocked.home)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("damage", ["cut", "bit", "other", "empty"])
def test_a_damaged_file_leaves_nothing_behind(stocked: Company, tmp_path: Path, damage: str) -> None:
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    content = bytearray(made.path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "bit":
        content[len(content) // 2] ^= 1
    elif damage == "other":
        content = bytearray(b"PK\x03\x04 a sheet, not a backup")
    else:
        content.clear()
    made.path.write_bytes(content)
    with pytest.raises(InvalidInput):
        restore(made.path, tmp_path / "new", "alice", stocked.home)
    assert nothing_left(tmp_path / "new")


def test_a_bundle_of_something_else_is_no_ledger(stocked: Company, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "other")
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "x")
    git(tmp_path / "other", "bundle", "create", "-q", str(tmp_path / "other.bundle"), "--all")
    with pytest.raises(CrmctlError, match=r"not a crmctl ledger|no ledger"):
        restore(tmp_path / "other.bundle", tmp_path / "new", "alice", stocked.home)
    assert nothing_left(tmp_path / "new")


def test_a_keyring_that_is_not_the_ledgers_own_is_refused(stocked: Company, tmp_path: Path) -> None:
    clone = stocked.clone("alice")
    git(clone, "checkout", "-q", "--orphan", "forged")
    git(clone, "commit", "-q", "--allow-empty", "-m", "forged")
    git(clone, "update-ref", "refs/heads/keyring/1", "refs/heads/forged")
    git(clone, "symbolic-ref", "HEAD", "refs/heads/main")
    made = backup(Ledger(clone, home=stocked.home), tmp_path / "led.bundle")
    with pytest.raises(TrustBroken, match="does not begin where"):
        restore(made.path, tmp_path / "new", "alice", stocked.home)
    assert nothing_left(tmp_path / "new")


def test_whose_copy_it_is(stocked: Company, tmp_path: Path) -> None:
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    assert restore(made.path, tmp_path / "several", None, stocked.home).member is None
    alone = tmp_path / "home"
    shutil.copytree(stocked.home / "identities" / "carol", alone / "identities" / "carol")
    assert restore(made.path, tmp_path / "one", None, alone).member == "carol"
    with pytest.raises(NotFound, match="mallory"):
        restore(made.path, tmp_path / "none", "mallory", stocked.home)
    assert nothing_left(tmp_path / "none")


@pytest.mark.req("R-ACL-19")
@pytest.mark.req("R-AUD-22")
def test_what_is_wrong_in_the_backup_is_told(stocked: Company, tmp_path: Path) -> None:
    ledger = stocked.ledger()
    path, _oid = next(iter(ledger.record_blobs()))
    put(ledger.repo, {path: b"plain text"}, "by hand")
    made = backup(stocked.ledger(), tmp_path / "led.bundle")
    done = restore(made.path, tmp_path / "new", "alice", stocked.home)
    assert {(f.code, f.where) for f in done.checked.findings if f.severity == "error"} == {("CHK006", path)}


@pytest.mark.skipif(os.name == "nt", reason="a colon is no part of a name there")
def test_a_name_that_looks_like_a_helper_is_only_a_name(stocked: Company, tmp_path: Path) -> None:
    made = backup(stocked.ledger(), tmp_path / "ext::sh -c touch% pwned")
    restore(made.path, tmp_path / "--upload-pack=x", "alice", stocked.home)
    assert (tmp_path / "--upload-pack=x/ledger.yaml").is_file()
    assert not list(tmp_path.rglob("pwned"))
