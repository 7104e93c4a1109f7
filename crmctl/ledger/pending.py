"""Own changes that wait for review: stacks of commits beside main, and the view of main with all of them (ADR 0023).

The view (`refs/crmctl/mine`) is a merge commit: its first parent is the main it was made for, the others are
the tips of the stacks. So the stacks need no ref of their own, and a main that moved since is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.treewalk import PathChange
from crmctl.model.dossier import is_office
from crmctl.model.paths import dossier_of

if TYPE_CHECKING:  # every command reads this module, most of them write nothing
    from crmctl.ledger.git.plan import Edit
    from crmctl.ledger.git.transaction import Change, RefMove

VIEW = "refs/crmctl/mine"
_OFFICE = "office.yaml"
_CLEAR = "/dossier.yaml"


@dataclass(frozen=True, slots=True)
class Stack:
    """Pending changes that build on one another.

    `base` is the commit of main they stand on, `commits` are theirs, the oldest first, and `changes` what all
    of them together make of `base`.
    """

    base: str
    commits: tuple[str, ...]
    changes: tuple[PathChange, ...]

    @property
    def tip(self) -> str:
        """The newest commit."""
        return self.commits[-1]

    @property
    def edits(self) -> dict[str, Edit]:
        """What it changed, as edits to put onto another tree."""
        from crmctl.ledger.git.plan import BlobRef

        return {
            change.path: BlobRef(change.new_oid, change.new_mode) if change.new_oid else None for change in self.changes
        }

    @property
    def makes(self) -> frozenset[str]:
        """The ids of the dossiers and records that are new in it."""
        added = [change.path for change in self.changes if change.old_oid is None]
        names = (dossier_of(path) if path.endswith(_CLEAR) else path.rpartition("/")[2].split(".")[0] for path in added)
        return frozenset(name for name in names if name)

    def touched_by(self, paths: Iterable[str]) -> bool:
        """Whether a change of these paths belongs to the same dossier, or (outside of customers) to the same file."""
        mine = {unit_of(change.path) for change in self.changes}
        return any(unit_of(path) in mine or _office_file(path) in mine for path in paths)


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits beside `main`.

    `view` is where the view stands (None: nothing waits) and `made_for` the main it was made for; `landed` are
    tips that the view names and main holds by now.
    """

    main: str
    view: str | None = None
    made_for: str = ""
    stacks: tuple[Stack, ...] = ()
    landed: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether the view (or its absence) fits main as it stands."""
        return self.view is None or (self.made_for == self.main and not self.landed)

    def holds(self, dossier_id: str) -> bool:
        """Whether a change of that dossier waits: a further one builds on it."""
        return any(dossier_of(change.path) == dossier_id for stack in self.stacks for change in stack.changes)

    @property
    def edits(self) -> dict[str, Edit]:
        """What all stacks make of main."""
        return {path: edit for stack in self.stacks for path, edit in stack.edits.items()}


def unit_of(path: str) -> str:
    """What one pending change holds for the others: a customer's dossier as a whole, elsewhere the file."""
    dossier = dossier_of(path)
    return path if dossier is None or is_office(dossier) else dossier


def _office_file(path: str) -> str:
    """The clear file on which every record of an office depends; another text where there is none."""
    parts = path.split("/")
    return "/".join([*parts[:2], _OFFICE]) if parts[0] == "offices" and len(parts) > 2 else path


def read_pending(repo: Repository, main: str) -> Pending:
    """What waits beside `main` in this copy."""
    view = repo.resolve(VIEW)
    if view is None:
        return Pending(main)
    made_for, *tips = repo.commit(view).parents
    return Pending(main, view, made_for, *stacks_of(repo, tips, (made_for, main)))


def stacks_of(repo: Repository, tips: Sequence[str], below: Sequence[str]) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """The stacks with these tips as far as no commit of `below` has them; and the tips that are there whole."""
    listing = repo.run(
        "rev-list", "--parents", "--no-merges", *tips, *(f"^{commit}" for commit in dict.fromkeys(below))
    )
    parents = dict(line.split(" ", 1) for line in listing.decode().splitlines())
    stacks, landed = [], []
    for tip in tips:
        commits, at = [], tip
        while at in parents:
            commits.append(at)
            at = parents[at]
        if commits:
            stacks.append(Stack(at, tuple(reversed(commits)), tuple(repo.changed(at, tip))))
        else:
            landed.append(tip)
    return tuple(stacks), tuple(landed)


def view_change(
    pending: Pending, main: str, tips: Sequence[str], edits: Mapping[str, Edit], author: str
) -> tuple[list[Change], list[RefMove]]:
    """What moves the view to `main` with the stacks that end in `tips`, or takes it away when there are none.

    `main` and `tips` may be `@0` … for commits of the same write; `edits` are those of all stacks.
    """
    from crmctl.ledger.git.transaction import Change, RefMove

    if not tips:
        return [], [RefMove(VIEW, None, pending.view)] if pending.view else []
    message = f"view {author}\n\nCrmctl-Action: view\n"
    return [Change(VIEW, main, edits, message, parents=[main, *tips], expected=pending.view)], []


def shown_commit(repo: Repository, main: str) -> str:
    """The commit everyday commands read: the view where there is one, else main.

    A view that main has left behind is made anew for this run alone, unsigned and without a ref; where that
    cannot be (a copy that cannot be written), main is read.
    """
    view = repo.resolve(VIEW)
    if view is None:
        return main
    if repo.commit(view).parents[:1] == (main,):
        return view
    with suppress(CrmctlError, OSError):
        pending = read_pending(repo, main)
        return unsigned_view(repo, pending.main, pending.stacks)
    return main


def unsigned_view(repo: Repository, main: str, stacks: Sequence[Stack]) -> str:
    """A commit, under no ref, whose tree is that of `main` with these stacks on it; main itself without any."""
    from crmctl.ledger.git.objects import encode_commit, encode_pack, object_id
    from crmctl.ledger.git.plan import plan_tree

    if not stacks:
        return main
    newest = repo.commit(main)
    planned = plan_tree(repo, main, {path: edit for stack in stacks for path, edit in stack.edits.items()})
    content = encode_commit(
        planned.tree, [main, *(stack.tip for stack in stacks)], newest.author, newest.committed_at, "view\n"
    )
    repo.run("unpack-objects", "-q", input=encode_pack([*planned.objects.values(), ("commit", content)]))
    return object_id("commit", content)
