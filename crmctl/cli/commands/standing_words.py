"""How a customer's grades, what they bring, and its counters stand on the card."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.cli.commands.service_words import service_document, service_lines
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.card_standing import Held, Standing
from crmctl.model.kinds import Label
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.segments import Segment


def standing_document(standings: list[Standing]) -> list[dict[str, object]]:
    """Where a customer stands, as data."""
    return [
        {
            "department": one.department,
            "grades": [
                {
                    "axis": held.axis, "grade": held.grade, "on": held.on, "product": held.product,
                    "told": not held.untold and not held.unknown,
                    "service": service_document(held.how, held.grade) if held.how and held.grade else None,
                }
                for held in one.grades
            ],
            "counters": {fact.name: _plain(value) for _text, fact, value in one.counters
                         if not isinstance(value, Absent)},
            "to_complete": [{"by": text, "fields": names} for text, names in one.lacks],
            "untold": [fact.name for _text, fact, value in one.counters if value is Absent.UNKNOWN],
        }
        for one in standings
    ]  # fmt: skip


def segment_rows(segments: list[Segment]) -> Iterator[tuple[str, str]]:
    """The segments a customer belongs to, with how they are marketed to."""
    for segment in segments:
        measures = "; ".join(label(one) for one in segment.measures)
        said = label(segment.label)
        yield _("Segment"), _("{head}: {text}", head=said, text=measures) if measures else said


def standing_rows(ledger: Ledger, standings: list[Standing]) -> Iterator[tuple[str, str]]:
    """Rows of the card's table: department and scheme, then the grade and what it brings; then the counters."""
    departments = ledger.in_force.org.departments
    for one in standings:
        known = departments.get(one.department)
        department = label(known.label) if known else one.department
        for held in one.grades:
            yield _("{department}, {name}", department=department, name=label(held.label)), _held(ledger, held)
        for text, names in one.lacks:
            said = _("To complete ({name}): {fields}", name=label(text), fields=names)
            yield _("{department}, {name}", department=department, name=_("Customer's file")), said
        for text, fact, value in one.counters:
            yield _("{department}, {name}", department=department, name=label(text)), _counter(fact, value)


def counter_document(counters: list[tuple[Label, Fact, FactValue | None]]) -> dict[str, object]:
    """What is reckoned beside a record, as data: `facts` by name, and those `untold` to who may not open all of it."""
    return {
        "facts": {fact.name: _plain(value) for _text, fact, value in counters if not isinstance(value, Absent)},
        "untold": [fact.name for _text, fact, value in counters if value is Absent.UNKNOWN],
    }


def counter_rows(counters: list[tuple[Label, Fact, FactValue | None]]) -> Iterator[tuple[str, str]]:
    """The same as rows below the record."""
    for text, fact, value in counters:
        yield _("{label} (reckoned)", label=label(text)), _counter(fact, value)


def _held(ledger: Ledger, held: Held) -> str:
    if held.unknown:
        return _("not known yet; why: crmctl grade explain WHO --axis {axis}", axis=held.axis)
    if held.grade is None:
        return _("cannot be told from what you can open") if held.untold else ""
    said = label(held.words)
    if held.product:
        said = _("{grade} for {product}", grade=said, product=held.product)
    if held.on:
        said = _("{grade}, since {day}", grade=said, day=held.on)
    brings = service_lines(ledger, held.how, held.grade) if held.how else ()
    return "\n".join([said, *brings])


def _counter(fact: Fact, value: FactValue | None) -> str:
    if value is None:
        return _("none")
    if value is Absent.NOT_APPLICABLE:
        return _("does not apply")
    if isinstance(value, Absent):
        return _("cannot be told from what you can open")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return label(fact.labels.get(str(value), str(value)))


def _plain(value: FactValue | None) -> str | int | bool | None:
    return value if value is None or isinstance(value, bool | int) else str(value)
