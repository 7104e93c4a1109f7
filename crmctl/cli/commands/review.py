"""`crmctl review`: what waits for somebody's approval, shown in the clear, approved, sent back, commented on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.commands.review_deeds import approved_lines, carry_out, fetched, lines_of, take_note
from crmctl.cli.commands.review_documents import approved_document, bundle_document, change_document
from crmctl.cli.commands.review_words import age_text, counts, open_texts
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.paging import page
from crmctl.cli.progress import transfer
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.review import notes, refusing
from crmctl.review.desk import Desk, desk_of
from crmctl.review.inbox import LACKING, Bundle, Handed
from crmctl.review.on_paper import OnPaper
from crmctl.review.picking import pick

What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar=N_("WHAT…"), help=N_("A submission (alice/3), a change of it (alice/3.2), an author, a customer or id.")
    ),
]


@details(
    N_(
        "Examples:\n\ncrmctl review            (at a terminal: one letter does it)\n\ncrmctl review list\n\n"
        "crmctl review show alice/3\n\ncrmctl review approve --clean\n\n"
        "crmctl review return alice/3.2 --reason '…'"
    )
)
def walk(directory: LedgerDir = None, as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Go through what waits for you, a letter a step; without a terminal the list."""
    from crmctl.cli.keys import can_walk

    desk = desk_of(open_ledger(directory))
    if as_json or not can_walk():
        _listed(Out(as_json), desk)
        return
    from crmctl.cli.commands.review_walk import Walk

    Walk(desk).run()


