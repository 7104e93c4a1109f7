"""`crmctl submit`: hand in what somebody else has to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.commands.waiting import held_up_lines
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.progress import transfer
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import department_name, member_name
from crmctl.review.own import held_up, who_may

if TYPE_CHECKING:
    from crmctl.ledger.changing.reviewing import Wanted
    from crmctl.ledger.meeting.submitting import Waiting

_SHOWN = 10


@details(
    N_(
        "Examples:\n\ncrmctl submit --dry-run   (what waits, and for whom)\n\ncrmctl submit\n\n"
        "crmctl submit --for bob   (what bob, who left, had waiting becomes yours)\n\n"
        "What needs nobody's look goes with every sync. Handing in again with nothing new does nothing."
    )
)
def submit(
    member: Annotated[
        str | None,
        typer.Option("--for", metavar=N_("MEMBER"), help=N_("Take over what this member, who left, had waiting.")),
    ] = None,
    instead: Annotated[
        bool, typer.Option("--instead", help=N_("In place of what another copy of yours handed in about the same."))
    ] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Hand in your changes that somebody has to look at."""
    from crmctl.ledger.meeting.submitting import submit as hand_in
    from crmctl.ledger.snapshot.connection import connect
    from crmctl.trust.gate import Gate

    out = Out(as_json)
    ledger = open_ledger(directory)
    if not dry_run:
        from crmctl.review.notes import close_answered

        ledger = ledger.reopened() if close_answered(ledger) else ledger
    taken: tuple[str, ...] = ()
    with transfer() as shown:
        if member:
            from crmctl.ledger.meeting.sync import sync
            from crmctl.ledger.waiting.adopting import adopt

            sync(ledger, shown, gate=Gate())
            taken = adopt(ledger.reopened(), member, dry_run=dry_run)
            ledger = ledger.reopened()
        done = hand_in(ledger, dry_run=dry_run, instead=instead, gate=Gate(), progress=shown)

    def draw() -> None:
        if member:
            names = ", ".join(taken) or "-"
            out.line(_("Taken over from {member}: {ids}", member=member_name(ledger, member), ids=names))
        out.line(_handed_in(done, dry_run=dry_run))
        known = dict(connect(ledger, ["customer"]).execute("SELECT id, name FROM customer")) if done.records else {}
        for record_id in done.records[:_SHOWN]:
            out.line(f"  {record_id}  {known.get(record_id) or _kind_name(ledger, record_id)}".rstrip())
        if len(done.records) > _SHOWN:
            out.line("  …")
        for line in waiting_lines(ledger, done.waits_for):
            out.line(line)
        for line in _besides(ledger, done):
            out.say(line)

    data = {
        "changes": done.changes, "number": done.numbers[-1] if done.numbers else None, "numbers": list(done.numbers),
        "records": list(done.records), "taken_over": list(taken), "dry_run": dry_run, "elsewhere": list(done.elsewhere),
        "waits_for": [_document(ledger, demand) for demand in done.waits_for],
    }  # fmt: skip
    out.result("submit", data, draw)


def _handed_in(done: Waiting, *, dry_run: bool) -> str:
    if not done.changes and not done.numbers:
        return _("Nothing new to hand in")
    if dry_run:
        return _("{count:change|changes} to hand in for review", count=done.changes)
    return _("Handed in for review: {count:change|changes}", count=done.changes)


def _besides(ledger: Ledger, done: Waiting) -> Iterator[str]:
    """What else there is to know: another copy's submissions, and what everything waits for."""
    for name in done.elsewhere:
        yield _("Another copy of yours handed in something else about the same: {name}. Both wait.", name=name)
        yield "  " + _("crmctl submit --instead puts this in its place; crmctl undo here leaves the other")
    yield from held_up_lines(ledger, held_up(ledger))


def _kind_name(ledger: Ledger, record_id: str) -> str:
    """`Visit` of a record's id; empty for what is no record."""
    prefix = record_id.partition("-")[0]
    return next((label(kind.label) for kind in ledger.in_force.kinds.values() if kind.prefix == prefix), "")


def waiting_lines(ledger: Ledger, demands: tuple[Wanted, ...]) -> list[str]:
    """For whom changes wait, one line an approval: `Waits for Carol to verify it (East) [REV001]`."""
    lines = []
    for demand in demands:
        places = ", ".join(department_name(ledger, department) for department in demand.departments)
        for slot in demand.slots:
            names = ", ".join(member_name(ledger, member) for member in who_may(ledger, demand, slot))
            said = _acts()[slot.act].format(names=names or _("nobody yet"))
            lines.append(f"{said} ({places}) [{demand.code}]" if places else f"{said} [{demand.code}]")
            text = label(demand.text)
            if text and slot is demand.slots[0]:
                lines.append(f"  {text}")
    return lines


def _acts() -> dict[str, str]:
    return {
        "propose": _("Waits for {names} to propose it"), "verify": _("Waits for {names} to look at it"),
        "sign": _("Waits for {names} to sign it"), "acknowledge": _("Goes to {names} for their information"),
    }  # fmt: skip


def _document(ledger: Ledger, demand: Wanted) -> dict[str, object]:
    return {
        "code": demand.code, "clause": demand.clause, "departments": list(demand.departments),
        "slots": [
            {"act": slot.act, "roles": list(slot.roles), "members": who_may(ledger, demand, slot)}
            for slot in demand.slots
        ],
    }  # fmt: skip
