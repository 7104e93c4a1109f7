"""What of a member's changes the server has for review, as last fetched."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import GitFailed
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.outbox import outbox_ref, servers_outbox
from crmctl.ledger.pending import Stack, stacks_of, unit_of
from crmctl.ledger.reading.slots_given import bundle_below

_REVIEW = "refs/remotes/origin/review"
ADOPTS = "Crmctl-Adopts"
Push = tuple[list[str], dict[str, str | None]]  # refspecs, and where each branch must stand


@dataclass(frozen=True, slots=True)
class Submitted:
    """A review branch of a member as last fetched: its number, its tip, and the bundle below the slots."""

    member: str
    number: int
    tip: str
    bundle: str
    base: str
    tips: tuple[str, ...]

    @property
    def ref(self) -> str:
        """The server's branch."""
        return review_ref(self.member, self.number)


def review_ref(member: str, number: int) -> str:
    """The branch a member's bundle is handed in as."""
    return f"refs/heads/review/{member}/{number}"


def submitted(repo: Repository, member: str = "") -> list[Submitted]:
    """The review branches as last fetched, of one member or all; what is no bundle is left out."""
    found = [one for _name, one in _branches(repo, member) if one]
    return sorted(found, key=lambda one: (one.member, one.number))


def any_submitted(repo: Repository) -> bool:
    """Whether there is a review branch at all, as last fetched."""
    return bool(repo.refs(_REVIEW))


def adopted_tips(ledger: Ledger) -> frozenset[str]:
    """The tips that a successor took over: on main, handed in, or waiting here."""
    repo = ledger.repo
    waiting = [tip for one in submitted(repo) for tip in one.tips]
    places = list(dict.fromkeys([ledger.main, *waiting, *(stack.tip for stack in ledger.pending.stacks)]))
    listed = repo.run("log", "-F", f"--grep={ADOPTS}: ", "--format=%H", *places).decode().split()
    return frozenset(v for info in repo.commits(listed) for key, v in info.trailers if key == ADOPTS)


def foreign(repo: Repository) -> list[str]:
    """The names of review branches that crmctl did not make, or of which not all has arrived here."""
    return sorted(name for name, one in _branches(repo) if one is None)


def _branches(repo: Repository, member: str = "") -> Iterator[tuple[str, Submitted | None]]:
    for ref, oid in repo.refs(f"{_REVIEW}/{member}".rstrip("/")).items():
        name = ref.removeprefix(f"{_REVIEW}/")
        whose, _slash, number = name.rpartition("/")
        try:
            bundle = bundle_below(repo, oid)
        except GitFailed:
            bundle = None
        if bundle is None or not number.isdigit():
            yield name, None
            continue
        base, *tips = bundle.parents
        yield name, Submitted(whose, int(number), oid, bundle.oid, base, tuple(tips))


@dataclass(frozen=True, slots=True)
class Step:
    """One branch of the server's: its number, where it stands there, and the stacks it shall hold (none: it goes)."""

    number: int
    there: str | None
    stacks: tuple[Stack, ...]


def not_handed_in(ledger: Ledger) -> list[Stack]:
    """The own stacks that the server does not have as they stand."""
    if not ledger.pending.stacks:
        return []
    tips = {tip for one in submitted(ledger.repo, ledger.member_id) for tip in one.tips}
    return [stack for stack in ledger.pending.stacks if stack.tip not in tips]


def outbox_push(ledger: Ledger, *, first: bool = False) -> Push:
    """What makes the server's copy of the own outbox as it is here; nothing where it is, or never was there.

    `first`: put it there. What another copy of the same member handed in stays.
    """
    mine, ref = ledger.outbox.tip, outbox_ref(ledger.member_id)
    there = ledger.repo.resolve(servers_outbox(ledger.member_id))
    if mine == there or (not first and (there is None or _from_elsewhere(ledger))):
        return [], {}
    return [f"+{mine}:{ref}" if mine else f":{ref}"], {ref: there}


def _from_elsewhere(ledger: Ledger) -> bool:
    """Whether something waits on the server that another copy of this member's handed in."""
    noted = _noted(ledger)
    return any(one.number not in noted for one in submitted(ledger.repo, ledger.member_id))


def elsewhere(ledger: Ledger) -> list[Submitted]:
    """Own submissions of another copy that hold something else about what is to be handed in here."""
    units = {unit_of(change.path) for stack in not_handed_in(ledger) for change in stack.changes}
    here, known = {stack.tip for stack in ledger.pending.stacks}, known_tips(ledger)
    found = []
    for one in submitted(ledger.repo, ledger.member_id) if units else ():
        tips = [tip for tip in one.tips if tip not in here and tip not in known and not _landed(ledger, tip)]
        if not _made_by_another(ledger, one) and tips and units & _units(ledger, one, tips):
            found.append(one)
    return found


