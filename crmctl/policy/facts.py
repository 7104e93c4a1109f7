"""Facts: what a policy's conditions speak of, typed, each computed by one SQL text (DESIGN 5).

A fact that does not apply to a customer (beds of a dealer) is not an unknown one: it simply does
not hold, while an unknown one sends the customer to review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Literal

FactType = Literal["bool", "int", "money", "number", "percent", "choice", "date", "text"]
FACT_TYPES: tuple[FactType, ...] = ("bool", "int", "money", "number", "percent", "choice", "date", "text")
ORDERED: frozenset[FactType] = frozenset({"int", "money", "number", "percent", "choice", "date"})


class Absent(Enum):
    """Why a fact has no value."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


FactValue = bool | int | Decimal | str | Absent


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared fact. `order` ranks the codes of a choice, the lowest first; `labels` are their names.

    `of` is what it is computed for (assignment, dossier, department); `empty` stands in where the
    SQL gives no row (the volume of a customer who never bought is 0, not unknown).
    """

    name: str
    type: FactType
    of: str = "assignment"
    sql: str = ""
    empty: FactValue = Absent.UNKNOWN
    applies: str | None = None
    order: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def literal(self, text: str) -> FactValue:
        """A literal of a condition as a value of this fact. Raises ValueError when it is none."""
        match self.type:
            case "bool":
                return _yes_or_no(text)
            case "int":
                return int(text)
            case "money" | "number" | "percent":
                return number(text)
            case "choice":
                return self._code(text)
            case _:
                return text

    def rank(self, value: FactValue) -> Decimal | str | int:
        """What two values of this fact are compared by; whole and decimal numbers compare exactly as they are."""
        if self.type == "choice":
            return self.order[str(value)]
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value
        return str(value)

    def _code(self, text: str) -> str:
        if text in self.order:
            return text
        named = [code for code, names in self.labels.items() if text in names]
        if not named:
            raise ValueError(text)
        return named[0]


def number(text: str) -> Decimal:
    """`15%` as 0.15, `12,000` as 12000. Raises ValueError."""
    plain = text.replace(",", "").strip()
    try:
        value = Decimal(plain.removesuffix("%"))
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value / 100 if plain.endswith("%") else value


def _yes_or_no(text: str) -> bool:
    if text in {"yes", "true", "是", "1"}:
        return True
    if text in {"no", "false", "否", "0"}:
        return False
    raise ValueError(text)
