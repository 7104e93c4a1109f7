"""A pack's grading: the ladder of grades with their conditions, the ranking and the caps (DESIGN 5, P23:V.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Literal, get_args

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
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
    fact that says who counts, `group` the set whose members are counted apart (the buyers of each product).
    """

    grade: str
    share: Fraction
    per: Per
    over: Over
    base: str
    code: str = ""
    clause: str = ""
    group: str = ""
    text: Label | None = None

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
    raw: Mapping[str, Value], facts: Mapping[str, Fact], values: Mapping[str, object], where: str,
    path: str = "grade", open_values: frozenset[str] = frozenset(), sets: Collection[str] = (),
) -> tuple[Grading | None, list[Finding]]:  # fmt: skip
    """Read one axis' ladder, exemption, ranking and caps, which stand at `path` in the pack.

    `open_values` may still be unset, `sets` are the groups caps may count in. Returns None with
    findings when anything in it is off.
    """
    reader = ConditionReader(facts, values, where, open_values)
    rungs = _rungs(raw.get("ladder"), reader, path)
    exempt = reader.read(raw["exempt"], f"{path}.exempt") if "exempt" in raw else None
    findings = list(reader.findings)
    known = _Known({rung.grade for rung in rungs}, facts, values, open_values, sets)
    caps = _caps(raw.get("caps"), known, where, findings, path)
    rank = _rank(raw.get("rank"), facts, where, findings, path)
    if not rungs and not raw.get("ladder"):
        findings.append(Finding("POL003", N_("A ladder needs at least one grade"), "error", where, f"{path}.ladder"))
    if findings:
        return None, findings
    return Grading(rungs, caps, rank, exempt), []


@dataclass(frozen=True, slots=True)
class _Known:
    """What caps may name."""

    grades: set[str]
    facts: Mapping[str, Fact]
    values: Mapping[str, object]
    open_values: frozenset[str]
    sets: Collection[str]


def _rungs(raw: object, reader: ConditionReader, root: str) -> tuple[Rung, ...]:
    rungs = []
    for position, item in enumerate(raw if isinstance(raw, list) else []):
        path = f"{root}.ladder.{position}"
        condition = (
            reader.read({k: v for k, v in item.items() if k != "grade"}, path) if isinstance(item, dict) else None
        )
        if condition is not None:
            rungs.append(Rung(str(item.get("grade", "")), condition))
    return tuple(rungs)


def _caps(raw: object, known: _Known, where: str, findings: list[Finding], root: str) -> tuple[Cap, ...]:
    caps = []
    for position, item in enumerate(raw if isinstance(raw, list) else []):
        path = f"{root}.caps.{position}"
        cap = _cap(item, known) if isinstance(item, dict) else None
        if cap is None:
            message = N_("A cap needs grade, share (0% to 100%), per, base and over")
            findings.append(Finding("POL004", message, "error", where, path))
        elif cap.grade not in known.grades:
            args = {"grade": cap.grade}
            findings.append(Finding("POL005", N_("The ladder has no grade {grade}"), "error", where, path, args))
        elif wrong := [n for n in (cap.base,) if n and known.facts.get(n) is None]:
            findings.append(_unknown(wrong[0], known.facts, where, f"{path}.base.fact"))
        elif cap.group and cap.group not in known.sets:
            findings.append(_unknown(cap.group, known.sets, where, f"{path}.base.set"))
        else:
            caps.append(cap)
    return tuple(caps)


def _unknown(name: str, known: Collection[str], where: str, path: str) -> Finding:
    near = get_close_matches(name, sorted(known), 1)
    message = N_("Unknown word {name}; did you mean {near}?") if near else N_("Unknown word {name}")
    return Finding("POL002", message, "error", where, path, {"name": name, "near": near[0] if near else ""})


def _cap(item: Mapping[str, Value], known: _Known) -> Cap | None:
    share = str(item.get("share", ""))
    name = share.removeprefix("$")
    text = str(known.values.get(name) or "") if share.startswith("$") else share
    if not text and name in known.open_values:
        text = "100%"
    base = item.get("base")
    counted = {key: str(value) for key, value in base.items()} if isinstance(base, dict) else {}
    per = next((word for word in get_args(Per) if word == item.get("per")), None)
    over = next((word for word in get_args(Over) if word == item.get("over")), None)
    try:
        part = Fraction(number(text))
    except ValueError:
        return None
    if not counted or not set(counted) <= {"fact", "set"} or per is None or over is None:
        return None
    if not 0 <= part <= 1 or (per == "product") != ("set" in counted) or (per == "product" and over != "warn"):
        return None
    text_ = item.get("text")
    spoken = (str(text_[0]), str(text_[1])) if isinstance(text_, list) and len(text_) == 2 else None
    code, clause, grade = (str(item.get(key, "")) for key in ("code", "clause", "grade"))
    return Cap(grade, part, per, over, counted.get("fact", ""), code, clause, counted.get("set", ""), spoken)


def _rank(
    raw: object, facts: Mapping[str, Fact], where: str, findings: list[Finding], root: str
) -> tuple[tuple[str, bool], ...]:
    if not isinstance(raw, list):
        return DEFAULT_RANK
    order = []
    for position, item in enumerate(raw):
        name, _space, direction = str(item).partition(" ")
        if name not in facts and name not in dict(DEFAULT_RANK):
            findings.append(_unknown(name, [*facts, *dict(DEFAULT_RANK)], where, f"{root}.rank.{position}"))
        order.append((name, direction == "desc"))
    return tuple(order)
