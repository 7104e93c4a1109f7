"""Every sealed blob main ever held, kept so that none comes back: a sorted file and what was added since.

A sealed file is never made twice with the same bytes, so that one which turns up again was copied
from another path or put back in place of a later version.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

from crmctl.ledger.disk.files import write_atomic

_WIDTH = 20
_RECENT_AT_MOST = 4096
_PREFIX = "seen-"


class SeenBlobs:
    """A set of object ids: `base` sorted and joined, 20 bytes each, `recent` on top."""

    def __init__(self, base: bytes = b"", recent: Iterable[str] = (), name: str = "") -> None:
        self._base = base
        self._name = name
        self.recent = {bytes.fromhex(oid) for oid in recent}

    def __contains__(self, oid: str) -> bool:
        raw = bytes.fromhex(oid)
        if raw in self.recent:
            return True
        at = bisect_left(range(len(self._base) // _WIDTH), raw, key=self._at)
        return self._at(at) == raw

    def __len__(self) -> int:
        return len(self._base) // _WIDTH + len(self.recent)

    def add(self, oid: str) -> None:
        """Take an id in."""
        self.recent.add(bytes.fromhex(oid))

    def copy(self) -> SeenBlobs:
        """One that can grow by itself."""
        twin = SeenBlobs(self._base, name=self._name)
        twin.recent = set(self.recent)
        return twin

    @classmethod
    def load(cls, folder: Path, name: str, recent: Iterable[str]) -> SeenBlobs | None:
        """What `save` wrote; None where the file is missing or is not the one named."""
        if not name:
            return cls(recent=recent)
        try:
            base = (folder / name).read_bytes()
        except OSError:
            return None
        return cls(base, recent, name) if name == _name(base) else None

    def save(self, folder: Path) -> tuple[str, list[str]]:
        """Write the sorted file anew once too much has gathered on top. Returns its name and the rest."""
        if len(self.recent) > _RECENT_AT_MOST:
            self._base = b"".join(sorted({*self._all(), *self.recent}))
            self._name = _name(self._base)
            self.recent = set()
            write_atomic(folder / self._name, self._base)
        return self._name, sorted(raw.hex() for raw in self.recent)

    def tidy(self, folder: Path) -> None:
        """Take away sorted files of earlier runs."""
        for file in folder.glob(f"{_PREFIX}*"):
            if file.name != self._name:
                file.unlink(missing_ok=True)

    def _all(self) -> Iterable[bytes]:
        return (self._at(index) for index in range(len(self._base) // _WIDTH))

    def _at(self, index: int) -> bytes:
        return self._base[index * _WIDTH : (index + 1) * _WIDTH]


def _name(base: bytes) -> str:
    return _PREFIX + hashlib.sha256(base).hexdigest()[:16]
