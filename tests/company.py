"""A small company for tests: three members, each with a clone over one bare repository.

Departments east and west; alice (admin, head and sales of both, the founder), bob (sales west),
carol (supervisor east).
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.changing.entry import Entered, Entry, add
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.founding import Founding, found
from crmctl.ledger.setup.joining import join
from crmctl.model.org import Role

NOW = "2026-11-20T10:00:00+08:00"
CARD = {
    "name": "Northern Hospital", "party_type": "company", "source": "referral", "lawful_basis": "contract",
    "obtained_at": "2026-11-20T09:00:00+08:00",
}  # fmt: skip
VISIT = {
    "on": "2026-11-25", "topic": "Introduction", "purpose": "introduce", "way": "on_site", "whom": "Dr Wang",
    "place": "ward 3", "minimum_goal": "a second date",
}  # fmt: skip


@dataclass(frozen=True)
class Company:
    """A folder with `server.git`, one clone a member and everybody's keys."""

    path: Path

    @property
    def home(self) -> Path:
        """Where the members' keys lie."""
        return self.path / "home"

    def clone(self, member: str) -> Path:
        """A member's clone."""
        return self.path / member

    def ledger(self, member: str = "alice", *, at: str | None = None) -> Ledger:
        """A member's ledger, opened anew."""
        return Ledger(self.clone(member), home=self.home, at=at)

    def sync(self, *members: str) -> None:
        """Let these members sync, one after the other."""
        for member in members:
            sync(self.ledger(member))

    def add(self, kind: str, values: dict[str, object], member: str = "alice", **more: object) -> Entered:
        """A member adds a record as `crmctl add` does."""
        return add(self.ledger(member), Entry(kind, values, **more))  # type: ignore[arg-type]

    def customer(self, member: str = "alice", **values: object) -> str:
        """A member adds a customer; its id."""
        return self.add("customer", {**CARD, **values}, member, not_duplicate="another one").id

    def draft(self, member: str = "alice") -> Draft:
        """An empty draft on a member's ledger."""
        return Draft(self.ledger(member))


def git(path: Path, *words: str) -> str:
    """What plain git prints."""
    done = subprocess.run(
        ["git", "-c", "user.name=hand", "-c", "user.email=hand@example.com", *words],
        cwd=path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def build(company: Company) -> None:
    departments = {"east": ("东区", "East"), "west": ("西区", "West")}
    found(company.clone("alice"), Founding("Example", departments, "alice", "Alice"), company.home)
    git(company.path, "init", "-q", "--bare", "-b", "main", "server.git")
    git(company.clone("alice"), "remote", "add", "origin", str(company.path / "server.git"))
    for member, name, role, department in (("bob", "Bob", "sales", "west"), ("carol", "Carol", "supervisor", "east")):
        keys = create(company.home, member, None)
        ledger = company.ledger()
        add_member(ledger, keys, name, (Role(role, department, ledger.today),))
    company.sync("alice")
    for member in ("bob", "carol"):
        join(str(company.path / "server.git"), company.clone(member), member)