def steps_of(ledger: Ledger, *, instead: bool = False) -> list[Step]:
    """What has to be done on the server: bundles whose stacks grew, were made anew or went, then one of the rest.

    `instead`: what another copy handed in about the same goes as well.
    """
    steps: list[Step] = []
    stacks, left = ledger.pending.stacks, not_handed_in(ledger)
    tips = {stack.tip for stack in stacks}
    mine = submitted(ledger.repo, ledger.member_id)
    noted, known = _noted(ledger), known_tips(ledger)
    over = {one.number for one in elsewhere(ledger)} if instead else set[int]()
    for one in mine:
        gone = [tip for tip in one.tips if tip not in tips and not _landed(ledger, tip)]
        seen = one.number in over or (one.number in noted and known.issuperset(gone))
        if not gone or not (seen or _made_by_another(ledger, one)):
            continue  # as it stands here, or in force in part; or another copy of this member's went on with it
        units = _units(ledger, one, gone)
        anew = [stack for stack in left if units & {unit_of(change.path) for change in stack.changes}]
        left = [stack for stack in left if stack not in anew]
        kept = [stack for stack in stacks if stack.tip in one.tips]
        steps.append(Step(one.number, one.tip, (*kept, *anew)))
    if left:
        number = max([*noted, *(one.number for one in mine)], default=0) + 1
        steps.append(Step(number, None, tuple(left)))
    return steps


def _landed(ledger: Ledger, tip: str) -> bool:
    """Whether a change was approved without the others it was handed in with, and is in force."""
    return is_ancestor(ledger.repo, tip, ledger.main)


def _made_by_another(ledger: Ledger, one: Submitted) -> bool:
    """Whether an approver made this bundle, of a part of what was handed in."""
    return ledger.repo.commit(one.bundle).author.name != ledger.member_id


def _units(ledger: Ledger, one: Submitted, tips: Collection[str]) -> set[str]:
    """The dossiers (or files) that these stacks of a bundle were about."""
    stacks, _landed = stacks_of(ledger.repo, list(tips), (one.base,))
    return {unit_of(change.path) for stack in stacks for change in stack.changes}


def to_hand_in(ledger: Ledger) -> int:
    """How many own changes the server should hear of: new ones, and those handed in together with one taken back.

    Counted as a reviewer counts them: all that waits about one customer is one.
    """
    new = not_handed_in(ledger)
    steps = ([stack for stack in step.stacks if stack in new] or step.stacks for step in steps_of(ledger))
    return sum(len(stacks) for stacks in steps)


def withdrawn_push(ledger: Ledger) -> Push:
    """What takes bundles from the server of which everything was taken back here."""
    gone = [step for step in steps_of(ledger) if not step.stacks]
    lease = {review_ref(ledger.member_id, step.number): step.there for step in gone}
    return [f":{ref}" for ref in lease], lease


def _path(ledger: Ledger) -> Path:
    return ledger.repo.git_dir / "crmctl" / "submitted"


def _noted(ledger: Ledger) -> frozenset[int]:
    """The numbers this copy has handed in under so far."""
    try:
        return frozenset(int(word) for word in _path(ledger).read_text("ascii").split())
    except (OSError, ValueError):
        return frozenset()


def noted_tips_path(ledger: Ledger) -> Path:
    """Where this copy keeps which tips of the own changes it has seen on the server."""
    return ledger.repo.git_dir / "crmctl" / "handed_in.json"


def known_tips(ledger: Ledger) -> frozenset[str]:
    """The tips on the server that this copy has, or had and took back; at first all under the numbers it gave."""
    try:
        return frozenset(str(tip) for tip in json.loads(noted_tips_path(ledger).read_bytes()))
    except (OSError, ValueError, TypeError):
        noted = _noted(ledger)
        ones = submitted(ledger.repo, ledger.member_id)
        return frozenset(tip for one in ones if one.number in noted for tip in one.tips)


def note_tips(ledger: Ledger, tips: Iterable[str]) -> None:
    """Remember tips that the server has got from here."""
    every = sorted({*known_tips(ledger), *tips})
    write_atomic(noted_tips_path(ledger), json.dumps(every).encode("ascii"))


def note_numbers(ledger: Ledger, numbers: Iterable[int]) -> None:
    """Remember that this copy handed in under these numbers."""
    every = sorted({*_noted(ledger), *numbers})
    write_atomic(_path(ledger), (" ".join(map(str, every)) + "\n").encode("ascii"))
