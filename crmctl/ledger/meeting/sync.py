"""Bring a copy and its server together: fetch, merge path by path, wrap what is pending, push.

main's first parent stays the server's: ours lands on theirs as a merge. The keyring stays linear:
our wraps are put anew onto the server's tip. Until review stands between them, a member's commits
go to main as they are (ADR 0006).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from secrets import randbelow
from time import sleep

from crmctl.errors import BadConfiguration, Conflict, GitFailed, InvalidInput, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.changing.numbering import give_numbers
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.ancestry import merge_base
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.git.remote import push
from crmctl.ledger.git.server import fetch_safely, remember_server, require_origin
from crmctl.ledger.git.transaction import Change, RefMove, merge_trees, move_refs, write
from crmctl.ledger.in_force import read_in_force
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.keyring_merge import merged_keyring
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.meeting.deciding_requests import decide_requests, looked_today
from crmctl.ledger.meeting.destroying import give_receipts
from crmctl.ledger.meeting.epochs import erase_old_epochs, next_keyring, old_keyrings, old_on_server
from crmctl.ledger.meeting.rewrap import rewrap
from crmctl.ledger.reading.slots_given import SLOT
from crmctl.ledger.snapshot.purge import purge
from crmctl.ledger.waiting.carrying import carry
from crmctl.ledger.waiting.destroyed_meanwhile import destroyed, own_commits, touched
from crmctl.ledger.waiting.hand_in_again import made_anew, sealed_to_old_keys
from crmctl.ledger.waiting.handed_in import outbox_push, to_hand_in, withdrawn_push
from crmctl.ledger.waiting.setting_aside import set_aside
from crmctl.ledger.waiting.taking_over import take_over
from crmctl.ledger.waiting.withdrawing import take_back_refused

_TRIES = 12
_REMOTE = "refs/remotes/origin/"


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: commits taken and given, wraps made, main's tip afterwards.

    `waiting` counts own changes that somebody has to look at and that were not submitted yet. `stuck` are those that
    met another change and could not be put together with it.
    """

    received: int
    sent: int
    wrapped: int
    head: str
    waiting: int = 0
    stuck: tuple[Conflict, ...] = ()


def sync(
    ledger: Ledger, progress: Progress | None = None, *, give_back: bool = False, gate: Gate | None = None,
    strict: bool = True,
) -> Synced:  # fmt: skip
    """Take what the server has, give it what it lacks. Raises GitFailed, Conflict, TrustBroken.

    Safe to break off at any moment and to run again; a second run does nothing. A server that no longer
    has what it had is told (TrustBroken), unless `give_back` says that it shall have it back from here.
    Without a `gate` nothing is proved (tests of the exchange alone). Registration numbers that are lacking are
    given at the end, once the server holds the records. With `strict` False an own change that waits and met another
    one is no error: who lands somebody else's change has done that all the same. It is in the result's `stuck`.
    """
    done = _all_exchanged(ledger, progress, give_back=give_back, gate=gate)
    if done.stuck and strict:
        raise done.stuck[0]
    return done


def _all_exchanged(ledger: Ledger, progress: Progress | None, *, give_back: bool, gate: Gate | None) -> Synced:
    done = _exchanged(ledger, progress, give_back=give_back, gate=gate)
    for _attempt in range(_TRIES):
        given = give_numbers(ledger.reopened().landed, gate, progress)
        if not given:
            break
        more = _exchanged(ledger.reopened(), progress, give_back=False, gate=gate)
        received = done.received + more.received - (1 if given > 0 else 0)
        done = replace(more, received=received, sent=done.sent + more.sent, wrapped=done.wrapped + more.wrapped)
    if (not looked_today(ledger) or done.received) and decide_requests(ledger.reopened().landed):
        more = _exchanged(ledger.reopened(), progress, give_back=False, gate=gate)
        done = replace(more, received=done.received, sent=done.sent + more.sent, wrapped=done.wrapped + more.wrapped)
    return done


