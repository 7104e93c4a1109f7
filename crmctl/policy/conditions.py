"""Condition trees of a policy: all, any, none over typed leaves, three-valued (DESIGN 5).

A tree is read once, checked against the declared facts, and then judged for each customer. The
judgement keeps every leaf with its value, so that `explain` prints what was decided on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.policy.facts import ORDERED, Absent, Fact, FactValue

Verdict = bool | None
Joiner = Literal["all", "any", "none"]
JOINERS: tuple[Joiner, ...] = ("all", "any", "none")
_COMPARISONS = {"<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Test:
    """A leaf with its literals read as values of its fact."""

    leaf: Leaf
    fact: Fact
    values: tuple[FactValue, ...]
    clause: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Several conditions joined by all, any or none."""

    joiner: Joiner
    parts: tuple[Condition, ...]
    clause: str = ""
    code: str = ""


Condition = Test | Branch


@dataclass(frozen=True, slots=True)
class Judged:
    """How a condition came out: None is unknown. `value` is the fact's, for a leaf."""

    condition: Condition
    verdict: Verdict
    value: FactValue | None = None
    parts: tuple[Judged, ...] = ()


def judge(condition: Condition, facts: Mapping[str, FactValue]) -> Judged:
    """Judge a condition for one customer's facts, with every part; a fact that is not there is unknown.

    Kleene's three values: any is settled by one that holds, all by one that fails.
    """
    if isinstance(condition, Test):
        value = facts.get(condition.fact.name, Absent.UNKNOWN)
        return Judged(condition, _holds(condition, value), value)
    parts = tuple(judge(part, facts) for part in condition.parts)
    return Judged(condition, _joined(condition.joiner, [part.verdict for part in parts]), None, parts)


def asker_of(condition: Condition) -> Callable[[Mapping[str, FactValue]], Verdict]:
    """What tells the verdict of `judge` alone, for whoever asks the same condition for thousands of customers.

    It leaves off where one part settles the whole, and remembers what each value of a fact came to: most have most
    facts alike.
    """
    return _test_asked(condition) if isinstance(condition, Test) else _branch_asked(condition)


def _test_asked(test: Test) -> Callable[[Mapping[str, FactValue]], Verdict]:
    name, known = test.fact.name, dict[FactValue, Verdict]()

    def ask(facts: Mapping[str, FactValue]) -> Verdict:
        value = facts.get(name, Absent.UNKNOWN)
        if value not in known:
            known[value] = _holds(test, value)
        return known[value]

    return ask


def _branch_asked(branch: Branch) -> Callable[[Mapping[str, FactValue]], Verdict]:
    parts = [asker_of(part) for part in branch.parts]
    settling = branch.joiner != "all"  # the verdict of one part that settles any and none; all is settled by False
    settled = branch.joiner == "any"

    def ask(facts: Mapping[str, FactValue]) -> Verdict:
        unknown = False
        for part in parts:
            verdict = part(facts)
            if verdict is settling:
                return settled
            unknown = unknown or verdict is None
        return None if unknown else not settled

    return ask


def _holds(test: Test, value: FactValue) -> Verdict:
    if value is Absent.UNKNOWN:
        return None
    if value is Absent.NOT_APPLICABLE:
        return False
    rank, literals = test.fact.rank(value), test.values
    if test.leaf.operator in {"in", "not in"}:
        there = any(rank == test.fact.rank(literal) for literal in literals)
        return there if test.leaf.operator == "in" else not there
    return _COMPARED[test.leaf.operator](rank, test.fact.rank(literals[0]))


# Asked for every condition of every customer: a table, not closures made anew each time.
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _joined(joiner: Joiner, verdicts: list[Verdict]) -> Verdict:
    if joiner == "all":
        return False if False in verdicts else (None if None in verdicts else True)
    some = True if True in verdicts else (None if None in verdicts else False)
    return some if joiner == "any" else (None if some is None else not some)


