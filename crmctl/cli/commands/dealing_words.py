"""How a change of who deals with a customer reads: department, person in charge, state, team, keeper."""

from __future__ import annotations

from crmctl.cli.commands.wording import part_name, state_name
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import department_name, member_name, reader_name
from crmctl.model.dossier import Assignment, Grant
from crmctl.model.timeline import Assigned


def move_text(ledger: Ledger, move: Assigned) -> str:
    """`东区: 负责人 爱丽丝 → 鲍勃, 状态 潜在 → 意向`."""
    name = department_name(ledger, move.department)
    if move.after is None:
        return _("{department} no longer deals with the customer", department=name)
    if move.before is None:
        owner, state = member_name(ledger, move.after.owner), state_name(ledger, None, move.after.state)
        return _("{department}: in charge {owner}, state {state}", department=name, owner=owner, state=state)
    return f"{name}: " + ", ".join(_moved(ledger, move.before, move.after))


def _moved(ledger: Ledger, before: Assignment, after: Assignment) -> list[str]:
    parts = []
    if before.owner != after.owner:
        parts.append(f"{_('in charge')} {member_name(ledger, before.owner)} → {member_name(ledger, after.owner)}")
    if before.state != after.state:
        parts.append(f"{_('state')} {state_name(ledger, None, before.state)} → {state_name(ledger, None, after.state)}")
    if before.team != after.team:
        old, new = (", ".join(member_name(ledger, m) for m in a.team) or "-" for a in (before, after))
        parts.append(f"{_('team')} {old} → {new}")
    if before.keeper != after.keeper:
        parts.append(f"{_('keeper')} {member_name(ledger, before.keeper)} → {member_name(ledger, after.keeper)}")
    return parts or [_("since {day}", day=after.since)]


def grant_text(ledger: Ledger, grant: Grant, *, given: bool) -> str:
    """`鲍勃 可读至 2027-06-30 (东区 销售)`, or that this is over."""
    words = _("may read until {day}", day=grant.until) if given else _("may no longer read")
    return f"{reader_name(ledger, grant.member)} {words} ({part_name(ledger, grant.compartment)})"
