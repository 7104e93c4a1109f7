"""Enter the year's deeds into the ledger: one signed commit a member and month, through the real draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Protocol

from crmctl.demo.customers import Customer
from crmctl.demo.deeds import Deed, Named, Written
from crmctl.demo.span import Span
from crmctl.demo.surroundings import acting
from crmctl.errors import Refused
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import Ledger
from crmctl.rules.calendar import add_months

Progress = Callable[[int], None]


class Chapter(Protocol):
    """Something that happens on a day between the deeds (`crmctl.demo.story`)."""

    @property
    def day(self) -> date:
        """The day."""

    def tell(self) -> object:
        """Let it happen."""


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
    _stopped: set[str] = field(default_factory=set)
    _ids: dict[str, str] = field(default_factory=dict)
    _owed: dict[int, Decimal] = field(default_factory=dict)

    def enter(
        self, deeds: Sequence[Deed], chapters: Sequence[Chapter] = (), progress: Progress | None = None
    ) -> None:  # fmt: skip
        """Write all deeds, and tell each chapter before its month's. Raises InvalidInput, Refused for a bad one."""
        done, untold = 0, sorted(chapters, key=lambda chapter: chapter.day)
        for (month, _desk, _turn, member, _round), batch in groupby(sorted(deeds, key=_order), key=_batch):
            found = list(batch)
            while untold and f"{untold[0].day:%Y-%m}" <= month:
                untold.pop(0).tell()
            self._batch(member, found)
            done += len(found)
            if progress:
                progress(done)
        for chapter in untold:
            chapter.tell()

    def known(self, number: int) -> str | None:
        """The id under which a customer was entered; None before it is."""
        return self._dossiers.get(number)

    def dossier(self, number: int) -> str:
        """The id under which a customer was entered."""
        return self._dossiers[number]

    def _batch(self, member: str, deeds: list[Deed]) -> None:
        with acting(self.home, self._closing(deeds[-1].at), member):
            ledger = Ledger(self.path, home=self.home)
            # org and kinds stay as they are all year: compiled once
            ledger.in_force = self._in_force = self._in_force or ledger.in_force
            ledger.ring.remember(self._unwrapped.get(member, {}))
            draft = Draft(ledger)
            for deed in deeds:
                self._one(draft, deed)
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
        """Enter one deed, but for what the blacklist forbids meanwhile, and what would have followed from that."""
        if deed.ref in self._stopped:
            return
        bought = Decimal(str(deed.values["amount"])) if deed.kind in {"transaction", "payment"} else Decimal(0)
        owed = self._owed.get(deed.customer or 0, Decimal(0))
        if deed.kind == "payment":  # nobody pays for what was not sold
            bought = -min(bought, owed)
            if not bought:
                return
            deed = replace(deed, values={**deed.values, "amount": str(-bought)})
        try:
            self._entered(draft, deed)
            self._owed[deed.customer or 0] = owed + bought
        except Refused as refused:
            about = f"customer {deed.customer}"
            if refused.rule != "BLK001" and not (refused.rule == "ADM004" and about in self._stopped):
                raise
            self._stopped |= {about, deed.ref} - {""}  # without the contract refused there is no trade later either

    def _entered(self, draft: Draft, deed: Deed) -> None:
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
        self.counts[deed.kind] = self.counts.get(deed.kind, 0) + (deed.action in {"customer", "add"})

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
            self._paths[deed.ref], self._ids[deed.ref] = kept.path, kept.record.id

    def _named(self, values: dict[str, object]) -> dict[str, object]:
        """The values, a customer's number turned into the id of its dossier, a deed's name into its record's."""
        known = {name: self._known(value) for name, value in values.items()}
        return {name: value for name, value in known.items() if value is not None}

    def _known(self, value: object) -> object:
        if isinstance(value, Named):
            return self._dossiers[value.customer]
        if isinstance(value, Written):
            return self._ids.get(value.ref)  # None: the blacklist forbade it
        if isinstance(value, list):
            return [self._known(inner) for inner in value]
        return self._named(value) if isinstance(value, dict) else value


def _batch(deed: Deed) -> tuple[str, int, int, str, int]:
    desk = _desk(deed)
    # steps of one record keep their order, whoever makes them; a customer's stages each stay to be seen, and what was
    # found out about it comes before what is written of that
    step = deed.round if desk == _DECIDING or deed.action == "stage" else 0
    if deed.action == "change":
        step = -1 if deed.late else _LAST
    return deed.at.strftime("%Y-%m"), desk, deed.round if desk == _DECIDING else 0, deed.by, step


_DECIDING = 2
_LAST = 9


def _desk(deed: Deed) -> int:
    """Which turn of the month: who enters first, who writes about it, who decides on that."""
    if deed.action == "advance":
        return _DECIDING
    return 1 if deed.late or deed.by in _LATE_DESKS else 0


def _order(deed: Deed) -> tuple[str, int, int, str, int, bool, int, bool, int, datetime, str]:
    # customer by customer, each before what is said of it: what guards ask of one is opened once
    of_office = deed.customer is None
    return (*_batch(deed), of_office, deed.customer or 0, deed.action != "customer", deed.round, deed.at, deed.kind)
