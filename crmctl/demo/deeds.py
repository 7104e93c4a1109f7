"""What the demo company's people did in the year, one deed an entry, in the order they did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from crmctl.demo.customers import Customer
from crmctl.demo.span import Span
from crmctl.demo.texts import Texts

Action = Literal["customer", "stage", "change", "add", "advance"]
_VISITS_A_MONTH = {"potential": 0.35, "intending": 0.7, "closed": 0.55, "key": 1.1}
_WAYS = ("on_site", "on_site", "on_site", "phone", "online")
_TERMS = (180, 365, 730)
_PAYING = ("transfer", "transfer", "credit")
_CONTENT = ("very_satisfied", "satisfied", "satisfied", "neutral", "dissatisfied")
_STEPS = ("confirmed", "proposed", "agreed", "solved", "fed_back", "surveyed", "closed")

_ROOTS = {
    "quality": ("product", "product", "packing"),
    "delivery": ("transport", "transport", "process"),
    "service": ("service", "staff"),
    "price": ("process",),
    "other": ("process", "promise"),
}
_TOPICS = ("delivery", "service", "product", "product", "process")


@dataclass(frozen=True)
class Named:
    """Stands in a deed's values for the id of a customer's dossier, which is not known before it is entered."""

    customer: int


@dataclass(frozen=True)
class Written:
    """Stands in a deed's values for the id of the record that the deed of this `ref` wrote."""

    ref: str


@dataclass(frozen=True)
class Deed:
    """One entry: who, when, about which customer. `ref` is how a later deed names the record.

    `round` parts steps of one record, which go into commits of their own. `office` is the department
    whose office a record without customer lies in; `late` says that it is about what others entered.
    """

    at: datetime
    by: str
    action: Action
    kind: str
    customer: int | None
    values: dict[str, object]
    ref: str = ""
    round: int = 0
    unverified: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    office: str | None = None
    late: bool = False
    on_behalf: str | None = None


