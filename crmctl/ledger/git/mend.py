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
from crmctl.ledger.git.index import bring_along, checkouts, note_index, noted_index
from crmctl.ledger.git.lock import TALKING, Journal, drop_journal, ledger_lock, read_journal
from crmctl.ledger.git.objects import NO_OBJECT
from crmctl.ledger.git.repository import Repository

REFLOG_MESSAGE = "crmctl"
_YOUNG = 60  # seconds
_PATIENCE = 2.0
_PAUSE = 0.05
_OF_THE_INDEX = frozenset({"index.lock", "HEAD.lock"})
_TAKES_NO_LOCK = frozenset(
    [
        "cat-file",
        "diff",
        "for-each-ref",
        "index-pack",
        "log",
        "ls-tree",
        "pack-objects",
        "prune",
        "prune-packed",
        "repack",
        "rev-list",
        "rev-parse",
        "show",
        "unpack-objects",
        "upload-pack",
    ]
)
_TAKES_NO_INDEX_LOCK = _TAKES_NO_LOCK | {"fetch", "gc", "maintenance", "pack-refs", "push", "receive-pack", "reflog"}


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


def locks_of(repo: Repository) -> list[Path]:
    """Every lock file of Git's there is, whoever made it."""
    places = {repo.git_dir, repo.common_dir}
    found = [lock for place in places for lock in place.glob("*.lock")]
    return sorted([*found, *(repo.common_dir / "refs").rglob("*.lock")])


def clear_locks(repo: Repository) -> list[str]:
    """Remove the lock files that no running Git can own; what was done. Raises Conflict while one may."""
    with ledger_lock(repo):
        return _remove_locks(repo, locks_of(repo))


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
    deadline = time.monotonic() + _PATIENCE
    while found and (pid := _possible_owner(repo, found)):
        if time.monotonic() >= deadline:
            raise Conflict(
                _("Another Git command is at work here: process {pid}", pid=pid),
                where=str(repo.path),
                hint=_("Wait until it is done, then run the command again"),
            )
        time.sleep(_PAUSE)
    for lock in found:
        lock.unlink(missing_ok=True)
    return [_("Removed a lock left by a broken-off command: {name}", name=lock.name) for lock in found]


def _possible_owner(repo: Repository, locks: list[Path]) -> str | None:
    """The id of a running Git in this repository, not our child, that may own one of `locks`."""
    if not Path("/proc/self").exists():
        return _recent(locks)
    harmless = _TAKES_NO_LOCK if any(lock.name not in _OF_THE_INDEX for lock in locks) else _TAKES_NO_INDEX_LOCK
    roots = {Path(os.path.realpath(folder)) for folder in (repo.path, repo.common_dir)}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            command = _git_command((entry / "cmdline").read_bytes().split(b"\0"))
            parent = int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            here = Path(os.path.realpath(entry / "cwd"))
            if command is None or command in harmless or parent == os.getpid():
                continue
            if any(here.is_relative_to(root) for root in roots):
                return entry.name
    return None


def _git_command(words: list[bytes]) -> str | None:
    """`commit` for `git -c x commit …`; None when it is not Git, "" when it cannot be told."""
    if not words[0].rpartition(b"/")[2].startswith(b"git"):
        return None
    rest = iter(words[1:])
    for word in rest:
        if word in {b"-c", b"-C"}:
            next(rest, None)
        elif not word.startswith(b"-"):
            return word.decode("utf-8", "replace")
    return ""


def _recent(locks: list[Path]) -> str | None:
    """Where running processes cannot be looked at: a young lock may have a living owner."""
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
