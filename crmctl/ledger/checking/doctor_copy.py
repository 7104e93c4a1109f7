"""Examinations of this copy of the ledger: what Git holds, what lies about, what would tell a lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from crmctl.i18n import N_, _
from crmctl.ledger.checking.backup import rooted
from crmctl.ledger.git import sparse
from crmctl.ledger.git.environment import last_line
from crmctl.ledger.git.lock import TALKING, ledger_lock, read_journal
from crmctl.ledger.git.mend import clear_locks, locks_of, mend
from crmctl.ledger.git.remote import fetch_all_again
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.identity import lies_open
from crmctl.ledger.ledger import Ledger, whose_clone
from crmctl.ledger.reading.key_register import register_faults, this_device
from crmctl.ledger.reading.patient import Examination, Patient
from crmctl.ledger.setup.outdated import outdated
from crmctl.model.findings import Finding

_OPEN_WAYS = ("http://", "git://", "ftp://")
_SEALED = b"age-encryption.org/v1\n"
# crmctl's own notes in .git/crmctl that hold ids and names of members only; whatever else lies there must be sealed
_CLEAR_NOTES = (
    "*.lock", "writing.json", "talking.json", "index-at", "member", "rewrapped", "homes", "submitted", "verified",
    "seen-*", "requests-looked", "in-force/*.json", "snapshot/*/purged.json",
)  # fmt: skip
_SHOWN = 5
_CACHE = r"^diff\..*\.cachetextconv$"
_NOTES = "refs/notes/textconv"


def _repo(patient: Patient) -> Repository:
    assert patient.repo is not None
    return patient.repo


def _ledger(patient: Patient) -> Ledger:
    assert patient.ledger is not None
    return patient.ledger


def _set_up(patient: Patient) -> Iterator[Finding]:
    force = _ledger(patient).in_force  # says itself which file is off
    if force.settings.id == "":
        yield Finding("DOC030", N_("The ledger has no id"))


def _writable(patient: Patient) -> Iterator[Finding]:
    repo = _repo(patient)
    for path in (repo.path, repo.common_dir, repo.common_dir / "objects", repo.common_dir / "refs"):
        if not os.access(path, os.W_OK):
            yield Finding(
                "DOC031", N_("This folder cannot be written"), "warning", str(path), "", {},
                N_("You can read; to enter records check the folder's permissions"),
            )  # fmt: skip


def _broken_off(patient: Patient) -> Iterator[Finding]:
    repo = _repo(patient)
    if read_journal(repo) is not None or read_journal(repo, TALKING) is not None:
        yield Finding("DOC032", N_("A command was broken off here"), "warning", hint="crmctl doctor --fix")
    for lock in locks_of(repo):
        yield Finding("DOC032", N_("A lock of Git's"), "warning", str(lock), hint="crmctl doctor --fix")


def _mend_broken_off(patient: Patient) -> Iterator[str]:
    repo = _repo(patient)
    yield from (*mend(repo), *clear_locks(repo)) or [_("What it had begun was finished or taken back")]


def _by_hand(patient: Patient) -> Iterator[Finding]:
    """Changes made by hand that are in no change of crmctl's; and opened records lying about."""
    status = _repo(patient).run("status", "--porcelain", "-z", "--untracked-files=all").decode("utf-8", "replace")
    paths = [entry[3:] for entry in status.split("\0") if len(entry) > 3]
    for path in paths[:_SHOWN]:
        yield Finding("DOC033", N_("Changed by hand and not entered"), "warning", path, hint="git status")
    if len(paths) > _SHOWN:
        yield Finding("DOC033", N_("And {count} more"), "warning", args={"count": len(paths) - _SHOWN})


