"""Put a grading run's outcome forward: grade records, or states of the dealing, in one change (R-RGD-01, R-GRD-02)."""

from __future__ import annotations

from dataclasses import replace

from crmctl.errors import Refused
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.regrading import Run, grade_record, to_file
from crmctl.ledger.ledger import Ledger


def file_run(ledger: Ledger, done: Run) -> tuple[str, int]:
    """Put a run's outcome forward as grade records, in one change. Returns (commit, how many).

    A customer whose last record says the same already gets none: a second run writes nothing.
    """
    if not done.rules.axis.records:
        raise Refused(
            _("{axis} is reckoned when asked and not put forward", axis=label(done.rules.axis.label)), rule="GRD001",
            hint=f"crmctl grade run --axis {done.rules.axis.name} --dry-run",
        )  # fmt: skip
    new, draft = to_file(ledger, done), Draft(ledger)
    if done.rules.axis.sets_state:
        for proposal in new:
            assignment = draft.dossier(proposal.id).assignments[done.department]
            changed = replace(assignment, state=proposal.decision.grade or assignment.state)
            draft.set_assignment(proposal.id, done.department, changed)
        return draft.commit("grade-run", "customer"), len(new)
    kind = draft.kind("grade")
    for proposal in new:
        draft.new_record(kind, proposal.id, done.department, grade_record(done, proposal), Origin(reason="grade run"))
    return draft.commit("grade-run", "grade"), len(new)
