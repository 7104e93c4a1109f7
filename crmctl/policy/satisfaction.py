"""A pack's satisfaction model: points of answers, weights of what is asked about, who counts as content (P07:4.1.f).

```yaml
satisfaction:
  version: 2026-1
  points: {very_satisfied: 100, satisfied: 75, neutral: 50, dissatisfied: 25, very_dissatisfied: 0}
  items: {product: 40, delivery: 20, service: 30, price: 10}   # weights; they add up to 100
  content: [very_satisfied, satisfied]
```

The index of one survey is the weighted mean of the scores (0 to 100) of the items that were
answered; where none was, the points of the overall answer. An answer without points (nobody
answered) has no index and counts in no share but that of those asked. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value

_KEYS = ("version", "points", "items", "content")
_ANSWERS, _ITEMS = "satisfaction", "satisfaction_item"
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Model:
    """A model read: points by answer, weight by item, the answers that count as content."""

    version: str = ""
    points: Mapping[str, Decimal] = field(default_factory=dict)
    items: Mapping[str, Decimal] = field(default_factory=dict)
    content: frozenset[str] = frozenset()


def read_model(
    raw: Mapping[str, Value], vocab: Mapping[str, Mapping[str, Label]], where: str
) -> tuple[Model, list[Finding]]:  # fmt: skip
    """Read a policy's `satisfaction:`; every fault with its dotted path."""
    findings = [_unknown(f"satisfaction.{key}", key, _KEYS, where) for key in raw if key not in _KEYS]
    points = _numbers(raw.get("points"), "points", vocab.get(_ANSWERS, {}), where, findings)
    items = _numbers(raw.get("items"), "items", vocab.get(_ITEMS, {}), where, findings)
    total = sum(items.values(), Decimal(0))
    if items and total != _WHOLE:
        args = {"total": f"{total.normalize():f}"}
        message = N_("The weights add up to {total}, not to 100")
        findings.append(Finding("POL003", message, "error", where, "satisfaction.items", args))
    content = raw.get("content")
    words = [str(word) for word in content] if isinstance(content, list) else []
    findings += [_unknown("satisfaction.content", word, points, where) for word in words if word not in points]
    return Model(str(raw.get("version", "")), points, items, frozenset(words)), findings


def wilson(content: int, answered: int) -> tuple[float, float] | None:
    """The 95% score interval of a share, in percent (Wilson 1927); None where nobody answered.

    It stays inside 0 and 100 and is honest for few answers, where the usual interval is not.
    """
    if answered <= 0:
        return None
    z = 1.959963984540054
    share = content / answered
    middle = (share + z * z / (2 * answered)) / (1 + z * z / answered)
    half = z / (1 + z * z / answered) * (share * (1 - share) / answered + z * z / (4 * answered * answered)) ** 0.5
    return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def _numbers(
    raw: Value, key: str, known: Mapping[str, Label], where: str, findings: list[Finding]
) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, value in _pairs(raw):
        path = f"satisfaction.{key}.{name}"
        if name not in known:
            findings.append(_unknown(path, name, known, where))
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal(-1)
        if not 0 <= number <= _WHOLE:
            findings.append(Finding("POL003", N_("A number from 0 to 100 is needed"), "error", where, path))
        found[name] = number
    return found


def _pairs(raw: Value) -> Iterator[tuple[str, Value]]:
    yield from raw.items() if isinstance(raw, dict) else ()


def _unknown(path: str, name: str, known: Mapping[str, object] | tuple[str, ...], where: str) -> Finding:
    near = get_close_matches(name, sorted(known), 1)
    args = {"name": name, "near": near[0] if near else ""}
    message = N_("Unknown word {name}; did you mean {near}?") if near else N_("Unknown word {name}")
    return Finding("POL001", message, "error", where, path, args)