@dataclass(frozen=True)
class Chronicle:
    """Makes the deeds; the same for the same texts, random source, span and customers."""

    texts: Texts
    rng: Random
    span: Span
    customers: list[Customer]
    contracts: dict[int, list[tuple[date, Written]]] = field(default_factory=dict)

    def deeds(self) -> list[Deed]:
        """All deeds of the year, unsorted."""
        found: list[Deed] = []
        for customer in self.customers:
            found += [self._entered(customer), *self._stages(customer), *self._corrections(customer)]
            found += [*self._visits(customer), *self._papers(customer), *self._trade(customer)]
        count = len(self.customers)
        for number in range(max(8, count // 5)):
            found += self._complaint(number)
        for _ in range(count // 6):
            found += [self._feedback(), self._inquiry()]
        for _ in range(count // 40):
            found.append(self._breach())
        return found + list(self._plans())

    def _entered(self, c: Customer) -> Deed:
        return Deed(c.entered, c.owner.id, "customer", "customer", c.number, c.values, unverified=c.unverified)

    def _stages(self, c: Customer) -> Iterator[Deed]:
        for number, (stage, day) in enumerate(c.stages[1:], 1):
            at = max(self.span.at(self.rng, day), c.entered)
            yield Deed(at, c.owner.id, "stage", "customer", c.number, {"state": stage}, round=number)

    def _corrections(self, c: Customer) -> Iterator[Deed]:
        if self.rng.random() < 0.2:
            from crmctl.demo.customers import phone

            day = self.span.day(self.rng, after=c.entered.date() + timedelta(days=40))
            if day > c.entered.date():
                yield Deed(
                    self.span.at(self.rng, day),
                    c.owner.id,
                    "change",
                    "customer",
                    c.number,
                    {"phone": phone(self.rng, c.place)},
                    round=1,
                    reason=str(self.texts.raw["reason"]),
                )

    def _stage_on(self, c: Customer, day: date) -> str:
        return [stage for stage, since in c.stages if since <= day][-1]

    def _visits(self, c: Customer) -> Iterator[Deed]:
        for month in self.span.months:
            low = max(month, c.entered.date())
            high = min((month + timedelta(days=27)), self.span.last)
            if low > high or self.rng.random() > _VISITS_A_MONTH[self._stage_on(c, low)]:
                continue
            day = self.span.day(self.rng, low, high)
            yield self._visit(c, day)
        if self.rng.random() < 0.15:
            yield self._planned(c, self.span.next_weekday(self.span.last + timedelta(days=self.rng.randint(0, 9))))

    def _visit(self, c: Customer, day: date) -> Deed:
        topic, purpose, result, following = self.texts.pick(self.rng, "visits")
        at = max(self.span.at(self.rng, day, (14, 19)), c.entered)
        values = {
            **self._meeting(c, day, topic, purpose),
            "state": "done",
            "result": result,
            "goal_met": self.rng.random() < 0.7,
            "next_step": following,
            "reported_at": at.isoformat(),
        }
        if self.rng.random() < 0.08:
            values = {
                **self._meeting(c, day, topic, purpose),
                "state": "incident",
                "cancel_reason": self.texts.pick(self.rng, "missed"),
            }
        elif self.rng.random() < 0.2:
            values["needs_heard"] = self.texts.pick(self.rng, "needs")
        elif self.rng.random() < 0.3:
            values["material_left"] = [self.texts.pick(self.rng, "material")]
        return Deed(at, c.owner.id, "add", "visit", c.number, values)

    def _planned(self, c: Customer, day: date) -> Deed:
        topic, purpose, _result, _following = self.texts.pick(self.rng, "visits")
        return Deed(self.span.now, c.owner.id, "add", "visit", c.number, self._meeting(c, day, topic, purpose))

    def _meeting(self, c: Customer, day: date, topic: str, purpose: str) -> dict[str, object]:
        contacts = c.values["contacts"]
        assert isinstance(contacts, list)
        return {
            "on": day.isoformat(),
            "time": f"{self.rng.randint(9, 16)}:{self.rng.choice(('00', '30'))}",
            "whom": self.rng.choice(contacts)["name"],
            "topic": topic,
            "purpose": purpose,
            "place": self.texts.pick(self.rng, "places"),
            "way": self.rng.choice(_WAYS),
            "minimum_goal": self.texts.pick(self.rng, "goals"),
        }

    def _papers(self, c: Customer) -> Iterator[Deed]:
        """Licences, and a contract for those who buy."""
        trades = c.trades_from is not None
        if c.is_company and (trades or self.rng.random() < 0.7):
            yield self._qualification(c, "business_licence", "issuer")
        if c.values["category"] == "hospital" and (trades or self.rng.random() < 0.7):
            yield self._qualification(c, "medical_institution", "permit_issuer")
        if c.trades_from and c.is_company:
            yield from self._contracts(c, c.trades_from)
        elif c.stages[-1][0] == "intending" and self.rng.random() < 0.3:
            draft = {"subject": self.texts.pick(self.rng, "contracts"), "what": "sale"}
            yield Deed(self.span.now, c.owner.id, "add", "contract", c.number, draft)

    def _contracts(self, c: Customer, signed: date) -> Iterator[Deed]:
        """One after the other, so that there is one in force at each sale."""
        while signed <= self.span.last:
            until = signed + timedelta(days=self.rng.choice(_TERMS))
            values: dict[str, object] = {
                "number": f"HT-{signed:%Y%m}-{c.number:03d}",
                "subject": self.texts.pick(self.rng, "contracts"),
                "what": "frame",
                "amount": f"{self.rng.randrange(20, 400)}000",
                "state": "signed",
                "signed_on": signed.isoformat(),
                "valid_from": signed.isoformat(),
                "valid_to": until.isoformat(),
            }
            at = max(self.span.at(self.rng, signed), c.entered)
            known = self.contracts.setdefault(c.number, [])
            known.append((signed, Written(f"contract {c.number} {len(known)}")))
            yield Deed(at, c.owner.id, "add", "contract", c.number, values, known[-1][1].ref, round=3)
            signed = until + timedelta(days=1)

    def _qualification(self, c: Customer, what: str, issuer: str) -> Deed:
        since = c.entered.date() - timedelta(days=self.rng.randint(100, 1500))
        # who trades has its licences in force; some of the others' ran out
        until = self.span.last + timedelta(days=self.rng.randint(10 if c.trades_from else -60, 900))
        values = {
            "what": what,
            "number": f"{c.place.code}-{self.rng.randint(100000, 999999)}",
            "issuer": self.texts.raw[issuer],
            "valid_from": since.isoformat(),
            "valid_to": until.isoformat(),
            "verified_by": c.owner.id,
            "verified_on": c.entered.date().isoformat(),
        }
        return Deed(c.entered, c.owner.id, "add", "qualification", c.number, values)

    def _trade(self, c: Customer) -> Iterator[Deed]:
        """Orders by the month, and the month's money in the next."""
        if c.trades_from is None:
            return
        for month in self.span.months:
            low, high = max(month, c.trades_from), min(month + timedelta(days=27), self.span.last)
            if low > high or self.rng.random() > (0.95 if c.is_key else 0.6):
                continue
            total = Decimal(0)
            for _ in range(self.rng.randint(2, 4) if c.is_key else self.rng.randint(1, 2)):
                deed, amount = self._sale(c, self.span.day(self.rng, low, high))
                total += amount
                yield deed
            paid = self.span.next_weekday(high + timedelta(days=self.rng.randint(3, 55)))
            if paid <= self.span.last and self.rng.random() < 0.93:
                yield self._payment(c, paid, high, total)

    def _sale(self, c: Customer, day: date) -> tuple[Deed, Decimal]:
        name, group, price = self.texts.pick(self.rng, "products")
        quantity = self.rng.randint(1, 6 if price > 2000 else 40)
        unit = (Decimal(price) * self.rng.choice((100, 100, 98, 95)) / 100).quantize(Decimal("0.01"))
        amount = unit * quantity
        values: dict[str, object] = {
            "date": day.isoformat(),
            "direction": "sell",
            "product": name,
            "product_kind": group,
            "quantity": str(quantity),
            "price": str(unit),
            "amount": str(amount),
            "payment_method": self.rng.choice(_PAYING),
            "seller": c.owner.id,
        }
        at = max(self.span.at(self.rng, day, (10, 18)), c.entered)
        return Deed(at, c.owner.id, "add", "transaction", c.number, values, round=4), amount

    def _payment(self, c: Customer, day: date, bought: date, amount: Decimal) -> Deed:
        values: dict[str, object] = {
            "on": day.isoformat(),
            "due_on": (bought + timedelta(days=30)).isoformat(),
            "amount": str(amount),
            "method": "transfer",
            "payer": str(c.values["name"]),
            "checked_on": day.isoformat(),
        }
        signed = [ref for since, ref in self.contracts.get(c.number, ()) if since <= bought]
        values |= {"contract": signed[-1]} if signed else {}
        return Deed(self.span.at(self.rng, day), "finance", "add", "payment", c.number, values)

    def _any(self, *, buying: bool = False) -> tuple[Customer, date]:
        chosen = [c for c in self.customers if not buying or c.trades_from] or self.customers
        c = self.rng.choice(chosen)
        return c, self.span.day(self.rng, after=c.entered.date() + timedelta(days=1))

    def _complaint(self, number: int) -> Iterator[Deed]:
        c, day = self._any(buying=True)
        received = max(self.span.at(self.rng, day), c.entered)
        category = self.rng.choice(("quality", "quality", "delivery", "delivery", "service", "price", "other"))
        text = self.texts.pick(self.rng, "complaints", category)
        ref = f"complaint {number}"
        yield Deed(
            received,
            "quality",
            "add",
            "complaint",
            c.number,
            {
                "content": text,
                "category": category,
                "channel": self.rng.choice(("phone", "email", "visit")),
                "received_at": received.isoformat(),
                "registered_at": received.isoformat(),
                "handler": c.owner.id,
            },
            ref,
        )
        at, unsettled = received, False
        old = (self.span.last - day).days > 45
        last = len(_STEPS) if old and self.rng.random() < 0.9 else self.rng.randint(0, len(_STEPS))
        for number_of_step, step in enumerate(_STEPS[:last], 1):
            at += timedelta(days=self.rng.randint(0, 6), minutes=self.rng.randint(20, 400))
            if at > self.span.now:
                return
            values = {"state": step, **self._step(step, at, category)}
            unsettled = values.get("satisfaction") == "dissatisfied" or (step == "closed" and unsettled)
            by = "quality"
            if step == "closed" and unsettled:
                # who is not content is closed by the supervisor alone, with the reason
                by, values["unsettled_reason"] = str(c.owner.supervisor), self.texts.pick(self.rng, "unsettled")
            yield Deed(at, by, "advance", "complaint", c.number, values, ref, number_of_step)

    def _step(self, step: str, at: datetime, category: str) -> dict[str, object]:
        known: dict[str, dict[str, object]] = {
            "confirmed": {
                "responded_at": at.isoformat(),
                "cause": self.texts.pick(self.rng, "causes", category),
                "root_cause": self.rng.choice(_ROOTS[category]),
            },
            "proposed": {"solution": self.texts.pick(self.rng, "solutions")},
            "agreed": {"agreed_on": at.date().isoformat()},
            "solved": {"solved_at": at.isoformat(), "measures": self.texts.pick(self.rng, "measures")},
            "fed_back": {"told_at": at.isoformat()},
            "surveyed": {"surveyed_on": at.date().isoformat(), "satisfaction": self.rng.choice(_CONTENT)},
        }
        return known.get(step, {})

    def _feedback(self) -> Deed:
        c, day = self._any()
        place = self.rng.randrange(len(self.texts.raw["feedback"]))
        text, topic = self.texts.raw["feedback"][place], _TOPICS[place % len(_TOPICS)]
        values: dict[str, object] = {"on": day.isoformat(), "channel": "visit", "topic": topic, "text": text}
        answered = min(day + timedelta(days=self.rng.randint(0, 4)), self.span.last)
        if self.rng.random() < 0.7:
            values |= {"answer": self.texts.pick(self.rng, "answers"), "answered_on": answered.isoformat()}
        return Deed(max(self.span.at(self.rng, day), c.entered), c.owner.id, "add", "feedback", c.number, values)

    def _inquiry(self) -> Deed:
        c, day = self._any()
        at = max(self.span.at(self.rng, day), c.entered)
        about = self.texts.pick(self.rng, "inquiries")
        values: dict[str, object] = {"received_at": at.isoformat(), "channel": "phone", "about": about, "text": about}
        if self.rng.random() < 0.8:
            reply = self.texts.pick(self.rng, "replies")
            values |= {"answer": reply, "answered_at": at.isoformat(), "turned_into": "answered"}
        return Deed(at, c.owner.id, "add", "inquiry", c.number, values)

    def _breach(self) -> Deed:
        c, day = self._any(buying=True)
        while c.leads and len(self.customers) > 1:
            c, day = self._any(buying=True)
        values: dict[str, object] = {
            "on": day.isoformat(),
            "what": self.rng.choice(("late_payment", "contract")),
            "by_whom": "customer",
            "text": self.texts.pick(self.rng, "breaches"),
        }
        if self.rng.random() < 0.6:
            values |= {"settled_on": day.isoformat(), "settlement": self.texts.pick(self.rng, "settlements")}
        return Deed(max(self.span.at(self.rng, day), c.entered), c.owner.id, "add", "breach", c.number, values)

    def _plans(self) -> Iterator[Deed]:
        """Each salesperson's plan of today and of the next working day."""
        for person in self.texts.people:
            mine = [c for c in self.customers if c.owner == person]
            for day in (self.span.last, self.span.next_weekday(self.span.last)) if mine else ():
                chosen = self.rng.sample(mine, min(len(mine), self.rng.randint(2, 4)))
                rows = [{**self._plan_row(c, day), "customer": Named(c.number)} for c in chosen]
                values: dict[str, object] = {"on": day.isoformat(), "rows": rows}
                office = person.department
                yield Deed(self.span.now, person.id, "add", "day_plan", None, values, round=4, office=office)

    def _plan_row(self, c: Customer, day: date) -> dict[str, object]:
        topic, purpose, _result, _next = self.texts.pick(self.rng, "visits")
        return {key: value for key, value in self._meeting(c, day, topic, purpose).items() if key != "on"}
