"""The doctor: each thing that can be wrong is made wrong, found by its name, mended where it can be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli.app import invoke
from crmctl.ledger.checking import doctor_machine
from crmctl.ledger.checking.doctor import Examined, examine
from crmctl.ledger.git.mend import mend
from crmctl.ledger.keys.identity import protect
from crmctl.ledger.setup.administer import change_setup
from tests.company import Company, git
from tests.prepared import prepared


def look(company: Company, *, fix: bool = False, online: bool = False, member: str = "alice") -> dict[str, Examined]:
    return {each.name: each for each in examine(company.clone(member), company.home, fix=fix, online=online)}


def wrong(company: Company) -> dict[str, list[str]]:
    """What is found besides remarks, by examination."""
    found = {name: [f.code for f in each.findings if f.severity != "info"] for name, each in look(company).items()}
    return {name: codes for name, codes in found.items() if codes}


@prepared
def healthy(company: Company) -> Company:
    """The company with its recovery key taken offline."""
    shutil.rmtree(company.home / "recovery")
    company.customer()
    return company


def test_a_healthy_copy_has_nothing_wrong(healthy: Company) -> None:
    assert wrong(healthy) == {}
    found = look(healthy)
    assert all(each.ok for each in found.values())
    assert {f.code for each in found.values() for f in each.findings} == {"DOC012", "DOC015"}  # test clock, bare keys


def git_dir(company: Company) -> Path:
    return company.clone("alice") / ".git"


# What was made wrong: name of the examination, and how


def left_index_lock(company: Company) -> str:
    (git_dir(company) / "index.lock").touch()
    return "broken-off"


def left_ref_lock(company: Company) -> str:
    (git_dir(company) / "refs/heads/main.lock").touch()
    return "broken-off"


def left_journal(company: Company) -> str:
    (git_dir(company) / "crmctl/writing.json").write_text('{"pid": 1, "moves": {}, "locks": []}')
    return "broken-off"


def no_longer_sparse(company: Company) -> str:
    git(company.clone("alice"), "sparse-checkout", "disable")
    return "work-tree"


def attributes_gone(company: Company) -> str:
    (git_dir(company) / "info/attributes").unlink()
    return "work-tree"


def caching_plaintext(company: Company) -> str:
    git(company.clone("alice"), "config", "diff.crmctl.cachetextconv", "true")
    return "plaintext"


def replaced_commit(company: Company) -> str:
    git(company.clone("alice"), "replace", "HEAD", "HEAD~1")
    return "history"


def grafted(company: Company) -> str:
    (git_dir(company) / "info/grafts").write_text(git(company.clone("alice"), "rev-parse", "HEAD"))
    return "history"


def open_key_file(company: Company) -> str:
    (company.home / "identities/alice/identity.txt").chmod(0o644)
    return "key-files"


def half_made(company: Company) -> str:
    folder = company.path / ".alice.0a1b2c3d"
    (folder / ".git").mkdir(parents=True)
    os.utime(folder, (1_000_000_000, 1_000_000_000))
    return "unfinished"


MENDABLE: tuple[Callable[[Company], str], ...] = (
    left_index_lock, left_ref_lock, left_journal, no_longer_sparse, attributes_gone, caching_plaintext, replaced_commit,
    grafted, open_key_file, half_made,
)  # fmt: skip


@pytest.mark.parametrize("harm", MENDABLE, ids=lambda harm: harm.__name__)
def test_what_can_be_mended_is_found_and_mended(healthy: Company, harm: Callable[[Company], str]) -> None:
    name = harm(healthy)
    assert name in wrong(healthy)
    seen = look(healthy)[name]
    assert not seen.ok
    assert seen.mended == ()
    mended = look(healthy, fix=True)[name]
    assert mended.ok
    assert mended.mended
    assert wrong(healthy) == {}


def test_looking_changes_nothing(healthy: Company) -> None:
    for harm in MENDABLE:
        if harm not in {grafted, replaced_commit, no_longer_sparse}:
            harm(healthy)
    before = sorted(str(path) for path in healthy.path.rglob("*"))
    look(healthy)
    assert sorted(str(path) for path in healthy.path.rglob("*")) == before


def test_plaintext_that_git_kept_is_gone_from_its_store(healthy: Company) -> None:
    clone = healthy.clone("alice")
    note = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=clone, input=b"name: Northern Hospital", capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    tree = subprocess.run(
        ["git", "mktree"], cwd=clone, input=f"100644 blob {note}\tx\n".encode(), capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    commit = git(clone, "commit-tree", "-m", "notes", tree).strip()
    git(clone, "update-ref", "refs/notes/textconv/crmctl", commit)
    assert wrong(healthy) == {"plaintext": ["DOC035"]}
    look(healthy, fix=True)
    assert wrong(healthy) == {}
    assert subprocess.run(["git", "cat-file", "-e", note], cwd=clone, capture_output=True, check=False).returncode != 0
    assert healthy.ledger().repo.run_quietly("fsck", "--strict").returncode == 0


def test_a_living_lock_is_left_alone(healthy: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    left_ref_lock(healthy)
    monkeypatch.setattr("crmctl.ledger.git.mend._possible_owner", lambda _repo, _locks: "4711")
    found = look(healthy, fix=True)["broken-off"]
    assert not found.ok
    assert any("4711" in i18n.finding_text(finding) for finding in found.findings)
    assert (git_dir(healthy) / "refs/heads/main.lock").exists()


def test_a_folder_somebody_is_at_work_in_is_left_alone(healthy: Company) -> None:
    half_made(healthy)
    os.utime(healthy.path / ".alice.0a1b2c3d")
    assert wrong(healthy) == {}
    look(healthy, fix=True)
    assert (healthy.path / ".alice.0a1b2c3d").is_dir()


def test_a_hidden_folder_that_is_not_ours_is_left_alone(healthy: Company) -> None:
    folder = healthy.path / ".cache.0a1b2c3d"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    os.utime(folder, (1_000_000_000, 1_000_000_000))
    look(healthy, fix=True)
    assert (folder / "thesis.tex").exists()


# What needs a person


def test_the_recovery_key_still_here(company: Company) -> None:
    assert wrong(company) == {"recovery": ["DOC017"]}


def test_plaintext_in_crmctls_own_folder(healthy: Company) -> None:
    (git_dir(healthy) / "crmctl/export.csv").write_text("Northern Hospital,138")
    assert wrong(healthy) == {"notes": ["DOC038"]}
    (git_dir(healthy) / "crmctl/export.csv").write_bytes(b"age-encryption.org/v1\n-> X25519\n")
    assert wrong(healthy) == {}


def test_changes_made_by_hand(healthy: Company) -> None:
    clone = healthy.clone("alice")
    (clone / "policy/company.yaml").write_text("schema: x\n")
    (clone / "customers").mkdir()
    (clone / "customers/card.yaml").write_text("name: Northern Hospital")
    found = look(healthy)["by-hand"].findings
    assert {finding.where for finding in found} == {"policy/company.yaml", "customers/card.yaml"}


def test_a_set_up_file_that_does_not_load(healthy: Company) -> None:
    clone = healthy.clone("alice")
    (clone / "org/departments.yaml").write_text("schema: [\n")
    git(clone, "commit", "-q", "-am", "by hand")
    found = look(healthy)["set-up"]
    assert not found.ok
    assert any("org/departments.yaml" in finding.where for finding in found.findings)


def test_kinds_and_packs_older_than_what_crmctl_brings_are_named_with_the_commands(healthy: Company) -> None:
    old = healthy.ledger()
    files = {}
    for path in ("schemas/visit.yaml", "schemas/audit.yaml", "policy/packs/base.yaml"):
        content = old.repo.read(old.main, path)
        assert content is not None
        files[path] = re.sub(rb"(?m)^version: [0-9]+", b"version: 1", content)
    change_setup(old, files, "schema-add", "older")
    (kinds, packs) = look(healthy)["versions"].findings
    assert (kinds.code, kinds.severity, kinds.args["names"]) == ("SCH020", "warning", "audit, visit")
    assert kinds.args["commands"] == "crmctl schema add audit; crmctl schema add visit"
    assert (packs.code, packs.args["commands"]) == ("POL038", "crmctl policy adopt base")
    healthy.sync("alice", "bob")
    assert {one.severity for one in look(healthy, member="bob")["versions"].findings} == {"info"}  # he may not
    for words in (["schema", "add", "audit"], ["schema", "add", "visit"], ["policy", "adopt", "base"]):
        assert invoke(["-C", str(healthy.clone("alice")), *words]) == 0
    assert look(healthy)["versions"].ok


def test_keys_that_are_not_the_ledgers(healthy: Company) -> None:
    public = healthy.home / "identities/alice/public.yaml"
    other = (healthy.home / "identities/bob/public.yaml").read_text().replace("member: bob", "member: alice")
    public.write_text(other)
    assert "identity" in wrong(healthy)


def test_keys_that_are_missing(healthy: Company) -> None:
    (healthy.home / "identities/alice/signing.age").unlink()
    assert "identity" in wrong(healthy)
    shutil.rmtree(healthy.home / "identities/alice")
    assert "identity" in wrong(healthy)


def test_a_passphrase_makes_the_remark_go(healthy: Company) -> None:
    protect(healthy.home, "alice", "a passphrase")
    assert look(healthy)["identity"].findings == ()


def test_a_clock_before_the_newest_change(healthy: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-19T10:00:00+08:00")
    assert wrong(healthy)["clock"] == ["DOC012"]


def test_little_room_on_the_disk(healthy: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(healthy.path)
    monkeypatch.setattr(doctor_machine.shutil, "disk_usage", lambda _path: usage._replace(free=1 << 20))
    found = look(healthy)["disk"].findings
    assert found
    assert all((finding.code, finding.severity) == ("DOC011", "error") for finding in found)


@pytest.mark.parametrize(("version", "fine"), [("2.36.0", True), ("2.35.9", False), ("3.0", True), (None, False)])
def test_the_version_of_git(healthy: Company, monkeypatch: pytest.MonkeyPatch, version: str | None, fine: bool) -> None:
    monkeypatch.setattr("crmctl.ledger.checking.doctor_machine.git_version", lambda: version)
    assert look(healthy)["git"].ok is fine


def test_a_keyring_that_is_gone_or_forged(healthy: Company) -> None:
    clone = healthy.clone("alice")
    git(clone, "update-ref", "refs/heads/keyring/1", "refs/heads/main")
    assert "keyring" in wrong(healthy)
    git(clone, "update-ref", "-d", "refs/heads/keyring/1")
    assert "keyring" in wrong(healthy)


def test_a_missing_object(healthy: Company) -> None:
    ledger = healthy.ledger()
    _path, oid = next(iter(ledger.record_blobs()))
    (git_dir(healthy) / "objects" / oid[:2] / oid[2:]).unlink()
    found = look(healthy)["objects"].findings
    assert [(finding.code, finding.severity) for finding in found] == [("DOC039", "error")]
    assert not look(healthy, fix=True)["objects"].ok  # the server never had it


def test_the_server_is_asked_only_when_told(healthy: Company) -> None:
    assert "server" not in look(healthy)
    assert look(healthy, online=True)["server"].ok
    (healthy.path / "server.git").rename(healthy.path / "away.git")
    assert not look(healthy, online=True)["server"].ok


def test_a_folder_without_a_ledger(tmp_path: Path, company: Company) -> None:
    found = {each.name: each for each in examine(tmp_path, company.home)}
    assert found["ledger"].ok
    assert "set-up" not in found
    assert found["git"].ok


def test_a_stale_index_is_brought_along(healthy: Company) -> None:
    clone = healthy.clone("alice")
    git(clone, "read-tree", "HEAD~1")
    (git_dir(healthy) / "crmctl/index-at").write_text(git(clone, "rev-parse", "HEAD~1"))
    assert "by-hand" in wrong(healthy)
    mend(healthy.ledger().repo)
    assert wrong(healthy) == {}
