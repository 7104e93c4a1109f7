"""Approve what a run put forward, all of it or some, in one change that is judged as a whole (R-RGD-05, R-RGD-08).

Two customers that change places, each in a grade that is full, free each other's seat only together; who is left out
because the policy forbids it keeps its seat, so that the rest is judged anew without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import must_be_department
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.question import ask
from crmctl.policy.pack_files import MAIN_AXIS

# The newest word about each customer, where it is put forward and says something.
_WAITING = """
SELECT id, path, dossier, axis, product, grade, before, reason FROM (
  SELECT *, coalesce(axis, 'grade') AS by_axis,
    row_number() OVER (PARTITION BY dossier, coalesce(axis, 'grade'), product
      ORDER BY "on" DESC, entered_at DESC, id DESC) AS nth
  FROM grade WHERE department = :department AND state <> 'rejected')
WHERE nth = 1 AND state = 'proposed' AND (grade IS NOT NULL OR gone = 1) AND coalesce(to_review, 0) = 0
  AND (:axis IS NULL OR by_axis = :axis)
ORDER BY product, by_axis, coalesce(place, 0) DESC, id DESC
"""


@dataclass(frozen=True, slots=True)
class PutForward:
    """A grade that waits for the word of who decides; `grade` None: not graded any more."""

    id: str
    path: str
    dossier: str
    axis: str
    product: str | None
    grade: str | None
    before: str | None
    move: str | None


@dataclass(frozen=True, slots=True)
class GradesApproved:
    """What came of it: those approved, those left with the reason, the commit (None: nothing was written)."""

    approved: tuple[PutForward, ...]
    left: tuple[tuple[PutForward, CrmctlError], ...]
    commit: str | None


def put_forward(ledger: Ledger, department: str, axis: str | None = None) -> list[PutForward]:
    """What waits in a department, the last in rank first: of two who want the last seat it is the one left out.

    Raises NotFound for a department that is not there.
    """
    must_be_department(ledger, department)
    rows = ask(connect(ledger, ["grade"]), _WAITING, {"department": department, "axis": axis}).rows
    return [
        PutForward(str(row[0]), str(row[1]), str(row[2]), str(row[3] or MAIN_AXIS), _text(row[4]), _text(row[5]),
                   _text(row[6]), _text(row[7]))
        for row in rows
    ]  # fmt: skip


def approve_grades(
    ledger: Ledger, department: str, chosen: Sequence[PutForward], reason: str | None = None, *, strict: bool = True,
    dry_run: bool = False,
) -> GradesApproved:  # fmt: skip
    """Approve these in one change. What the policy forbids is raised; unless `strict` it is left out and told."""
    going, left = list(chosen), list[tuple[PutForward, CrmctlError]]()
    while True:
        draft = Draft(ledger)
        draft.intended = {(one.dossier, department, one.axis): one.grade for one in going if one.product is None}
        fault = _written(draft, going, reason)
        if fault is None:
            break
        if strict:
            raise fault[1]
        left.append(fault)
        going.remove(fault[0])
    commit = draft.commit("advance", "grade") if going and not dry_run else None
    return GradesApproved(tuple(going), tuple(left), commit)


def _written(draft: Draft, going: Sequence[PutForward], reason: str | None) -> tuple[PutForward, CrmctlError] | None:
    """The first the policy forbids, with why; None: all of them stand in the draft."""
    decided = {"decided_by": draft.ledger.member_id, "decided_on": draft.ledger.today.isoformat()}
    for one in going:
        try:
            draft.new_version(one.path, {"state": "approved", **decided}, Origin(reason=reason), one.id)
        except CrmctlError as error:
            return one, error
    return None


def _text(cell: object) -> str | None:
    return str(cell) if cell is not None else None