def _exchanged(ledger: Ledger, progress: Progress | None, *, give_back: bool, gate: Gate | None) -> Synced:
    repo = ledger.repo
    before = ledger.main
    wrapped = arrived = 0
    require_origin(repo)
    for attempt in range(_TRIES):
        if attempt:
            sleep(attempt * (20 + randbelow(180)) / 1000)  # those who write at once must not meet again at once
        if gate and not attempt:
            gate.known(repo, *_servers(ledger))  # what was known before is the measure for what comes
        fetch_safely(repo, keyring_ref(ledger.in_force.settings.epoch), give_back=give_back, progress=progress)
        if gate:
            gate.taken(repo, *_servers(ledger))
        ledger = _integrate(ledger.landed)
        arrived += _count(repo_range=(before, ledger.main), ledger=ledger)  # while all of it is still there
        before = ledger.main
        ledger = _erased(ledger)
        ledger = ledger.reopened() if take_over(ledger) else ledger
        stuck = carry(ledger.reopened() if take_back_refused(ledger) else ledger)
        ledger = ledger.reopened()
        purge(ledger)
        wrapped += rewrap(ledger.landed)
        ledger = ledger.reopened()
        main, keyring = f"{_REMOTE}main", f"{_REMOTE}keyring/{ledger.in_force.settings.epoch}"
        theirs = {MAIN: repo.resolve(main), ledger.keyring.ref: repo.resolve(keyring)}
        # the keyring first: whoever fetches in between may see keys without records, not records without keys
        ours = {ledger.keyring.ref: ledger.keyring.tip, MAIN: ledger.main}
        received = arrived + _count(repo_range=(before, ledger.main), ledger=ledger)
        done = Synced(received, 0, wrapped, ledger.main, to_hand_in(ledger))
        waiting, lease = outbox_push(ledger)
        gone, gone_lease = withdrawn_push(ledger)
        waiting, lease = [*waiting, *gone], lease | gone_lease
        if ours == theirs and not waiting:
            remember_server(repo, ours)
            return replace(done, stuck=tuple(stuck))
        if gate:
            gate.given(repo, ledger.main, ledger.keyring.tip)
        sent = _count(repo_range=(theirs[MAIN], ledger.main), ledger=ledger)
        refspecs = [f"{oid}:{ref}" for ref, oid in ours.items() if oid and oid != theirs[ref]]
        if theirs[MAIN] is None:
            refspecs.reverse()  # forges take the first branch they get for the default one
        over = old_on_server(repo, ledger.in_force.settings.epoch)
        refspecs += [f":{ref}" for ref in over]
        outcome = push(repo, [*refspecs, *waiting], {**lease, **over}, progress=progress)
        if outcome.result == "done":
            _remembered(ledger, ours)
            return replace(done, sent=sent, stuck=tuple(stuck))
        if outcome.result == "refused":
            raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run crmctl sync again in a minute"))


def _remembered(ledger: Ledger, tips: Mapping[str, str | None]) -> None:
    """Note what the server holds now; a keyring that is over there goes here as well."""
    remember_server(ledger.repo, tips)
    if erase_old_epochs(ledger):
        purge(ledger.reopened())


def _erased(ledger: Ledger) -> Ledger:
    """Keyrings that are over go, and this device says so of what was destroyed."""
    erase_old_epochs(ledger)
    ledger = ledger.reopened()
    told = not old_keyrings(ledger.repo, ledger.in_force.settings.epoch) and give_receipts(ledger.landed)
    return ledger.reopened() if told else ledger


def _servers(ledger: Ledger) -> tuple[str | None, str | None]:
    """The server's main and keyring as last fetched."""
    repo = ledger.repo
    main = repo.resolve(f"{_REMOTE}main")
    epoch = ledger.in_force.settings.epoch
    if main:
        with suppress(BadConfiguration, InvalidInput):  # what does not load is for the gate to refuse
            epoch = read_in_force(repo, main).settings.epoch
    return main, repo.resolve(f"{_REMOTE}keyring/{epoch}")


