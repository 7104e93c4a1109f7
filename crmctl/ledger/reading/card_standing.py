"""Where a customer stands, beside its card: its grades by department and axis, what they bring, and counters.

Only this customer's records are opened. What somebody cannot open is said to be untold, never counted as nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from crmctl.errors import BadConfiguration
from crmctl.ledger.deciding import axes_here, rules_for
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.duties import kinds_of_duties, said
from crmctl.ledger.reading.facts import typed_value
from crmctl.ledger.reading.question_parameters import fact_parameters, period_parameters
from crmctl.ledger.reading.standing import standing_of
from crmctl.ledger.snapshot.closeup import Closeup, closeup, kinds_named
from crmctl.ledger.snapshot.question import ask
from crmctl.model.condition import flat
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Kind, Label
from crmctl.model.record import Record
from crmctl.policy.axes import Axis
from crmctl.policy.card import CARD, beside
from crmctl.policy.decision import DecisionRules, declared, settle
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.filing import missing
from crmctl.policy.pack_files import MAIN_AXIS, packs_in_force
from crmctl.policy.standing import Standing as Asks

GRADE = "grade"


@dataclass(frozen=True, slots=True)
class Held:
    """One grade with its scheme. `on` is the day it counts from; None for one reckoned just now.

    `untold`: it cannot be told from what the member opens; `unknown`: all opens and says too little. `how` is the
    axis with what the grade brings, where its rules load.
    """

    axis: str
    label: Label
    grade: str | None
    words: Label
    on: str | None = None
    product: str | None = None
    untold: bool = False
    how: Axis | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A department's view of a customer. counters: (label, fact, value); None where there is nothing of it yet.

    lacks: (what the rule goes by, names of what the file has to hold and does not).
    """

    department: str
    grades: tuple[Held, ...] = ()
    counters: tuple[tuple[Label, Fact, FactValue | None], ...] = ()
    lacks: tuple[tuple[Label, str], ...] = ()


@dataclass
class _Reading:
    ledger: Ledger
    dossier: Dossier
    day: date
    record: str = ""
    rules: dict[tuple[str, str], DecisionRules] = field(default_factory=dict)
    near: Closeup | None = None


def card_standing(ledger: Ledger, dossier_id: str) -> list[Standing]:
    """Where a customer stands today in each department that deals with it."""
    reading = _Reading(ledger, ledger.dossier(dossier_id), ledger.today)
    counters = _counters(ledger)
    for department in reading.dossier.assignments:
        for axis in axes_here(ledger, department):
            try:
                reading.rules[department, axis] = rules_for(ledger, department, axis)
            except BadConfiguration:
                continue  # a value nobody has set: `policy check` asks for it
    kinds = ledger.in_force.kinds
    reckoned = [rules for rules in reading.rules.values() if _reckoned(rules)]
    facts = [fact for _label, fact in counters] + [fact for rules in reckoned for fact in rules.facts.values()]
    asks = standing_of(ledger)
    wanted = {name for fact in facts for name in kinds_named(fact.sql, kinds)} | ({GRADE} & set(kinds))
    wanted |= kinds_of_duties(asks, kinds)
    reading.near = closeup(ledger, reading.dossier, wanted)
    return [_standing(reading, reading.near, asks, counters, department) for department in reading.dossier.assignments]


def _standing(
    reading: _Reading, near: Closeup, asks: Asks, counters: list[tuple[Label, Fact]], department: str
) -> Standing:
    grades = tuple(_grades(reading, near, department))
    counted = tuple((text, fact, _counted(reading, near, fact, department)) for text, fact in counters)
    return Standing(department, grades, counted, tuple(_lacks(reading, near, asks, grades, department)))


def _lacks(
    reading: _Reading, near: Closeup, asks: Asks, grades: tuple[Held, ...], department: str
) -> Iterator[tuple[Label, str]]:
    """What the customer's file has to hold by its grades here, and does not."""
    here = {held.axis: held for held in grades if held.product is None and not held.untold}
    kinds, card = reading.ledger.in_force.kinds, near.records.get(CARD, {})
    for filing in asks.filings if card else ():
        held = here.get(filing.of)
        if held is None or held.grade is None:
            continue
        values = flat(next(iter(card.values())).data)
        there = [name for name in near.records if _has(near, name, department)]
        names = missing(filing.holds.get(held.grade, ()), values, dict(kinds[CARD].walk()), there)
        if names:
            yield held.label, said(reading.ledger.in_force, names)


def _has(near: Closeup, kind: str, department: str) -> bool:
    """Whether there is a record of a kind in the department; where not all open it is not said to be missing."""
    own = (record.compartment.partition("/")[0] for record in near.records[kind].values())
    return not near.sees([kind], department) or department in own


def _counters(ledger: Ledger) -> list[tuple[Label, Fact]]:
    """The facts the packs want beside the card, a later pack's after an earlier one's."""
    packs = packs_in_force(ledger.in_force.raw)
    facts = declared(packs, ledger.in_force.pack.vocab, []).facts
    named = {one.fact: one.label for _where, raw in packs for one in beside(raw, CARD)}
    return [(text, facts[name]) for name, text in named.items() if name in facts]


