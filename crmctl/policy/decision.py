"""What a ledger's packs say about deciding: facts, sets, needed values, the axes (DESIGN 5).

Read from the packs in force only when something is decided; every other command starts without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import get_args

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.axes import Axis, Given, read_axis
from crmctl.policy.conditions import Branch, Condition
from crmctl.policy.facts import Absent, Fact, FactType, FactValue
from crmctl.policy.grading import Grading
from crmctl.policy.pack_files import MAIN_AXIS, PackFile, axes_of
from crmctl.policy.scorecard import Scorecard
from crmctl.policy.shape import mapped

Vocab = Mapping[str, Mapping[str, Label]]
_ASKED = re.compile(r"\$([a-z][a-z0-9_]*)")
_FACT_KEYS = frozenset({"is", "of", "sql", "empty", "applies", "unit", "label", "clause"})


@dataclass(frozen=True, slots=True)
class Set:
    """Customers counted in groups: its SQL gives rows (id, value), the value being the group (a product)."""

    name: str
    by: str
    sql: str


@dataclass(frozen=True, slots=True)
class Declared:
    """All facts and sets the packs declare, and where each fact applies."""

    facts: Mapping[str, Fact]
    applies: Mapping[str, Leaf]
    sets: Mapping[str, Set]


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """One axis with the facts it asks for, where each applies, and the values of the day. `pack` names what decides."""

    facts: Mapping[str, Fact]
    applies: Mapping[str, Leaf]
    values: Mapping[str, object]
    axis: Axis
    pack: str
    sets: Mapping[str, Set] = field(default_factory=dict)

    @property
    def grading(self) -> Grading:
        """The axis' ladder, ranking and caps."""
        return self.axis.grading


def declared(packs: Sequence[PackFile], vocab: Vocab, findings: list[Finding]) -> Declared:
    """The facts and sets of the packs, later ones over earlier ones; faults go to `findings`."""
    facts: dict[str, Fact] = {}
    applies: dict[str, Leaf] = {}
    sets: dict[str, Set] = {}
    for where, raw in packs:
        _facts(raw.get("facts"), vocab, where, facts, applies, findings)
        named = raw.get("sets")
        for name, spec in named.items() if isinstance(named, dict) else ():
            if isinstance(spec, dict) and isinstance(spec.get("sql"), str):
                sets[name] = Set(name, str(spec.get("by", "product")), str(spec["sql"]))
            else:
                findings.append(Finding("POL012", N_("A set needs by: and sql:"), "error", where, f"sets.{name}"))
    for name, leaf in applies.items():
        if leaf.name not in facts:
            findings.append(Finding("POL012", N_("{name} applies by a fact that is not there: {other}"), "error",
                                    "", f"facts.{name}.applies", {"name": name, "other": leaf.name}))  # fmt: skip
    return Declared(facts, applies, sets)


def axis_names(packs: Sequence[PackFile]) -> list[str]:
    """The axes the packs bring, in their order."""
    return list(dict.fromkeys(name for _where, raw in packs for name, _path, _content in axes_of(raw)))


