"""Run the examples that packs carry against the rules in force (`crmctl policy test`)."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import _, finding_text
from crmctl.ledger.ledger import Ledger
from crmctl.policy.dated import values_on
from crmctl.policy.decision import declared, read_decision_rules, settle
from crmctl.policy.examples import Example, Outcome, example_faults, examples_of, facts_of, told
from crmctl.policy.pack_files import PackFile, packs_in_force
from crmctl.rules.grading import Candidate, Decision, grade_department


def try_examples(ledger: Ledger, pack: str | None = None) -> list[Outcome]:
    """Judge every example of the packs in force, or of one of them.

    Each is judged by its own pack's rules with the values in force, its own `values` over them.
    Raises BadConfiguration for examples that name what is not there, NotFound for a pack that is not in force.
    """
    in_force = ledger.in_force
    packs = packs_in_force(in_force.raw)
    if pack is not None and all(raw.get("pack") != pack for _where, raw in packs):
        raise NotFound(_("There is no pack {name} in force", name=pack), hint="crmctl policy list")
    found = declared(packs, in_force.pack.vocab, [])
    faults = [fault.at(where) for where, raw in packs for fault in example_faults(raw, packs, found)]
    if faults:
        raise BadConfiguration(_("The examples do not load"), findings=faults, hint="crmctl policy check")
    values = values_on(in_force.pack.values, ledger.today)
    chosen = [(where, raw) for where, raw in packs if pack is None or raw.get("pack") == pack]
    return [
        _try(example, packs, {**values, **example.values}, ledger)
        for where, raw in chosen
        for example in examples_of(where, raw)
    ]


def _try(example: Example, packs: list[PackFile], values: dict[str, object], ledger: Ledger) -> Outcome:
    rules, findings = read_decision_rules(packs, values, ledger.in_force.pack.vocab, example.axis)  # type: ignore[arg-type]
    if rules is None:
        return Outcome(example, example.outcome or "", "; ".join(finding_text(one) for one in findings))
    known = facts_of(example, rules.facts)
    facts = settle(rules.facts, rules.applies, known, rules.axis.scorecard)
    alone = example.share is None
    candidates = [Candidate(f"{number:06}", facts) for number in range(1 if alone else example.among)]
    kinds = {**rules.facts, **({rules.axis.scorecard.name: rules.axis.scorecard.fact} if rules.axis.scorecard else {})}
    decisions = grade_department(rules.grading, candidates, kinds, "product" if alone else "department")
    return told(example, [one.grade for one in decisions], list(_states(decisions)))


def _states(decisions: list[Decision]) -> Iterator[str]:
    for one in decisions:
        yield "exempt" if one.exempt else "review" if one.review else "graded"
