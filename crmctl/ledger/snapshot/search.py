"""Find text in everything the member can open: names first, then every text field of every kind."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.names import KIND, initials, names
from crmctl.ledger.snapshot.tables import ENVELOPE, shape_of
from crmctl.model.kinds import Field, Kind

_AROUND = 16
_LONGEST = 200
_TO_WIDE = 0xFEE0  # from an ASCII character to its full-width form
_PHONE = re.compile(r"[+\d][\d\s().-]{3,}")
_INITIALS = re.compile(r"[a-z]{2,12}")
_OUTER = frozenset(name for name, _affinity in ENVELOPE)
_NO_TEXT = frozenset({"ref", "member", "choice", "date", "instant", "period", "file", "bool"})


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the text was found: the field's dotted name (`id` for the id itself) and the words around it."""

    id: str
    kind: str
    dossier: str
    field: str
    excerpt: str


def find(ledger: Ledger, text: str, kind: str | None = None, limit: int = 0) -> list[Hit]:
    """Every record that holds `text`, customers first, then by kind; one hit a record.

    Letters are compared without case and width, digits of a phone number without blanks and
    hyphens; letters alone also as the pinyin initials of names.
    """
    needle = folded(text)[:_LONGEST]
    if not needle:
        return []
    kinds = ledger.in_force.kinds
    wanted = [kinds[kind]] if kind else sorted(kinds.values(), key=lambda k: k.name != KIND)
    connection = connect(ledger, [k.name for k in wanted])
    found: list[Hit] = []
    for one in wanted:
        hits = list(_in_kind(connection, one, needle))
        if one.name == KIND and all(hit.field == "id" for hit in hits) and _INITIALS.fullmatch(needle):
            known = {hit.id for hit in hits}
            hits += [hit for hit in _by_initials(ledger, connection, one, needle) if hit.id not in known]
        found += hits
        if limit and len(found) >= limit:
            return found[:limit]
    return found


def folded(text: str) -> str:
    """Text for comparison: full-width letters and digits narrowed, case folded, the ends trimmed."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _in_kind(connection: Connection, kind: Kind, needle: str) -> Iterator[Hit]:
    columns = list(_columns(kind))
    digits = _digits(needle)
    sought = {f"p{number}": f"%{pattern}%" for number, pattern in enumerate(_patterns(needle))}
    likes = [f"\"{name}\" LIKE :{key} ESCAPE '\\'" for name in ("id", *(c for c, _f, _d in columns)) for key in sought]
    if digits:
        likes += [f"replace(\"{name}\", ' ', '') LIKE :digits" for name, field, _d in columns if _has_phone(field)]
    wanted = ", ".join(f'"{name}"' for name, _field, _dotted in columns) or "NULL"
    sql = f'SELECT id, dossier, {wanted} FROM "{kind.table}" WHERE {" OR ".join(likes)} ORDER BY id'
    for record_id, dossier, *cells in connection.execute(sql, {**sought, "digits": f"%{digits}%"}):
        if needle in folded(record_id):
            yield Hit(record_id, kind.name, dossier, "id", record_id)
            continue
        for (_name, field, dotted), cell in zip(columns, cells, strict=False):
            hit = _where(field, dotted, cell, needle, digits) if cell else None
            if hit:
                yield Hit(record_id, kind.name, dossier, *hit)
                break


def _patterns(needle: str) -> list[str]:
    """What SQL looks for, before the words are compared properly: narrow, wide, and as JSON writes it.

    SQL folds the case of ASCII letters only: the longest run without other cased letters is taken, and a wide letter
    looked for in each case. Beside a sign that is neither narrow nor wide, any sign may stand for what is.
    """
    run = max(re.split(r"[^\x00-\x7f\u2e80-\U0003ffff]", needle), key=len)
    forms = dict.fromkeys([run, json.dumps(run, ensure_ascii=False)[1:-1]])
    sought = ["".join(f"\\{c}" if c in "%_\\" else c for c in form) for form in forms]
    if not run.isascii():
        return list(dict.fromkeys([*sought, "".join("_" if "!" <= c <= "~" else c for c in run)]))
    return list(dict.fromkeys([*sought, *(_widened(form) for form in (run, run.upper(), run.title()))]))


def _widened(text: str) -> str:
    return "".join(chr(ord(c) + _TO_WIDE) if "!" <= c <= "~" else c for c in text)


def _where(field: Field, dotted: str, cell: str, needle: str, digits: str) -> tuple[str, str] | None:
    """The field inside a cell that holds the needle, and the words around it."""
    whole = field.many or field.fields or field.type == "codes"
    for name, text in _texts(json.loads(cell), field, dotted) if whole else [(dotted, str(cell))]:
        place = folded(text).find(needle)
        if place >= 0:
            return name, _around(text, place, len(needle))
        if digits and digits in re.sub(r"[^\d+]", "", text):
            return name, text
    return None


def _texts(value: object, field: Field, dotted: str) -> Iterator[tuple[str, str]]:
    """Every text in a list or mapping of a field, with its dotted name; words of the file format are none."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, field, dotted)
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = field.inner(name)
            if inner is None or inner.type not in _NO_TEXT:
                yield from _texts(item, inner or field, f"{dotted}.{name}" if inner else dotted)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield dotted, str(value)


def _around(text: str, place: int, size: int) -> str:
    start, end = max(0, place - _AROUND), place + size + _AROUND
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _by_initials(ledger: Ledger, connection: Connection, kind: Kind, needle: str) -> Iterator[Hit]:
    """Customers whose name, or a contact's name, begins with these pinyin initials."""
    seen = set()
    for name in names(ledger).search(needle):
        seen.add(name.id)
        yield Hit(name.id, kind.name, name.id, "name", name.name)
    people = kind.field("contacts")
    if people is None or people.inner("name") is None:
        return
    for record_id, cell in connection.execute(f'SELECT id, contacts FROM "{kind.table}" WHERE contacts IS NOT NULL'):
        for person in json.loads(cell):
            called = str(person.get("name") or "")
            if record_id not in seen and called and initials(called).startswith(needle):
                seen.add(record_id)
                yield Hit(record_id, kind.name, record_id, "contacts.name", called)


def _columns(kind: Kind) -> Iterator[tuple[str, Field, str]]:
    """The text columns of a kind with their field and its dotted name."""
    known = {name for name, affinity in shape_of(kind).columns if affinity == "TEXT"} - _OUTER
    for field in kind.fields:
        for inner, column, dotted in (
            [(f, f"{field.name}_{f.name}", f"{field.name}.{f.name}") for f in field.fields]
            if field.type == "group" else [(field, field.name, field.name)]
        ):  # fmt: skip
            if column in known and (inner.type not in _NO_TEXT):
                yield column, inner, dotted


def _has_phone(field: Field) -> bool:
    return field.type == "phone" or any(inner.type == "phone" for inner in field.fields)


def _digits(needle: str) -> str:
    return re.sub(r"[^\d]", "", needle).lstrip("0") if _PHONE.fullmatch(needle) else ""