def read_decision_rules(
    packs: Sequence[PackFile], values: Mapping[str, Value], vocab: Vocab, axis: str = MAIN_AXIS
) -> tuple[DecisionRules | None, list[Finding]]:
    """Read what one axis is decided by from the packs in force (file name, content), later ones over earlier ones.

    `values` are those of the day. Returns None with findings when no pack has the axis or when
    anything in it is off: a needed value that nobody set, an unknown fact, a type clash.
    """
    findings: list[Finding] = []
    found = declared(packs, vocab, findings)
    chosen: tuple[str, str, Mapping[str, Value]] | None = None
    names = []
    for where, raw in packs:
        for name, path, content in axes_of(raw):
            if name == axis:
                chosen = (where, path, content)
                names.append(f"{raw.get('pack')}/{raw.get('version')}")
    if chosen is None:
        findings.append(_no_axis(axis, axis_names(packs)))
        return None, findings
    where, path, content = chosen
    # what a grade brings does not decide it: a cycle nobody set only leaves that measure out
    needed = set(_asked({name: part for name, part in content.items() if name != "service"}))
    for other, raw in packs:
        _needs(raw.get("needs"), needed, values, other, findings)
    wanted = [name for _where, raw in packs for name in mapped(raw.get("needs"))]
    given = Given(found.facts, {**dict.fromkeys(wanted), **values}, sets=found.sets, vocab=vocab)
    read, faults = read_axis(axis, path, content, given, where)
    findings += faults
    if findings or read is None:
        return None, findings
    asked = _reached(_names(read), found)
    facts = {name: fact for name, fact in found.facts.items() if name in asked}
    applies = {name: leaf for name, leaf in found.applies.items() if name in asked}
    sets = {cap.group: found.sets[cap.group] for cap in read.grading.caps if cap.group}
    return DecisionRules(facts, applies, values, read, " ".join(names), sets), []


def _no_axis(axis: str, known: list[str]) -> Finding:
    if axis == MAIN_AXIS and not known:
        return Finding("POL010", N_("No pack in force says how to grade"), "error", "policy/company.yaml")
    near = get_close_matches(axis, known, 1) or known[:1]
    message = N_("No pack in force has the axis {name}; there is: {known}")
    args = {"name": axis, "known": ", ".join(known), "near": near[0]}
    return Finding("POL010", message, "error", "policy/company.yaml", "", args, N_("Did you mean {near}?"))


