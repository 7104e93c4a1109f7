"""The columns of a kind's own sheet: their headings both ways, and how a value stands in a cell.

A heading is a field's label in the user's language (`联系人 1.姓名`); when reading, the name
(`contacts.0.name`) and either language's label mean the same column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crmctl.i18n import _, label
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.kinds import Field, Kind
from crmctl.model.score_sheet import is_sheet
from crmctl.model.sensitive import unmarked
from crmctl.model.values import Value

Path = tuple[str, ...]
Vocab = Mapping[str, Mapping[str, tuple[str, str]]]

ID, REV, CUSTOMER, CUSTOMER_NAME = "id", "rev", "customer", "customer_name"
DEPARTMENT, OWNER, STATE = "department", "owner", "state"
OUTER: dict[str, tuple[str, str]] = {
    ID: ("编号", "Id"), REV: ("版本", "Version"), CUSTOMER: ("客户编号", "Customer id"),
    CUSTOMER_NAME: ("客户", "Customer"), DEPARTMENT: ("部门", "Department"), OWNER: ("负责人", "Owner"),
    STATE: ("状态", "State"),
}  # fmt: skip
_NUMBERS = frozenset({"int", "money", "quantity", "score"})
_EXACT_DIGITS = 15
_EXCEL_BEGINS = 1900
_NUMBERED = re.compile(r"(.+?)\s*([1-9][0-9]{0,2})")
_MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the path of its field (`contacts`, `0`, `name`), the field, its heading."""

    path: Path
    field: Field
    heading: str


def outer_columns(kind: Kind) -> list[str]:
    """The columns before the fields: what the record is, and where it belongs."""
    where = {"core": [DEPARTMENT, OWNER], "office": [DEPARTMENT], "assignment": [CUSTOMER, CUSTOMER_NAME, DEPARTMENT]}
    return [ID, REV, *where[kind.scope], *([STATE] if kind.states else [])]


def field_columns(
    kind: Kind, records: Iterable[Mapping[str, Value]], withheld: Collection[str] = ()
) -> list[Column]:  # fmt: skip
    """The columns of a kind's fields; a list has as many as the longest of `records` needs, at least one.

    Fields of a `withheld` class have none.
    """
    longest: dict[str, int] = {}
    for data in records:
        for field in kind.fields:
            value = data.get(field.name)
            if field.type == "list" and isinstance(value, list):
                longest[field.name] = max(longest.get(field.name, 1), len(value))
    fields = unmarked(kind.fields, withheld)
    return [column for field in fields for column in _columns(field, (), "", longest)]


def _columns(field: Field, path: Path, before: str, longest: Mapping[str, int]) -> Iterator[Column]:
    here, heading = (*path, field.name), before + label(field.label)
    if field.type == "list":
        for number in range(longest.get(field.name, 1)):
            for inner in field.fields:
                yield from _columns(inner, (*here, str(number)), f"{heading} {number + 1}.", {})
    elif field.type == "group":
        for inner in field.fields:
            yield from _columns(inner, here, f"{heading}.", {})
    elif field.type in FIELD_TYPES and field.type != "file" and not is_sheet(field):
        yield Column(here, field, heading)


def path_of(kind: Kind, heading: str) -> Path | None:
    """The field's path that a heading names, by name or label; None when it names none or several."""
    return _resolve(kind.fields, [part.strip() for part in heading.split(".")])


def field_at(kind: Kind, path: Path) -> Field | None:
    """The field at a path; codes' systems and lists' numbers are steps too."""
    fields: tuple[Field, ...] = kind.fields
    found: Field | None = None
    for step in path:
        if found is not None and (found.type == "codes" or step.isdigit()):
            continue
        found = next((field for field in fields if field.name == step), None)
        if found is None:
            return None
        fields = found.fields
    return found


def _resolve(fields: tuple[Field, ...], parts: list[str]) -> Path | None:
    head, rest = parts[0], parts[1:]
    field, number = _called(fields, head), None
    if field is None and (match := _NUMBERED.fullmatch(head)):
        field, number = _called(fields, match[1]), int(match[2]) - 1
    if field is None or (number is not None and field.type != "list"):
        return None
    path: Path = (field.name,)
    if field.type == "list":
        if number is None and rest and rest[0].isdigit():
            number, rest = int(rest[0]), rest[1:]
        path = (*path, str(number))
    if field.type == "codes" and len(rest) == 1:
        return (*path, rest[0].lower())
    if bool(rest) != bool(field.fields) or "None" in path or (number or 0) >= _MOST_ITEMS:
        return None
    inner = _resolve(field.fields, rest) if rest else ()
    return None if inner is None else (*path, *inner)


def _called(fields: tuple[Field, ...], word: str) -> Field | None:
    folded = word.casefold()
    named = [field for field in fields if field.name == folded]
    found = named or [field for field in fields if folded in {text.casefold() for text in field.label}]
    return found[0] if len(found) == 1 else None


def at(data: Mapping[str, Value], path: Path) -> Value:
    """The value at a path; None where there is none."""
    value: Value = dict(data)
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def in_cell(field: Field, value: Value, vocab: Vocab) -> object:
    """A value as a cell shows it: numbers and dates typed where a sheet keeps them exactly, else text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(str(_one(field, item, vocab)) for item in value)
    return _one(field, value, vocab)


def _one(field: Field, value: Value, vocab: Vocab) -> object:
    text = str(value)
    if field.type == "bool":
        text = _("yes") if value is True else _("no")
    elif field.type == "choice":
        text = choice_label(text, vocab.get(str(field.options.get("of", "")), {}))
    elif field.type == "codes" and isinstance(value, dict):
        text = "; ".join(f"{system}:{code}" for system, code in value.items())
    elif field.type == "percent":
        text = f"{text}%"
    elif field.type == "date" and int(text[:4]) > _EXCEL_BEGINS:
        return date.fromisoformat(text)
    elif field.type in _NUMBERS and sum(sign.isdigit() for sign in text) <= _EXACT_DIGITS:
        return Decimal(text)
    return text


def choice_label(code: str, words: Mapping[str, tuple[str, str]]) -> str:
    """A choice's label, or its code where several choices are called the same."""
    shown = label(words.get(code, code))
    return shown if sum(label(pair) == shown for pair in words.values()) <= 1 else code


def same_in_cell(cell: object, shown: object) -> bool:
    """Whether a cell still holds what was written into it."""
    if isinstance(cell, str) and isinstance(shown, Decimal):
        return cell.strip() == format(shown, "f")
    return _plain(cell) == _plain(shown)


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, (int, float, Decimal)):
        number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        return format(number.normalize() + 0, "f")
    if isinstance(cell, date):
        return cell.isoformat().removesuffix("T00:00:00")
    return str(cell).replace("\r\n", "\n").strip()
