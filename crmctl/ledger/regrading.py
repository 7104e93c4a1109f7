"""Run the grading over a department, explain it, try it with other values (R-RGD-01, R-GRD-39, R-RGD-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import _
from crmctl.ledger.draft import Draft, Origin
from crmctl.ledger.facts import DepartmentFacts, department_facts
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.question import ask
from crmctl.policy.decision import DecisionRules, PackFile, read_decision_rules
from crmctl.policy.facts import Absent
from crmctl.rules.calendar import add_months
from crmctl.rules.grading import Candidate, count_base, grade_department
from crmctl.rules.regrade import Proposal, evidence_of, propose

_MORE = ("grade", "stage_review")
_HELD = """
SELECT dossier, grade, "on" FROM (
  SELECT dossier, grade, "on", row_number() OVER (PARTITION BY dossier ORDER BY "on" DESC, id DESC) AS nth
  FROM grade WHERE department = :department AND state = 'approved' AND "on" <= :as_of) WHERE nth = 1
"""
_LATEST = """
SELECT dossier, grade, waiting_for, to_review, state, id FROM (
  SELECT dossier, grade, waiting_for, to_review, state, id,
         row_number() OVER (PARTITION BY dossier ORDER BY "on" DESC, entered_at DESC, id DESC) AS nth
  FROM grade WHERE department = :department AND "on" <= :as_of) WHERE nth = 1
"""
_REVIEWED = """
SELECT DISTINCT dossier FROM stage_review
WHERE department = :department AND state = 'decided' AND decided_at_on > :from AND decided_at_on <= :as_of
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found for one department: rules, facts, proposals (by customer id), the caps' bases."""

    department: str
    as_of: date
    rules: DecisionRules
    proposals: tuple[Proposal, ...]
    bases: Mapping[str, int]


def decision_rules(ledger: Ledger, changed: Mapping[str, str] | None = None) -> DecisionRules:
    """The decision rules in force, some values changed for a trial. Raises BadConfiguration with every fault."""
    in_force = ledger.in_force
    company = in_force.raw.get("policy/company.yaml")
    extends = company.get("extends") if isinstance(company, dict) else None
    names = [f"policy/packs/{name}.yaml" for name in extends] if isinstance(extends, list) else []
    packs: list[PackFile] = []
    for path in [*names, "policy/company.yaml"]:
        content = in_force.raw.get(path)
        if isinstance(content, dict):
            packs.append((path, content))
    rules, findings = read_decision_rules(packs, {**in_force.pack.values, **(changed or {})}, in_force.pack.vocab)
    if rules is None:
        raise BadConfiguration(_("The grading rules do not load"), findings=findings, hint="crmctl policy adopt p23")
    return rules


def run(ledger: Ledger, department: str, as_of: date, changed: Mapping[str, str] | None = None) -> Run:
    """Decide every customer of a department, write nothing.

    The same commit, policy and date give the same result. Raises NoKey below full coverage.
    """
    if department not in ledger.in_force.org.departments:
        raise NotFound(_("There is no department {key}", key=department), hint="crmctl department list")
    rules = decision_rules(ledger, changed)
    computed = department_facts(ledger, rules, department, as_of, _MORE)
    parameters = {"department": department, "as_of": as_of.isoformat()}
    held = {str(row[0]): (str(row[1]), str(row[2])) for row in ask(computed.connection, _HELD, parameters).rows}
    candidates = _candidates(computed, held)
    decisions = grade_department(rules.grading, candidates, rules.facts)
    reviewed = _reviewed(ledger, computed)
    proposals = propose(rules.grading, decisions, {key: grade for key, (grade, _on) in held.items()}, reviewed)
    bases = {cap.grade: count_base(cap, candidates) for cap in rules.grading.caps}
    return Run(department, as_of, rules, tuple(proposals), bases)


def file_run(ledger: Ledger, done: Run) -> tuple[str, int]:
    """Put a run's outcome forward as grade records, in one change. Returns (commit, how many).

    A customer whose last record says the same already gets none: a second run writes nothing.
    """
    parameters = {"department": done.department, "as_of": done.as_of.isoformat()}
    latest = {str(row[0]): row[1:] for row in ask(connect(ledger, ["grade"]), _LATEST, parameters).rows}
    draft = Draft(ledger)
    kind = draft.kind("grade")
    count = 0
    for proposal in done.proposals:
        if not _says_something_new(proposal, latest.get(proposal.id)):
            continue
        draft.new_record(kind, proposal.id, done.department, grade_record(done, proposal), Origin(reason="grade run"))
        count += 1
    return draft.commit("grade-run", "grade"), count


def grade_record(done: Run, proposal: Proposal) -> dict[str, object]:
    """The fields of the grade record that puts a proposal forward, with its evidence (R-GRD-39)."""
    decision = proposal.decision
    seat = next((s for s in reversed(decision.seats)), None)
    record: dict[str, object] = {
        "on": done.as_of.isoformat(), "grade": proposal.grade, "before": proposal.before,
        "waiting_for": decision.waiting_for, "to_review": True if proposal.move == "review" else None,
        "pack": done.rules.pack, "reason": proposal.move,
        "evidence": [
            {"grade": e.grade, "clause": e.clause, "condition": e.condition, "value": e.value, "holds": e.holds}
            for e in evidence_of(done.rules.grading, decision)
        ],
    }  # fmt: skip
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
        replace(Candidate(key, facts), holds=held[key][0], since=held[key][1]) if key in held else Candidate(key, facts)
        for key, facts in computed.facts.items()
        if facts.get("admitted") is not Absent.UNKNOWN
    ]


def _reviewed(ledger: Ledger, computed: DepartmentFacts) -> frozenset[str]:
    months = ledger.in_force.pack.whole("review_months", 6)
    parameters = {
        "department": computed.department, "as_of": computed.as_of.isoformat(),
        "from": add_months(computed.as_of, -months).isoformat(),
    }  # fmt: skip
    return frozenset(str(row[0]) for row in ask(computed.connection, _REVIEWED, parameters).rows)


def _says_something_new(proposal: Proposal, latest: tuple[object, ...] | None) -> bool:
    if proposal.decision.exempt or (proposal.move == "out" and latest is None):
        return False
    said = (proposal.grade, proposal.decision.waiting_for, proposal.move == "review")
    if latest is None:
        return proposal.grade is not None or said[2]
    return said != (latest[0], latest[1], bool(latest[2]))
