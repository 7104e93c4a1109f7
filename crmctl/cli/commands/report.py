"""`crmctl report NAME`: what people read of the ledger, in eight formats."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.console import is_terminal
from crmctl.cli.context import open_ledger
from crmctl.cli.giving import Along, Basis, Consent, Law, Purpose, SealTo, To, Under
from crmctl.cli.options import AsJson, AsOf, At, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import BadConfiguration, GitFailed, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger

if TYPE_CHECKING:
    from crmctl.ledger.affairs.disclosing import Giving
    from crmctl.report.filled import Filled
    from crmctl.report.question import Asked

DIFF, ADD, REMOVE = "diff", "add", "remove"


@details(
    N_(
        "Examples:\n\ncrmctl report --list\n\ncrmctl report customers\n\n"
        "crmctl report card --customer 某某医院 --out card.html\n\n"
        "crmctl report sales --period 2026H1 --out sales.xlsx\n\n"
        "crmctl report diff 2026-06-30..2026-09-30 customers\n\n"
        "crmctl report customers --department east --seal-to east --out east.html\n\n"
        "crmctl report add FOLDER\n\ncrmctl report remove NAME\n\n"
        "`add` tries a report of your own and takes it into the ledger under its folder's name, where it goes before "
        "the shipped one of that name; `remove` takes it out again."
    )
)
def report(
    name: Annotated[str | None, typer.Argument(metavar=N_("NAME"), help=N_("Which report."))] = None,
    rest: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A..B NAME",
            help=N_("After diff: two dates or states, and the report. After add: a folder."),
            show_default=False,
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help=N_("List the reports by who reads them."))] = False,
    period: Annotated[
        str | None, typer.Option("--period", help=N_("2026, 2026H1, 2026Q3, 2026-05 or 2026-01-15..2026-03-31."))
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))
    ] = None,
    department: Annotated[
        str | None, typer.Option("--department", help=N_("Only this department's; all for every one you can open."))
    ] = None,
    member: Annotated[
        str | None, typer.Option("--member", metavar=N_("MEMBER"), help=N_("Only this person's; all for everybody's."))
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="term|md|html|csv|json|xlsx|pdf|docx", help=N_("How it is drawn."))
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar=N_("FILE"),
            help=N_("Write it to this file, or into this folder under its name and day."),
        ),
    ] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help=N_("Tell the records behind the figures, and add them up again."))
    ] = False,
    to: To = None,
    purpose: Purpose = None,
    basis: Basis = None,
    law: Law = None,
    consent: Consent = None,
    under: Under = None,
    seal_to: SealTo = None,
    along: Along = None,
    as_of: AsOf = None,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draw a report: lists, cards, figures."""
    from crmctl.ledger.affairs.disclosing import settled
    from crmctl.ledger.reading.redaction import withheld_outside
    from crmctl.report.catalogue import find_report
    from crmctl.report.fill import fill
    from crmctl.report.formats import format_of
    from crmctl.report.question import Asked

    if name is None:
        if not listed:
            raise UsageError(_("Say which report"), hint="crmctl report --list")
        _list(open_ledger(directory, at), Out(as_json or form == "json"))
        return
    if name in {ADD, REMOVE}:
        if len(rest or []) != 1:
            raise UsageError(_("Say which report"), hint=f"crmctl report {name} {'FOLDER' if name == ADD else 'NAME'}")
        _take(open_ledger(directory), name, (rest or [""])[0], Out(as_json), dry_run=dry_run)
        return
    folder = out_file if out_file and out_file.is_dir() else None
    sealed = tuple(seal_to or ())
    plain = out_file.with_suffix("") if out_file and sealed and out_file.suffix == ".age" else out_file
    chosen = format_of("json" if as_json else form, None if folder else plain)
    if folder and chosen == "term":
        chosen = "html"
    if (to or under or sealed) and (name == DIFF or not out_file):
        raise UsageError(_("Only a report in a file is given away: --out FILE"), where=name)
    asked = Asked(period, as_of, member, department, customer)
    ledger, giving = open_ledger(directory, at), None
    if name == DIFF:
        filled = _compared(rest or [], asked, directory, at)
    elif rest:
        raise UsageError(_("Too much: {text}", text=rest[0]), hint="crmctl report --list")
    else:
        giving = settled(ledger, to, purpose, basis, law=law, consent=consent, under=under, along=along or ())
        withheld = withheld_outside(ledger, along or ()) if giving else None
        filled = fill(ledger, find_report(ledger, name), asked, evidence=evidence, withheld=withheld)
    filled = _told(filled) if evidence else filled
    if plain:
        _give(ledger, filled, chosen, folder / _file_name(filled, chosen) if folder else plain, sealed, giving)
    else:
        _show(filled, chosen)


