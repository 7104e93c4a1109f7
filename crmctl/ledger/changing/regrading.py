"""Run the grading over a department, explain it, try it with other values (R-RGD-01, R-GRD-39, R-RGD-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from crmctl.ledger.deciding import rules_for
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.facts import DepartmentFacts, department_facts
from crmctl.ledger.reading.people import must_be_department
from crmctl.ledger.reading.question_parameters import period_parameters
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.question import ask
from crmctl.policy.decision import DecisionRules
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.pack_files import MAIN_AXIS
from crmctl.policy.scorecard import Line
from crmctl.rules.grading import Candidate, Over, count_base, grade_department, overfull
from crmctl.rules.regrade import Evidence, Proposal, evidence_of, propose, spoken

_MORE = ("grade", "stage_review")
_HELD = """
SELECT dossier, grade, "on" FROM (
  SELECT dossier, grade, "on",
         row_number() OVER (PARTITION BY dossier ORDER BY "on" DESC, decided_on DESC, entered_at DESC, id DESC) AS nth
  FROM grade WHERE department = :department AND state = 'approved' AND "on" <= :as_of
    AND coalesce(axis, 'grade') = :axis AND product IS :product) WHERE nth = 1
"""
_LATEST = """
SELECT dossier, grade, waiting_for, to_review, state, id FROM (
  SELECT dossier, grade, waiting_for, to_review, state, id,
         row_number() OVER (PARTITION BY dossier ORDER BY "on" DESC, entered_at DESC, id DESC) AS nth
  FROM grade WHERE department = :department AND "on" <= :as_of
    AND coalesce(axis, 'grade') = :axis AND product IS :product) WHERE nth = 1
"""
_REVIEWED = """
SELECT DISTINCT dossier FROM stage_review
WHERE department = :department AND state = 'decided' AND decided_at_on > :period_from AND decided_at_on <= :as_of
"""
_BUYERS = """
SELECT DISTINCT dossier FROM txn
WHERE department = :department AND product = :product AND date <= :as_of AND coalesce(sample, 0) = 0
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found for one department: rules, proposals (by customer id), the caps' bases.

    facts: what each customer was judged by. over: the warning caps that are passed, where they were counted.
    product: the one it was run for; None is all business.
    """

    department: str
    as_of: date
    rules: DecisionRules
    proposals: tuple[Proposal, ...]
    bases: Mapping[str, int]
    facts: Mapping[str, Mapping[str, FactValue]] = field(default_factory=dict)
    over: tuple[Over, ...] = ()
    product: str | None = None

    @property
    def holders(self) -> dict[str, str | None]:
        """The grade of every customer after the run."""
        return {proposal.id: proposal.grade for proposal in self.proposals}

    def proposal(self, dossier: str) -> Proposal | None:
        """One customer's."""
        return next((proposal for proposal in self.proposals if proposal.id == dossier), None)

    def lines(self, dossier: str) -> list[Line]:
        """What each item of the scorecard gave a customer."""
        card = self.rules.axis.scorecard
        return card.lines(self.facts.get(dossier, {})) if card else []


def run(
    ledger: Ledger, department: str, as_of: date, changed: Mapping[str, str] | None = None,
    axis: str = MAIN_AXIS, product: str | None = None, period: str | None = None, *, over: bool = False,
) -> Run:  # fmt: skip
    """Decide every customer of a department on one axis, or the buyers of one product, and write nothing.

    The same commit, policy and date give the same result. Raises NoKey below full coverage. `over`: also count the
    warning caps, which decide nothing.
    """
    must_be_department(ledger, department)
    rules = rules_for(ledger, department, axis, as_of, product, changed)
    more = (*_MORE, *(("transaction",) if product is not None else ()))
    asked = rules if over else replace(rules, sets={})
    computed = department_facts(ledger, asked, department, as_of, more, product, period)
    parameters = {**_asked(department, as_of, axis, product), **period_parameters(ledger, as_of, period)}
    rows = ask(computed.connection, _HELD, parameters).rows
    held = {str(row[0]): (str(row[1]), str(row[2])) for row in rows if row[1] is not None}
    candidates = _candidates(computed, held)
    if product is not None:
        buyers = {str(row[0]) for row in ask(computed.connection, _BUYERS, parameters).rows}
        candidates = [candidate for candidate in candidates if candidate.id in buyers]
    decisions = grade_department(
        rules.grading, candidates, {**rules.facts, **_score(rules)}, "product" if product else "department"
    )
    reviewed = frozenset(str(row[0]) for row in ask(computed.connection, _REVIEWED, parameters).rows)
    before = {key: grade for key, (grade, _on) in held.items()}
    reviewed = reviewed if rules.axis.reviewed else frozenset(before)
    proposals = propose(rules.grading, decisions, before, reviewed, rules.axis.up, rules.axis.down)
    bases = {cap.grade: count_base(cap, candidates) for cap in rules.grading.caps if cap.per == "department"}
    return Run(
        department, as_of, rules, tuple(proposals), bases, computed.facts,
        tuple(_over(rules, proposals, computed)) if over else (), product,
    )  # fmt: skip


