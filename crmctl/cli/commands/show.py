"""`crmctl show WHO` and `crmctl list KIND`: look at records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from crmctl.cli.commands.reviewed import told_on
from crmctl.cli.commands.waiting import note_on
from crmctl.cli.commands.wording import spoken
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import N_, _, label
from crmctl.ledger.given_numbers import number_here
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.dossier import is_office
from crmctl.model.kinds import Field, Kind
from crmctl.model.monthly import asked_in, fields_of, find_row
from crmctl.model.record import Record
from crmctl.model.score_sheet import computed
from crmctl.model.values import Value
from crmctl.policy.card import CARD, says_beside, says_more


@details(
    N_(
        "Examples:\n\ncrmctl show 某某医院\n\n"
        "crmctl show bjdx        (pinyin initials)\n\ncrmctl show V-3K7Q2M9T4A --json"
    )
)
def show(
    who: Annotated[str, typer.Argument(metavar=N_("WHO|ID"), help=N_("A customer's name or id, or a record's id."))],
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show a customer's card or a record."""
    from crmctl.ledger.reading import lookup

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    found = lookup.record(ledger, who)
    record = ledger.read(found.path)
    if at is None and ledger.values().get("read_log"):
        from crmctl.ledger.changing.read_log import note_reading

        note_reading(ledger, record.dossier, record.compartment, found.id)
    kind = ledger.in_force.kinds[found.kind]
    row = find_row(record.data, found.row) if found.row else None
    waits = note_on(ledger, found.path)
    standing, more = _beside(ledger, kind, record) if at is None else ({}, [])
    said = told_on(ledger, found.path, found.id)
    number = number_here(ledger, found.id) if kind.number else None
    data = fields_of(row) if row else record.data
    asked = asked_in(row) if row else record.to_confirm
    data = {**data, **computed(kind, data)}
    document = {
        **{key: value for key, value in record.encode().items() if key != "data"}, "id": found.id, "data": data,
        "to_confirm": list(asked), "assignments": _assignments(ledger, found.dossier),
        "reviewed": not waits, **said.document, **standing,
        **({"number": number.number if number else None} if kind.number else {}),
    }  # fmt: skip

    def draw() -> None:
        out.line(f"{label(kind.label)} {found.id}")
        if kind.number:
            out.line("  " + (_("Number {number}", number=number.number) if number else _("No number yet")))
        for assignment in _assignments(ledger, found.dossier) if kind.scope == "core" else []:
            out.line(f"  {assignment['label']}")
        rows = [*_lines(ledger, kind, data, record.unverified), *more]
        table([(_("Field"), "left"), (_("Value"), "left")], rows)
        for _day, line in said.dated:
            out.line(line)
        if waits:
            out.say(waits)
        by = member_name(ledger, record.by)
        if record.for_:
            by = _("{by} for {member}", by=by, member=member_name(ledger, record.for_))
        out.say(_("Entered by {member} on {day}, version {rev}", member=by, day=record.at[:10], rev=record.rev))
        for name in asked:
            out.say(_("{member} has not confirmed it yet", member=member_name(ledger, name)))
            if name == ledger.member_id:
                out.say(_("Is it right? crmctl confirm {id} --unchanged", id=found.id))

    out.result("record", document, draw)


def _beside(ledger: Ledger, kind: Kind, record: Record) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """What is reckoned beside a record, as part of the document and as rows below it."""
    if kind.name == CARD:
        return _standing(ledger, record.dossier, record.data)
    if is_office(record.dossier) or kind.monthly or not says_beside(ledger.in_force.raw, kind.name):
        return {}, []
    from crmctl.cli.commands.standing_words import counter_document, counter_rows
    from crmctl.ledger.reading.card_standing import record_counters

    counters = record_counters(ledger, kind, record)
    return {"beside": counter_document(counters)}, list(counter_rows(counters))


def _standing(ledger: Ledger, dossier: str, card: dict[str, Value]) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """Where a customer stands, as part of the document and as rows below its card."""
    if not says_more(ledger.in_force.raw):  # the usual young ledger: the grading modules are not even loaded
        nothing: dict[str, object] = {"grades": [], "counters": {}, "untold": []}
        assigned = ledger.dossier(dossier).assignments
        return {"standing": [{"department": department, **nothing} for department in assigned]}, []
    from crmctl.cli.commands.standing_words import segment_rows, standing_document, standing_rows
    from crmctl.ledger.reading.card_standing import card_standing
    from crmctl.ledger.reading.segments import segments_with

    standings = card_standing(ledger, dossier)
    segments = list(segments_with(ledger, card))
    named = [{"name": one.name, "label": one.label, "measures": one.measures} for one in segments]
    rows = [*segment_rows(segments), *standing_rows(ledger, standings)]
    return {"standing": standing_document(standings), "segments": named}, rows


def _assignments(ledger: Ledger, dossier_id: str) -> list[dict[str, str | None]]:
    org = ledger.in_force.org
    states = ledger.in_force.pack.vocab.get("customer_state", {})
    return [
        {
            "department": department, "owner": a.owner, "state": a.state,
            "label": " ".join((
                label(org.departments[department].label) if department in org.departments else department,
                org.members[a.owner].name if a.owner in org.members else a.owner, label(states.get(a.state, a.state)),
            )),
        }
        for department, a in ledger.dossier(dossier_id).assignments.items()
    ]  # fmt: skip


def _lines(ledger: Ledger, kind: Kind, data: dict[str, Value], unverified: dict[str, str]) -> Iterator[tuple[str, str]]:
    if "state" in data:
        yield _("State"), label(kind.states.get(str(data["state"]), str(data["state"])))
    for field in kind.fields:
        if field.name in data:
            mark = _(" (to be verified by {day})", day=unverified[field.name]) if field.name in unverified else ""
            yield label(field.label), _said(ledger, field, data) + mark


def _said(ledger: Ledger, field: Field, data: dict[str, Value]) -> str:
    """A field of a record as a person reads it; a grade in the words of its scheme."""
    if field.options.get("scheme"):
        from crmctl.ledger.changing.schemes import spoken_in_scheme

        return spoken_in_scheme(ledger, field, data)
    return spoken(ledger, field, data[field.name])
