"""A scorecard: facts turned into points and added up by weight (P23:V.2.5, V.6.1; R-ADM-09, R-GRD-17). Pure.

```yaml
scorecard:
  as: points
  items:
    - {name: volume, label: [业务量, Volume], weight: 60, of: volume_12m, bands: [
        {to: 20000, points: 0}, {from: 20000, to: 100000, points: 60}, {from: 100000, points: 100}]}
    - {name: reputation, label: [商业信誉, Reputation], weight: 40, of: reputation}
```

Weights add up to 100. The bands of a fact with an order join without gap or overlap, `from`
included and `to` not; those of a choice name each code once (`in: [...]`). A fact without bands
gives its points itself (0 to 100). `unknown` are the points of a fact nobody knows; without them
the whole score is unknown, and unknown never passes. What does not apply gives 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.policy.facts import ORDERED, Absent, Fact, FactValue, number

_HUNDRED = Decimal(100)
_ITEM_KEYS = frozenset({"name", "label", "weight", "of", "bands", "unknown", "clause"})


@dataclass(frozen=True, slots=True)
class Band:
    """From `start` (included) to `end` (not), or one of `codes`: so many points."""

    points: Decimal
    start: FactValue | None = None
    end: FactValue | None = None
    codes: tuple[FactValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator with its weight in percent."""

    name: str
    label: Label
    weight: Decimal
    fact: Fact
    bands: tuple[Band, ...] = ()
    unknown: Decimal | None = None
    clause: str = ""

    def points(self, value: FactValue) -> Decimal | None:
        """The points a value gets, 0 to 100; None when it is unknown."""
        if value is Absent.UNKNOWN:
            return self.unknown
        if value is Absent.NOT_APPLICABLE:
            return Decimal(0)
        if not self.bands:
            return min(max(Decimal(str(value)), Decimal(0)), _HUNDRED)
        return next((band.points for band in self.bands if _inside(self.fact, band, value)), self.unknown)


