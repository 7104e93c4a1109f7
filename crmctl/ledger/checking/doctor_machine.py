"""Examinations of the machine and of this person's keys."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from crmctl import clock
from crmctl.errors import NoKey
from crmctl.i18n import N_, _
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import git_version
from crmctl.ledger.keys import agent
from crmctl.ledger.keys.identity import LOCKED, PLAIN, SIGNING, members_with_identity, public_keys
from crmctl.ledger.reading.patient import Examination, Patient
from crmctl.model.findings import Finding

OLDEST_GIT = (2, 36)
_LITTLE, _VERY_LITTLE = 500 << 20, 20 << 20  # bytes
_AHEAD = timedelta(minutes=10)
_UNFINISHED = re.compile(r"\..+\.(?:[0-9a-f]{8}(?:\.new)?|part-\d+)")
_OLD_ENOUGH = 3600  # seconds: nobody founds or copies a ledger for so long


def _git(_patient: Patient) -> Iterator[Finding]:
    found = git_version()
    if found is None:
        yield Finding("DOC010", N_("Git is not installed"), hint=N_("Install Git 2.36 or later"))
        return
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    if numbers < OLDEST_GIT:
        yield Finding(
            "DOC010", N_("Git {version} is too old"), args={"version": found}, hint=N_("Install Git 2.36 or later")
        )


def _yaml(_patient: Patient) -> Iterator[Finding]:
    load(b"a: 1\n", "")  # says itself what is missing
    return iter(())


def _disk(patient: Patient) -> Iterator[Finding]:
    places = [patient.repo.common_dir] if patient.repo else []
    for place in [*places, *([patient.home] if patient.home.is_dir() else [])]:
        free = shutil.disk_usage(place).free
        if free < _LITTLE:
            yield Finding(
                "DOC011", N_("Little room on the disk: {free} MiB"), "error" if free < _VERY_LITTLE else "warning",
                str(place), "", {"free": free >> 20}, N_("Make room; crmctl writes nothing by halves"),
            )  # fmt: skip


def _clock(patient: Patient) -> Iterator[Finding]:
    now = clock.now()
    if os.environ.get("CRMCTL_NOW"):
        yield Finding("DOC012", N_("CRMCTL_NOW sets the clock to {now}"), "info", args={"now": now.isoformat()})
    if patient.ledger is None:
        return
    newest = patient.ledger.repo.commit(patient.ledger.main).committed_at
    if newest > now + _AHEAD:
        yield Finding(
            "DOC012", N_("The clock shows {now}, before the newest change in the ledger"), "warning", "", "",
            {"now": now.isoformat()}, N_("Set the machine's clock"),
        )  # fmt: skip


def _key_files(patient: Patient) -> Iterator[Finding]:
    if sys.platform == "win32":
        return
    for path in _secret_files(patient.home):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("DOC013", N_("Other users of this machine can read this"), "error", str(path))


def _close_key_files(patient: Patient) -> Iterator[str]:
    for path in _secret_files(patient.home):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700 if path.is_dir() else 0o600)
            yield _("Only you can read {path} now", path=path)


def _secret_files(home: Path) -> Iterator[Path]:
    for folder in (home / "identities", home / "recovery"):
        if not folder.is_dir():
            continue
        yield folder
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or path.name in {LOCKED, PLAIN, SIGNING} or path.parent.name == "recovery":
                yield path


def _identity(patient: Patient) -> Iterator[Finding]:
    ledger = patient.ledger
    if ledger is None:
        if not members_with_identity(patient.home):
            yield Finding("DOC014", N_("There are no keys on this machine"), "info", hint="crmctl key new")
        return
    who, member = ledger.member_id, ledger.in_force.org.members.get(ledger.member_id)
    if member is None:
        yield Finding(
            "DOC014", N_("{member} is not a member of this ledger"), args={"member": who},
            hint=N_("Ask for: crmctl member add"),
        )  # fmt: skip
    elif not member.active(ledger.today):
        yield Finding("DOC014", N_("The membership of {member} has ended"), "warning", args={"member": who})
    try:
        keys = public_keys(patient.home, who)
    except NoKey as error:
        yield Finding(
            "DOC014", "{why}", args={"why": error.what}, hint=N_("Bring your keys here from your own copy of them")
        )
        return
    if member and (keys.opens, keys.signs) != (member.opens, member.signs):
        yield Finding(
            "DOC014", N_("Your key is not the one the ledger knows for {member}"), args={"member": who},
            hint=N_("Bring your keys here from your own copy of them"),
        )  # fmt: skip
    folder = patient.home / "identities" / who
    present = {path.name for path in folder.iterdir()}
    if SIGNING not in present or not present & {LOCKED, PLAIN}:
        yield Finding(
            "DOC014", N_("A secret key of {member} is missing"), "error", str(folder), "", {"member": who},
            N_("Bring your keys here from your own copy of them"),
        )  # fmt: skip
    elif PLAIN in present:
        yield Finding(
            "DOC015", N_("The keys of {member} lie here without a passphrase"), "info", args={"member": who},
            hint="crmctl key protect",
        )  # fmt: skip


def _agent(patient: Patient) -> Iterator[Finding]:
    for held in agent.status(patient.home):
        args = {"member": held.member, "minutes": held.seconds_left // 60}
        yield Finding(
            "DOC016", N_("The keys of {member} are open for {minutes:more minute|more minutes}"), "info", args=args
        )


def _recovery(patient: Patient) -> Iterator[Finding]:
    for path in sorted((patient.home / "recovery").glob("L-*")):
        yield Finding(
            "DOC017", N_("A recovery key, which opens every record, lies on this machine"), "warning", str(path),
            hint=N_("Copy it to a safe place offline and remove it here"),
        )  # fmt: skip


def _unfinished(patient: Patient) -> Iterator[Finding]:
    for path in _left_over(patient):
        yield Finding(
            "DOC018", N_("Left by a command that was broken off"), "warning", str(path), hint="crmctl doctor --fix"
        )


def _clear_away(patient: Patient) -> Iterator[str]:
    for path in list(_left_over(patient)):
        shutil.rmtree(path)
        yield _("Removed {path}", path=path)


def _left_over(patient: Patient) -> Iterator[Path]:
    """Folders in which init, clone, restore, backup or key new were at work an hour ago or longer."""
    places = [patient.folder if patient.repo is None else patient.folder.parent, patient.home / "identities"]
    for place in places:
        for path in sorted(place.glob(".*")) if place.is_dir() else []:
            if _UNFINISHED.fullmatch(path.name) and path.is_dir() and not path.is_symlink() and _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    inside = {entry.name for entry in path.iterdir()}
    known = not inside or inside & {".git", "from", "backup", SIGNING, LOCKED, PLAIN, "public.yaml"}
    return bool(known) and time.time() - path.stat().st_mtime > _OLD_ENOUGH


MACHINE = (
    Examination("git", N_("Git"), _git),
    Examination("yaml", N_("YAML reader"), _yaml),
    Examination("disk", N_("Room on the disk"), _disk),
    Examination("clock", N_("Clock"), _clock),
    Examination("identity", N_("Your keys"), _identity),
    Examination("key-files", N_("Key files are yours alone"), _key_files, _close_key_files),
    Examination("agent", N_("Keys held open"), _agent),
    Examination("recovery", N_("Recovery key is offline"), _recovery),
    Examination("unfinished", N_("Nothing left half made"), _unfinished, _clear_away),
)
