"""The keyring branch: one line of signed commits from the pinned root, keys only for whom the policy names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from crmctl.errors import CrmctlError
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.objects import FILE_MODE
from crmctl.ledger.git.repository import CommitInfo, PathChange, Repository
from crmctl.ledger.keys.seal import check_header
from crmctl.model.clear_files import Settings
from crmctl.model.dossier import is_office, wraps_folder
from crmctl.model.findings import Finding
from crmctl.model.org import Org
from crmctl.model.paths import dossier_of
from crmctl.model.tombstone import tombstone_path
from crmctl.model.wraps import WrapError, Wraps, read_wraps
from crmctl.trust.given import Given, GivenPast
from crmctl.trust.line import new_commits
from crmctl.trust.signed import signed_well
from crmctl.trust.view import View, local_day
from crmctl.trust.words import found

_HEAD = "keyring.yaml"


@dataclass(slots=True)
class KeyringCheck:
    """The keyring from `old` (None: its root) to `new`, by main as it stands in `view`.

    `since` and `before` are main and its org when `old` was proved: a reader whose own key changed since
    gets new wraps. `held` is what to hold the files against where `old` is not it: the epoch before.
    """

    repo: Repository
    view: View
    now: datetime
    old: str | None
    new: str
    before: Org | None = None
    since: str | None = None
    held: str | None = None
    _days: set[date] = field(default_factory=set)

    @property
    def _past(self) -> GivenPast:
        return GivenPast(self.view, self.since)

    def findings(self) -> Iterator[Finding]:
        """Everything that is off, commit by commit, then in what the stretch leaves behind."""
        parents = new_commits(self.repo, self.new, self.old)
        names = list(self._line(parents))
        yield from self._shape(parents, names)
        clock = self.view.clock if self.old else None
        for info in self.repo.commits(names):
            at = View(self.repo, self.view.set_ups, self.view.base, clock or info.committed_at, self.view.today)
            yield from signed_well(info, at, self.now, "keyring", partial(self._key_then, info))
            clock = max(clock or info.committed_at, info.committed_at)
            self._days.add(at.day(info))
        self._days.add(local_day(self.view.in_force, self.view.clock, self.view.today))
        yield from self._files()

    def _key_then(self, info: CommitInfo) -> str | None:
        """The signer's key at the main this commit names: people change their keys, the keyring keeps its commits."""
        named = dict(info.trailers).get("Crmctl-Main")
        if info.oid == self.view.in_force.settings.root:
            named = self.repo.run("rev-list", "--max-parents=0", self.view.base).decode().split()[0]
        if not named or not self._lies_between(named):
            return None
        member = self.view.set_ups.at(named).org.members.get(info.author.name)
        return member.signs if member else None

    def _lies_between(self, named: str) -> bool:
        """Whether a commit of main is of this stretch: an older state gives no key any more."""
        pairs = [(named, self.view.base), *([(self.since, named)] if self.since else [])]
        return self.repo.resolve(named) is not None and all(is_ancestor(self.repo, *pair) for pair in pairs)

    def _line(self, parents: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        names, at = [], self.new
        while at in parents:
            names.append(at)
            if not parents[at]:
                break
            at = parents[at][0]
        return reversed(names)

    def _shape(self, parents: Mapping[str, tuple[str, ...]], names: list[str]) -> Iterator[Finding]:
        settings: Settings = self.view.in_force.settings
        for name in names:
            if len(parents[name]) > 1:
                yield found("TRU061", name, "keyring")
        if self.old is None:
            if not names or parents[names[0]] or names[0] != settings.root:
                yield found("TRU060", names[0] if names else self.new, "keyring")
        elif self.new != self.old and (not names or parents[names[0]][:1] != (self.old,)):
            yield found("TRU062", self.new, "keyring", tip=self.old[:10])

    # What it leaves behind

    def _files(self) -> Iterator[Finding]:
        for change in self.repo.changed(self.held or self.old, self.new):
            yield from self._file(change)

    def _file(self, change: PathChange) -> Iterator[Finding]:
        folder, _slash, reader = change.path.rpartition("/")
        if change.path == _HEAD and self.old is None:
            return
        group = folder.removeprefix("groups/") if folder.startswith("groups/") else None
        dossier_id = None if group else _dossier_id(change.path)
        odd = change.new_oid and change.new_mode != FILE_MODE
        if odd or (group is None and (dossier_id is None or folder != wraps_folder(dossier_id))):
            yield found("TRU066", self.new, change.path, why=change.new_mode or "path")
            return
        try:
            was, now = self._wraps(change.old_oid), self._wraps(change.new_oid)
        except WrapError as error:
            yield found("TRU066", self.new, change.path, why=str(error))
            return
        yield from self._lines(change.path, reader, group, dossier_id, was, now)

    def _wraps(self, oid: str | None) -> Wraps:
        return read_wraps(self.repo.read_blob(oid)) if oid else {}

    def _lines(
        self, path: str, reader: str, group: str | None, dossier_id: str | None, was: Wraps, now: Wraps
    ) -> Iterator[Finding]:
        for line in sorted(was.keys() | now.keys()):
            if was.get(line) == now.get(line):
                continue
            name = f"{group or dossier_id} {line[0]}"
            given = Given(reader, group, dossier_id, line)
            entitled = self._past.gives(self.view, given, self._days)
            late = self._buried(dossier_id)  # whoever had it once: what was destroyed opens for nobody
            if line in now and (late or not (entitled or self._past.ever_gave(given, self._days))):
                yield found("TRU063", self.new, path, reader=reader, name=name)
            elif line in was and entitled and not self._was_free_to_go(given, line not in now):
                yield found("TRU064" if line not in now else "TRU065", self.new, path, reader=reader, name=name)
            if line in now:
                yield from self._header(now[line], path)

    def _buried(self, dossier_id: str | None) -> bool:
        """Whether main holds the dossier's tombstone."""
        return bool(dossier_id and not is_office(dossier_id) and self.view.oid(tombstone_path(dossier_id)))

    def _was_free_to_go(self, given: Given, gone: bool) -> bool:
        """Whether a wrap the policy gives may be another or none all the same."""
        if self._past.ever_refused(given, self._days):
            return True  # it was taken back and given again in between
        return not gone and self._key_changed(given.reader)

    def _header(self, sealed: bytes, path: str) -> Iterator[Finding]:
        try:
            check_header(sealed, path)
        except CrmctlError as error:
            yield found("TRU066", self.new, path, why=error.what)

    def _key_changed(self, reader: str) -> bool:
        org = self.view.in_force.org
        return self.before is not None and self.before.recipient(reader) != org.recipient(reader)


def _dossier_id(path: str) -> str | None:
    parts = path.split("/")
    if parts[0] == "offices" and len(parts) == 3:
        return f"office/{parts[1]}"
    return dossier_of(path) if len(parts) == 4 else None
