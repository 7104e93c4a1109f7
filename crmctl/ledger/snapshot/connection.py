"""The one function that gives a member's records as SQL tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence

from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.ledger.snapshot.clear import assignment_segment
from crmctl.ledger.snapshot.difference import Present, is_clear
from crmctl.ledger.snapshot.part import Part
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.segment import Segment
from crmctl.ledger.snapshot.store import connection_in_memory, loading, notes_of, part_of
from crmctl.ledger.snapshot.together import gather
from crmctl.model.dossier import Dossier

FIXED = """
CREATE TABLE member (id TEXT, name TEXT, supervisor TEXT, since TEXT, until TEXT);
CREATE TABLE role (member TEXT, role TEXT, department TEXT, since TEXT, until TEXT);
CREATE TABLE department (id TEXT, zh TEXT, en TEXT, until TEXT);
CREATE TABLE assignment (
    dossier TEXT, department TEXT, owner TEXT, team TEXT, keeper TEXT, state TEXT, since TEXT,
    PRIMARY KEY (dossier, department)
) WITHOUT ROWID;
CREATE TABLE coverage (kind TEXT, department TEXT, compartment TEXT, existing INTEGER, opened INTEGER);
CREATE TABLE damaged (kind TEXT, path TEXT);
CREATE TABLE number (record TEXT PRIMARY KEY, series TEXT, number INTEGER);
CREATE TABLE approval (
    record TEXT, act TEXT, role TEXT, department TEXT, member TEXT, stands_for TEXT, paper TEXT, "on" TEXT, bundle TEXT
);
"""
_MERGED = "CREATE TABLE _merged (old TEXT, new TEXT)"
_BESIDE, _LARGE = 7, 200_000  # databases, and bytes from which one is worth attaching; SQLite attaches only ten


def connect(ledger: Ledger, kinds: Collection[str]) -> sqlite3.Connection:
    """An in-memory database with the tables of `kinds` and the clear ones (member, role, department, assignment).

    `coverage` counts the records that exist and those this member opened, `damaged` names those
    that are not what they must be. Nothing in it outlives the process but sealed to the member.
    """
    connection = connection_in_memory()
    present = Present(ledger)
    segments = [kind_segment(ledger.in_force, ledger.in_force.kinds[name]) for name in dict.fromkeys(kinds)]
    notes = notes_of(ledger)
    sizes = {segment.name: notes.size(f"{segment.name}.base") for segment in segments}
    large = sorted((one for one in segments if sizes[one.name] > _LARGE), key=lambda one: -sizes[one.name])[:_BESIDE]
    small = [segment for segment in segments if segment not in large]
    parts = [part_of(connection, "main", segment, present) for segment in large[:1]]
    connection.executescript(FIXED)
    connection.execute(_MERGED)
    parts += [_attached(connection, segment, present) for segment in large[1:]]
    gather(connection, small, present, notes)
    _show_sources(connection, parts)
    _fill_counts(connection, parts)
    _fill_clear(connection, ledger, present)
    _fill_numbers(connection, ledger, {segment.argument for segment in segments})
    _fold(connection, ledger, [segment.argument for segment in segments])
    connection.isolation_level = "DEFERRED"
    return connection


def _fold(connection: sqlite3.Connection, ledger: Ledger, kinds: Collection[str]) -> None:
    """What lies in merged dossiers is the kept ones'; where nobody was merged it costs one look."""
    if connection.execute("SELECT 1 FROM assignment WHERE state = 'merged' LIMIT 1").fetchone():
        from crmctl.ledger.merged import fold_merged

        fold_merged(connection, ledger, kinds)


def _attached(connection: sqlite3.Connection, segment: Segment, present: Present) -> Part:
    """The segment in a database of its own: its table is found by its name all the same."""
    connection.execute(f"ATTACH ':memory:' AS \"{segment.name}\"")
    return part_of(connection, segment.name, segment, present)


def _fill_counts(connection: sqlite3.Connection, parts: Sequence[Part]) -> None:
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?, ?)", (row for part in parts for row in part.counts())
    )
    connection.execute("INSERT INTO coverage SELECT * FROM together._counted")
    source = "_sources" if any(part.damaged for part in parts) else "together._sources_of"
    connection.execute(f"INSERT INTO damaged SELECT kind, path FROM {source} WHERE generation = 0")


def _show_sources(connection: sqlite3.Connection, parts: Iterable[Part]) -> None:
    """The view `_sources`: kind, path and generation of every record there is (None: does not open, 0: damaged)."""
    views = ["SELECT kind, path, generation FROM together._sources_of"]
    views += [f"SELECT '{part.segment.argument}', path, generation FROM \"{part.schema}\"._source" for part in parts]
    connection.execute(f"CREATE TEMP VIEW _sources AS {' UNION ALL '.join(views)}")


def _fill_clear(connection: sqlite3.Connection, ledger: Ledger, present: Present) -> None:
    with loading(connection, assignment_segment(), present) as part:
        connection.execute(f"INSERT INTO assignment SELECT * FROM {part.schema}.assignment")
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


def _fill_numbers(connection: sqlite3.Connection, ledger: Ledger, kinds: Collection[str]) -> None:
    """The registration numbers of these kinds' records."""
    series = {ledger.in_force.kinds[name].number for name in kinds} - {None}
    if series:
        from crmctl.ledger.given_numbers import numbers_at

        given = [number for one in sorted(filter(None, series)) for number in numbers_at(ledger.repo, ledger.head, one)]
        rows = [(number.record, number.series, number.number) for number in given]
        connection.executemany("INSERT OR IGNORE INTO number VALUES (?, ?, ?)", rows)


def all_dossiers(ledger: Ledger, tops: Collection[str] = ("customers",)) -> Iterator[Dossier]:
    """Every customer's dossier at the ledger's commit; with `tops` those of the offices too."""
    files = (file for top in tops for file in ledger.repo.walk(ledger.head, top))
    found = {path: oid for path, oid in files if is_clear(path)}
    contents = dict(ledger.repo.read_blobs(sorted(set(found.values()))))
    for path, oid in found.items():
        yield parse_dossier(contents[oid], path)


def _iso(day: object) -> str | None:
    return str(day) if day else None
