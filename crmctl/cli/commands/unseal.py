"""`crmctl unseal FILE OUT`: open a file that somebody sealed to you with `--seal-to`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import asker
from crmctl.cli.options import LedgerDir, Yes, details
from crmctl.cli.out import say
from crmctl.errors import NotFound, Refused
from crmctl.i18n import N_, _


@details(N_("Example: crmctl unseal 客户名簿.html.age 客户名簿.html"))
def unseal(
    sealed: Annotated[Path, typer.Argument(metavar=N_("FILE"), help=N_("The sealed file."))],
    path: Annotated[Path, typer.Argument(metavar=N_("OUT"), help=N_("Where what is in it goes."))],
    member: Annotated[str | None, typer.Option("--as", metavar=N_("MEMBER"), help=N_("As which member."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    yes: Yes = False,
) -> None:
    """Open a file that was sealed to you."""
    from crmctl.cli.commands.unlock import whose
    from crmctl.ledger.disk.files import write_atomic
    from crmctl.ledger.keys.identity import home_directory, load
    from crmctl.ledger.keys.seal import open_given

    try:
        content = sealed.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=str(sealed)) from error
    if path.exists() and not yes:
        raise Refused(_("The file is there already"), where=str(path), hint=_("--yes writes over it"))
    identity = load(home_directory(), member or whose(directory), asker())
    write_atomic(path.absolute(), open_given(content, identity.secret, str(sealed)))
    say(_("Written to {path}", path=path))
