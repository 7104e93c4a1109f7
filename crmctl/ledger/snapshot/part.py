"""A segment loaded into a connection: read from its notes, brought up to date, kept again.

Two notes hold it: `<name>.base`, a serialised database, and `<name>.more`, what changed since as
rows. The second names the first, so that a torn pair is never taken for a whole one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.difference import Basis
from crmctl.ledger.snapshot.segment import DAMAGED, Made, Segment
from crmctl.model.paths import place_of

FORMAT = 1
SOURCE = "_source"
Changes = dict[str, Made | None]  # by path; None: the file is gone
Where = tuple[str, str]  # department ("" for none), compartment's short name

_MORE_AT_MOST = 200
_MORE_SHARE = 20


@dataclass
class Part:
    """One segment in schema `schema` of a connection, as of `basis` (None: nothing in it yet).

    `changes` are those since the base note. `shed`: something was taken out that must not stay on
    the disk, so that the base has to be written anew.
    """

    connection: sqlite3.Connection
    schema: str
    segment: Segment
    basis: Basis | None = None
    base: str = ""
    changes: Changes = field(default_factory=dict)
    existing: Counter[Where] = field(default_factory=Counter)
    opened: Counter[Where] = field(default_factory=Counter)
    damaged: int = 0
    shed: bool = False
    stale: bool = False

    def start(self) -> None:
        """Empty tables, whatever was there before."""
        self.connection.deserialize(_empty_database(), name=self.schema)
        self.connection.execute(self.segment.create(self.schema))
        if self.segment.sealed:
            self.connection.execute(
                f'CREATE TABLE "{self.schema}"."{SOURCE}" (path TEXT PRIMARY KEY, generation INTEGER) WITHOUT ROWID'
            )
        self.basis, self.base, self.changes, self.damaged = None, "", {}, 0
        self.existing.clear()
        self.opened.clear()

    def sources(self, folder: str = "") -> list[tuple[str, int | None]]:
        """The files below a folder and the generation that opened each."""
        found = self.connection.execute(
            f'SELECT path, generation FROM "{self.schema}"."{SOURCE}" WHERE path >= ? AND path < ?',
            (folder, folder + "\U0010ffff"),
        )
        return found.fetchall()

    def change(self, changes: Changes) -> None:
        """Put other rows in the place of those of these files."""
        if not changes:
            return
        self._apply(changes)
        self.changes.update(changes)
        self.stale = True

    def _apply(self, changes: Mapping[str, Made | None]) -> None:
        cursor, schema, segment = self.connection, self.schema, self.segment
        cursor.execute("BEGIN")
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS _gone (path TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID")
        cursor.execute("DELETE FROM temp._gone")
        cursor.executemany("INSERT INTO temp._gone VALUES (?, ?)", [(path, segment.key_of(path)) for path in changes])
        if self.basis is not None:
            cursor.execute(
                f'DELETE FROM "{schema}"."{segment.table}" WHERE "{segment.key}" IN (SELECT key FROM temp._gone)'
            )
        made = [item for item in changes.values() if item is not None]
        if segment.sealed:
            self._count(cursor.execute(
                f'SELECT path, generation FROM "{schema}"."{SOURCE}" WHERE path IN (SELECT path FROM temp._gone)'
            ), -1)  # fmt: skip
            cursor.execute(f'DELETE FROM "{schema}"."{SOURCE}" WHERE path IN (SELECT path FROM temp._gone)')
            found = [(item.path, item.generation) for item in made]
            cursor.executemany(f'INSERT INTO "{schema}"."{SOURCE}" VALUES (?, ?)', found)
            self._count(found, 1)
        cursor.executemany(segment.insert(schema), [row for item in made for row in item.rows])
        cursor.execute("COMMIT")

    def _count(self, sources: Iterable[tuple[str, int | None]], sign: int) -> None:
        for path, generation in sources:
            place = place_of(path)
            department, slash, short = place.compartment.partition("/") if place else ("", "", "")
            where = (department, short) if slash else ("", department)
            self.existing[where] += sign
            if generation:
                self.opened[where] += sign
            elif generation == DAMAGED:
                self.damaged += sign

    def counts(self) -> list[tuple[str, str, str, int, int]]:
        """Kind, department, compartment, files there are and files that opened, where there are any."""
        found = [(self.segment.argument, *where, number, self.opened[where]) for where, number in self.existing.items()]
        return sorted(row for row in found if row[3])

    # Notes

    def load(self, notes: Notes) -> None:
        """Take what an earlier run kept, or nothing."""
        try:
            if self._load_base(notes):
                self._load_more(notes)
                return
        except (sqlite3.Error, ValueError, KeyError, TypeError, IndexError):
            pass  # an older form, or cut off in a way that still opened: made anew
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self.start()

    def _load_base(self, notes: Notes) -> bool:
        content = notes.read(f"{self.segment.name}.base")
        if content is None:
            return False
        size = int.from_bytes(content[:8], "big")
        head = json.loads(bytes(content[8 : 8 + size]))
        if head["shape"] != self._shape:
            return False
        self.connection.deserialize(content[8 + size :], name=self.schema)
        self.connection.execute(f'SELECT 1 FROM "{self.schema}"."{self.segment.table}" LIMIT 1')
        self._take_head(head)
        return True

    def _load_more(self, notes: Notes) -> None:
        content = notes.read(f"{self.segment.name}.more")
        if content is None:
            return
        more = json.loads(bytes(content))
        if more["base"] != self.base:
            return
        changes: Changes = {}
        for path, *rest in more["changes"]:
            changes[path] = Made(path, rest[0], [tuple(row) for row in rest[1]]) if rest else None
        self._apply(changes)
        self.changes = changes
        self._take_head(more)

    def _take_head(self, head: Mapping[str, Any]) -> None:
        main, keyring, readers = head["basis"]
        self.basis = Basis(main, keyring, tuple(readers))
        self.base = head["base"]
        self.damaged = head["damaged"]
        self.existing = Counter({(a, b): number for a, b, number, _opened in head["counts"]})
        self.opened = Counter({(a, b): number for a, b, _existing, number in head["counts"]})

    def keep(self, notes: Notes) -> None:
        """Keep it for the next run, where that can be done just now."""
        if not self.stale or self.basis is None:
            return
        size = self.connection.execute(f'SELECT count(*) FROM "{self.schema}"."{self.segment.table}"').fetchone()[0]
        if self.shed or not self.base or len(self.changes) > max(_MORE_AT_MOST, size // _MORE_SHARE):
            self._keep_base(notes)
        else:
            changes = [[path, *((made.generation, made.rows) if made else ())] for path, made in self.changes.items()]
            more = json.dumps({**self._head(), "changes": changes}, ensure_ascii=False)
            notes.write(f"{self.segment.name}.more", more.encode("utf-8", "surrogatepass"))

    def _keep_base(self, notes: Notes) -> None:
        before, self.base = self.base, secrets.token_hex(8)
        head = json.dumps(self._head()).encode()
        database = self.connection.serialize(name=self.schema)
        if notes.write(f"{self.segment.name}.base", len(head).to_bytes(8, "big"), head, database):
            notes.drop(f"{self.segment.name}.more")
            self.changes, self.shed, self.stale = {}, False, False
            return
        self.base = before
        if self.shed:  # better no note than one that still holds what was taken away
            notes.drop(f"{self.segment.name}.more")
            notes.drop(f"{self.segment.name}.base")

    @property
    def _shape(self) -> str:
        # the columns too: another version of crmctl may keep more of a record
        columns = hashlib.sha256(repr(self.segment.columns).encode()).hexdigest()[:12]
        return f"{FORMAT} {self.segment.shape} {columns}"

    def _head(self) -> dict[str, object]:
        assert self.basis is not None
        counts = [[*where, number, self.opened[where]] for where, number in self.existing.items() if number]
        return {
            "shape": self._shape, "base": self.base, "damaged": self.damaged, "counts": counts,
            "basis": [self.basis.main, self.basis.keyring, list(self.basis.readers)],
        }  # fmt: skip


def _empty_database() -> bytes:
    """A database without tables; SQLite serialises none that was never written to.

    Each has another schema version, or SQLite would go on with the tables it knew before.
    """
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA schema_version = {1 + secrets.randbelow(2**30)}")
        return connection.serialize()
