"""Read `FIELD=VALUE` pairs, `--from` files and dotted names into the fields of a record."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound, UsageError
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value


def values_of(
    kind: Kind, pairs: Sequence[str], source: str | None, present: Mapping[str, Value] | None = None
) -> dict[str, object]:
    """The fields given on the command line: those of `--from` first, `--set` over them.

    `name=` with nothing after it removes the field (None). `contacts.0.phone=…` reaches inside; what
    the record holds there (`present`) stays beside it. Raises UsageError.
    """
    values = _from_source(kind, source) if source else {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(_("Write FIELD=VALUE, not {text}", text=pair), hint=f"--set {pair}=…")
        _put(kind, values, name.strip().split("."), text, present or {})
    return values


def files_of(kind: Kind, values: dict[str, object]) -> dict[str, Path]:
    """Take the file fields out of `values`: field name → the file to attach."""
    files = {}
    for field in kind.fields:
        text = values.get(field.name)
        if field.type == "file" and isinstance(text, str) and text:
            files[field.name] = Path(text)
            del values[field.name]
    return files


def _from_source(kind: Kind, source: str) -> dict[str, object]:
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise NotFound(
            _("The file cannot be read"), where=source, hint=_("Check its name, and that you may read it")
        ) from error
    raw = load(content, source)
    if not isinstance(raw, dict):
        raise InvalidInput(
            _("The file is not a list of FIELD: VALUE"), where=source, hint=_("Write one field a line, like topic: …")
        )
    data = raw.get("data", raw)
    given = data if isinstance(data, dict) else raw
    return {_named(kind.fields, word): value for word, value in given.items()}


def _put(kind: Kind, values: dict[str, object], path: list[str], text: str, present: Mapping[str, Value]) -> None:
    field = _labelled(kind.fields, path[0])
    name = field.name if field else path[0]
    if len(path) > 1:
        many = field is not None and field.many
        if values.get(name) is None:
            # a list is replaced as a whole, so it starts from what is there; a group is merged by the draft
            values[name] = deepcopy(present.get(name) or []) if many else {}
        values[name] = _inside(values[name], path[1:], text, field, ".".join(path))
    elif text == "":
        values[name] = None
    elif field and field.many and field.type != "list":
        values[name] = [part.strip() for part in re.split("[,，、]", text) if part.strip()]
    else:
        values[name] = text


def _inside(inner: object, path: list[str], text: str, field: Field | None, whole: str) -> object:
    head, rest = path[0], path[1:]
    if isinstance(inner, list):
        return _entry(inner, head, rest, text, field, whole)
    found = _labelled(field.fields, head) if field else None
    name = found.name if found else head
    mapping: dict[str, object] = inner if isinstance(inner, dict) else {}
    start: object = mapping.get(name)
    if rest and start is None:
        start = [] if found and found.many else {}
    mapping[name] = _inside(start, rest, text, found, whole) if rest else (text if text != "" else None)
    return mapping


def _entry(inner: list[object], head: str, rest: list[str], text: str, field: Field | None, whole: str) -> object:
    """One entry of a list: changed, put after the last, or (`contacts.1=`) taken out."""
    number = int(head) if re.fullmatch("[0-9]{1,6}", head) else -1
    if not 0 <= number <= len(inner):
        raise UsageError(
            _("{path}: the entries are numbered 0, 1, 2 …; the next is {next}", path=whole, next=len(inner)),
            hint=f"--set {whole.split('.', maxsplit=1)[0]}.{len(inner)}.…",
        )
    if not rest and text == "":
        return inner[:number] + inner[number + 1 :]
    if number == len(inner):
        inner.append({} if rest else text)
    inner[number] = _inside(inner[number], rest, text, field, whole) if rest else text
    return inner


def _named(fields: Sequence[Field], word: str) -> str:
    found = _labelled(fields, word)
    return found.name if found else word


def _labelled(fields: Sequence[Field], word: str) -> Field | None:
    return next((field for field in fields if field.name == word or word in field.label), None)
