"""What a killed command leaves behind, found and put right by the next one.

Two things can be left. Git's own lock files: the journal names them. An index behind its
branch: the journal says which move it missed; without a journal the note of where the index
was last brought to is compared with HEAD, and only moves that the reflog ascribes to crmctl
are made up for, because plain Git brings its index along itself.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crmctl.errors import Conflict
from crmctl.i18n import _
from crmctl.ledger.git import Repository
from crmctl.ledger.index import bring_along, checkouts, note_index, noted_index
from crmctl.ledger.lock import TALKING, Journal, drop_journal, ledger_lock, read_journal
from crmctl.ledger.objects import NO_OBJECT

REFLOG_MESSAGE = "crmctl"
_YOUNG = 60  # seconds


def mend(repo: Repository, wait_seconds: float = 10.0) -> list[str]:
    """Put right what a command that ended in the middle left; what was done, in the user's words.

    In the good case it reads three small files. Raises Conflict while another crmctl writes,
    or while a Git that may own a found lock is still running.
    """
    with ledger_lock(repo, wait_seconds) as descriptor:
        done = _mend_talk(repo)
        journal = read_journal(repo)
        if journal is not None:
            done += _mend_write(repo, journal, descriptor)
        return done + _mend_stale_index(repo, descriptor)


def _mend_write(repo: Repository, journal: Journal, descriptor: int) -> list[str]:
    done = _remove_locks(repo, (repo.common_dir / name for name in journal.locks))
    for ref, (old, new) in journal.moves.items():
        if new is None or repo.resolve(ref) != new:
            continue
        for checkout in checkouts(repo, ref):
            bring_along(checkout, old, new, (descriptor,))
            done.append(_("Brought the work tree along to what was written before the break"))
    drop_journal(repo)
    return done


def _mend_talk(repo: Repository) -> list[str]:
    if read_journal(repo, TALKING) is None:
        return []
    try:
        with ledger_lock(repo, 0, purpose=TALKING):
            locks = [repo.common_dir / "packed-refs.lock", repo.common_dir / "shallow.lock"]
            done = _remove_locks(repo, [*locks, *(repo.common_dir / "refs" / "remotes").rglob("*.lock")])
            drop_journal(repo, TALKING)
            return done
    except Conflict:
        return []  # it is not dead, it is talking


def _remove_locks(repo: Repository, locks: Iterable[Path]) -> list[str]:
    found = [lock for lock in locks if lock.exists()]
    if found and (pid := _git_at_work(repo) or _recent(found)):
        raise Conflict(
            _("Another Git command is at work here: process {pid}", pid=pid),
            where=str(repo.path),
            hint=_("Wait until it is done, then run the command again"),
        )
    for lock in found:
        lock.unlink(missing_ok=True)
    return [_("Removed a lock left by a broken-off command: {name}", name=lock.name) for lock in found]


def _git_at_work(repo: Repository) -> str | None:
    """The id of a running Git, not our child, in this repository; known on Linux only."""
    roots = {Path(os.path.realpath(folder)) for folder in (repo.path, repo.common_dir)}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            here = Path(os.path.realpath(entry / "cwd"))
            is_git = words[0].rpartition(b"/")[2].startswith(b"git") and b"cat-file" not in words
            if is_git and parent != os.getpid() and any(here.is_relative_to(root) for root in roots):
                return entry.name
    return None


def _recent(locks: list[Path]) -> str | None:
    """Where running processes cannot be looked at: a young lock may have a living owner."""
    if Path("/proc/self").exists():
        return None
    with contextlib.suppress(OSError):
        if any(time.time() - lock.stat().st_mtime < _YOUNG for lock in locks):
            return "?"
    return None


def _mend_stale_index(repo: Repository, descriptor: int) -> list[str]:
    ref = None if repo.is_bare else repo.head_ref
    head = repo.resolve("HEAD") if ref else None
    if ref is None or head is None or head == noted_index(repo):
        return []
    behind = _commit_before_ours(repo, ref, head)
    if behind is None:
        note_index(repo, head)
        return []
    bring_along(repo, behind or None, head, (descriptor,))
    return [_("Brought the work tree along to what was written before the break")]


def _commit_before_ours(repo: Repository, ref: str, head: str) -> str | None:
    """Where the index must still be if crmctl moved `ref` since; "" for nothing, None if plain Git moved it."""
    known = noted_index(repo)
    by_git = [move for move in _reflog(repo.git_dir / "logs" / "HEAD")[:1] if move.new == head and not move.ours]
    behind: str | None = None
    expected = head
    for move in _reflog(repo.common_dir / "logs" / ref):
        if by_git or move.new != expected or not move.ours or move.new == known:
            break
        behind = expected = move.old
    if known is None:
        return None
    return "" if behind == NO_OBJECT else behind


class _Move(NamedTuple):
    old: str
    new: str
    ours: bool


def _reflog(path: Path) -> list[_Move]:
    """A reflog's moves, newest first."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    parted = [line.partition("\t") for line in reversed(lines)]
    return [_Move(meta[:40], meta[41:81], message.startswith(REFLOG_MESSAGE)) for meta, _tab, message in parted]
