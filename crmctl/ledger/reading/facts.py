"""Compute a department's facts: each fact's SQL over the snapshot, refused when too little is seen (DESIGN 5).

A decision over a set needs the whole set: a member who opens 30 of 200 customers would compute a
cap of 30. Hence the coverage is checked before anything is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from crmctl.errors import BadConfiguration, InvalidInput, NoKey
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import department_name
from crmctl.ledger.reading.question_parameters import fact_parameters, period_parameters
from crmctl.ledger.snapshot.closeup import FUNCTIONS, add_functions
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.coverage import Connection, seen
from crmctl.ledger.snapshot.question import ask
from crmctl.ledger.snapshot.survey import BrokenSql, Surveyor
from crmctl.model.money import from_minor
from crmctl.policy.decision import DecisionRules, Settler
from crmctl.policy.facts import Absent, Fact, FactValue

FIXED_TABLES = frozenset(
    {"member", "role", "department", "assignment", "coverage", "damaged", "json_each", "json_tree"}
)


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    """The department's customers with their settled facts, and the tables they were computed from.

    sets: set → group (a product) → the customers in it.
    """

    department: str
    as_of: date
    facts: Mapping[str, Mapping[str, FactValue]]
    connection: Connection
    sets: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)


def department_facts(
    ledger: Ledger, rules: DecisionRules, department: str, as_of: date, more: Iterable[str] = (),
    product: str | None = None, period: str | None = None,
) -> DepartmentFacts:  # fmt: skip
    """All facts of all customers of a department on a day; a fact's SQL may ask for :product where one is graded.

    `more` are further kinds the caller asks about. Raises NoKey (exit 7) naming who sees enough
    when this member does not, BadConfiguration for a fact whose SQL does not run.
    """
    values = {name: value for name, value in rules.values.items() if isinstance(value, int | str)}
    given = {**fact_parameters(department, as_of), **period_parameters(ledger, as_of, period), "product": product}
    parameters = {**values, **given}
    asked = {**rules.facts, **{name: Fact(name, "text", sql=group.sql) for name, group in rules.sets.items()}}
    tables = _tables(ledger, asked.values(), parameters)
    kinds = [kind.name for kind in ledger.in_force.kinds.values() if kind.table in tables or kind.name in set(more)]
    ledger = ledger.landed  # what waits for review counts for no grade
    connection = connect(ledger, kinds)
    add_functions(connection, ledger)
    require_coverage(ledger, connection, kinds, department)
    sql = "SELECT dossier FROM assignment WHERE department = :department ORDER BY dossier"
    ids = [str(row[0]) for row in ask(connection, sql, {"department": department}).rows]
    found: dict[str, dict[str, FactValue]] = {dossier: {} for dossier in ids}
    for fact in rules.facts.values():
        _take(found, fact, _rows(connection, fact, parameters), ledger.in_force.settings.currency)
    settler = Settler(rules.facts, rules.applies, rules.axis.scorecard)
    settled = {dossier: settler.settle(values) for dossier, values in found.items()}
    sets = {name: _grouped(connection, group.sql, parameters, settled) for name, group in rules.sets.items()}
    return DepartmentFacts(department, as_of, settled, connection, sets)


def _take(
    found: Mapping[str, dict[str, FactValue]], fact: Fact, rows: Iterable[tuple[object, ...]], currency: str
) -> None:
    """Put what a fact's SQL gave with the other facts of those customers; most have one of few values."""
    known: dict[object, FactValue] = {}
    name = fact.name
    for dossier, cell, *_more in rows:
        values = found.get(str(dossier))
        if values is None or cell is None:
            continue
        if cell not in known:
            known[cell] = typed_value(fact, cell, currency)
        values[name] = known[cell]


def _grouped(
    connection: Connection, sql: str, parameters: Mapping[str, object], known: Iterable[str]
) -> dict[str, frozenset[str]]:
    ids, groups = frozenset(known), defaultdict[str, set[str]](set)
    for dossier, group in (row[:2] for row in ask(connection, sql, parameters).rows):
        if dossier in ids and group is not None:
            groups[str(group)].add(str(dossier))
    return {name: frozenset(groups[name]) for name in sorted(groups)}


def require_coverage(ledger: Ledger, connection: Connection, kinds: Iterable[str], department: str) -> None:
    """Raise NoKey unless every record of these kinds that concerns the department could be opened."""
    for name in kinds:
        existing, opened = seen(connection, ledger.in_force.kinds[name], department)
        if opened < existing:
            terms = ", ".join(sorted({t for terms in ledger.in_force.pack.reading.values() for t in terms}))
            raise NoKey(
                _("You see {opened} of {existing} {kind} of {department}: too little to decide on", opened=opened,
                  existing=existing, kind=label(ledger.in_force.kinds[name].label),
                  department=department_name(ledger, department)),
                rule="COV001",
                hint=_("Who reads what: crmctl access --member NAME; roles: {terms}", terms=terms),
            )  # fmt: skip


def _tables(ledger: Ledger, facts: Iterable[Fact], parameters: Mapping[str, object]) -> frozenset[str]:
    """The tables that the facts read."""
    tables: set[str] = set()
    with Surveyor(ledger.in_force.kinds.values(), functions=FUNCTIONS) as surveyor:
        for fact in facts:
            try:
                surveyed = surveyor.survey(fact.sql, parameters)
            except BrokenSql as error:
                raise BadConfiguration(
                    _("The SQL of fact {name} does not run: {why}", name=fact.name, why=error.reason),
                    where=f"policy facts.{fact.name}.sql:{error.line}",
                    hint="crmctl policy check",
                ) from error
            if surveyed.columns[:2] != ("id", "value"):
                raise BadConfiguration(
                    _("The SQL of fact {name} must give the columns id and value first", name=fact.name),
                    where=f"policy facts.{fact.name}.sql",
                )
            tables |= surveyed.tables
    return frozenset(tables - FIXED_TABLES)


def typed_value(fact: Fact, cell: object, currency: str) -> FactValue:
    """What a fact's SQL gave, as a value of the fact; money comes in minor units.

    Raises BadConfiguration for what is no value of its type: nobody is graded by it.
    """
    try:
        return _typed(fact, cell, currency)
    except (ValueError, ArithmeticError) as error:
        raise BadConfiguration(
            _("The SQL of fact {name} gives no {type}", name=fact.name, type=fact.type),
            where=f"policy facts.{fact.name}.sql", hint="crmctl policy check",
        ) from error  # fmt: skip


def _typed(fact: Fact, cell: object, currency: str) -> FactValue:
    match fact.type:
        case "bool" if isinstance(cell, str | bytes):
            raise ValueError(fact.name)
        case "bool":
            return bool(cell)
        case "int":
            return int(str(cell))
        case "money":
            return Decimal(from_minor(int(str(cell)), currency))
        case "number" | "percent":
            return Decimal(str(cell))
        case "choice" if str(cell) not in fact.order:
            return Absent.UNKNOWN
        case _:
            return str(cell)


def _rows(connection: Connection, fact: Fact, parameters: Mapping[str, object]) -> tuple[tuple[object, ...], ...]:
    try:
        return ask(connection, fact.sql, parameters).rows
    except InvalidInput as error:
        raise BadConfiguration(
            _("The SQL of fact {name} does not run: {why}", name=fact.name, why=error.what),
            where=f"policy facts.{fact.name}.sql", hint="crmctl policy check",
        ) from error  # fmt: skip
