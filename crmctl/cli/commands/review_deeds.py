"""What `crmctl review` and its walk do alike: exchange, carry out, tell what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crmctl.cli.commands.review_words import change_lines, open_texts
from crmctl.cli.out import say
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.review import approving, noticing
from crmctl.review.approving import Approved
from crmctl.review.desk import Desk
from crmctl.review.inbox import Handed, inbox
from crmctl.review.noticing import Notice
from crmctl.review.on_paper import OnPaper


def lines_of(desk: Desk, change: Handed, *, full: bool = False) -> Iterator[str]:
    """A change as a person reads it, with a line's distance to the next."""
    yield from change_lines(desk.ledger, desk.looked[change.name], full=full)
    yield ""


def fetched(ledger: Ledger, shown: object = None) -> Ledger:
    """The ledger after an exchange with the server."""
    from crmctl.ledger.meeting.sync import sync
    from crmctl.trust.gate import Gate

    done = sync(ledger, shown, gate=Gate(), strict=False)  # type: ignore[arg-type]
    if done.stuck:
        say(_("One of your own changes met another; settle it: crmctl resolve"))
    return ledger.reopened()


def carry_out(desk: Desk, chosen: Sequence[Handed], paper: OnPaper | None = None) -> list[Approved]:
    """Approve changes, submission by submission; each is looked up anew, for main moves with every landing."""
    from crmctl.trust.gate import Gate

    done, ledger, bundles = [], desk.ledger, desk.bundles
    for name in dict.fromkeys(change.name.rpartition(".")[0] for change in chosen):
        tips = {change.stack.tip for change in chosen if change.name.rpartition(".")[0] == name}
        bundle = next((item for item in bundles if tips & {change.stack.tip for change in item.changes}), None)
        if bundle is None:
            continue  # somebody else was first
        names = [change.name for change in bundle.changes if change.stack.tip in tips]
        done.append(approving.approve(ledger, bundle, names, paper=paper, gate=Gate()))
        ledger = ledger.reopened()
        bundles = inbox(ledger)
    return done


def take_note(ledger: Ledger, notices: Iterable[Notice]) -> None:
    """Acknowledge what is in force, and let the server know."""
    noticing.acknowledge(ledger, list(notices))
    fetched(ledger.reopened())


def approved_lines(desk: Desk, done: Sequence[Approved], noted: Sequence[Notice], left_out: int) -> list[str]:
    """What came of approving, for a person."""
    landed = sum(len(item.changes) for item in done if item.landed and item.given)
    further = [item for item in done if not item.landed and item.given]
    lines = [_("Approved and in force: {count:change|changes}", count=landed)] if landed else []
    for item in further:
        lines.append(
            _("Approved: {count:change|changes} of {name}; still open:", count=len(item.changes), name=item.bundle)
        )
        lines += [f"  {text}" for text in open_texts(desk.ledger, item.open)]
    first = sum(len(item.changes) for item in done if not item.given)
    lines += [_("{count:was|were} approved by somebody else meanwhile", count=first)] if first else []
    lines += [_("Taken note of: {count:change|changes}", count=len(noted))] if noted else []
    lines += [_("Left out because of findings: {count}; crmctl review show", count=left_out)] if left_out else []
    return lines or [_("Nothing waits for you")]
