"""Where a sealed file known only by its content lies: Git hands a textconv program no path.

Sealing gives other bytes each time, so that a blob belongs to one path for ever. The pairs stand sorted in
`.git/crmctl/homes`, one a line, behind a first line that names the commits they were read from. They hold ids only.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.repository import Repository

_TOPS = ("customers", "offices")
_RAW = re.compile(rb":\d{6} \d{6} [0-9a-f]{40} ([0-9a-f]{40}) [AM]")
_STAGED = re.compile(rb"\d{6} ([0-9a-f]{40}) \d\t(.+)", re.DOTALL)
_OID = 40


def blob_id(content: bytes) -> str:
    """The id Git gives a blob of that content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def home_of(repo: Repository, oid: str) -> str | None:
    """The path a sealed blob lies at in any branch, else in the index; None where it is nowhere."""
    wanted = oid.encode("ascii")
    note = repo.common_dir / "crmctl" / "homes"
    found = _looked_up(note, wanted)
    if found is None and _brought_up(repo, note):
        found = _looked_up(note, wanted)
    if found is None and not repo.is_bare:
        found = next((path for staged, path in _index(repo) if staged == wanted), None)
    return found.decode("utf-8", "surrogateescape") if found else None


def _looked_up(note: Path, wanted: bytes) -> bytes | None:
    """Halve the sorted lines until the one that begins with `wanted` is found."""
    try:
        with note.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
            low, high = lines.find(b"\n") + 1, len(lines)
            while low < high:
                start = lines.rfind(b"\n", 0, (low + high) // 2) + 1
                start = max(start, low)
                end = lines.find(b"\n", start)
                if end < 0:
                    return None
                here = lines[start : start + _OID]
                if here == wanted:
                    return lines[start + _OID + 1 : end]
                low, high = (end + 1, high) if here < wanted else (low, start)
    except (OSError, ValueError):  # none yet, or empty
        return None
    return None


def _brought_up(repo: Repository, note: Path) -> bool:
    """Add what commits brought since the note was written; whether there was anything."""
    try:
        head, *lines = note.read_bytes().splitlines()
    except (OSError, ValueError):
        head, lines = b"", []
    tips = sorted(set(repo.refs().values()))
    known = [tip for tip in head.decode("ascii", "replace").split() if repo.resolve(tip)]
    if known == tips or not tips:
        return False
    fresh = {oid + b" " + path for oid, path in _since(repo, known)}
    if not fresh:
        return False
    content = b"\n".join([" ".join(tips).encode(), *sorted({*lines, *fresh}), b""])
    with contextlib.suppress(OSError):  # a copy that cannot be written looks it up anew each time
        write_atomic(note, content)
    return True


def _since(repo: Repository, known: list[str]) -> Iterator[tuple[bytes, bytes]]:
    """(blob id, path) of every sealed file that a commit of any branch added or changed."""
    listing = repo.run(
        "-c", "log.showRoot=true", "log", "--all", "-m", "--raw", "-z", "--no-abbrev", "--no-renames", "--format=",
        "--diff-filter=AM", *(f"^{tip}" for tip in known), "--", *_TOPS, env={"GIT_INDEX_FILE": "/nonexistent"},
    )  # fmt: skip
    words = listing.split(b"\0")
    for meta, path in zip(words[::2], words[1::2], strict=False):
        match = _RAW.search(meta)
        if match and path.endswith(b".age") and b"\n" not in path:
            yield match[1], path


def _index(repo: Repository) -> Iterator[tuple[bytes, bytes]]:
    for entry in repo.run("ls-files", "--stage", "-z", "--", *_TOPS).split(b"\0"):
        match = _STAGED.fullmatch(entry)
        if match:
            yield match[1], match[2]
