"""A kind as JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from crmctl.ledger.disk.yamlio import load
from crmctl.model.json_schema import DIALECT, schema_of
from crmctl.model.kind_reader import compile_kind

TEXT = b"""
kind: machine
version: 3
label: [\xe8\xae\xbe\xe5\xa4\x87, Machine]
id: MA
in: assignment/sales
fields:
  serial: {is: text, max: 20}
  grade: {is: choice, of: mark}
  tags: {is: text, many: true}
  parts: {is: list, fields: {name: {is: text}}}
  box: {is: group, fields: {size: {is: int, min: 1}}}
states: {wanted: [a, Wanted], bought: [b, Bought]}
arrows: [wanted > bought]
"""


def made() -> dict[str, Any]:
    raw = load(TEXT, "machine.yaml")
    assert isinstance(raw, dict)
    kind, findings = compile_kind(raw, "machine.yaml")
    assert findings == []
    assert kind is not None
    vocab = {"mark": {"a": ("甲", "A"), "b": ("乙", "B")}}
    required = {"*": ("serial", "box.size"), "bought": ("grade",)}
    return schema_of(kind, vocab, required, timezone="Asia/Shanghai", currency="CNY")


def test_it_names_its_dialect_and_is_json() -> None:
    schema = made()
    assert schema["$schema"] == DIALECT == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:crmctl:machine:3"
    assert json.loads(json.dumps(schema)) == schema


def test_unknown_fields_are_refused_at_every_level() -> None:
    schema = made()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["parts"]["items"]["additionalProperties"] is False
    assert schema["properties"]["box"]["additionalProperties"] is False
    assert set(schema["properties"]) == {"serial", "grade", "tags", "parts", "box", "state"}


def test_choices_lists_and_groups() -> None:
    properties = made()["properties"]
    assert [item["const"] for item in properties["grade"]["oneOf"]] == ["a", "b"]
    assert properties["tags"]["type"] == "array"
    assert properties["parts"]["items"]["properties"]["name"]["type"] == "string"
    assert properties["box"]["properties"]["size"]["minimum"] == 1


def test_what_a_state_needs_is_asked_in_that_state_only() -> None:
    schema = made()
    assert schema["required"] == ["serial"]
    (rule,) = schema["allOf"]
    assert rule["if"]["properties"]["state"] == {"const": "bought"}
    assert rule["then"] == {"required": ["grade"]}
    assert [item["const"] for item in schema["properties"]["state"]["oneOf"]] == ["wanted", "bought"]
