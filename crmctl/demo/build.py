"""Build the demo company: found it, enrol its people, enter their year, give two of them a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from random import Random

from crmctl import clock
from crmctl.demo.affairs import Affairs
from crmctl.demo.customers import invent, leading_name
from crmctl.demo.deeds import Chronicle
from crmctl.demo.enter import Clerk
from crmctl.demo.firm import Firm, draw_page, found_firm, settle, share
from crmctl.demo.playing import Played, play
from crmctl.demo.scene import all_scenes
from crmctl.demo.span import Span
from crmctl.demo.story import Story
from crmctl.demo.surroundings import acting
from crmctl.demo.texts import read_texts
from crmctl.errors import BadConfiguration, GitFailed
from crmctl.i18n import _, language
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.joining import join
from crmctl.model.kinds import Label
from crmctl.report.question import Asked
from crmctl.resources import data_path

Progress = Callable[[str, int], None]
PACKS = ("base", "p23", "p02", "p13")
SELLER, SUPERVISOR = "zhou", "lu"


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, and what a reader tries first.

    `counts` maps kinds to how many there are, `labels` to what they are called. `sample` is a customer's card to look
    at; `followed` the one whose year is told, `before` a day on which all was well, `risen` who took its seat, if any.
    `scenes` are the further companies beside it.
    """

    path: Path
    home: Path
    company: str
    counts: Mapping[str, int]
    labels: Mapping[str, Label]
    members: int
    commits: int
    copies: Mapping[str, Path]
    pages: Mapping[str, Path]
    sample: str
    followed: str
    risen: str | None
    before: date
    scenes: Sequence[Played]


def build(path: Path, customers: int = 300, seed: int = 7, progress: Progress | None = None) -> Built:
    """Build the company in `path`, which must be absent or empty. Nothing is left there on failure.

    The same seed and day give the same people, customers and records (ids and keys are fresh).
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadConfiguration(_("The folder is not empty"), where=str(path), hint=_("crmctl demo NEW-FOLDER"))
    made = not path.exists()
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return _build(path, customers, seed, progress or (lambda _stage, _done: None))
    except OSError as error:
        _clear(path, made=made)
        raise GitFailed(_("{path} cannot be written", path=path), where=str(path)) from error
    except BaseException:
        _clear(path, made=made)
        raise


def _clear(path: Path, *, made: bool) -> None:
    for inside in path.iterdir() if path.is_dir() else ():
        shutil.rmtree(inside, ignore_errors=True) if inside.is_dir() else inside.unlink(missing_ok=True)
    if made:
        with suppress(OSError):  # a Git at work may still write; the fault that led here is the one to tell
            path.rmdir()


def _build(path: Path, count: int, seed: int, progress: Progress) -> Built:
    texts, rng = read_texts(language()), Random(seed)  # noqa: S311 (invented data, nothing secret)
    span = Span(clock.now())
    home, office = path / "keys", path / "manager"
    founder = texts.people[0]
    policy = data_path("examples") / "company" / "policy.yaml"
    firm = Firm(texts.company, texts.departments, texts.people, PACKS, policy)
    found_firm(firm, datetime.combine(span.first, time(8), span.now.tzinfo), home, office)
    share(office, path / "server.git")
    progress(_("Enrolled"), len(texts.people))
    invented = invent(texts, rng, span, count)
    clerk = Clerk(office, home, span, invented)
    deeds = Chronicle(texts, rng, span, invented).deeds()
    deeds += Affairs(texts, rng, span, invented).deeds()
    story = Story(office, home, span, texts, clerk)
    clerk.enter(deeds, story.chapters(), lambda done: progress(_("Entered"), done))
    with acting(home, span.now, founder.id):
        labels = {name: kind.label for name, kind in Ledger(office, home=home).in_force.kinds.items()}
        commits = settle(office, home)
        copies = {founder.id: office}
        for member, folder in ((SELLER, "sales"), (SUPERVISOR, "supervisor")):
            join(str(path / "server.git"), path / folder, member).repo.close()
            copies[member] = path / folder
    story.leave_waiting(copies)
    scenes = []
    for scene in all_scenes(language()):
        scenes.append(play(scene, path / "scenes" / scene.name, home, span.now))
        progress(_("Entered"), len(deeds) + sum(one.steps for one in scenes))
    mine = [c for c in invented if c.owner.id == SELLER]
    sample = next((c for c in mine if c.is_key and not c.leads), invented[0])
    name = str(sample.values["name"])
    return Built(
        path, home, texts.company, clerk.counts, labels, len(texts.people), commits, copies,
        _pages(path, home, span.now, copies, name), name, leading_name(texts), story.risen_name, story.before, scenes,
    )  # fmt: skip


def _pages(path: Path, home: Path, now: datetime, copies: Mapping[str, Path], name: str) -> dict[str, Path]:
    """The customer list as the manager sees it, the dashboard of a supervisor, and one card as its salesperson does."""
    manager = next(iter(copies))
    wanted = {
        "dashboard": (SUPERVISOR, Asked()),
        "customers": (manager, Asked(department="all")),
        "card": (SELLER, Asked(customer=name)),
    }
    pages = {}
    for report, (member, asked) in wanted.items():
        with acting(home, now, member):
            pages[report] = draw_page(copies[member], home, report, asked, path)
    return pages
