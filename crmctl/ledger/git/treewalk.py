"""Walking and comparing trees: only folders that differ are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from crmctl.ledger.git.objects import TreeEntry

_IN_PROCESS_DEPTH = 2  # `customers` and `customers/7q` may be huge: there `git ls-tree` is faster


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that differs; an id is None and a mode "" on the side that lacks it."""

    path: str
    old_oid: str | None
    new_oid: str | None
    old_mode: str = ""
    new_mode: str = ""


class TreeSource(Protocol):
    """What can give trees by id: a repository, or one with planned objects on top."""

    def tree(self, treeish: str, /) -> dict[str, TreeEntry]:
        """One folder."""

    def trees(self, oids: Iterable[str], /) -> dict[str, dict[str, TreeEntry]]:
        """Many folders by id."""


class LeafSource(TreeSource, Protocol):
    """A source that can also run Git."""

    def run(self, *args: str) -> bytes:
        """What `git <args>` prints."""


def leaves(source: LeafSource, oid: str, prefix: str) -> Iterator[tuple[str, TreeEntry]]:
    """Every leaf below tree `oid`, its path led by `prefix`, in Git's order."""
    lead = prefix + "/" if prefix else ""
    if lead.count("/") >= _IN_PROCESS_DEPTH:
        yield from _descend(source, oid, lead)
        return
    for line in source.run("ls-tree", "-r", "-z", "--full-tree", oid).split(b"\0")[:-1]:
        meta, _tab, path = line.partition(b"\t")
        mode, kind, leaf = meta.decode().split(" ")
        yield lead + path.decode("utf-8", "surrogateescape"), TreeEntry(mode, kind, leaf)


def _descend(source: TreeSource, oid: str, lead: str) -> Iterator[tuple[str, TreeEntry]]:
    for name, entry in source.tree(oid).items():
        if entry.kind == "tree":
            yield from _descend(source, entry.oid, f"{lead}{name}/")
        else:
            yield lead + name, entry


def changed(source: TreeSource, old: TreeEntry | None, new: TreeEntry | None, prefix: str = "") -> list[PathChange]:
    """The leaves that differ between two entries standing at `prefix`, sorted by path.

    Goes down level by level, so that each level's trees are read in one stream.
    """
    result: list[PathChange] = []
    level = [(prefix, old, new)] if old != new else []
    while level:
        wanted = {side.oid for _path, *sides in level for side in sides if side and side.kind == "tree"}
        trees = source.trees(wanted)
        deeper: list[tuple[str, TreeEntry | None, TreeEntry | None]] = []
        for path, before, after in level:
            result += _leaf_change(path, before, after)
            below_old, below_new = _below(trees, before), _below(trees, after)
            for name in below_old.keys() | below_new.keys():
                pair = below_old.get(name), below_new.get(name)
                if pair[0] != pair[1]:
                    deeper.append((f"{path}/{name}" if path else name, *pair))
        level = deeper
    return sorted(result, key=lambda change: change.path)


def _below(trees: dict[str, dict[str, TreeEntry]], side: TreeEntry | None) -> dict[str, TreeEntry]:
    return trees[side.oid] if side and side.kind == "tree" else {}


def _leaf_change(path: str, before: TreeEntry | None, after: TreeEntry | None) -> list[PathChange]:
    old = before if before and before.kind != "tree" else None
    new = after if after and after.kind != "tree" else None
    if old is None and new is None:
        return []
    return [
        PathChange(
            path, old.oid if old else None, new.oid if new else None, old.mode if old else "", new.mode if new else ""
        )
    ]
