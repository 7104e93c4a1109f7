"""Requests that landed with their approvals: read from the landings on main, without a key (R-REV-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.slots_given import PAPER, SLOT, bundle_below
from crmctl.rules.slots import stood_for

_ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class Word:
    """One approval that a request landed with: as which role, by whom (also in whose place), on which day.

    `giver` is who signed the slot: the recorder of a word on paper, who stands in for somebody.
    """

    role: str
    by: str
    giver: str
    on: date


def approved_requests(ledger: Ledger, since: datetime | None = None) -> dict[str, tuple[Word, ...]]:
    """The paths of requests on main with the approvals of the landing that brought them, in their order.

    What landed without any is not in it. With `since` only what landed after that moment.
    """
    repo = ledger.repo
    words = ["log", "--first-parent", "-m", "--diff-filter=A", "--name-only", "--format=%x01%H"]
    words += [f"--since={int(since.timestamp())}"] if since else []
    kinds = [kind for kind in ledger.in_force.kinds.values() if kind.effect and kind.effect.decided]
    if not kinds:
        return {}
    paths = [f":(glob)offices/*/{kind.compartment}/{kind.folder}/*.yaml.age" for kind in kinds]
    listing = repo.run(*words, ledger.main, "--", *paths, env={"GIT_LITERAL_PATHSPECS": "0"}).decode()
    found: dict[str, tuple[Word, ...]] = {}
    for block in listing.split("\x01")[1:]:
        commit, *names = block.split()
        said = tuple(_words(ledger, repo.commit(commit)))
        found |= {name: said for name in names if said}
    return found


def _words(ledger: Ledger, landing: CommitInfo) -> Iterator[Word]:
    if len(landing.parents) < 2 or bundle_below(ledger.repo, landing.parents[1]) is None:
        return
    slots, at = [], ledger.repo.commit(landing.parents[1])
    while len(at.parents) == 1:
        slots.append(at)
        at = ledger.repo.commit(at.parents[0])
    for slot in reversed(slots):
        said = dict(slot.trailers)
        act, role, where = [*said.get(SLOT, "").split(" "), "", "", ""][:3]
        if act in {"", _ACKNOWLEDGE}:
            continue
        on = slot.committed_at.astimezone(ledger.now.tzinfo).date()
        yield Word(role, said.get(PAPER) or _holder(ledger, slot, role, where, on), slot.author.name, on)


def _holder(ledger: Ledger, slot: CommitInfo, role: str, where: str, on: date) -> str:
    org = ledger.in_force.org
    member = org.members.get(slot.author.name)
    found = stood_for(org, member, role, None if where == "-" else where, on) if member else None
    return found or slot.author.name
