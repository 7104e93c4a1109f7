"""Repositories for the tests of the Git layer, and plain `git` to compare with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, Who, write

MAIN = "refs/heads/main"
ALICE = Who("alice", "alice@L-1.crmctl.invalid")
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def sign(_payload: bytes) -> str:
    return "-----BEGIN SSH SIGNATURE-----\nbm90IG9uZQ==\n-----END SSH SIGNATURE-----\n"


def plain_git(folder: Path, *args: str, content: bytes | None = None, check: bool = True) -> bytes:
    """What a person's own `git` prints there, with none of our hardening."""
    person = {"GIT_AUTHOR_NAME": "hand", "GIT_AUTHOR_EMAIL": "hand@x", "GIT_COMMITTER_NAME": "hand"}
    person |= {"GIT_COMMITTER_EMAIL": "hand@x", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *args], cwd=folder, input=content, capture_output=True, check=False, env=kept | person | {"LC_ALL": "C"}
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def put(repo: Repository, edits: Mapping[str, Edit], message: str = "put", ref: str = MAIN) -> str:
    """Write `edits` onto where `ref` stands."""
    return write(repo, [Change(ref, repo.resolve(ref), edits, message)], sign, ALICE, AT)[0]


def files(repo: Repository, rev: str) -> dict[str, bytes]:
    return {path: repo.read_blob(oid) for path, oid in repo.walk(rev)}


def sound(repo: Repository) -> bool:
    """Whether `git fsck --strict` finds nothing wrong; stray objects of a killed write are no fault."""
    done = repo.run_quietly("fsck", "--strict", "--no-dangling", "--no-progress")
    return done.returncode == 0 and b"error" not in done.stderr
