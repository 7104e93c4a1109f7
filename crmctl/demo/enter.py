"""Enter the year's deeds into the ledger: one signed commit a member and month, through the real draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from crmctl.demo.customers import Customer
from crmctl.demo.deeds import Deed, Named
from crmctl.demo.span import Span
from crmctl.demo.surroundings import acting
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import Ledger
from crmctl.rules.calendar import add_months

Progress = Callable[[int], None]
_LATE_DESKS = ("finance", "quality")  # they write about what salespeople entered before


@dataclass
class Clerk:
    """Writes deeds into the ledger at `path` with the keys in `home`."""

    path: Path
    home: Path
    span: Span
    customers: Sequence[Customer]
    counts: dict[str, int] = field(default_factory=dict)
    _dossiers: dict[int, str] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)
    _unwrapped: dict[str, dict[str, dict[tuple[str, int], str]]] = field(default_factory=dict)
    _in_force: InForce | None = None

    def enter(self, deeds: Sequence[Deed], progress: Progress | None = None) -> None:
        """Write all deeds. Raises InvalidInput when the invented data breaks a rule of the ledger."""
        done = 0
        for (_month, _desk, _turn, member, _round), batch in groupby(sorted(deeds, key=_order), key=_batch):
            found = list(batch)
            self._batch(member, found)
            done += len(found)
            if progress:
                progress(done)

    def _batch(self, member: str, deeds: list[Deed]) -> None:
        with acting(self.home, self._closing(deeds[-1].at), member):
            ledger = Ledger(self.path, home=self.home)
            # org and kinds stay as they are all year: compiled once
            ledger.in_force = self._in_force = self._in_force or ledger.in_force
            ledger.ring.remember(self._unwrapped.get(member, {}))
            draft = Draft(ledger)
            for deed in deeds:
                self._one(draft, deed)
                self.counts[deed.kind] = self.counts.get(deed.kind, 0) + (deed.action in {"customer", "add"})
            draft.commit("import", deeds[0].kind if len({deed.kind for deed in deeds}) == 1 else "")
            known = self._unwrapped.setdefault(member, {})
            for wrap_file, held in ledger.ring.unwrapped.items():
                known.setdefault(wrap_file, {}).update(held)
            ledger.repo.close()

    def _closing(self, moment: datetime) -> datetime:
        """When the month's work was handed in: its last evening, or now."""
        last = add_months(moment.date().replace(day=1), 1) - timedelta(days=1)
        return min(datetime.combine(last, time(19), self.span.now.tzinfo), self.span.now)

    def _one(self, draft: Draft, deed: Deed) -> None:
        origin = Origin(at=deed.at, reason=deed.reason, for_member=deed.on_behalf)
        values = self._named(deed.values)
        if deed.action in {"advance", "change"}:
            draft.new_version(self._paths[deed.ref or f"customer {deed.customer}"], values, origin)
        elif deed.customer is None:
            assert deed.office
            kept = draft.new_record(draft.kind(deed.kind), f"office/{deed.office}", deed.office, values, origin)
            self._paths[deed.ref] = kept.path
        else:
            self._about(draft, deed, deed.customer, values, origin)

    def _about(self, draft: Draft, deed: Deed, number: int, values: dict[str, object], origin: Origin) -> None:
        department = self.customers[number].owner.department
        if deed.action == "customer":
            kept = draft.new_customer(values, department, deed.by, origin, unverified=deed.unverified)
            self._dossiers[number] = kept.record.dossier
            self._paths[f"customer {number}"] = kept.path
        elif deed.action == "stage":
            dossier = self._dossiers[number]
            assignment = draft.dossier(dossier).assignments[department]
            moved = replace(assignment, state=str(values["state"]), since=deed.at.date())
            draft.set_assignment(dossier, department, moved)
        else:
            kept = draft.new_record(draft.kind(deed.kind), self._dossiers[number], department, values, origin)
            self._paths[deed.ref] = kept.path

    def _named(self, values: dict[str, object]) -> dict[str, object]:
        """The values with each customer's number turned into the id of its dossier."""
        return {name: self._known(value) for name, value in values.items()}

    def _known(self, value: object) -> object:
        if isinstance(value, Named):
            return self._dossiers[value.customer]
        if isinstance(value, list):
            return [self._known(inner) for inner in value]
        return self._named(value) if isinstance(value, dict) else value


def _batch(deed: Deed) -> tuple[str, int, int, str, int]:
    desk = _desk(deed)
    # steps of one record keep their order, whoever makes them
    return deed.at.strftime("%Y-%m"), desk, deed.round if desk == _DECIDING else 0, deed.by, deed.round


_DECIDING = 2


def _desk(deed: Deed) -> int:
    """Which turn of the month: who enters first, who writes about it, who decides on that."""
    if deed.action == "advance":
        return _DECIDING
    return 1 if deed.late or deed.by in _LATE_DESKS else 0


def _order(deed: Deed) -> tuple[str, int, int, str, int, datetime, str, int]:
    # a customer comes before what is said of it at the same moment
    return (*_batch(deed), deed.at, "" if deed.action == "customer" else deed.kind, deed.customer or 0)
