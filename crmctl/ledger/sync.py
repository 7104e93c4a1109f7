"""Bring a copy and its server together: fetch, merge path by path, wrap what is pending, push.

main's first parent stays the server's: ours lands on theirs as a merge. The keyring stays linear:
our wraps are put anew onto the server's tip. Until review stands between them, a member's commits
go to main as they are (ADR 0006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmctl.errors import Conflict, GitFailed, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.draft import author_of
from crmctl.ledger.in_force import read_in_force
from crmctl.ledger.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.remote import fetch, push
from crmctl.ledger.rewrap import rewrap
from crmctl.ledger.transaction import Change, RefMove, merge_trees, move_refs, write
from crmctl.model.wraps import merge_wraps

_TRIES = 8
_REMOTE = "refs/remotes/origin/"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: commits taken and given, wraps made, and main's tip afterwards."""

    received: int
    sent: int
    wrapped: int
    head: str


def sync(ledger: Ledger, progress: Progress | None = None) -> Synced:
    """Take what the server has, give it what it lacks. Raises GitFailed, Conflict, TrustBroken.

    Safe to break off at any moment and to run again; a second run does nothing.
    """
    repo = ledger.repo
    before = ledger.head
    for _attempt in range(_TRIES):
        fetch(repo, progress=progress)
        ledger = _integrate(ledger)
        wrapped = rewrap(ledger)
        if wrapped:
            ledger = _reopened(ledger)
        main, keyring = f"{_REMOTE}main", f"{_REMOTE}keyring/{ledger.in_force.settings.epoch}"
        theirs = {MAIN: repo.resolve(main), ledger.keyring.ref: repo.resolve(keyring)}
        ours = {MAIN: ledger.head, ledger.keyring.ref: ledger.keyring.tip}
        received = _count(repo_range=(before, ledger.head), ledger=ledger)
        if ours == theirs:
            return Synced(received, 0, wrapped, ledger.head)
        sent = _count(repo_range=(theirs[MAIN], ledger.head), ledger=ledger)
        refspecs = [f"{oid}:{ref}" for ref, oid in ours.items() if oid and oid != theirs[ref]]
        outcome = push(repo, refspecs, progress=progress)
        if outcome.result == "done":
            return Synced(received - sent if received > sent else 0, sent, wrapped, ledger.head)
        if outcome.result == "refused":
            raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run crmctl sync again in a minute"))


def _reopened(ledger: Ledger) -> Ledger:
    """The same copy at its new tip, with the identity already unlocked."""
    fresh = Ledger(ledger.repo.path, home=ledger.home)
    fresh.__dict__["identity"] = ledger.identity
    return fresh


def _integrate(ledger: Ledger) -> Ledger:
    """Merge what was fetched into this copy's main and keyring, in one transaction."""
    repo = ledger.repo
    theirs = repo.resolve(f"{_REMOTE}main")
    if theirs is None:
        return _reopened(ledger)
    settings = read_in_force(repo, theirs).settings
    own = ledger.in_force.settings
    if settings.id != own.id or (settings.epoch == own.epoch and settings.root != own.root):
        raise TrustBroken(
            _("The server holds another ledger"), where=settings.id, hint=_("Check the address this copy was made from")
        )
    changes: list[Change] = []
    moves: list[RefMove] = []
    _keyring(ledger, changes, moves)
    _main(ledger, theirs, changes, moves)
    if moves:
        move_refs(repo, moves)
    if changes:
        write(repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)
    return _reopened(ledger)


def _main(ledger: Ledger, theirs: str, changes: list[Change], moves: list[RefMove]) -> None:
    repo, ours = ledger.repo, ledger.head
    base = _merge_base(ledger, ours, theirs)
    if base == theirs:
        return
    if base == ours:
        moves.append(RefMove(MAIN, new=theirs, old=ours))
        return
    merged = merge_trees(repo, base, ours, theirs)
    if merged.conflicts:
        listed = ", ".join(merged.conflicts[:5])
        raise Conflict(
            _("{count} records were changed here and elsewhere meanwhile", count=len(merged.conflicts)), where=listed,
            hint=_("crmctl undo takes back the change made here"),
        )  # fmt: skip
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
    edits: dict[str, bytes | None] = {}
    for change in repo.changed(base, ours):
        mine = repo.read_blob(change.new_oid) if change.new_oid else b""
        shared = repo.read(theirs, change.path) or b""
        edits[change.path] = merge_wraps(mine, shared)
    message = f"wrap {len(edits)} files\n\nCrmctl-Main: {ledger.head}\n"
    changes.append(Change(ref, theirs, edits, message, expected=ours))


def _merge_base(ledger: Ledger, ours: str, theirs: str) -> str | None:
    found = ledger.repo.run("merge-base", ours, theirs, check=False).decode().strip()
    if not found:
        raise TrustBroken(_("The server's history is another one"), hint=_("Ask who changed it before doing anything"))
    return found


def _count(repo_range: tuple[str | None, str], ledger: Ledger) -> int:
    old, new = repo_range
    words = [new, f"^{old}"] if old else [new]
    return int(ledger.repo.run("rev-list", "--count", "--no-merges", *words).decode().strip())
