"""`crmctl key new|show|protect|rotate|list`: a member's own keys, and everybody's as a register."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.ask import ask_passphrase
from crmctl.cli.commands.init import default_member, new_passphrase
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
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
    from crmctl.ledger.keys.identity import create, home_directory

    member = member or default_member()
    keys = create(home_directory(), member, None if no_passphrase else new_passphrase(known=False))
    _print(keys.member, keys.opens, keys.signs, Out(as_json))


@details(N_("Example: crmctl key show bob"))
def show(member: MemberArgument = None, as_json: AsJson = False) -> None:
    """Show the public part of your keys."""
    from crmctl.ledger.keys.identity import home_directory, members_with_identity, public_keys

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
    from crmctl.ledger.keys.identity import home_directory
    from crmctl.ledger.keys.identity import protect as change

    home = home_directory()
    member = member or default_member()
    change(home, member, None if no_passphrase else ask_passphrase(_("New passphrase"), repeat=True), asker())
    Out().say(_("The passphrase of {member} is changed", member=member))


@details(N_("Example: crmctl key rotate. The old keys are kept beside the new ones on this machine."))
def rotate(
    no_passphrase: NoPassphrase = False, directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Change your keys: what you can open is made ready for the new ones."""
    from crmctl.ledger.setup.rotation import rotate as change

    ledger = open_ledger(directory)
    done = change(ledger, None if no_passphrase else new_passphrase(known=False))
    out = Out(as_json)
    data = {"member": done.keys.member, "opens": done.keys.opens, "signs": done.keys.signs, "wraps": done.wraps,
            "lost": done.lost, "commit": done.commit}  # fmt: skip
    out.result("key-rotate", data, lambda: out.line(_("Your keys are changed. Next: crmctl sync")))


@details(N_("Example: crmctl key list --overdue"))
def list_keys(
    overdue: Annotated[bool, typer.Option("--overdue", help=N_("Only keys that should have been changed."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List everybody's keys: since when, until when to change them, on which devices."""
    from crmctl.cli.table import table
    from crmctl.ledger.reading.key_register import register, register_faults

    ledger = open_ledger(directory)
    found = [item for item in register(ledger) if item.overdue or not overdue]
    data = [
        {"member": k.member, "issued": k.issued.isoformat(),
         "rotate_by": k.rotate_by.isoformat() if k.rotate_by else None, "devices": list(k.devices),
         "pledge": k.pledge.isoformat() if k.pledge else None, "overdue": k.overdue}
        for k in found
    ]  # fmt: skip
    titles = (_("Member"), _("Keys since"), _("Change by"), _("Secrecy promised"), _("Devices"))
    columns = [(title, "left") for title in titles]
    rows = [(k.member, k.issued, k.rotate_by, k.pledge, ", ".join(k.devices)) for k in found]
    Out(as_json).result("keys", data, lambda: table(columns, rows), list(register_faults(ledger)))  # type: ignore[arg-type]


def _print(member: str, opens: str, signs: str, out: Out) -> None:
    from crmctl.ledger.reading.key_register import this_device

    token = f"{member} {opens} {signs}"
    device = this_device()
    out.result(
        "key", {"member": member, "opens": opens, "signs": signs, "line": token, "device": device},
        lambda: out.line(token),
    )  # fmt: skip
    out.say(_("This device: {device}", device=device))
