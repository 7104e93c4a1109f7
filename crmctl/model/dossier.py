"""A dossier's clear part: assignments, compartments with public keys and generations, grants (DESIGN 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from crmctl.model.ids import shard


@dataclass(frozen=True, slots=True)
class Assignment:
    """A department's dealing with the customer: who owns it and how far it has come."""

    owner: str
    team: tuple[str, ...]
    keeper: str | None
    state: str
    since: date


@dataclass(frozen=True, slots=True)
class Compartment:
    """A compartment's public age key and generation. `past` holds the keys of earlier generations.

    `groups` tells for which generation of its reading groups' keys this one was made, where that is not the first.
    """

    key: str
    generation: int = 1
    past: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)

    @property
    def generations(self) -> tuple[int, ...]:
        """All generations, the present one first."""
        return (self.generation, *sorted(self.past, reverse=True))

    def public(self, generation: int) -> str | None:
        """The public key of one generation."""
        return self.key if generation == self.generation else self.past.get(generation)

    def turned(self, key: str, groups: Mapping[str, int]) -> Compartment:
        """The next generation, made with `key` for these generations of the reading groups' keys."""
        later = {name: generation for name, generation in groups.items() if generation > 1}
        return Compartment(key, self.generation + 1, {**self.past, self.generation: self.key}, later)


# What may be done with a customer once a request for it was approved.
ALLOWED = ("destroy",)


@dataclass(frozen=True, slots=True)
class Grant:
    """A reading right given to one member until a day (included)."""

    member: str
    compartment: str
    until: date


@dataclass(frozen=True, slots=True)
class Dossier:
    """One customer's dossier, or one department's office (`office/<department>`).

    `allowed` names the request for each of `ALLOWED` that was asked for; on main the policy's approvals stand behind.
    """

    id: str
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    compartments: Mapping[str, Compartment] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    allowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Where it lies on main."""
        return folder_of(self.id)

    @property
    def path(self) -> str:
        """The path of its clear file."""
        return clear_path(self.id)

    def with_compartments(self, added: Mapping[str, Compartment]) -> Dossier:
        """The same dossier with more compartments."""
        return replace(self, compartments={**self.compartments, **added})

    def assigned(self, department: str, assignment: Assignment) -> Dossier:
        """The same dossier with this department's assignment."""
        return replace(self, assignments={**self.assignments, department: assignment})


def is_office(dossier_id: str) -> bool:
    """Whether the id names a department's office rather than a customer."""
    return dossier_id.startswith("office/")


def folder_of(dossier_id: str) -> str:
    """`customers/7q/C-7Q2M9K4T`, or `offices/east`."""
    if is_office(dossier_id):
        return f"offices/{dossier_id.removeprefix('office/')}"
    return f"customers/{shard(dossier_id)}/{dossier_id}"


def clear_path(dossier_id: str) -> str:
    """The path of the dossier's clear file."""
    return f"{folder_of(dossier_id)}/{'office' if is_office(dossier_id) else 'dossier'}.yaml"


def wraps_folder(dossier_id: str) -> str:
    """Where the dossier's wraps lie on the keyring branch."""
    if is_office(dossier_id):
        return folder_of(dossier_id)
    return f"dossiers/{shard(dossier_id)}/{dossier_id}"
