"""A keyring that began anew: take it over, carry along what only this copy has, and erase the old one here."""

from __future__ import annotations

from crmctl.ledger.git.ancestry import merge_base
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, RefMove, move_refs
from crmctl.ledger.in_force import read_in_force
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.keyring_merge import merged_keyring
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.tombstones import destroyed_folders

_REMOTE = "refs/remotes/origin/"
_WHERE = ("refs/heads/keyring/", f"{_REMOTE}keyring/", "refs/crmctl/server/keyring/")


def next_keyring(ledger: Ledger, theirs: str) -> tuple[list[Change], list[RefMove]]:
    """What brings this copy to the keyring that the server's main `theirs` names, where that is another epoch's.

    Wraps only one side has are put onto the newer keyring, but none of a destroyed dossier.
    """
    repo, own = ledger.repo, ledger.in_force.settings.epoch
    epoch = read_in_force(repo, theirs).settings.epoch
    if epoch == own:
        return [], []
    newer, older = max(epoch, own), min(epoch, own)
    ref = keyring_ref(newer)
    here, there = repo.resolve(ref), repo.resolve(f"{_REMOTE}keyring/{newer}")
    onto = there or here
    mine = repo.resolve(keyring_ref(older))
    known = repo.resolve(f"{_REMOTE}keyring/{older}")
    if onto is None or mine is None or known is None:
        return [], [RefMove(ref, there, here)] if there and there != here else []
    base = merge_base(repo, mine, known) or known
    further = mine if epoch > own else known  # who has something the newer keyring cannot know
    view = ledger if own > epoch else Ledger(repo, at=theirs, home=ledger.home)
    gone = tuple(destroyed_folders(view))
    edits = {
        path: content
        for path, content in merged_keyring(repo, base, further, onto).items()
        if not path.startswith(gone)
    }
    if not edits:
        return [], [RefMove(ref, onto, here)] if onto != here else []
    message = f"wrap {len(edits)} files\n\nCrmctl-Main: {ledger.main}\n"
    return [Change(ref, onto, edits, message, expected=here)], []


def old_keyrings(repo: Repository, epoch: int) -> dict[str, str]:
    """Every ref of an earlier epoch's keyring in this copy, and where it stands."""
    found = {}
    for prefix in _WHERE:
        for ref, oid in repo.refs(prefix.rstrip("/")).items():
            number = ref.removeprefix(prefix)
            if number.isdigit() and int(number) < epoch:
                found[ref] = oid
    return found


def old_on_server(repo: Repository, epoch: int) -> dict[str, str]:
    """The server's branches of earlier epochs, as last fetched: ref on the server → where it stood."""
    prefix = f"{_REMOTE}keyring/"
    return {
        f"refs/heads/keyring/{ref.removeprefix(prefix)}": oid
        for ref, oid in old_keyrings(repo, epoch).items() if ref.startswith(prefix)
    }  # fmt: skip


def erase_old_epochs(ledger: Ledger) -> bool:
    """Take earlier keyrings out of this copy, with everything that only they held. Whether there was any.

    Where there is a server, only once its main names the present epoch: it may have wraps to carry along.
    """
    repo, epoch = ledger.repo, ledger.in_force.settings.epoch
    theirs = repo.resolve(f"{_REMOTE}main")
    old = old_keyrings(repo, epoch)
    if not old or (theirs is not None and read_in_force(repo, theirs).settings.epoch != epoch):
        return False
    move_refs(repo, [RefMove(ref, None, oid) for ref, oid in old.items()])
    repo.run("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
    repo.run("gc", "--quiet", "--prune=now")
    return True
