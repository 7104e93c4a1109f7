"""What a member's copy remembers between runs, only ever sealed: the snapshot, the ring, what was checked.

A note is a cache. One that is missing, cut off, of another member, of an older form or made by
somebody else reads as None and is made anew. Sealing needs only a public key, so each note begins
with a mark that only the holder of the secret key can make.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from functools import cached_property
from pathlib import Path

from crmctl.errors import Conflict, CrmctlError, GitFailed
from crmctl.ledger.disk.files import private_folder
from crmctl.ledger.git.lock import ledger_lock
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.identity import Identity
from crmctl.ledger.keys.seal import Opener, seal

FORMAT = b"crmctl note 1\0"
PURPOSE = "notes"
_SUFFIX = ".age"


class Notes:
    """The sealed notes of one member in one repository, below `.git/crmctl/snapshot/`.

    With `keep` False (an old state is looked at) nothing is written.
    """

    def __init__(self, repo: Repository, identity: Identity, *, keep: bool = True) -> None:
        self._repo = repo
        self._identity = identity
        self._keep = keep
        self.folder = repo.common_dir / "crmctl" / "snapshot" / identity.member

    def read(self, name: str) -> memoryview | None:
        """A note's content; None where there is none that this member made."""
        try:
            sealed = self._path(name).read_bytes()
            plain = self._opener.open(sealed, name)
        except (OSError, CrmctlError):
            return None
        mark = self._mark(name)
        return memoryview(plain)[len(mark) :] if hmac.compare_digest(plain[: len(mark)], mark) else None

    def write(self, name: str, *parts: bytes) -> bool:
        """Seal `parts` as the note `name`, in one step; whether it was done.

        It is not done where somebody else writes just now, nor where nothing can be written.
        """
        if not self._keep:
            return False
        try:
            with ledger_lock(self._repo, 0.0, purpose=PURPOSE):
                private_folder(self.folder)
                self._put(name, seal(b"".join((self._mark(name), *parts)), self._identity.opens))
        except (Conflict, GitFailed, OSError):
            return False
        return True

    def size(self, name: str) -> int:
        """How large a note is, sealed; 0 where there is none."""
        with contextlib.suppress(OSError):
            return self._path(name).stat().st_size
        return 0

    def drop(self, name: str) -> None:
        """Forget a note."""
        if self._keep:
            with contextlib.suppress(OSError):
                self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """The notes there are, readable or not."""
        with contextlib.suppress(OSError):
            return sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*{_SUFFIX}"))
        return []

    @cached_property
    def _opener(self) -> Opener:
        return self._identity.opener()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"

    def _mark(self, name: str) -> bytes:
        return hmac.digest(self._identity.secret.encode(), FORMAT + name.encode(), hashlib.sha256)

    def _put(self, name: str, content: bytes) -> None:
        # A cache need not outlive a power cut: one that was cut off does not open and is made anew.
        fresh = self.folder / f".{name}.new"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            fresh.replace(self._path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise
