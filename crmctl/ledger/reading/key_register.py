"""The register of keys: since when, until when to change them, on which devices (R-ACL-16, R-ACL-17)."""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.org import Member

_MONTHS = "key_months"


@dataclass(frozen=True, slots=True)
class Issued:
    """A member's keys: issued and to be changed by (None: the policy says nothing), the devices registered."""

    member: str
    issued: date
    rotate_by: date | None
    devices: tuple[str, ...]
    pledge: date | None
    overdue: bool


def register(ledger: Ledger) -> list[Issued]:
    """Everybody who has keys and belongs to the company today, by id."""
    members = ledger.in_force.org.members.values()
    return [_issued(ledger, member) for member in members if member.has_access and member.active(ledger.today)]


def register_faults(ledger: Ledger) -> Iterator[Finding]:
    """Keys that should have been changed, and holders without a promise of secrecy where the policy asks for one."""
    for item in register(ledger):
        if item.overdue:
            yield Finding(
                "KEY006", N_("The keys of {member} should have been changed by {day}"), "warning", item.member, "",
                {"member": item.member, "day": str(item.rotate_by)}, "crmctl key rotate",
            )  # fmt: skip
        if item.pledge is None and pledge_asked(ledger):
            yield Finding(
                "KEY007", N_("{member} has keys and has not promised secrecy"), "warning", item.member, "",
                {"member": item.member},
            )  # fmt: skip


def pledge_asked(ledger: Ledger) -> bool:
    """Whether the policy gives keys only to who has promised secrecy."""
    return ledger.values().get("pledge_before_key") is True


def this_device() -> str:
    """Twelve characters that tell this machine from others; neither its name nor its address can be read from them."""
    return hashlib.sha256(f"{platform.node()} {uuid.getnode()}".encode()).hexdigest()[:12]


def _issued(ledger: Ledger, member: Member) -> Issued:
    issued = member.issued or member.since
    months = ledger.values().get(_MONTHS)
    by = _later(issued, months) if isinstance(months, int) and months > 0 else None
    overdue = by is not None and by < ledger.today
    return Issued(member.id, issued, by, member.devices, member.pledge, overdue)


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