def _integrate(ledger: Ledger) -> Ledger:
    """Merge what was fetched into this copy's main and keyring, in one transaction."""
    repo = ledger.repo
    theirs = repo.resolve(f"{_REMOTE}main")
    if theirs is None:
        return ledger.reopened()
    settings = read_in_force(repo, theirs).settings
    own = ledger.in_force.settings
    if settings.id != own.id or (settings.epoch == own.epoch and settings.root != own.root):
        raise TrustBroken(
            _("The server holds another ledger"), where=settings.id, hint=_("Check the address this copy was made from")
        )
    if set_aside(ledger, theirs):
        ledger = ledger.reopened().landed
    changes, moves = next_keyring(ledger, theirs)
    _keyring(ledger, changes, moves)
    _main(ledger, theirs, changes, moves)

    def move() -> None:
        if moves:
            move_refs(repo, moves)

    def make() -> None:
        if changes:
            write(repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)

    # killed in between, the keyring must be the one that is ahead
    steps = (make, move) if any(item.ref == MAIN for item in moves) else (move, make)
    for step in steps:
        step()
    return ledger.reopened()


def _main(ledger: Ledger, theirs: str, changes: list[Change], moves: list[RefMove]) -> None:
    repo, ours = ledger.repo, ledger.main
    base = _merge_base(ledger, ours, theirs)
    if base == theirs:
        return
    if base == ours:
        moves.append(RefMove(MAIN, new=theirs, old=ours))
        return
    merged = merge_trees(repo, base, ours, theirs)
    buried = touched(ledger, own_commits(ledger, theirs), destroyed(ledger, base, theirs))
    if merged.conflicts or buried or sealed_to_old_keys(ledger, base, theirs):
        anew = made_anew(ledger, base, theirs, merged.conflicts, len(changes))
        changes += anew
        moves += [] if anew else [RefMove(MAIN, new=theirs, old=ours)]
        return
    keyring = "@0" if changes else next((move.new for move in moves), None) or ledger.keyring.tip
    message = f"land {ledger.member_id}\n\nCrmctl-Action: land\nCrmctl-Keyring: {keyring}\n"
    changes.append(Change(MAIN, theirs, merged.edits, message, parents=[theirs, ours], expected=ours))


def _keyring(ledger: Ledger, changes: list[Change], moves: list[RefMove]) -> None:
    repo, ref = ledger.repo, keyring_ref(ledger.in_force.settings.epoch)
    theirs = repo.resolve(_REMOTE + ref.removeprefix("refs/heads/"))
    ours = ledger.keyring.tip
    if theirs is None or theirs == ours:
        return
    if ours is None:
        moves.append(RefMove(ref, new=theirs, old=None))
        return
    base = _merge_base(ledger, ours, theirs)
    if base == theirs:
        return
    if base == ours:
        moves.append(RefMove(ref, new=theirs, old=ours))
        return
    edits = merged_keyring(repo, base, ours, theirs)
    message = f"wrap {len(edits)} files\n\nCrmctl-Main: {ledger.main}\n"
    changes.append(Change(ref, theirs, edits, message, expected=ours))


def _merge_base(ledger: Ledger, ours: str, theirs: str) -> str:
    found = merge_base(ledger.repo, ours, theirs)
    if not found:
        raise TrustBroken(_("The server's history is another one"), hint=_("Ask who changed it before doing anything"))
    return found


def _count(repo_range: tuple[str | None, str], ledger: Ledger) -> int:
    """The changes in a range, without the landings and approvals that brought them."""
    old, new = repo_range
    if old == new:
        return 0
    words = [new, f"^{old}"] if old else [new]
    only = ("--no-merges", "-F", f"--grep={SLOT}: ", "--invert-grep")
    return int(ledger.repo.run("rev-list", "--count", *only, *words).decode().strip())
