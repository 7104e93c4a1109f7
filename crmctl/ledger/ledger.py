"""An open ledger: one commit of main, what is in force there, and what its member may open.

Everyday commands read `head`: main with the member's own changes that wait for review. What has landed is
`main`; `landed` is the same ledger that reads nothing else.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from crmctl import clock
from crmctl.errors import BadConfiguration, InvalidInput, NoKey, NotFound, TrustBroken
from crmctl.home import home as home_directory
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.in_force import InForce, People, read_in_force, read_people
from crmctl.ledger.keys.identity import Identity
from crmctl.ledger.keys.identity import load as load_identity
from crmctl.ledger.keys.keyring import Keyring, Ring, keyring_ref
from crmctl.ledger.keys.seal import check_header
from crmctl.ledger.outbox import outbox_ref, outboxes
from crmctl.ledger.pending import Pending, read_pending, shown_commit
from crmctl.model.access import readers
from crmctl.model.clear_files import ClearFileError, read_dossier
from crmctl.model.dossier import Dossier, clear_path, wraps_folder
from crmctl.model.org import Member
from crmctl.model.paths import place_of
from crmctl.model.record import EnvelopeError, Record, decode
from crmctl.model.values import Value
from crmctl.model.wraps import Wraps

MAIN = "refs/heads/main"
Ask = Callable[[], str]
# shows how far a long task is: `with watch(total) as done: done(n)`
Watch = Callable[[int], AbstractContextManager[Callable[[int], None]]]

# Git takes fewer digits for words and answers with the present.
_GIT_SECONDS = 100_000_000


class Ledger:
    """A ledger at one commit, seen by one member.

    `at` picks another commit than main's tip (a commit, or a date: the last commit of that day).
    `ask` is called for the passphrase when the identity is locked; without it nothing prompts.
    `path` may be a repository that is open already.
    """

    def __init__(
        self, path: Path | Repository, *, at: str | None = None, ask: Ask | None = None, home: Path | None = None
    ) -> None:
        self.repo = path if isinstance(path, Repository) else Repository(path)
        self.home = home or home_directory()
        self._ask = ask
        self.at = at
        self.watch: Watch | None = None
        self.main = self._resolve(at)
        self.head = self.main if at else shown_commit(self.repo, self.main)
        self._dossiers: dict[str, Dossier] = {}
        self._whole: Ledger | None = None
        # what a person decided where two changed the same: field by record, "ours" or "theirs" (crmctl resolve)
        self.settled: Mapping[str, Mapping[str, str]] = {}

    @classmethod
    def find(cls, start: Path, *, at: str | None = None, ask: Ask | None = None) -> Ledger:
        """The ledger whose folder holds `start`. Raises NotFound."""
        for folder in (start.absolute(), *start.absolute().parents):
            if (folder / ".git").exists() or (folder / "HEAD").is_file():
                return cls(folder, at=at, ask=ask)
        raise NotFound(_("There is no ledger here"), where=str(start), hint=_("crmctl init DIR, or crmctl -C DIR …"))

    def _resolve(self, at: str | None) -> str:
        tip = self.repo.resolve(MAIN)
        if tip is None:
            raise NotFound(_("There is no ledger here yet"), where=str(self.repo.path), hint="crmctl init DIR")
        if at is None:
            return tip
        if len(at) == len("2026-01-01") and at[4:5] == "-":
            return self._last_of_day(tip, at)
        commit = self.repo.resolve(at)
        if commit is None:
            raise NotFound(_("There is no such state or day: {at}", at=at), hint="crmctl log")
        return commit

    def _last_of_day(self, tip: str, at: str) -> str:
        try:
            date.fromisoformat(at)
        except ValueError as error:
            raise NotFound(_("There is no such state or day: {at}", at=at)) from error
        zone = read_in_force(self.repo, tip).settings.timezone
        end = datetime.fromisoformat(f"{at}T23:59:59").replace(tzinfo=clock.now(zone).tzinfo)
        moment, found = int(end.timestamp()), ""
        if moment >= _GIT_SECONDS:
            before = f"--before={moment}"
            found = self.repo.run("rev-list", "-1", "--first-parent", before, tip).decode().strip()
        if not found:
            raise NotFound(_("The ledger did not exist on {at}", at=at), hint="crmctl log")
        return found

    @property
    def landed(self) -> Ledger:
        """The same ledger without what waits for review; itself where nothing does."""
        # kept apart from `self`: a ledger that held itself would keep its Git processes until some far collection
        return self if self.head == self.main else self._landed

    @cached_property
    def _landed(self) -> Ledger:
        return self.standing_on(self.main)

    def standing_on(self, commit: str) -> Ledger:
        """The same ledger with another commit to read: main's set-up and keys stay in force."""
        other = copy.copy(self)
        for name in ("_landed", "pending", "pending_paths"):
            other.__dict__.pop(name, None)
        other.__dict__.update(head=commit, _dossiers={}, _whole=self)
        return other

    def reopened(self) -> Ledger:
        """The same copy as it stands now, with the identity unlocked already."""
        fresh = Ledger(self.repo, ask=self._ask, home=self.home)
        fresh.watch, fresh.settled = self.watch, self.settled
        fresh.__dict__["identity"] = self.identity
        return fresh

    @cached_property
    def pending(self) -> Pending:
        """The own changes that wait beside main; none at an earlier state."""
        return Pending(self.main) if self.at else read_pending(self.repo, self.main)

    @cached_property
    def pending_paths(self) -> frozenset[str]:
        """The files that differ from main because their change was not reviewed yet."""
        if self.head == self.main:
            return frozenset()
        return frozenset(change.path for change in self.repo.changed(self.main, self.head))

    @cached_property
    def in_force(self) -> InForce:
        """Settings, org, kinds and policy on main: what waits for review is not in force."""
        return read_in_force(self.repo, self.main)

    @property
    def people(self) -> People:
        """Settings and members of what is in force; the rest of it is not compiled for their sake."""
        whole = self.__dict__.get("in_force")
        return People(whole.settings, whole.org) if whole else self._people

    @cached_property
    def _people(self) -> People:
        return read_people(self.repo, self.main)

    def values(self, department: str | None = None, day: date | None = None) -> Mapping[str, Value]:
        """The policy's values that count for a department (the company) on a day (today)."""
        return self.in_force.values.on(day or self.today, department)

    @property
    def proposed(self) -> InForce:
        """The set-up with the own changes of it that wait; a further change builds on it."""
        return self.in_force if self.head == self.main else read_in_force(self.repo, self.head)

    @cached_property
    def now(self) -> datetime:
        """The present moment in the ledger's zone."""
        return clock.now(self.people.settings.timezone)

    @property
    def today(self) -> date:
        """Today in the ledger's zone."""
        return self.now.date()

    @cached_property
    def founded(self) -> date:
        """The day of the first commit, in the ledger's zone; its id is kept, since the way there is long."""
        note = self.repo.common_dir / "crmctl" / "founding"
        try:
            first = self.repo.commit(note.read_text("ascii").strip())
        except (OSError, ValueError, NotFound):
            roots = self.repo.run("rev-list", "--first-parent", "--max-parents=0", self.main).decode().split()
            first = self.repo.commit(roots[-1])
            with contextlib.suppress(OSError):
                note.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(note, f"{first.oid}\n".encode("ascii"))
        return first.at.astimezone(self.now.tzinfo).date()

    @cached_property
    def member_id(self) -> str:
        """Who works in this clone. Raises BadConfiguration when it was never said."""
        said = os.environ.get("CRMCTL_MEMBER") or whose_clone(self.repo)
        if not said:
            raise BadConfiguration(
                _("This copy does not know who you are"), hint=_("crmctl clone URL DIR --as YOUR-ID")
            )
        return said

    @property
    def member(self) -> Member:
        """The member's entry. Raises NoKey when the ledger does not know the member."""
        found = self.people.org.members.get(self.member_id)
        if found is None:
            raise NoKey(
                _("{member} is not a member of this ledger", member=self.member_id),
                hint=_("Ask for: crmctl member add"),
            )
        return found

    @cached_property
    def identity(self) -> Identity:
        """The member's keys, unlocked. Raises NoKey when locked and nobody can be asked."""
        if self._whole is not None:
            return self._whole.identity  # asked for once
        identity = load_identity(self.home, self.member_id, self._ask)
        expected = self.people.org.members.get(self.member_id)
        if expected and expected.opens != identity.opens:
            raise NoKey(
                _("Your key is not the one the ledger knows for {member}", member=self.member_id),
                hint="crmctl key show",
            )
        return identity

    @cached_property
    def keyring(self) -> Keyring:
        """The keyring at its newest commit here."""
        epoch = self.people.settings.epoch
        return Keyring(self.repo, epoch, self.repo.resolve(keyring_ref(epoch)))

    @cached_property
    def outbox(self) -> Keyring:
        """The own wraps that wait: keys of compartments that are not on main yet."""
        return Keyring(self.repo, self.people.settings.epoch, self.repo.resolve(outbox_ref(self.member_id)))

    @cached_property
    def ring(self) -> Ring:
        """What this member can unwrap: from the keyring, else from what waits in anybody's outbox."""
        org, epoch = self.people.org, self.people.settings.epoch
        groups = org.groups_of(self.member_id, self.today)
        return Ring(self.keyring, self.identity, org, groups, lambda: outboxes(self.repo, epoch))

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier's clear part. Raises NotFound, BadConfiguration."""
        if dossier_id not in self._dossiers:
            path = clear_path(dossier_id)
            content = self.repo.read(self.head, path)
            if content is None:
                raise NotFound(_("There is no {id}", id=dossier_id), hint="crmctl list customer")
            dossier = parse_dossier(content, path)
            if dossier.id != dossier_id:
                raise TrustBroken(_("A dossier lies in another one's folder"), where=path, hint="crmctl check")
            self._dossiers[dossier_id] = dossier
        return self._dossiers[dossier_id]

    def expected_readers(self, dossier: Dossier, compartment: str, on: date | None = None) -> frozenset[str]:
        """The readers the policy gives a compartment today, or on another day."""
        pack, org = self.in_force.pack, self.in_force.org
        return readers(dossier, compartment, pack.reading, pack.company_roles, org, on or self.today)

    def wraps_of(self, dossier_id: str) -> dict[str, Wraps]:
        """Every reader's wraps of a dossier, those that wait in the own outbox included."""
        folder = wraps_folder(dossier_id)
        held = self.keyring.readers(folder)
        for reader, waiting in self.outbox.readers(folder).items():
            held[reader] = {**waiting, **held.get(reader, {})}
        return held

    def record_blobs(self) -> Iterator[tuple[str, str]]:
        """(path, blob id) of every sealed record at this commit, readable or not."""
        for folder in ("customers", "offices", "blacklist"):
            for path, oid in self.repo.walk(self.head, folder):
                if path.endswith(".yaml.age"):
                    yield path, oid

    def read(self, path: str, oid: str | None = None) -> Record:
        """Open the record at a path (or another blob of the same path).

        Raises NotFound, NoKey, TrustBroken.
        """
        sealed = self.repo.read_blob(oid) if oid else self.repo.read(self.head, path)
        if sealed is None:
            raise NotFound(_("There is no such record"), where=path)
        return self.open_record(path, sealed)

    def open_record(self, path: str, sealed: bytes) -> Record:
        """Open one sealed record and check its envelope against its path. Raises NoKey, TrustBroken."""
        return self.open_with_generation(path, sealed)[0]

    def open_with_generation(self, path: str, sealed: bytes) -> tuple[Record, int]:
        """Like `open_record`, and the generation of the compartment's key that opened it."""
        plain, generation = self.open_sealed(path, sealed)
        record = parse_record(plain, path)
        check_envelope(record, path)
        return record, generation

    def open_sealed(self, path: str, sealed: bytes) -> tuple[bytes, int]:
        """The plaintext of a sealed file, and the generation of the key that opened it. Raises NoKey, TrustBroken."""
        place = place_of(path)
        if place is None:
            raise TrustBroken(_("This path belongs to no record"), where=path)
        dossier = self.dossier(place.dossier)
        check_header(sealed, path)
        entry = dossier.compartments.get(place.compartment)
        generations = [entry.generation, *sorted(entry.past, reverse=True)] if entry else [1]
        for generation in generations[:-1]:
            try:
                return self.ring.opener(dossier, place.compartment, generation).open(sealed, path), generation
            except NoKey:
                continue  # sealed to an earlier generation
        last = generations[-1]
        return self.ring.opener(dossier, place.compartment, last).open(sealed, path), last


