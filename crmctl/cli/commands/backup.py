"""`crmctl backup FILE` and `crmctl restore FILE DIR`: the whole ledger in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _


@details(
    N_(
        "Example: crmctl backup /mnt/safe/sales-2026-11-22.bundle\n\n"
        "The file is read back before it gets its name. Keep it on another machine, and your keys apart from it: "
        "the records in it open with them only."
    )
)
def backup(
    file: Annotated[Path, typer.Argument(metavar=N_("FILE"), help=N_("The new file."))],
    force: Annotated[bool, typer.Option("--force", help=N_("Write over a file that is there."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Keep the whole ledger in one file."""
    from crmctl.ledger.checking.backup import backup as keep
    from crmctl.ledger.checking.backup import keys_of

    out = Out(as_json)
    ledger = open_ledger(directory)
    made = keep(ledger, file, overwrite=force)
    keys = keys_of(ledger)

    def show() -> None:
        out.line(
            _("{path}: {branches:branch|branches}, {size} KiB, read back without a fault", path=made.path,
              branches=made.branches, size=-(-made.size // 1024))
        )  # fmt: skip
        out.say(_("No key is in it. Keep a copy of these apart from it:"))
        for path in keys:
            out.say(f"  {path}")

    data = {
        "path": str(made.path), "size": made.size, "branches": made.branches, "main": made.main,
        "keyring": made.keyring, "keys": [str(path) for path in keys],
    }  # fmt: skip
    out.result("backup", data, show)


@details(
    N_(
        "Example: crmctl restore sales-2026-11-22.bundle sales --as alice\n\n"
        "The copy is whole: all history, all records. To exchange changes again it needs the server's address: "
        "git -C DIR remote add origin URL, then crmctl sync"
    )
)
def restore(
    file: Annotated[Path, typer.Argument(metavar=N_("FILE"), help=N_("A file that crmctl backup made."))],
    directory: Annotated[Path, typer.Argument(metavar=N_("DIR"), help=N_("The new folder."))],
    member: Annotated[
        str | None, typer.Option("--as", metavar=N_("MEMBER"), help=N_("Your short name in the ledger."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a working copy from a backup."""
    from crmctl.home import home
    from crmctl.ledger.checking.backup import restore as bring_back

    out = Out(as_json)
    done = bring_back(file, directory, member, home())
    errors = [finding for finding in done.checked.findings if finding.severity == "error"]

    def show() -> None:
        out.line(
            _("{path}: {files:file|files} as of {day}, checked without keys: {errors:error|errors}", path=done.path,
              files=done.checked.existing, day=done.made_at[:10], errors=len(errors))
        )  # fmt: skip
        if done.member is None:
            out.say(_("Say who you are: crmctl restore FILE DIR --as YOUR-ID, or CRMCTL_MEMBER"))
        out.say(_("Next: crmctl -C {path} check", path=done.path))

    data = {
        "path": str(done.path), "commit": done.head, "member": done.member, "made_at": done.made_at,
        "files": done.checked.existing, "errors": len(errors),
    }  # fmt: skip
    out.result("restore", data, show, done.checked.findings)
    if errors:
        raise typer.Exit(int(ExitCode.FINDINGS))
