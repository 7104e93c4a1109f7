"""Refs read from their files, as `git for-each-ref` lists them: a sync asks a dozen times, and each Git costs 3 ms.

Loose refs are read before packed ones: who packs them writes the packed ones first and then takes the loose away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_DEEPEST_SYMBOLIC = 5
_OID = re.compile(r"[0-9a-f]{40}")
_PACKED = re.compile(r"([0-9a-f]{40}) (refs/.+)")
# what git check-ref-format forbids, besides a dot at the end
_BAD = re.compile(r"(^|/)\.|\.\.|[\x00-\x20~^:?*\[\\\x7f]|@\{|//|\.lock(/|$)|/$")
_OF_ONE_TREE = ("refs/bisect", "refs/worktree", "refs/rewritten")


class UnreadableRefsError(Exception):
    """These files are not what this module knows: Git has to be asked."""


def read_refs(git_dir: Path, common_dir: Path, prefix: str) -> dict[str, str]:
    """Ref names at or below `prefix` (`refs/…` without a slash at its end) with the object id each holds, in order.

    Broken refs and symbolic ones that lead nowhere are left out. Raises UnreadableRefsError.
    """
    if _BAD.search(prefix):
        return {}
    try:
        loose = dict(_loose(git_dir, common_dir, prefix))
        if any(text.startswith("ref:") for text in loose.values()):
            everything = dict(_packed(common_dir)) | dict(_loose(git_dir, common_dir, "refs"))
        else:
            everything = dict(_packed(common_dir)) | loose
    except OSError as error:
        raise UnreadableRefsError from error
    held = {name: _resolved(everything, name) for name in everything if name == prefix or name.startswith(prefix + "/")}
    return {name: oid for name, oid in sorted(held.items(), key=lambda item: _bytes(item[0])) if oid}


def _loose(git_dir: Path, common_dir: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Name and content of each ref that has a file of its own."""
    apart = git_dir != common_dir
    for name, path in _below(common_dir, prefix):
        if not (apart and name.startswith(_OF_ONE_TREE)):
            yield from _read(name, path)
    if apart:
        for folder in _OF_ONE_TREE:
            for name, path in _below(git_dir, folder):
                if name == prefix or name.startswith(prefix + "/"):
                    yield from _read(name, path)


def _below(root: Path, name: str) -> Iterator[tuple[str, Path]]:
    if _BAD.search(name):
        return
    path = root / name
    try:
        inside = sorted(entry.name for entry in path.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        if not name.endswith("."):
            yield name, path
        return
    for entry in inside:
        yield from _below(root, f"{name}/{entry}")


def _read(name: str, path: Path) -> Iterator[tuple[str, str]]:
    try:
        yield name, path.read_bytes().decode("utf-8", "surrogateescape").strip()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return  # taken away, or packed, meanwhile


def _packed(common_dir: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = (common_dir / "packed-refs").read_bytes().decode("utf-8", "surrogateescape").split("\n")
    except FileNotFoundError:
        return
    for line in lines:
        if not line or line[0] in "#^":
            continue
        found = _PACKED.fullmatch(line)
        if found is None:
            raise UnreadableRefsError
        if not _BAD.search(found[2]) and not found[2].endswith("."):
            yield found[2], found[1]


def _resolved(everything: dict[str, str], name: str) -> str | None:
    for _step in range(_DEEPEST_SYMBOLIC):
        text = everything.get(name, "")
        if not text.startswith("ref:"):
            return text if _OID.fullmatch(text) and text.strip("0") else None
        name = text.removeprefix("ref:").strip()
    return None


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