def _over(rules: DecisionRules, proposals: Sequence[Proposal], computed: DepartmentFacts) -> list[Over]:
    holders = {proposal.id: proposal.grade for proposal in proposals}
    return overfull(rules.grading.caps, holders, computed.facts, computed.sets)


def _asked(department: str, as_of: date, axis: str, product: str | None) -> dict[str, object]:
    return {"department": department, "as_of": as_of.isoformat(), "axis": axis, "product": product}


def _score(rules: DecisionRules) -> dict[str, Fact]:
    card = rules.axis.scorecard
    return {card.name: card.fact} if card else {}


def to_file(ledger: Ledger, done: Run) -> list[Proposal]:
    """What of a run would be written: proposals that say another thing than the last record of their customer.

    On an axis that sets the dealing's state (R-GRD-02): those whose state is another; what is not graded keeps its own.
    """
    if done.rules.axis.sets_state:
        return [proposal for proposal in done.proposals if _has_another_state(ledger, done.department, proposal)]
    parameters = _asked(done.department, done.as_of, done.rules.axis.name, done.product)
    latest = {str(row[0]): row[1:] for row in ask(connect(ledger, ["grade"]), _LATEST, parameters).rows}
    return [proposal for proposal in done.proposals if _says_something_new(proposal, latest.get(proposal.id))]


def _has_another_state(ledger: Ledger, department: str, proposal: Proposal) -> bool:
    state = proposal.decision.grade
    if state is None or proposal.decision.review:
        return False
    return ledger.dossier(proposal.id).assignments[department].state != state


def grade_record(done: Run, proposal: Proposal) -> dict[str, object]:
    """The fields of the grade record that puts a proposal forward, with its evidence (R-GRD-39)."""
    decision = proposal.decision
    seat = next((s for s in reversed(decision.seats)), None)
    record: dict[str, object] = {
        "on": done.as_of.isoformat(), "grade": proposal.grade, "before": proposal.before,
        "gone": True if proposal.move == "out" else None,
        "waiting_for": decision.waiting_for, "to_review": True if proposal.move == "review" else None,
        "pack": done.rules.pack, "reason": proposal.move, "axis": done.rules.axis.name, "product": done.product,
        "evidence": [
            {
                name: text
                for name, text in (("grade", e.grade), ("clause", e.clause), ("condition", e.condition),
                                   ("value", e.value), ("holds", e.holds))
                if text
            }
            for e in [*evidence_of(done.rules.grading, decision), *_scored(done, proposal.id)]
        ],
    }  # fmt: skip
    card = done.rules.axis.scorecard
    if card and isinstance(score := done.facts[proposal.id].get(card.name), Decimal):
        record["score"] = f"{score:.2f}"
    if seat:
        record |= {"place": seat.place, "seats": seat.seats, "base": seat.base}
    return {name: value for name, value in record.items() if value is not None}


def compare(plain: Run, trial: Run) -> list[tuple[Proposal, Proposal]]:
    """Who would be graded otherwise under the trial's values: (as it is, as it would be)."""
    others = {proposal.id: proposal for proposal in trial.proposals}
    pairs = [(proposal, others[proposal.id]) for proposal in plain.proposals]
    return [(a, b) for a, b in pairs if a.decision.grade != b.decision.grade or a.decision.review != b.decision.review]


def _candidates(computed: DepartmentFacts, held: Mapping[str, tuple[str, str]]) -> Sequence[Candidate]:
    return [
        Candidate(key, facts, *held.get(key, (None, "")))
        for key, facts in computed.facts.items()
        if facts.get("admitted") is not Absent.UNKNOWN
    ]


def _scored(done: Run, dossier: str) -> list[Evidence]:
    """The lines of the scorecard as evidence: item and weight, the value, the points."""
    return [
        Evidence(
            "", line.item.clause, f"{line.item.name} × {line.item.weight:f}%", spoken(line.value),
            "unknown" if line.points is None else f"{line.points:f}",
        )
        for line in done.lines(dossier)
    ]  # fmt: skip


def _says_something_new(proposal: Proposal, latest: tuple[object, ...] | None) -> bool:
    if proposal.decision.exempt or (proposal.move == "out" and latest is None):
        return False
    said = (proposal.grade, proposal.decision.waiting_for, proposal.move == "review")
    if latest is None:
        return proposal.grade is not None or said[2]
    return said != (latest[0], latest[1], bool(latest[2]))