def _work_tree(patient: Patient) -> Iterator[Finding]:
    repo = _repo(patient)
    if repo.is_bare:
        return
    attributes = repo.common_dir / "info" / "attributes"
    if not sparse.is_sparse(repo):
        yield Finding(
            "DOC034",
            N_("The folder shows sealed files too, which costs time and room"),
            "warning",
            hint="crmctl doctor --fix",
        )
    if not sparse.drivers_stand(repo):
        yield Finding(
            "DOC034",
            N_("Git does not know how to merge and show sealed records"),
            "warning",
            str(attributes),
            hint="crmctl doctor --fix",
        )


def _set_up_again(patient: Patient) -> Iterator[str]:
    sparse.set_up(_repo(patient))
    yield _("Set the copy up again")


def _plaintext_cache(patient: Patient) -> Iterator[Finding]:
    """`diff.*.cachetextconv` makes Git keep what it decrypted, in the clear, in its own store."""
    repo = _repo(patient)
    for line in repo.run("config", "--get-regexp", _CACHE, check=False).decode("utf-8", "replace").splitlines():
        if not line.lower().endswith(("false", "no", "off", "0")):
            yield Finding(
                "DOC035",
                N_("Git is told to keep opened records: {setting}"),
                args={"setting": line},
                hint="crmctl doctor --fix",
            )
    for ref in repo.refs(_NOTES):
        yield Finding(
            "DOC035", N_("Git has kept opened records in the clear"), "error", ref, hint="crmctl doctor --fix"
        )


def _drop_plaintext_cache(patient: Patient) -> Iterator[str]:
    repo = _repo(patient)
    with ledger_lock(repo):
        for line in repo.run("config", "--local", "--get-regexp", _CACHE, check=False).decode().splitlines():
            repo.run("config", "--local", "--unset-all", line.split(" ")[0])
            yield _("Removed the setting {setting}", setting=line.split(" ")[0])
        kept = list(repo.refs(_NOTES))
        for ref in kept:
            repo.run("update-ref", "-d", ref)
        if kept:
            repo.run("prune", "--expire=now")
            yield _("Removed what Git had kept in the clear")


def _history(patient: Patient) -> Iterator[Finding]:
    """What makes Git show another history than was signed."""
    repo = _repo(patient)
    for ref in repo.refs("refs/replace"):
        yield Finding(
            "DOC036", N_("An object of history is replaced by another"), "error", ref, hint="crmctl doctor --fix"
        )
    grafts = repo.common_dir / "info" / "grafts"
    if grafts.exists():
        yield Finding(
            "DOC036",
            N_("A grafts file changes what history looks like"),
            "error",
            str(grafts),
            hint="crmctl doctor --fix",
        )
    if repo.is_shallow:
        yield Finding(
            "DOC037", N_("The older history is missing here"), "warning", "", "", {},
            N_("Fetch it: git fetch --unshallow"),
        )  # fmt: skip


def _true_history(patient: Patient) -> Iterator[str]:
    repo = _repo(patient)
    for ref in repo.refs("refs/replace"):
        repo.run("update-ref", "-d", ref)
        yield _("Removed {path}", path=ref)
    grafts = repo.common_dir / "info" / "grafts"
    if grafts.exists():
        grafts.unlink()
        yield _("Removed {path}", path=grafts)


def _notes(patient: Patient) -> Iterator[Finding]:
    """Plaintext must not rest in crmctl's own folder."""
    for folder in {_repo(patient).common_dir / "crmctl", _repo(patient).git_dir / "crmctl"}:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not any(fnmatch(name, note) for note in _CLEAR_NOTES) and not _sealed(path):
                yield Finding(
                    "DOC038", N_("Not a file of crmctl's, and not sealed"), "warning", str(path), "", {},
                    N_("Look at it and remove it"),
                )  # fmt: skip


def _sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SEALED)) == _SEALED


def _keyring(patient: Patient) -> Iterator[Finding]:
    rooted(_ledger(patient))  # says itself what is off
    return iter(())