def list_waiting(directory: LedgerDir = None, as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List what was handed in for review and waits."""
    _listed(Out(as_json), desk_of(open_ledger(directory)))


@details(N_("Examples:\n\ncrmctl review show\n\ncrmctl review show alice/3\n\ncrmctl review show 某某医院"))
def show(
    what: What = None,
    full: Annotated[bool, typer.Option("--full", help=N_("Every record of a large submission."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show changes under review: every field, old and new."""
    out = Out(as_json)
    desk = desk_of(open_ledger(directory))
    every = [change for bundle in desk.bundles for change in bundle.changes]
    lacking = [change for bundle in desk.bundles if bundle.lacking for change in bundle.changes]
    mine = [change for change in every if change in desk.mine or change in lacking]
    chosen = pick(desk.bundles, desk.looked, what) if what else mine or every

    def draw() -> None:
        if not chosen:
            out.say(_("Nothing is under review"))
        page(line for change in chosen for line in lines_of(desk, change, full=full))

    out.result("review-changes", [change_document(desk, change, full=True) for change in chosen], draw)


@details(
    N_(
        "Examples:\n\ncrmctl review approve --clean   (all that wait for you and have no findings)\n\n"
        "crmctl review approve alice/3\n\ncrmctl review approve alice/3.1 alice/3.2\n\n"
        "crmctl review approve alice/3 --paper-for boss --scan 批示.pdf   (where the policy lets you record it)\n\n"
        "What needs nobody else's word any more is in force at once; the rest of a submission goes on waiting."
    )
)
def approve(
    what: What = None,
    clean: Annotated[bool, typer.Option("--clean", help=N_("Of these only the changes without findings."))] = False,
    everything: Annotated[bool, typer.Option("--all", help=N_("All that wait for you."))] = False,
    paper_for: Annotated[
        str | None,
        typer.Option("--paper-for", metavar=N_("MEMBER"), help=N_("Record what this leader signed on paper.")),
    ] = None,
    scan: Annotated[Path | None, typer.Option("--scan", metavar=N_("FILE"), help=N_("The scan of that paper."))] = None,
    signed_on: Annotated[
        date | None,
        typer.Option("--signed-on", metavar=N_("DATE"), parser=iso_date, help=N_("When it was signed, if not today.")),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Approve changes, or take note of what is in force."""
    if (paper_for is None) != (scan is None) or (signed_on is not None and scan is None):
        raise UsageError(_("A word on paper needs who signed it and the scan"), hint="--paper-for MEMBER --scan FILE")
    paper = OnPaper(paper_for, scan, signed_on) if paper_for and scan else None
    if not what and (paper or not (clean or everything)):
        raise UsageError(_("Say what to approve"), hint="crmctl review approve --clean")
    out = Out(as_json)
    ledger = open_ledger(directory)
    with transfer() as shown:
        ledger = fetched(ledger, shown)
        desk = desk_of(ledger)
        notices = () if paper else desk.notices
        taken = [item for item in notices if everything or clean or item.meant_by(what or ())]
        words = [word for word in what or () if not any(item.meant_by([word]) for item in taken)]
        named = pick(desk.bundles, desk.looked, words) if words else [] if what else desk.mine
        chosen = [change for change in named if desk.looked[change.name].clean or not clean]
        left = [change for change in named if change not in chosen and not change.returned]
        done = [] if dry_run else carry_out(desk, chosen, paper)
        if taken and not dry_run:
            take_note(ledger.reopened(), taken)

    def draw() -> None:
        if dry_run:
            out.line(_("Would approve {count:change|changes}", count=len(chosen) + len(taken)))
            for change in chosen:
                out.line(f"  {change.name}  {desk.looked[change.name].title}")
            return
        for line in approved_lines(desk, done, taken, len(left)):
            out.line(line)

    data = {
        "dry_run": dry_run, "chosen": [change.name for change in chosen],
        "approved": [approved_document(item) for item in done],
        "noted": [item.commit for item in taken], "left_out": len(left),
    }  # fmt: skip
    out.result("review-approve", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl review return alice/3.2 --reason '电话与合同不符'\n\n"
        "crmctl review return alice/3 --reason '…' --instruction '…'\n\n"
        "It stands in the author's list with the reason until it is handed in anew or taken back."
    )
)
def send_back(
    what: What,
    reason: Annotated[str, typer.Option("--reason", metavar=N_("TEXT"), help=N_("Why; the author reads it."))],
    instruction: Annotated[
        str | None, typer.Option("--instruction", metavar=N_("TEXT"), help=N_("What the author should do."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send changes back to their authors, with the reason."""
    file = partial(notes.send_back, reason=reason, instruction=instruction)
    _tell(directory, what or [], "return", file, dry_run=dry_run, as_json=as_json)


@details(N_("Example:\n\ncrmctl review comment alice/3.2 --text '…' --instruction '…'"))
def comment(
    what: What,
    text: Annotated[str, typer.Option("--text", metavar=N_("TEXT"), help=N_("What you want to tell."))] = "",
    instruction: Annotated[
        str | None, typer.Option("--instruction", metavar=N_("TEXT"), help=N_("What the author should do."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Tell authors something about changes without holding them up."""
    file = partial(notes.comment, text=text, instruction=instruction)
    _tell(directory, what or [], "comment", file, dry_run=dry_run, as_json=as_json)


@details(
    N_(
        "Example:\n\ncrmctl review refuse bob/1 --reason '…'\n\n"
        "The request stands in the register as refused, with the reason; nothing it asked for holds."
    )
)
def refuse(
    what: What,
    reason: Annotated[str, typer.Option("--reason", metavar=N_("TEXT"), help=N_("Why; the author reads it."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Refuse requests for good, with the reason."""
    _tell(directory, what or [], "refuse", partial(refusing.refuse, reason=reason), dry_run=dry_run, as_json=as_json)


def _tell(
    directory: LedgerDir, what: Sequence[str], deed: str, file: Callable[[Ledger, Sequence[Handed]], tuple[str, ...]],
    *, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """File what a reviewer says of changes, and exchange it."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    with transfer() as shown:
        ledger = fetched(ledger, shown)
        desk = desk_of(ledger)
        chosen = pick(desk.bundles, desk.looked, what)
        ids: tuple[str, ...] = ()
        if not dry_run:
            ids = file(ledger, chosen)
            fetched(ledger.reopened(), shown)
    said = {
        "return": _("Sent back: {count:change|changes}", count=len(chosen)),
        "refuse": _("Refused: {count:request|requests}", count=len(chosen)),
        "comment": _("Told: {count:change|changes}", count=len(chosen)),
    }[deed]

    def draw() -> None:
        out.line(said if not dry_run else _("{what} (nothing was written)", what=said))
        for change in chosen:
            out.line(f"  {change.name}  {desk.looked[change.name].title}")

    data = {"changes": [change.name for change in chosen], "notes": list(ids), "dry_run": dry_run}
    out.result(f"review-{deed}", data, draw)


def _listed(out: Out, desk: Desk) -> None:
    data = {
        "for_me": len(desk.mine), "without_findings": len(desk.clean),
        "bundles": [bundle_document(desk, item) for item in desk.bundles], "strays": list(desk.strays),
        "notices": [
            {"commit": item.commit, "about": item.about, "by": item.author, "day": item.day} for item in desk.notices
        ],
    }  # fmt: skip
    out.result("review", data, lambda: _draw(out, desk))


def _draw(out: Out, desk: Desk) -> None:
    mine = [bundle for bundle in desk.bundles if bundle.asks_me]
    others = [bundle for bundle in desk.bundles if not bundle.asks_me]
    for heading, group in ((_("Waits for you:"), mine), (_("Waits for others:"), others)):
        if group:
            out.line(heading)
            _table(desk, group)
    if desk.notices:
        out.line(_("For your information (crmctl review approve --all takes note):"))
        for item in desk.notices:
            out.line(f"  {item.day}  {member_name(desk.ledger, item.author)}  {', '.join(item.about)}")
    if desk.strays:
        out.line(_("Cannot be looked at here, for crmctl did not make it or not all of it has arrived: {names}",
                   names=", ".join(desk.strays)))  # fmt: skip
        out.line("  " + _("crmctl sync fetches again; what stays is for who looks after the server"))
    if mine:
        count = _("{count:change waits|changes wait} for you, {clean} of them without findings",
                  count=len(desk.mine), clean=len(desk.clean))  # fmt: skip
        out.say(_("{text}: {command}", text=count, command="crmctl review"))
    elif not others and not desk.notices and not desk.strays:
        out.say(_("Nothing is under review"))


def _table(desk: Desk, bundles: Sequence[Bundle]) -> None:
    columns = [
        (_("Handed in"), "left"), (_("Who"), "left"), (_("Changes"), "right"), (_("With findings"), "right"),
        (_("Oldest"), "right"), (_("Approvals"), "right"), (_("Still open"), "left"),
    ]  # fmt: skip
    rows = []
    for bundle in bundles:
        given, needed = counts(bundle)
        names = ", ".join(member_name(desk.ledger, author) for author in bundle.authors)
        still = "; ".join([*_special(bundle), *open_texts(desk.ledger, bundle.open)])
        found = sum(bool(desk.looked[change.name].findings) for change in bundle.changes)
        age = age_text(desk.ledger, bundle.since)
        rows.append((bundle.name, names, len(bundle.changes), found, age, f"{given}/{needed}", still))
    table(columns, rows)  # type: ignore[arg-type]


def _special(bundle: Bundle) -> list[str]:
    back = sum(change.returned for change in bundle.changes)
    met = sum(change.conflict for change in bundle.changes)
    words = [_("does not prove true [{code}]", code=bundle.wrong[0].code)] if bundle.wrong else []
    words += [_("not all of it has arrived here: crmctl sync [{code}]", code=LACKING)] if bundle.lacking else []
    words += [_("{count} sent back", count=back)] if back else []
    return words + ([_("{count} met another change", count=met)] if met else [])
