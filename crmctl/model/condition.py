"""A typed leaf `name op literal`, as a kind's `when:` and a pack's conditions use it (DESIGN 5).

Three-valued: a name without a value gives None (unknown), never False.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crmctl.model.values import Value

Operator = Literal["=", "!=", "<=", ">=", "<", ">", "in", "not in"]
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_LEAF = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*(not in|in|!=|<=|>=|=|<|>)\s*(.+?)\s*$")


class ConditionError(ValueError):
    """The text is no leaf; the message says what is off."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison; `literals` holds one text, or several for `in` and `not in`."""

    name: str
    operator: Operator
    literals: tuple[str, ...]

    def __str__(self) -> str:
        """The leaf as it is written in a file."""
        if self.operator in {"in", "not in"}:
            return f"{self.name} {self.operator} [{', '.join(self.literals)}]"
        return f"{self.name} {self.operator} {self.literals[0]}"

    def holds(self, values: Mapping[str, object]) -> bool | None:
        """Whether the leaf holds for `values`; None when its name has no value there."""
        value = values.get(self.name)
        if value is None:
            return None
        text = _as_text(value)
        match self.operator:
            case "=" | "in":
                return text in self.literals
            case "!=" | "not in":
                return text not in self.literals
            case _:
                return _compare(text, self.operator, self.literals[0])


def parse_leaf(text: str) -> Leaf:
    """Read `category in [quality, service]`, `beds >= 50` and the like.

    Raises ConditionError. A list needs brackets: inside a YAML flow mapping a bare comma would
    silently end the value.
    """
    match = _LEAF.match(text)
    if not match:
        raise ConditionError(text)
    name, operator, rest = match.groups()
    bracketed = rest.startswith("[") and rest.endswith("]")
    if bracketed != (operator in {"in", "not in"}):
        raise ConditionError(text)
    parts = rest[1:-1].split(",") if bracketed else [rest]
    literals = tuple(part.strip() for part in parts)
    if not all(literals) or rest[0] in "=<>!":  # `==` and `=>` would compare with the text `= 3`
        raise ConditionError(text)
    return Leaf(name, operator, literals)  # type: ignore[arg-type]  # the pattern admits operators only


def flat(data: Mapping[str, Value], prefix: str = "") -> dict[str, object]:
    """A record's fields by dotted name, groups taken apart: what conditions look at."""
    found: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def lies_in(region: str, wanted: str) -> bool:
    """Whether a region code lies in another, as 310115 in 31 or 310000."""
    short = wanted
    while len(short) > 2 and short.endswith("00"):
        short = short[:-2]
    return region == wanted or (wanted.isdigit() and region.startswith(short))


def fits(leaf: Leaf, card: Mapping[str, object], is_region: bool) -> bool:
    """Whether a condition holds for these fields; a region holds what lies in it, and an empty field fits nothing."""
    value = card.get(leaf.name)
    if is_region and value is not None and leaf.operator in {"=", "in", "!=", "not in"}:
        inside = any(lies_in(str(value), wanted) for wanted in leaf.literals)
        return inside == (leaf.operator in {"=", "in"})
    return leaf.holds(card) is True


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _compare(left: str, operator: str, right: str) -> bool:
    from decimal import Decimal

    a: Decimal | str = left
    b: Decimal | str = right
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        a, b = Decimal(left), Decimal(right)
    match operator:
        case "<":
            return a < b  # type: ignore[operator]  # both are of one type
        case "<=":
            return a <= b  # type: ignore[operator]
        case ">":
            return a > b  # type: ignore[operator]
        case _:
            return a >= b  # type: ignore[operator]
