"""A list of one field type (`many: true`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmctl.model.fields.field_type import FieldType, JsonSchema, Options, count_option
from crmctl.model.fields.names import as_json
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

_LIMIT = 1000
_BREAKS = re.compile(r"[;；\n]")
_BREAKS_WITH_COMMAS = re.compile(r"[;；\n,，、]")
# In the others a comma may be part of one value: an address, 1,234.50, a web address.
_COMMA_PARTS = frozenset(
    {"choice", "credit_code", "date", "department", "email", "member", "period", "phone", "ref", "region"}
)
_COUNTED = frozenset({"int", "quantity", "percent", "score", "money"})


def many(item: FieldType) -> FieldType:
    """The type of lists of `item`: at least one, at most option `max_items` (1,000).

    Text is split at `;` and line breaks, where no value can hold one also at commas. A value
    that comes twice is kept once, except numbers, which count. In SQL it is a JSON array.
    """
    breaks = _BREAKS_WITH_COMMAS if item.name in _COMMA_PARTS else _BREAKS

    def read(raw: object, options: Options) -> Value:
        found: list[Value] = []
        for position, part in enumerate(_parts(raw, breaks)):
            try:
                value = item.parse(part, options)
            except FieldProblem as problem:
                raise problem.inside(str(position)) from None
            if item.name in _COUNTED or value not in found:
                found.append(value)
        most = count_option(options, "max_items", _LIMIT)
        if not found:
            raise FieldProblem("FLD001", "Nothing is filled in")
        if len(found) > most:
            raise FieldProblem("FLD004", "At most {max} entries; these are {count}", max=most, count=len(found))
        return found

    def schema(options: Options) -> JsonSchema:
        most = count_option(options, "max_items", _LIMIT)
        return {"type": "array", "items": item.json_schema(options), "minItems": 1, "maxItems": most}

    return FieldType(f"many {item.name}", "TEXT", item.example, read, schema, as_json, (), item.options | {"max_items"})


def _parts(raw: object, breaks: re.Pattern[str]) -> Sequence[object]:
    if isinstance(raw, str):
        return [part for part in breaks.split(raw) if part.strip()]
    return raw if isinstance(raw, (list, tuple)) else [raw]
