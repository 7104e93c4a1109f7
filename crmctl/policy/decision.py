"""What a ledger's packs say about deciding: facts, needed values, the grading (DESIGN 5).

Read from the packs in force only when something is decided; every other command starts without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.facts import Absent, Fact, FactType, FactValue
from crmctl.policy.grading import Grading, read_grading

PackFile = tuple[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """The facts by name, where each applies, the values in force, and the grading. `pack` names what decides."""

    facts: Mapping[str, Fact]
    applies: Mapping[str, Leaf]
    values: Mapping[str, object]
    grading: Grading
    pack: str


def read_decision_rules(
    packs: Sequence[PackFile], values: Mapping[str, Value], vocab: Mapping[str, Mapping[str, Label]]
) -> tuple[DecisionRules | None, list[Finding]]:
    """Read the decision rules of the packs in force (file name, content), later ones over earlier ones.

    `values` are those in force. Returns None with findings when there is no grading or when
    anything in it is off: a needed value that nobody set, an unknown fact, a type clash.
    """
    findings: list[Finding] = []
    facts: dict[str, Fact] = {}
    applies: dict[str, Leaf] = {}
    grade: tuple[str, Mapping[str, Value]] | None = None
    names = []
    for where, raw in packs:
        _needs(raw.get("needs"), values, where, findings)
        _facts(raw.get("facts"), vocab, where, facts, applies, findings)
        content = raw.get("grade")
        if isinstance(content, dict):
            grade = (where, content)
            names.append(f"{raw.get('pack')}/{raw.get('version')}")
    if grade is None:
        findings.append(Finding("POL010", N_("No pack in force says how to grade"), "error", "policy/company.yaml"))
        return None, findings
    grading, faults = read_grading(grade[1], facts, values, grade[0])
    findings += faults
    if findings or grading is None:
        return None, findings
    return DecisionRules(facts, applies, values, grading, " ".join(names)), []


def _needs(raw: object, values: Mapping[str, Value], where: str, findings: list[Finding]) -> None:
    for name in raw if isinstance(raw, dict) else {}:
        if values.get(name) is None:
            message = N_("{name} has no value: the source lost it and none is invented")
            hint = N_("crmctl policy set {name} VALUE")
            findings.append(Finding("POL011", message, "error", where, f"needs.{name}", {"name": name}, hint))


def _facts(
    raw: object, vocab: Mapping[str, Mapping[str, Label]], where: str, facts: dict[str, Fact],
    applies: dict[str, Leaf], findings: list[Finding],
) -> None:  # fmt: skip
    for name, spec in (raw if isinstance(raw, dict) else {}).items():
        fact = _fact(name, spec, vocab) if isinstance(spec, dict) else None
        path = f"facts.{name}"
        if fact is None:
            findings.append(Finding("POL012", N_("A fact needs is: and sql:"), "error", where, path))
            continue
        facts[name] = fact
        if fact.applies:
            try:
                applies[name] = parse_leaf(fact.applies)
            except ConditionError:
                message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
                findings.append(Finding("POL002", message, "error", where, f"{path}.applies", {"text": fact.applies}))


def _fact(name: str, spec: Mapping[str, Value], vocab: Mapping[str, Mapping[str, Label]]) -> Fact | None:
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
    empty: FactValue = bare.literal(str(spec["empty"]))
    return Fact(name, kind, "assignment", sql, empty, bare.applies, order, labels)


def settle(
    facts: Mapping[str, Fact], applies: Mapping[str, Leaf], found: Mapping[str, FactValue]
) -> dict[str, FactValue]:
    """All declared facts of one customer: what was found, what stands in for nothing, and what does not apply."""
    settled = {name: found.get(name, fact.empty) for name, fact in facts.items()}
    plain = {name: value for name, value in settled.items() if not isinstance(value, Absent)}
    for name, leaf in applies.items():
        if leaf.holds(plain) is False:
            settled[name] = Absent.NOT_APPLICABLE
    return settled
