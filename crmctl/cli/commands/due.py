"""`crmctl due`: what is due, for oneself or one's team."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer

from crmctl.cli.commands.waiting import summary
from crmctl.cli.commands.wording import customer_name, field_label
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.due import Agenda
from crmctl.ledger.reading.lookup import record
from crmctl.ledger.reading.people import member_name
from crmctl.model.dossier import is_office
from crmctl.model.duration import parse_duration
from crmctl.review.own import waiting
from crmctl.rules.calendar import Step
from crmctl.rules.due_parts import Due
from crmctl.rules.pausing import Pause, day_of

_WHY = {
    "workday": N_("working day"), "weekend": N_("weekend"), "holiday": N_("public holiday"),
    "make-up": N_("worked in exchange for a holiday"), "company off": N_("day off of the company"),
    "company work": N_("working day of the company"), "paused": N_("stood still"),
}  # fmt: skip

_SPANS = {
    "same day": N_("the same day"), "day": N_("{count:calendar day|calendar days}"),
    "working day": N_("{count:working day|working days}"),
    "month": N_("{count:month|months}"), "year": N_("{count:year|years}"), "minute": N_("{count:minute|minutes}"),
    "hour": N_("{count:hour|hours}"), "working minute": N_("{count:working minute|working minutes}"),
    "working hour": N_("{count:working hour|working hours}"), "day of next month": N_("day {count} of next month"),
}  # fmt: skip


@details(
    N_(
        "Examples:\n\ncrmctl due\n\ncrmctl due --late\n\ncrmctl due --team        (for who leads a department)\n\n"
        "What is due when is the policy's: crmctl why CODE"
    )
)
def due(
    team: Annotated[bool, typer.Option("--team", help=N_("All of the departments and people you lead."))] = False,
    member: Annotated[
        str | None, typer.Option("--member", metavar=N_("MEMBER"), help=N_("This member's, as far as you can see it."))
    ] = None,
    late: Annotated[bool, typer.Option("--late", help=N_("Only what is late."))] = False,
    done_late: Annotated[
        bool, typer.Option("--done-late", help=N_("Also what was done too late in the last 31 days."))
    ] = False,
    trace: Annotated[bool, typer.Option("--trace", help=N_("Show how each day was counted."))] = False,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show what is due, the latest first."""
    from crmctl.ledger.reading.due import agenda, own, team_of
    from crmctl.rules.due_parts import Whose

    out = Out(as_json)
    if team and member:
        raise UsageError(_("Take --team or --member, not both"), hint="crmctl due --team")
    ledger = open_ledger(directory)
    if member is not None and member not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=member), hint="crmctl member list")
    whose = Whose(frozenset({member})) if member else team_of(ledger) if team else own(ledger)
    found = agenda(ledger, whose, as_of, done_late=done_late or as_json)
    items = [item for item in found.items if item.late or not late]

    def draw() -> None:
        _draw(ledger, found, items, trace=trace)
        if done_late and found.done_late:
            out.line("")
            out.line(_("Done too late:"))
            _draw(ledger, found, found.done_late, trace=trace)
        _sum_up(out, items)
        for line in summary(ledger, mine):
            out.say(line)

    mine = waiting(ledger)
    data = {
        "waiting": asdict(mine),
        "as_of": as_of or ledger.today, "items": [_document(item, found) for item in items],
        "done_late": [_document(item, found) for item in found.done_late],
    }  # fmt: skip
    out.result("due", data, draw, found.findings)


def _draw(ledger: Ledger, found: Agenda, items: Sequence[Due], *, trace: bool) -> None:
    columns = [
        (_("Due"), "left"), (_("Late"), "right"), (_("Customer"), "left"), (_("What"), "left"), (_("Id"), "left"),
        (_("Who"), "left"),
    ]  # fmt: skip
    rows = []
    for item in items:
        name = _concerned(ledger, found, item)
        who = ", ".join(member_name(ledger, member) for member in item.who)
        rows.append((day_text(item), late_text(item), name, what_text(ledger, item), item.id or item.code, who))
        if trace:
            rows += [("", "", "", line, "", "") for line in trace_lines(item)]
    if rows:
        table(columns, rows)  # type: ignore[arg-type]


def _concerned(ledger: Ledger, found: Agenda, item: Due) -> str:
    """The customer's name; for an office's record the customers it names, else the department."""
    about = item.id.partition(" ")[0]  # a clock's own question may add whom it is for, or ask about no record at all
    if is_office(item.dossier) and about.startswith(f"{ledger.in_force.kinds[item.kind].prefix}-"):
        values = ledger.read(record(ledger, about).path).data.values()
        ids = [one for value in values for one in (value if isinstance(value, list) else [value])]
        named = [found.names[one] for one in ids if isinstance(one, str) and one in found.names]
        if named:
            return ", ".join(dict.fromkeys(named))
    return customer_name(ledger, found.names, item.dossier)