class ConditionReader:
    """Reads condition trees against declared facts and set values, collecting what is off.

    `open_values` are names a company has still to set: right in a pack, though nothing is decided by them yet.
    """

    def __init__(
        self, facts: Mapping[str, Fact], values: Mapping[str, object], where: str,
        open_values: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._facts = facts
        self._values = values
        self._where = where
        self._open = open_values
        self.findings: list[Finding] = []

    def read(self, raw: object, path: str) -> Condition | None:
        """A leaf text, a mapping with `if`, or one with `all`, `any` or `none`. None when it is none."""
        if isinstance(raw, str):
            return self._leaf(raw, path, "", "")
        if isinstance(raw, dict):
            clause, code = str(raw.get("clause", "")), str(raw.get("code", ""))
            if "if" in raw:
                return self._leaf(str(raw["if"]), f"{path}.if", clause, code)
            joiner = next((name for name in JOINERS if isinstance(raw.get(name), list)), None)
            if joiner:
                return self._branch(joiner, raw[joiner], f"{path}.{joiner}", clause, code)
            self._near_joiner(raw, path)
            return None
        self._fault(path, N_("A condition is a text, or a mapping with if, all, any or none"))
        return None

    def _near_joiner(self, raw: dict[str, object], path: str) -> None:
        for key in raw:
            near = get_close_matches(str(key), [*JOINERS, "if"], 1)
            if near:
                self._fault(f"{path}.{key}", N_("Unknown word {name}; did you mean {near}?"), name=key, near=near[0])
                return
        self._fault(path, N_("A condition is a text, or a mapping with if, all, any or none"))

    def _branch(self, joiner: Joiner, raw: list[object], path: str, clause: str, code: str) -> Branch | None:
        read = [self.read(part, f"{path}.{number}") for number, part in enumerate(raw)]
        parts = tuple(part for part in read if part is not None)
        if not parts:
            self._fault(path, N_("At least one condition is needed"))
            return None
        return Branch(joiner, parts, clause, code)

    def _leaf(self, text: str, path: str, clause: str, code: str) -> Test | None:
        try:
            leaf = parse_leaf(text)
        except ConditionError:
            self._fault(path, N_("Not a condition: {text}. Write: name op literal, lists in brackets"), text=text)
            return None
        fact = self._facts.get(leaf.name)
        if fact is None:
            near = get_close_matches(leaf.name, sorted(self._facts), 1)
            message = N_("Unknown word {name}; did you mean {near}?") if near else N_("Unknown word {name}")
            self._fault(path, message, name=leaf.name, near=near[0] if near else "")
            return None
        if leaf.operator in _COMPARISONS and fact.type not in ORDERED:
            self._fault(path, N_("{name} has no order: only =, != and in fit it"), name=leaf.name)
            return None
        values = [self._literal(fact, literal, path) for literal in leaf.literals]
        known = tuple(value for value in values if value is not None)
        return Test(leaf, fact, known, clause, code) if len(known) == len(values) else None

    def _literal(self, fact: Fact, text: str, path: str) -> FactValue | None:
        name = text.removeprefix("$")
        if text.startswith("$"):
            if self._values.get(name) is None:
                if name in self._open:
                    return Absent.UNKNOWN
                self._no_value(name, path)
                return None
            text = str(self._values[name])
        try:
            return fact.literal(text)
        except ValueError:
            near = get_close_matches(
                text, [*fact.order, *(word for names in fact.labels.values() for word in names)], 1
            )
            if near:
                message = N_("{text} is no value of {name}; did you mean {near}?")
                self._fault(path, message, text=text, name=fact.name, near=near[0])
            else:
                self._fault(path, N_("{text} is no value of {name}"), text=text, name=fact.name)
            return None

    def _no_value(self, name: str, path: str) -> None:
        near = get_close_matches(name, sorted({*self._values, *self._open}), 1)
        if name not in self._values and near:
            self._fault(path, N_("There is no value {name}; did you mean {near}?"), name=name, near=near[0])
        else:
            self._fault(path, N_("${name} has no value; set it with: crmctl policy set {name} VALUE"), name=name)

    def _fault(self, path: str, message: str, **args: object) -> None:
        self.findings.append(Finding("POL002", message, "error", self._where, path, args))
