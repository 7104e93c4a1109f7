"""What this copy knows of its server: that there is one, and how far its branches had come.

A server only ever goes forward. One that was turned back (a restored backup, a forced push) is told
of, and nothing is taken from it silently: the last state seen is kept under `refs/crmctl/server/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmctl.errors import BadConfiguration, GitFailed, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.remote import ALL_BRANCHES, PASSING, fetch
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import RefMove, move_refs

_HEADS = "refs/heads/"
_REMOTE = "refs/remotes/origin/"
_SEEN = "refs/crmctl/server/"
_MAIN = "refs/heads/main"
Progress = Callable[[str, int, int | None], None]


def require_origin(repo: Repository) -> None:
    """Raise BadConfiguration where this copy has no server yet."""
    if not repo.run("config", "--get", "remote.origin.url", check=False).strip():
        raise BadConfiguration(
            _("This copy has no server to exchange with"),
            where=str(repo.path),
            hint=_("Make an empty folder for it: git init --bare FOLDER; then: git remote add origin FOLDER"),
        )


def fetch_safely(repo: Repository, keyring: str, *, give_back: bool, progress: Progress | None = None) -> None:
    """Fetch all branches; `keyring` names the one in force.

    Raises TrustBroken when main or the keyring is gone, or is not what it was with more on top. With
    `give_back` the copy goes on from what it has.
    """
    seen = {ref: _seen(repo, ref) for ref in (_MAIN, keyring)}
    # a glob says nothing when the server holds nothing; asked for by name, main must be there
    by_name = [f"+{_MAIN}:{_REMOTE}main"] if seen[_MAIN] else []
    try:
        fetch(repo, [ALL_BRANCHES, *by_name], progress)
        if repo.run("for-each-ref", "--count=1", *(spec.partition(":")[2].rstrip("*") for spec in PASSING)):
            fetch(repo, PASSING, progress, prune=True)
    except GitFailed:
        if not by_name:
            raise
        fetch(repo, progress=progress)  # the server answers, so it is main that is gone
        if not give_back:
            raise TrustBroken(_("The server has lost the ledger"), where=_MAIN, hint=_way_back()) from None
        gone = [(ref, repo.resolve(_tracking(ref))) for ref in seen]
        move_refs(repo, [RefMove(_tracking(ref), new=None, old=old) for ref, old in gone if old])
        return
    if not give_back:
        for ref, old in seen.items():
            new = repo.resolve(_tracking(ref))
            if old and (new is None or not is_ancestor(repo, old, new)):
                raise TrustBroken(
                    _("The server was turned back or rewritten; nothing was taken from it"), where=ref, hint=_way_back()
                )


def remember_server(repo: Repository, tips: Mapping[str, str | None]) -> None:
    """Note what the server holds now."""
    moves = [
        RefMove(_SEEN + ref.removeprefix(_HEADS), new=tip, old=_noted(repo, ref)) for ref, tip in tips.items() if tip
    ]
    move_refs(repo, [move for move in moves if move.new != move.old])


def _way_back() -> str:
    return _("Ask who changed it. If it was restored from a backup: crmctl sync --give-back")


def _seen(repo: Repository, ref: str) -> str | None:
    return _noted(repo, ref) or repo.resolve(_tracking(ref))


def _noted(repo: Repository, ref: str) -> str | None:
    return repo.resolve(_SEEN + ref.removeprefix(_HEADS))


def _tracking(ref: str) -> str:
    return _REMOTE + ref.removeprefix(_HEADS)
