"""Guards: what must hold before a record is entered, as a pack's `guards:` say it. Pure (DESIGN 5).

```yaml
guards:
  - {code: ADM004, on: add transaction, if: active_contract = yes, at: date, clause: P23:V.1.2.c, text: [先签合同, …]}
  - {code: NEW005, on: change newcust_application, when: 'state in [submitted]', if: in_time = yes,
     turn: {to: refused_late, set: {refusal_reason: […]}}, clause: P04:2, text: […]}
```

`on` is `add KIND` or `change KIND`, or a list of them; `when` a condition on the record's own
fields, or a list that must all hold; `was` the same of what the record said before the change;
`changes` the fields of which one must differ; `if` a condition tree over facts, without which it
is never let in; `at` the field whose day facts take for `:as_of`; `only` a condition on the
policy's values. docs/policy.md says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding, Severity
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.conditions import Condition, ConditionReader
from crmctl.policy.decision import leaves
from crmctl.policy.facts import Fact
from crmctl.policy.shape import texts

Deed = Literal["add", "change"]
Unknown = Literal["warn", "refuse", "pass"]
_DEEDS = get_args(Deed)
_KEYS = frozenset(
    {"code", "on", "when", "was", "changes", "if", "at", "only", "clause", "requirement", "severity", "unknown", "turn",
     "again", "text", "do"}
)  # fmt: skip
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. `turn` is the state the record goes to instead of being refused, with `sets` filled in.

    `unknown` says what happens where a fact cannot be told; `again` whether `check` asks anew. One with `was` or
    `changes` is about a step: it compares a record with its version before. `condition` None lets nothing in.
    """

    code: str
    deeds: frozenset[tuple[Deed, str]]
    text: Label
    condition: Condition | None
    when: tuple[Leaf, ...] = ()
    was: tuple[Leaf, ...] = ()
    changes: tuple[str, ...] = ()
    at: str | None = None
    clause: str = ""
    severity: Severity = "error"
    unknown: Unknown = "warn"
    turn: str | None = None
    sets: Mapping[str, Value] = field(default_factory=dict)
    again: bool = True

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds it watches."""
        return frozenset(kind for _deed, kind in self.deeds)

    def applies(self, values: Mapping[str, object], before: Mapping[str, object]) -> bool:
        """Whether a record that goes from `before` (by dotted name, empty for a new one) to `values` is meant.

        What is not filled in never is.
        """
        if self.changes and not any(_at(values, name) != _at(before, name) for name in self.changes):
            return False
        if not all(leaf.holds(before) is True for leaf in self.was):
            return False
        return all(leaf.holds(values) is True for leaf in self.when)

    @property
    def steps(self) -> bool:
        """Whether it looks at what the record was before."""
        return bool(self.was or self.changes)

    @property
    def facts(self) -> frozenset[str]:
        """The names of the facts it asks for."""
        return frozenset(leaves(self.condition)) if self.condition is not None else frozenset()


def _at(values: Mapping[str, object], name: str) -> dict[str, object]:
    """What stands at a name: a field, or all fields of a group."""
    return {key: value for key, value in values.items() if key == name or key.startswith(f"{name}.")}


def read_guards(
    packs: Iterable[tuple[str, Mapping[str, Value]]], facts: Mapping[str, Fact], values: Mapping[str, object],
    kinds: Mapping[str, Kind],
) -> tuple[tuple[Guard, ...], list[Finding]]:  # fmt: skip
    """Read the guards of the packs in force (file, content), a later one of a code in the earlier one's place.

    Those whose `only` does not hold are left out. Faults come back as findings.
    """
    findings: list[Finding] = []
    found: dict[str, Guard] = {}
    for where, raw in packs:
        given = raw.get("guards")
        if given is not None and not isinstance(given, list):
            findings.append(Finding("POL002", N_("A list is needed here"), "error", where, "guards"))
            continue
        for number, item in enumerate(given or []):
            path = f"guards.{number}"
            faults = [fault.at(where) for fault in _faults(item, path, kinds)]
            findings += faults
            if faults or not isinstance(item, dict):
                continue
            found.pop(str(item["code"]), None)
            if item.get("only") is not None and parse_leaf(str(item["only"])).holds(values) is not True:
                continue
            reader = ConditionReader(facts, values, where)
            condition = reader.read(item["if"], f"{path}.if") if "if" in item else None
            findings += reader.findings
            if condition is not None or "if" not in item:
                found[str(item["code"])] = _guard(item, condition)
    return tuple(found.values()), findings


def _guard(item: Mapping[str, Value], condition: Condition | None) -> Guard:
    text, turn = item["text"], item.get("turn")
    zh, en = (str(part) for part in text) if isinstance(text, list) else ("", "")
    sets = turn.get("set") if isinstance(turn, dict) else None
    severity: Severity = "warning" if item.get("severity") == "warning" else "error"
    unknown: Unknown = next((word for word in get_args(Unknown) if word == item.get("unknown")), "warn")
    return Guard(
        code=str(item["code"]),
        deeds=frozenset(_deeds(item["on"])),
        text=(zh, en),
        condition=condition,
        when=tuple(parse_leaf(leaf) for leaf in texts(item.get("when"))),
        was=tuple(parse_leaf(leaf) for leaf in texts(item.get("was"))),
        changes=tuple(texts(item.get("changes"))),
        at=str(item["at"]) if item.get("at") is not None else None,
        clause=str(item.get("clause") or ""),
        severity=severity,
        unknown=unknown,
        turn=str(turn["to"]) if isinstance(turn, dict) else None,
        sets=sets if isinstance(sets, dict) else {},
        again=item.get("again") is not False,
    )


def _deeds(raw: Value) -> Iterator[tuple[Deed, str]]:
    for text in texts(raw):
        word, _space, kind = text.partition(" ")
        deed: Deed | None = next((known for known in _DEEDS if known == word), None)
        if deed is not None and kind:
            yield deed, kind.strip()


def _faults(item: Value, path: str, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    from difflib import get_close_matches

    if not isinstance(item, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", "", path)
        return
    for key in item:
        if key not in _KEYS:
            args = {"name": key, "near": (get_close_matches(key, sorted(_KEYS), 1) or ["when"])[0]}
            yield Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
    narrow = ("if",) if "if" in item else ("was", "when")
    for keys in (("code",), ("on",), narrow, ("text",)):
        if not any(item.get(key) for key in keys):
            key = keys[0]
            yield Finding("POL002", N_("Missing: {label}"), "error", "", f"{path}.{key}", {"label": key})
    if not _CODE.fullmatch(str(item.get("code", ""))):
        yield Finding("POL003", N_("A code is three capital letters and three digits"), "error", "", f"{path}.code")
    if not (isinstance(item.get("text"), list) and len(texts(item.get("text"))) == 2):
        yield Finding("POL002", N_("A label is a list of two texts: Chinese, English"), "error", "", f"{path}.text")
    for text in [*texts(item.get("when")), *texts(item.get("was")), *texts(item.get("only"))]:
        try:
            parse_leaf(text)
        except ConditionError:
            message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
            yield Finding("POL003", message, "error", "", f"{path}.when", {"text": text})
    yield from _names(item, path, kinds)


def _names(item: Mapping[str, Value], path: str, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """The kinds, fields and states it names that are not there."""
    deeds = list(_deeds(item.get("on")))
    if len(deeds) != len(texts(item.get("on"))):
        yield Finding("POL003", N_("on is: add KIND, change KIND, or a list of them"), "error", "", f"{path}.on")
    turn = item.get("turn")
    if turn is not None and not (isinstance(turn, dict) and "to" in turn and set(turn) <= {"to", "set"}):
        yield Finding("POL003", N_("turn is {to: STATE, set: {FIELD: VALUE}}"), "error", "", f"{path}.turn")
        turn = None
    for _deed, name in deeds:
        kind = kinds.get(name)
        if kind is None:
            yield _unknown(f"{path}.on", N_("There is no kind {name}"), name, kinds)
            continue
        fields = [known for known, _field in kind.walk()]
        asked = [(key, leaf.name) for key in ("when", "was") for leaf in _leaves(item.get(key))]
        asked += [("changes", name) for name in texts(item.get("changes"))]
        asked += [("at", str(item["at"]))] if item.get("at") is not None else []
        sets = turn.get("set") if isinstance(turn, dict) else None
        asked += [("turn.set", str(key)) for key in (sets if isinstance(sets, dict) else {})]
        for key, asked_name in asked:
            if asked_name not in {*fields, "state"}:
                yield _unknown(f"{path}.{key}", N_("The kind has no field {name}"), asked_name, fields)
        if isinstance(turn, dict) and str(turn["to"]) not in kind.states:
            yield _unknown(f"{path}.turn.to", N_("The kind has no state {name}"), str(turn["to"]), kind.states)


def _leaves(raw: Value) -> Iterator[Leaf]:
    for text in texts(raw):
        try:
            yield parse_leaf(text)
        except ConditionError:
            continue  # told already


def _unknown(path: str, message: str, name: str, known: Iterable[str]) -> Finding:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), 1)
    hint = N_("Did you mean {near}?") if near else ""
    return Finding("POL004", message, "error", "", path, {"name": name, "near": near[0] if near else ""}, hint)
