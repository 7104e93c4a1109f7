"""What stands before every draft's change: the policy's blacklist and its guards, where it has any.

A thin door: a ledger without such a policy pays nothing, not even an import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.values import Value

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Proposed
    from crmctl.model.dossier import Dossier


def guard(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, Value],
    after: dict[str, Value], record_id: str = "",
) -> dict[str, Value]:  # fmt: skip
    """A new (`before` empty) or changed record as the policy lets it in: `after`, or turned to another state.

    Raises Refused for what the policy forbids.
    """
    if any(field.options.get("scheme") for field in kind.fields):
        from crmctl.ledger.changing.schemes import in_scheme

        department = compartment.partition("/")[0] if "/" in compartment else None
        after = in_scheme(draft.ledger, kind, department, before, after)
    if draft.ledger.in_force.pack.blacklist:
        from crmctl.ledger.changing import barring

        barring.guard(draft, kind, dossier_id, compartment, before, after)
    if not before and draft.ledger.in_force.pack.arrows:
        from crmctl.ledger.changing import arrows

        arrows.must_begin(draft, kind, dossier_id, compartment, after)
    pack = draft.ledger.in_force.pack
    if kind.name == "grade" and after.get("state") == "approved":
        from crmctl.ledger.changing import grade_cap

        grade_cap.guard(draft, kind, dossier_id, compartment.partition("/")[0], before, after)
    if kind.name in pack.searched:
        from crmctl.ledger.changing.proving import must_be_proved

        must_be_proved(draft, kind, before, after)
    if kind.name in pack.guarded:
        from crmctl.ledger.reading import guarding

        return guarding.judge_entry(draft, kind, dossier_id, compartment, before, after, record_id)
    return after


def guard_faults(ledger: Ledger, dossier: Dossier) -> list[Finding]:
    """What the policy's guards say of the records a dossier holds already."""
    if not ledger.in_force.pack.guarded:
        return []
    from crmctl.ledger.reading import guarding

    return guarding.dossier_faults(ledger, dossier)


def guard_file(ledger: Ledger, path: str) -> None:
    """Refuse to take out, or set back, a record that the policy keeps as it went. Raises Refused."""
    if ledger.in_force.pack.blacklist:
        from crmctl.ledger.changing import barring

        barring.guard_file(ledger, path)


def guard_intake(ledger: Ledger, data: Mapping[str, Value], department: str, checked: str | None) -> list[Finding]:
    """Warnings about a new customer. Raises Refused for one the policy does not let in."""
    if not ledger.in_force.pack.blacklist:
        return []
    from crmctl.ledger.changing import barring

    return barring.intake(ledger, data, department, checked)


def deed_faults(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, object],
    after: Mapping[str, Value],
) -> list[Finding]:  # fmt: skip
    """What the blacklist, and the caps of grades, say by now of a record that waits for review; `draft` stays empty."""
    told: list[Finding] = []
    if draft.ledger.in_force.pack.blacklist:
        from crmctl.ledger.changing import barring

        told = barring.deed_faults(draft, kind, dossier_id, compartment, before, after)
    if kind.name == "grade" and after.get("state") == "approved":
        from crmctl.ledger.changing import grade_cap

        told += grade_cap.faults(draft, kind, dossier_id, compartment.partition("/")[0], before, after)
    return told


def intake_faults(ledger: Ledger, data: Mapping[str, Value]) -> list[Finding]:
    """Whether a new customer under review is a party on the blacklist, as far as the member can open that."""
    return guard_intake(ledger, data, "", "a reviewer looks at it")
