"""What happens in the demo company besides visits and trade, made from `examples/company/affairs.yaml`.

An entry of that file says of whom, how often and by whom a kind of record is written, and how it goes
on. Words of it that begin with `$` are filled in here: `$day+30`, `$text events`, `$one a|b`, `$owner` …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from crmctl.demo.customers import Customer
from crmctl.demo.deeds import Deed, Named
from crmctl.demo.firm import Person
from crmctl.demo.span import Span
from crmctl.demo.texts import Texts
from crmctl.demo.words import filled
from crmctl.ledger.disk.yamlio import load
from crmctl.resources import data_path

_SHIFTED = ("day", "then")


@dataclass
class Occasion:
    """What the words of one entry stand for: who acts, about whom, on which day."""

    owner: Person
    customers: list[Customer]
    day: date
    at: datetime
    then: datetime | None = None
    begun: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Affairs:
    """Makes the deeds of `affairs.yaml`; the same for the same texts, random source, span and customers."""

    texts: Texts
    rng: Random
    span: Span
    customers: list[Customer]

    def deeds(self) -> Iterator[Deed]:
        """All of them, unsorted."""
        raw: Any = load((data_path("examples") / "company" / "affairs.yaml").read_bytes(), "affairs.yaml")
        for number, entry in enumerate(raw["affairs"]):
            for nth, occasion in enumerate(self._occasions(entry)):
                yield from self._affair(entry, occasion, f"affair {number} {nth}")

    def _occasions(self, entry: Mapping[str, Any]) -> Iterator[Occasion]:
        if entry["of"] in {"departments", "sellers"}:
            yield from self._of_offices(entry)
            return
        chosen = [c for c in self.customers if _FILTERS[entry["of"]](c)]
        for customer in self.rng.sample(chosen, round(len(chosen) * float(entry["count"]))):
            first = customer.trades_from or customer.entered.date()
            after = first if entry["of"] in {"buyers", "chains", "key", "new", "trading"} else customer.entered.date()
            near = first + timedelta(days=self.rng.randint(*entry["soon"])) if "soon" in entry else self._near(entry)
            if near is None or near >= after:
                day = self._day(near, after)
                at = max(self.span.at(self.rng, day), customer.entered)
                yield Occasion(customer.owner, [customer], at.date(), at)

    def _of_offices(self, entry: Mapping[str, Any]) -> Iterator[Occasion]:
        sellers = [person for person in self.texts.people if "sales" in person.roles]
        if entry["of"] == "departments":
            sellers = list({person.department: person for person in reversed(sellers)}.values())
        for seller in sellers:
            mine = sorted((c for c in self.customers if c.owner.department == seller.department), key=_entered)
            for _nth in range(entry["count"] if mine else 0):
                at = self.span.at(self.rng, self._day(self._near(entry), self.span.first))
                known = [c for c in mine if c.entered <= at] or mine[:1]
                at = max(at, known[0].entered)
                yield Occasion(seller, self.rng.sample(known, min(len(known), 4)), at.date(), at)

    def _near(self, entry: Mapping[str, Any]) -> date | None:
        if "on" not in entry:
            return None
        return self.span.last + timedelta(days=int(entry["on"]) - self.rng.randint(0, 6))

    def _day(self, near: date | None, after: date) -> date:
        return self.span.day(self.rng, near or after, near)

    def _affair(self, entry: Mapping[str, Any], occasion: Occasion, ref: str) -> Iterator[Deed]:
        office = occasion.owner.department if entry["of"] in {"departments", "sellers"} else None
        about = None if office else occasion.customers[0].number
        by, whose = self._person(entry["by"], occasion), entry.get("for")
        on_behalf = self._person(whose, occasion) if whose else None
        late = bool(office) or by != occasion.owner.id
        if "card" in entry:  # what is found out about the customer before
            found, why = self._written({"values": entry["card"]}, occasion), self._filled(entry["why"], occasion)
            yield Deed(occasion.at, by, "change", "customer", about, found, round=4, late=late, reason=str(why))
        values = self._written(entry, occasion)
        yield Deed(
            occasion.at, by, "add", entry["kind"], about, values, ref, 5, office=office, late=late, on_behalf=on_behalf
        )
        if "stage" in entry:
            yield Deed(occasion.at, by, "stage", "customer", about, {"state": entry["stage"]}, round=6)
        moment = occasion.at
        for number, step in enumerate(entry.get("then", ()), 1):
            moment += timedelta(days=self.rng.randint(*step["after"]), minutes=self.rng.randint(5, 60))
            if moment > self.span.now:
                return
            going_on = self.rng.random() <= float(step.get("chance", 1))
            chosen = step if going_on else step.get("or")
            if chosen is None or (not going_on and self.rng.random() > float(chosen.get("chance", 1))):
                return
            occasion.then = moment
            by = self._person(step.get("by", entry["by"]), occasion)
            values = self._written(chosen, occasion)
            yield Deed(moment, by, "advance", entry["kind"], about, values, ref, 5 + number, on_behalf=on_behalf)

    def _person(self, word: str, occasion: Occasion) -> str:
        owner = occasion.owner
        found = {"owner": owner.id, "seller": owner.id, "supervisor": owner.supervisor or owner.id}
        found["head"] = next(p.id for p in self.texts.people if "head" in p.roles and p.department == owner.department)
        found["division"] = next(p.id for p in self.texts.people if "division" in p.roles)
        return str(found.get(word, word))

    def _written(self, entry: Mapping[str, Any], occasion: Occasion) -> dict[str, object]:
        occasion.told.clear()
        return {name: self._filled(value, occasion) for name, value in entry["values"].items()}

    def _filled(self, value: Any, occasion: Occasion) -> Any:
        return filled(value, lambda word: self._word(word, occasion))

    def _word(self, text: str, occasion: Occasion) -> object:
        word, _, rest = text.partition(" ")
        name, _, days = word.partition("+")
        if name in _SHIFTED:
            start = occasion.day if name == "day" else (occasion.then or occasion.at).date()
            return (start + timedelta(days=int(days or 0))).isoformat()
        made: object = getattr(self, f"_{name}", self._said)(occasion, rest or name)
        return made

    def _said(self, occasion: Occasion, word: str) -> object:
        return self._person(word, occasion)

    def _at(self, occasion: Occasion, _word: str) -> str:
        return occasion.at.isoformat()

    def _then_at(self, occasion: Occasion, _word: str) -> str:
        return (occasion.then or occasion.at).isoformat()

    def _text(self, occasion: Occasion, key: str) -> object:
        # the same words in the same order at each step, so that a milestone keeps its name
        begun = occasion.begun.setdefault(key, self.rng.randrange(1000))
        nth = occasion.told[key] = occasion.told.get(key, -1) + 1
        return self.texts.raw[key][(begun + nth) % len(self.texts.raw[key])]

    def _one(self, _occasion: Occasion, words: str) -> object:
        found = self.rng.choice(words.split("|"))
        return {"yes": True, "no": False}.get(found, found)

    def _int(self, _occasion: Occasion, bounds: str) -> str:
        low, high = bounds.split()
        return str(self.rng.randint(int(low), int(high)))

    def _money(self, _occasion: Occasion, bounds: str) -> str:
        low, high = bounds.split()
        return f"{self.rng.randint(int(low), int(high))}000"

    def _number(self, _occasion: Occasion, digits: str) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(int(digits)))

    def _product(self, _occasion: Occasion, _word: str) -> object:
        return self.texts.pick(self.rng, "products")[0]

    def _customer(self, occasion: Occasion, which: str) -> Named:
        place = int(which) - 1 if which.isdigit() else 0
        return Named(occasion.customers[place % len(occasion.customers)].number)

    def _name(self, occasion: Occasion, _word: str) -> object:
        return occasion.customers[0].values["name"]

    def _contact(self, occasion: Occasion, _word: str) -> object:
        contacts = occasion.customers[0].values["contacts"]
        assert isinstance(contacts, list)
        return contacts[0]["name"]

    def _address(self, occasion: Occasion, _word: str) -> object:
        return occasion.customers[0].values.get("address") or occasion.customers[0].values["name"]

    def _first_trade(self, occasion: Occasion, _word: str) -> str:
        return min(occasion.customers[0].trades_from or occasion.day, occasion.day).isoformat()

    def _region(self, occasion: Occasion, _word: str) -> str:
        return occasion.customers[0].place.code

    def _other(self, occasion: Occasion, _word: str) -> str:
        near = [p for p in self.texts.people if "sales" in p.roles and p.department == occasion.owner.department]
        return next((p.id for p in near if p != occasion.owner), occasion.owner.id)

    def _elsewhere(self, occasion: Occasion, _word: str) -> str:
        others = [p.department for p in self.texts.people if "sales" in p.roles]
        return next(name for name in others if name != occasion.owner.department)

    def _month(self, occasion: Occasion, _word: str) -> str:
        return f"{occasion.day:%Y-%m}"

    def _half(self, occasion: Occasion, _word: str) -> str:
        return f"{occasion.day.year}H{1 if occasion.day.month < 7 else 2}"

    def _last_half(self, occasion: Occasion, _word: str) -> str:
        return f"{occasion.day.year}H1" if occasion.day.month > 6 else f"{occasion.day.year - 1}H2"

    def _year(self, _occasion: Occasion, _word: str) -> str:
        return str(self.span.last.year)


def _entered(customer: Customer) -> datetime:
    return customer.entered


def _is_new(customer: Customer) -> bool:
    return customer.trades_from is not None and customer.values["source"] != "import"


_FILTERS: dict[str, Callable[[Customer], bool]] = {
    "any": lambda _customer: True,
    "buyers": lambda customer: customer.trades_from is not None,
    "key": lambda customer: customer.is_key,
    "new": _is_new,
    "leading": lambda customer: customer.leads,
    "trading": lambda customer: customer.trades_from is not None and customer.is_company and not customer.leads,
    "chains": lambda customer: customer.trades_from is not None and customer.values["category"] == "dealer",
    "potential": lambda customer: customer.stages[-1][0] in {"potential", "intending"},
    "dropped": lambda customer: customer.stages[-1][0] == "potential" and customer.number % 17 == 0,
}
