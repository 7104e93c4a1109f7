"""No grade is approved past its cap, whoever proposed it and whenever (R-GRD-21, R-GRD-26, R-RGD-08).

The run proposes within the caps; but two proposals, or two copies, may each fill the last seat. So the
cap is asked again where a grade is approved, and by `check` of what is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from crmctl.errors import BadConfiguration, NoKey, Refused
from crmctl.i18n import N_, _
from crmctl.ledger.changing.regrading import Run, run
from crmctl.ledger.deciding import axes_here, grade_label
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.policy.grading import Cap
from crmctl.policy.pack_files import MAIN_AXIS, axes_of, packs_in_force

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Proposed

KIND = "grade"
# A ledger object stands on one commit for ever; many grades are approved in one change.
_RUNS: WeakKeyDictionary[Ledger, dict[tuple[str, str], Run]] = WeakKeyDictionary()


def faults(
    draft: Proposed, kind: Kind, dossier: str, department: str, before: Mapping[str, object],
    after: Mapping[str, object],
) -> list[Finding]:  # fmt: skip
    """Whether a grade that waits for review has a seat by now, for who sees the whole department."""
    try:
        guard(draft, kind, dossier, department, before, after)
    except Refused as error:
        return [Finding(error.rule or "GRD021", N_("{text}"), "error", dossier, "grade", {"text": error.what})]
    except NoKey:
        return []  # who sees less than the whole department cannot tell
    return []


def guard(
    draft: Proposed,
    kind: Kind,
    dossier: str,
    department: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    """Refuse to approve a grade that has no seat left. Raises Refused (the cap's code), NoKey below full coverage.

    Who gives up its seat in the same change leaves it free, and so does who counts no more in the cap's base (barred).
    """
    if kind.name != KIND or after.get("state") != "approved" or before.get("state") == "approved":
        return
    axis, grade = str(after.get("axis") or MAIN_AXIS), str(after.get("grade"))
    if after.get("product") is not None or axis not in axes_here(draft.ledger, department):
        return
    done = _run(draft.ledger, department, axis)
    cap = done.rules.grading.cap(grade, "department")
    if cap is None:
        return
    if _held(done).get(dossier) == grade:
        return
    holders = {key: held for key, held in _held(done).items() if _counts(done, cap, key)}
    for kept in draft.written():
        data = kept.record.data
        if (
            kept.record.kind == KIND and data.get("state") == "approved" and data.get("product") is None
            and kept.record.compartment.partition("/")[0] == department and str(data.get("axis") or MAIN_AXIS) == axis
        ):  # fmt: skip
            holders[kept.record.dossier] = str(data.get("grade"))
    intended = draft.intended.items()
    holders |= {key: held for (key, where, by), held in intended if (where, by) == (department, axis)}
    taken, base = sum(held == grade for key, held in holders.items() if key != dossier), done.bases[cap.grade]
    if taken >= cap.seats(base):
        raise Refused(
            _("No seat: {grade} is capped at {share} of {base} customers, {taken} of {seats} seats are taken",
              grade=grade_label(draft.ledger, axis, grade), share=_percent(cap), base=base, taken=taken,
              seats=cap.seats(base)),
            where=dossier, rule=cap.code or "GRD021", hint="crmctl grade caps",
        )  # fmt: skip


def overfull_grades(ledger: Ledger) -> Iterator[Finding]:
    """Departments in which more hold a grade than the cap allows, as far as this member sees them whole."""
    for department in ledger.in_force.org.departments:
        for axis in _capped(ledger):
            try:
                done = _run(ledger, department, axis)
            except (NoKey, BadConfiguration):
                continue  # somebody else sees enough; a value nobody set is told by policy check
            for cap in done.rules.grading.caps:
                seats = cap.seats(done.bases.get(cap.grade, 0))
                taken = sum(held == cap.grade and _counts(done, cap, key) for key, held in _held(done).items())
                if cap.per == "department" and cap.over == "next_rung" and taken > seats:
                    args: dict[str, object] = {
                        "department": department, "count": taken, "seats": seats,
                        "grade": grade_label(ledger, axis, cap.grade),
                    }  # fmt: skip
                    message = N_("{department}: {count} hold {grade}, there are {seats} seats")
                    yield Finding(cap.code or "GRD021", message, "error", f"customers ({department})", "", args)


def _capped(ledger: Ledger) -> list[str]:
    """The axes of which some grade has seats."""
    found = {
        name: content for _where, raw in packs_in_force(ledger.in_force.raw) for name, _path, content in axes_of(raw)
    }
    return [name for name, content in found.items() if content.get("caps")]


def _run(ledger: Ledger, department: str, axis: str) -> Run:
    known = _RUNS.setdefault(ledger, {})
    if (department, axis) not in known:
        known[department, axis] = run(ledger, department, ledger.today, None, axis)
    return known[department, axis]


def _held(done: Run) -> dict[str, str | None]:
    return {proposal.id: proposal.before for proposal in done.proposals}


def _counts(done: Run, cap: Cap, customer: str) -> bool:
    """Whether a customer is in the base of a cap: who is barred or exempt takes no seat."""
    return not cap.base or done.facts.get(customer, {}).get(cap.base) is True


def _percent(cap: Cap) -> str:
    return f"{float(cap.share):.0%}"
