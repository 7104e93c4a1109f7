"""`crmctl audit`: samples that anybody can draw again, findings, the next date, and evidence of one customer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.model.findings import Finding

if TYPE_CHECKING:
    from crmctl.ledger.affairs.auditing import Audit, Drawn
    from crmctl.ledger.ledger import Ledger

AuditArgument = Annotated[str, typer.Argument(metavar=N_("AUDIT"), help=N_("The audit's id."))]


@details(
    N_(
        "Examples:\n\ncrmctl audit run --sample 10\n\ncrmctl audit run --of complaint --department east --sample 5\n\n"
        "crmctl audit run --of policy_doc --seed 2026-Q4 --dry-run\n\n"
        "The seed decides what is drawn: who runs it again over the same state with the same seed draws the same "
        "records. Nobody needs to open a record to draw it."
    )
)
def run(
    of: Annotated[str, typer.Option("--of", metavar=N_("KIND"), help=N_("Records of this kind."))] = "customer",
    sample: Annotated[int, typer.Option("--sample", min=1, max=500, help=N_("How many."))] = 20,
    seed: Annotated[
        str | None, typer.Option("--seed", help=N_("Draw by this seed instead of a fresh one."), show_default=False)
    ] = None,
    department: Annotated[
        str | None, typer.Option("--department", help=N_("In this department; else your own."), show_default=False)
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draw records by chance and begin an audit of them."""
    from crmctl.ledger.affairs import auditing

    out, ledger = Out(as_json), open_ledger(directory)
    begun = auditing.run(ledger, of, sample, department=department, seed=seed, dry_run=dry_run)
    rows = _rows(ledger, begun.drawn)

    def draw() -> None:
        drawn = begun.drawn
        table([(_("Record"), "left"), (_("Customer"), "left"), (_("Open to you"), "left")],
              [(row["id"], row["customer"] or "", _("yes") if row["opens"] else _("no")) for row in rows])  # fmt: skip
        counts = {"count": len(rows), "existing": drawn.existing, "kind": label(drawn.kind.label)}
        out.say(_("{count} of {existing} {kind}, drawn by seed {seed}", seed=drawn.seed, **counts))
        if any(not row["opens"] for row in rows):
            out.say(_("Ask the head of the department for a reading right of those not open to you: crmctl grant"))
        if begun.id:
            out.line(_("Audit {id} begun", id=begun.id))
            out.say(_("Next: {command}", command=f"crmctl audit finding {begun.id} {rows[0]['id']} ok|fault"))

    data = {
        "id": begun.id or None, "kind": begun.drawn.kind.name, "department": begun.drawn.department,
        "seed": begun.drawn.seed, "drawn_from": begun.drawn.state, "existing": begun.drawn.existing, "records": rows,
        "dry_run": dry_run,
    }  # fmt: skip
    out.result("audit", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl audit finding AU-3K7Q2M9T4A C-7Q2M9K4T fault --about accuracy --text 电话已停用 "
        "--who bob --settle-by 2026-12-15\n\ncrmctl audit finding AU-3K7Q2M9T4A rest ok\n\n"
        "crmctl audit finding AU-3K7Q2M9T4A C-7Q2M9K4T --settled-on 2026-12-10\n\n"
        "The word rest means every record of the audit that has no result yet."
    )
)
def finding(
    audit: AuditArgument,
    record: Annotated[str, typer.Argument(metavar=N_("ID|rest"), help=N_("A record drawn, or rest."))],
    result: Annotated[
        str | None, typer.Argument(metavar="ok|fault|unseen", help=N_("What was found."), show_default=False)
    ] = None,
    about: Annotated[
        str | None,
        typer.Option("--about", metavar=N_("MATTER"), help=N_("What the fault is about: accuracy, storage …")),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help=N_("The finding in words."))] = None,
    who: Annotated[str | None, typer.Option("--who", metavar=N_("MEMBER"), help=N_("Who puts it right."))] = None,
    settle_by: Annotated[
        date | None, typer.Option("--settle-by", metavar=N_("DATE"), parser=iso_date, help=N_("Until when."))
    ] = None,
    settled_on: Annotated[
        date | None,
        typer.Option("--settled-on", metavar=N_("DATE"), parser=iso_date, help=N_("It was put right then.")),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say what was found in a record drawn."""
    from crmctl.ledger.affairs import auditing

    given = {
        "result": result, "about": about, "text": text, "who": who,
        "settle_by": settle_by and settle_by.isoformat(), "settled_on": settled_on and settled_on.isoformat(),
    }  # fmt: skip
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise UsageError(_("Say what was found: ok, fault or unseen"), hint=f"crmctl audit finding {audit} {record} ok")
    out = Out(as_json)
    done = auditing.note(open_ledger(directory), audit, record, values, dry_run=dry_run)
    data = {"id": done.id, "record": record, "values": values, "commit": done.commit, "dry_run": dry_run}
    said = _("{id}: noted", id=done.id)
    out.result(
        "audit-finding", data, lambda: out.line(said if not dry_run else _("{what} (nothing was written)", what=said))
    )


@details(N_("Example: crmctl audit finish AU-3K7Q2M9T4A --findings 两份资料电话有误 --proposal 每季核对一次"))
def finish(
    audit: AuditArgument,
    findings: Annotated[str, typer.Option("--findings", help=N_("What the audit found on the whole."))],
    proposal: Annotated[str | None, typer.Option("--proposal", help=N_("What is proposed."))] = None,
    next_on: Annotated[
        date | None,
        typer.Option(
            "--next", metavar=N_("DATE"), parser=iso_date, help=N_("The next audit; else after the policy's time.")
        ),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End an audit; the next one becomes due."""
    from crmctl.ledger.affairs import auditing

    out = Out(as_json)
    values: dict[str, object] = {"findings": findings, **({"proposal": proposal} if proposal else {})}
    done = auditing.finish(open_ledger(directory), audit, values, next_on=next_on, dry_run=dry_run)
    due = next((str(change.after) for change in done.changes if change.field == "next_on"), None)
    said = _("{id}: finished, the next audit is due on {day}", id=done.id, day=due or "")
    data = {"id": done.id, "next_on": due, "commit": done.commit, "dry_run": dry_run}
    out.result(
        "audit-finished", data, lambda: out.line(said if not dry_run else _("{what} (nothing was written)", what=said))
    )


@details(N_("Example: crmctl audit list"))
def list_audits(
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the audits and when the next is due."""
    from crmctl.ledger.affairs import auditing

    out, ledger = Out(as_json), open_ledger(directory)
    found = auditing.audits(ledger)

    def draw() -> None:
        if not found:
            out.line(_("No audit yet"))
            out.say(_("Next: {command}", command="crmctl audit run"))
            return
        heads = [(_("Id"), "left"), (_("On"), "left"), (_("Department"), "left"), (_("Records of"), "left"),
                 (_("State"), "left"), (_("Seen"), "right"), (_("Faults"), "right"), (_("Open"), "right"),
                 (_("Next"), "left")]  # fmt: skip
        table(heads, [_line(ledger, one) for one in found])  # type: ignore[arg-type]

    out.result("audits", found, draw)


@details(N_("Example: crmctl audit prove AU-3K7Q2M9T4A        (the sample drawn again from its seed and state)"))
def prove(
    audit: AuditArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Draw the sample again and compare."""
    from crmctl.ledger.affairs import auditing

    out = Out(as_json)
    again, differs = auditing.drawn_again(open_ledger(directory), audit)
    faults = [
        Finding("AUD010", N_("The seed draws other records than the audit holds: {records}"), "error", audit, "items",
                {"records": ", ".join(differs[:5])})
    ] if differs else []  # fmt: skip

    def draw() -> None:
        if not differs:
            count = len(again.records)
            out.line(_("The same {count} of {existing} were drawn again", count=count, existing=again.existing))

    data = {"id": audit, "seed": again.seed, "drawn_from": again.state, "same": not differs,
            "records": [record_id for record_id, _path in again.records]}  # fmt: skip
    out.result("audit-proof", data, draw, faults)
    if differs:
        raise typer.Exit(1)


@details(
    N_(
        "Example: crmctl audit evidence 某某医院 --out evidence-2026-11\n\n"
        "The folder holds the timeline, each version of each record that opens for you in the clear, the sealed "
        "originals, who signed each change, the public keys, and verify.py: whoever gets it proves it with Python "
        "alone, without crmctl, Git or a key. It is customer data in the clear: keep it safe."
    )
)
def evidence(
    who: Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))],
    folder: Annotated[Path, typer.Option("--out", "-o", metavar=N_("FOLDER"), help=N_("The new folder."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Write one customer's records and their proof into a folder."""
    from crmctl.trust.evidence import export

    out = Out(as_json)
    made = export(open_ledger(directory), who, folder)

    def draw() -> None:
        counts = {"steps": made.steps, "texts": made.texts, "sealed": made.sealed}
        out.line(_("Written to {path}", path=made.folder))
        out.say(_("{steps:change|changes}, {texts} versions in the clear, {sealed:sealed file|sealed files}", **counts))
        if made.closed:
            out.say(
                _(
                    "{count:sealed file does not open|sealed files do not open} for you: they are there sealed only",
                    count=made.closed,
                )
            )
        if made.faults:
            out.say(_("The history did not prove true ({count:fault|faults}): crmctl verify", count=made.faults))
        out.say(_("This is customer data in the clear: keep it safe, and destroy it after use"))
        out.say(_("Next: {command}", command=f"python3 {made.folder / 'verify.py'}"))

    out.result("evidence", made, draw)


def _rows(ledger: Ledger, drawn: Drawn) -> list[dict[str, object]]:
    """What is drawn as data: the id, the customer's name where it opens, and whether the record opens."""
    from crmctl.errors import CrmctlError
    from crmctl.ledger.snapshot.connection import connect
    from crmctl.model.paths import dossier_of

    names = dict(connect(ledger, ["customer"]).execute("SELECT id, name FROM customer"))
    rows: list[dict[str, object]] = []
    for record_id, path in drawn.records:
        dossier = dossier_of(path) or ""
        try:
            opens = ledger.read(path) is not None
        except CrmctlError:
            opens = False
        rows.append({"id": record_id, "dossier": dossier, "customer": names.get(dossier), "opens": opens})
    return rows


def _line(ledger: Ledger, one: Audit) -> tuple[object, ...]:
    kinds, org = ledger.in_force.kinds, ledger.in_force.org
    kind, of = kinds["audit"], kinds.get(one.of)
    department = org.departments.get(one.department)
    following = f"{one.next_on}{_(' (late)') if one.late else ''}" if one.next_on else ""
    return (
        one.id, one.on, label(department.label) if department else one.department, label(of.label) if of else one.of,
        label(kind.states.get(one.state, one.state)), f"{one.judged}/{one.sampled}", one.faults, one.open, following,
    )  # fmt: skip
