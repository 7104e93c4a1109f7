"""What of a dossier's clear file a change touches, and whether its signer may touch that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from crmctl.ledger.git.repository import CommitInfo, PathChange
from crmctl.model.access import compartment_pattern
from crmctl.model.dossier import ALLOWED, Assignment, Compartment, Dossier, Grant, clear_path, is_office
from crmctl.model.findings import Finding
from crmctl.model.org import Member
from crmctl.trust.authority import Authority
from crmctl.trust.since import added_alone
from crmctl.trust.standing import Standing
from crmctl.trust.view import View, read_clear
from crmctl.trust.words import found

_PERSONS = ("owner", "team", "keeper")
_FIELDS = (*_PERSONS, "state", "since")


@dataclass(slots=True)
class DossierFields:
    """One clear file as a change leaves it, against what stood there."""

    info: CommitInfo
    view: View
    authority: Authority
    member: Member
    change: PathChange
    lent: tuple[Member, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Everything the signer may not do to it."""
        old = self._read(self.change.old_oid)
        new = self._read(self.change.new_oid)
        if new is None:
            if self.change.new_oid:
                yield self._found("TRU035", why="dossier")
            return
        if clear_path(new.id) != self.change.path or (old and old.id != new.id):
            yield self._found("TRU045", name="id")
            return
        yield from self._assignments(old, new)
        yield from self._compartments(old, new)
        yield from self._grants(old, new)
        yield from self._allowed(old, new)

    def _read(self, oid: str | None) -> Dossier | None:
        return read_clear(self.view.repo, self.change.path, oid) if oid else None

    def _found(self, code: str, **args: object) -> Finding:
        return found(code, self.info.oid, self.change.path, "error", **args)

    def _may(self, field: str, standing: Standing, name: str) -> Iterator[Finding]:
        terms = self.authority.fields[field]
        if not standing.any_of(terms):
            yield self._found("TRU043", member=self.member.id, field=name, allowed=", ".join(terms))

    def _standing(self, dossier: Dossier, department: str | None = None, compartment: str | None = None) -> Standing:
        return Standing(
            self.member, self.view.in_force, self.view.day(self.info), dossier, compartment, department, lent=self.lent
        )  # fmt: skip

    # Who deals with the customer

    def _assignments(self, old: Dossier | None, new: Dossier) -> Iterator[Finding]:
        before: Mapping[str, Assignment] = old.assignments if old else {}
        for department in dict.fromkeys([*before, *new.assignments]):
            name = f"assignments.{department}"
            was, now = before.get(department), new.assignments.get(department)
            standing = self._standing(old or new, department)
            if was is None:
                yield from self._may("assignment.add", standing, name)
                yield from self._belong(now, department, _PERSONS)
            elif now is None:
                standing.added = partial(self._added_here, "assignments", department)
                yield from self._may("assignment.remove", standing, name)
            else:
                changed = [field for field in _FIELDS if getattr(was, field) != getattr(now, field)]
                for field in changed:
                    yield from self._may(f"assignment.{field}", standing, f"{name}.{field}")
                yield from self._belong(now, department, [field for field in _PERSONS if field in changed], was)

    def _belong(
        self, now: Assignment | None, department: str, fields: Iterable[str], was: Assignment | None = None
    ) -> Iterator[Finding]:
        """Whoever is newly named must belong to the department."""
        for field in fields:
            known = _names(was, field)
            for name in _names(now, field) - known:
                member = self.view.in_force.org.members.get(name)
                if member is None or department not in member.departments(self.view.day(self.info)):
                    yield self._found("TRU046", name=name, department=department)

    def _added_here(self, part: str, name: str) -> bool:
        def present(commit: str) -> bool:
            entry = self.view.repo.entry(commit, self.change.path)
            dossier = self._read(entry.oid) if entry else None
            return dossier is not None and name in getattr(dossier, part)

        return added_alone(self.view.repo, self.info, present)

    # Keys

    def _compartments(self, old: Dossier | None, new: Dossier) -> Iterator[Finding]:
        before: Mapping[str, Compartment] = old.compartments if old else {}
        for name in dict.fromkeys([*before, *new.compartments]):
            was, now = before.get(name), new.compartments.get(name)
            field = f"compartments.{name}"
            standing = self._standing(old or new, self._department_of(new, name), name)
            if was is None and now is not None:
                yield from self._new_compartment(old, new, name, now, standing)
            elif now is None:
                standing.added = partial(self._added_here, "compartments", name)
                yield from self._may("compartment.remove", standing, field)
            elif was is not None and was != now:
                if not _follows(was, now):
                    yield self._found("TRU044")
                yield from self._may("compartment.turn", self._standing(old or new, None, name), field)

    def _new_compartment(
        self, old: Dossier | None, new: Dossier, name: str, now: Compartment, standing: Standing
    ) -> Iterator[Finding]:
        if not self._fits(old, new, name):
            yield self._found("TRU045", name=name)
        others = [item for other, item in new.compartments.items() if other != name]
        if now.generation != 1 or now.past or any(now.key in {item.key, *item.past.values()} for item in others):
            yield self._found("TRU044")
        yield from self._may("office.add" if is_office(new.id) else "compartment.add", standing, f"compartments.{name}")

    def _fits(self, old: Dossier | None, new: Dossier, name: str) -> bool:
        """Whether the policy knows the compartment, and an assignment stands behind it."""
        pack = self.view.in_force.pack
        known = {*pack.readers, *(f"assignment/{short}" for short in pack.compartments)}
        if name == "core":
            return not is_office(new.id) and (old is None or "core" in old.compartments)
        if not is_office(new.id) and self._department_of(new, name) is None:
            return False
        return compartment_pattern(new.id, name) in known

    def _department_of(self, new: Dossier, name: str) -> str | None:
        if is_office(new.id):
            return new.id.removeprefix("office/")
        department = name.partition("/")[0]
        return department if department in new.assignments else None

    # Reading rights given

    def _grants(self, old: Dossier | None, new: Dossier) -> Iterator[Finding]:
        before, after = set(old.grants if old else ()), set(new.grants)
        for field, grants in (("grant.add", after - before), ("grant.remove", before - after)):
            for grant in sorted(grants, key=lambda item: (item.member, item.compartment)):
                for department in _departments_of(grant, old or new):
                    yield from self._may(field, self._standing(old or new, department), f"grants.{grant.member}")

    def _allowed(self, old: Dossier | None, new: Dossier) -> Iterator[Finding]:
        """What may be done with a customer: whether it was approved is the review rules' matter."""
        before: Mapping[str, str] = old.allowed if old else {}
        for name in dict.fromkeys([*before, *new.allowed]):
            if before.get(name) == new.allowed.get(name):
                continue
            if name not in ALLOWED or is_office(new.id):
                yield self._found("TRU045", name=f"allowed.{name}")
            field = "allowed.add" if name in new.allowed else "allowed.remove"
            yield from self._may(field, self._standing(old or new), f"allowed.{name}")


def _departments_of(grant: Grant, dossier: Dossier) -> list[str | None]:
    """The departments whose say a reading right takes: one for all parts takes every department's."""
    if "/" in grant.compartment:
        return [grant.compartment.partition("/")[0]]
    return list(dossier.assignments) if grant.compartment == "*" else [None]


def _names(item: Assignment | None, field: str) -> set[str]:
    value = getattr(item, field) if item else None
    return set(value) if isinstance(value, tuple) else {value} if isinstance(value, str) else set()


def _follows(was: Compartment, now: Compartment) -> bool:
    """Whether a compartment's keys go on from what they were: nothing lost, nothing replaced, one step."""
    kept = {**was.past, was.generation: was.key}
    return now.generation == was.generation + 1 and dict(now.past) == kept and now.key not in kept.values()
