"""The small tables of a connection, gathered in one database and kept as one note.

A policy has some eighty kinds, and most tables are small: to open, check and unseal each on its own costs more than
all that is in them. The note is of one state of the ledger and one set of tables, both named in its name; when
either differs, every table is brought up to date by itself and the note is made anew.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.difference import Present
from crmctl.ledger.snapshot.part import FORMAT
from crmctl.ledger.snapshot.segment import Segment
from crmctl.ledger.snapshot.store import loading

SCHEMA = "together"
_MANY = 8  # fewer are read one by one
_PREFIX = "together-"
_TABLES = """
CREATE TABLE together._sources_of (kind TEXT, path TEXT, generation INTEGER);
CREATE TABLE together._counted (kind TEXT, department TEXT, compartment TEXT, existing INTEGER, opened INTEGER);
"""


def gather(connection: sqlite3.Connection, segments: Sequence[Segment], present: Present, notes: Notes) -> None:
    """Attach `together` with the tables of `segments`, their files (`_sources_of`) and their counts (`_counted`)."""
    connection.execute(f"ATTACH ':memory:' AS {SCHEMA}")
    segments = sorted(segments, key=lambda one: one.name)
    state = _hashed(repr(present.basis))
    name = f"{_PREFIX}{state}-{_hashed(repr([(FORMAT, one.name, one.shape, one.columns) for one in segments]))}"
    kept = notes.read(f"{name}.base") if len(segments) >= _MANY else None
    if kept is not None:
        connection.deserialize(kept, name=SCHEMA)
        return
    connection.executescript(_TABLES)
    for segment in segments:
        _copied(connection, segment, present)
    forget(notes, present)
    if len(segments) >= _MANY:
        notes.write(f"{name}.base", connection.serialize(name=SCHEMA))


def forget(notes: Notes, present: Present) -> None:
    """Let go of what was kept of other states: it may hold what is to be read no more."""
    state = f"{_PREFIX}{_hashed(repr(present.basis))}-"
    for name in notes.names():
        if name.startswith(_PREFIX) and not name.startswith(state):
            notes.drop(name)


def _copied(connection: sqlite3.Connection, segment: Segment, present: Present) -> None:
    with loading(connection, segment, present) as part:
        table, own = segment.table, (segment.argument,)
        connection.execute(segment.create(SCHEMA))
        connection.execute(f'INSERT INTO {SCHEMA}."{table}" SELECT * FROM {part.schema}."{table}"')
        source = f"SELECT ?, path, generation FROM {part.schema}._source"
        connection.execute(f"INSERT INTO {SCHEMA}._sources_of {source}", own)
        connection.executemany(f"INSERT INTO {SCHEMA}._counted VALUES (?, ?, ?, ?, ?)", part.counts())


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
