"""Approve what was handed in: the approvals one may give, on a bundle or a part of it, and the landing (ADR 0023)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crmctl.errors import Conflict, GitFailed, Refused
from crmctl.i18n import _
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.git.remote import push
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.landing import land
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.pending import stacks_of
from crmctl.ledger.waiting.bundle import give_slot, make_bundle
from crmctl.ledger.waiting.handed_in import review_ref, submitted
from crmctl.review.inbox import MAY_COME, Bundle, Handed, inbox, servers_main
from crmctl.review.looking import routed_wrong
from crmctl.review.on_paper import OnPaper, recordable, scan_of
from crmctl.review.seats import must_have_seats
from crmctl.rules.slots import Choice, Standing, choices
from crmctl.trust.review import Reviewed, judged

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of approving changes of one bundle.

    `given` are the approvals given (none: somebody else was first), `landed` main's commit where nothing was open
    any more, `open` what still is. `left` names changes of the bundle that go on waiting.
    """

    bundle: str
    changes: tuple[str, ...]
    given: tuple[Choice, ...]
    landed: str | None
    open: tuple[Standing, ...]
    left: tuple[str, ...]


def approve(
    ledger: Ledger, bundle: Bundle, changes: Collection[str], *, paper: OnPaper | None = None,
    gate: Gate | None = None, progress: Progress | None = None,
) -> Approved:  # fmt: skip
    """Give every approval the member may for these changes (by name) of a bundle, and land what needs no more.

    With `paper` these are approvals that a leader without a key gave on paper, recorded with the scan.
    Of two who approve at once one is first; the other finds it done. Raises Refused where nothing of them waits for the
    member or a grade among them has no seat, Conflict when main changed the same meanwhile, GitFailed when the
    server refuses, TrustBroken.
    """
    tips = {change.stack.tip for change in bundle.changes if change.name in changes}
    wanted: Bundle | None = bundle
    for _attempt in range(_TRIES):
        main = servers_main(ledger)
        if tips and not stacks_of(ledger.repo, sorted(tips), (main,))[0]:
            return Approved(bundle.name, tuple(sorted(changes)), (), main, (), ())
        if wanted is None:
            raise Conflict(_("It was handed in anew meanwhile"), where=bundle.name, hint="crmctl review")
        chosen = [change for change in wanted.changes if change.stack.tip in tips]
        done = _given(ledger, wanted, chosen, paper, gate, progress)
        if done is not None:
            return done
        sync(ledger, progress, gate=gate, strict=False)  # somebody was first: look again
        ledger = ledger.reopened()
        wanted = next((item for item in inbox(ledger) if tips & {c.stack.tip for c in item.changes}), None)
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run it again in a minute"))


def _given(
    ledger: Ledger, bundle: Bundle, asked: Sequence[Handed], paper: OnPaper | None, gate: Gate | None,
    progress: Progress | None,
) -> Approved | None:  # fmt: skip
    mine = [change for change in asked if _asked_of(ledger, change, paper)]
    chosen = [change for change in asked if change in mine or _is_free(change)]
    if bundle.wrong or not mine:
        raise _nothing_to_give(bundle, asked)
    _rightly_routed(ledger, chosen)
    must_have_seats(ledger, bundle, chosen)
    part = not bundle.whole or len(chosen) < len(bundle.changes)
    tip = bundle.one.tip
    if part:
        tip = make_bundle(ledger, servers_main(ledger), [change.stack.tip for change in chosen])
    given = []
    reviewed = _sound(ledger, tip)
    while options := [item for item in _options(ledger, reviewed, paper) if item not in given]:
        one, recorded = options[0], None
        if paper:
            about = [name for change in chosen for name in change.about]
            said, standing_on = (bundle.name, tuple(dict.fromkeys(about))), reviewed.bundle or tip
            recorded = (paper.leader, scan_of(ledger, paper, standing_on, one.department, said, gate, progress))
            ledger = ledger.reopened()
        tip = give_slot(ledger, tip, one.slot.act, one.role, one.department, recorded)
        given.append(one)
        reviewed = _sound(ledger, tip)
    names = tuple(change.name for change in chosen)
    left = tuple(change.name for change in bundle.changes if change not in chosen)
    if not given:
        raise _nothing_to_give(bundle, asked)
    if all(item.lands for item in reviewed.open):
        landed = land(ledger, tip, gate=gate, progress=progress)
        return Approved(bundle.name, names, tuple(given), landed, reviewed.open, left)
    ref = _further_ref(ledger, bundle) if part else bundle.one.ref
    outcome = push(ledger.repo, [f"{tip}:{ref}"], progress=progress)
    if outcome.result == "refused":
        raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
    if outcome.result == "stale":
        return None
    sync(ledger, progress, gate=gate, strict=False)
    return Approved(bundle.name, names, tuple(given), None, reviewed.open, left)


