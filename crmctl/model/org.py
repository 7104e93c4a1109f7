"""The company's people: members with dated roles, departments, and the groups that follow from them (R-REC-51)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmctl.model.kinds import Label


@dataclass(frozen=True, slots=True)
class Role:
    """A role held in a department (None: in the whole company) from a day until a day, both included."""

    role: str
    department: str | None
    since: date
    until: date | None = None

    def active(self, on: date) -> bool:
        """Whether the role is held on that day."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Member:
    """A person or machine that reads and signs. `opens` is the age recipient, `signs` the SSH public key line.

    `issued` is the day of these keys (else the day of joining), `devices` are those the company has designated.
    Both keys are None for somebody without access yet: known, can be responsible, reads and signs nothing (ADR 0020).
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    opens: str | None
    signs: str | None
    since: date
    until: date | None = None
    supervisor: str | None = None
    territory: str | None = None
    pledge: date | None = None
    issued: date | None = None
    devices: tuple[str, ...] = ()

    @property
    def has_access(self) -> bool:
        """Whether the member has keys."""
        return self.opens is not None

    def active(self, on: date) -> bool:
        """Whether the member belongs to the company on that day."""
        return self.since <= on and (self.until is None or on <= self.until)

    def departments(self, on: date) -> list[str]:
        """The departments in which the member holds a role on that day, in the file's order."""
        return list(dict.fromkeys(r.department for r in self.roles if r.department and r.active(on)))

    def holds(self, role: str, department: str | None, on: date) -> bool:
        """Whether the member holds the role in that department (or company-wide) on that day.

        `head@north` is the role in that department, wherever it is asked for; `@zhou` is that member alone.
        """
        role, at, place = role.partition("@")
        if at and not role:
            return self.id == place and self.active(on)
        department = place if at else department
        return self.active(on) and any(
            r.role == role and r.active(on) and r.department in {department, None} for r in self.roles
        )


@dataclass(frozen=True, slots=True)
class Delegation:
    """One role a member lets somebody else stand in for, in a department (None: wherever held), from a day until a day.

    It counts for approvals only: nobody reads or writes more by it.
    """

    to: str
    role: str
    department: str | None
    since: date
    until: date

    def counts(self, member: str, role: str, department: str | None, on: date) -> bool:
        """Whether it lets that member hold the role in the department on that day; both days included."""
        role, at, place = role.partition("@")
        department = place if at else department
        here = self.department is None or self.department == department
        return self.to == member and self.role == role and here and self.since <= on <= self.until


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `until` is set when it was merged or split away."""

    id: str
    label: Label
    until: date | None = None


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A group's public age key and its generation."""

    key: str
    generation: int


@dataclass(frozen=True, slots=True)
class Org:
    """The organisation at one commit."""

    members: Mapping[str, Member] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    groups: Mapping[str, GroupKey] = field(default_factory=dict)
    delegations: Mapping[str, tuple[Delegation, ...]] = field(default_factory=dict)

    def group_members(self, group: str, on: date) -> list[str]:
        """Ids of a group's members with keys on that day: `<department>.<role>`, `all.<role>`, `all.everyone`."""
        scope, _, role = group.partition(".")
        if group == "all.everyone":
            return sorted(m.id for m in self.members.values() if m.has_access and m.active(on))
        department = None if scope == "all" else scope
        return sorted(
            m.id
            for m in self.members.values()
            if m.has_access
            and m.active(on)
            and any(r.role == role and r.department == department and r.active(on) for r in m.roles)
        )

    def groups_of(self, member: str, on: date) -> list[str]:
        """The keyed groups the member belongs to on that day."""
        return [group for group in self.groups if member in self.group_members(group, on)]

    def recipient(self, reader: str) -> str | None:
        """The public key of a reader: a member's, or a group's."""
        if "." in reader:
            group = self.groups.get(reader)
            return group.key if group else None
        member = self.members.get(reader)
        return member.opens if member else None
