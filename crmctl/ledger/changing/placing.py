"""Where a change is written: to main when nobody has to look at it first, else beside main to wait (ADR 0023)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crmctl.errors import Conflict
from crmctl.i18n import _
from crmctl.ledger.changing.wrapping import keyring_change
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.objects import Who, trailers_in
from crmctl.ledger.git.plan import BlobRef, Edit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, RefMove, merge_trees, write
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.outbox import outbox_change
from crmctl.ledger.pending import Stack, view_change
from crmctl.model.dossier import clear_path
from crmctl.model.paths import dossier_of
from crmctl.model.values import Value

Lines = Mapping[str, Mapping[tuple[str, int], bytes]]
Dropped = Mapping[str, Collection[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Intent:
    """One change of main: its files, its message with trailers, and the wraps it needs and takes away.

    `said` is what its records say: a change that names something new which waits, waits with it.
    """

    edits: Mapping[str, Edit]
    message: str
    lines: Lines = field(default_factory=dict)
    dropped: Dropped = field(default_factory=dict)
    said: Sequence[Value] = ()


def place(ledger: Ledger, intent: Intent) -> str:
    """Write a change as one signed commit, with the wraps it needs. Returns its id.

    It goes to main unless the policy wants somebody to look at it first, or it builds on a change that waits.
    Raises Conflict when somebody else wrote meanwhile; then nothing was written.
    """
    stacks = ledger.pending.stacks
    named = set(_texts(intent.said)) if stacks else set()
    below = [stack for stack in stacks if stack.touched_by(intent.edits) or named & stack.makes]
    if below or waits(ledger, intent.edits, trailers_in(intent.message)):
        return _beside_main(ledger, intent, below)
    return _on_main(ledger, intent)


def waits(ledger: Ledger, edits: Mapping[str, Edit], trailers: Sequence[tuple[str, str]] = ()) -> bool:
    """Whether the policy wants somebody else to look at a change of main before it lands; `trailers` say its route."""
    if not ledger.in_force.pack.review:
        return False
    from crmctl.ledger.changing.reviewing import must_wait, slots_wanted, touched_by

    changes = touched_by(ledger.repo, ledger.main, edits, trailers)
    return must_wait(slots_wanted(ledger.in_force, ledger.member, ledger.today, changes))


def author_of(ledger: Ledger) -> Who:
    """The commit's author and committer: the member's id, never a name."""
    return Who(ledger.member_id, f"{ledger.member_id}@{ledger.in_force.settings.id}.crmctl.invalid")


def edits_of(ledger: Ledger, commit: str) -> dict[str, Edit]:
    """What a commit changed, as edits to put onto another tree."""
    parent = ledger.repo.commit(commit).parents[0]
    return {
        change.path: BlobRef(change.new_oid, change.new_mode) if change.new_oid else None
        for change in ledger.repo.changed(parent, commit)
    }


def _on_main(ledger: Ledger, intent: Intent) -> str:
    keyring = keyring_change(ledger, intent.lines, intent.dropped)
    message = intent.message + ("Crmctl-Keyring: @0\n" if keyring else "")
    changes = [*keyring, Change(MAIN, ledger.main, intent.edits, message)]
    number, moves = len(changes) - 1, list[RefMove]()
    if ledger.pending.view is not None and (intent.edits or not ledger.pending.is_current):
        stacks = _standing(ledger)
        edits = {**intent.edits, **{path: edit for stack in stacks for path, edit in stack.edits.items()}}
        view, moves = view_change(ledger.pending, f"@{number}", [s.tip for s in stacks], edits, ledger.member_id)
        changes += view
    return _written(ledger, changes, moves)[number]


def _beside_main(ledger: Ledger, intent: Intent, below: Sequence[Stack]) -> str:
    stacks = _standing(ledger)
    changes: list[Change] = []
    onto, first = (below[0].tip, 1) if below else (ledger.main, 0)
    if below and _is_older(ledger, below[0], intent.edits):
        onto, first = ledger.main, 0  # it does not hold what this changes yet: it is made anew on main
    # two that this change joins become one: the commits of the others follow on the first
    for commit in (commit for stack in below[first:] for commit in stack.commits):
        changes.append(Change(None, onto, edits_of(ledger, commit), ledger.repo.commit(commit).message))
        onto = f"@{len(changes) - 1}"
    number = len(changes)
    changes.append(Change(None, onto, intent.edits, intent.message))
    tips = [*(stack.tip for stack in stacks if stack not in below), f"@{number}"]
    edits = {**ledger.pending.edits, **intent.edits}
    view, moves = view_change(ledger.pending, ledger.main, tips, edits, ledger.member_id)
    put, gone = outbox_change(ledger.outbox, ledger.member_id, intent.lines, intent.dropped)
    still = RefMove(MAIN, ledger.main, ledger.main)
    return _written(ledger, [*changes, *view, *put], [still, *moves, *gone])[number]


def _is_older(ledger: Ledger, stack: Stack, edits: Mapping[str, Edit]) -> bool:
    """Whether main has come to hold what a change is about only after the commit that the stack stands on.

    Raises Conflict where the stack met another change meanwhile, so that it cannot be made anew.
    """
    repo, main = ledger.repo, ledger.main
    if stack.base == main:
        return False
    dossiers = {name for path in edits if (name := dossier_of(path))}
    paths = {*edits, *map(clear_path, dossiers)}
    if all(_oid(repo, stack.base, path) == _oid(repo, main, path) for path in paths):
        return False
    clash = merge_trees(repo, stack.base, stack.tip, main).conflicts
    if clash:
        raise Conflict(_("It was changed here and elsewhere meanwhile"), where=clash[0], hint="crmctl resolve")
    return True


def _oid(repo: Repository, commit: str, path: str) -> str | None:
    entry = repo.entry(commit, path)
    return entry.oid if entry else None


def _texts(value: Value | Sequence[Value]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _standing(ledger: Ledger) -> tuple[Stack, ...]:
    """The stacks, each on a commit that main has. Raises Conflict where a sync was broken off in between."""
    pending = ledger.pending
    if not pending.is_current:
        for base in dict.fromkeys(stack.base for stack in pending.stacks):
            if not is_ancestor(ledger.repo, base, ledger.main):
                raise Conflict(_("The last exchange with the others was broken off"), hint="crmctl sync")
    return pending.stacks


def _written(ledger: Ledger, changes: Sequence[Change], moves: Sequence[RefMove]) -> list[str]:
    return write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now, moves=moves)
