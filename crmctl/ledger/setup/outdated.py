"""Kinds and packs of the ledger that are older than what this crmctl brings, and the commands that take the new ones.

Nothing changes by itself: only what was copied into the ledger counts, until somebody takes it anew (DESIGN 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crmctl.i18n import N_
from crmctl.ledger.disk.shipped import kind_files, pack_file, pack_names
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.setup_check import COMPANY, extends_of, kind_path, pack_path
from crmctl.model.findings import Finding, Severity

_VERSION = re.compile(rb"^version:[ \t]*([0-9]+)", re.MULTILINE)


def older_kinds(ledger: Ledger) -> list[str]:
    """The kinds in force of which this crmctl brings a higher version."""
    shipped = kind_files()
    return [
        name for name, file in shipped.items()
        if name in ledger.in_force.kinds
        and _version(file.read_bytes()) > _version(ledger.repo.read(ledger.main, kind_path(name)))
    ]  # fmt: skip


def older_packs(ledger: Ledger) -> list[str]:
    """The packs in force of which this crmctl brings a higher version, in the order they are laid over each other."""
    shipped = set(pack_names())
    return [
        name for name in extends_of(ledger.in_force.raw.get(COMPANY))
        if name in shipped
        and _version(pack_file(name).read_bytes()) > _version(ledger.repo.read(ledger.main, pack_path(name)))
    ]  # fmt: skip


def outdated(ledger: Ledger) -> Iterator[Finding]:
    """What is older, with the commands: a warning for who may give them, else only told."""
    member, today = ledger.in_force.org.members.get(ledger.member_id), ledger.today
    may = member is not None and (
        member.holds("admin", None, today) or ledger.in_force.pack.legislates(member, today)
    )  # fmt: skip
    severity: Severity = "warning" if may else "info"
    kinds, packs = older_kinds(ledger), older_packs(ledger)
    if kinds:
        message = N_("This crmctl brings newer versions of these kinds: {names}")
        yield _told("SCH020", message, "schemas", severity, kinds, "crmctl schema add")
    if packs:
        message = N_("This crmctl brings newer versions of these packs: {names}")
        yield _told("POL038", message, "policy/packs", severity, packs, "crmctl policy adopt")


def _told(code: str, message: str, where: str, severity: Severity, names: list[str], command: str) -> Finding:
    args: dict[str, object] = {
        "names": ", ".join(names), "commands": "; ".join(f"{command} {name}" for name in names), "first": names[0],
    }  # fmt: skip
    hint = N_("crmctl policy diff {first} shows what would change; then {commands}")
    return Finding(code, message, severity, where, "", args, hint)


def _version(content: bytes | None) -> int:
    found = _VERSION.search(content or b"")
    return int(found[1]) if found else 1
