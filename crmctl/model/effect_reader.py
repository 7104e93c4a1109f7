"""What makes a kind a request: its `effect`, read from the kind's file (`crmctl.model.kinds.Effect`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from crmctl.i18n import N_
from crmctl.model.dossier import ALLOWED
from crmctl.model.kinds import Decided, Effect, Field, Label, Refusal


class KindReader(Protocol):
    """What reads a kind's file and gathers its faults."""

    def fault(self, path: str, message: str, hint: str = "", **args: object) -> None:
        """Something at a path is off."""

    def unknown(self, path: str, name: str, known: Iterable[str]) -> None:
        """A word at a path means nothing; the nearest of those known is named."""

    def names(self, path: str, value: object) -> tuple[str, ...]:
        """A list of words at a path."""


_GRANT = ("customer", "office", "part", "of", "to", "until", "roles")
# What of a customer a request may allow: `crmctl.model.dossier.ALLOWED`.
_PARTS = {"grant": _GRANT, "allow": ("customer", "what"), "decided": ("state", "on", "by"),
          "refused": ("state", "on", "by", "why"), "ended": ("state",)}  # fmt: skip


def read_effect(
    reader: KindReader, raw: object, fields: tuple[Field, ...], states: Mapping[str, Label]
) -> Effect | None:
    """`effect: {by: FIELD, on: FIELD, grant: {customer: FIELD, to: FIELD, until: FIELD, roles: […]}, decided: {…}}`.

    Instead of `grant` also `allow: {customer: FIELD, what: destroy}`; of an office `grant: {office: FIELD, part, of}`.
    Further `refused: {state: STATE, on: FIELD, by: FIELD, why: FIELD}` and `ended: {state: STATE}`.
    """
    if raw is None:
        return None
    top = raw if isinstance(raw, dict) else {}
    given = {name: top.get(name) for name in _PARTS if top.get(name) is not None}
    parts = {name: part for name, part in given.items() if isinstance(part, dict)}
    if given.keys() != parts.keys() or ("grant" in parts) == ("allow" in parts):
        reader.fault("effect", N_("A mapping is needed here"))
        return None
    for path, words, known in (("effect", top, ("by", "on", *_PARTS)),
                               *((f"effect.{name}", part, _PARTS[name]) for name, part in parts.items())):  # fmt: skip
        for word in words:
            if word not in known:
                reader.unknown(f"{path}.{word}", word, known)
    grant, allow = parts.get("grant", {}), parts.get("allow", {})
    about = str(grant.get("office") or (grant or allow).get("customer"))
    to, until, part, of = (str(grant.get(name) or "") for name in ("to", "until", "part", "of"))
    what = str(allow.get("what") or "")
    if allow and what not in ALLOWED:
        reader.unknown("effect.allow.what", what, ALLOWED)
    roles = reader.names("effect.grant.roles", grant.get("roles"))
    decided = _decided(reader, parts.get("decided"), states)
    refused = _refusal(reader, parts.get("refused"), states)
    ended = _state(reader, "ended", parts["ended"], states) if "ended" in parts else ""
    effect = Effect(
        str(top.get("by")), str(top.get("on")), about, to, until, roles, part, of, what, decided, refused, ended
    )  # fmt: skip
    types = {item.name: item.type for item in fields}
    for name, wanted in effect.fields:
        if types.get(name) != wanted:
            reader.fault("effect", N_("{name} must be a field that is: {type}"), name=name, type=wanted)
    return effect


def _decided(reader: KindReader, raw: Mapping[str, object] | None, states: Mapping[str, Label]) -> Decided | None:
    if raw is None:
        return None
    by, state = raw.get("by"), _state(reader, "decided", raw, states)
    named = by if isinstance(by, dict) else {}
    return Decided(
        state, str(raw.get("on")),
        {str(name): reader.names(f"effect.decided.by.{name}", roles) for name, roles in named.items()},
    )  # fmt: skip


def _refusal(reader: KindReader, raw: Mapping[str, object] | None, states: Mapping[str, Label]) -> Refusal | None:
    if raw is None:
        return None
    on, by, why = (str(raw.get(name)) for name in ("on", "by", "why"))
    return Refusal(_state(reader, "refused", raw, states), on, by, why)


def _state(reader: KindReader, part: str, raw: Mapping[str, object], states: Mapping[str, Label]) -> str:
    state = str(raw.get("state"))
    if state not in states:
        reader.unknown(f"effect.{part}.state", state, states)
    return state
