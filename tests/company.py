"""A small company for tests: three members, each with a clone over one bare repository.

Departments east and west; alice (admin, head and sales of both, the founder), bob (sales west),
carol (supervisor east).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

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


LINKED = frozenset({"objects", "schemas", "templates"})
BY_HAND = "alice"  # in whose clone tests write kinds and templates as they lie there


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

    def copy(self, path: Path) -> Company:
        """Another company with all of this one, whose clones meet on its own server.

        Git's objects, kinds and templates are links (kinds and templates but in alice's clone): Git and crmctl put
        new files in their place. Who writes into one as it lies there spoils it for other tests (`founded` tells).
        """
        shutil.copytree(self.path, path, symlinks=True, copy_function=_linked_or_copied)
        for config in path.glob("*/.git/config"):
            text = config.read_text("utf-8")
            config.write_text(text.replace(str(self.path / "server.git"), str(path / "server.git")), "utf-8")
        return Company(path)

    def become(self, other: Company) -> None:
        """Be a copy of another company from now on."""
        shutil.rmtree(self.path)
        other.copy(self.path)

    def main(self) -> str:
        """Where alice's main stands, read without crmctl."""
        return (self.clone("alice") / ".git/refs/heads/main").read_text("ascii")

    def pack(self) -> None:
        """Few files instead of many: what is copied often."""
        for repo in (*self.path.glob("*/.git"), self.path / "server.git"):
            subprocess.run(["git", "repack", "-a", "-d", "-q", "-n"], cwd=repo, check=True, capture_output=True)

    def shared(self) -> dict[str, int]:
        """A checksum of every file that copies share."""
        found = (path for path in self.path.rglob("*") if _shared(path) and path.is_file())
        return {str(path): crc32(path.read_bytes()) for path in found}


def _shared(path: Path) -> bool:
    return not LINKED.isdisjoint(path.parts) and ("objects" in path.parts or BY_HAND not in path.parts)


def _linked_or_copied(source: str, target: str) -> None:
    if _shared(Path(source)):
        try:
            os.link(source, target)
        except OSError:  # a file system without links
            pass
        else:
            return
    shutil.copy2(source, target)


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
    git(company.path, "init", "-q", "--bare", "-b", "main", "--template=", "server.git")
    git(company.clone("alice"), "remote", "add", "origin", str(company.path / "server.git"))
    for member, name, role, department in (("bob", "Bob", "sales", "west"), ("carol", "Carol", "supervisor", "east")):
        keys = create(company.home, member, None)
        ledger = company.ledger()
        add_member(ledger, keys, name, (Role(role, department, ledger.today),))
    company.sync("alice")
    for member in ("bob", "carol"):
        join(str(company.path / "server.git"), company.clone(member), member)
