"""Changes under review in words: a line each for lists, the whole of one with every field old and new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from crmctl.cli.commands.dealing_words import grant_text, move_text
from crmctl.cli.commands.wording import field_label, moment_text, value_text
from crmctl.cli.out import finding_line
from crmctl.cli.text import pad, width
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import department_name, member_name
from crmctl.model.changes import FieldChange
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import dossier_of
from crmctl.model.record import Record

if TYPE_CHECKING:  # a card with one approval needs none of this
    from crmctl.policy.review import Slot
    from crmctl.review.approvals import Approval
    from crmctl.review.inbox import Bundle, Handed
    from crmctl.review.looking import Looked
    from crmctl.review.seen import Seen
    from crmctl.rules.slots import Given, Standing

_CLEAR = ("/dossier.yaml", "/office.yaml")
MANY = 12  # records in one change from which on counts and a sample say more
SAMPLE = 3


def act_name(act: str) -> str:
    """What an approval does: `looked at`, `signed`."""
    return {
        "propose": _("proposed"), "verify": _("looked at"), "sign": _("signed"), "acknowledge": _("taken note of"),
    }[act]  # fmt: skip


def role_name(ledger: Ledger, role: str) -> str:
    """A role's label; `head@north` with its department, `@zhou` by the member's name."""
    name, at, place = role.partition("@")
    if at and not name:
        return member_name(ledger, place)
    called = label(ledger.in_force.pack.vocab.get("role", {}).get(name, (name, name)))
    return f"{called} ({department_name(ledger, place)})" if at else called


def slot_text(ledger: Ledger, slot: Slot, departments: Sequence[str]) -> str:
    """`to be looked at: Supervisor/Head of department (East)`."""
    waits = {
        "propose": _("to be proposed by {who}"), "verify": _("to be looked at by {who}"),
        "sign": _("to be signed by {who}"), "acknowledge": _("for the information of {who}"),
    }[slot.act]  # fmt: skip
    who = "/".join(role_name(ledger, role) for role in slot.roles)
    elsewhere = all("@" in role for role in slot.roles)
    places = "" if elsewhere else ", ".join(department_name(ledger, name) for name in departments)
    return waits.format(who=f"{who} ({places})" if places else who)


def open_texts(ledger: Ledger, standings: Iterable[Standing]) -> list[str]:
    """What is still to be given, once each."""
    found = [slot_text(ledger, slot, item.wanted.departments) for item in standings for slot in item.open]
    return list(dict.fromkeys(found))


def given_text(ledger: Ledger, given: Given) -> str:
    """`looked at by Carol as Supervisor (East)`."""
    name = member_name(ledger, given.member)
    if given.stands_for:
        name = _("{by} for {member}", by=name, member=member_name(ledger, given.stands_for))
    if given.paper:
        name = _("{by}, recorded from paper for {member}", by=name, member=member_name(ledger, given.paper))
        scans = (
            [value for key, value in ledger.repo.commit(given.scan).trailers if key == "Crmctl-Record"]
            if given.scan
            else []
        )
        name += f" [{', '.join(scans)}]" if scans else ""
    if given.role.startswith("@"):  # the policy names the member, not a role
        return _("{act} by {name}", act=act_name(given.act), name=name)
    where = f" ({department_name(ledger, given.department)})" if given.department and "@" not in given.role else ""
    return (
        _("{act} by {name} as {role}", act=act_name(given.act), name=name, role=role_name(ledger, given.role)) + where
    )


def approval_text(ledger: Ledger, approval: Approval) -> str:
    """`2026-11-20 10:00  looked at by Carol as Supervisor (East)`."""
    return f"{approval.at.strftime('%Y-%m-%d %H:%M')}  {given_text(ledger, approval.given)}"


def note_text(ledger: Ledger, record: Record) -> str:
    """`2026-11-20 10:00  Carol to Alice, Returned: why; instruction`."""
    data = record.data
    kind = label(ledger.in_force.pack.vocab.get("review_decision", {}).get(str(data.get("decision")), ("", "")))
    by = member_name(ledger, str(data.get("from_member") or record.by))
    to = member_name(ledger, str(data.get("to") or ""))
    said = [str(data[name]) for name in ("reason", "instruction", "answer") if data.get(name)]
    head = f"{moment_text(record.at)}  {_('{by} to {to}', by=by, to=to)}"
    return f"{head}, {kind}: {'; '.join(dict.fromkeys(said))}"


def counts(bundle: Bundle) -> tuple[int, int]:
    """How many approvals of a bundle are given, and how many it needs."""
    filled = sum(len(item.filled) for item in bundle.open)
    return filled, filled + sum(len(item.open) for item in bundle.open)


def age_text(ledger: Ledger, since: datetime) -> str:
    """How long ago, in days."""
    days = (ledger.today - since.date()).days
    return _("{days} d", days=days) if days else _("today")


def change_head(ledger: Ledger, looked: Looked) -> str:
    """`bob/2.1  Ash Clinic  signed by Bob, 2026-11-29 04:54 (today)`."""
    change = looked.change
    authors = ", ".join(member_name(ledger, author) for author in change.authors)
    moment, age = change.since.strftime("%Y-%m-%d %H:%M"), age_text(ledger, change.since)
    signed = _("signed by {names}, {moment} ({age})", names=authors, moment=moment, age=age)
    return f"{change.name}  {title_of(ledger, looked)}  {signed}"


def title_of(ledger: Ledger, looked: Looked) -> str:
    """What a change is called by: the customer it is about, and the name or title in it, else its kind."""
    from crmctl.ledger.snapshot.names import names

    known = names(ledger)
    dossiers = [found for seen in looked.records if (found := dossier_of(seen.path)) and not is_office(found)]
    customer = next((name for name in map(known.name_of, [*looked.change.about, *dossiers]) if name), "")
    if looked.title in {looked.change.name, *looked.change.about}:
        kind = next((label(seen.kind.label) for seen in looked.records if seen.kind), "")
        return " ".join(part for part in (kind, customer or looked.title) if part)
    return looked.title if customer in looked.title else f"{customer} {looked.title}"


def change_brief(ledger: Ledger, looked: Looked) -> str:
    """`bob/2.1  Ash Clinic  Bob  Industry, Phone; Visit`: what it touches, in a line."""
    change = looked.change
    authors = ", ".join(member_name(ledger, author) for author in change.authors)
    parts = []
    for seen in looked.records:
        if seen.kind is None:
            continue
        name = label(seen.kind.label)
        fields = ", ".join(dict.fromkeys(field_label(seen.kind, item.field) for item in seen.changes))
        said = f"{name} {_('entered anew')}" if seen.is_new else f"{name} {_('removed')}" if seen.is_gone else fields
        parts.append(said or name)
    return "  ".join(
        part for part in (change.name, title_of(ledger, looked), authors, "; ".join(dict.fromkeys(parts))) if part
    )


def change_lines(ledger: Ledger, looked: Looked, *, full: bool = False) -> Iterator[str]:
    """One change as a reviewer reads it."""
    yield change_head(ledger, looked)
    for text in _standing(ledger, looked.change):
        yield f"  {text}"
    left = list(looked.findings)
    if len(looked.records) > MANY and not full:
        yield from _counted(ledger, looked)
    else:
        for seen in looked.records:
            own = [finding for finding in left if _is_about(finding, seen)]
            left = [finding for finding in left if finding not in own]
            yield from _record_lines(ledger, seen)
            yield from (f"    ! {_found_text(seen.kind, finding)}" for finding in own)
    for finding in left:
        yield f"  ! {finding_line(finding)}"


def _is_about(finding: Finding, seen: Seen) -> bool:
    return finding.where in {seen.id, seen.path, f"{seen.path}#{seen.id}"}


def _found_text(kind: Kind | None, finding: Finding) -> str:
    """A finding below the record it is about: the field by its label, what is wrong, the rule."""
    named = finding_line(replace(finding, where="", field=""))
    known = kind is not None and finding.field in dict(kind.walk())
    if kind is None or not known:
        return named
    return _("{what}: {why}", what=field_label(kind, finding.field), why=named)


def _standing(ledger: Ledger, change: Handed) -> Iterator[str]:
    if change.returned:
        yield _("It was sent back; its author has to hand it in anew")
    if change.conflict:
        yield _("It met another change; its author has to sync and hand it in anew")
    for item in change.open:
        yield from (given_text(ledger, given) for _slot, given in item.filled)
        why = f"{label(item.wanted.text)} [{item.wanted.code}]"
        for slot in item.open:
            said = slot_text(ledger, slot, item.wanted.departments)
            yield _("{what}: {why}", what=said, why=why) if label(item.wanted.text) else said


def _counted(ledger: Ledger, looked: Looked) -> Iterator[str]:
    groups: dict[str, list[Seen]] = {}
    for seen in looked.records:
        groups.setdefault(label(seen.kind.label) if seen.kind else _("Other files"), []).append(seen)
    for name, group in groups.items():
        new = sum(item.is_new for item in group)
        closed = sum(not item.opened for item in group)
        text = _("{kind}: {new} new, {changed} changed", kind=name, new=new, changed=len(group) - new)
        yield f"  {text}" + (f", {_('{count} you cannot open', count=closed)}" if closed else "")
    sample = [item for item in looked.records if item.changes][:SAMPLE]
    yield "  " + _("For example (all of them: --full):")
    for seen in sample:
        yield from _record_lines(ledger, seen)


def _record_lines(ledger: Ledger, seen: Seen) -> Iterator[str]:
    clear = seen.path.endswith(_CLEAR)
    name = _clear_name(ledger, seen.path) if clear else f"{label(seen.kind.label)} {seen.id}" if seen.kind else seen.id
    if not seen.opened and seen.due_here:
        yield f"  {name}: " + _("what you need to open it has not arrived here yet: crmctl sync")
        return
    if not seen.opened:
        yield f"  {name}: " + _("you cannot open this one; ask somebody who can, or leave it out")
        return
    word = _("entered anew") if seen.is_new and not clear else _("removed") if seen.is_gone else ""
    head = "  ".join(part for part in (name, word, _entered(ledger, seen)) if part)
    yield f"  {head}"
    if seen.kind is not None:
        yield from _field_lines(ledger, seen.kind, seen.changes)
    yield from (f"    {move_text(ledger, move)}" for move in seen.moves)
    for grant, given in seen.granted:
        yield f"    {grant_text(ledger, grant, given=given)}"
    if "destroy" in seen.allowed:
        yield "    " + _("once approved, all records of this customer may be destroyed for good")
    if seen.parts:
        yield "    " + _("a new part of it, sealed by itself")
    if clear and not (seen.is_new or seen.moves or seen.granted or seen.allowed or seen.parts):
        yield "    " + _("the same as before; only the seal is new")
    yield from (f"    {line}" for line in seen.lines)
    if seen.readers:
        yield "    " + _("Read by: {names}", names=", ".join(member_name(ledger, name) for name in seen.readers))


def _clear_name(ledger: Ledger, path: str) -> str:
    """What a file in the clear is about: who deals with a customer, or a department's own files."""
    if not path.endswith("/office.yaml"):
        return _("Who deals with it")
    return _("Files of {department}", department=department_name(ledger, path.split("/")[1]))


