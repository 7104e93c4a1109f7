"""`crmctl unlock` and `crmctl lock`: keep the opened keys in memory for a while, and forget them."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from crmctl.cli.context import asker
from crmctl.cli.options import LedgerDir, details
from crmctl.cli.out import say
from crmctl.errors import NoKey, UsageError
from crmctl.i18n import N_, _

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 7 * 86400


@details(N_("Example: crmctl unlock --for 8h. The passphrase is asked once; crmctl lock forgets the keys at once."))
def unlock(
    duration: Annotated[str, typer.Option("--for", metavar="8h", help=N_("How long: 30m, 8h, 2d."))] = "8h",
    member: Annotated[str | None, typer.Option("--as", metavar=N_("MEMBER"), help=N_("Whose keys."))] = None,
    keyring: Annotated[
        bool, typer.Option("--keyring", help=N_("In this system's own store of passwords, until crmctl lock."))
    ] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]  # None: the folder we stand in
) -> None:
    """Open your keys for some hours."""
    from crmctl.ledger.keys import agent, os_keyring
    from crmctl.ledger.keys.identity import home_directory, load

    seconds = read_duration(duration)
    who = member or whose(directory)
    ask = asker()
    home = home_directory()
    identity = load(home, who, ask)
    if keyring:
        os_keyring.keep(home, who, identity.secret)
        say(_("Your keys lie in this system's store of passwords until crmctl lock"))
        return
    agent.start(home, who, identity.secret, seconds)
    say(_("Your keys are open for {duration}", duration=duration))


@details(N_("Example: crmctl lock"))
def lock() -> None:
    """Forget the opened keys."""
    from crmctl.ledger.keys import agent, os_keyring
    from crmctl.ledger.keys.identity import home_directory, members_with_identity

    home = home_directory()
    agent.stop(home, None)
    for member in members_with_identity(home):
        os_keyring.forget(home, member)
    say(_("Your keys are locked"))


def read_duration(text: str) -> int:
    """`30m`, `8h`, `2d` in seconds. Raises UsageError."""
    match = re.fullmatch(r"(\d{1,4})([smhd])", text.strip().lower())
    if not match or not 0 < int(match[1]) * _UNITS[match[2]] <= _LONGEST:
        raise UsageError(_("Not a length of time: {text}", text=text), hint="--for 8h")
    return int(match[1]) * _UNITS[match[2]]


def whose(directory: object) -> str:
    """The member of the ledger we stand in, else the only one with keys here. Raises NoKey."""
    from pathlib import Path

    from crmctl.errors import CrmctlError
    from crmctl.ledger.keys.identity import home_directory, members_with_identity
    from crmctl.ledger.ledger import Ledger

    try:
        return Ledger.find(directory if isinstance(directory, Path) else Path()).member_id
    except CrmctlError:
        known = members_with_identity(home_directory())
        if len(known) == 1:
            return known[0]
        raise NoKey(_("Say whose keys: --as MEMBER"), hint=", ".join(known) or "crmctl key new") from None
