"""What a salesperson does with records: add one, change one, move it to its next state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound, Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import HERE_AND_NOW, Draft, Kept, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import department_name, member_name
from crmctl.ledger.reading.referring import referred
from crmctl.model.changes import FieldChange, diff
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, find_row
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be entered: the kind's fields, and where it belongs.

    `customer` is what the person typed; `owner` and `department` default to the member's own.
    `not_duplicate` says why it is nobody who is in the ledger already; it is recorded as the reason.
    """

    kind: str
    values: Mapping[str, object]
    customer: str | None = None
    department: str | None = None
    owner: str | None = None
    origin: Origin = HERE_AND_NOW
    files: Mapping[str, Path] = field(default_factory=dict)
    unverified: Mapping[str, str] = field(default_factory=dict)
    not_duplicate: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of it. `commit` is None on a dry run, and main's tip when nothing had to change."""

    id: str
    kind: str
    commit: str | None
    changes: tuple[FieldChange, ...] = ()
    findings: tuple[Finding, ...] = ()


def add(ledger: Ledger, entry: Entry, *, dry_run: bool = False) -> Entered:
    """Add a record. Raises InvalidInput with every fault, NotFound, NoKey, Refused."""
    draft = Draft(ledger)
    kind = draft.kind(entry.kind)
    _known_member(ledger, entry.origin.for_member)
    kept = _new(draft, kind, entry)
    draft.findings += _late(ledger, kind, kept)
    commit = None if dry_run else draft.commit("add", kind.name)
    return Entered(kept.id, kind.name, commit, tuple(diff({}, _said(kept.record, kept.row))), tuple(draft.findings))


def update(
    ledger: Ledger, what: str, values: Mapping[str, object], origin: Origin, *, action: str = "update",
    unverified: Mapping[str, str | None] | None = None, files: Mapping[str, Path] | None = None, dry_run: bool = False,
) -> Entered:  # fmt: skip
    """Change fields of a record; None removes one. A change that changes nothing writes nothing."""
    _known_member(ledger, origin.for_member)
    found = lookup.record(ledger, what)
    draft = Draft(ledger)
    before = draft.record(found.path)
    kind = ledger.in_force.kinds[found.kind]
    values = referred(ledger, kind, values, found.dossier)
    if action == "update" and not _keeps_state(kind, before.state, values):
        raise UsageError(
            _("The state is not changed like another field"), where=found.id, hint=f"crmctl advance {found.id} STATE"
        )
    kept = draft.new_version(found.path, values, origin, found.id, unverified, found.row, files)
    if kept is None:
        return Entered(found.id, found.kind, ledger.head)
    changes = tuple(diff(_said(before, found.row), _said(kept.record, found.row)))
    if any(change.field.split(".")[0] in kind.identity for change in changes):
        from crmctl.ledger.reading import duplicates

        # two records may be there already: changing one of them is no reason to refuse
        draft.findings += duplicates.notice(ledger, kind, kept.record.data, found.id, action)
    draft.findings += _late(ledger, kind, kept)
    commit = None if dry_run else draft.commit(action, found.kind)
    return Entered(found.id, found.kind, commit, changes, tuple(draft.findings))


def advance(
    ledger: Ledger, what: str, state: str, values: Mapping[str, object], origin: Origin, *,
    department: str | None = None, files: Mapping[str, Path] | None = None, dry_run: bool = False,
) -> Entered:  # fmt: skip
    """Move a record along one of its kind's arrows; a customer's state is its assignment's stage."""
    found = lookup.record(ledger, what)
    kind = ledger.in_force.kinds[found.kind]
    if found.kind == "customer":
        return _advance_customer(ledger, found.dossier, state, values, origin, department, dry_run=dry_run)
    target = _state_named(kind.states, state, found.id)
    present = Draft(ledger).record(found.path).state or kind.first_state or ""
    if (present, target) not in kind.arrows:
        allowed = ", ".join(kind.arrows_from(present)) or "-"
        raise Refused(
            _(
                "{id} cannot go from {present} to {target}",
                id=found.id,
                present=label(kind.states[present]),
                target=label(kind.states[target]),
            ),
            where=found.id,
            rule="REC010",
            hint=_("From here it may go to: {allowed}", allowed=allowed),
        )
    values = {**values, "state": target}
    return update(ledger, found.id, values, origin, action="advance", files=files, dry_run=dry_run)


