"""What reviewers did about a record: who approved it, when and as what; what they told its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmctl.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Told:
    """Lines for a person, each with its moment, and what goes into the JSON document."""

    dated: tuple[tuple[str, str], ...] = ()
    document: Mapping[str, object] = field(default_factory=dict)


def told_on(ledger: Ledger, path: str, record_id: str, *, every: bool = False) -> Told:
    """Approvals and notes about a record; of its newest version, or with `every` of all.

    Where the policy asks nobody to look at anything it costs nothing; of what nobody approves only notes are read.
    """
    in_force = ledger.in_force
    if ledger.at or not in_force.pack.review:
        return Told()
    from crmctl.review.notes import notes_about
    from crmctl.rules.triggers import concerns

    approved = concerns(in_force.pack.review, in_force.kinds, path)
    notes = notes_about(ledger, record_id)
    if not approved and not notes:
        return Told((), {"approvals": [], "notes": []})
    from crmctl.cli.commands.review_words import approval_text, note_text
    from crmctl.review.approvals import landings_of

    landed = landings_of(ledger, path, newest=not every)
    lines = [
        (approval.at.isoformat(), approval_text(ledger, approval)) for one in landed for approval in one.approvals
    ]  # fmt: skip
    lines += [(note.record.at, note_text(ledger, note.record)) for note in notes]
    document: dict[str, object] = {
        "approvals": [
            {
                "act": item.given.act, "role": item.given.role, "department": item.given.department,
                "member": item.given.member, "for": item.given.stands_for, "paper": item.given.paper,
                "scan": item.given.scan,
                "at": item.at.isoformat(), "commit": item.given.commit, "policy": item.policy, "landing": one.commit,
            }
            for one in landed for item in one.approvals
        ],
        "notes": [{"id": note.id, "by": note.sender, "at": note.record.at, **note.record.data} for note in notes],
    }  # fmt: skip
    return Told(tuple(lines), document)
