"""What a signer is to a file: the terms of `authority.yaml` held against org, policy and dossier on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from crmctl.ledger.in_force import InForce
from crmctl.model.access import readers
from crmctl.model.dossier import Assignment, Dossier, is_office
from crmctl.model.org import Member
from crmctl.model.paths import Place, lies_there

_LEADERS = ("supervisor", "head")


def _never() -> bool:
    return False


@dataclass(slots=True)
class Standing:
    """A member before one file or field.

    `dossier` as it stood before the change (as the change makes it, where it is new), `compartment`
    where there is one, `department` where only one counts. `made` are the compartments the change itself
    makes, `named` the member a file is named by, `lent` those who signed for it: what one of them may, counts.
    `files` and `added` answer `filer` and `adder`, which cost a look.
    """

    member: Member
    in_force: InForce
    day: date
    dossier: Dossier | None = None
    compartment: str | None = None
    department: str | None = None
    made: frozenset[str] = frozenset()
    named: str | None = None
    keys: Callable[[], bool] = field(default=_never)
    destroys: Callable[[], bool] = field(default=_never)
    lent: tuple[Member, ...] = ()
    files: Callable[[], bool] = field(default=_never)
    added: Callable[[], bool] = field(default=_never)

    def any_of(self, terms: Iterable[str]) -> bool:
        """Whether one of the terms holds."""
        terms = tuple(terms)
        if any(self._is(term) for term in terms):
            return True
        return any(replace(self, member=other, lent=(), added=_never).any_of(terms) for other in self.lent)

    def _is(self, term: str) -> bool:
        special: dict[str, Callable[[], bool]] = {
            "member": lambda: True, "colleague": self._colleague, "dealing": self._dealing, "reader": self._reader,
            "maker": lambda: self.compartment in self.made, "filer": self.files, "adder": self.added,
            "keyholder": self.keys, "destroyer": self.destroys, "self": lambda: self.named == self.member.id,
            "lawgiver": lambda: self.in_force.pack.legislates(self.member, self.day),
        }  # fmt: skip
        if term in special:
            return special[term]()
        if term in {"owner", "team", "keeper"}:
            return any(_person(term, self.member.id, item) for item in self._assignments().values())
        departments: list[str | None] = [*self._departments()] or [None]
        return any(self.member.holds(term, name, self.day) for name in departments)

    def _departments(self) -> list[str]:
        """The departments whose say counts: the one in question, else all that deal with the customer."""
        if self.department:
            return [self.department]
        if self.dossier is None:
            return []
        if is_office(self.dossier.id):
            return [self.dossier.id.removeprefix("office/")]
        department, _, short = (self.compartment or "").partition("/")
        return [department] if short else list(self.dossier.assignments)

    def _assignments(self) -> dict[str, Assignment]:
        if self.dossier is None:
            return {}
        return {name: item for name, item in self.dossier.assignments.items() if name in self._departments()}

    def _colleague(self) -> bool:
        wanted = {*self._departments(), None}
        return any(role.active(self.day) and role.department in wanted for role in self.member.roles)

    def _dealing(self) -> bool:
        if self.dossier is None:
            return False
        return any(
            any(_person(term, self.member.id, item) for term in ("owner", "team", "keeper"))
            or any(self.member.holds(role, name, self.day) for role in _LEADERS)
            for name, item in self.dossier.assignments.items()
        )

    def _reader(self) -> bool:
        if self.dossier is None or self.compartment is None:
            return False
        names = policy_readers(self.in_force, self.dossier, self.compartment, self.day)
        return self.member.id in names or any(
            "." in name and self.member.id in self.in_force.org.group_members(name, self.day) for name in names
        )


def policy_readers(in_force: InForce, dossier: Dossier, compartment: str, day: date) -> frozenset[str]:
    """The readers the policy gives a compartment on a day."""
    pack = in_force.pack
    return readers(dossier, compartment, pack.reading, pack.company_roles, in_force.org, day)


def filed_by_anyone(in_force: InForce, place: Place) -> bool:
    """Whether the path belongs to a kind whose first version anybody may file."""
    return any(kind.filed_by_anyone and lies_there(kind, place) for kind in in_force.kinds.values())


def _person(term: str, member: str, item: Assignment) -> bool:
    if term == "owner":
        return item.owner == member
    return member in item.team if term == "team" else item.keeper == member
