"""`crmctl schema list|show|export|add`: the kinds of record in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Field, Kind
from crmctl.model.score_sheet import is_sheet

KindWord = Annotated[str, typer.Argument(metavar=N_("KIND"), help=N_("A kind's name or label."))]


@details(N_("Example: crmctl schema list"))
def list_kinds(
    directory: LedgerDir = None,  # type: ignore[assignment]
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List the kinds of record."""
    out = Out(as_json)
    kinds = sorted(open_ledger(directory, at).in_force.kinds.values(), key=lambda kind: kind.name)
    data = [
        {"kind": k.name, "label": list(k.label), "prefix": k.prefix, "in": _place(k), "version": k.version}
        for k in kinds
    ]  # fmt: skip
    heads = [_("Kind"), _("Label"), _("Id"), _("Compartment"), _("Version")]
    rows = [(kind.name, label(kind.label), f"{kind.prefix}-…", _place(kind), kind.version) for kind in kinds]
    out.result("schemas", data, lambda: table([(head, "left") for head in heads], rows))


@details(N_("Examples:\n\ncrmctl schema show visit\n\ncrmctl schema show 投诉"))
def show(
    kind: KindWord,
    directory: LedgerDir = None,  # type: ignore[assignment]
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show a kind's fields, choices, states and what they require."""
    from crmctl.ledger.changing.draft import Draft

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    found = Draft(ledger).kind(kind)
    fields = [_field_document(ledger, found, name, field) for name, field in found.walk()]
    arrows = {state: found.arrows_from(state) for state in found.states}
    data = {
        "kind": found.name, "label": list(found.label), "version": found.version, "prefix": found.prefix,
        "in": _place(found), "table": found.table, "fields": fields,
        "states": {state: list(text) for state, text in found.states.items()}, "arrows": arrows,
    }  # fmt: skip

    def draw() -> None:
        out.line(f"{found.name}  {label(found.label)}  {_place(found)}  {found.version}")
        if found.table != found.name:
            out.line(_("In SQL its table is {table}", table=found.table))
        heads = [_("Field"), _("Label"), _("Type"), _("Required"), _("Choices")]
        table([(head, "left") for head in heads], [_field_row(ledger, found, *item) for item in found.walk()])
        if found.states:
            out.line()
        for state, text in found.states.items():
            following = ", ".join(arrows[state]) or "-"
            out.line(f"{state} {label(text)} → {following}")

    out.result("schema", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl schema export visit > visit.schema.json\n\ncrmctl schema export --all schemas/\n\n"
        "JSON Schema (draft 2020-12) of a kind's fields, for editors."
    )
)
def export(
    kind: Annotated[str | None, typer.Argument(metavar=N_("KIND"), help=N_("A kind's name or label."))] = None,
    target: Annotated[Path | None, typer.Argument(metavar=N_("DIR"), help=N_("Where the files go."))] = None,
    every: Annotated[bool, typer.Option("--all", help=N_("All kinds, a file each."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
) -> None:
    """Write a kind's JSON Schema."""
    from crmctl.ledger.changing.draft import Draft

    if (every and target is not None) or (not every and kind is None):
        raise UsageError(_("Name a kind, or a folder with --all"), hint="crmctl schema export --all schemas/")
    out = Out()
    ledger = open_ledger(directory)
    if not every and kind is not None and target is None:
        out.line(_schema_text(ledger, Draft(ledger).kind(kind)))
        return
    folder = target or Path(kind or "json-schema")
    chosen = list(ledger.in_force.kinds.values()) if every else [Draft(ledger).kind(str(kind))]
    folder.mkdir(parents=True, exist_ok=True)
    for item in chosen:
        file = folder / f"{item.name}.schema.json"
        file.write_text(_schema_text(ledger, item) + "\n", "utf-8")
        out.line(str(file))


@details(
    N_(
        "Examples:\n\ncrmctl schema add machine.yaml --dry-run\n\n"
        "crmctl schema add customer   (as crmctl ships it, after an upgrade)\n\n"
        "The file is a kind of your own, or a changed one with a higher version. A field or kind of your own needs "
        "no program. What records use may not be taken away. Only members with the role admin may do this."
    )
)
def add(
    file: Annotated[
        str, typer.Argument(metavar=N_("FILE"), help=N_("The kind's file, or the name of a kind crmctl ships."))
    ],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a kind of your own, or a changed one, into the ledger."""
    from crmctl.ledger.setup.schema_files import add_kind

    out = Out(as_json)
    taken = add_kind(open_ledger(directory), file, dry_run=dry_run)
    data = {
        "kind": taken.kind.name, "version": taken.kind.version, "before": taken.before, "changed": taken.changed,
        "records": taken.records, "commit": taken.commit, "dry_run": dry_run,
    }  # fmt: skip

    def draw() -> None:
        name = f"{taken.kind.name} ({label(taken.kind.label)})"
        if not taken.changed:
            out.line(_("{name} is in the ledger so already; nothing was written", name=name))
        elif dry_run:
            out.line(_("{name} would be taken in as version {version}", name=name, version=taken.kind.version))
        else:
            out.line(
                _("{name} is in force as version {version}. Next: crmctl sync", name=name, version=taken.kind.version)
            )

    out.result("schema-add", data, draw, taken.findings)


def _schema_text(ledger: Ledger, kind: Kind) -> str:
    from crmctl.model.json_schema import schema_of

    in_force = ledger.in_force
    schema = schema_of(
        kind, in_force.pack.vocab, in_force.pack.requires.get(kind.name, {}), timezone=in_force.settings.timezone,
        currency=in_force.settings.currency,
    )  # fmt: skip
    return json.dumps(schema, ensure_ascii=False, indent=2)


def _place(kind: Kind) -> str:
    if kind.scope == "core":
        return kind.scope
    return f"{kind.scope}/{kind.compartment}" + (f"/{kind.addressee or 'member'}" if kind.per_member else "")


def _required_in(ledger: Ledger, kind: Kind, name: str) -> Iterator[str]:
    for state, names in ledger.in_force.pack.requires.get(kind.name, {}).items():
        if name in names:
            yield state


def _choices(ledger: Ledger, field: Field) -> dict[str, tuple[str, str]]:
    return dict(ledger.in_force.pack.vocab.get(str(field.options.get("of", "")), {}))


def _field_document(ledger: Ledger, kind: Kind, name: str, field: Field) -> dict[str, object]:
    return {
        "field": name, "label": list(field.label), "type": field.type, "many": field.many,
        "required": list(_required_in(ledger, kind, name)), "when": str(field.when) if field.when else None,
        "not_before": field.not_before, "come": list(field.come), "computed": is_sheet(field),
        "choices": {code: list(text) for code, text in _choices(ledger, field).items()},
    }  # fmt: skip


def _field_row(ledger: Ledger, kind: Kind, name: str, field: Field) -> tuple[object, ...]:
    states = ", ".join(_("always") if state == "*" else state for state in _required_in(ledger, kind, name))
    choices = ", ".join(f"{code}={label(text)}" for code, text in _choices(ledger, field).items())
    when = _("only when {condition}", condition=field.when) if field.when else ""
    reckoned = _("reckoned, not entered") if is_sheet(field) else ""
    said = "; ".join(part for part in (choices, when, reckoned) if part)
    return name, label(field.label), field.type, states, said
