"""Private files, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def private_folder(path: Path) -> Path:
    """Make `path` with its parents, those made here for the owner only. Raises OSError."""
    missing = []
    here = path
    while not here.exists():
        missing.append(here)
        here = here.parent
    for folder in reversed(missing):
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def write_atomic(path: Path, content: bytes) -> None:
    """Put `content` at `path` (0600) in one step, on disk before it shows; missing folders are made 0700.

    A crash or a full disk leaves the old file as it was. Raises OSError.
    """
    private_folder(path.parent)
    new = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        write_new(new, content)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    sync_folder(path.parent)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet (0600) and bring it to the disk. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the disk, where the system can."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    with contextlib.suppress(OSError):  # some network file systems refuse; the content itself is synced
        handle = os.open(path, os.O_RDONLY | flag)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
