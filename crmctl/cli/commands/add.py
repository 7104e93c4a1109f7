"""`crmctl add KIND`: enter a record."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.ask import ask_text, can_ask
from crmctl.cli.assignments import files_of, values_of
from crmctl.cli.commands.shared import FromOption, SetOption, entered, origin_of
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind
from crmctl.model.score_sheet import is_sheet


@details(
    N_(
        "Examples:\n\n"
        "crmctl add customer --set name=某某医院 --set party_type=company --set source=referral "
        "--set lawful_basis=contract --set obtained_at=2026-11-22T09:00\n\n"
        "crmctl add visit --customer 某某 --from visit.yaml\n\n"
        "What is required and not given is asked for at a terminal. Lists: --set contacts.0.name=王伟"
    )
)
def add(
    kind: Annotated[
        str, typer.Argument(metavar=N_("KIND"), help=N_("customer, visit, complaint … (crmctl schema list)"))
    ],
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))
    ] = None,
    values: SetOption = None,
    source: FromOption = None,
    member: Annotated[
        str | None, typer.Option("--for", metavar=N_("MEMBER"), help=N_("Enter it on this member's behalf."))
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar=N_("MEMBER"), help=N_("Who is responsible for a new customer."))
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help=N_("Which department's."))] = None,
    unverified: Annotated[
        list[str] | None,
        typer.Option(
            "--unverified", metavar="FIELD[=DATE]", help=N_("A field you are not sure of, and by when to check.")
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=N_("Why."))] = None,
    not_duplicate: Annotated[
        str | None,
        typer.Option(
            "--not-duplicate",
            metavar=N_("REASON"),
            help=N_("Why it is another one, though one like it is there; it is recorded."),
        ),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add a customer, visit, complaint or other record."""
    from crmctl.ledger.changing.draft import Draft
    from crmctl.ledger.changing.entry import Entry
    from crmctl.ledger.changing.entry import add as enter

    ledger = open_ledger(directory)
    found = Draft(ledger).kind(kind)
    fields = values_of(found, values or [], source)
    if can_ask() and not source:
        _ask_required(ledger, found, fields)
    files = files_of(found, fields)
    marks = read_marks(unverified or [], ledger)
    origin = origin_of(member, reason)
    entry = Entry(found.name, fields, customer, department, owner, origin, files, marks, not_duplicate)
    done = enter(ledger, entry, dry_run=dry_run)
    entered(ledger, "add", done, found, as_json=as_json, dry_run=dry_run)


def _ask_required(ledger: Ledger, kind: Kind, fields: dict[str, object]) -> None:
    state = fields.get("state") or kind.first_state
    for name in ledger.in_force.pack.required(kind.name, str(state) if state else None):
        field = kind.field(name)
        if (
            field is None
            or is_sheet(field)
            or fields.get(name) is not None
            or (field.when and field.when.holds(fields) is not True)
        ):
            continue
        words = ledger.in_force.pack.vocab.get(str(field.options.get("of", "")), {})
        choices = f" ({', '.join(f'{code}={label(text)}' for code, text in words.items())})" if words else ""
        default = ledger.now.isoformat() if field.type == "instant" else None
        fields[name] = ask_text(f"{label(field.label)}{choices}", option=f"--set {name}=…", default=default)


def read_marks(texts: list[str], ledger: Ledger) -> dict[str, str]:
    """`phone=2026-12-01`, or `phone` alone (checked within 30 days), as field → day. Raises UsageError."""
    from datetime import date, timedelta

    marks = {}
    for text in texts:
        name, equals, day = text.partition("=")
        try:
            marks[name] = date.fromisoformat(day).isoformat() if equals else (ledger.today + timedelta(30)).isoformat()
        except ValueError as error:
            raise UsageError(_("{value} is not a date like 2026-11-22", value=day)) from error
    return marks