def _take(ledger: Ledger, what: str, which: str, out: Out, *, dry_run: bool) -> None:
    """Take a report of the company's own into the ledger, or out of it."""
    from crmctl.report.taking import add_report, remove_report

    if what == REMOVE:
        commit = remove_report(ledger, which, dry_run=dry_run)
        data: dict[str, object] = {"report": which, "changed": True, "commit": commit, "dry_run": dry_run}
        said = (
            _("{name} would be taken out", name=which) if dry_run else _("{name} is out. Next: crmctl sync", name=which)
        )
        out.result("report-remove", data, lambda: out.line(said))
        return
    taken = add_report(ledger, Path(which), dry_run=dry_run)
    name = f"{taken.report.name} ({label(taken.report.title)})"
    data = {
        "report": taken.report.name, "before": taken.before or None, "changed": taken.changed, "commit": taken.commit,
        "dry_run": dry_run,
    }  # fmt: skip

    def show() -> None:
        if not taken.changed:
            out.line(_("{name} is in the ledger so already; nothing was written", name=name))
        elif dry_run:
            out.line(_("{name} can be drawn and would be taken in", name=name))
        else:
            out.line(_("{name} is in the ledger. Next: crmctl sync", name=name))
        if taken.before == "shipped":
            out.line(_("It goes before the shipped report of that name; crmctl report remove {name} brings that back",
                       name=taken.report.name))  # fmt: skip

    out.result("report-add", data, show)


def _compared(rest: list[str], asked: Asked, directory: Path | None, at: str | None) -> Filled:
    from crmctl.report.catalogue import find_report
    from crmctl.report.compare import fill_both, two_states

    if len(rest) != 2 or at:
        raise UsageError(
            _("Say which two states and which report"), hint="crmctl report diff 2026-06-30..2026-09-30 customers"
        )
    first, last = two_states(rest[0])
    after = open_ledger(directory, last)
    return fill_both(open_ledger(directory, first), after, find_report(after, rest[1]), asked)


def _file_name(filled: Filled, form: str) -> str:
    """What a report is called in a folder: its name, whose, and when, so that tomorrow's does not replace it."""
    parts = [filled.report.name, *([filled.scope_id] if filled.scope_id else []), filled.period or "", filled.as_of]
    return f"{'_'.join(part.replace('..', '-') for part in parts if part)}.{form}"


def _told(filled: Filled) -> Filled:
    """The report with its evidence. Raises InvalidInput when a figure is not what its records add up to."""
    from crmctl.errors import InvalidInput
    from crmctl.report.evidence import differing, with_evidence

    wrong = differing(filled)
    if wrong:
        raise InvalidInput(
            _("The records do not add up to: {figures}", figures=_("; ").join(wrong[:5])),
            where=filled.report.folder, hint=_("The report's two questions differ; whoever keeps it can tell why"),
        )  # fmt: skip
    if all(table.behind is None for table in filled.tables):
        raise UsageError(_("This report does not tell the records behind its figures"), where=filled.report.name)
    return with_evidence(filled)


def _give(
    ledger: Ledger, filled: Filled, form: str, path: Path, sealed: Sequence[str], giving: Giving | None
) -> None:  # fmt: skip
    """Draw it and write it: marked and put on record first where it goes outside, sealed where that was asked for."""
    from crmctl.ledger.affairs.disclosing import disclose
    from crmctl.ledger.reading.recipients import and_keys, sealed_for
    from crmctl.report.formats import draw

    content = draw(replace(filled, given=giving.mark(ledger)) if giving else filled, form)
    if sealed:
        content, path = sealed_for(ledger, content, sealed), path.with_name(f"{path.name}.age")
    for record in disclose(ledger, giving, filled.customers, and_keys(ledger, filled.title, sealed)) if giving else ():
        Out().say(_("On record: {record}", record=record))
    _write(content, path)
    Out().say(_("Written to {path}", path=path))


def _write(content: bytes, path: Path) -> None:
    from crmctl.ledger.disk.files import write_atomic

    try:
        write_atomic(path, content)
    except OSError as error:
        raise GitFailed(
            _("{path} cannot be written", path=path), where=str(path),
            hint=_("Is the folder there, and yours to write in?"),
        ) from error  # fmt: skip


def _show(filled: Filled, form: str) -> None:
    from crmctl.report.document import to_document
    from crmctl.report.formats import FILES_ONLY, draw

    if form == "json":
        Out(json=True).result("report", to_document(filled), lambda: None)
    elif form == "term":
        from crmctl.cli.report_on_screen import on_screen

        on_screen(filled, Out())
    elif form in FILES_ONLY and is_terminal(sys.stdout):
        raise UsageError(_("This format cannot be shown here"), hint=f"--out FILE.{form}")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(draw(filled, form))
        sys.stdout.buffer.flush()


def _about(item: dict[str, object]) -> str:
    about, pack = item["about"], item["belongs_to"]
    return _("{about} ({pack})", about=about, pack=pack) if pack else str(about)


def _list(ledger: Ledger, out: Out) -> None:
    from crmctl.report.belonging import belongs_to, waits_for
    from crmctl.report.catalogue import find_report, report_names

    data: list[dict[str, object]] = []
    for name in report_names(ledger):
        try:
            one = find_report(ledger, name)
        except BadConfiguration as error:  # the others are there
            about = _("cannot be drawn: {why}", why=f"{error.what} ({error.where})")
            data.append({"name": name, "title": "", "audience": "", "about": about, "belongs_to": "", "own": True})
            continue
        data.append({
            "name": one.name, "title": label(one.title), "audience": label(one.audience), "about": label(one.about),
            "scope": one.scope, "period": one.period, "own": one.own, "belongs_to": belongs_to(waits_for(ledger, one)),
        })  # fmt: skip
    data.sort(key=lambda item: (str(item["audience"]), str(item["name"])))
    heads = [(_("Read by"), "left"), (_("Report"), "left"), (_("Title"), "left"), (_("What it shows"), "left")]
    rows = [(item["audience"], item["name"], item["title"], _about(item)) for item in data]
    out.result("reports", data, lambda: table(heads, rows))  # type: ignore[arg-type]  # the literals
