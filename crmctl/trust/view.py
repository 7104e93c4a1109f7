"""What stood on main where a change enters it: the only state a change is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from crmctl.errors import CrmctlError
from crmctl.ledger.git.repository import CommitInfo, PathChange, Repository
from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import parse_dossier
from crmctl.model.dossier import Dossier, clear_path
from crmctl.trust.setups import SetUps, is_set_up


@dataclass(slots=True)
class View:
    """Main at commit `base`, with the earlier changes of the same landing laid over it.

    `clock` is the latest moment the ledger had reached there, whatever a later commit claims.
    `today` is the judge's own day, where the change is only now arriving (a server's hook).
    """

    repo: Repository
    set_ups: SetUps
    base: str
    clock: datetime
    today: date | None = None
    laid: dict[str, str | None] = field(default_factory=dict)
    _in_force: InForce | None = None
    _dossiers: dict[tuple[str, str], Dossier | None] = field(default_factory=dict)  # by path and blob

    @property
    def in_force(self) -> InForce:
        """Settings, org, kinds and policy. Raises BadConfiguration, InvalidInput."""
        if self._in_force is None:
            self._in_force = self.set_ups.laid_over(self.base, self.laid)
        return self._in_force

    def lay(self, changes: list[PathChange]) -> None:
        """Lay a change over the view, so that the next one of the landing is judged after it."""
        self.laid.update({change.path: change.new_oid for change in changes})
        if any(is_set_up(change.path) for change in changes):
            self._in_force = None

    def oid(self, path: str) -> str | None:
        """The blob at a path."""
        if path in self.laid:
            return self.laid[path]
        entry = self.repo.entry(self.base, path)
        return entry.oid if entry and entry.kind == "blob" else None

    def dossier(self, dossier_id: str) -> Dossier | None:
        """A dossier's clear part; None where there is none, or none that reads."""
        path = clear_path(dossier_id)
        oid = self.oid(path)
        if oid is None:
            return None
        if (path, oid) not in self._dossiers:
            self._dossiers[path, oid] = read_clear(self.repo, path, oid)
        return self._dossiers[path, oid]

    def day(self, info: CommitInfo) -> date:
        """The day a commit counts for: never before the ledger's own clock, whatever it claims."""
        return local_day(self.in_force, max(info.committed_at, self.clock), self.today)


def local_day(in_force: InForce, moment: datetime, today: date | None) -> date:
    """A moment's day where the ledger is kept, or `today` when that is later."""
    day = moment.astimezone(ZoneInfo(in_force.settings.timezone)).date()
    return max(day, today) if today else day


def read_clear(repo: Repository, path: str, oid: str) -> Dossier | None:
    """The dossier a clear file says, None where it does not read."""
    try:
        return parse_dossier(repo.read_blob(oid), path)
    except (CrmctlError, ValueError):
        return None


def by_path(changes: list[PathChange]) -> Mapping[str, PathChange]:
    """Changes by their path."""
    return {change.path: change for change in changes}
