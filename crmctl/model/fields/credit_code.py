"""Field type `credit_code`: the unified social credit code (统一社会信用代码, GB 32100-2015).

Eighteen characters; the last makes the weighted sum divisible by 31. Own check: python-stdnum
demands digits in places 1 to 8 and so rejects legal codes that begin with A, N or Y. As 31 is
prime and neighbouring weights differ, every wrong character and every swap of two different
neighbours is found.
"""

from __future__ import annotations

import re

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded, without_sheet_traces
from crmctl.model.fields.field_type import FieldType
from crmctl.model.fields.problem import FieldProblem

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_LENGTH = 18
_SEPARATORS = re.compile(r"[\s-]+")
_OLD_NUMBER = re.compile(r"[0-9]{15}|[0-9]{13}")
_ORGANISATION_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")


def credit_code_check_char(first17: str) -> str:
    """The 18th character for the first 17. Raises ValueError for another length or alphabet."""
    if len(first17) != _LENGTH - 1:
        raise ValueError("17 characters are needed")
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(_WEIGHTS, first17, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def _read(raw: object, _options: object) -> str:
    code = _SEPARATORS.sub("", without_sheet_traces(folded(raw))).upper()
    if _OLD_NUMBER.fullmatch(code):
        raise FieldProblem(
            "FLD010",
            "This is an old registration number, not a unified social credit code",
            hint=N_("The 18-character code is printed on the present business licence"),
        )
    if _ORGANISATION_CODE.fullmatch(code):
        raise FieldProblem(
            "FLD010",
            "This is an organisation code, only a part of the unified social credit code",
            hint=N_("The 18-character code is printed on the present business licence"),
        )
    if len(code) != _LENGTH:
        raise FieldProblem(
            "FLD010", "A unified social credit code has 18 characters; these are {count}", count=len(code)
        )
    if any(character not in ALPHABET for character in code):
        raise FieldProblem(
            "FLD010",
            "A unified social credit code has only digits and capital letters without I, O, S, V, Z",
            hint=N_("Is it a 1, 0, 5 or 2?"),
        )
    if credit_code_check_char(code[:-1]) != code[-1]:
        raise FieldProblem(
            "FLD011",
            "The check character does not fit: a character is wrong or two are swapped",
            hint=N_("Compare it with the business licence"),
        )
    return code


CREDIT_CODE = FieldType(
    "credit_code",
    "TEXT",
    "91110000600037341L",
    _read,
    lambda _options: {"type": "string", "pattern": f"^[{ALPHABET}]{{18}}$"},
)
