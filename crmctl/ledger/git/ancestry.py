"""Which commit comes before which. What two commits show by themselves is answered without starting Git."""

from __future__ import annotations

from crmctl.errors import GitFailed, NotFound
from crmctl.ledger.git.repository import Repository


def is_ancestor(repo: Repository, old: str, new: str) -> bool:
    """Whether `new` is the commit `old` or holds it in its history. False where either is not here."""
    if old == new or old in _parents(repo, new):
        return True
    return repo.run_quietly("merge-base", "--is-ancestor", old, new).returncode == 0


def merge_base(repo: Repository, ours: str, theirs: str) -> str | None:
    """The commit where two lines part; None where they share nothing or one is not here."""
    if ours == theirs or ours in _parents(repo, theirs):
        return ours
    if theirs in _parents(repo, ours):
        return theirs
    return repo.run("merge-base", ours, theirs, check=False).decode().strip() or None


def _parents(repo: Repository, commit: str) -> tuple[str, ...]:
    try:
        return repo.commit(commit).parents
    except (NotFound, GitFailed):
        return ()
