"""One writer at a time: an advisory lock that ends with its holder, and the journal beside it.

The lock is the operating system's (`flock`, on Windows a byte range), so a killed process
leaves none behind. Git children that take locks of their own inherit it: whoever gets it
knows that they are gone too. The journal names what the holder was about to do, for `mend`.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crmctl.errors import Conflict, GitFailed
from crmctl.i18n import _
from crmctl.ledger.git.repository import Repository

WRITING = "writing"
TALKING = "talking"  # to a server: may take long, so it has a lock of its own
_PAUSE = 0.02
_held: dict[tuple[str, int], list[int]] = {}


@contextlib.contextmanager
def ledger_lock(repo: Repository, wait_seconds: float = 10.0, *, purpose: str = WRITING) -> Iterator[int]:
    """Hold the ledger's lock; gives the descriptor for Git children to inherit.

    One lock serves all linked worktrees. The same thread may take it again. Raises Conflict
    naming the holder and since when, after `wait_seconds`; GitFailed where the folder cannot
    be written.
    """
    path = own_folder(repo) / f"{purpose}.lock"
    key = (str(path), threading.get_ident())
    if key in _held:
        yield _held[key][0]
        return
    descriptor = _acquire(path, wait_seconds)
    _held[key] = [descriptor]
    try:
        yield descriptor
    finally:
        del _held[key]
        os.close(descriptor)


def own_folder(repo: Repository) -> Path:
    """The folder for crmctl's own notes in the Git directory, made when missing."""
    folder = repo.common_dir / "crmctl"
    with _unwritable(folder):
        folder.mkdir(exist_ok=True)
    return folder


@contextlib.contextmanager
def _unwritable(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GitFailed(
            _("The ledger cannot be written: {reason}", reason=error.strerror or type(error).__name__),
            where=str(where),
            hint=_("Check the disk's space and the folder's permissions. The ledger is as it was"),
        ) from error


def _acquire(path: Path, wait_seconds: float) -> int:
    deadline = time.monotonic() + wait_seconds
    with _unwritable(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise _busy(path)
            time.sleep(_PAUSE)
        with _unwritable(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0) if hasattr(os, "pwrite") else None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            # far beyond the text, which others must be able to read
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _busy(path: Path) -> Conflict:
    try:
        holder = path.read_text("ascii").strip() or "?"
        since = datetime.fromtimestamp(path.stat().st_mtime).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OSError, ValueError):
        holder, since = "?", "?"
    return Conflict(
        _("Another crmctl is writing: process {pid}, since {since}", pid=holder, since=since),
        where=str(path.parent.parent),
        hint=_("Wait until it is done, then run the command again"),
    )


@dataclass(frozen=True, slots=True)
class Journal:
    """What a command was about to do: `moves` are `ref: (old, new)`, `locks` files Git would make."""

    moves: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    locks: tuple[str, ...] = ()


def write_journal(repo: Repository, journal: Journal, purpose: str = WRITING) -> None:
    """Note it down durably, before the first Git child that takes locks."""
    folder = own_folder(repo)
    text = json.dumps({"pid": os.getpid(), "moves": dict(journal.moves), "locks": list(journal.locks)})
    with _unwritable(folder):
        fresh = folder / f"{purpose}.json.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / f"{purpose}.json")


def read_journal(repo: Repository, purpose: str = WRITING) -> Journal | None:
    """What a process that ended in the middle left; None in the good case."""
    try:
        content = (repo.common_dir / "crmctl" / f"{purpose}.json").read_bytes()
    except OSError:
        return None
    try:
        noted = json.loads(content)
        moves = {str(ref): (pair[0], pair[1]) for ref, pair in noted["moves"].items()}
        return Journal(moves, tuple(map(str, noted["locks"])))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Journal()


def drop_journal(repo: Repository, purpose: str = WRITING) -> None:
    """The work is done, or Git took it all back."""
    with _unwritable(repo.common_dir):
        (repo.common_dir / "crmctl" / f"{purpose}.json").unlink(missing_ok=True)
