"""A member's own copy of a ledger that stands on a server (DESIGN 7: clone URL DIR)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.git.objects import EMPTY_TREE
from crmctl.ledger.git.remote import clone as fetch_copy
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import RefMove, move_refs
from crmctl.ledger.in_force import read_in_force
from crmctl.ledger.keys.identity import MEMBER
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger, claim_clone

Progress = Callable[[str, int, int | None], None]
Prove = Callable[[Repository, str | None, str | None], None]


def join(
    url: str, directory: Path, member: str, progress: Progress | None = None, *, prove: Prove | None = None
) -> Ledger:
    """Copy the ledger at `url` into `directory` for a member. Nothing is left there on failure.

    `prove` is asked about the server's main and keyring before they count (`trust.gate`).
    Raises InvalidInput for what is no member's name, GitFailed, NotFound, TrustBroken.
    """
    if not MEMBER.fullmatch(member):
        raise InvalidInput(
            _("Not a member's short name: {member}", member=member),
            hint=_("Small letters and digits, as bob or li-wei"),
        )
    there = directory.exists()
    repo = fetch_copy(url, directory, progress)
    try:
        _claim(repo, url, member, prove)
    except BaseException:
        repo.close()
        for entry in list(directory.iterdir()):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if not there:
            directory.rmdir()
        raise
    repo.close()
    return Ledger(directory)


def _claim(repo: Repository, url: str, member: str, prove: Prove | None) -> None:
    head = _main(repo, url)
    settings = read_in_force(repo, head).settings
    ref = keyring_ref(settings.epoch)
    tip = repo.resolve(f"refs/remotes/origin/{ref.removeprefix('refs/heads/')}")
    if tip is None:
        raise NotFound(_("The server has no keyring"), where=url, hint=_("Ask for crmctl sync on a whole copy"))
    roots = repo.run("rev-list", "--max-parents=0", tip).decode().split()
    if roots != [settings.root]:
        raise TrustBroken(_("The keyring does not begin where the ledger says"), where=url)
    if prove:
        prove(repo, head, tip)
    move_refs(repo, [RefMove(ref, new=tip, old=repo.resolve(ref))])
    claim_clone(repo, member)


def _main(repo: Repository, url: str) -> str:
    """The tip of main; a server whose default branch is another one is no obstacle."""
    head = repo.resolve("refs/remotes/origin/main")
    if head is None:
        raise NotFound(_("There is no ledger at this address"), where=url)
    if repo.head_ref != MAIN:
        if (repo.git_dir / "index").exists():
            repo.run("read-tree", "-m", "-u", EMPTY_TREE)  # another branch was checked out
        repo.run("symbolic-ref", "HEAD", MAIN)
        move_refs(repo, [RefMove(MAIN, new=head, old=None)])
    return head
