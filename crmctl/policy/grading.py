"""A pack's grading: the ladder of grades with their conditions, the ranking and the caps (DESIGN 5, P23:V.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.values import Value
from crmctl.policy.conditions import Condition, ConditionReader
from crmctl.policy.facts import Fact, number

Per = Literal["department", "product", "company"]
Over = Literal["next_rung", "warn"]
DEFAULT_RANK = (("score", True), ("incumbent", True), ("since", False), ("id", False))


@dataclass(frozen=True, slots=True)
class Rung:
    """A grade and what it takes."""

    grade: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `share` of a base may hold `grade`, counted per department or per product.

    `over`: who finds no seat holds the next rung passed, or only a warning is given. `base` is the
    fact (or set of products) that says who counts.
    """

    grade: str
    share: Fraction
    per: Per
    over: Over
    base: str
    code: str = ""
    clause: str = ""

    def seats(self, base: int) -> int:
        """How many may hold the grade: exactly the share is allowed, never a part of a seat (C-39)."""
        return int(self.share * base)


@dataclass(frozen=True, slots=True)
class Grading:
    """A pack's grading. `rank` lists (fact, descending) in order; `exempt` customers are not graded."""

    rungs: tuple[Rung, ...]
    caps: tuple[Cap, ...]
    rank: tuple[tuple[str, bool], ...] = DEFAULT_RANK
    exempt: Condition | None = None

    @property
    def grades(self) -> tuple[str, ...]:
        """The grades, the highest first."""
        return tuple(rung.grade for rung in self.rungs)

    def cap(self, grade: str, per: Per) -> Cap | None:
        """The cap that moves customers down, for a grade."""
        return next((c for c in self.caps if c.grade == grade and c.per == per and c.over == "next_rung"), None)


def read_grading(
    raw: Mapping[str, Value], facts: Mapping[str, Fact], values: Mapping[str, object], where: str
) -> tuple[Grading | None, list[Finding]]:
    """Read a pack's `grade:` mapping. Returns None with findings when anything in it is off."""
    reader = ConditionReader(facts, values, where)
    rungs = _rungs(raw.get("ladder"), reader)
    exempt = reader.read(raw["exempt"], "grade.exempt") if "exempt" in raw else None
    findings = list(reader.findings)
    caps = _caps(raw.get("caps"), {rung.grade for rung in rungs}, values, where, findings)
    rank = _rank(raw.get("rank"), facts, where, findings)
    if not rungs:
        findings.append(Finding("POL003", N_("A ladder needs at least one grade"), "error", where, "grade.ladder"))
    if findings:
        return None, findings
    return Grading(rungs, caps, rank, exempt), []


def _rungs(raw: object, reader: ConditionReader) -> tuple[Rung, ...]:
    rungs = []
    for position, item in enumerate(raw if isinstance(raw, list) else []):
        path = f"grade.ladder.{position}"
        condition = (
            reader.read({k: v for k, v in item.items() if k != "grade"}, path) if isinstance(item, dict) else None
        )
        if condition is not None:
            rungs.append(Rung(str(item.get("grade", "")), condition))
    return tuple(rungs)


def _caps(
    raw: object, grades: set[str], values: Mapping[str, object], where: str, findings: list[Finding]
) -> tuple[Cap, ...]:
    caps = []
    for position, item in enumerate(raw if isinstance(raw, list) else []):
        path = f"grade.caps.{position}"
        cap = _cap(item, values) if isinstance(item, dict) else None
        if cap is None:
            findings.append(Finding("POL004", N_("A cap needs grade, share, per, base and over"), "error", where, path))
        elif cap.grade not in grades:
            args = {"grade": cap.grade}
            findings.append(Finding("POL005", N_("The ladder has no grade {grade}"), "error", where, path, args))
        else:
            caps.append(cap)
    return tuple(caps)


def _cap(item: Mapping[str, Value], values: Mapping[str, object]) -> Cap | None:
    share = str(item.get("share", ""))
    text = str(values.get(share.removeprefix("$"), "")) if share.startswith("$") else share
    base = item.get("base")
    counted = next((str(v) for v in base.values()), "") if isinstance(base, dict) else ""
    per = next((word for word in get_args(Per) if word == item.get("per")), None)
    over = next((word for word in get_args(Over) if word == item.get("over")), None)
    try:
        part = Fraction(number(text))
    except ValueError:
        return None
    if not counted or per is None or over is None:
        return None
    code, clause = str(item.get("code", "")), str(item.get("clause", ""))
    return Cap(str(item.get("grade", "")), part, per, over, counted, code, clause)


def _rank(raw: object, facts: Mapping[str, Fact], where: str, findings: list[Finding]) -> tuple[tuple[str, bool], ...]:
    if not isinstance(raw, list):
        return DEFAULT_RANK
    order = []
    for position, item in enumerate(raw):
        name, _space, direction = str(item).partition(" ")
        if name not in facts and name not in dict(DEFAULT_RANK):
            args = {"name": name}
            findings.append(
                Finding("POL002", N_("Unknown word {name}"), "error", where, f"grade.rank.{position}", args)
            )
        order.append((name, direction == "desc"))
    return tuple(order)