@dataclass(frozen=True, slots=True)
class Line:
    """What one item gave: the value it met, its points, and what they add to the score."""

    item: Item
    value: FactValue
    points: Decimal | None

    @property
    def adds(self) -> Decimal | None:
        """Points times weight."""
        return None if self.points is None else self.points * self.item.weight / _HUNDRED


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The items, and the name conditions know the score by. `replaceable`: a department may write its own."""

    name: str
    items: tuple[Item, ...]
    replaceable: bool = False

    @property
    def fact(self) -> Fact:
        """The score as conditions see it."""
        return Fact(self.name, "number")

    def lines(self, facts: Mapping[str, FactValue]) -> list[Line]:
        """Every item with what it gave for one customer."""
        values = [(item, facts.get(item.fact.name, Absent.UNKNOWN)) for item in self.items]
        return [Line(item, value, item.points(value)) for item, value in values]

    def score(self, facts: Mapping[str, FactValue]) -> Decimal | Absent:
        """The sum; unknown when one item is."""
        adds = [line.adds for line in self.lines(facts)]
        known = [one for one in adds if one is not None]
        return sum(known, Decimal(0)) if len(known) == len(adds) else Absent.UNKNOWN


def _inside(fact: Fact, band: Band, value: FactValue) -> bool:
    if band.codes:
        return value in band.codes
    rank = fact.rank(value)
    after = band.start is None or rank >= fact.rank(band.start)  # type: ignore[operator]  # ranks of one fact
    return after and (band.end is None or rank < fact.rank(band.end))  # type: ignore[operator]


class ScorecardReader:
    """Reads a scorecard against the declared facts and the values of a day, collecting what is off."""

    def __init__(self, facts: Mapping[str, Fact], values: Mapping[str, object], open_values: frozenset[str]) -> None:
        self._facts, self._values, self._open = facts, values, open_values
        self.findings: list[Finding] = []

    def read(self, raw: object, path: str) -> Scorecard | None:
        """The scorecard at a path; None with findings."""
        if not isinstance(raw, dict) or not isinstance(raw.get("items"), list) or not raw["items"]:
            self._fault(path, N_("A scorecard needs a list of items"))
            return None
        items = [item for n, spec in enumerate(raw["items"]) for item in self._item(spec, f"{path}.items.{n}")]
        total = sum((item.weight for item in items), Decimal(0))
        unset = any(str(spec.get("weight"))[1:] in self._left_open for spec in raw["items"] if isinstance(spec, dict))
        if len(items) == len(raw["items"]) and total != _HUNDRED and not unset:
            self._fault(
                f"{path}.items", N_("The weights add up to {total}, not to 100"), total=f"{total.normalize():f}"
            )
        replaceable = raw.get("replaceable") in (True, "yes")
        return None if self.findings else Scorecard(str(raw.get("as", "points")), tuple(items), replaceable)

    def _item(self, spec: object, path: str) -> Iterator[Item]:
        if not isinstance(spec, dict):
            self._fault(path, N_("A mapping is needed here"))
            return
        for key in spec:
            if key not in _ITEM_KEYS:
                self._unknown(f"{path}.{key}", str(key), _ITEM_KEYS)
        fact = self._facts.get(str(spec.get("of")))
        if fact is None:
            self._unknown(f"{path}.of", str(spec.get("of")), self._facts)
            return
        weight = self._number(spec.get("weight"), f"{path}.weight")
        unknown = self._number(spec["unknown"], f"{path}.unknown") if "unknown" in spec else None
        bands = tuple(self._bands(fact, spec["bands"], f"{path}.bands")) if "bands" in spec else ()
        if not bands and "bands" not in spec and fact.type not in {"int", "number", "percent"}:
            self._fault(path, N_("{name} gives no points of itself: it needs bands"), name=fact.name)
        if weight is None:
            return
        if weight <= 0:
            self._fault(f"{path}.weight", N_("A weight is more than 0"))
        label, name = spec.get("label"), str(spec.get("name", fact.name))
        spoken = (str(label[0]), str(label[1])) if isinstance(label, list) and len(label) == 2 else (name, name)
        yield Item(name, spoken, weight, fact, bands, unknown, str(spec.get("clause", "")))

    def _bands(self, fact: Fact, raw: object, path: str) -> list[Band]:
        specs = raw if isinstance(raw, list) else []
        bands = [band for n, spec in enumerate(specs) for band in self._band(fact, spec, f"{path}.{n}")]
        if not specs or len(bands) != len(specs):
            if not specs:
                self._fault(path, N_("A list is needed here"))
            return []
        if any(isinstance(v, str) and v[:1] == "$" and v[1:] in self._left_open for b in specs for v in b.values()):
            return bands  # the company has still to say where they meet
        if all(band.codes for band in bands):
            self._codes(fact, bands, path)
        elif fact.type not in ORDERED or any(band.codes for band in bands):
            self._fault(path, N_("{name} has no order: its bands say in: [...]"), name=fact.name)
        else:
            self._joined(fact, bands, path)
        return bands

    def _band(self, fact: Fact, spec: object, path: str) -> Iterator[Band]:
        if not isinstance(spec, dict) or "points" not in spec or not set(spec) <= {"from", "to", "in", "points"}:
            self._fault(path, N_("A band says points, and from, to or in"))
            return
        points = self._number(spec["points"], f"{path}.points")
        if points is None:
            return
        if not 0 <= points <= _HUNDRED:
            self._fault(f"{path}.points", N_("Points go from 0 to 100"))
        named = spec.get("in")
        codes = [self._literal(fact, text, f"{path}.in") for text in named] if isinstance(named, list) else []
        ends = [self._literal(fact, spec[k], f"{path}.{k}") if k in spec else None for k in ("from", "to")]
        yield Band(points, ends[0], ends[1], tuple(code for code in codes if code is not None))

    @property
    def _left_open(self) -> set[str]:
        return {name for name in self._open if self._values.get(name) is None}

    def _joined(self, fact: Fact, bands: list[Band], path: str) -> None:
        if bands[0].start is not None or bands[-1].end is not None:
            self._fault(path, N_("The first band has no from and the last no to: every value has its points"))
        for n, (one, other) in enumerate(pairwise(bands), 1):
            if one.end is None or other.start is None:
                self._fault(f"{path}.{n}", N_("Between two bands stand both to and from"))
            elif fact.rank(one.end) < fact.rank(other.start):  # type: ignore[operator]
                self._fault(f"{path}.{n}", N_("Gap between {first} and {second}"), first=one.end, second=other.start)
            elif fact.rank(one.end) > fact.rank(other.start):  # type: ignore[operator]
                self._fault(
                    f"{path}.{n}", N_("Overlap between {second} and {first}"), first=one.end, second=other.start
                )
            elif one.start is not None and fact.rank(one.start) >= fact.rank(one.end):  # type: ignore[operator]
                self._fault(f"{path}.{n - 1}", N_("A band ends after it begins"))

    def _codes(self, fact: Fact, bands: list[Band], path: str) -> None:
        named = [code for band in bands for code in band.codes]
        all_codes: set[FactValue] = {True, False} if fact.type == "bool" else set(fact.order)
        twice = sorted({str(code) for code in named if named.count(code) > 1})
        if twice:
            self._fault(path, N_("More than one band has {name}"), name=", ".join(twice))
        if all_codes and (left := sorted(str(code) for code in all_codes - set(named))):
            self._fault(path, N_("No band has {name}"), name=", ".join(left))

    def _literal(self, fact: Fact, raw: object, path: str) -> FactValue | None:
        text = {True: "yes", False: "no"}.get(raw, str(raw)) if isinstance(raw, bool) else str(raw)
        if text.startswith("$"):
            value = self._values.get(text[1:])
            if value is None:
                if text[1:] not in self._open:
                    message = N_("${name} has no value; set it with: crmctl policy set {name} VALUE")
                    self._fault(path, message, name=text[1:])
                return None
            text = str(value)
        try:
            return fact.literal(text)
        except ValueError:
            self._fault(path, N_("{text} is no value of {name}"), text=text, name=fact.name)
            return None

    def _number(self, raw: object, path: str) -> Decimal | None:
        if isinstance(raw, str) and raw.startswith("$"):
            if raw[1:] in self._left_open:
                return Decimal(1)  # stands in where the pack is read before the company has said
            raw = self._values.get(raw[1:], raw)
        try:
            return number(str(raw).removesuffix("%"))
        except ValueError:
            self._fault(path, N_("Not a number: {text}"), text=raw)
            return None

    def _unknown(self, path: str, name: str, known: object) -> None:
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(known), 1)  # type: ignore[call-overload]  # names
        message = N_("Unknown word {name}; did you mean {near}?") if near else N_("Unknown word {name}")
        self._fault(path, message, name=name, near=near[0] if near else "")

    def _fault(self, path: str, message: str, **args: object) -> None:
        self.findings.append(Finding("POL034", message, "error", "", path, args))
