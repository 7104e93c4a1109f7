"""What a part of the snapshot was made from, and what differs since: only that is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from crmctl.errors import CrmctlError
from crmctl.ledger.git.objects import REGULAR_MODES
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import Ledger
from crmctl.model.paths import dossier_of

TOPS = ("customers", "offices", "blacklist")
Entry = tuple[str, str]  # path, blob id


@dataclass(frozen=True, slots=True)
class Basis:
    """What rows were made from: the root trees of main and keyring, and the readers the member was.

    `readers` are the member and his groups, each group with its key and generation.
    """

    main: str
    keyring: str
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two bases.

    `entries` differ on main; of `touched` dossiers the clear file does; `wrapped` names the dossiers
    with another wrap for anybody and `doubtful` those where this member may open more or less than
    before (None: any). `lost`: a file or a wrap of this member is gone or was replaced.
    """

    entries: tuple[PathChange, ...] = ()
    touched: frozenset[str] = frozenset()
    wrapped: frozenset[str] = frozenset()
    doubtful: frozenset[str] | None = frozenset()
    lost: bool = False


@dataclass
class Present:
    """The ledger as it stands now, and what was found out about it so far in this run."""

    ledger: Ledger
    _differences: dict[Basis, Difference | None] = field(default_factory=dict)
    _leaves: list[Entry] | None = None
    _by_folder: dict[str, list[Entry]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ledger = self.ledger
        tip = ledger.keyring.tip
        self.basis = Basis(
            main=ledger.repo.root(ledger.head) or "",
            keyring=(ledger.repo.root(tip) or "") if tip else "",
            readers=tuple(map(self._reader, ledger.ring.readers)),
        )

    def _reader(self, name: str) -> str:
        group = self.ledger.in_force.org.groups.get(name)
        return f"{name} {group.generation} {group.key}" if group else name

    def leaves(self, folder: str = "") -> list[Entry]:
        """Every regular file below the dossiers' folders; with `folder` those that lie directly in one of that name."""
        if self._leaves is None:
            ledger = self.ledger
            self._leaves = [leaf for top in TOPS for leaf in ledger.repo.walk(ledger.head, top)]
            for leaf in self._leaves:
                self._by_folder.setdefault(leaf[0].rsplit("/", 2)[-2], []).append(leaf)
        return self._by_folder.get(folder, []) if folder else self._leaves

    def blob(self, path: str) -> str | None:
        """The blob of a regular file now; None when it is gone."""
        entry = self.ledger.repo.entry(self.ledger.head, path)
        return entry.oid if entry and entry.mode in REGULAR_MODES else None

    def since(self, before: Basis) -> Difference | None:
        """What differs from an earlier basis; None when that cannot be said any more."""
        if before not in self._differences:
            try:
                self._differences[before] = self._since(before)
            except CrmctlError:  # a tree of that time was cleared away
                self._differences[before] = None
        return self._differences[before]

    def _since(self, before: Basis) -> Difference:
        repo, now = self.ledger.repo, self.basis
        entries = tuple(repo.changed(before.main, now.main)) if before.main != now.main else ()
        touched = frozenset(_dossiers(change.path for change in entries if is_clear(change.path)))
        wraps = repo.changed(before.keyring or None, now.keyring or None) if before.keyring != now.keyring else []
        wrapped = frozenset(_dossiers(change.path for change in wraps))
        if before.readers != now.readers or any(self._is_group_wrap(change.path) for change in wraps):
            return Difference(entries, touched, wrapped, None, lost=True)
        readers = {*self.ledger.ring.readers}
        mine = [change for change in wraps if change.path.rpartition("/")[2] in readers]
        lost = any(change.old_oid for change in mine) or any(change.new_oid is None for change in entries)
        return Difference(entries, touched, wrapped, touched | frozenset(_dossiers(c.path for c in mine)), lost)

    def _is_group_wrap(self, path: str) -> bool:
        return path.startswith("groups/") and path.endswith(f"/{self.ledger.member_id}")


def is_clear(path: str) -> bool:
    """Whether it is a dossier's or office's clear file."""
    return path.endswith(("/dossier.yaml", "/office.yaml"))


def _dossiers(paths: Iterator[str]) -> Iterator[str]:
    return (dossier for dossier in map(dossier_of, paths) if dossier)
