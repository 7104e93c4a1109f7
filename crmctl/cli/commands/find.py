"""`crmctl find TEXT` and `crmctl query SQL`: look for something in all the member can open."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.commands.wording import customer_name, field_label
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.cli.text import clip
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label

_WIDTH = 60


@details(N_("Examples:\n\ncrmctl find 王主任\n\ncrmctl find wzr --kind customer        (pinyin initials)"))
def find(
    text: Annotated[str, typer.Argument(metavar=N_("TEXT"), help=N_("Part of a name, number, phone or note."))],
    kind: Annotated[
        str | None, typer.Option("--kind", metavar=N_("KIND"), help=N_("Only records of this kind."))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help=N_("At most so many; 0 is all."))] = 0,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Find text in customers and records."""
    from crmctl.ledger.reading.kind_names import kind_named
    from crmctl.ledger.snapshot.names import names
    from crmctl.ledger.snapshot.search import find as search

    out = Out(as_json)
    if not text.strip():
        raise UsageError(_("Say what to look for"), hint="crmctl find TEXT")
    ledger = open_ledger(directory, at)
    kinds = ledger.in_force.kinds
    hits = search(ledger, text, kind_named(ledger, kind).name if kind else None, limit)
    known = names(ledger)
    called = {dossier: name for dossier in {hit.dossier for hit in hits} if (name := known.name_of(dossier))}
    columns = [
        (_("Id"), "left"),
        (_("Kind"), "left"),
        (_("Customer"), "left"),
        (_("Where"), "left"),
        (_("Text"), "left"),
    ]
    rows = [
        (
            hit.id, label(kinds[hit.kind].label), customer_name(ledger, called, hit.dossier),
            _("Id") if hit.field == "id" else field_label(kinds[hit.kind], hit.field), clip(hit.excerpt, _WIDTH),
        )
        for hit in hits
    ]  # fmt: skip
    data = [
        {
            "id": hit.id, "kind": hit.kind, "customer": hit.dossier, "name": called.get(hit.dossier),
            "field": hit.field, "excerpt": hit.excerpt,
        }
        for hit in hits
    ]  # fmt: skip

    def draw() -> None:
        if rows:
            table(columns, rows)  # type: ignore[arg-type]
        out.say(_("{count} found in what you can open", count=len(rows)))

    out.result("find", data, draw)


@details(
    N_(
        "Example: crmctl query 'SELECT state, count(*) FROM visit GROUP BY state'\n\n"
        "Every kind is a table; crmctl schema show KIND names its columns. Nothing can be changed this way."
    )
)
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help=N_("One SELECT."))],
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Ask a question in SQL over what you can open."""
    from crmctl.ledger.reading.listing import query as ask

    out = Out(as_json)
    answer = ask(open_ledger(directory, at), sql)
    columns = [(name, "left") for name in answer.columns]
    data = {"columns": answer.columns, "rows": answer.rows}
    out.result("query", data, lambda: table(columns, answer.rows))  # type: ignore[arg-type]
