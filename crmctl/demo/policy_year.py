"""A year under P23, P02 and P13 with eight hospitals of one department, each step taken on its day by whose it is.

What happens: one VIP seat for eight, so a second waits; a breach lowers who had it, and the other rises; the first
comes on the blacklist, its term runs out, and after a new admission the head and the company's leader let it back.
What takes approvals is handed in and approved over a shared place, as between people's own copies.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from crmctl import clock
from crmctl.demo.build import found_company, share
from crmctl.demo.span import Span
from crmctl.demo.surroundings import acting
from crmctl.demo.texts import Texts, read_texts
from crmctl.errors import BadConfiguration
from crmctl.i18n import _, language
from crmctl.ledger.affairs import blacklisting
from crmctl.ledger.affairs.grade_approving import approve_grades, put_forward
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.entry import Entry, add
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.review.approving import approve
from crmctl.review.inbox import inbox
from crmctl.rules.calendar import add_months
from crmctl.trust.gate import Gate

PACKS = ("p23", "p02", "p13")
VALUES = {
    "vip_beds": "500", "vip_volume": "5000000", "preferred_beds": "200", "preferred_volume": "1000000",
    "weight_volume": "40", "weight_receivables": "30", "weight_reputation": "20", "weight_loyalty": "10",
    "vip_points": "90", "preferred_points": "75", "dormant_after": "180",
}  # fmt: skip
DEPARTMENT, SELLER, SUPERVISOR, HEAD, LEADER = "east", "zhou", "lu", "shen", "gm"
HOSPITALS = 8
# What an admission judges (V.1.2), and what VIP and preferred ask for besides (V.2.2.a, V.2.3).
JUDGED = {
    "V.1.2": ("good_name", "lawful", "cooperation"),
    "V.2.2": ("results", "stability", "reputation", "loyalty"),
    "V.2.3": ("fame", "no_risk", "operation", "strength", "yearly_need"),
}
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Told:
    """Where the year lies and whom it is about: the first VIP, and who waited for its seat."""

    path: Path
    home: Path
    company: str
    copy: Path
    fallen: str
    risen: str
    names: dict[str, str]
    entry: str
    commits: int
    before_breach: date


def build_year(path: Path, progress: Progress | None = None) -> Told:
    """Build the year in `path`, which must be absent or empty. Nothing is left there on failure."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadConfiguration(_("The folder is not empty"), where=str(path), hint=_("crmctl demo NEW-FOLDER"))
    made, path = not path.exists(), path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return _Year(path, Span(clock.now()), read_texts(language()), progress or (lambda _stage, _done: None)).told()
    except BaseException:
        for inside in path.iterdir() if path.is_dir() else ():
            shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        if made and path.is_dir():
            path.rmdir()
        raise


