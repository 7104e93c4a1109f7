"""`crmctl log` and `crmctl blame`: what changed in a record, when, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from crmctl.cli.commands.dealing_words import grant_text, move_text
from crmctl.cli.commands.reviewed import told_on
from crmctl.cli.commands.waiting import note_on
from crmctl.cli.commands.wording import change_text, field_label, field_named, moment_text, state_name, value_text
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.kinds import Kind
from crmctl.model.timeline import Assigned, Blame, Event, Granted, Step

if TYPE_CHECKING:
    from crmctl.ledger.reading.governing import Governed

Item = TypeVar("Item")
Who = Annotated[str, typer.Argument(metavar=N_("WHO|ID"), help=N_("A customer's name or id, or a record's id."))]


@details(
    N_(
        "Examples:\n\ncrmctl log 某某医院\n\ncrmctl log V-3K7Q2M9T4A --field result\n\n"
        "crmctl log 某某医院 --all        (visits, complaints, dealings and the rest as one timeline)\n\n"
        "crmctl log G-3K7Q2M9T4A --rules        (by which packs a decision was made)"
    )
)
def log(
    who: Who,
    field: Annotated[
        str | None, typer.Option("--field", metavar=N_("FIELD"), help=N_("Only changes of this field."))
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=N_("A customer's whole timeline instead of the card's changes."))
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help=N_("Say by which rules each version was decided."))] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help=N_("At most so many; 0 is all."))] = 0,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show what changed, when, by whom and why."""
    from crmctl.ledger.reading import governing, history, lookup
    from crmctl.model.timeline import steps

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    found = lookup.record(ledger, who)
    if everything:
        _timeline(ledger, found.dossier, limit, out)
        return
    kind = ledger.in_force.kinds[found.kind]
    name = field_named(kind, field) if field else None
    past = history.history(ledger, found.path, found.row)
    changed = steps(past.versions, kind, name)
    moves = history.assignments(ledger, found.dossier) if found.kind == "customer" and name in {None, "state"} else []
    rights = history.grants(ledger, found.dossier) if found.kind == "customer" and name is None else []
    stood = (
        dict(zip((v.rev for v in past.versions), governing.governed(ledger, found.path), strict=False)) if rules else {}
    )
    waits = note_on(ledger, found.path)
    said = told_on(ledger, found.path, found.id, every=True)
    # of one moment the last of these comes first: entered, put in charge, let in, approved
    dated = [(day, line, list[str]()) for day, line in said.dated]
    dated += [(item.day, _head(ledger, item), [grant_text(ledger, item.grant, given=item.given)]) for item in rights]
    dated += [(move.day, _head(ledger, move), [move_text(ledger, move)]) for move in moves]
    for step in changed:
        head, body = _step_lines(ledger, kind, step)
        behind = stood.get(step.version.rev)
        dated.append((step.version.day, head, [*body, *([_rules_text(behind)] if behind else [])]))
    dated.sort(key=lambda item: item[0], reverse=True)
    lines = [(head, body) for _day, head, body in _first(dated, limit)]

    def draw() -> None:
        if waits:
            out.say(waits)
        for head, body in lines:
            out.line(head)
            for line in body:
                out.line(f"    {line}")

    data = {
        "id": found.id, "kind": found.kind, "reviewed": not waits,
        "versions": [{**_step(step), **_ruled(stood.get(step.version.rev))} for step in _first(changed, limit)],
        "assignments": [_move(move) for move in _first(moves, limit)],
        "grants": [_right(right) for right in _first(rights, limit)], **said.document,
    }  # fmt: skip
    out.result("log", data, draw, past.findings)


