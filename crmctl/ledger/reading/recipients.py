"""Whose keys a file that leaves the ledger is sealed to: members, a department, or age keys of people outside."""

from __future__ import annotations

from collections.abc import Iterable

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.keys.seal import seal_for
from crmctl.ledger.ledger import Ledger


def keys_for(ledger: Ledger, readers: Iterable[str]) -> tuple[str, ...]:
    """The public keys meant: a member's id, a department (all with a role in it today), a group's name, `age1…`.

    Raises NotFound for a name nobody has, Refused where nobody of it has keys.
    """
    return tuple(dict.fromkeys(key for reader in readers for key in _keys(ledger, reader)))


def sealed_for(ledger: Ledger, content: bytes, readers: Iterable[str]) -> bytes:
    """`content` as an age file for these readers. Raises as `keys_for`, and InvalidInput for a wrong key."""
    return seal_for(content, keys_for(ledger, readers))


def and_keys(ledger: Ledger, what: str, readers: Iterable[str]) -> str:
    """What is given, and to which keys it is sealed: for the record of it."""
    keys = keys_for(ledger, readers)
    return _("{what}; sealed to {keys}", what=what, keys=", ".join(keys)) if keys else what


def _keys(ledger: Ledger, reader: str) -> list[str]:
    org, today = ledger.in_force.org, ledger.today
    if reader.startswith("age1"):
        return [reader]
    if reader in org.members:
        names = [reader]
    elif reader in org.groups:
        names = sorted(org.group_members(reader, today))
    elif reader in org.departments:
        names = [
            name for name, member in org.members.items()
            if member.active(today) and reader in member.departments(today)
        ]  # fmt: skip
    else:
        raise NotFound(
            _("Nobody is called {reader}", reader=reader),
            hint=_("A member, a department, or a key that begins with age1"),
        )
    found = [org.members[name] for name in names]
    keys = [member.opens for member in found if member.opens and member.active(today)]
    if not keys:
        raise Refused(_("Nobody there has keys yet"), where=reader, rule="R-ACL-10", hint="crmctl member list")
    return keys
