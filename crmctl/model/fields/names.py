"""Field types that name something: `member`, `department`, `ref`, `codes`. Whether it exists is asked elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from crmctl.i18n import N_
from crmctl.model import ids
from crmctl.model.fields.characters import clean_line, folded
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

_NAME = r"[a-z][a-z0-9_-]{0,31}"
_NAME_PATTERN = re.compile(_NAME)
_CODE_LIMIT = 64
_ENTRY_BREAK = re.compile(r"[,，;；\n]")
_COLON = re.compile(r"[:：]")


def _read_name(raw: object, _options: Options) -> str:
    name = folded(raw).lower()
    if not _NAME_PATTERN.fullmatch(name):
        raise FieldProblem(
            "FLD020", "Not a short name", hint=N_("A letter, then letters, digits, _ or -, at most 32: east, wang-wei")
        )
    return name


def _read_ref(raw: object, _options: Options) -> str:
    return "-".join(ids.parse_id(folded(raw)))


def _read_codes(raw: object, _options: Options) -> Value:
    found: dict[str, Value] = {}
    for system, code in _entries(raw):
        key = _system(system)
        try:
            clean = clean_line(code, _CODE_LIMIT)
        except FieldProblem as problem:
            raise problem.inside(key) from None
        if found.setdefault(key, clean) != clean:
            raise FieldProblem("FLD021", "Two codes for one system", path=key)
    if not found:
        raise FieldProblem("FLD001", "Nothing is filled in")
    return dict(sorted(found.items()))


def _system(raw: object) -> str:
    name = folded(raw).lower()
    if not _NAME_PATTERN.fullmatch(name):
        raise FieldProblem(
            "FLD021", "The name of the system is not a short name", hint=N_("Write it like erp:00123, k3:9")
        )
    return name


def _entries(raw: object) -> Iterator[tuple[object, object]]:
    if isinstance(raw, Mapping):
        yield from raw.items()
        return
    if not isinstance(raw, str):
        raise FieldProblem("FLD021", "Each code needs the name of its system", hint=N_("Write it like erp:00123, k3:9"))
    for entry in _ENTRY_BREAK.split(raw):
        parts = _COLON.split(entry, maxsplit=1)
        if len(parts) == 2:
            yield parts[0], parts[1]
        elif entry.strip():
            raise FieldProblem(
                "FLD021", "Each code needs the name of its system", hint=N_("Write it like erp:00123, k3:9")
            )


def as_json(value: Value, _options: Options) -> str:
    """A list or mapping as one canonical JSON text, for SQL's json functions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _name_schema(_options: Options) -> JsonSchema:
    return {"type": "string", "pattern": f"^{_NAME}$"}


def _ref_schema(_options: Options) -> JsonSchema:
    return {"type": "string", "pattern": f"^[A-Z]{{1,3}}-[{ids.ALPHABET}]{{8,10}}$"}


def _codes_schema(_options: Options) -> JsonSchema:
    code = {"type": "string", "minLength": 1, "maxLength": _CODE_LIMIT}
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{_NAME}$"},
        "additionalProperties": code,
        "minProperties": 1,
    }


MEMBER = FieldType("member", "TEXT", "alice", _read_name, _name_schema)
DEPARTMENT = FieldType("department", "TEXT", "east", _read_name, _name_schema)
REF = FieldType("ref", "TEXT", "V-3K7Q2M9T4A", _read_ref, _ref_schema)
CODES = FieldType("codes", "TEXT", "erp:00123, k3:9", _read_codes, _codes_schema, as_json)
