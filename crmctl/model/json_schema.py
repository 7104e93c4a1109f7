"""A kind as JSON Schema (draft 2020-12), for editors that complete and check a file of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crmctl.model.fields import FIELD_TYPES
from crmctl.model.kinds import Field, Kind
from crmctl.model.score_sheet import is_sheet, sheets
from crmctl.model.validate import options_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Vocab = Mapping[str, Mapping[str, tuple[str, str]]]
JsonSchema = dict[str, object]


def schema_of(
    kind: Kind, vocab: Vocab, required: Mapping[str, tuple[str, ...]], *, timezone: str, currency: str
) -> JsonSchema:
    """The schema of the fields of one record, canonical values as `data:` holds them.

    `required` maps a state (or `*`) to the fields the pack wants there; dotted names are looked
    at only by crmctl itself.
    """
    properties = _properties(kind.fields, vocab, timezone, currency)
    reckoned = {field.name for field in sheets(kind)}
    required = {state: tuple(name for name in names if name not in reckoned) for state, names in required.items()}
    schema: JsonSchema = {
        "$schema": DIALECT,
        "$id": f"urn:crmctl:{kind.name}:{kind.version}",
        "title": " / ".join(kind.label),
        "type": "object",
        "properties": properties,
        "required": _plain(required.get("*", ())),
        "additionalProperties": False,
    }
    if kind.states:
        properties["state"] = {
            "title": "状态 / State",
            "oneOf": [{"const": code, "title": " / ".join(text)} for code, text in kind.states.items()],
        }
        schema["allOf"] = [
            {"if": {"properties": {"state": {"const": state}}, "required": ["state"]}, "then": {"required": names}}
            for state in kind.states
            if (names := _plain(required.get(state, ())))
        ]
    return schema


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if "." not in name]


def _properties(fields: Iterable[Field], vocab: Vocab, timezone: str, currency: str) -> JsonSchema:
    return {field.name: _property(field, vocab, timezone, currency) for field in fields}


def _property(field: Field, vocab: Vocab, timezone: str, currency: str) -> JsonSchema:
    if field.fields:
        one: JsonSchema = {
            "type": "object",
            "properties": _properties(field.fields, vocab, timezone, currency),
            "additionalProperties": False,
        }
    else:
        one = FIELD_TYPES[field.type].json_schema(options_of(field, vocab, timezone, currency))
    title: JsonSchema = {"title": " / ".join(field.label), **({"readOnly": True} if is_sheet(field) else {})}
    return {**title, "type": "array", "items": one} if field.many else {**title, **one}