def _register(patient: Patient) -> Iterator[Finding]:
    """This member's keys: used on a designated device, changed in time."""
    ledger = _ledger(patient)
    who = whose_clone(ledger.repo)
    member = ledger.in_force.org.members.get(who or "")
    if member is None or not member.has_access:
        return
    if ledger.values().get("designated_devices") is True and this_device() not in member.devices:
        yield Finding(
            "DOC041", N_("This device ({device}) is not one the company has designated for {member}"), "warning",
            args={"device": this_device(), "member": member.id}, hint=f"crmctl member device {member.id} …",
        )  # fmt: skip
    if ledger.values().get("passphrase_needed") is True and lies_open(patient.home, member.id):
        yield Finding(
            "DOC043", N_("The keys of {member} lie here without a passphrase"), "warning", args={"member": member.id},
            hint="crmctl key protect",
        )  # fmt: skip
    yield from (finding for finding in register_faults(ledger) if finding.where == member.id)


def _older(patient: Patient) -> Iterator[Finding]:
    """Kinds and packs that this crmctl brings newer than the ledger has them."""
    yield from outdated(_ledger(patient))


def _objects(patient: Patient) -> Iterator[Finding]:
    """Whether every object is here that main, the keyring and what was fetched from others need."""
    done = _repo(patient).run_quietly("rev-list", "--objects", "--quiet", "--branches", "--remotes")
    if done.returncode != 0:
        yield Finding(
            "DOC039", N_("Part of the ledger is missing or damaged here: {said}"), "error", "", "",
            {"said": last_line(done.stderr)},
            N_("crmctl doctor --fix asks the server again; else clone anew, or crmctl restore from a backup"),
        )  # fmt: skip


def _ask_again(patient: Patient) -> Iterator[str]:
    repo = _repo(patient)
    if repo.run("config", "--get", "remote.origin.url", check=False).strip():
        fetch_all_again(repo)
        yield _("Asked the server for everything again")


def _server(patient: Patient) -> Iterator[Finding]:
    repo = _repo(patient)
    if not repo.run("config", "--get", "remote.origin.url", check=False).strip():
        yield Finding("DOC040", N_("This copy exchanges changes with no server"), "info")
        return
    url = repo.run("config", "--get", "remote.origin.url", check=False).decode().strip()
    if url.lower().startswith(_OPEN_WAYS):
        yield Finding(
            "DOC042", N_("Changes travel to the server by a way anybody can listen to: {way}"), "warning",
            args={"way": url.partition("://")[0]}, hint=N_("Use ssh or https"),
        )  # fmt: skip
    done = repo.run_quietly(
        "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=20", "ls-remote", "--quiet", "origin", "refs/heads/main"
    )
    if done.returncode != 0:
        yield Finding(
            "DOC040", N_("The server cannot be reached: {said}"), "error", "", "", {"said": last_line(done.stderr)},
            N_("Check the network and that the server lets you in"),
        )  # fmt: skip
    elif not done.stdout.strip():
        yield Finding("DOC040", N_("There is no ledger on the server yet"), "warning", hint="crmctl sync")


COPY = (
    Examination("set-up", N_("Set-up files load"), _set_up),
    Examination("versions", N_("Kinds and policies are up to date"), _older),
    Examination("permissions", N_("The ledger can be written"), _writable),
    Examination("broken-off", N_("No command broken off"), _broken_off, _mend_broken_off),
    Examination("by-hand", N_("Nothing changed by hand"), _by_hand),
    Examination("work-tree", N_("Copy is set up"), _work_tree, _set_up_again),
    Examination("plaintext", N_("Git keeps nothing in the clear"), _plaintext_cache, _drop_plaintext_cache),
    Examination("history", N_("History is the true one"), _history, _true_history),
    Examination("notes", N_("Own notes hold nothing in the clear"), _notes),
    Examination("keyring", N_("Keyring is the ledger's own"), _keyring),
    Examination("key-register", N_("Keys and device are as registered"), _register),
    Examination("objects", N_("Nothing is missing"), _objects, _ask_again),
)
ONLINE = (Examination("server", N_("Server answers"), _server),)
