"""Read `FIELD=VALUE` pairs, `--from` files and dotted names into the fields of a record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound, UsageError
from crmctl.i18n import _
from crmctl.ledger.yamlio import load
from crmctl.model.kinds import Field, Kind


def values_of(kind: Kind, pairs: Sequence[str], source: str | None) -> dict[str, object]:
    """The fields given on the command line: those of `--from` first, `--set` over them.

    `name=` with nothing after it removes the field (None). `contacts.0.phone=…` reaches inside.
    """
    values = _from_source(source) if source else {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(_("Write FIELD=VALUE, not {text}", text=pair), hint=f"--set {pair}=…")
        _put(kind, values, name.strip().split("."), text)
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


def _from_source(source: str) -> dict[str, object]:
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=source) from error
    raw = load(content, source)
    if not isinstance(raw, dict):
        raise InvalidInput(_("The file is not a list of FIELD: VALUE"), where=source)
    data = raw.get("data", raw)
    return dict(data) if isinstance(data, dict) else dict(raw)


def _put(kind: Kind, values: dict[str, object], path: list[str], text: str) -> None:
    field = _labelled(kind.fields, path[0])
    name = field.name if field else path[0]
    if len(path) > 1:
        inner = values.setdefault(name, [] if field and field.type == "list" else {})
        values[name] = _inside(inner, path[1:], text, field)
    elif text == "":
        values[name] = None
    elif field and field.many and field.type != "list":
        values[name] = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    else:
        values[name] = text


def _inside(inner: object, path: list[str], text: str, field: Field | None) -> object:
    head, rest = path[0], path[1:]
    if isinstance(inner, list):
        number = int(head) if head.isdigit() else len(inner)
        while len(inner) <= number:
            inner.append({})
        inner[number] = _inside(inner[number], rest, text, field) if rest else text
        return inner
    found = _labelled(field.fields, head) if field else None
    name = found.name if found else head
    mapping: dict[str, object] = inner if isinstance(inner, dict) else {}
    value: object = text if text != "" else None
    mapping[name] = _inside(mapping.get(name, {}), rest, text, found) if rest else value
    return mapping


def _labelled(fields: Sequence[Field], word: str) -> Field | None:
    return next((field for field in fields if field.name == word or word in field.label), None)
