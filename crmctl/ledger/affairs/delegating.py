"""Let somebody else approve in one's place until a day: `org/delegations/<member>.yaml`, written by that member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.in_force import DELEGATIONS
from crmctl.ledger.ledger import Ledger
from crmctl.model.clear_files import encode_delegations
from crmctl.model.org import Delegation


@dataclass(frozen=True, slots=True)
class Standin:
    """A delegation and who made it; `counts` tells whether it does so today."""

    owner: str
    delegation: Delegation
    counts: bool


def standins(ledger: Ledger) -> list[Standin]:
    """Every delegation that has not ended, by who made it."""
    today = ledger.today
    return [
        Standin(owner, item, item.since <= today)
        for owner, items in sorted(ledger.in_force.org.delegations.items()) for item in items if today <= item.until
    ]  # fmt: skip


def delegate(
    ledger: Ledger, role: str, to: str, until: date, *, department: str | None = None, since: date | None = None,
    dry_run: bool = False,
) -> Delegation:  # fmt: skip
    """Let `to` approve as `role` in this member's place, both days included; the same one before is replaced.

    `department` None: wherever this member holds the role. Raises Refused for a role not held, InvalidInput for
    days that are over, NotFound for an unknown member.
    """
    today = ledger.today
    made = Delegation(to, role, department, since or today, until)
    if until < today or until < made.since:
        raise InvalidInput(_("It would have ended before it begins: {day}", day=until.isoformat()))
    _must_hold(ledger, role, department)
    _must_be_there(ledger, to)
    kept = [item for item in _own(ledger) if not _same(item, made) and today <= item.until]
    if not dry_run:
        _write(ledger, [*kept, made])
    return made


def end(
    ledger: Ledger, role: str, *, to: str | None = None, department: str | None = None, dry_run: bool = False
) -> list[Delegation]:
    """Take a role back from those it was delegated to (one, or all). Raises NotFound where there is none."""
    own = list(_own(ledger))
    ended = [
        item for item in own
        if item.role == role and (to is None or item.to == to) and (department is None or item.department == department)
    ]  # fmt: skip
    if not ended:
        raise NotFound(_("You have not delegated {role}", role=role), hint="crmctl delegate")
    if not dry_run:
        _write(ledger, [item for item in own if item not in ended])
    return ended


def _own(ledger: Ledger) -> Iterator[Delegation]:
    yield from ledger.in_force.org.delegations.get(ledger.member_id, ())


def _same(one: Delegation, other: Delegation) -> bool:
    return (one.to, one.role, one.department) == (other.to, other.role, other.department)


def _must_hold(ledger: Ledger, role: str, department: str | None) -> None:
    member, today = ledger.member, ledger.today
    held = [item for item in member.roles if item.role == role and item.active(today)]
    if not held or (department is not None and not member.holds(role, department, today)):
        own = sorted({item.role for item in member.roles if item.active(today)})
        raise Refused(
            _("You do not hold the role {role} yourself", role=role), rule="TRU083",
            hint=_("You hold: {roles}", roles=", ".join(own)),
        )  # fmt: skip


def _must_be_there(ledger: Ledger, to: str) -> None:
    from difflib import get_close_matches

    members = ledger.in_force.org.members
    found = members.get(to)
    if found is None:
        near = get_close_matches(to, sorted(members), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else "crmctl member list"
        raise NotFound(_("There is no member {member}", member=to), hint=hint)
    if to == ledger.member_id or not (found.has_access and found.active(ledger.today)):
        raise Refused(
            _("{member} cannot stand in for you", member=found.name), rule="TRU083", hint="crmctl member list"
        )


def _write(ledger: Ledger, items: Iterable[Delegation]) -> str:
    draft = Draft(ledger)
    draft.put_file(f"{DELEGATIONS}{ledger.member_id}.yaml", dump(encode_delegations(items)), ledger.member_id)
    return draft.commit("delegate")
