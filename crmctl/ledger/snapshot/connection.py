"""The one function that gives a member's records as SQL tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from crmctl.errors import NoKey
from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.ledger.snapshot.tables import SqlValue, rows_of, shape_of
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of

Row = tuple[SqlValue, ...]

_FIXED = """
CREATE TABLE member (id TEXT, name TEXT, supervisor TEXT, since TEXT, until TEXT);
CREATE TABLE role (member TEXT, role TEXT, department TEXT, since TEXT, until TEXT);
CREATE TABLE department (id TEXT, zh TEXT, en TEXT, until TEXT);
CREATE TABLE assignment (dossier TEXT, department TEXT, owner TEXT, team TEXT, keeper TEXT, state TEXT, since TEXT);
CREATE TABLE coverage (kind TEXT, department TEXT, compartment TEXT, existing INTEGER, opened INTEGER);
"""


def connect(ledger: Ledger, kinds: Collection[str]) -> sqlite3.Connection:
    """An in-memory database with the tables of `kinds` and the clear ones (member, role, department, assignment).

    `coverage` counts the records that exist and those this member opened.
    """
    connection = sqlite3.connect(":memory:")
    connection.executescript(_FIXED)
    _fill_clear(connection, ledger)
    wanted = {kind.folder if not kind.single else kind.name: kind for kind in _chosen(ledger, kinds)}
    for kind in wanted.values():
        connection.execute(shape_of(kind).create)
    _fill_records(connection, ledger, wanted)
    connection.commit()
    return connection


def _chosen(ledger: Ledger, kinds: Collection[str]) -> Iterator[Kind]:
    for name in kinds:
        yield ledger.in_force.kinds[name]


def _fill_records(connection: sqlite3.Connection, ledger: Ledger, wanted: dict[str, Kind]) -> None:
    currency = ledger.in_force.settings.currency
    counts: dict[tuple[str, str, str], list[int]] = {}
    for path, oid in ledger.record_blobs():
        place = place_of(path)
        kind = wanted.get((place.folder or place.record_id) if place else "")
        if place is None or kind is None:
            continue
        department, _, short = place.compartment.partition("/")
        count = counts.setdefault((kind.name, department if short else "", short or place.compartment), [0, 0])
        count[0] += 1
        try:
            record = ledger.read(path, oid)
        except NoKey:
            continue
        count[1] += 1
        connection.executemany(shape_of(kind).insert, list(rows_of(kind, record, path, currency)))
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?, ?)", [(*key, *count) for key, count in sorted(counts.items())]
    )


def _fill_clear(connection: sqlite3.Connection, ledger: Ledger) -> None:
    org = ledger.in_force.org
    connection.executemany(
        "INSERT INTO member VALUES (?, ?, ?, ?, ?)",
        [(m.id, m.name, m.supervisor, _iso(m.since), _iso(m.until)) for m in org.members.values()],
    )
    connection.executemany(
        "INSERT INTO role VALUES (?, ?, ?, ?, ?)",
        [
            (m.id, r.role, r.department, _iso(r.since), _iso(r.until)) for m in org.members.values() for r in m.roles
        ],
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO department VALUES (?, ?, ?, ?)",
        [(d.id, *d.label, _iso(d.until)) for d in org.departments.values()],
    )
    connection.executemany("INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?, ?)", _assignments(ledger))


def _assignments(ledger: Ledger) -> Iterator[Row]:
    for dossier in all_dossiers(ledger):
        for department, a in dossier.assignments.items():
            yield dossier.id, department, a.owner, " ".join(a.team), a.keeper, a.state, _iso(a.since)


def all_dossiers(ledger: Ledger) -> Iterator[Dossier]:
    """Every customer's dossier at the ledger's commit."""
    found = {path: oid for path, oid in ledger.repo.walk(ledger.head, "customers") if path.endswith("/dossier.yaml")}
    contents = dict(ledger.repo.read_blobs(sorted(set(found.values()))))
    for path, oid in found.items():
        yield parse_dossier(contents[oid], path)


def _iso(day: object) -> str | None:
    return str(day) if day else None
