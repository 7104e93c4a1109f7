"""Whether a member added something and nobody else wrote anything since."""

from __future__ import annotations

from collections.abc import Callable

from crmctl.ledger.git.repository import CommitInfo, Repository

_FAR = 2000
Present = Callable[[str], bool]


def added_alone(repo: Repository, info: CommitInfo, present: Present) -> bool:
    """Whether an unbroken run of the author's own commits before `info` reaches back to the one that added it.

    `present` tells whether it was there at a commit. What others may have built on is never taken out.
    """
    commit = info.parents[0] if info.parents else None
    for _step in range(_FAR):
        if commit is None:
            return False
        earlier = repo.commit(commit)
        if earlier.author.name != info.author.name:
            return False
        commit = earlier.parents[0] if earlier.parents else None
        if commit is None or not present(commit):
            return True
    return False