def record_counters(ledger: Ledger, kind: Kind, record: Record) -> list[tuple[Label, Fact, FactValue | None]]:
    """What the packs want beside one record of a customer, as (label, fact, value): reckoned now, stored nowhere.

    A value is None where all that it asks for opens and there is nothing of it, Absent where it cannot be told.
    """
    packs = packs_in_force(ledger.in_force.raw)
    facts = declared(packs, ledger.in_force.pack.vocab, []).facts
    named = {one.fact: one for _where, raw in packs for one in beside(raw, kind.name) if one.fact in facts}
    wanted = {name for fact in named for name in kinds_named(facts[fact].sql, ledger.in_force.kinds)}
    dossier = ledger.dossier(record.dossier)
    near = closeup(ledger, dossier, {kind.name, *wanted})
    found = []
    for name, one in named.items():
        given = record.data.get(one.at) if one.at else None
        reading = _Reading(ledger, dossier, date.fromisoformat(str(given)[:10]) if given else ledger.today, record.id)
        value = _counted(reading, near, facts[name], record.compartment.partition("/")[0])
        found.append((one.label, facts[name], value))
    return found


def _reckoned(rules: DecisionRules) -> bool:
    """Whether a grade of this axis is nowhere written: it is worked out when asked."""
    return not rules.axis.records or rules.axis.sets_state


def _grades(reading: _Reading, near: Closeup, department: str) -> Iterator[Held]:
    ledger = reading.ledger
    written = _written(near, department, reading.day)
    unseen = GRADE in near.records and not near.sees([GRADE], department)
    for axis, (text, vocab) in axes_here(ledger, department).items():
        rules, words = reading.rules.get((department, axis)), ledger.in_force.pack.vocab.get(vocab, {})
        if rules is not None and _reckoned(rules):
            grade, untold = _reckon(reading, near, rules, department)
            if grade is not None or untold:
                opens = all(_opens(reading, near, fact, department) for fact in rules.facts.values())
                yield Held(axis, text, grade, _spoken(words, grade), None, None, untold and not opens, rules.axis,
                           unknown=untold and opens)  # fmt: skip
            continue
        own = [record for record in written if str(record.data.get("axis") or MAIN_AXIS) == axis]
        for record in own:
            grade = str(record.data.get("grade"))
            product = record.data.get("product")
            yield Held(axis, text, grade, _spoken(words, grade), str(record.data.get("on")),
                       str(product) if product else None, False, rules.axis if rules else None)  # fmt: skip
        if unseen and not own:
            yield Held(axis, text, None, ("", ""), untold=True)


def _spoken(words: Mapping[str, Label], grade: str | None) -> Label:
    return words.get(grade, (grade, grade)) if grade else ("", "")


def _written(near: Closeup, department: str, day: date) -> list[Record]:
    """The grade in force of each axis and product: the latest approved one of the department."""
    latest: dict[tuple[str, object], Record] = {}

    def order(record: Record) -> tuple[str, str, str]:
        return str(record.data.get("on")), record.at, record.id

    for record in sorted(near.records.get(GRADE, {}).values(), key=order):
        here = record.compartment.partition("/")[0] == department
        if here and record.state == "approved" and str(record.data.get("on")) <= day.isoformat():
            latest[str(record.data.get("axis") or MAIN_AXIS), record.data.get("product")] = record
    return list(latest.values())


def _reckon(reading: _Reading, near: Closeup, rules: DecisionRules, department: str) -> tuple[str | None, bool]:
    """(grade, untold) of an axis that is kept in no record; seats are not asked, for others are not looked at."""
    from crmctl.rules.grading import Candidate, grade_department

    found = {fact.name: _value(reading, near, fact, department) for fact in rules.facts.values()}
    known = {name: value for name, value in found.items() if value is not Absent.UNKNOWN}
    card = rules.axis.scorecard
    facts = settle({n: f for n, f in rules.facts.items() if n in known}, rules.applies, known)
    facts |= {name: Absent.UNKNOWN for name in rules.facts if name not in known}
    if card is not None:
        facts[card.name] = card.score(facts)
    types = {**rules.facts, **({card.name: card.fact} if card else {})}
    (decision,) = grade_department(rules.grading, [Candidate(reading.dossier.id, facts)], types, "product")
    return decision.grade, decision.review


def _counted(reading: _Reading, near: Closeup, fact: Fact, department: str) -> FactValue | None:
    """A counter's value; None where all of it opens and there is nothing."""
    value = _value(reading, near, fact, department)
    return None if value is Absent.UNKNOWN and _opens(reading, near, fact, department) else value


def _opens(reading: _Reading, near: Closeup, fact: Fact, department: str) -> bool:
    named = kinds_named(fact.sql, reading.ledger.in_force.kinds)
    return near.sees(named, department if ":department" in fact.sql else None)


def _value(reading: _Reading, near: Closeup, fact: Fact, department: str) -> FactValue:
    """A fact of the customer in a department; unknown where not all that it asks for opens."""
    ledger = reading.ledger
    if not _opens(reading, near, fact, department):
        return Absent.UNKNOWN
    values = {name: value for name, value in ledger.values(department).items() if isinstance(value, int | str)}
    given = {**values, **fact_parameters(department, reading.day), **period_parameters(ledger, reading.day)}
    about = {"product": None, "record": reading.record, "customer": reading.dossier.id}
    rows = ask(near.connection, fact.sql, {**given, **about}).rows
    cell = next((row[1] for row in rows if row[0] in {reading.dossier.id, reading.record}), None)
    return fact.empty if cell is None else typed_value(fact, cell, ledger.in_force.settings.currency)
