"""A kind of record, compiled from `schemas/<kind>.yaml` (DESIGN 4).

A kind says what can be written: fields, states, arrows, labels, compartment. What is required,
who reads and who signs is the pack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crmctl.model.condition import Leaf
from crmctl.model.values import Value

Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type with options, where it applies and what it must not come before.

    `fields` holds the inner fields of a `group` (one mapping) or a `list` (many mappings). `come` are the states
    in which the day it says is not ahead of the day it is entered (`*`: in any).
    """

    name: str
    type: str
    label: Label
    options: Mapping[str, Value] = field(default_factory=dict)
    many: bool = False
    when: Leaf | None = None
    not_before: str | None = None
    fields: tuple[Field, ...] = ()
    come: tuple[str, ...] = ()

    def inner(self, name: str) -> Field | None:
        """The inner field of that name."""
        return next((item for item in self.fields if item.name == name), None)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is written into a request once it is approved: its state, the field of the day, and who approved.

    `by` names for each field the roles of which the approver held one (none: whichever; the last who did counts).
    """

    state: str
    on: str
    by: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is written into a request that was refused: its state, the fields of the day, of who refused, and why."""

    state: str
    on: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a request of this kind also does, in the same change, by fields of the kind.

    `by` and `on` are who applies and when. `about` is whom it concerns: a customer, or (`part`) a department's office.
    A reading right: `to` for whom (a member, or a department, of which the members with one of `roles` may read),
    `until` when; of an office the part named by the field `of`. `allow`: what may be done with the customer then.
    `decided` and `refused` say what is written into it by who decides, `ended` the state it is in once `until` is over.
    """

    by: str
    on: str
    about: str
    to: str = ""
    until: str = ""
    roles: tuple[str, ...] = ()
    part: str = ""
    of: str = ""
    allow: str = ""
    decided: Decided | None = None
    refused: Refusal | None = None
    ended: str = ""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields it names, with the type each must have."""
        found = [(self.by, "member"), (self.on, "date"), (self.about, "department" if self.part else "ref")]
        found += [(self.of, "text")] if self.part else []
        if not self.allow:
            found += [(self.to, "department" if self.roles else "member"), (self.until, "date")]
        if self.decided:
            found += [(self.decided.on, "date"), *((name, "member") for name in self.decided.by)]
        if self.refused:
            found += [(self.refused.on, "date"), (self.refused.by, "member"), (self.refused.why, "note")]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind in force. `scope` is `core`, `assignment` or `office`; `compartment` its short name.

    `monthly` names the date field by which a high-volume kind is stored a file a month.
    `identity` names the fields by which two records are recognised as the same party.
    `addressee` names the field that says into which part of its compartment a record of `per_member` goes: a member's
    own (else the enterer's), or the one that a text or a choice names.
    `number` is the series in which the ledger numbers its records without gaps.
    `effect` makes it a request (`crmctl request`).
    `filed_by_anyone`: a first version may be sealed by somebody who cannot read the compartment.
    """

    name: str
    version: int
    label: Label
    prefix: str
    table: str
    folder: str
    scope: str
    compartment: str
    fields: tuple[Field, ...]
    states: Mapping[str, Label] = field(default_factory=dict)
    arrows: frozenset[tuple[str, str]] = frozenset()
    single: bool = False
    per_member: bool = False
    addressee: str = ""
    monthly: str | None = None
    filed_by_anyone: bool = False
    unique: tuple[tuple[str, ...], ...] = ()
    title: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    number: str | None = None
    effect: Effect | None = None

    @property
    def schema(self) -> str:
        """The name records carry: `crmctl/<kind>/<version>`."""
        return f"crmctl/{self.name}/{self.version}"

    @property
    def personal(self) -> bool:
        """Whether a part that a record of the kind lies in is a member's own: no text and no choice names it."""
        field = self.field(self.addressee)
        return field is None or field.type == "member"

    @property
    def is_note(self) -> bool:
        """Whether its records are told to somebody: what they are about may wait, they do not wait with it."""
        return bool(self.addressee) and self.personal

    @property
    def first_state(self) -> str | None:
        """The state a new record is in."""
        return next(iter(self.states), None)

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((item for item in self.fields if item.name == name), None)

    def arrows_from(self, state: str) -> list[str]:
        """The states a record may go to from `state`, in the kind's order."""
        return [target for target in self.states if (state, target) in self.arrows]

    def walk(self) -> Iterator[tuple[str, Field]]:
        """Every field with its dotted name, inner ones too."""
        yield from _walk(self.fields, "")


def _walk(fields: tuple[Field, ...], prefix: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        yield prefix + item.name, item
        yield from _walk(item.fields, f"{prefix}{item.name}.")
