"""Load a segment, bring it up to date and keep it: the one way to any part of the snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.difference import Present
from crmctl.ledger.snapshot.part import Part
from crmctl.ledger.snapshot.segment import Segment


def notes_of(ledger: Ledger) -> Notes:
    """The member's notes in this clone; an old state of the ledger is never kept."""
    return Notes(ledger.repo, ledger.identity, keep=ledger.at is None)


def connection_in_memory() -> sqlite3.Connection:
    """A database that writes nothing to disk, not even what it sorts."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def part_of(connection: sqlite3.Connection, schema: str, segment: Segment, present: Present) -> Part:
    """The segment in a schema of the connection, as the ledger stands now."""
    notes = notes_of(present.ledger)
    part = Part(connection, schema, segment)
    part.load(notes)
    if part.basis != present.basis:
        from crmctl.ledger.snapshot.refresh import refresh

        refresh(part, present)
        part.keep(notes)
    return part


@contextmanager
def loading(connection: sqlite3.Connection, segment: Segment, present: Present) -> Iterator[Part]:
    """The segment in a schema of its own, for as long as it takes to copy it."""
    connection.execute("ATTACH ':memory:' AS loading")
    yield part_of(connection, "loading", segment, present)
    connection.execute("DETACH loading")
