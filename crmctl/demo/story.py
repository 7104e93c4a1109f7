"""What happens in the demo company under its policy, between the months' daily work (issue 4).

Half-year runs that heads approve, trade starts that supervisors approve, and one customer's year: it holds a VIP seat,
breaks its contract, is lowered, comes on the blacklist, and is back after its term and a new admission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from crmctl.demo.customers import Customer
from crmctl.demo.enter import Clerk
from crmctl.demo.playing import approve_all
from crmctl.demo.span import Span
from crmctl.demo.surroundings import acting
from crmctl.demo.texts import Texts
from crmctl.ledger.affairs import blacklisting
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.grade_approving import approve_grades, put_forward
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import Entry, add
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading import lookup
from crmctl.ledger.snapshot.connection import connect
from crmctl.review.noticing import acknowledge, notices
from crmctl.rules.calendar import add_months

# Who goes down first, then the seats from the highest grade on, so that each finds its seat free.
_LAST_ADMISSION = """
SELECT path FROM admission WHERE dossier = ? AND department = ? AND state = 'admitted' ORDER BY decided_on DESC LIMIT 1
"""


@dataclass(frozen=True)
class Chapter:
    """Something that happens on a day, before the daily work of its month is entered."""

    day: date
    tell: Callable[[], None]


@dataclass
class Story:
    """The chapters; `fallen` is the customer they follow, `risen` who takes its seat, `entry` its blacklist entry."""

    path: Path
    home: Path
    span: Span
    texts: Texts
    clerk: Clerk
    fallen: str = ""
    risen: str = ""
    entry: str = ""
    _breach: str = ""

    def chapters(self) -> list[Chapter]:
        """All of them. Who decides is the head of the department, the division or the company's leader."""
        own, *others = self.departments
        told = [
            *(Chapter(self._day(1, 7), partial(self._trade_starts, name)) for name in self.departments),
            Chapter(self._day(1, 9), self._elsewhere),
            *(Chapter(self._day(2, 9), partial(self._graded, name, self._day(2, 9))) for name in self.departments),
            Chapter(self._day(2, 10), self._followed),
            Chapter(self._day(3, 11), self._broken),
            Chapter(self._day(4, 9), self._reviewed),
            Chapter(self._day(4, 10), partial(self._graded, own, self._day(4, 10))),
            Chapter(self._day(4, 20), self._barred),
            *(Chapter(self._day(8, 9), partial(self._graded, name, self._day(8, 9))) for name in self.departments),
            Chapter(self._day(11, 4), self._back),
            Chapter(self._day(11, 14), partial(self._graded, own, self._day(11, 14))),
        ]
        if len(others) > 1:
            told.append(Chapter(self._day(5, 6), partial(self._all_barred, others[0])))
            told.append(Chapter(self._day(9, 6), partial(self._barred_elsewhere, others[1])))
        return told

    def leave_waiting(self, copies: Mapping[str, Path]) -> None:
        """For whoever looks on: trade starts that wait for the supervisor, a proposal for the blacklist for the head.

        Each is done in the member's own copy: a copy holds what waits for one member.
        """
        own = self.departments[0]
        supervisor = self._who("supervisor", own)
        seller = next(member for member in copies if member not in {supervisor, self.texts.people[0].id})
        self.path = copies[supervisor]
        for customer in self._known(self._buyers(own), self.span.last)[2:3]:
            with self._at(supervisor, self.span.last) as ledger:
                values: dict[str, object] = {"reason": "arrears", "text": self._text("breaches")}
                blacklisting.propose(ledger, self.clerk.dossier(customer.number), "department", values, own)
                submit(ledger.reopened())
        self.path = copies[seller]
        self._surveyed(own, seller, self.span.last)
        for member, copy in copies.items():
            self.path = copy
            with self._at(member, self.span.last) as ledger:
                sync(ledger)

    # Days, people and customers

    @property
    def departments(self) -> list[str]:
        """Those that sell, the first being that of the customer who is followed."""
        return [key for key in self.texts.departments if self.texts.places(key)]

    def _day(self, months: int, days: int) -> date:
        return add_months(self.span.first, months) + timedelta(days=days)

    def _who(self, role: str, department: str | None = None) -> str:
        return next(p.id for p in self.texts.people if role in p.roles and department in {None, p.department})

    @contextmanager
    def _at(self, member: str, day: date, hour: int = 10) -> Iterator[Ledger]:
        moment = min(datetime.combine(day, time(hour), self.span.now.tzinfo), self.span.now)
        with acting(self.home, moment, member):
            ledger = Ledger(self.path, home=self.home)
            try:
                yield ledger
            finally:
                ledger.repo.close()

    def _buyers(self, department: str, since: date | None = None) -> list[Customer]:
        """Companies of a department that buy (from a day on), but for the one that is followed."""
        found = [c for c in self.clerk.customers if c.owner.department == department and c.is_company and not c.leads]
        return [c for c in found if c.trades_from and (since is None or c.trades_from >= since)]

    def _known(self, customers: list[Customer], day: date) -> list[Customer]:
        return [c for c in customers if c.entered.date() < day.replace(day=1)]

    # What is approved by others

    def _surveyed(self, department: str, owner: str, day: date) -> list[str]:
        """Two surveys before trade begins, handed in; the ids of the records."""
        said, made = self.texts.raw["trade_start"], []
        for customer in [c for c in self._known(self._buyers(department), day) if c.owner.id == owner][-2:]:
            values = {**said, "direction": "sell", "surveyed_on": day.isoformat(), "surveyed_by": owner}
            with self._at(owner, day) as ledger:
                dossier = self.clerk.dossier(customer.number)
                made.append(add(ledger, Entry("trade_start", values, customer=dossier, department=department)).id)
        if made:
            with self._at(owner, day, 12) as ledger:
                submit(ledger)
        return made

    def _trade_starts(self, department: str) -> None:
        """The supervisor approves surveys, the head tells the chairman, finance lists the customers (P13:4.1)."""
        day = self._day(1, 7)
        supervisor, later = self._who("supervisor", department), day + timedelta(days=2)
        owner = self._who("sales", department)
        made = self._surveyed(department, owner, day)
        self._approved(supervisor, day, owner)
        steps: list[tuple[str, dict[str, object]]] = [
            (supervisor, {"state": "approved", "approved_by": supervisor, "approved_on": day.isoformat()}),
            (self._who("head", department), {"state": "told", "chairman_told_on": later.isoformat()}),
            (self._who("finance"), {"state": "listed", "listed_by": "finance", "listed_on": later.isoformat()}),
        ]
        for member, values in steps if made else ():
            with self._at(member, later) as ledger:
                draft = Draft(ledger)
                for record in made:
                    draft.new_version(lookup.record(ledger, record).path, values, Origin())
                draft.commit("advance", "trade_start")

    def _approved(self, member: str, day: date, author: str) -> None:
        """Whatever waits for a member is approved; its author's copy learns of it."""
        with self._at(member, day, 15) as ledger:
            approve_all(ledger)
        with self._at(author, day, 16) as ledger:
            sync(ledger)

    # Grades

    def _graded(self, department: str, day: date) -> None:
        """The run puts grades forward; the head approves them."""
        head = self._who("head", department)
        with self._at(head, day, 9) as ledger:
            done = run(ledger, department, day)
            file_run(ledger, done)
            if not self.risen and department == self.departments[0]:
                places = [
                    (seat.place, p.id)
                    for p in done.proposals
                    for seat in p.decision.seats
                    if p.decision.waiting_for == seat.cap.grade == "vip" and p.id != self.clerk.dossier(0)
                ]
                self.risen = min(places, default=(0, "-"))[1]  # the first of those who wait
        with self._at(head, day, 16) as ledger:
            # a seat that nobody gives up this time: the proposal stays one
            approve_grades(ledger, department, put_forward(ledger, department), strict=False)

    @property
    def before(self) -> date:
        """A day on which the customer that is followed had its seat and had broken nothing."""
        return self._day(3, 0)

    @property
    def risen_name(self) -> str | None:
        """What the one that took the seat is called."""
        return next(
            (str(c.values["name"]) for c in self.clerk.customers if self.clerk.known(c.number) == self.risen), None
        )

    def _followed(self) -> None:
        self.fallen = self.clerk.dossier(0)

    def _broken(self) -> None:
        """The customer that is followed does not pay in time."""
        day = self._day(3, 11)
        values = {"on": day.isoformat(), "what": "late_payment", "by_whom": "customer", "text": self._text("breaches")}
        self._breach = self._added("supervisor", day, "breach", self.fallen, values)

    def _reviewed(self) -> None:
        """After what happened: one is lowered, one that waits may rise."""
        day = self._day(4, 9)
        head = self._who("head", self.departments[0])
        for customer, result in ((self.fallen, "lowered"), (self.risen, "raised")):
            if customer == "-":
                continue
            said = {name: self._text(name, 0 if result == "raised" else -1) for name in ("performances", "integrity")}
            values: dict[str, object] = {
                "period": f"{day:%Y-%m}", "on": day.isoformat(), "by": head, "performance": said["performances"],
                "payment": self._text("breaches" if result == "lowered" else "credit"), "integrity": said["integrity"],
                "state": "decided", "result": result, "decided_by": head, "decided_at": f"{day}T10:00:00+08:00",
            }  # fmt: skip
            self._added("head", day, "stage_review", customer, values)
        if self.risen != "-":
            self._judged_better(self.risen, day)

    def _judged_better(self, customer: str, day: date) -> None:
        """Who is to be raised is evaluated anew, and found better than whoever came meanwhile."""
        own, head = self.departments[0], self._who("head", self.departments[0])
        with self._at(head, day) as ledger:
            last = connect(ledger, ["admission"]).execute(_LAST_ADMISSION, [customer, own]).fetchone()[0]
            rows = ledger.read(str(last)).data["criteria"]
        found = [{**row, "score": "98"} if "score" in row else dict(row) for row in rows if isinstance(row, dict)]  # type: ignore[union-attr]
        values: dict[str, object] = {
            "on": day.isoformat(), "by": head, "criteria": found, "state": "admitted", "proposed_grade": "qualified",
            "background_done": True, "decided_by": head, "decided_on": day.isoformat(),
        }  # fmt: skip
        self._added("head", day, "admission", customer, values)

    def _added(self, role: str, day: date, kind: str, customer: str, values: Mapping[str, object]) -> str:
        with self._at(self._who(role, self.departments[0]), day) as ledger:
            return add(ledger, Entry(kind, values, customer=customer, department=self.departments[0])).id

    def _text(self, name: str, number: int = 0) -> str:
        return str(self.texts.raw[name][number])

    # The blacklist

    def _barred(self) -> None:
        """The customer that is followed: a department's entry, filed with the division."""
        values = {"reason": "arrears", "text": self._text("breaches"), "breach": self._breach}
        self.entry = self._entered(self.departments[0], self.fallen, self._day(4, 20), values)

    def _barred_elsewhere(self, department: str) -> None:
        """A further entry, in force to this day."""
        for customer in self._known(self._buyers(department), self._day(9, 6))[:1]:
            values = {"reason": "breach", "text": self._text("breaches", -1)}
            self._entered(department, self.clerk.dossier(customer.number), self._day(9, 6), values)

    def _entered(self, department: str, customer: str, day: date, values: Mapping[str, object]) -> str:
        """The supervisor puts it forward, the head signs, the division takes note."""
        supervisor, since = self._who("supervisor", department), day + timedelta(days=2)
        with self._at(supervisor, day) as ledger:
            entry = blacklisting.propose(ledger, customer, "department", values, department, since=since).id
            submit(ledger.reopened())
        self._approved(self._who("head", department), since, supervisor)
        self._noted(since + timedelta(days=1))
        return entry

    def _noted(self, day: date) -> None:
        """The division takes note of what it is told about."""
        with self._at(self._who("division"), day) as ledger:
            waiting = notices(ledger)
            if waiting:
                acknowledge(ledger, waiting)
            sync(ledger.reopened())

    def _all_barred(self, department: str) -> None:
        """The company's list: the head proposes, of the division one verifies and another signs; departments know."""
        day = self._day(5, 6)
        division = [person.id for person in self.texts.people if "division" in person.roles]
        for customer in self._known(self._buyers(department), day)[:1]:
            values: dict[str, object] = {"reason": "fraud", "text": str(self.texts.raw["fraud"]), "loss": "38000"}
            with self._at(self._who("head", department), day) as ledger:
                dossier, since = self.clerk.dossier(customer.number), day + timedelta(days=3)
                entry = blacklisting.propose(ledger, dossier, "company", values, department, since=since).id
                submit(ledger.reopened())
            for step, member in enumerate(division, 1):
                self._approved(member, day + timedelta(days=step), self._who("head", department))
            for name in self.departments[:2]:
                self._received(entry, name, day + timedelta(days=4))

    def _received(self, entry: str, department: str, day: date) -> None:
        head = self._who("head", department)
        with self._at(head, day) as ledger:
            values: dict[str, object] = {
                "entry": entry, "by": head, "on": day.isoformat(), "note": str(self.texts.raw["cleared"]),
            }  # fmt: skip
            add(ledger, Entry("blacklist_receipt", values, department=department))

    def _back(self) -> None:
        """The term ends and frees nobody; a new admission and two approvals do."""
        own = self.departments[0]
        head = self._who("head", own)
        day = self._day(11, 10)
        found: list[dict[str, object]] = [
            {"criterion": "P23:V.1.2", "item": item, "holds": True, "note": self._text("admitted_why")}
            for item in ("good_name", "lawful", "cooperation")
        ]
        found[0] = {**found[0], "weight": "100", "score": "88"}
        values: dict[str, object] = {
            "on": day.isoformat(), "by": head, "criteria": found, "state": "admitted",
            "proposed_grade": "qualified", "background_done": True, "readmission": True,
            "change_note": str(self.texts.raw["change"]), "decided_by": head, "decided_on": day.isoformat(),
        }  # fmt: skip
        admission = self._added("head", day, "admission", self.fallen, values)
        with self._at(head, self._day(11, 11)) as ledger:
            blacklisting.readmit(ledger, self.entry, str(self.texts.raw["change"]), admission)
            submit(ledger.reopened())
        self._approved(self._who("management"), self._day(11, 12), head)

    # What else

    def _elsewhere(self) -> None:
        """A customer of one department that another deals with as well: both heads and the head of sales agree."""
        own, *others = self.departments
        day, supervisor = self._day(1, 9), self._who("supervisor", own)
        chosen = self._known(self._buyers(own), day)[:2] if others else []
        for customer in chosen:
            with self._at(supervisor, day) as ledger:
                assign(ledger, self.clerk.dossier(customer.number), others[0], self._who("sales", others[0]))
        if chosen:
            with self._at(supervisor, day, 12) as ledger:
                submit(ledger)
            for member in (self._who("head", own), self._who("head", others[0]), self._who("sales_lead")):
                self._approved(member, day, supervisor)
