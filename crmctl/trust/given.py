"""Which keys the policy gave to whom: at a state of main, and at any state of a stretch of it.

People change their roles and customers their owners. A wrap is right when main gave it at some moment at
which that key existed; one that main never gave is a ghost's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from crmctl.errors import CrmctlError
from crmctl.model.dossier import clear_path
from crmctl.model.wraps import GROUP
from crmctl.trust.standing import policy_readers
from crmctl.trust.view import View, local_day

_SET_UP = ("ledger.yaml", "org", "policy")


@dataclass(frozen=True, slots=True)
class Given:
    """A wrap by name: for `reader`, of a group's key or a dossier's; `line` is compartment and generation."""

    reader: str
    group: str | None
    dossier: str | None
    line: tuple[str, int]


@dataclass(slots=True)
class GivenPast:
    """Main from `since` (None: its beginning) up to the state of `view`."""

    view: View
    since: str | None

    @staticmethod
    def gives(view: View, given: Given, days: Iterable[date]) -> bool:
        """Whether main, as it stands in `view`, gives it on one of the days."""
        in_force, (name, generation) = view.in_force, given.line
        if given.group is not None:
            key = in_force.org.groups.get(given.group)
            known = key is not None and name == GROUP and generation <= key.generation
            return known and any(given.reader in in_force.org.group_members(given.group, day) for day in days)
        dossier = view.dossier(given.dossier) if given.dossier else None
        entry = dossier.compartments.get(name) if dossier else None
        if dossier is None or entry is None or entry.public(generation) is None:
            return False
        return any(given.reader in policy_readers(in_force, dossier, name, day) for day in days)

    def ever_gave(self, given: Given, days: set[date]) -> bool:
        """Whether main gave it at some state of the stretch."""
        return self._at_any(given, days, lambda held: held)

    def ever_refused(self, given: Given, days: set[date]) -> bool:
        """Whether main did not give it at some state of the stretch."""
        return self.since is not None and self._at_any(given, days, lambda held: not held)

    def _at_any(self, given: Given, days: set[date], wanted: Callable[[bool], bool]) -> bool:
        for view, day in self._states(given):
            try:
                held = self.gives(view, given, {day, *(other for other in days if other >= day)})
            except CrmctlError:
                continue
            if wanted(held):
                return True
        return False

    def _states(self, given: Given) -> Iterator[tuple[View, date]]:
        """The states at which what decides it changed, the latest first."""
        repo = self.view.repo
        paths = [*_SET_UP, *([clear_path(given.dossier)] if given.dossier else [])]
        words = ["rev-list", "--first-parent", self.view.base, *([f"^{self.since}"] if self.since else [])]
        names = repo.run(*words, "--", *paths).decode("ascii").split()
        for name in [*names, *([self.since] if self.since else [])]:
            info = repo.commit(name)
            view = View(repo, self.view.set_ups, name, info.committed_at)
            yield view, local_day(self.view.in_force, info.committed_at, None)
