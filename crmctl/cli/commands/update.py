"""`crmctl update WHO` and `crmctl advance ID STATE`: change a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated

import typer

from crmctl.cli.assignments import files_of, values_of
from crmctl.cli.commands.shared import FromOption, SetOption, entered, origin_of
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.lookup import Found
from crmctl.model.monthly import fields_of, find_row
from crmctl.model.values import Value

Who = Annotated[str, typer.Argument(metavar=N_("WHO|ID"), help=N_("A customer's name or id, or a record's id."))]
ForOption = Annotated[
    str | None, typer.Option("--for", metavar=N_("MEMBER"), help=N_("Enter it on this member's behalf."))
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help=N_("Why."))]


@details(
    N_(
        "Examples:\n\ncrmctl update 某某医院 --set phone=010-62770000 --reason 客户来电告知\n\n"
        "crmctl update V-3K7Q2M9T4A --set result=已签意向"
    )
)
def update(
    who: Who,
    values: SetOption = None,
    source: FromOption = None,
    unverified: Annotated[
        list[str] | None, typer.Option("--unverified", metavar="FIELD[=DATE]", help=N_("Mark a field as unsure."))
    ] = None,
    verified: Annotated[
        list[str] | None, typer.Option("--verified", metavar=N_("FIELD"), help=N_("Take the mark off a field."))
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help=N_("Change it in your editor."))] = False,
    edit_anyway: Annotated[
        bool, typer.Option("--edit-anyway", help=N_("Edit even where the text must rest on the disk meanwhile."))
    ] = False,
    known_since: Annotated[
        date | None,
        typer.Option(
            "--known-since",
            metavar=N_("DATE"),
            parser=iso_date,
            help=N_("The day you learnt of the change."),
            show_default=False,
        ),
    ] = None,
    member: ForOption = None,
    reason: ReasonOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Change fields of a customer or record."""
    from crmctl.cli.commands.add import read_marks
    from crmctl.ledger.changing.entry import update as change
    from crmctl.ledger.reading import lookup

    ledger = open_ledger(directory)
    found = lookup.record(ledger, who)
    kind = ledger.in_force.kinds[found.kind]
    fields = values_of(kind, values or [], source, present(ledger, found))
    edit = edit or edit_anyway
    if edit:
        from crmctl.cli.editor import edited

        fields = {**fields, **edited(ledger, found, kind, anyway=edit_anyway)}
    marks: dict[str, str | None] = {**read_marks(unverified or [], ledger), **dict.fromkeys(verified or [])}
    if not fields and not marks and not edit:
        raise UsageError(_("Say what to change: --set FIELD=VALUE"), hint=f"crmctl show {who}")
    files = files_of(kind, fields)
    if known_since is not None and known_since > ledger.today:
        raise UsageError(_("--known-since lies in the future"), hint=f"--known-since {ledger.today}")
    origin = replace(origin_of(member, reason), known_since=known_since)
    done = change(ledger, found.id, fields, origin, unverified=marks, files=files, dry_run=dry_run)
    entered(ledger, "update", done, kind, as_json=as_json, dry_run=dry_run)


@details(
    N_(
        "Examples:\n\ncrmctl advance K-5TB2M9T4AQ confirmed\n\n"
        "crmctl advance 某某医院 成交 --reason 首单已签\n\nThe states of a kind: crmctl schema show KIND"
    )
)
def advance(
    who: Who,
    state: Annotated[str, typer.Argument(metavar=N_("STATE"), help=N_("The next state, by code or name."))],
    values: SetOption = None,
    department: Annotated[str | None, typer.Option("--department", help=N_("Which department's."))] = None,
    member: ForOption = None,
    reason: ReasonOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Move a record to its next state."""
    from crmctl.ledger.changing.entry import advance as move
    from crmctl.ledger.reading import lookup

    ledger = open_ledger(directory)
    found = lookup.record(ledger, who)
    kind = ledger.in_force.kinds[found.kind]
    fields = values_of(kind, values or [], None, present(ledger, found))
    files = files_of(kind, fields)
    origin = origin_of(member, reason)
    done = move(ledger, found.id, state, fields, origin, department=department, files=files, dry_run=dry_run)
    entered(ledger, "advance", done, kind, as_json=as_json, dry_run=dry_run)


def present(ledger: Ledger, found: Found) -> Mapping[str, Value]:
    """The fields the record has now; those of its one entry for kinds stored by the month."""
    data = ledger.read(found.path).data
    return fields_of(find_row(data, found.row) or {}) if found.row else data