def _asked(content: Value | Mapping[str, Value]) -> Iterator[str]:
    if isinstance(content, str):
        yield from _ASKED.findall(content)
    elif isinstance(content, Mapping):
        for inner in content.values():
            yield from _asked(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _asked(inner)


def asked_values(content: Value | Mapping[str, Value]) -> frozenset[str]:
    """Every `$name` in a piece of a pack."""
    return frozenset(_asked(content))


def _names(axis: Axis) -> set[str]:
    """The facts an axis asks for."""
    grading = axis.grading
    names = {name for rung in grading.rungs for name in leaves(rung.condition)}
    names |= set(leaves(grading.exempt)) if grading.exempt else set()
    names |= {name for name, _down in grading.rank} | {cap.base for cap in grading.caps if cap.base}
    card: Scorecard | None = axis.scorecard
    return names | ({item.fact.name for item in card.items} if card else set())


def leaves(condition: Condition) -> Iterator[str]:
    """The names of the facts a condition asks for."""
    if isinstance(condition, Branch):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition.fact.name


def _reached(names: set[str], found: Declared) -> set[str]:
    """The names and those of the facts that say where they apply."""
    while more := {found.applies[name].name for name in names if name in found.applies} - names:
        names |= more
    return names


def _needs(raw: object, asked: set[str], values: Mapping[str, Value], where: str, findings: list[Finding]) -> None:
    for name in raw if isinstance(raw, dict) else {}:
        if name in asked and values.get(name) is None:
            message = N_("{name} has no value: the source lost it and none is invented")
            hint = N_("crmctl policy set {name} VALUE")
            findings.append(Finding("POL011", message, "error", where, f"needs.{name}", {"name": name}, hint))


def _facts(
    raw: object, vocab: Vocab, where: str, facts: dict[str, Fact], applies: dict[str, Leaf], findings: list[Finding]
) -> None:
    for name, spec in (raw if isinstance(raw, dict) else {}).items():
        path = f"facts.{name}"
        fact = _fact(name, spec, vocab) if isinstance(spec, dict) else None
        if fact is None:
            findings.append(_no_fact(spec, where, path))
            continue
        for key in spec if isinstance(spec, dict) else ():
            if key not in _FACT_KEYS:
                near = (get_close_matches(key, sorted(_FACT_KEYS), 1) or ["sql"])[0]
                message = N_("Unknown word {name}; did you mean {near}?")
                findings.append(
                    Finding("POL001", message, "error", where, f"{path}.{key}", {"name": key, "near": near})
                )
        facts[name] = fact
        applies.pop(name, None)
        if fact.applies:
            try:
                applies[name] = parse_leaf(fact.applies)
            except ConditionError:
                message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
                findings.append(Finding("POL002", message, "error", where, f"{path}.applies", {"text": fact.applies}))


def _no_fact(spec: Value, where: str, path: str) -> Finding:
    """Why a fact is none: no type or SQL, a type there is not, an `empty:` of another type."""
    kind = str(spec.get("is", "")) if isinstance(spec, dict) else ""
    if not isinstance(spec, dict) or not kind or not isinstance(spec.get("sql"), str):
        return Finding("POL012", N_("A fact needs is: and sql:"), "error", where, path)
    if kind not in get_args(FactType):
        near = (get_close_matches(kind, get_args(FactType), 1) or ["text"])[0]
        args: dict[str, object] = {"name": kind, "near": near}
        return Finding("POL012", N_("Unknown word {name}; did you mean {near}?"), "error", where, f"{path}.is", args)
    message = N_("{text} is no value of {name}")
    args = {"text": spec.get("empty"), "name": kind}
    return Finding("POL012", message, "error", where, f"{path}.empty", args)


def _fact(name: str, spec: Mapping[str, Value], vocab: Vocab) -> Fact | None:
    kind: FactType | None = next((word for word in get_args(FactType) if word == spec.get("is")), None)
    sql = spec.get("sql")
    if kind is None or not isinstance(sql, str):
        return None
    labels = vocab.get(str(spec.get("of", "")), {})
    order = {code: position for position, code in enumerate(labels)}
    applies = spec.get("applies")
    bare = Fact(name, kind, sql=sql, applies=str(applies) if applies else None, order=order, labels=labels)
    if "empty" not in spec:
        return bare
    try:
        empty: FactValue = bare.literal(str(spec["empty"]))
    except ValueError:
        return None
    return Fact(name, kind, "assignment", sql, empty, bare.applies, order, labels)


def settle(
    facts: Mapping[str, Fact], applies: Mapping[str, Leaf], found: Mapping[str, FactValue],
    scorecard: Scorecard | None = None,
) -> dict[str, FactValue]:  # fmt: skip
    """All facts of one customer: what was found, what stands in for nothing, what does not apply, and the score."""
    return Settler(facts, applies, scorecard).settle(found)


class Settler:
    """Settles the facts of one customer after another; what a word says of where a fact applies is asked once."""

    def __init__(
        self, facts: Mapping[str, Fact], applies: Mapping[str, Leaf], scorecard: Scorecard | None = None
    ) -> None:  # fmt: skip
        self._empty = {name: fact.empty for name, fact in facts.items()}
        self._applies = applies
        self._scorecard = scorecard
        self._said: dict[tuple[str, str], bool | None] = {}

    def settle(self, found: Mapping[str, FactValue]) -> dict[str, FactValue]:
        """All facts of a customer of whom these were found."""
        stray = found.keys() - self._empty.keys()
        given = {name: value for name, value in found.items() if name not in stray} if stray else found
        settled = {**self._empty, **given}
        ruled_out = [name for name, leaf in self._applies.items() if self._holds(name, leaf, settled) is False]
        settled.update(dict.fromkeys(ruled_out, Absent.NOT_APPLICABLE))
        if self._scorecard is not None:
            settled[self._scorecard.name] = self._scorecard.score(settled)
        return settled

    def _holds(self, name: str, leaf: Leaf, settled: Mapping[str, FactValue]) -> bool | None:
        value = settled.get(leaf.name, Absent.UNKNOWN)
        if isinstance(value, Absent):
            return None
        if not isinstance(value, str):  # 1.0 and 1.00 are equal, and other words
            return leaf.holds({leaf.name: value})
        if (name, value) not in self._said:
            self._said[name, value] = leaf.holds({leaf.name: value})
        return self._said[name, value]