def whose_clone(repo: Repository) -> str | None:
    """The member who works in this clone, as `claim_clone` noted it."""
    try:
        return (repo.git_dir / "crmctl" / "member").read_text("ascii").strip() or None
    except OSError:
        return None


def claim_clone(repo: Repository, member: str) -> None:
    """Note who works in this clone."""
    folder = repo.git_dir / "crmctl"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "member", f"{member}\n".encode("ascii"))


def parse_dossier(content: bytes, path: str) -> Dossier:
    """A dossier's clear file as a value. Raises BadConfiguration."""
    try:
        return read_dossier(load(content, path))
    except InvalidInput as error:
        raise BadConfiguration(error.what, where=error.where, hint=error.hint) from error
    except ClearFileError as error:
        raise BadConfiguration(_("The file does not read at {path}", path=error), where=path) from error


def parse_record(plain: bytes, path: str) -> Record:
    """A record's plaintext as a value. Raises TrustBroken naming the envelope key, never a value."""
    try:
        return decode(load(plain, path))
    except EnvelopeError as error:
        raise TrustBroken(
            _("The record's envelope is off at {key}", key=error), where=path, hint="crmctl check"
        ) from error
    except InvalidInput as error:
        raise TrustBroken(_("The record is damaged: {why}", why=error.what), where=path, hint="crmctl check") from error


def check_envelope(record: Record, path: str) -> None:
    """Hold the envelope against the path. Raises TrustBroken when the record was moved or swapped."""
    place = place_of(path)
    if place is None:
        raise TrustBroken(_("This path belongs to no record"), where=path)
    same_place = record.dossier == place.dossier and record.compartment == place.compartment
    single = not place.folder
    named = record.id == place.dossier if single else record.id == place.record_id
    if not (same_place and named) or (single and record.kind != place.record_id):
        raise TrustBroken(
            _("The record does not belong where it lies: it was moved or swapped"), where=path,
            hint=_("crmctl log shows who wrote it"),
        )  # fmt: skip
