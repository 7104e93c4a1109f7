"""Who approves by what a record and its customer's card say: the lines of a routing table (P22:4, R-REV-13). Pure.

```yaml
route:
  by: record
  lines:
    - {name: north_large, if: ['customer.region in [11, 12]', 'capacity >= 3000'], slots: [sign head@north, sign @zhou]}
    - {name: north, if: 'customer.region in [11, 12]', slots: [sign head@north]}
```

The first line fits of which all conditions hold: over the record's own fields (`plan.capacity` for one inside a group)
and, after `customer.`, over the card's. A region holds what lies in it. What a record says is sealed: who writes it
names the line in the clear, and everybody who can open it reads the table again (ADR 0027).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.model.condition import ConditionError, Leaf, fits, flat, parse_leaf
from crmctl.model.kinds import Kind
from crmctl.model.values import Value

# Before a field of the customer's card.
CARD = "customer."
LINE_KEYS = ("name", "if", "slots")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its name stands in the clear on what is routed by it."""

    name: str
    conditions: tuple[Leaf, ...]

    @property
    def asks_card(self) -> bool:
        """Whether it looks at the customer's card."""
        return any(leaf.name.startswith(CARD) for leaf in self.conditions)


def read_conditions(raw: Value) -> tuple[Leaf, ...]:
    """The conditions of a line. Raises ConditionError with the text that is none."""
    texts = raw if isinstance(raw, list) else [raw]
    if not texts or raw is None:
        raise ConditionError("")
    return tuple(parse_leaf(str(text)) for text in texts)


def line_for(
    lines: Iterable[Line], record: Mapping[str, Value], kind: Kind | None, card: Mapping[str, Value] | None,
    customer: Kind | None,
) -> str | None:  # fmt: skip
    """The name of the first line that fits; None where none does, or a line has to ask a card that does not open."""
    values = {**flat(record), **{CARD + name: value for name, value in flat(card or {}).items()}}
    regions = {*_regions(kind), *(CARD + name for name in _regions(customer))}
    for line in lines:
        if card is None and line.asks_card:
            return None
        if all(fits(leaf, values, leaf.name in regions) for leaf in line.conditions):
            return line.name
    return None


def unknown_fields(lines: Iterable[Line], kinds: Iterable[Kind], customer: Kind | None) -> Iterator[str]:
    """Names in the conditions that neither the card nor every one of these kinds has."""
    for leaf in (leaf for line in lines for leaf in line.conditions):
        if leaf.name.startswith(CARD):
            if customer is None or leaf.name.removeprefix(CARD) not in dict(customer.walk()):
                yield leaf.name
        elif any(leaf.name not in dict(kind.walk()) for kind in kinds):
            yield leaf.name


def _regions(kind: Kind | None) -> Iterator[str]:
    return (name for name, field in kind.walk() if field.type == "region") if kind else iter(())
