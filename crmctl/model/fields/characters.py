"""Which characters a text may hold, and the folding of what keyboards and sheets produce.

Customer text is data: it is normalised (NFC) and trimmed, never shortened, escaped or
interpreted. What a terminal could obey or what shows other than it reads is refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from crmctl.i18n import N_
from crmctl.model.fields.problem import FieldProblem

# White space at either end that carries nothing; Python's own list would also eat U+001C to U+001F.
_EDGES = (
    " \t\n\r\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Overrides and isolates show text in another order than it has; a lone BOM comes from broken files.
_MISLEADING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LINE_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))
_SCIENTIFIC = re.compile(r"[+-]?[0-9](\.[0-9]+)?[Ee]\+?[0-9]{1,3}")
_WHOLE_FLOAT = re.compile(r"([+-]?[0-9]+)\.0+")
_EXACT_DIGITS = 15
_SHORT = 200


def text_of(raw: object) -> str:
    """What was typed, as text: numbers and dates of a sheet in plain notation.

    Raises FieldProblem for lists and mappings, for yes/no, and for numbers with more than the 15
    digits a spreadsheet keeps.
    """
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        raise FieldProblem("FLD002", "Yes or no does not belong here")
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, float):
        return _plain_number(raw)
    if isinstance(raw, datetime):
        return raw.isoformat(" ")
    if isinstance(raw, date):
        return raw.isoformat()
    raise FieldProblem("FLD002", "One single value is needed here")


def _plain_number(raw: float) -> str:
    if not math.isfinite(raw):
        raise FieldProblem("FLD005", "Not a number")
    exact = Decimal(repr(raw))
    digits = exact.normalize().as_tuple().digits
    if abs(raw) >= 10**_EXACT_DIGITS:
        raise spreadsheet_damage()
    if len(digits) > _EXACT_DIGITS:
        raise FieldProblem("FLD008", "The cell holds more digits than it shows", hint=N_("Round it in the sheet"))
    whole = exact == exact.to_integral_value()
    return str(int(exact)) if whole else format(exact, "f")


def clean_line(raw: object, limit: int) -> str:
    """One line of text: NFC, trimmed, at most `limit` characters. Raises FieldProblem."""
    text = unicodedata.normalize("NFC", text_of(raw)).strip(_EDGES)
    if any(mark in text for mark in "\n\r\x85\u2028\u2029"):
        raise FieldProblem("FLD003", "One line only", hint=N_("Put longer text into a note"))
    _check_characters(text, allowed="")
    return _checked_length(text, limit)


def clean_note(raw: object, limit: int) -> str:
    """Text of many lines: NFC, trimmed, tabs kept, every kind of line break made the plain one. Raises FieldProblem."""
    text = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text_of(raw))).strip(_EDGES)
    _check_characters(text, allowed="\n\t")
    return _checked_length(text, limit)


def _checked_length(text: str, limit: int) -> str:
    if not text:
        raise FieldProblem("FLD001", "Nothing is filled in")
    if len(text) > limit:
        raise FieldProblem("FLD004", "At most {max} characters; these are {count}", max=limit, count=len(text))
    return text


def _check_characters(text: str, allowed: str) -> None:
    for position, character in enumerate(text, 1):
        if character not in allowed and _forbidden(character):
            raise FieldProblem(
                "FLD003",
                "The character U+{point} at place {position} cannot be kept",
                hint=N_("Delete it; it was probably pasted along"),
                point=f"{ord(character):04X}",
                position=position,
            )


def _forbidden(character: str) -> bool:
    # Unassigned code points stay: they are tomorrow's letters. Noncharacters never become any.
    point = ord(character)
    noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return noncharacter or character in _MISLEADING or unicodedata.category(character) in {"Cc", "Cs"}


def folded(raw: object) -> str:
    """A short text for the types that read signs, not words: half-width (NFKC), plain dashes.

    Raises FieldProblem for what `clean_line` refuses and for signs that NFKC would turn into
    digits (①, ², ½): `12²` must not become 122.
    """
    text = clean_line(raw, _SHORT)
    for character in text:
        if unicodedata.category(character) == "No":
            raise FieldProblem("FLD005", "Write plain digits, not signs such as ① or ²")
    return clean_line(unicodedata.normalize("NFKC", text).translate(_DASHES), _SHORT * 20)


def without_sheet_traces(text: str) -> str:
    """`13800138000.0` as `13800138000`. Raises FieldProblem for `1.38E+10`, whose digits are gone."""
    if _SCIENTIFIC.fullmatch(text):
        raise spreadsheet_damage()
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole else text


def spreadsheet_damage() -> FieldProblem:
    """The digits were lost before they came here."""
    return FieldProblem(
        "FLD008",
        "Excel damaged this number: digits are lost",
        hint=N_("Format the column as text in the sheet and enter the number again"),
    )
