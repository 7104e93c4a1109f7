"""`crmctl clone URL DIR` and `crmctl sync`: a copy of one's own, kept together with the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.commands.init import default_member
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.progress import transfer
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.review.own import asked_of


@details(N_("Example: crmctl clone ssh://git@server/sales.git sales --as bob"))
def clone(
    url: Annotated[str, typer.Argument(metavar="URL", help=N_("Where the ledger stands."))],
    directory: Annotated[Path, typer.Argument(metavar=N_("DIR"), help=N_("The new folder."))],
    member: Annotated[
        str | None, typer.Option("--as", metavar=N_("MEMBER"), help=N_("Your short name in the ledger."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a copy of a ledger for yourself."""
    from crmctl.ledger.setup.joining import join
    from crmctl.trust.gate import Gate

    out = Out(as_json)
    with transfer() as shown:
        ledger = join(url, directory, member or default_member(), shown, prove=Gate().taken)
    said = _("Your copy of {company} is ready in {path}", company=ledger.in_force.settings.company, path=directory)
    who = member or default_member()
    known = who in ledger.in_force.org.members

    def draw() -> None:
        out.line(said)
        if not known:
            out.say(_("The ledger does not know {member} yet; send the line that crmctl key new {member} prints to who "
                      "looks after it", member=who))  # fmt: skip

    out.result("clone", {"path": str(directory), "commit": ledger.head, "known": known}, draw)


@details(N_("Example: crmctl sync. Safe to break off and to run again."))
def sync(
    give_back: Annotated[
        bool,
        typer.Option("--give-back", help=N_("Give a server that was set back everything this copy has.")),
    ] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Exchange changes with the others."""
    from crmctl.ledger.git.sparse import refresh_drivers
    from crmctl.ledger.meeting.sync import sync as exchange
    from crmctl.trust.gate import Gate

    out = Out(as_json)
    ledger = open_ledger(directory)
    refresh_drivers(ledger.repo)
    if ledger.values().get("read_log"):
        from crmctl.ledger.changing.read_log import hand_in_readings

        hand_in_readings(ledger)
        ledger = ledger.reopened()
    from crmctl.review.notes import close_answered

    ledger = ledger.reopened() if close_answered(ledger) else ledger
    before = _under_review(ledger)
    with transfer() as shown:
        done = exchange(ledger, shown, give_back=give_back, gate=Gate(give_back))
    for_me = asked_of(ledger.reopened()) if _under_review(ledger) - before else 0
    data = {
        "received": done.received, "sent": done.sent, "wrapped": done.wrapped, "commit": done.head,
        "waiting": done.waiting, "for_me": for_me,
    }  # fmt: skip

    def draw() -> None:
        out.line(_("Received {received:change|changes}, sent {sent}", received=done.received, sent=done.sent))
        if done.waiting:
            out.line(_("{count} of your changes still to hand in: crmctl submit", count=done.waiting))
        if for_me:
            out.line(_("{count:change waits|changes wait} for you: crmctl review", count=for_me))

    out.result("sync", data, draw)


def _under_review(ledger: Ledger) -> set[tuple[str, str]]:
    """What others have under review, as last fetched: where it lies and as what."""
    from crmctl.ledger.waiting.handed_in import submitted

    return {(one.ref, one.tip) for one in submitted(ledger.repo) if one.member != ledger.member_id}
