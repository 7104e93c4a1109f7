"""What a clock stands still for, as a pack's clock says it.

```yaml
pauses:
  - {kind: waiting, ref: complaint, from: since, until: until, if: 'what in [customer]', tell: reason,
     text: [等待客户答复, Waiting for the customer]}       # records of a kind that refer to this one
  - {from: asked_at, until: answered_at, text: […, …]}     # fields of the record itself, or of a list in it: asked.at
```

Without `ref` every record of the other kind with the same customer and department counts. Without a day in `until` the
clock stands still as long as the record is there and `if` holds. `only` is a condition on the policy's values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.shape import listed, named_text, spoken, texts

_KEYS = frozenset({"kind", "ref", "from", "until", "if", "only", "tell", "text"})
_DAY_TYPES = frozenset({"date", "instant"})


@dataclass(frozen=True, slots=True)
class PausedBy:
    """One source of pauses: fields of the record itself, or of records of `kind`."""

    since: str
    text: Label
    until: str | None = None
    kind: str | None = None
    ref: str | None = None
    conditions: tuple[Leaf, ...] = ()
    only: Leaf | None = None
    tell: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Every name it looks at."""
        named = (self.since, self.until, self.ref, self.tell, *(leaf.name for leaf in self.conditions))
        return tuple(dict.fromkeys(name for name in named if name))


def read_pauses(raw: Value) -> tuple[PausedBy, ...]:
    """The pauses of a clock that was found without fault."""
    return tuple(
        PausedBy(
            since=str(one["from"]), text=spoken(one.get("text")) or ("", ""), until=named_text(one.get("until")),
            kind=named_text(one.get("kind")), ref=named_text(one.get("ref")),
            conditions=tuple(parse_leaf(text) for text in texts(one.get("if"))),
            only=parse_leaf(str(one["only"])) if one.get("only") is not None else None,
            tell=named_text(one.get("tell")),
        )
        for one in listed(raw) if isinstance(one, dict)
    )  # fmt: skip


def pause_faults(item: Mapping[str, Value], path: str) -> Iterator[Finding]:
    """What is off about a clock's pauses before any kind is known."""
    raw = item.get("pauses")
    if raw is None:
        return
    if not isinstance(raw, list):
        yield Finding("POL002", N_("A list is needed here"), "error", "", f"{path}.pauses")
        return
    if item.get("within") is None or item.get("every") is not None or item.get("missing_for") is not None:
        message = N_("Only a clock with a span of time (within) can be paused")
        yield Finding("POL003", message, "error", "", f"{path}.pauses")
    for number, one in enumerate(raw):
        inner = f"{path}.pauses.{number}"
        if not isinstance(one, dict):
            yield Finding("POL002", N_("A mapping is needed here"), "error", "", inner)
            continue
        yield from _words(one, inner)


def _words(one: Mapping[str, Value], path: str) -> Iterator[Finding]:
    for key in one:
        if key not in _KEYS:
            args: dict[str, object] = {"name": key, "near": (get_close_matches(key, sorted(_KEYS), 1) or ["from"])[0]}
            message = N_("Unknown word {name}; did you mean {near}?")
            yield Finding("POL001", message, "error", "", f"{path}.{key}", args)
    if not isinstance(one.get("from"), str):
        yield Finding("POL002", N_("Missing: {label}"), "error", "", f"{path}.from", {"label": "from"})
    text = one.get("text")
    if not (isinstance(text, list) and len(text) == 2):
        message = N_("A label is a list of two texts: Chinese, English")
        yield Finding("POL002", message, "error", "", f"{path}.text")
    if one.get("ref") is not None and one.get("kind") is None:
        yield Finding("POL003", N_("ref is a field of another kind: name it with kind"), "error", "", f"{path}.ref")
    for key in ("if", "only"):
        for condition in texts(one.get(key)):
            try:
                parse_leaf(condition)
            except ConditionError:
                message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
                yield Finding("POL003", message, "error", "", f"{path}.{key}", {"text": condition})


def check_pauses(
    code: str, on: str, pauses: tuple[PausedBy, ...], kinds: Mapping[str, Kind], where: str
) -> Iterator[Finding]:
    """Hold a clock's pauses against the kinds in force: every name must be there and fit."""
    for pause in pauses:
        name = pause.kind or on
        kind = kinds.get(name)
        if kind is None:
            if pause.kind or name != "*":
                yield unknown_name(code, name, kinds, where)
            else:
                message = N_("{code}: a clock of every kind is paused by records of another kind only")
                yield Finding("POL003", message, "error", where, "clocks", {"code": code})
            continue
        types = {field: found.type for field, found in kind.walk()}
        known = {*types, "state"}
        yield from (unknown_name(code, field, known, where) for field in pause.fields if field not in known)
        for field in (pause.since, pause.until):
            if field in types and types[field] not in _DAY_TYPES:
                args: dict[str, object] = {"code": code, "name": field}
                yield Finding("POL005", N_("{code}: {name} is no date"), "error", where, "clocks", args)
        if pause.ref in types and types[pause.ref] != "ref":
            args = {"code": code, "name": pause.ref}
            yield Finding("POL005", N_("{code}: {name} refers to no record"), "error", where, "clocks", args)


def unknown_name(code: str, name: str, known: Iterable[str], where: str) -> Finding:
    """A finding that a clock names what is not there, with the nearest name that is."""
    near = get_close_matches(name, sorted(known), 1)
    args = {"code": code, "name": name, "near": near[0] if near else ""}
    message = N_("{code}: there is no {name}; did you mean {near}?") if near else N_("{code}: there is no {name}")
    return Finding("POL004", message, "error", where, "clocks", args)
