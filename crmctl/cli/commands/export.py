"""`crmctl export KIND|all OUT`: what you can open, as a file outside the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.giving import Along, Basis, Consent, Law, Purpose, SealTo, To, Under
from crmctl.cli.options import AsJson, At, LedgerDir, Yes, details
from crmctl.cli.out import Out
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl export customer customers.csv\n\ncrmctl export all ledger.xlsx\n\n"
        "crmctl export all folder --format csv --at 2026-06-30\n\n"
        "crmctl export customer bank.csv --customer 某某医院 --to 某银行 --purpose 授信 --basis consent "
        "--consent 同意书.pdf\n\n"
        "The files are in the clear and leave the ledger's protection: delete them when you are done. "
        "With --seal-to only the named can open them."
    )
)
def export(
    kind: Annotated[str, typer.Argument(metavar=N_("KIND|all"), help=N_("What to write; all is every kind."))],
    path: Annotated[Path, typer.Argument(metavar=N_("OUT"), help=N_("The file; a folder for all kinds as CSV."))],
    form: Annotated[str | None, typer.Option("--format", metavar="csv|xlsx|json", help=N_("In which format."))] = None,
    customer: Annotated[
        list[str] | None, typer.Option("--customer", "-c", metavar=N_("WHO"), help=N_("Only of this customer."))
    ] = None,
    to: To = None,
    purpose: Purpose = None,
    basis: Basis = None,
    law: Law = None,
    consent: Consent = None,
    under: Under = None,
    seal_to: SealTo = None,
    along: Along = None,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Write what you can open to a file."""
    from crmctl.exchange.export import export as write
    from crmctl.ledger.affairs.disclosing import settled

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    done = write(
        ledger, kind, path, form, replace=yes, customers=customer or [], sealed_to=seal_to or [], along=along or [],
        giving=settled(ledger, to, purpose, basis, law=law, consent=consent, under=under, along=along or ()),
    )  # fmt: skip

    def show() -> None:
        for name, (count, existing) in done.counts.items():
            out.line(_("{kind}: {count} of {existing}", kind=name, count=count, existing=existing))
        for record in done.records:
            out.line(_("On record: {record}", record=record))
        if seal_to:
            out.say(_("Sealed: only {readers} can open it", readers=", ".join(seal_to)))
        else:
            out.say(_("Written in the clear: whoever gets the file can read it. Delete it when you are done"))

    data = {
        "records": list(done.records),
        "files": [str(file) for file in done.files], "commit": done.commit,
        "counts": {name: {"written": count, "existing": existing} for name, (count, existing) in done.counts.items()},
    }  # fmt: skip
    out.result("export", data, show)
