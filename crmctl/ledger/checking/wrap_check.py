"""Hold the keyring against the policy: who has a key to what, by name (DESIGN 3).

A reader who waits for a key is no fault: a holder's next sync makes it. One whose key was taken out
although the policy still named the reader is an alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import Dossier, clear_path, wraps_folder
from crmctl.model.findings import Finding
from crmctl.model.wraps import WrapError, read_wraps

_ENTRY = re.compile(rb":\d{6} \d{6} ([0-9a-f]{40}) ([0-9a-f]{40}) [MD]")
_MAIN = "Crmctl-Main"
Line = tuple[str, int]  # compartment, generation


@dataclass(frozen=True, slots=True)
class Taken:
    """A commit of the keyring that took lines out of a wrap file."""

    commit: str
    lines: frozenset[Line]


class WrapCheck:
    """The keyring as it stands and as it stood, and who the policy gives a key."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[str, dict[str, set[Line]]] = {}
        self._views: dict[str, Ledger | None] = {}

    def read(self, folders: Iterable[str] = ("",)) -> Iterator[Finding]:
        """Read the wrap files below these folders of the keyring; what is damaged there."""
        repo, tip = self._ledger.repo, self._ledger.keyring.tip
        files = {path: oid for folder in folders for path, oid in (repo.walk(tip, folder) if tip else ())}
        wanted = {path: oid for path, oid in files.items() if path.startswith(("dossiers/", "offices/", "groups/"))}
        for path, (_oid, content) in zip(wanted, repo.read_blobs(wanted.values()), strict=True):
            folder, _slash, reader = path.rpartition("/")
            try:
                self._held.setdefault(folder, {})[reader] = set(read_wraps(content))
            except WrapError as error:
                args = {"line": str(error)}
                yield Finding("KEY001", N_("Line {line} of a wrap file is damaged"), "error", path, "", args)

    def of(self, dossier: Dossier) -> Iterator[Finding]:
        """What is off with the keys of a dossier whose wrap files were read."""
        held = self._held.get(wraps_folder(dossier.id), {})
        for name in dossier.compartments:
            yield from self._readers(dossier, name, held)

    def reachable(self, dossier: Dossier, compartment: str) -> bool:
        """Whether some wrap of the compartment is meant for this member and could be opened: then it must."""
        entry, ring = dossier.compartments[compartment], self._ledger.ring
        held = self._ledger.keyring.readers(wraps_folder(dossier.id))
        mine = [ring.readers[0], *(group for group in ring.readers[1:] if ring.group_secrets.get(group))]
        return any((compartment, number) in held.get(reader, {}) for reader in mine for number in entry.generations)

    def _readers(self, dossier: Dossier, name: str, held: Mapping[str, set[Line]]) -> Iterator[Finding]:
        """Who reads, reads every generation; who does not, none."""
        expected = self._ledger.expected_readers(dossier, name)
        lines = [(name, number) for number in dossier.compartments[name].generations]
        where = f"{dossier.id} {name}"
        for reader in sorted(held.keys() - expected):
            if not held[reader].isdisjoint(lines):
                yield self._too_many(dossier, name, reader, where)
        for reader in sorted(expected):
            lacking = [line for line in lines if line not in held.get(reader, set())]
            if lacking:
                yield self._too_few(dossier, lacking, reader, where)

    def _too_many(self, dossier: Dossier, name: str, reader: str, where: str) -> Finding:
        args = {"reader": reader}
        if self._was_meant(dossier.id, name, reader):
            return Finding(
                "KEY005", N_("{reader} was a reader and still has the key; a holder's next sync turns it"), "warning",
                where, "", args,
            )  # fmt: skip
        return Finding("KEY002", N_("{reader} can open it, which the policy does not say"), "error", where, "", args)

    def _too_few(self, dossier: Dossier, lacking: list[Line], reader: str, where: str) -> Finding:
        args = {"reader": reader}
        if any(self._was_taken_out(dossier, line, reader) for line in lacking):
            return Finding(
                "KEY004", N_("The key of {reader} was taken out, though the policy names this reader"), "error",
                where, "", args, N_("crmctl sync of another reader makes it again; ask who took it out"),
            )  # fmt: skip
        return Finding(
            "KEY003", N_("{reader} waits for a key; a holder's next sync makes it"), "warning", where, "", args
        )

    def _was_meant(self, dossier_id: str, compartment: str, reader: str) -> bool:
        """Whether main named the reader at some earlier state, on a day that state was in force."""
        until = self._ledger.today
        for commit, day in self._states(dossier_id):
            then = self._view(commit)
            try:
                if then and any(
                    reader in then.expected_readers(then.dossier(dossier_id), compartment, on)
                    for on in (day, max(day, until - timedelta(1)))
                ):
                    return True
            except CrmctlError:
                continue
            until = day
        return False

    def _states(self, dossier_id: str) -> Iterator[tuple[str, date]]:
        """Main's states that changed who reads it, the newest first, with their days."""
        zone = self._ledger.now.tzinfo
        listing = self._ledger.repo.run(
            "log", "--first-parent", "--format=%H %ct", self._ledger.head, "--", "org", "policy", clear_path(dossier_id)
        )
        for line in listing.decode("ascii").splitlines():
            commit, seconds = line.split()
            yield commit, datetime.fromtimestamp(int(seconds), zone).date()

    def _was_taken_out(self, dossier: Dossier, line: Line, reader: str) -> bool:
        for taken in self._taken.get(f"{wraps_folder(dossier.id)}/{reader}", ()):
            if line in taken.lines and reader in self._expected_at(taken.commit, dossier.id, line[0]):
                return True
        return False

    @cached_property
    def _taken(self) -> dict[str, list[Taken]]:
        """By wrap file what was ever taken out of it. Most histories have nothing of the kind."""
        repo, tip = self._ledger.repo, self._ledger.keyring.tip
        listing = repo.run(
            "log", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=MD", "--format=%H", tip or "HEAD",
            env={"GIT_INDEX_FILE": "/nonexistent"},
        )  # fmt: skip
        found: dict[str, list[Taken]] = {}
        commit, entry = "", None
        for word in listing.split(b"\0"):
            text = word.lstrip(b"\n")
            if entry is not None:
                path = text.decode("utf-8", "surrogateescape")
                lost = self._lines(entry[1]) - self._lines(entry[2])
                if lost:
                    found.setdefault(path, []).append(Taken(commit, frozenset(lost)))
                entry = None
            elif match := _ENTRY.fullmatch(text):
                entry = match[0].decode(), match[1].decode(), match[2].decode()
            elif text:
                commit = text.decode("ascii", "replace")
        return found

    def _lines(self, oid: str) -> set[Line]:
        if not oid.strip("0"):
            return set()
        try:
            return set(read_wraps(self._ledger.repo.read_blob(oid)))
        except (WrapError, CrmctlError):
            return set()

    def _expected_at(self, keyring_commit: str, dossier_id: str, compartment: str) -> frozenset[str]:
        """Whom the policy named on the main that the keyring commit says it was made for."""
        trailers = dict(self._ledger.repo.commit(keyring_commit).trailers)
        main = trailers.get(_MAIN, self._ledger.head)
        then = self._view(main) or self._ledger
        try:
            return then.expected_readers(then.dossier(dossier_id), compartment)
        except CrmctlError:
            return frozenset()

    def _view(self, main: str) -> Ledger | None:
        if main not in self._views:
            try:
                self._views[main] = Ledger(self._ledger.repo.path, at=main, home=self._ledger.home)
            except CrmctlError:
                self._views[main] = None
        return self._views[main]
