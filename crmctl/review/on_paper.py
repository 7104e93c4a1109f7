"""What a leader without a key signed on paper: the scan filed on main, and what may be recorded of it (DESIGN 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading.slots_given import BUNDLE
from crmctl.model.org import Member
from crmctl.rules.slots import Choice, Standing, paper_choices

KIND, _SCAN = "paper_approval", "scan"


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A leader's word on paper: who signed, the scan of it, when, and what is written on it."""

    leader: str
    scan: Path
    signed_on: date | None = None
    note: str | None = None


def leader_of(ledger: Ledger, paper: OnPaper) -> Member:
    """The leader. Raises NotFound for no member, Refused for one with a key, who approves for themselves."""
    leader = ledger.in_force.org.members.get(paper.leader)
    if leader is None:
        raise NotFound(_("There is no member {member}", member=paper.leader), hint="crmctl member list")
    if leader.has_access:
        raise Refused(_("{member} has a key and approves without paper", member=leader.name), rule="TRU083")
    if not paper.scan.is_file():
        raise InvalidInput(_("There is no such file"), where=str(paper.scan))
    if paper.signed_on and paper.signed_on > ledger.today:
        raise InvalidInput(_("{day} is yet to come", day=paper.signed_on), where="signed_on")
    return leader


def recordable(
    ledger: Ledger, paper: OnPaper, items: Iterable[Standing], authors: Collection[str]
) -> tuple[Choice, ...]:  # fmt: skip
    """What the member may record of it towards these demands."""
    return paper_choices(items, ledger.member, leader_of(ledger, paper), authors, ledger.today)


def scan_of(
    ledger: Ledger, paper: OnPaper, bundle: str, place: str | None, said: tuple[str, Sequence[str]],
    gate: Gate | None, progress: Progress | None,
) -> str:  # fmt: skip
    """The change on main that brings the scan for a bundle, filed now unless it is there; the server has it afterwards.

    `place` is the department it concerns, `said` what the submission is called and the ids it is about. Raises what
    filing a record and an exchange raise.
    """
    from crmctl.ledger.changing.draft import Draft

    there = _filed(ledger, bundle)
    if there:
        return there
    draft = Draft(ledger)
    own = ledger.member.departments(ledger.today)
    department = place or next(iter([*own, *ledger.in_force.org.departments]))
    name, about = said
    values: dict[str, object] = {
        "leader": paper.leader, "signed_on": (paper.signed_on or ledger.today).isoformat(), "submitted_as": name,
        "about": list(about), **({"note": paper.note} if paper.note else {}),
    }  # fmt: skip
    draft.new_record(draft.kind(KIND), f"office/{department}", department, values, files={_SCAN: paper.scan})
    draft.commit("add", KIND, [f"{BUNDLE}: {bundle}"])
    sync(ledger.reopened(), progress, gate=gate, strict=False)
    made = _filed(ledger.reopened(), bundle)
    if made is None:
        raise Refused(_("The scan has to be approved itself before it counts"), where=name, rule="TRU087")
    return made


def _filed(ledger: Ledger, bundle: str) -> str | None:
    words = ["log", "-F", f"--grep={BUNDLE}: {bundle}", "--no-merges", "--format=%H %an", ledger.main]
    for line in ledger.repo.run(*words).decode().splitlines():
        commit, _space, author = line.partition(" ")
        info = ledger.repo.commit(commit)
        if author == ledger.member_id and ("Crmctl-Action", "add") in info.trailers:
            return commit
    return None