def _rightly_routed(ledger: Ledger, chosen: Sequence[Handed]) -> None:
    """Raises Refused where a change asks others than those its address and size call for."""
    wrong = [item for change in chosen for item in routed_wrong(ledger, change.stack) if item.severity == "error"]
    if wrong:
        raise Refused(
            _("It was passed on to others than those who decide about it"), where=chosen[0].name, rule=wrong[0].code,
            findings=wrong, hint=f"crmctl review return {chosen[0].name}",
        )  # fmt: skip


def _is_free(change: Handed) -> bool:
    """Whether it lands without anybody's word, along with others."""
    return (
        not change.conflict and not change.returned and not change.lacking and all(item.lands for item in change.open)
    )


def _asked_of(ledger: Ledger, change: Handed, paper: OnPaper | None) -> bool:
    if paper is None:
        return change.asks_me
    return not (change.conflict or change.returned) and bool(recordable(ledger, paper, change.open, change.authors))


def _options(ledger: Ledger, reviewed: Reviewed, paper: OnPaper | None) -> tuple[Choice, ...]:
    """What the member may give now; one approval fills every demand that asks for the same."""
    if paper:
        return recordable(ledger, paper, reviewed.open, reviewed.authors)
    return choices(reviewed.open, ledger.in_force.org, ledger.member, reviewed.authors, ledger.today)


def _sound(ledger: Ledger, tip: str) -> Reviewed:
    """What stands at `tip`, proved. Raises Refused for what nobody could land, Conflict for what met another change."""
    reviewed = judged(ledger.repo, tip, main=servers_main(ledger))
    wrong = [item for item in reviewed.findings if item.severity == "error" and item.code not in MAY_COME]
    if wrong:
        raise Refused(
            _("What was handed in does not prove true"), where=tip[:12], rule=wrong[0].code, findings=wrong,
            hint=_("Show this to who looks after the ledger: crmctl verify"),
        )  # fmt: skip
    if reviewed.conflicts:
        raise Conflict(
            _("It was changed here and elsewhere meanwhile"), where=reviewed.conflicts[0],
            hint=_("Who handed it in runs crmctl sync and crmctl submit; then look at it again"),
        )  # fmt: skip
    return reviewed


def _further_ref(ledger: Ledger, bundle: Bundle) -> str:
    """A new branch for a part: the author's next number, so that the author may take it back as well."""
    whose = bundle.one.member
    return review_ref(whose, max(one.number for one in submitted(ledger.repo, whose)) + 1)


def _nothing_to_give(bundle: Bundle, asked: Sequence[Handed]) -> Refused:
    why = _("It does not wait for you")
    if bundle.wrong:
        why = _("What was handed in does not prove true")
    elif any(change.conflict for change in asked):
        why = _("It was changed here and elsewhere meanwhile")
    elif any(change.returned for change in asked):
        why = _("It was sent back; its author has to hand it in anew")
    hint = f"crmctl review show {bundle.name}"
    return Refused(why, where=bundle.name, hint=hint, findings=bundle.wrong)
