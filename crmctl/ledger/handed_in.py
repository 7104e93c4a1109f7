"""What of a member's changes the server has for review, as last fetched."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.ledger.bundle import bundle_below
from crmctl.ledger.git import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.outbox import outbox_ref, servers_outbox
from crmctl.ledger.pending import Stack

_REVIEW = "refs/remotes/origin/review"
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
    found = []
    for ref, oid in repo.refs(f"{_REVIEW}/{member}".rstrip("/")).items():
        whose, _slash, number = ref.removeprefix(f"{_REVIEW}/").rpartition("/")
        bundle = bundle_below(repo, oid)
        if bundle is not None and number.isdigit():
            base, *tips = bundle.parents
            found.append(Submitted(whose, int(number), oid, bundle.oid, base, tuple(tips)))
    return sorted(found, key=lambda one: (one.member, one.number))


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
    if mine == there or (there is None and not first) or (mine is None and _from_elsewhere(ledger)):
        return [], {}
    return [f"+{mine}:{ref}" if mine else f":{ref}"], {ref: there}


def _from_elsewhere(ledger: Ledger) -> bool:
    """Whether something waits on the server under this member's name that this copy knows nothing of."""
    repo = ledger.repo
    known = {stack.tip for stack in ledger.pending.stacks}
    tips = {tip for one in submitted(repo, ledger.member_id) for tip in one.tips} - known
    return any(repo.run_quietly("merge-base", "--is-ancestor", tip, ledger.main).returncode != 0 for tip in tips)
