"""Typed ids such as `C-7Q2M9K4T`: a prefix that tells the kind, random characters, a check character.

The alphabet is Crockford's base 32 (no I, L, O, U): 32 characters, the elements of the finite
field GF(2^5). An id is valid when the sum of weight times character over prefix and body is
zero; every place has its own weight, a power of one primitive element. Hence, with no symbol
beyond the 32:

* any one wrong character is found, in body or prefix (a weight is never zero in a field);
* any swap of two different characters of the body, neighbours or not, is found (no two weights
  are equal), and so is any swap within the prefix;
* of all other faults one in 32 passes.
"""

from __future__ import annotations

import re
import unicodedata

from crmctl.i18n import N_
from crmctl.model.fields.problem import FieldProblem

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DOSSIER_PREFIX = "C"
DOSSIER_LENGTH = 8
RECORD_LENGTH = 10
_POLYNOMIAL = 0b101001  # x^5 + x^3 + 1, primitive: its root's powers are all 31 weights
_PREFIX_WEIGHT = 16  # exponent of the prefix's last letter; the body's last character has exponent 0
_SHIFT = 4  # added to each sum; makes the ids printed in the documentation valid
_BITS = 5
_LOOKALIKES = str.maketrans("OIL", "011")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))


def _powers() -> tuple[int, ...]:
    powers = [1]
    while len(powers) < 31:
        doubled = powers[-1] << 1
        powers.append(doubled ^ _POLYNOMIAL if doubled & 32 else doubled)
    return tuple(powers)


_POWERS = _powers()
_EXPONENTS = {element: exponent for exponent, element in enumerate(_POWERS)}


def _times(exponent: int, element: int) -> int:
    return _POWERS[(exponent + _EXPONENTS[element]) % 31] if element else 0


def _sum(prefix: str, body: str) -> int:
    total = _SHIFT
    for exponent, character in enumerate(reversed(body)):
        total ^= _times(exponent, ALPHABET.index(character))
    for exponent, letter in enumerate(reversed(prefix), _PREFIX_WEIGHT):
        total ^= _times(exponent, ord(letter) - ord("A") + 1)
    return total


def body_length(prefix: str) -> int:
    """Characters after the dash: 8 for a dossier, 10 for everything else."""
    return DOSSIER_LENGTH if prefix == DOSSIER_PREFIX else RECORD_LENGTH


def new_id(prefix: str, random: bytes, length: int | None = None) -> str:
    """An id of `length` characters after the dash (default: the prefix's own), the last its check.

    `random` must hold at least 5 bits for each of the others: 5 bytes for a dossier, 6 for a
    record. Raises ValueError for too few, or for a prefix that is not 1 to 3 capital letters.
    """
    size = body_length(prefix) if length is None else length
    if not re.fullmatch(r"[A-Z]{1,3}", prefix) or not 2 <= size <= _PREFIX_WEIGHT:
        raise ValueError("a prefix is 1 to 3 capital letters, a body 2 to 16 characters")
    if len(random) * 8 < (size - 1) * _BITS:
        raise ValueError("too few random bytes")
    number = int.from_bytes(random)
    body = "".join(ALPHABET[number >> _BITS * place & 31] for place in range(size - 1))
    return f"{prefix}-{body}{ALPHABET[_sum(prefix, body + '0')]}"


def parse_id(text: str) -> tuple[str, str]:
    """Prefix and body of an id that a person may have typed.

    Small and full-width letters, spaces, O for 0, I and L for 1 and a missing dash are forgiven; the
    length tells where the prefix ends. Raises FieldProblem for anything else and for a check
    character that does not fit.
    """
    typed = re.sub(r"\s", "", unicodedata.normalize("NFKC", text).translate(_DASHES)).upper()
    for prefix, rest in _cuts(typed):
        body = rest.translate(_LOOKALIKES)
        if len(body) == body_length(prefix) and all(character in ALPHABET for character in body):
            if _sum(prefix, body) == 0:
                return prefix, body
            raise FieldProblem(
                "FLD020",
                "The id is mistyped: its check character does not fit",
                hint=N_("Compare it, or search by name"),
            )
    raise FieldProblem("FLD020", "Not an id", hint=N_("An id looks like C-7Q2M9K4T"))


def is_id(text: str) -> bool:
    """Whether a text is a valid id."""
    try:
        parse_id(text)
    except FieldProblem:
        return False
    return True


def _cuts(typed: str) -> list[tuple[str, str]]:
    """Where the prefix may end: at the dash, else after 1, 2 or 3 letters (the length decides)."""
    if "-" in typed:
        prefix, _dash, body = typed.partition("-")
        return [(prefix, body)] if re.fullmatch(r"[A-Z]{1,3}", prefix) else []
    return [(typed[:size], typed[size:]) for size in (1, 2, 3) if re.fullmatch(r"[A-Z]+", typed[:size])]


def shard(id: str) -> str:
    """The folder an id's files lie under: the first two characters of its body, small."""
    return id.partition("-")[2][:2].lower()