def _advance_customer(
    ledger: Ledger, dossier_id: str, state: str, values: Mapping[str, object], origin: Origin,
    department: str | None, *, dry_run: bool,
) -> Entered:  # fmt: skip
    draft = Draft(ledger)
    chosen = department or lookup.department_of(ledger, dossier_id)
    assignment = draft.dossier(dossier_id).assignments.get(chosen or "")
    if chosen is None or assignment is None:
        raise UsageError(_("Say which department: --department"), where=dossier_id)
    target = _state_named(ledger.in_force.pack.vocab.get("customer_state", {}), state, dossier_id)
    if target != assignment.state and ledger.values(chosen).get("state_needs_reason") is True and not origin.reason:
        raise InvalidInput(
            _("Say why the customer's state changes"), where=dossier_id, rule="UPD011",
            hint=f"crmctl advance {dossier_id} {state} --reason …",
        )  # fmt: skip
    card = record_path(ledger.in_force.kinds["customer"], dossier_id, "core", dossier_id)
    if values or target != assignment.state:
        said = referred(ledger, ledger.in_force.kinds["customer"], values)
        draft.new_version(card, said, origin, dossier_id, state=target)
    if target != assignment.state:
        draft.set_assignment(dossier_id, chosen, replace(assignment, state=target, since=ledger.today))
    commit = None if dry_run else draft.commit("advance", "customer")
    return Entered(dossier_id, "customer", commit, (FieldChange("state", assignment.state, target),))


def _late(ledger: Ledger, kind: Kind, kept: Kept) -> list[Finding]:
    from crmctl.ledger.changing.late_entry import entered_late

    return [] if kind.monthly else entered_late(ledger, kind, kept.record)


def _said(record: Record, row: str | None) -> Mapping[str, Value]:
    """The fields a person entered: the record's, or those of its one row."""
    return fields_of(find_row(record.data, row) or {}) if row else record.data


def _keeps_state(kind: Kind, present: str | None, values: Mapping[str, object]) -> bool:
    if not kind.states or "state" not in values:
        return True
    return values["state"] in {present, *kind.states.get(present or "", ())}


def _state_named(states: Mapping[str, tuple[str, str]], word: str, where: str) -> str:
    from difflib import get_close_matches

    named = next((state for state, text in states.items() if word == state or word in text), None)
    if named is None:
        near = get_close_matches(word, sorted(states), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(states)
        raise NotFound(_("There is no state {state}", state=word), where=where, hint=hint)
    return named


def _new(draft: Draft, kind: Kind, entry: Entry) -> Kept:
    ledger = draft.ledger
    owner = entry.owner or entry.origin.for_member or ledger.member_id
    if kind.scope == "core":
        department = entry.department or own_department(ledger, owner)
        may_own(ledger, owner, department)
        reasons = [text for text in (entry.origin.reason, entry.not_duplicate) if text]
        origin = replace(entry.origin, reason="; ".join(reasons) or None)
        from crmctl.ledger.reading import duplicates

        values = referred(ledger, kind, entry.values)
        kept = draft.new_customer(
            values, department, owner, origin, unverified=entry.unverified, checked=entry.not_duplicate
        )
        draft.findings += duplicates.notice(ledger, kind, kept.record.data, kept.id, entry.not_duplicate)
        return kept
    if kind.scope == "office":
        department = entry.department or own_department(ledger, owner)
        values = referred(ledger, kind, entry.values, f"office/{department}")
        return draft.new_record(
            kind, f"office/{department}", department, values, entry.origin, "", entry.files, entry.unverified
        )
    if not entry.customer:
        raise UsageError(_("Say which customer: --customer WHO"), hint=f"crmctl add {kind.name} --customer …")
    dossier = lookup.customer(ledger, entry.customer)
    chosen = entry.department or lookup.department_of(ledger, dossier)
    if chosen is None:
        raise UsageError(_("Several departments deal with this customer: say which with --department"), where=dossier)
    values = referred(ledger, kind, entry.values, dossier)
    return draft.new_record(kind, dossier, chosen, values, entry.origin, "", entry.files, entry.unverified)


def own_department(ledger: Ledger, member: str) -> str:
    """The first department a member works in. Raises Refused when there is none."""
    found = ledger.in_force.org.members.get(member)
    departments = found.departments(ledger.today) if found else []
    if not departments:
        raise Refused(
            _("{member} belongs to no department", member=member_name(ledger, member)), hint="--department KEY"
        )
    return departments[0]


def may_own(ledger: Ledger, owner: str, department: str) -> None:
    """Check that a member may be responsible for a customer of that department. Raises NotFound, Refused."""
    org = ledger.in_force.org
    if department not in org.departments:
        raise NotFound(_("There is no department {key}", key=department), hint="crmctl department list")
    member = org.members.get(owner)
    if member is None or department not in member.departments(ledger.today):
        name, place = member_name(ledger, owner), department_name(ledger, department)
        raise Refused(
            _("{member} has no role in {department}", member=name, department=place), rule="R-REC-16",
            hint=f"crmctl member show {owner}",
        )  # fmt: skip


def _known_member(ledger: Ledger, member: str | None) -> None:
    if member and member not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=member), hint="crmctl member list")