@dataclass
class _Year:
    path: Path
    span: Span
    texts: Texts
    progress: Progress
    hospitals: list[str] = field(default_factory=list)
    steps: int = 0

    @property
    def home(self) -> Path:
        return self.path / "keys"

    def told(self) -> Told:
        """Let the year happen; what came of it."""
        found_company(self.texts, self.span, self.home, self.path / "manager")
        self._adopt()
        self._enter()
        self._graded(self._day(0, 27))
        fallen, risen = self.hospitals[:2]
        breach = self._breach(fallen)
        self._reviewed(fallen, "lowered")
        self._reviewed(risen, "raised")
        self._graded(self._day(4, 10))
        entry = self._listed(fallen, breach)
        self._graded(self._day(8, 0))
        self._back(fallen, entry)
        self._graded(self._day(11, 14))
        with self._at(LEADER, self.span.last) as ledger:
            sync(ledger, gate=Gate())
            commits = int(ledger.repo.run("rev-list", "--count", MAIN).decode())
        with self._at(HEAD, self.span.last, copy="head") as ledger:
            sync(ledger, gate=Gate())
        names = dict(zip(self.hospitals, self._names(), strict=True))
        return Told(self.path, self.home, self.texts.company, self.path / "head", fallen, risen, names, entry, commits,
                    self._day(3, 0))  # fmt: skip

    # Days and people

    def _day(self, months: int, days: int) -> date:
        return add_months(self.span.first, months) + timedelta(days=days)

    def _acting(self, member: str, day: date, hour: int = 10) -> AbstractContextManager[None]:
        moment = min(datetime.combine(day, time(hour), self.span.now.tzinfo), self.span.now)
        return acting(self.home, moment, member)

    @contextmanager
    def _at(self, member: str, day: date, hour: int = 10, copy: str = "manager") -> Iterator[Ledger]:
        with self._acting(member, day, hour):
            ledger = Ledger(self.path / copy, home=self.home)
            try:
                yield ledger
            finally:
                ledger.repo.close()
        self.steps += 1
        self.progress(_("Entered"), self.steps)

    def _add(self, member: str, day: date, kind: str, customer: str | None, values: dict[str, object]) -> str:
        with self._at(member, day) as ledger:
            return add(ledger, Entry(kind, values, customer=customer, department=DEPARTMENT)).id

    # What happens

    def _adopt(self) -> None:
        for pack in PACKS:
            with self._at(LEADER, self.span.first) as ledger:
                adopt(ledger, pack)
        for name, value in VALUES.items():
            with self._at(LEADER, self.span.first) as ledger:
                set_value(ledger, name, value)

    def _names(self) -> list[str]:
        pattern = str(self.texts.raw["names"]["hospital"][1])
        return [pattern.format(town=town) for town in self.texts.raw["towns"][:HOSPITALS]]

    def _enter(self) -> None:
        """Eight hospitals, each with licence, check and admission; the first found the best."""
        entered, admitted = self._day(0, 4), self._day(0, 14)
        for number, name in enumerate(self._names()):
            card: dict[str, object] = {
                "name": name, "party_type": "company", "category": "hospital", "hospital_class": "third_a",
                "source": "referral", "lawful_basis": "contract", "obtained_at": f"{entered}T09:00:00+08:00",
                "partnership_wish": entered.isoformat(), "intention": "high", "yearly_need": "2000000",
                "background_check": {"by": SUPERVISOR, "on": entered.isoformat(), "result": "clean"},
            }  # fmt: skip
            self.hospitals.append(self._add(SELLER, entered, "customer", None, card))
            licence: dict[str, object] = {
                "what": "medical_institution", "number": f"PDY-{number + 1}", "valid_from": "2020-01-01",
                "valid_to": (self.span.last + timedelta(days=900)).isoformat(),
            }  # fmt: skip
            self._add(SELLER, entered, "qualification", self.hospitals[-1], licence)
            self._admitted(self.hospitals[-1], admitted, 97 - number)

    def _admitted(self, customer: str, day: date, points: int) -> str:
        found: list[dict[str, object]] = [
            {"criterion": clause, "item": item, "holds": True, "note": str(self.texts.raw["seen"])}
            for clause, items in JUDGED.items()
            for item in items
        ]
        found[0] |= {"weight": "100", "score": str(points)}
        values: dict[str, object] = {
            "on": day.isoformat(), "by": HEAD, "criteria": found, "state": "admitted",
            "proposed_grade": "qualified", "background_done": True, "decided_by": HEAD, "decided_on": day.isoformat(),
        }  # fmt: skip
        return self._add(HEAD, day, "admission", customer, values)

    def _graded(self, day: date) -> None:
        """The run puts grades forward; the head approves them."""
        with self._at(HEAD, day, 9) as ledger:
            file_run(ledger, run(ledger, DEPARTMENT, day))
        with self._at(HEAD, day, 16) as ledger:
            approve_grades(ledger, DEPARTMENT, put_forward(ledger, DEPARTMENT))

    def _breach(self, customer: str) -> str:
        day = self._day(3, 11)
        text = str(self.texts.raw["breaches"][0])
        values: dict[str, object] = {"on": day.isoformat(), "what": "late_payment", "by_whom": "customer", "text": text}
        return self._add(SUPERVISOR, day, "breach", customer, values)

    def _reviewed(self, customer: str, result: str) -> None:
        day = self._day(4, 9)
        values: dict[str, object] = {
            "period": f"{self.span.first.year}H2", "on": day.isoformat(), "by": HEAD, "performance": "see breach",
            "payment": "see breach", "integrity": "good", "state": "decided", "result": result, "decided_by": HEAD,
            "decided_at": f"{day}T10:00:00+08:00",
        }  # fmt: skip
        self._add(HEAD, day, "stage_review", customer, values)

    def _listed(self, customer: str, breach: str) -> str:
        """The supervisor puts it forward, the head signs in a copy of his own."""
        server = self.path / "server.git"
        with self._at(LEADER, self._day(4, 19)):
            share(self.path / "manager", server)
        with self._acting(HEAD, self._day(4, 19)):
            join(str(server), self.path / "head", HEAD).repo.close()
        with self._at(SUPERVISOR, self._day(4, 20)) as ledger:
            values = {"reason": "arrears", "text": str(self.texts.raw["breaches"][0]), "breach": breach}
            entry = blacklisting.propose(ledger, customer, "department", values, DEPARTMENT, since=self._day(4, 22)).id
            submit(ledger.reopened(), gate=Gate())
        with self._at(HEAD, self._day(4, 22), copy="head") as ledger:
            _approve(ledger, entry)
        with self._at(SUPERVISOR, self._day(4, 22), hour=15) as ledger:
            sync(ledger, gate=Gate())
        return entry

    def _back(self, customer: str, entry: str) -> None:
        """The term ends and frees nobody; a new admission, and the word of the head and the leader do."""
        admission = self._admitted(customer, self._day(11, 10), 98)
        with self._at(HEAD, self._day(11, 10), hour=15) as ledger:
            sync(ledger, gate=Gate())
        with self._at(HEAD, self._day(11, 11), copy="head") as ledger:
            sync(ledger, gate=Gate())
            blacklisting.readmit(ledger.reopened(), entry, str(self.texts.raw["change"]), admission)
            submit(ledger.reopened(), gate=Gate())
        with self._at(LEADER, self._day(11, 12)) as ledger:
            _approve(ledger, entry)


def _approve(ledger: Ledger, entry: str) -> None:
    """Give what the acting member may give of what was handed in about an entry."""
    sync(ledger, gate=Gate())
    ledger = ledger.reopened()
    for bundle in inbox(ledger):
        names = [change.name for change in bundle.changes if entry in change.about]
        if names:
            approve(ledger, bundle, names, gate=Gate())
