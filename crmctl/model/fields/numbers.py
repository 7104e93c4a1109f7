"""Field types `int`, `quantity`, `percent`, `score`, and the reading of typed numbers.

Decimals are canonical text: no exponent, no plus, no trailing zeros. In SQL such a column has
INTEGER affinity, so that `score >= 85` compares numbers; its companion `<field>_e6` holds the
exact value in millionths, for sums.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded, without_sheet_traces
from crmctl.model.fields.field_type import (
    Companion,
    FieldType,
    JsonSchema,
    Options,
    SqlValue,
    bad_option,
    count_option,
)
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*(千|万亿|万|亿)?")
_SCALES = {"千": 3, "万": 4, "亿": 8, "万亿": 12}
_DIGITS_KEPT = 28  # the precision of Python's decimal context: beyond it arithmetic would round
_LIMIT = Decimal(10) ** 12
_LARGEST = 2**63 - 1
_PLACES = 6
_DECIMAL_TEXT = r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
_DECIMAL_OPTIONS = frozenset({"min", "max", "digits"})


def read_decimal(text: str) -> Decimal:
    """A half-width typed number: `1,234.5`, `-3`, `1.2万`. Raises FieldProblem."""
    match = _NUMBER.fullmatch(without_sheet_traces(text.strip()))
    if match is None:
        raise FieldProblem("FLD005", "Not a number", hint=N_("Write it like 1234.5 or 1,234.5"))
    sign, whole, fraction, scale = match.groups()
    digits = whole.replace(",", "") + (fraction or "")
    if len(digits) > _DIGITS_KEPT:
        raise FieldProblem("FLD006", "The number has too many digits")
    return Decimal(sign + digits).scaleb(_SCALES.get(scale or "", 0))


def plain(value: Decimal) -> str:
    """The canonical text of a decimal. A zero has no sign."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def places_of(value: Decimal) -> int:
    """How many decimal places the canonical text of `value` has."""
    return len(plain(value).partition(".")[2])


def limited(value: Decimal, options: Options, low: Decimal | None, high: Decimal | None) -> Decimal:
    """`value`, if it lies between options `min` and `max` (else `low` and `high`). Raises FieldProblem."""
    low, high = _bound(options, "min", low), _bound(options, "max", high)
    if low is not None and value < low:
        raise FieldProblem("FLD006", "At least {min}", min=plain(low))
    if high is not None and value > high:
        raise FieldProblem("FLD006", "At most {max}", max=plain(high))
    return value


def _bound(options: Options, name: str, default: Decimal | None) -> Decimal | None:
    if name not in options:
        return default
    try:
        return Decimal(str(options[name]))
    except InvalidOperation:
        raise bad_option(name) from None


def _read_int(raw: object, options: Options) -> int:
    value = read_decimal(folded(raw))
    if places_of(value):
        raise FieldProblem("FLD007", "A whole number is needed")
    return int(limited(value, options, Decimal(-_LARGEST), Decimal(_LARGEST)))


def _read_quantity(raw: object, options: Options) -> str:
    return _decimal(folded(raw), options, None, None)


def _read_percent(raw: object, options: Options) -> str:
    text = folded(raw)
    if options.get("excel") is True and not isinstance(raw, str) and 0 < abs(read_decimal(text)) <= 1:
        raise FieldProblem(
            "FLD006",
            "A share or a percentage? The sheet does not say",
            hint=N_("Format the column as text and write it with the sign: 15%"),
        )
    return _decimal(text.removesuffix("%"), options, None, None)


def _read_score(raw: object, options: Options) -> str:
    return _decimal(folded(raw), options, Decimal(0), Decimal(100))


def _decimal(text: str, options: Options, low: Decimal | None, high: Decimal | None) -> str:
    value = limited(read_decimal(text), options, low, high)
    places = min(count_option(options, "digits", _PLACES), _PLACES)
    if places_of(value) > places:
        raise FieldProblem("FLD007", "At most {places} decimal places", places=places)
    if abs(value) >= _LIMIT:
        raise FieldProblem("FLD006", "The number has too many digits")
    return plain(value)


def _number_for_sql(value: Value, _options: Options) -> SqlValue:
    # The column's affinity turns `85.5` into a number; a STRICT table would refuse the text.
    text = str(value)
    return text if "." in text else int(text)


def _millionths(value: Value, _options: Options) -> int:
    return int(Decimal(str(value)).scaleb(_PLACES))


def _int_schema(options: Options) -> JsonSchema:
    limits = {"min": "minimum", "max": "maximum"}
    return {"type": "integer", **{word: options[name] for name, word in limits.items() if name in options}}


def _decimal_schema(_options: Options) -> JsonSchema:
    return {"type": "string", "pattern": _DECIMAL_TEXT}


_EXACT = (Companion("_e6", "INTEGER", _millionths),)

INT = FieldType("int", "INTEGER", "120", _read_int, _int_schema, options=frozenset({"min", "max"}))
QUANTITY = FieldType(
    "quantity", "INTEGER", "12.5", _read_quantity, _decimal_schema, _number_for_sql, _EXACT, _DECIMAL_OPTIONS
)
PERCENT = FieldType(
    "percent", "INTEGER", "15%", _read_percent, _decimal_schema, _number_for_sql, _EXACT, _DECIMAL_OPTIONS | {"excel"}
)
SCORE = FieldType("score", "INTEGER", "85.5", _read_score, _decimal_schema, _number_for_sql, _EXACT, _DECIMAL_OPTIONS)
