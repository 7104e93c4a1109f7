"""A request and what it asks for as one change: both land once approved, or neither.

Whoever applies needs no key of the customer and makes none: the approver's landing wraps what was granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import InvalidInput, NotFound, Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.affairs.asked_before import Wish, must_be_new
from crmctl.ledger.affairs.granting import granted
from crmctl.ledger.changing.draft import HERE_AND_NOW, Draft, Origin
from crmctl.ledger.changing.placing import waits
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import must_be_department
from crmctl.ledger.reading.referring import referred
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Effect, Kind
from crmctl.model.paths import part_name
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Requested:
    """What was asked for: the request's record, whom it lets read which parts of whom until when, or what it allows."""

    id: str
    kind: str
    about: str
    readers: tuple[str, ...]
    compartments: tuple[str, ...]
    until: date | None
    commit: str | None
    allows: str = ""


def request(
    ledger: Ledger, kind_name: str, who: str, values: Mapping[str, object], *, department: str | None = None,
    origin: Origin = HERE_AND_NOW, dry_run: bool = False,
) -> Requested:  # fmt: skip
    """Ask for what a kind's `effect` gives: nothing of it holds before it was approved.

    `who` is the customer (its id where the member cannot open it), or the department whose office it is about;
    `department` is whose say it takes (else the member's own, where it deals with the customer). Raises NotFound,
    InvalidInput, UsageError for a kind that asks for nothing, Refused where the policy names nobody to approve it, and
    for what is there or asked for already.
    """
    draft = Draft(ledger)
    kind = draft.kind(kind_name)
    effect = kind.effect
    if effect is None:
        names = " | ".join(one.name for one in ledger.in_force.kinds.values() if one.effect)
        raise UsageError(_("{kind} asks for nothing", kind=label(kind.label)), hint=f"crmctl request {names}")
    if origin.for_member and origin.for_member not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=origin.for_member), hint="crmctl member list")
    dossier, place, about = _concerned(ledger, draft, effect, who, department)
    mine = origin.for_member or ledger.member_id
    values = referred(ledger, kind, values)
    said = {effect.by: mine, effect.on: ledger.today.isoformat(), **values, effect.about: about}
    if said[effect.by] != mine:
        raise InvalidInput(_("Everybody applies for themselves"), where=effect.by, hint="--for MEMBER")
    if effect.to:
        said.setdefault(effect.to, mine if not effect.roles else None)
    kept = draft.new_record(kind, f"office/{place}", place, {k: v for k, v in said.items() if v is not None}, origin)
    data = kept.record.data
    until: date | None = None
    readers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    if effect.allow:
        must_be_new(ledger, Wish(kind, allows=effect.allow), dossier)
        draft.put_dossier(replace(dossier, allowed={**dossier.allowed, effect.allow: kept.id}))
    else:
        until = _until(ledger, kind, effect, data.get(effect.until))
        readers = _readers(ledger, kind, effect, str(data.get(effect.to) or ""))
        parts = _office_part(dossier, effect, data) if effect.part else _parts(ledger, dossier, place)
        must_be_new(ledger, Wish(kind, readers, parts, until), dossier)
        for reader in readers:
            granted(draft, dossier.id, reader, parts, until, keys=False)
    paths = {**draft.wrapping.edits(), **{one.path: b"" for one in draft.written()}}
    if not waits(ledger, paths):
        raise Refused(
            _("The policy names nobody who approves this; who leads the department may do it"), where=about,
            rule="REV004", hint="crmctl destroy …" if effect.allow else "crmctl grant …",
        )  # fmt: skip
    made = None if dry_run else draft.commit("request", kind.name)
    return Requested(kept.id, kind.name, about, readers, parts, until, made, effect.allow)


def _concerned(
    ledger: Ledger, draft: Draft, effect: Effect, who: str, department: str | None
) -> tuple[Dossier, str, str]:  # fmt: skip
    """The dossier a request is about, the department whose office decides, and what the record calls it."""
    if not effect.part:
        customer = lookup.customer(ledger, who)
        dossier = draft.dossier(customer)
        return dossier, _place(ledger, dossier, department), customer
    must_be_department(ledger, who)
    return draft.dossier(f"office/{who}"), who, who


def _office_part(office: Dossier, effect: Effect, data: Mapping[str, Value]) -> tuple[str, ...]:
    """The part of an office named by a field (a territory). Raises NotFound where there is none."""
    named = str(data.get(effect.of) or "")
    part = f"{effect.part}.{part_name(named)}"
    if part not in office.compartments:
        raise NotFound(_("{department} keeps nothing of {name}", department=office.id.partition("/")[2], name=named))
    return (part,)


def _place(ledger: Ledger, dossier: Dossier, department: str | None) -> str:
    """The department whose office decides."""
    dealing = sorted(dossier.assignments)
    if department is not None and department not in dealing:
        raise NotFound(
            _("{department} does not deal with this customer", department=department), where=dossier.id,
            hint=", ".join(dealing),
        )  # fmt: skip
    own = [name for name in ledger.member.departments(ledger.today) if name in dealing]
    found = department or next(iter([*own, *dealing]), None)
    if found is None:
        raise NotFound(_("No department deals with this customer"), where=dossier.id)
    return found


def _until(ledger: Ledger, kind: Kind, effect: Effect, value: object) -> date:
    if not value:
        name = kind.field(effect.until)
        raise InvalidInput(
            _("Say until when: {name}", name=label(name.label) if name else effect.until), where=kind.name,
            hint=f"--set {effect.until}=…",
        )  # fmt: skip
    until = date.fromisoformat(str(value))
    if until < ledger.today:
        raise InvalidInput(_("{day} is past", day=until), where=effect.until)
    return until


def _readers(ledger: Ledger, kind: Kind, effect: Effect, to: str) -> tuple[str, ...]:
    org = ledger.in_force.org
    if not effect.roles:
        member = org.members.get(to)
        if member is None or not member.has_access or not member.active(ledger.today):
            raise NotFound(_("There is no member {member}", member=to), hint="crmctl member list")
        return (to,)
    if to and to not in org.departments:
        raise NotFound(_("There is no department {key}", key=to), hint="crmctl department list")
    groups = [f"{to}.{role}" for role in effect.roles]
    found = tuple(name for name in groups if name in org.groups and org.group_members(name, ledger.today))
    if not found:
        raise NotFound(
            _("Nobody leads {department}", department=to or kind.name), hint=f"crmctl member list --department {to}"
        )
    return found


def _parts(ledger: Ledger, dossier: Dossier, place: str) -> tuple[str, ...]:
    """What the policy lets be granted for a time, as this dossier names it."""
    given = ledger.values().get("grant_compartments")
    names = [str(name) for name in given] if isinstance(given, list) else ["core"]
    meant = [name if name in dossier.compartments else f"{place}/{name}" for name in names]
    found = tuple(name for name in dict.fromkeys(meant) if name in dossier.compartments)
    if not found:
        raise NotFound(_("This customer has no part that could be granted"), where=dossier.id)
    return found
