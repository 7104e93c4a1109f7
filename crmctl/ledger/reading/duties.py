"""What the classes of customers ask of people: a file to complete, a manager of the right role (R-GRD-05, R-GRD-16)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from crmctl.i18n import label
from crmctl.policy.clocks import Clock
from crmctl.policy.filing import CARD, RECORD, Filing, missing
from crmctl.rules.due import due_items, running
from crmctl.rules.due_parts import Due, DueRow, Surroundings

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.in_force import InForce
    from crmctl.ledger.reading.asker import Asker
    from crmctl.model.kinds import Kind
    from crmctl.policy.axis_classes import Managing
    from crmctl.policy.standing import Standing

_HELD = """
WITH standing AS ({classes})
SELECT s.id, s.department, s.class, coalesce({since}, a.since) AS since, a.owner, a.team, a.keeper
FROM standing s JOIN assignment a ON a.dossier = s.id AND a.department = s.department
WHERE a.state NOT IN (SELECT value FROM json_each(:binders))
"""
_DEALT = "SELECT dossier, department FROM assignment WHERE department = ?"
_THERE = 'SELECT DISTINCT dossier, department FROM "{table}"'


def duties_due(asker: Asker, standing: Standing, around: Surroundings) -> Iterator[Due]:
    """Files that lack something, and customers managed by somebody without the role."""
    for managing in standing.managing:
        yield from _unmanaged(asker, standing, managing, around)
    for filing in standing.filings:
        if running(filing.clock, around.settings):
            yield from _incomplete(asker, standing, filing, around)


def kinds_of_duties(standing: Standing, kinds: Mapping[str, Kind]) -> set[str]:
    """The kinds whose records filing looks for."""
    names = {one for filing in standing.filings for held in filing.holds.values() for one in held}
    found = {name.removeprefix(RECORD) for name in names if name.startswith(RECORD)}
    return {*found, *({CARD} if standing.filings else ())} & set(kinds)


def _unmanaged(asker: Asker, standing: Standing, managing: Managing, around: Surroundings) -> Iterator[Due]:
    managed = managing.managed
    clock = Clock(managed.code, CARD, "since", managed.text, unset="open", within="$managed_within",
                  who=managed.who, rows="-", tell="missing")  # fmt: skip
    for row in _held(asker, standing, managing.axis, managing.grade):
        able = {*around.holders.get((managed.role, str(row["department"])), ()),
                *around.holders.get((managed.role, None), ())}  # fmt: skip
        if row["owner"] not in able and not able & set(str(row["team"]).split()):
            told = label(asker.ledger.in_force.pack.vocab.get("role", {}).get(managed.role, managed.role))
            yield from due_items(clock, [_due_row(row, {"missing": told})], around)


def _incomplete(asker: Asker, standing: Standing, filing: Filing, around: Surroundings) -> Iterator[Due]:
    in_force = asker.ledger.in_force
    named = {one for held in filing.holds.values() for one in held}
    there = {name.removeprefix(RECORD): _present(asker, in_force.kinds[name.removeprefix(RECORD)])
             for name in named if name.startswith(RECORD) and name.removeprefix(RECORD) in in_force.kinds}  # fmt: skip
    card = in_force.kinds[CARD]
    fields = dict(card.walk())
    cards = card_values(asker.connection, card, [*named, *_conditions(card)])
    for row in _held(asker, standing, filing.of):
        needed = filing.holds.get(str(row["class"]), ())
        values = cards.get(str(row["id"]))
        if not needed or values is None:
            continue  # a card that does not open is said to lack nothing
        kinds = [kind for kind, held in there.items() if (row["id"], row["department"]) in held]
        lacks = missing(needed, values, fields, kinds)
        if lacks:
            yield from due_items(filing.clock, [_due_row(row, {"missing": said(in_force, lacks)})], around)


def said(in_force: InForce, names: list[str]) -> str:
    """What is missing, in the user's language: the labels of fields and kinds."""
    fields = dict(in_force.kinds[CARD].walk())
    return ", ".join(
        label(in_force.kinds[name.removeprefix(RECORD)].label) if name.startswith(RECORD) else label(fields[name].label)
        for name in names
    )


def _held(asker: Asker, standing: Standing, of: str, grade: str | None = None) -> Iterator[dict[str, object]]:
    classes = standing.classes[of].rstrip().rstrip(";")
    binders = json.dumps(sorted(asker.ledger.in_force.pack.vocab.get("binder", {})))
    since = "s.since" if " since" in classes else "NULL"
    answer = asker.ask(_HELD.format(classes=classes, since=since), binders=binders)
    for cells in answer.rows:
        row = dict(zip(answer.columns, cells, strict=True))
        if grade is None or row["class"] == grade:
            yield row


def _due_row(row: Mapping[str, object], values: Mapping[str, object]) -> DueRow:
    since = date.fromisoformat(str(row["since"])[:10])
    customer, department = str(row["id"]), str(row["department"])
    return DueRow(CARD, customer, customer, department, {"since": since, "keeper": row["keeper"], **values})


def _conditions(card: Kind) -> Iterator[str]:
    """The fields by which others apply or not."""
    for _name, field in card.walk():
        if field.when is not None:
            yield field.when.name


def card_values(connection: Connection, card: Kind, names: list[str]) -> dict[str, dict[str, object]]:
    """The wanted fields of every card that opens, by customer."""
    from crmctl.ledger.snapshot.tables import shape_of

    known = {column for column, _affinity in shape_of(card).columns}
    columns = {name: name.replace(".", "_") for name in dict.fromkeys(names) if name.replace(".", "_") in known}
    wanted = ", ".join(f'"{column}"' for column in columns.values())
    answer = connection.execute(f'SELECT id, {wanted or "NULL"} FROM "{card.table}"')  # noqa: S608 - of the kind
    return {str(cells[0]): dict(zip(columns, cells[1:], strict=False)) for cells in answer}


def _present(asker: Asker, kind: Kind) -> frozenset[tuple[object, object]]:
    """(customer, department) of those with a record of a kind, and of all whose records do not open altogether."""
    connection = asker.connection
    found = {(row[0], row[1]) for row in connection.execute(_THERE.format(table=kind.table))}
    unseen = [row[0] for row in connection.execute(
        "SELECT department FROM coverage WHERE kind = ? AND opened < existing", (kind.name,))]  # fmt: skip
    for department in unseen:
        found |= set(
            connection.execute("SELECT dossier, department FROM assignment WHERE department = ?", (department,))
        )
    return frozenset(found)
