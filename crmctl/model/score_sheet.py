"""The score sheet: a field that is reckoned from the rows of a list, never entered and never stored (R-REC-29). Pure.

```yaml
fields:
  criteria: {is: list, fields: {weight: {is: percent}, score: {is: score}, …}}
  total:    {is: score, sheet: {of: criteria, weight: weight, points: score}, label: [总分, Total]}
```

The total is the sum of points times weight over the rows that have a weight; rows without one are judged in words,
or by weights of the policy's own. There is no total while a weighted row has no points, or the weights do not add up
to 100.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crmctl.i18n import N_
from crmctl.model.fields.numbers import plain
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value

_KEYS = {"of", "weight", "points"}
_HUNDRED = Decimal(100)
_CENT = Decimal("0.01")


def sheets(kind: Kind) -> Iterator[Field]:
    """The fields of a kind that are reckoned."""
    return (field for field in kind.fields if is_sheet(field))


def sheet_faults(kind: Kind) -> Iterator[tuple[str, str, list[str] | None]]:
    """What is off in `sheet: {of: LIST, weight: FIELD, points: FIELD}`: (path, name, names that would do).

    Without names the sheet is none at all, or stands at a field that is no score beside the list.
    """
    for path, item in kind.walk():
        sheet = item.options.get("sheet")
        if sheet is None:
            continue
        inside = f"fields.{path}.sheet"
        if not isinstance(sheet, dict) or set(sheet) != _KEYS or item.type != "score" or "." in path:
            yield inside, "", None
            continue
        rows = kind.field(str(sheet["of"]))
        if rows is None or rows.type != "list":
            yield f"{inside}.of", str(sheet["of"]), [one.name for one in kind.fields if one.type == "list"]
            continue
        for word, wanted in (("weight", "percent"), ("points", "score")):
            found = rows.inner(str(sheet[word]))
            if found is None or found.type != wanted:
                yield f"{inside}.{word}", str(sheet[word]), [one.name for one in rows.fields if one.type == wanted]


def is_sheet(field: Field) -> bool:
    """Whether a field is reckoned from others, so that nobody enters it."""
    return isinstance(field.options.get("sheet"), dict)


def computed(kind: Kind, data: Mapping[str, Value]) -> dict[str, Value]:
    """What the sheets of a record come to, by field; a sheet that is not complete has no entry."""
    found = {field.name: total(field, data) for field in sheets(kind)}
    return {name: value for name, value in found.items() if value is not None}


def total(field: Field, data: Mapping[str, Value]) -> str | None:
    """What one sheet comes to, as canonical text with at most two places; None while it is not complete."""
    weighted = _weighted(field, data)
    reached = [weight * points for weight, points in weighted if points is not None]
    if len(reached) < len(weighted) or sum((weight for weight, _points in weighted), Decimal(0)) != _HUNDRED:
        return None
    return plain((sum(reached, Decimal(0)) / _HUNDRED).quantize(_CENT, ROUND_HALF_UP))


def lacking(field: Field, data: Mapping[str, Value], where: str) -> Finding:
    """Why a sheet that has to be complete is not."""
    weighted = _weighted(field, data)
    weights = sum((weight for weight, _points in weighted), Decimal(0))
    args: dict[str, object] = {"label": field.label, "weights": plain(weights)}
    if not weighted:
        message = N_("{label} is reckoned: give the rows a weight and points")
    elif any(points is None for _weight, points in weighted):
        message = N_("{label} is reckoned: a row with a weight has no points yet")
    else:
        message = N_("{label} is reckoned: the weights add up to {weights}, not to 100")
    return Finding("REC013", message, "error", where, field.name, args)


def entered(field: Field, where: str) -> Finding:
    """That a reckoned field was given a value."""
    message = N_("{label} is reckoned from the rows and not entered; leave it out")
    return Finding("REC014", message, "error", where, field.name, {"label": field.label})


def _weighted(field: Field, data: Mapping[str, Value]) -> list[tuple[Decimal, Decimal | None]]:
    """(weight, points) of each row that has a weight."""
    sheet = field.options["sheet"]
    spec = sheet if isinstance(sheet, dict) else {}
    rows = data.get(str(spec.get("of")))
    inside = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    weights = [_decimal(row.get(str(spec.get("weight")))) for row in inside]
    points = [_decimal(row.get(str(spec.get("points")))) for row in inside]
    return [(weight, given) for weight, given in zip(weights, points, strict=True) if weight is not None]


def _decimal(value: Value) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None  # damaged by hand: `check` says so