def _sum_up(out: Out, items: Sequence[Due]) -> None:
    late = sum(item.late for item in items)
    out.say(_("{count} due, {late} of them late", count=len(items), late=late) if items else _("Nothing is due"))


def day_text(item: Due) -> str:
    """The day it is due, with the hour where one is set; since when for what has no end or stands still."""
    if item.paused is not None:
        return _("paused since {day}", day=day_of(item.paused.since))
    if item.due is None:
        return _("open since {day}", day=item.since)
    return item.moment.strftime("%Y-%m-%d %H:%M") if item.moment else item.due.isoformat()


def late_text(item: Due) -> str:
    """How many days late, `today` on the day, nothing before."""
    if not item.late:
        return ""
    return _("{days} d", days=item.late_days) if item.late_days else _("today")


def what_text(ledger: Ledger, item: Due) -> str:
    """What it is about; for a field in doubt also which."""
    said = f"{label(item.text)}: {item.told}" if item.told else label(item.text)
    if item.passed_from:
        names = ", ".join(member_name(ledger, member) for member in item.passed_from)
        said = _("{text} (late, passed on from {names})", text=said, names=names)
    if item.paused is not None:
        said = _("{text} ({pause})", text=said, pause=_waited_for(item.paused))
    return f"{said}: {field_label(ledger.in_force.kinds[item.kind], item.field)}" if item.field else said


def trace_lines(item: Due) -> list[str]:
    """How the day was counted: the rule, the start, each day passed, the end."""
    begun = _("{code}: from {day}", code=item.code, day=item.since)
    lines = [f"{begun}, {span_text(item.within)}" if item.within else begun]
    lines += [f"  {step.day}  {_(_WHY[step.why])}  {_passed(step)}".rstrip() for step in item.steps]
    lines += [_pause_text(pause) for pause in item.pauses]
    if item.done:
        lines.append(_("done on {day}", day=item.done))
    return lines


def _passed(step: Step) -> str:
    """How much has passed after a day; half a day where a pause begins or ends on it."""
    return f"{step.count or ''}{'½' if step.half else ''}"


def _pause_text(pause: Pause) -> str:
    since, until, what = _point(pause.since), pause.until, _waited_for(pause)
    if until is None:
        return _("stands still since {since}: {what}", since=since, what=what)
    return _("stood still from {since} to {until}: {what}", since=since, until=_point(until), what=what)


def _point(point: date) -> str:
    return point.strftime("%Y-%m-%d %H:%M") if isinstance(point, datetime) else point.isoformat()


def _waited_for(pause: Pause) -> str:
    return f"{label(pause.text)}: {pause.told}" if pause.told else label(pause.text)


def span_text(within: str) -> str:
    """`2 working days` in the user's language."""
    span = parse_duration(within)
    return _(_SPANS[span.unit], count=span.count) if span.count else _("the same day")


def _document(item: Due, found: Agenda) -> dict[str, object]:
    return {
        "code": item.code, "text": list(item.text), "kind": item.kind, "id": item.id or None, "dossier": item.dossier,
        "customer": found.names.get(item.dossier), "department": item.department,
        "field": item.field or None, "told": item.told or None,
        "since": item.since, "due": item.due, "at": item.moment, "late": item.late, "late_days": item.late_days,
        "done": item.done, "who": item.who, "turned": item.turned, "passed_from": item.passed_from,
        "within": item.within or None,
        "trace": [_step(step) for step in item.steps],
        "pauses": [_pause(pause) for pause in item.pauses], "paused": _pause(item.paused) if item.paused else None,
    }  # fmt: skip


def _pause(pause: Pause) -> dict[str, object]:
    return {"since": pause.since, "until": pause.until, "text": list(pause.text), "told": pause.told or None}


def _step(step: Step) -> dict[str, object]:
    return {"day": step.day, "why": step.why, "count": step.count, "half": step.half}


def read_day(text: str | None, today: date) -> date:
    """`today`, `tomorrow`, `yesterday` or a date. Raises UsageError."""
    from datetime import timedelta

    words = {"today": 0, "tomorrow": 1, "yesterday": -1, "今天": 0, "明天": 1, "昨天": -1}
    if text is None or text in words:
        return today + timedelta(days=words[text] if text else 0)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(_("{value} is not a date like 2026-11-22", value=text)) from error
