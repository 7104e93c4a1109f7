"""Roles, members and kinds as people call them, several beside each other."""

from __future__ import annotations

from collections.abc import Iterable

from crmctl.i18n import label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name


def role_name(ledger: Ledger, role: str | None) -> str:
    """A role's label; nothing for none."""
    words = ledger.in_force.pack.vocab.get("role", {})
    return label(words.get(role, (role, role))) if role else ""


def role_names(ledger: Ledger, roles: Iterable[str]) -> str:
    """The labels of roles."""
    return ", ".join(role_name(ledger, role) for role in roles)


def member_names(ledger: Ledger, members: Iterable[str]) -> str:
    """The names of members."""
    return ", ".join(member_name(ledger, member) for member in members)


def kind_names(ledger: Ledger, kinds: Iterable[str]) -> str:
    """The labels of kinds, each with the word it is typed as."""
    known = ledger.in_force.kinds
    return ", ".join(f"{label(known[kind].label)} ({kind})" if kind in known else kind for kind in kinds)
