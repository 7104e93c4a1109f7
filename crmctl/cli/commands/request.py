"""`crmctl request KIND`: ask for something that others approve: reading a customer, sharing one with a department."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.assignments import values_of
from crmctl.cli.commands.shared import FromOption, SetOption, origin_of
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.i18n import N_, _, label
from crmctl.ledger.reading.people import reader_name


@details(
    N_(
        "Examples:\n\ncrmctl request access_request C-7Q2M9K4T --set what=联系人 --set why=联合投标 "
        "--set until=2027-06-30\n\n"
        "crmctl request sharing_request 某某医院 --set to_department=west --set what=名片 --set why=合作 "
        "--set until=2027-06-30\n\n"
        "crmctl request letters_request east --set territory=north --set why=合同 --set until=2027-06-30\n\n"
        "crmctl request destruction_request 某某医院 --set why=不可能再有往来\n\n"
        "Then crmctl submit hands it in. Nobody reads before it is approved; it ends by itself."
    )
)
def request(
    kind: Annotated[
        str,
        typer.Argument(metavar=N_("KIND"), help=N_("access_request, sharing_request, letters_request …")),
    ],
    who: Annotated[
        str,
        typer.Argument(metavar=N_("WHO"), help=N_("The customer it is about; for letters the department.")),
    ],
    values: SetOption = None,
    source: FromOption = None,
    department: Annotated[
        str | None, typer.Option("--department", help=N_("The department that decides, where several deal with it."))
    ] = None,
    member: Annotated[
        str | None, typer.Option("--for", metavar=N_("MEMBER"), help=N_("Enter it on this member's behalf."))
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=N_("Why."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask for something that others approve."""
    from crmctl.ledger.affairs.requesting import request as ask
    from crmctl.ledger.reading.kind_names import kind_named

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = kind_named(ledger, kind)
    fields = values_of(found, values or [], source)
    done = ask(
        ledger, found.name, who, fields, department=department, origin=origin_of(member, reason), dry_run=dry_run
    )
    data = {
        "id": done.id, "kind": done.kind, "customer": None if found.effect and found.effect.part else done.about,
        "about": done.about, "readers": list(done.readers), "compartments": list(done.compartments),
        "until": done.until.isoformat() if done.until else None, "allows": done.allows or None, "commit": done.commit,
        "dry_run": dry_run,
    }  # fmt: skip

    def draw() -> None:
        word = _("Would ask for") if dry_run else _("Asked for")
        out.line(f"{word}: {label(found.label)} {done.id}")
        if done.allows:
            out.line(_("Once approved: crmctl {command} {who}", command=done.allows, who=done.about))
        else:
            readers = ", ".join(reader_name(ledger, reader) for reader in done.readers)
            out.line(_("Once approved {readers} may read until {day}", readers=readers, day=done.until))
        out.line(_("Hand it in with crmctl submit"))

    out.result("request", data, draw)