@details(N_("Examples:\n\ncrmctl blame 某某医院\n\ncrmctl blame 某某医院 phone"))
def blame(
    who: Who,
    field: Annotated[
        str | None, typer.Argument(metavar=N_("FIELD"), help=N_("Only this field, by name or label."))
    ] = None,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show who gave each field its value, and when."""
    from crmctl.ledger.reading import history, lookup
    from crmctl.model.timeline import blame as origins

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    found = lookup.record(ledger, who)
    ledger.read(found.path)  # a record that does not open has no fields to show: say who can open it
    kind = ledger.in_force.kinds[found.kind]
    past = history.history(ledger, found.path, found.row)
    rows = origins(past.versions, kind, field_named(kind, field) if field else None)
    columns = [
        (_("Field"), "left"), (_("Value"), "left"), (_("By"), "left"), (_("On"), "left"), (_("Why"), "left"),
        (_("To be verified by"), "left"),
    ]  # fmt: skip
    cells = [
        (
            field_label(kind, row.field), value_text(ledger, kind, row.field, row.value), _by(ledger, row),
            row.version.day[:10], row.version.reason, row.unverified,
        )
        for row in rows
    ]  # fmt: skip
    document = {"id": found.id, "kind": found.kind, "fields": [_blamed(row) for row in rows]}
    out.result("blame", document, lambda: table(columns, cells), past.findings)  # type: ignore[arg-type]


def _head(ledger: Ledger, item: Assigned | Granted) -> str:
    return f"{moment_text(item.day)}  {member_name(ledger, item.by)}"


def _rules_text(rules: Governed) -> str:
    packs = ", ".join(name if version is None else f"{name} {version}" for name, version in rules.packs)
    if rules.policy is None:
        return _("Rules: {packs}", packs=packs or "-")
    return _("Rules: {packs}, as of {commit} of {day}", packs=packs, commit=rules.policy[:12], day=rules.since)


def _ruled(rules: Governed | None) -> dict[str, object]:
    if rules is None:
        return {}
    packs = [{"pack": name, "version": version} for name, version in rules.packs]
    return {"rules": {"commit": rules.commit, "policy": rules.policy, "since": rules.since, "packs": packs}}


def _step_lines(ledger: Ledger, kind: Kind, step: Step) -> tuple[str, list[str]]:
    version = step.version
    by = member_name(ledger, version.by)
    if version.for_:
        by = _("{by} for {member}", by=by, member=member_name(ledger, version.for_))
    head = [moment_text(version.day), by]
    if not version.opened:
        return "  ".join([*head, _("(you cannot open this version)")]), []
    head.append(_("version {rev}", rev=version.rev))
    if version.reason:
        head.append(_("why: {reason}", reason=version.reason))
    body = [change_text(ledger, kind, change) for change in step.changes]
    if step.after_gap and body:
        body.insert(0, _("(since the last version you can open)"))
    if version.known_since:
        body.append(_("Known since {day}", day=version.known_since))
    if step.own:
        body.append(_("Confirmed what had been entered in that name"))
    body += [_("{member} has not confirmed it yet", member=member_name(ledger, name)) for name in step.to_confirm]
    if step.confirmed:
        body.append(_("Confirmed unchanged") if not step.changes else _("Confirmed on {day}", day=version.confirmed_on))
    return "  ".join(head), body


def _timeline(ledger: Ledger, dossier: str, limit: int, out: Out) -> None:
    from crmctl.ledger.reading.history import card_path, history, timeline
    from crmctl.model.timeline import steps

    told = timeline(ledger, dossier)
    kind = ledger.in_force.kinds["customer"]
    card = history(ledger, card_path(ledger, dossier))
    lines = [(event.day, _event_cells(ledger, event)) for event in told.events]
    lines += [
        (move.day, (_("Assignment"), "", move_text(ledger, move), member_name(ledger, move.by)))
        for move in told.assigned
    ]
    for step in steps(card.versions, kind):
        names = ", ".join(dict.fromkeys(field_label(kind, change.field) for change in step.changes))
        said = names if step.version.opened else _("(you cannot open this version)")
        said = said or _("Confirmed unchanged")
        lines.append((step.version.day, (label(kind.label), dossier, said, member_name(ledger, step.version.by))))
    lines.sort(key=lambda line: line[0], reverse=True)

    def draw() -> None:
        columns = [(_("On"), "left"), (_("Kind"), "left"), (_("Id"), "left"), (_("What"), "left"), (_("By"), "left")]
        table(columns, [(moment_text(day), *cells) for day, cells in _first(lines, limit)])  # type: ignore[arg-type]
        for name, count in told.closed:
            word = label(ledger.in_force.kinds[name].label)
            out.say(_("{count} more of {kind} that you cannot open", count=count, kind=word))

    data = {
        "id": dossier, "events": [_event(event) for event in _first(told.events, limit)],
        "assignments": [_move(move) for move in told.assigned],
        "card": [_step(step) for step in steps(card.versions, kind)], "closed": dict(told.closed),
    }  # fmt: skip
    out.result("timeline", data, draw, card.findings)


def _event_cells(ledger: Ledger, event: Event) -> tuple[str, str, str, str]:
    kind = ledger.in_force.kinds[event.kind]
    parts = [value_text(ledger, kind, name, value) for name, value in event.title.items()]
    if event.state:
        parts.append(f"({state_name(ledger, kind, event.state)})")
    return label(kind.label), event.id, " ".join(parts), member_name(ledger, event.who)


def _by(ledger: Ledger, row: Blame) -> str:
    name = member_name(ledger, row.version.for_ or row.version.by)
    return name if row.certain else _("{name} or before", name=name)


def _blamed(row: Blame) -> dict[str, object]:
    v = row.version
    return {
        "field": row.field, "value": row.value, "by": v.by, "for": v.for_, "at": v.day, "reason": v.reason,
        "rev": v.rev, "unverified": row.unverified, "certain": row.certain,
    }  # fmt: skip


def _step(step: Step) -> dict[str, object]:
    v = step.version
    return {
        "at": v.day, "by": v.by, "for": v.for_, "opened": v.opened, "rev": v.rev, "reason": v.reason,
        "known_since": v.known_since, "confirmed": step.confirmed, "after_gap": step.after_gap,
        "to_confirm": list(step.to_confirm), "confirmed_own": step.own,
        "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in step.changes],
    }  # fmt: skip


def _move(move: Assigned) -> dict[str, object]:
    return {"at": move.day, "by": move.by, "department": move.department, "before": move.before, "after": move.after}


def _right(right: Granted) -> dict[str, object]:
    return {"at": right.day, "by": right.by, "given": right.given, "grant": right.grant}


def _event(event: Event) -> dict[str, object]:
    return {
        "day": event.day, "kind": event.kind, "id": event.id, "by": event.who, "title": dict(event.title),
        "state": event.state, "department": event.department,
    }  # fmt: skip


def _first(items: Sequence[Item], limit: int) -> Sequence[Item]:
    return items[:limit] if limit else items
