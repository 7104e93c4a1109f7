"""What was handed in for review, proved before anybody looks at it: its changes, its shape, and the slots on it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from crmctl import clock
from crmctl.errors import CrmctlError, GitFailed
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import merge_trees
from crmctl.ledger.ledger import MAIN
from crmctl.model.findings import Finding
from crmctl.rules.slots import Given, Standing, Wanted
from crmctl.trust.enter import Approval, Entrance
from crmctl.trust.files import FileCheck, too_large
from crmctl.trust.line import Landing, line_of, new_commits
from crmctl.trust.pin import read_pin
from crmctl.trust.seen import SeenBlobs
from crmctl.trust.slot import is_bundle
from crmctl.trust.verify import Judge
from crmctl.trust.words import found

_SERVERS_MAIN = "refs/remotes/origin/main"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A bundle with the slots on it, judged as if it entered main today.

    `findings` is what is wrong with what is there; an approval that is only missing is not among it. `open` has every
    demand with how far it is met. `conflicts` are paths that main changed as well: it does not land like this.
    """

    findings: tuple[Finding, ...]
    bundle: str | None = None
    base: str | None = None
    authors: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    slots: tuple[Given, ...] = ()
    open: tuple[Standing, ...] = ()
    conflicts: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing in it is wrong."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def lands(self) -> bool:
        """Whether it may enter main now."""
        return self.clean and self.bundle is not None and not self.conflicts and all(item.lands for item in self.open)


def judged(repo: Repository, tip: str, *, main: str | None = None, judge: Judge | None = None) -> Reviewed:
    """Judge what stands at `tip` (a bundle, or the top slot on one) by main: the server's as last fetched by default.

    What an author alone may not touch is told as long as nobody who may has verified or signed it. Nothing is
    opened and nothing raised for what is wrong: it is in the findings.
    """
    judge = judge or Judge(repo, clock.now("UTC"), arriving=True)
    main = main or repo.resolve(_SERVERS_MAIN) or repo.resolve(MAIN) or ""
    try:
        return _judged(judge, tip, main)
    except GitFailed as error:
        return Reviewed((found("TRU088", tip, error.where or "", why=error.what),))
    except CrmctlError as error:
        return Reviewed((found("TRU085", tip, error.where or "", why=error.what),))


def _judged(judge: Judge, tip: str, main: str) -> Reviewed:
    repo = judge.repo
    steps, base = line_of(new_commits(repo, tip, main), tip)
    if not steps:
        return Reviewed((found("TRU024", tip),))
    flat = [inner for step in steps for inner in step.flat()]
    infos = {info.oid: info for info in repo.commits([inner.commit for inner in flat])}
    faults = [_odd(inner) for inner in flat if inner.odd]
    if base is None or steps[0].is_plain or not is_bundle(infos[steps[0].commit]):
        faults.append(found("TRU085", steps[0].commit, why="base"))
    if faults:
        return Reviewed(tuple(faults))
    pin = read_pin(repo)
    reached = max(repo.commit(main).committed_at, pin.clock) if pin else repo.commit(main).committed_at
    files = FileCheck(repo, judge.rules, too_large(repo, judge.rules, [tip], [main]))
    seen = pin.seen.copy() if pin else SeenBlobs()
    entrance = Entrance(judge.view(main, reached), infos, judge.now, judge.rules, judge.now, files, seen)
    findings, approval = _both(entrance.bundle(steps[0], steps[1:]))
    changes = tuple(inner.commit for inner in steps[0].flat() if inner.is_plain)
    conflicts = tuple(merge_trees(repo, base, tip, main).conflicts)
    return Reviewed(
        tuple(findings), approval.bundle, base, approval.authors, changes, approval.wanted, approval.given,
        approval.standing, conflicts,
    )  # fmt: skip


def _odd(step: Landing) -> Finding:
    return found("TRU024", step.commit) if step.odd == "held" else found("TRU016", step.commit, why=step.odd)


def _both(judging: Generator[Finding, None, Approval]) -> tuple[list[Finding], Approval]:
    findings: list[Finding] = []
    while True:
        try:
            findings.append(next(judging))
        except StopIteration as done:
            approval: Approval = done.value
            return findings, approval
