"""Play a scene: found its company and let its people take the steps, each on its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from crmctl.demo.firm import draw_page, found_firm, settle, share
from crmctl.demo.scene import Page, Scene, Step
from crmctl.demo.surroundings import acting
from crmctl.demo.words import filled
from crmctl.ledger.changing.draft import Draft, Kept
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.review.approving import approve
from crmctl.review.inbox import inbox
from crmctl.rules.calendar import add_months


@dataclass(frozen=True, slots=True)
class Played:
    """A scene as it lies there.

    `copy` is that of its founder, who is `member`; `steps` how many it took; `pages` the reports it shows, each with
    the file it was drawn into.
    """

    name: str
    company: str
    about: str
    copy: Path
    member: str
    steps: int
    pages: Mapping[Page, Path]


def play(scene: Scene, path: Path, home: Path, now: datetime) -> Played:
    """Found the scene's company in the new folder `path` with its keys in `home`, and take all its steps."""
    return _Playing(scene, path, home, now).played()


@dataclass
class _Playing:
    scene: Scene
    path: Path
    home: Path
    now: datetime
    written: dict[str, Kept] = field(default_factory=dict)  # by what a step called it

    def played(self) -> Played:
        scene, founder = self.scene, self.scene.firm.people[0].id
        office = self.path / "ledger"
        found_firm(scene.firm, self._moment(scene.founded, 8), self.home, office)
        with acting(self.home, self._moment(scene.founded), founder):
            share(office, self.path / "server.git")
        told = ((self._moment(step.on), step) for step in scene.steps)
        # by their days, each day's in the order they are written in; what lies ahead has not happened yet
        happened = sorted((one for one in told if one[0] <= self.now), key=lambda one: one[0])
        for (moment, by, approves), steps in groupby(happened, key=lambda one: (one[0], one[1].by, one[1].approve)):
            with self._at(by, moment) as ledger:
                if approves:
                    approve_all(ledger)
                else:
                    self._enter(ledger, [step for _moment, step in steps], moment)
        with acting(self.home, self.now, founder):
            settle(office, self.home)
            pages = {page: draw_page(office, self.home, page.report, page.asked, self.path) for page in self._pages()}
        return Played(scene.name, scene.firm.company, scene.about, office, founder, len(scene.steps), pages)

    def _pages(self) -> Iterator[Page]:
        """The scene's, with the customer's name and the period as they are asked for."""
        for page in self.scene.pages:
            customer = str(self.written[page.customer].record.data["name"]) if page.customer else None
            yield replace(page, customer=customer, period=filled(page.period, lambda word: self._said(word, self.now)))

    def _moment(self, on: int | Sequence[int], hour: int = 10) -> datetime:
        """The day of a step, or the Friday before its weekend."""
        if isinstance(on, int):
            day = self.now.date() + timedelta(days=on)
        else:
            months, number = on
            day = add_months(self.now.date().replace(day=1), months) + timedelta(days=number - 1)
        day -= timedelta(days=max(0, day.isoweekday() - 5))
        return datetime.combine(day, time(hour), self.now.tzinfo)

    @contextmanager
    def _at(self, member: str, moment: datetime) -> Iterator[Ledger]:
        with acting(self.home, moment, member):
            ledger = Ledger(self.path / "ledger", home=self.home)
            try:
                yield ledger
            finally:
                ledger.repo.close()

    def _enter(self, ledger: Ledger, steps: Sequence[Step], at: datetime) -> None:
        """Enter what one person does on a day; what others have to look at is handed in."""
        draft = Draft(ledger)
        for step in steps:
            self._one(draft, step, at)
        draft.commit("import")
        ledger = ledger.reopened()
        if ledger.pending.stacks:
            submit(ledger)

    def _one(self, draft: Draft, step: Step, at: datetime) -> None:
        values = filled(step.values, lambda word: self._said(word, at))
        if step.advance:
            draft.new_version(self.written[step.advance].path, values)
            return
        if step.add == "customer":
            kept = draft.new_customer(values, step.department, step.by)
        else:
            about = self.written[step.of].record.dossier if step.of else f"office/{step.department}"
            kept = draft.new_record(draft.kind(str(step.add)), about, step.department, values)
        if step.called:
            self.written[step.called] = kept

    def _said(self, word: str, at: datetime) -> object:
        """`at`: the moment; `id NAME`: the record that a step called so; `text NAME`: the scene's; else as `said`."""
        name, _, called = word.partition(" ")
        if name == "text":
            return self.scene.texts[called]
        if name == "id":
            known = self.written[called].record
            return known.dossier if known.kind == "customer" else known.id
        return at.isoformat() if name == "at" else said(name, at.date(), self.now.date())


def said(word: str, day: date, today: date) -> str:
    """The day or period that a word of a step on `day` stands for.

    `day+30`, `today-2`: a day; `month`, `year`: the step's; `last_month`, `last_quarter`: those before today's.
    Raises KeyError for another word.
    """
    if word in _PERIODS:
        return _PERIODS[word](day, today)
    start, sign, days = word.partition("-") if "-" in word else word.partition("+")
    return ({"day": day, "today": today}[start] + timedelta(days=int(f"{sign}{days or 0}"))).isoformat()


def _months_before(today: date, months: int) -> date:
    return add_months(today.replace(day=1), -months)


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


_PERIODS: Mapping[str, Callable[[date, date], str]] = {
    "month": lambda day, _today: f"{day:%Y-%m}",
    "year": lambda day, _today: f"{day:%Y}",
    "last_month": lambda _day, today: f"{_months_before(today, 1):%Y-%m}",
    "last_quarter": lambda _day, today: _quarter(_months_before(today, 3)),
}


def approve_all(ledger: Ledger) -> None:
    """Approve whatever waits for the acting member, and bring it to the others."""
    sync(ledger)
    for bundle in inbox(ledger.reopened()):
        names = [change.name for change in bundle.changes if change.asks_me]
        if names:
            approve(ledger.reopened(), bundle, names)
