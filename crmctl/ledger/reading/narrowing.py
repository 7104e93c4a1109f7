"""Narrow a list down in words instead of SQL: fields of the card, classes customers are in, segments (R-GRD-14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from crmctl.errors import BadConfiguration, InvalidInput, NotFound
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.asker import Asker, reckoned_in
from crmctl.ledger.reading.duties import card_values
from crmctl.ledger.reading.segments import regions_of, segments_of
from crmctl.ledger.reading.standing import kinds_of_class, standing_of
from crmctl.ledger.snapshot.closeup import add_functions
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.condition import lies_in
from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.kinds import Kind
from crmctl.model.validate import options_of
from crmctl.policy.filing import CARD


def narrowed(
    ledger: Ledger, fields: Mapping[str, str], classes: Sequence[str] = (), segment: str | None = None
) -> str | None:
    """A condition in SQL on the `dossier` of records: customers whose card says so, in these classes and the segment.

    `fields` maps fields of the card to what is wanted; `classes` are written AXIS=GRADE. None: nothing is asked.
    Raises NotFound and InvalidInput for what is not there.
    """
    found: set[str] | None = None
    for chosen in (*_by_fields(ledger, fields), *_by_segment(ledger, segment), *_by_classes(ledger, classes)):
        found = chosen if found is None else found & chosen
    return None if found is None else f"dossier IN ({', '.join(_quoted(sorted(found)))})"


def _by_fields(ledger: Ledger, fields: Mapping[str, str]) -> Iterator[set[str]]:
    card = ledger.in_force.kinds[CARD]
    cards = card_values(connect(ledger, [CARD]), card, list(fields)) if fields else {}
    regions = regions_of(card)
    for name, text in fields.items():
        wanted = _value(ledger, card, name, text)
        yield {
            key for key, values in cards.items()
            if (lies_in(str(values.get(name) or ""), wanted) if name in regions else str(values.get(name)) == wanted)
        }  # fmt: skip


def _by_segment(ledger: Ledger, name: str | None) -> Iterator[set[str]]:
    if name is None:
        return
    known = {one.name: one for one in segments_of(ledger)}
    segment = known.get(name) or next((one for one in known.values() if name in one.label), None)
    if segment is None:
        near = get_close_matches(name, [*known], 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known) or _("The policy names none")
        raise NotFound(_("There is no segment {name}", name=name), hint=hint)
    card = ledger.in_force.kinds[CARD]
    cards = card_values(connect(ledger, [CARD]), card, [leaf.name for leaf in segment.conditions])
    regions = regions_of(card)
    yield {key for key, values in cards.items() if segment.has(values, regions)}


def _by_classes(ledger: Ledger, classes: Iterable[str]) -> Iterator[set[str]]:
    standing = standing_of(ledger)
    for text in classes:
        of, equals, grade = text.partition("=")
        if not equals or not grade:
            raise InvalidInput(_("Write AXIS=GRADE, not {text}", text=text), hint="--class grade=vip")
        of = _axis(ledger, of, standing.classes)
        _must_be_ready(ledger, standing.classes[of])
        connection = connect(ledger, sorted(kinds_of_class(ledger, standing, of)))
        add_functions(connection, ledger)
        rows = Asker(connection, ledger, ledger.today).ask(standing.classes[of]).rows
        wanted = _grades(ledger, of, grade)
        yield {str(row[0]) for row in rows if str(row[2]) in wanted}


def _must_be_ready(ledger: Ledger, question: str) -> None:
    """Raise BadConfiguration where a class is reckoned and no department has the values it needs."""
    from crmctl.ledger.deciding import rules_for

    for axis in reckoned_in(question):
        errors = []
        for department in ledger.in_force.org.departments:
            try:
                rules_for(ledger, department, axis)
            except BadConfiguration as error:
                errors.append(error)
        if errors and len(errors) == len(ledger.in_force.org.departments):
            raise errors[0]


def _axis(ledger: Ledger, text: str, known: Mapping[str, str]) -> str:
    from crmctl.ledger.deciding import scheme_words

    found = text if text in known else next((k for k, (names, _w) in scheme_words(ledger).items() if text in names), "")
    if found not in known:
        near = get_close_matches(text, [*known], 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known)
        raise NotFound(_("No pack tells the class {name}", name=text), hint=hint)
    return found


def _grades(ledger: Ledger, axis: str, text: str) -> set[str]:
    from crmctl.ledger.deciding import scheme_words

    words = scheme_words(ledger).get(axis, (("", ""), {}))[1]
    return {text, *(code for code, names in words.items() if text in names)}


def _value(ledger: Ledger, card: Kind, name: str, text: str) -> str:
    field = card.field(name)
    if field is None:
        raise NotFound(_("The kind has no field {name}", name=name), hint="crmctl schema show customer")
    settings = ledger.in_force.settings
    try:
        options = options_of(field, ledger.in_force.pack.vocab, settings.timezone, settings.currency)
        return str(FIELD_TYPES[field.type].parse(text, options))
    except FieldProblem as problem:
        finding = problem.finding(card.name, name)
        raise InvalidInput(_("{name}: {text} does not fit", name=name, text=text), findings=[finding]) from problem


def _quoted(words: Iterable[str]) -> Iterator[str]:
    yield from ("'" + word.replace("'", "''") + "'" for word in words)
