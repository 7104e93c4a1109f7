"""From decisions to proposals: what a re-grading run puts forward for approval (R-RGD-05, R-RGD-08, R-GRD-39)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from crmctl.policy.conditions import Condition, Judged, Test
from crmctl.policy.facts import Absent, FactValue
from crmctl.policy.grading import Grading
from crmctl.rules.grading import Decision, judgements

Move = Literal["new", "up", "down", "out", "stays", "review", "held"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One customer's outcome of a run.

    `move` held: the rules would raise it, but no finished stage review stands behind it, and a
    promotion is never automatic.
    """

    id: str
    move: Move
    before: str | None
    grade: str | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class Evidence:
    """One leaf that was judged for one rung: clause, condition as written, the value it met, yes/no/unknown.

    `against` are the values of what it names with `$`; `joined` is any or none, where it is one of several of which one
    is enough, or none may hold.
    """

    grade: str
    clause: str
    condition: str
    value: str
    holds: str
    against: str = ""
    joined: str = ""


def propose(
    grading: Grading, decisions: Sequence[Decision], held: Mapping[str, str | None], reviewed: Collection[str],
    up: int | None = None, down: int | None = None,
) -> list[Proposal]:  # fmt: skip
    """Each decision against the grade held now. `reviewed` are those with a finished stage review.

    `up` and `down` are how many rungs one run may move a customer (R-RGD-06); None is any number.
    """
    order = {grade: number for number, grade in enumerate(reversed(grading.grades))}
    return [
        _propose(decision, held.get(decision.id), decision.id in reviewed, order, (up, down)) for decision in decisions
    ]


def _propose(
    decision: Decision, before: str | None, reviewed: bool, order: Mapping[str, int],
    steps: tuple[int | None, int | None],
) -> Proposal:  # fmt: skip
    move = _move(decision, before, reviewed, order)
    grade = before if move in {"stays", "review", "held"} else decision.grade
    if move in {"up", "down"} and before is not None and grade is not None and before in order and grade in order:
        most = steps[0] if move == "up" else steps[1]
        there = order[grade] if most is None else min(max(order[grade], order[before] - most), order[before] + most)
        grade = next(name for name, place in order.items() if place == there)
    return Proposal(decision.id, move, before, grade, decision)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the graded hold a grade, against the mix a department aims at (R-GRD-32)."""

    grade: str
    count: int
    of: int
    low: Fraction | None
    high: Fraction | None

    @property
    def share(self) -> Fraction:
        """Its part of all graded."""
        return Fraction(self.count, self.of) if self.of else Fraction(0)

    @property
    def off(self) -> Fraction:
        """How far it lies from the target: below 0 too few, above 0 too many, 0 within."""
        if self.low is not None and self.share < self.low:
            return self.share - self.low
        return self.share - self.high if self.high is not None and self.share > self.high else Fraction(0)


def shares(
    grades: Sequence[str], held: Collection[str | None], mix: Mapping[str, tuple[Fraction, Fraction]]
) -> list[Share]:
    """The share of each grade among those graded, with its target where there is one."""
    graded = [grade for grade in held if grade in grades]
    none: tuple[Fraction | None, Fraction | None] = (None, None)
    return [Share(grade, graded.count(grade), len(graded), *mix.get(grade, none)) for grade in grades]


def _move(decision: Decision, before: str | None, reviewed: bool, order: Mapping[str, int]) -> Move:
    after = decision.grade
    if decision.review:
        return "review"
    if decision.exempt or after == before:
        return "stays"
    if after is None or before is None:
        return "out" if after is None else "new"
    if order[after] < order.get(before, -1):
        return "down"
    return "up" if reviewed else "held"


def evidence_of(grading: Grading, decision: Decision) -> list[Evidence]:
    """Every leaf of every rung that was judged, in the ladder's order."""
    found: list[Evidence] = []
    trees = judgements(grading, decision.facts)
    grades = grading.grades if len(trees) == len(grading.rungs) else ("",) * len(trees)
    for grade, judged in zip(grades, trees, strict=True):
        found += _leaves(grade, "", judged)
    return found


def turned(before: Sequence[Evidence], after: Sequence[Evidence]) -> list[tuple[Evidence | None, Evidence]]:
    """The conditions that hold otherwise than before, or that nobody asked before: (as it was, as it is)."""
    was = {(one.grade, one.clause, one.condition): one for one in before}
    pairs = [(was.get((one.grade, one.clause, one.condition)), one) for one in after]
    return [(old, new) for old, new in pairs if old is None or old.holds != new.holds]


def _leaves(grade: str, clause: str, judged: Judged, joined: str = "") -> Iterator[Evidence]:
    condition = judged.condition
    own = _clause(condition) or clause
    if isinstance(condition, Test):
        named = any(literal.startswith("$") for literal in condition.leaf.literals)
        against = ", ".join(spoken(value) for value in condition.values) if named else ""
        value, holds = spoken(judged.value), verdict_word(judged.verdict)
        yield Evidence(grade, own, str(condition.leaf), value, holds, against, joined)
        return
    inner = joined if condition.joiner == "all" else condition.joiner
    for part in judged.parts:
        yield from _leaves(grade, own, part, inner)


def _clause(condition: Condition) -> str:
    return condition.clause


def spoken(value: FactValue | None) -> str:
    """A fact's value as text: `unknown`, `not applicable`, `yes`, `no`, or the value."""
    if value is None or value is Absent.UNKNOWN:
        return "unknown"
    if value is Absent.NOT_APPLICABLE:
        return "not applicable"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def verdict_word(verdict: bool | None) -> str:
    """`yes`, `no` or `unknown`."""
    return "unknown" if verdict is None else ("yes" if verdict else "no")
