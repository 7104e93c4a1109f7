"""Grades nobody writes down, reckoned for all customers whose records open: what daily work goes by (R-GRD-05).

Seats are not asked, for others need not be seen. Who opens only part of what a customer's facts ask for is told
nothing about it: a grade from half the records would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration
from crmctl.ledger.deciding import axes_here, rules_for
from crmctl.ledger.reading.facts import typed_value
from crmctl.ledger.reading.question_parameters import fact_parameters, period_parameters
from crmctl.ledger.snapshot.closeup import kinds_named
from crmctl.ledger.snapshot.coverage import seen
from crmctl.ledger.snapshot.question import ask
from crmctl.policy.decision import DecisionRules, settle
from crmctl.policy.facts import FactValue
from crmctl.rules.grading import Candidate, grade_department

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.ledger import Ledger

_ASSIGNED = "SELECT dossier, owner, team, keeper FROM assignment WHERE department = :department"


def reckoned_rows(ledger: Ledger, connection: Connection, axis: str, day: date) -> Iterator[tuple[str, str, str]]:
    """(customer, department, grade) on an axis, where all that the grade rests on opens to this member.

    `connection` holds the kinds of `kinds_reckoned`. A department whose values are not set yet has no such grades.
    """
    for department in ledger.in_force.org.departments:
        if axis not in axes_here(ledger, department):
            continue
        try:
            rules = rules_for(ledger, department, axis, day)
        except BadConfiguration:
            continue
        told = sorted(_told(ledger, connection, rules, department))
        if told:
            yield from _graded(ledger, connection, rules, department, day, told)


def kinds_reckoned(ledger: Ledger, axis: str) -> set[str]:
    """The kinds whose records an axis rests on, in any department."""
    found: set[str] = set()
    for department in ledger.in_force.org.departments:
        try:
            rules = rules_for(ledger, department, axis)
        except BadConfiguration:
            continue
        found |= _kinds(ledger, rules)
    return found


def _kinds(ledger: Ledger, rules: DecisionRules) -> set[str]:
    return {name for fact in rules.facts.values() for name in kinds_named(fact.sql, ledger.in_force.kinds)}


def _graded(
    ledger: Ledger, connection: Connection, rules: DecisionRules, department: str, day: date, told: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    values = {name: value for name, value in ledger.values(department, day).items() if isinstance(value, int | str)}
    given = {**values, **fact_parameters(department, day), **period_parameters(ledger, day), "product": None}
    found: dict[str, dict[str, FactValue]] = {dossier: {} for dossier in told}
    for fact in rules.facts.values():
        for row in ask(connection, fact.sql, given).rows:
            if row[0] in found and row[1] is not None:
                found[str(row[0])][fact.name] = typed_value(fact, row[1], ledger.in_force.settings.currency)
    card = rules.axis.scorecard
    candidates = [Candidate(key, settle(rules.facts, rules.applies, known, card)) for key, known in found.items()]
    types = {**rules.facts, **({card.name: card.fact} if card else {})}
    for decision in grade_department(rules.grading, candidates, types, "product"):
        if decision.grade is not None and not decision.review:
            yield decision.id, department, decision.grade


def _told(ledger: Ledger, connection: Connection, rules: DecisionRules, department: str) -> Iterator[str]:
    """The customers of a department all of whose records of these kinds open to the member."""
    kinds = [ledger.in_force.kinds[name] for name in _kinds(ledger, rules)]
    counted = [seen(connection, kind, department) for kind in kinds]
    whole = all(opened >= existing for existing, opened in counted)
    terms = [set(ledger.in_force.pack.reading.get(_pattern(kind.scope, kind.compartment), ())) for kind in kinds]
    me = ledger.member_id
    for dossier, owner, team, keeper in connection.execute(_ASSIGNED, {"department": department}):
        mine = {word for word, here in (("owner", owner == me), ("team", me in team.split()), ("keeper", keeper == me))
                if here}  # fmt: skip
        if whole or (mine and all(mine & known for known in terms)):
            yield dossier


def _pattern(scope: str, compartment: str) -> str:
    return "core" if scope == "core" else f"{scope}/{compartment}"
