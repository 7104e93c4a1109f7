"""Prove a history from its signatures, paths and trees, without any key (DESIGN 6, promise 3).

Main is walked along its first parents from what was proved before. Each commit is judged by the state of
main it enters: never by its own files, never by the date it claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from crmctl.errors import BadConfiguration, CrmctlError, InvalidInput
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.repository import CommitInfo, Repository
from crmctl.ledger.in_force import InForce
from crmctl.model.findings import Finding
from crmctl.trust.authority import Authority, authority
from crmctl.trust.enter import Entrance, sealed_once
from crmctl.trust.files import FileCheck, too_large
from crmctl.trust.founding import founded_well
from crmctl.trust.keyring_line import KeyringCheck
from crmctl.trust.landing import tree_is_made_of
from crmctl.trust.line import Landing, line_of, new_commits
from crmctl.trust.pin import Pin
from crmctl.trust.setups import SetUps
from crmctl.trust.signed import key_of, signed_well, signer
from crmctl.trust.standing import Standing
from crmctl.trust.view import View
from crmctl.trust.words import found

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at and found; `pin` is how far everything is proved (the old one when anything is off)."""

    commits: int
    findings: tuple[Finding, ...]
    pin: Pin | None

    @property
    def clean(self) -> bool:
        """Whether nothing is broken; warnings do not count."""
        return not any(finding.severity == "error" for finding in self.findings)


@dataclass(slots=True)
class Judge:
    """Verifies stretches of one repository's history.

    `now` is this machine's clock: nothing may be dated after it. With `arriving` it also counts as the day
    of the change (a server that takes it in this very moment).
    """

    repo: Repository
    now: datetime
    arriving: bool = False
    rules: Authority = field(default_factory=authority)
    progress: Progress = lambda _done: None
    _set_ups: SetUps | None = None

    @property
    def set_ups(self) -> SetUps:
        """Set-ups parsed so far."""
        if self._set_ups is None:
            self._set_ups = SetUps(self.repo)
        return self._set_ups

    def verify(self, pin: Pin | None, main: str, keyring: str | None) -> Verified:
        """Everything between `pin` (None: from the first commit on) and these tips."""
        findings = list(surroundings(self.repo))
        if any(finding.severity == "error" for finding in findings):
            return Verified(0, tuple(findings), pin)
        walk = _Walk(self, pin, main)
        findings += walk.findings()
        if not any(finding.severity == "error" for finding in findings):
            findings += self._keyring(walk, pin, main, keyring)
        broken = any(finding.severity == "error" for finding in findings)
        reached = replace(walk.pin, keyring=keyring)
        return Verified(walk.count, tuple(findings), pin if broken else reached)

    def today(self, in_force: InForce) -> date | None:
        """The judge's own day, where changes are only now arriving."""
        from zoneinfo import ZoneInfo

        return self.now.astimezone(ZoneInfo(in_force.settings.timezone)).date() if self.arriving else None

    def view(self, base: str, clock: datetime) -> View:
        """Main at a commit."""
        view = View(self.repo, self.set_ups, base, clock)
        view.today = self.today(view.in_force)
        return view

    def _keyring(self, walk: _Walk, pin: Pin | None, main: str, keyring: str | None) -> Iterator[Finding]:
        old = pin.keyring if pin else None
        if keyring is None:
            yield found("TRU067", main, "keyring")
            return
        if keyring == old:
            return
        view = self.view(main, walk.pin.clock)
        then = self.set_ups.at(pin.tip) if pin else None
        held: str | None = None
        if then and then.settings.epoch != view.in_force.settings.epoch:  # it begins anew, with all it held
            held = old if old and self.repo.resolve(old) else None
            old = None
        before, since = then.org if then else None, pin.tip if pin else None
        yield from KeyringCheck(self.repo, view, self.now, old, keyring, before, since, held).findings()


