"""Field type `money`: decimal text with the currency's minor digits; whole minor units in SQL."""

from __future__ import annotations

from decimal import Decimal

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options, bad_option, text_option
from crmctl.model.fields.numbers import limited, places_of, read_decimal
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.money import amount_text, minor_digits, to_minor
from crmctl.model.values import Value

# Longer signs first: `US$` must not leave `US` behind.
_SIGNS = {
    "CNY": ("人民币", "RMB", "元整", "元", "圆", "¥"),
    "USD": ("US$", "美元", "$"),
    "EUR": ("欧元", "€"),
    "GBP": ("英镑", "£"),
    "JPY": ("日元", "円", "¥"),
    "HKD": ("HK$", "港元", "港币"),
}
_LARGEST_MINOR = 2**63 - 1


def _read(raw: object, options: Options) -> str:
    currency = _currency(options)
    text = _without_sign(folded(raw).upper().replace(" ", ""), currency)
    amount = limited(read_decimal(text), options, None, None)
    digits = minor_digits(currency)
    if places_of(amount) > digits:
        raise FieldProblem(
            "FLD007", "Amounts in {currency} have at most {places} decimal places", currency=currency, places=digits
        )
    if abs(to_minor(amount, currency)) > _LARGEST_MINOR:
        raise FieldProblem("FLD006", "The number has too many digits")
    return amount_text(amount, currency)


def _currency(options: Options) -> str:
    currency = text_option(options, "currency", "CNY")
    try:
        minor_digits(currency)
    except KeyError:
        raise bad_option("currency") from None
    return currency


def _without_sign(text: str, currency: str) -> str:
    minus = text.startswith("-")
    body = text.removeprefix("-")
    own = (currency, *_SIGNS.get(currency, ()))
    body = next((body.removeprefix(sign) for sign in own if body.startswith(sign)), body)
    body = next((body.removesuffix(sign) for sign in own if body.endswith(sign)), body)
    foreign = {sign for code, signs in _SIGNS.items() for sign in (code, *signs)}
    if any(sign in body for sign in foreign):
        raise FieldProblem(
            "FLD005",
            "This field holds amounts in {currency}",
            hint=N_("Convert the amount; a currency cannot be mixed in one field"),
            currency=currency,
        )
    return f"-{body}" if minus else body


def _minor(value: Value, options: Options) -> int:
    return to_minor(Decimal(str(value)), _currency(options))


def _schema(options: Options) -> JsonSchema:
    digits = minor_digits(_currency(options))
    fraction = rf"\.[0-9]{{{digits}}}" if digits else ""
    return {"type": "string", "pattern": rf"^-?(0|[1-9][0-9]*){fraction}$"}


MONEY = FieldType("money", "INTEGER", "1234.50", _read, _schema, _minor, options=frozenset({"min", "max", "currency"}))
