"""A demo company in its ledger: founded, its people enrolled, what is new shared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from crmctl.demo.surroundings import acting
from crmctl.errors import GitFailed
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.remote import push
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.identity import create
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_department, add_member, set_roles
from crmctl.ledger.setup.founding import Founding, found
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.kinds import Label
from crmctl.model.org import Role
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.formats import draw
from crmctl.report.question import Asked


@dataclass(frozen=True, slots=True)
class Person:
    """A member of a demo company; `supervisor` is another's id."""

    id: str
    name: str
    department: str
    roles: tuple[str, ...]
    supervisor: str | None


@dataclass(frozen=True, slots=True)
class Firm:
    """Who founds what, and under which policy.

    Departments go by id, the first is the founder's; of the people the founder stands first. `packs` are shipped ones,
    `policy` is the file of the company's own, which says what these leave open.
    """

    company: str
    departments: Mapping[str, Label]
    people: Sequence[Person]
    packs: Sequence[str]
    policy: Path


def found_firm(firm: Firm, morning: datetime, home: Path, office: Path) -> None:
    """Found it in the folder `office` with its keys in `home`: a commit for each department and person."""
    founder, *others = firm.people
    own, *further = firm.departments
    with acting(home, morning, founder.id):
        founding = Founding(firm.company, {own: firm.departments[own]}, founder.id, founder.name, firm.packs)
        found(office, founding, home)
        adopt(Ledger(office, home=home), str(firm.policy))
        for key in further:
            add_department(Ledger(office, home=home), key, firm.departments[key])
        for person in others:
            ledger = Ledger(office, home=home)
            roles = _roles(ledger, person, morning.date())
            add_member(ledger, create(home, person.id, None), person.name, roles, person.supervisor)
        ledger = Ledger(office, home=home)
        set_roles(ledger, founder.id, _roles(ledger, founder, morning.date()))


def _roles(ledger: Ledger, person: Person, since: date) -> tuple[Role, ...]:
    everywhere = ledger.in_force.pack.company_roles
    return tuple(Role(name, None if name in everywhere else person.department, since) for name in person.roles)


def share(office: Path, server: Path) -> None:
    """Make the shared place and bring everything there."""
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


def draw_page(office: Path, home: Path, report: str, asked: Asked, folder: Path) -> Path:
    """Draw a report as the acting member sees it, as a page in a folder; where it lies."""
    ledger = Ledger(office, home=home)
    page = folder / f"{report}.html"
    write_atomic(page, draw(fill(ledger, find_report(ledger, report), asked), "html"))
    ledger.repo.close()
    return page
