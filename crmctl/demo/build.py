"""Build the demo company: found it, enrol its people, enter their year, give two of them a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
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
from crmctl.demo.span import Span
from crmctl.demo.story import Story
from crmctl.demo.surroundings import acting
from crmctl.demo.texts import Texts, read_texts
from crmctl.errors import BadConfiguration, GitFailed
from crmctl.i18n import _, language
from crmctl.ledger.keys.identity import create
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_department, add_member, set_roles
from crmctl.ledger.setup.founding import Founding, found
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.kinds import Label
from crmctl.model.org import Role
from crmctl.resources import data_path

Progress = Callable[[str, int], None]
PACKS = ("base", "p23", "p02", "p13")
SELLER, SUPERVISOR = "zhou", "lu"


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, and what a reader tries first.

    `counts` maps kinds to how many there are, `labels` to what they are called. `sample` is a customer's card to look
    at; `followed` the one whose year is told, `before` a day on which all was well, `risen` who took its seat, if any.
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
    found_company(texts, span, home, office)
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
    mine = [c for c in invented if c.owner.id == SELLER]
    sample = next((c for c in mine if c.is_key and not c.leads), invented[0])
    name = str(sample.values["name"])
    return Built(
        path, home, texts.company, clerk.counts, labels, len(texts.people), commits, copies,
        _pages(path, home, span.now, copies, name), name, leading_name(texts), story.risen_name, story.before,
    )  # fmt: skip


def found_company(texts: Texts, span: Span, home: Path, office: Path) -> None:
    """The company and its people, on the first day of the year: a commit for each of them."""
    morning = datetime.combine(span.first, time(8), span.now.tzinfo)
    people, departments = texts.people, texts.departments
    founder, own = people[0], next(iter(departments))
    with acting(home, morning, founder.id):
        founding = Founding(texts.company, {own: departments[own]}, founder.id, founder.name, PACKS)
        found(office, founding, home)
        adopt(Ledger(office, home=home), str(data_path("examples") / "company" / "policy.yaml"))
        for key, label in departments.items():
            if key != own:
                add_department(Ledger(office, home=home), key, label)
        for person in people[1:]:
            keys = create(home, person.id, None)
            roles = _roles(person.roles, person.department, span.first)
            add_member(Ledger(office, home=home), keys, person.name, roles, person.supervisor)
        # the founder keeps the head's place of his own department besides the company-wide roles
        head = _roles((*founder.roles, "head"), founder.department, span.first)
        set_roles(Ledger(office, home=home), founder.id, head)


_COMPANY_WIDE = frozenset({"quality", "division", "management", "finance", "admin", "auditor", "sales_lead"})


def _roles(names: tuple[str, ...], department: str, since: date) -> tuple[Role, ...]:
    return tuple(Role(name, None if name in _COMPANY_WIDE else department, since) for name in names)


def share(office: Path, server: Path) -> None:
    """Make the shared place and bring everything there."""
    from crmctl.ledger.git.remote import push
    from crmctl.ledger.git.repository import Repository

    ledger = Ledger(office)
    Repository.create(server, bare=True).close()
    ledger.repo.run("remote", "add", "origin", str(server))
    outcome = push(ledger.repo, [f"{ref}:{ref}" for ref in (MAIN, keyring_ref(ledger.in_force.settings.epoch))])
    if outcome.result != "done":
        raise GitFailed(_("The server refused: {said}", said=outcome.said), where=str(server))
    ledger.repo.close()


def settle(office: Path, home: Path) -> int:
    """Bring what is new to the shared place; how many commits main has."""
    ledger = Ledger(office, home=home)
    sync(ledger)
    ledger.repo.run("repack", "-a", "-d", "-q")  # 400 small packs made one; the history stays
    commits = int(ledger.repo.run("rev-list", "--count", MAIN).decode())
    ledger.repo.close()
    return commits


def _pages(path: Path, home: Path, now: datetime, copies: Mapping[str, Path], name: str) -> dict[str, Path]:
    """The customer list as the manager sees it, the dashboard of a supervisor, and one card as its salesperson does."""
    from crmctl.ledger.disk.files import write_atomic
    from crmctl.report.catalogue import find_report
    from crmctl.report.fill import fill
    from crmctl.report.formats import draw
    from crmctl.report.question import Asked

    manager = next(iter(copies))
    wanted = {
        "dashboard": (SUPERVISOR, Asked()),
        "customers": (manager, Asked(department="all")),
        "card": (SELLER, Asked(customer=name)),
    }
    pages = {}
    for report, (member, asked) in wanted.items():
        with acting(home, now, member):
            ledger = Ledger(copies[member], home=home)
            filled = fill(ledger, find_report(ledger, report), asked)
            pages[report] = path / f"{report}.html"
            write_atomic(pages[report], draw(filled, "html"))
            ledger.repo.close()
    return pages
