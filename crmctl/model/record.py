"""A record: the envelope checked on every opening, and the kind's fields under `data` (DESIGN 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from crmctl.model.values import Value

_ENVELOPE = ("schema", "id", "kind", "dossier", "compartment", "generation", "rev", "prev", "by", "for", "at", "reason")
_MARKS = ("unverified", "known_since", "confirmed_on", "to_confirm")  # only there when they say something
_TEXTS = ("schema", "id", "kind", "dossier", "compartment", "by", "at")


class EnvelopeError(ValueError):
    """The plaintext is no record; the message names the key that is off, never a value."""


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one record. `prev` is the Git blob id of the version it replaces.

    `dossier` is a customer's id, or `office/<department>`. `at` is when it was entered.
    `known_since` is the day on which what this version changes became known; `confirmed_on` the last
    day on which somebody found it unchanged. `to_confirm` are the members for whom others entered something, as long
    as they have not confirmed it: a version of their own does.
    """

    schema: str
    id: str
    kind: str
    dossier: str
    compartment: str
    generation: int
    rev: int
    prev: str | None
    by: str
    for_: str | None
    at: str
    reason: str | None
    data: dict[str, Value] = field(default_factory=dict)
    unverified: dict[str, str] = field(default_factory=dict)
    known_since: str | None = None
    confirmed_on: str | None = None
    to_confirm: tuple[str, ...] = ()

    @property
    def state(self) -> str | None:
        """The state of a record whose kind has states."""
        value = self.data.get("state")
        return value if isinstance(value, str) else None

    def next_version(
        self, data: Mapping[str, Value], *, prev: str, by: str, at: datetime, for_: str | None, reason: str | None,
        asks: Iterable[str] = (),
    ) -> Record:  # fmt: skip
        """The version that replaces this one (stored as blob `prev`); `asks` are to confirm what it says for them."""
        asked = tuple(member for member in dict.fromkeys([*self.to_confirm, *asks]) if member != by)
        return replace(
            self, data=dict(data), rev=self.rev + 1, prev=prev, by=by, at=at.isoformat(), for_=for_, reason=reason,
            known_since=None, to_confirm=asked,
        )  # fmt: skip

    def encode(self) -> dict[str, Value]:
        """The mapping that is written, keys in their fixed order."""
        out: dict[str, Value] = {
            "schema": self.schema, "id": self.id, "kind": self.kind, "dossier": self.dossier,
            "compartment": self.compartment, "generation": self.generation, "rev": self.rev, "prev": self.prev,
            "by": self.by, "for": self.for_, "at": self.at, "reason": self.reason, "data": self.data,
        }  # fmt: skip
        if self.unverified:
            out["unverified"] = dict(self.unverified)
        days = {"known_since": self.known_since, "confirmed_on": self.confirmed_on}
        out |= {key: day for key, day in days.items() if day}
        if self.to_confirm:
            out["to_confirm"] = list(self.to_confirm)
        return out


def decode(raw: Any) -> Record:
    """Read a record's mapping. Raises EnvelopeError naming the first key that is off."""
    if not isinstance(raw, dict):
        raise EnvelopeError("mapping")
    for key in _faults(raw):
        raise EnvelopeError(key)
    return Record(
        raw["schema"], raw["id"], raw["kind"], raw["dossier"], raw["compartment"], raw["generation"], raw["rev"],
        raw["prev"], raw["by"], raw["for"], raw["at"], raw["reason"], raw["data"], raw.get("unverified", {}),
        raw.get("known_since"), raw.get("confirmed_on"), tuple(raw.get("to_confirm", ())),
    )  # fmt: skip


def _faults(raw: dict[str, Any]) -> Iterator[str]:
    """The envelope's keys that are missing, too many, or of the wrong type."""
    yield from (key for key in (*_ENVELOPE, "data") if key not in raw)
    yield from (key for key in raw if key not in _ENVELOPE and key not in {"data", *_MARKS})
    yield from (key for key in _TEXTS if not isinstance(raw[key], str) or not raw[key])
    yield from (key for key in ("prev", "for", "reason") if not isinstance(raw[key], str | None))
    for key in ("generation", "rev"):
        number = raw[key]
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            yield key
    yield from (key for key in ("data", "unverified") if not isinstance(raw.get(key, {}), dict))
    if not all(isinstance(day, str) for day in raw.get("unverified", {}).values()):
        yield "unverified"
    yield from (key for key in ("known_since", "confirmed_on") if key in raw and not _is_day(raw[key]))
    if "to_confirm" in raw and not _are_names(raw["to_confirm"]):
        yield "to_confirm"
    if not _is_moment(raw["at"]):
        yield "at"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) and name for name in value)


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
