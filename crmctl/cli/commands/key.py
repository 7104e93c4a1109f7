"""`crmctl key new|show|protect`: a member's own keys."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.ask import ask_passphrase
from crmctl.cli.commands.init import default_member, new_passphrase
from crmctl.cli.options import AsJson, details
from crmctl.cli.out import Out
from crmctl.errors import NotFound
from crmctl.i18n import N_, _

MemberArgument = Annotated[
    str | None, typer.Argument(metavar=N_("[MEMBER]"), help=N_("Your short name."), show_default=False)
]
NoPassphrase = Annotated[
    bool, typer.Option("--no-passphrase", help=N_("Keep the keys without a passphrase (machines only)."))
]


@details(N_("Example: crmctl key new bob. Hand the printed line to whoever enrols you; it is not secret."))
def new(member: MemberArgument = None, no_passphrase: NoPassphrase = False, as_json: AsJson = False) -> None:
    """Make your keys on this machine."""
    from crmctl.ledger.identity import create, home_directory

    member = member or default_member()
    keys = create(home_directory(), member, None if no_passphrase else new_passphrase(known=False))
    _print(keys.member, keys.opens, keys.signs, Out(as_json))


@details(N_("Example: crmctl key show bob"))
def show(member: MemberArgument = None, as_json: AsJson = False) -> None:
    """Show the public part of your keys."""
    from crmctl.ledger.identity import home_directory, members_with_identity, public_keys

    home = home_directory()
    known = members_with_identity(home)
    member = member or (known[0] if len(known) == 1 else default_member())
    if member not in known:
        raise NotFound(_("There are no keys of {member} here", member=member), hint=f"crmctl key new {member}")
    keys = public_keys(home, member)
    _print(keys.member, keys.opens, keys.signs, Out(as_json))


@details(N_("Example: crmctl key protect bob"))
def protect(member: MemberArgument = None, no_passphrase: NoPassphrase = False) -> None:
    """Change the passphrase of your keys."""
    from crmctl.cli.context import asker
    from crmctl.ledger.identity import home_directory
    from crmctl.ledger.identity import protect as change

    home = home_directory()
    member = member or default_member()
    change(home, member, None if no_passphrase else ask_passphrase(_("New passphrase"), repeat=True), asker())
    Out().say(_("The passphrase of {member} is changed", member=member))


def _print(member: str, opens: str, signs: str, out: Out) -> None:
    token = f"{member} {opens} {signs}"
    out.result("key", {"member": member, "opens": opens, "signs": signs, "line": token}, lambda: out.line(token))
