"""Amounts of money: Decimal outside, whole minor units (分, cents) in SQL and in sums."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal, TypeAlias

Rounding: TypeAlias = Literal["half_up", "half_even"]

_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
# Wide enough that no product of two amounts is rounded before the one rounding asked for.
_WIDE = Context(prec=80)

# ISO 4217, active codes by their number of minor digits.
_TWO_DIGITS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = {
    code: digits for digits, codes in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS)) for code in codes.split()
}


def minor_digits(currency: str) -> int:
    """How many decimals amounts in `currency` (ISO 4217 code) have. Raises KeyError for an unknown code."""
    return _DIGITS[currency]


def amount_text(amount: Decimal, currency: str) -> str:
    """The canonical text: exactly the currency's decimals, `1234.50`. Raises ValueError if more are needed."""
    return from_minor(to_minor(amount, currency), currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units of `amount`. Raises ValueError if it has a smaller part."""
    scaled = amount.scaleb(minor_digits(currency), _WIDE)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"more decimals than {currency} has")
    return whole


def from_minor(units: int, currency: str) -> str:
    """The canonical text of so many minor units."""
    digits = minor_digits(currency)
    return format(Decimal(units).scaleb(-digits, _WIDE), f".{digits}f") if digits else str(units)


def rounded(amount: Decimal, currency: str, rounding: Rounding = "half_up") -> Decimal:
    """`amount` at the currency's smallest unit; `half_up` is what invoices use (四舍五入)."""
    unit = Decimal(1).scaleb(-minor_digits(currency))
    return amount.quantize(unit, _MODES[rounding], _WIDE)


def line_total(price: Decimal, quantity: Decimal, currency: str, rounding: Rounding = "half_up") -> Decimal:
    """Price times quantity of one invoice line, rounded once, at the end."""
    return rounded(_WIDE.multiply(price, quantity), currency, rounding)