class _Walk:
    """One walk along main's line; `pin` grows with each commit."""

    def __init__(self, judge: Judge, pin: Pin | None, main: str) -> None:
        self.judge = judge
        self.repo = judge.repo
        self.old = pin
        self.main = main
        self.pin = Pin(pin.founding, pin.tip, pin.keyring, pin.clock, pin.seen.copy()) if pin else Pin()
        self.count = 0
        self._infos: Iterator[CommitInfo] = iter(())
        self._lost = False

    def findings(self) -> Iterator[Finding]:
        old = self.old.tip if self.old else None
        if old == self.main:
            return
        if old and self.repo.resolve(old) is None:
            yield found("TRU002", self.main, "main", tip=old[:10])
            return
        parents = new_commits(self.repo, self.main, old)
        steps, base = line_of(parents, self.main)
        if base != old:
            inside = old is not None and self._holds(old)
            yield found("TRU003" if inside else "TRU002", self.main, "main", tip=(old or "")[:10])
            return
        large = too_large(self.repo, self.judge.rules, [self.main], [old] if old else [])
        files = FileCheck(self.repo, self.judge.rules, large)
        order = [step.commit for landing in steps for step in landing.flat()]
        self._infos = self.repo.commits(order)
        for step in steps:
            yield from self._step(step, files)
            if self._lost:
                return
            self.judge.progress(self.count)

    def _holds(self, old: str) -> bool:
        return is_ancestor(self.repo, old, self.main)

    # One commit of main's line

    def _step(self, step: Landing, files: FileCheck) -> Iterator[Finding]:
        try:
            if not step.parents:
                yield from self._founding(step, files)
            else:
                view = self.judge.view(step.parents[0], self.pin.clock)
                yield from self._landing(step, view, files) if step.parents[1:] else self._change(step, view, files)
        except (BadConfiguration, InvalidInput) as error:
            self._lost = True  # nothing is left to judge the next change by
            yield found("TRU035", step.commit, error.where or "", why=error.what)
        except CrmctlError as error:
            yield found("TRU016", step.commit, error.where or "", why=error.what)

    def _next(self, step: Landing) -> CommitInfo:
        info = next(self._infos)
        while info.oid != step.commit:  # a step before broke off
            info = next(self._infos)
        self.count += 1
        return info

    def _reached(self, info: CommitInfo) -> None:
        self.pin.tip = info.oid
        self.pin.clock = max(self.pin.clock, info.committed_at)

    def _founding(self, step: Landing, files: FileCheck) -> Iterator[Finding]:
        info = self._next(step)
        changes = self.repo.changed(None, info.oid)
        view = self.judge.view(info.oid, info.committed_at)
        yield from signed_well(info, view, self.judge.now)
        yield from founded_well(info, view.in_force)
        yield from files.findings(info.oid, info.oid, changes)
        yield from sealed_once(self.repo, self.pin.seen, info, changes)
        self.pin.founding = info.oid
        self._reached(info)

    def _change(self, step: Landing, view: View, files: FileCheck) -> Iterator[Finding]:
        info = self._next(step)
        yield from self._entrance(view, {info.oid: info}, info, files).plain(step)
        self._reached(info)

    def _landing(self, step: Landing, view: View, files: FileCheck) -> Iterator[Finding]:
        flat = list(step.flat())
        odd = [item.odd for item in flat if item.odd]
        for word in [*odd, *(["octopus"] if len(step.parents) > 2 else [])]:
            yield found("TRU024", step.commit) if word == "held" else found("TRU016", step.commit, why=word)
        if odd or len(step.parents) > 2:
            return
        infos = {inner.commit: self._next(inner) for inner in flat}
        info = infos[step.commit]
        entrance = self._entrance(view, infos, info, files)
        yield from entrance.side(step.sides[0])
        # who changed his keys in what lands signs the landing with the new one
        yield from signed_well(info, view, self.judge.now, other_key=partial(key_of, info, entrance.view))
        yield from tree_is_made_of(self.repo, info, step.joined)
        yield from self._others(info, view, entrance.brought)
        self._reached(info)

    def _entrance(self, view: View, infos: Mapping[str, CommitInfo], info: CommitInfo, files: FileCheck) -> Entrance:
        judge = self.judge
        return Entrance(view, infos, info.committed_at, judge.rules, judge.now, files, self.pin.seen)

    def _others(self, info: CommitInfo, view: View, brought: list[str]) -> Iterator[Finding]:
        """Everybody lands their own changes and what was approved; who may land more is in the authority file."""
        member = signer(info, view.in_force)
        standing = Standing(member, view.in_force, view.day(info)) if member else None
        if standing and standing.any_of(self.judge.rules.lands_others):
            return
        for author in dict.fromkeys(brought):
            if author != info.author.name:
                yield found("TRU023", info.oid, member=info.author.name, author=author)


def surroundings(repo: Repository) -> Iterator[Finding]:
    """What of the copy itself would make history look other than it is."""
    if repo.is_shallow:
        yield found("TRU001", "", "main")
    odd = sorted(repo.refs("refs/replace"))
    if (repo.common_dir / "info" / "grafts").exists():
        odd.append("info/grafts")
    if odd:
        yield found("TRU005", "", "", "warning", refs=", ".join(odd[:5]))
