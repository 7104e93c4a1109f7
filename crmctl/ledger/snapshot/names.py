"""The small segment of names and identifiers: all that `show` and `add` need to find a customer.

A customer's words are its id, name, other names, invoice name, credit code, phone and codes, folded
for comparison; its initials those of the name in pinyin. pypinyin takes 400 ms to load, so that
initials of a few new names wait until somebody asks for initials.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.difference import Entry, Present
from crmctl.ledger.snapshot.part import Part
from crmctl.ledger.snapshot.records import kind_segment, kind_shape, opened, taker
from crmctl.ledger.snapshot.segment import Made, Row, Segment
from crmctl.ledger.snapshot.store import connection_in_memory, notes_of, part_of
from crmctl.model.record import Record
from crmctl.model.values import Value

KIND = "customer"
NAMES = 2
_COLUMNS = (("id", "TEXT"), ("name", "TEXT"), ("words", "TEXT"), ("initials", "TEXT"), ("path", "TEXT"))
_WORDS = ("name", "aliases", "invoice_name", "credit_code", "phone", "codes")
_MANY = 200
_FEW = 8  # names looked for one by one, each a way through all of them; more are worth one way for all
_EDGE = "\x1f"


@dataclass(frozen=True, slots=True)
class Name:
    """A customer that the member can open."""

    id: str
    name: str
    words: tuple[str, ...]


class Names:
    """All customers the member can open, by what they are called."""

    def __init__(self, notes: Notes, part: Part) -> None:
        self._notes = notes
        self._part = part
        self._connection = part.connection
        self._asked = 0
        self._all: dict[str, str] = {}

    def __iter__(self) -> Iterator[Name]:
        return self._found("1")

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM names").fetchone()[0])

    def name_of(self, dossier: str) -> str:
        """What a customer is called; empty for one the member cannot open."""
        self._asked += 1
        if self._asked > _FEW:
            self._all = self._all or {one.id: one.name for one in self}
            return self._all.get(dossier, "")
        row = self._connection.execute("SELECT name FROM names WHERE id = ?", (dossier,)).fetchone()
        return str(row[0]) if row else ""

    def search(self, who: str) -> list[Name]:
        """Those meant by `who`: by a whole word, else the id's beginning, else a fragment, else pinyin initials."""
        needle = _folded(who)
        if not needle:
            return []
        ways = (
            ("instr(words, ?)", f"{_EDGE}{needle}{_EDGE}"),
            ("instr(words, ?) = 1", _EDGE + needle),
            ("instr(words, ?)", needle),
        )
        for condition, text in ways:
            if found := list(self._found(condition, text)):
                return found
        return self._by_initials(needle)

    def having(self, word: str) -> list[Name]:
        """Those with exactly this name, credit code, phone or code, whatever its case."""
        return list(self._found("instr(words, ?)", f"{_EDGE}{_folded(word)}{_EDGE}"))

    def _by_initials(self, needle: str) -> list[Name]:
        if not needle.isascii():
            return []
        rows = self._connection.execute("SELECT path, name FROM names WHERE initials IS NULL").fetchall()
        if rows:
            values = [(initials(name), path) for path, name in rows]
            self._connection.executemany("UPDATE names SET initials = ? WHERE path = ?", values)
            self._part.base, self._part.stale = "", True
            self._part.keep(self._notes)
        return list(self._found("instr(initials, ?) = 1", needle))

    def _found(self, condition: str, *parameters: str) -> Iterator[Name]:
        sql = f"SELECT id, name, words FROM names WHERE {condition} ORDER BY id"
        for record_id, name, words in self._connection.execute(sql, parameters):
            yield Name(record_id, name, tuple(words.strip(_EDGE).split(_EDGE)))


def names(ledger: Ledger) -> Names:
    """The names at the ledger's commit, brought up to date and kept; made once for each opened ledger."""
    if ledger not in _known:
        _known[ledger] = _names(ledger)
    return _known[ledger]


# by the opened ledger, and no longer: what is kept here does not hold on to it
_known: WeakKeyDictionary[Ledger, Names] = WeakKeyDictionary()


def _names(ledger: Ledger) -> Names:
    connection = connection_in_memory()
    notes = notes_of(ledger)
    present = Present(ledger)
    part = Part(connection, "main", names_segment(ledger.in_force))
    part.load(notes)
    if part.basis is None or present.since(part.basis) is None:
        _from_cards(connection, part, present)
    elif part.basis != present.basis:
        from crmctl.ledger.snapshot.refresh import refresh

        refresh(part, present)
    part.keep(notes)
    return Names(notes, part)


def names_segment(in_force: InForce) -> Segment:
    """The segment of names."""
    kind = in_force.kinds[KIND]
    return Segment("names", kind_shape(in_force, kind, NAMES), "names", _COLUMNS, taker(kind), name_rows)


def name_rows(ledger: Ledger, _argument: str, entries: Sequence[Entry]) -> Iterator[Made]:
    """Open each card and make its line; initials only where there are many to make."""
    at_once = len(entries) >= _MANY

    def make(path: str, record: Record) -> list[Row]:
        return [_row(path, record.id, [record.data.get(name) for name in _WORDS], at_once=at_once)]

    return opened(ledger, entries, make)


def initials(name: str) -> str:
    """The pinyin initials of a name, lower case: 北京大学 → bjdx."""
    from pypinyin import Style, lazy_pinyin

    parts = lazy_pinyin(unicodedata.normalize("NFKC", name), style=Style.FIRST_LETTER)
    return "".join(part.strip()[0] for part in parts if part.strip()[:1].isalnum()).casefold()


def _folded(text: str) -> str:
    """A word folded for comparison, its full-width letters narrowed; a number without the blanks it is written with."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return re.sub(r"[\s-]", "", folded) if re.fullmatch(r"\+?[\d\s-]+", folded) else folded


def _from_cards(connection: sqlite3.Connection, part: Part, present: Present) -> None:
    """Make all names from the segment of cards, so that a card is opened once for both."""
    connection.execute("ATTACH ':memory:' AS cards")
    kind = present.ledger.in_force.kinds[KIND]
    cards = part_of(connection, "cards", kind_segment(present.ledger.in_force, kind), present)
    held = {name for name, _affinity in cards.segment.columns}
    wanted = ", ".join(f'"{name}"' if name in held else "NULL" for name in _WORDS)
    found = connection.execute(f'SELECT path, id, {wanted} FROM cards."{kind.table}"').fetchall()
    many = len(found) >= _MANY
    rows = {path: _row(path, record_id, _opened_json(cells), at_once=many) for path, record_id, *cells in found}
    sources = cards.sources()
    part.start()
    part.change({path: Made(path, generation, [rows[path]] if path in rows else []) for path, generation in sources})
    part.basis = present.basis
    connection.execute("DETACH cards")


def _opened_json(cells: Sequence[str | None]) -> list[Value]:
    return [
        json.loads(cell) if cell and name in {"aliases", "codes"} else cell
        for name, cell in zip(_WORDS, cells, strict=True)
    ]


def _row(path: str, record_id: str, values: Sequence[Value], *, at_once: bool) -> Row:
    name = str(values[0] or "")
    words = dict.fromkeys(_folded(word) for value in (record_id, *values) for word in _flat(value))
    folded = _EDGE + _EDGE.join(words) + _EDGE
    return record_id, name, folded, initials(name) if at_once else None, path


def _flat(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield str(value).replace(_EDGE, " ").strip()
