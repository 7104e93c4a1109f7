"""Invented customers: what they are called, where they are, how far they come in the year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from crmctl.demo.firm import Person
from crmctl.demo.span import Span
from crmctl.demo.texts import Place, Texts
from crmctl.model.fields.credit_code import ALPHABET, credit_code_check_char

STAGES = ("potential", "intending", "closed", "key")
_SOURCES = ("market_research", "exhibition", "referral", "online", "event", "other")
_BASES = ("contract", "contract", "public", "consent")
_SIZES = ("micro", "small", "medium", "large")
_CHECKED = ("phone", "address", "email", "legal_person")
_CATEGORIES = (("hospital", 55), ("dealer", 28), ("direct", 12), ("retail", 5))
_FINAL = (("potential", 24), ("intending", 24), ("closed", 40), ("key", 12))
_LAGS = (0,) * 15 + (1,) * 3 + (3, 6)
_OLD_SHARE = 0.55
# How many days a customer takes from stage to stage; who was on the list before came this far long ago.
_STEP, _OLD_STEP = (5, 45), (1, 18)


@dataclass(frozen=True)
class Customer:
    """One invented customer. `stages` are the days on which it came to each stage."""

    number: int
    owner: Person
    place: Place
    values: dict[str, object]
    unverified: dict[str, str]
    entered: datetime
    stages: tuple[tuple[str, date], ...]

    @property
    def trades_from(self) -> date | None:
        """The day from which it buys; None when it does not."""
        return next((day for stage, day in self.stages if stage == "closed"), None)

    @property
    def leads(self) -> bool:
        """Whether it is the one whose year a reader follows (`crmctl.demo.story`)."""
        return self.number == 0

    @property
    def is_company(self) -> bool:
        """Whether it is no single person."""
        return self.values["party_type"] == "company"

    @property
    def is_key(self) -> bool:
        """Whether it becomes a key customer."""
        return self.stages[-1][0] == "key"


def invent(texts: Texts, rng: Random, span: Span, count: int) -> list[Customer]:
    """So many customers, shared out evenly among the salespeople. Names do not repeat.

    The first is the one whose year a reader follows: a great hospital, a key customer from the first days on.
    """
    sellers = [person for person in texts.people if "sales" in person.roles]
    names = {leading_name(texts)}
    return [_customer(texts, rng, span, number, sellers[number % len(sellers)], names) for number in range(count)]


def leading_name(texts: Texts) -> str:
    """What the first customer is called, whatever the seed."""
    return str(texts.raw["names"]["hospital"][0]).format(town=texts.raw["towns"][0])


def _customer(texts: Texts, rng: Random, span: Span, number: int, owner: Person, names: set[str]) -> Customer:
    leading = number == 0
    category = "hospital" if leading else weighted(rng, _CATEGORIES)
    place = rng.choice(texts.places(owner.department))
    old = leading or rng.random() < _OLD_SHARE
    obtained = span.at(rng, span.day(rng, before=span.first + timedelta(days=6)) if old else span.day(rng))
    lag = 0 if old else rng.choice(_LAGS)
    entered = min(max(span.at(rng, obtained.date() + timedelta(days=lag), (9, 18)), obtained), span.now)
    name = leading_name(texts) if leading else _name(texts, rng, category, names)
    values = _card(texts, rng, category, place, name, obtained.date())
    if leading:
        values |= {"hospital_class": "third_a", "beds": 1200, "intention": "high"}
    values.update(
        source="import" if old else rng.choice(_SOURCES),
        lawful_basis=rng.choice(_BASES),
        obtained_at=obtained.isoformat(),
        collected_by=owner.id,
    )
    marks = {}
    if rng.random() < 0.1:
        field = rng.choice([name for name in _CHECKED if name in values])
        since = max(entered.date(), span.last - timedelta(days=60))
        marks[field] = (since + timedelta(days=rng.randint(5, 80))).isoformat()
    final = "key" if leading else weighted(rng, _FINAL)
    values["importance"] = "high" if final == "key" else rng.choice(("low", "low", "medium"))
    stages = _stages(rng, span, entered.date(), final, _OLD_STEP if old else _STEP)
    return Customer(number, owner, place, values, marks, entered, stages)


def _stages(
    rng: Random, span: Span, entered: date, final: str, step: tuple[int, int]
) -> tuple[tuple[str, date], ...]:  # fmt: skip
    day, stages = entered, [("potential", entered)]
    for stage in STAGES[1 : STAGES.index(final) + 1]:
        day = min(day + timedelta(days=rng.randint(*step)), span.last)
        stages.append((stage, day))
    return tuple(stages)


def _name(texts: Texts, rng: Random, category: str, names: set[str]) -> str:
    for attempt in range(1000):
        pattern = str(texts.pick(rng, "names", category))
        name = pattern.format(town=texts.pick(rng, "towns"), brand=texts.pick(rng, "brands"), person=texts.person(rng))
        if attempt > 50:
            name = f"{name} {attempt}"
        if name not in names:
            names.add(name)
            return name
    raise ValueError("no name left")


def _card(texts: Texts, rng: Random, category: str, place: Place, name: str, day: date) -> dict[str, object]:
    person = category == "retail"
    values: dict[str, object] = {
        "name": name,
        "party_type": "person" if person else "company",
        "category": category,
        "direction": "sell",
        "country": "CN",
        "region": place.code,
        "phone": phone(rng, place),
        "contacts": [_contact(texts, rng, place, person=person) for _ in range(1 if person else rng.randint(1, 3))],
    }
    if not person:
        values.update(
            credit_code=_credit_code(rng, place),
            legal_person=texts.person(rng),
            invoice_name=name,
            size=rng.choice(_SIZES),
            nature="government" if category == "hospital" else "ordinary",
        )
    if category == "hospital":
        values.update(
            hospital_class=rng.choice(_CLASSES), beds=rng.randrange(60, 1400, 10), specialised=rng.random() < 0.3
        )
    likely: dict[str, tuple[float, Callable[[], object]]] = {
        "address": (0.8, lambda: _address(texts, rng)),
        "email": (0.5, lambda: f"office{rng.randint(100, 999)}@example.com"),
        "intention": (0.75, lambda: rng.choice(("high", "medium", "low"))),
        "note": (0.3, lambda: texts.pick(rng, "notes")),
        "trade_profile": (0.35, lambda: {"credit": texts.pick(rng, "credit")}),
        "yearly_need": (0.4, lambda: f"{rng.randrange(20, 900)}000"),
        "needs": (0.6, lambda: [_need(texts, rng, day)]),
    }
    values.update({name: make() for name, (chance, make) in likely.items() if rng.random() < chance})
    return values


_CLASSES = ("first_a", "second_b", "second_a", "second_a", "third_b", "third_a", "third_a")


def _address(texts: Texts, rng: Random) -> str:
    return str(texts.raw["address"]).format(street=texts.pick(rng, "streets"), number=rng.randint(1, 399))


def _need(texts: Texts, rng: Random, day: date) -> dict[str, object]:
    product = texts.pick(rng, "products")
    urgency = rng.choice(("now", "quarter", "year", "open"))
    return {"text": texts.pick(rng, "needs"), "product": product[1], "urgency": urgency, "on": day.isoformat()}


def _contact(texts: Texts, rng: Random, place: Place, *, person: bool) -> dict[str, object]:
    role = "decides" if person else rng.choice(("decides", "uses", "buys", "pays", "other"))
    post = texts.pick(rng, "posts", "owner" if person else role)
    return {
        "name": texts.person(rng),
        "post": post,
        "role": role,
        "influence": rng.choice(("high", "medium", "low")),
        "phone": phone(rng, place),
    }


def phone(rng: Random, place: Place) -> str:
    """A landline number that nobody has been given: 5555 and four digits."""
    return f"{place.dial}-5555{rng.randint(0, 9999):04d}"


def _credit_code(rng: Random, place: Place) -> str:
    """A code with a right check character and an organisation part that begins with letters, as no real one does."""
    first = f"91{place.code}XX" + "".join(rng.choice(ALPHABET[:10]) for _ in range(7))
    return first + credit_code_check_char(first)


def weighted(rng: Random, pairs: tuple[tuple[str, int], ...]) -> str:
    """One of the words, as often as its weight says."""
    return rng.choices([word for word, _ in pairs], [weight for _, weight in pairs])[0]