def _entered(ledger: Ledger, seen: Seen) -> str:
    """When it was entered, how long after it happened, by and for whom, and why."""
    if not seen.entered:
        return ""
    by = member_name(ledger, seen.by)
    if seen.on_behalf:
        by = _("{by} for {member}", by=by, member=member_name(ledger, seen.on_behalf))
    parts = [_("entered {moment} by {by}", moment=moment_text(seen.entered), by=by)]
    if seen.happened:
        days = (datetime.fromisoformat(seen.entered).date() - datetime.fromisoformat(seen.happened).date()).days
        parts += [_("{days:day|days} after {day}", days=days, day=seen.happened[:10])] if days > 0 else []
    if seen.reasons:
        parts.append(_("why: {reason}", reason="; ".join(seen.reasons)))
    return _(", ").join(parts)


def _field_lines(ledger: Ledger, kind: Kind, changes: Sequence[FieldChange]) -> Iterator[str]:
    """`Phone    010-1 → 010-2`, the values in one column however wide the characters are."""
    names = [field_label(kind, change.field) for change in changes]
    widest = min(28, max(map(width, names), default=0))
    for name, change in zip(names, changes, strict=True):
        after = value_text(ledger, kind, change.field, change.after)
        if change.before is not None:
            after = f"{value_text(ledger, kind, change.field, change.before)} → {after}"
        yield f"    {pad(name, widest)}  {after}"
