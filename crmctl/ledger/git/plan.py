"""The trees that edits would give, worked out in process and not yet written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crmctl.errors import GitFailed, InvalidInput
from crmctl.i18n import _
from crmctl.ledger.git.objects import (
    EMPTY_TREE,
    FILE_MODE,
    LINK_MODE,
    REGULAR_MODES,
    TREE_MODE,
    TreeEntry,
    encode_tree,
    object_id,
    parse_tree,
)
from crmctl.ledger.git.repository import Repository

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_GIT_OWN = frozenset({".git", "git~1", ".gitmodules"})


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A file whose blob the repository (or the same plan) already holds."""

    oid: str
    mode: str = FILE_MODE


Edit = bytes | BlobRef | None


@dataclass(frozen=True, slots=True)
class PlannedObjects:
    """The root tree's id and every object the repository may still lack, `oid: (kind, content)`."""

    tree: str
    objects: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


class PlannedTrees:
    """Trees of a repository with planned ones on top."""

    def __init__(self, repo: Repository, objects: Mapping[str, tuple[str, bytes]]) -> None:
        self._repo = repo
        self._objects = objects

    def root(self, treeish: str) -> str:
        """The tree id of a commit or tree, planned or stored. Raises GitFailed where there is none."""
        kind, content = self._objects.get(treeish, ("", b""))
        if kind:
            return treeish if kind == "tree" else content[5:45].decode()
        stored = self._repo.root(treeish)
        if stored is None:
            raise GitFailed(_("The ledger lacks object {oid}", oid=treeish), where=str(self._repo.path))
        return stored

    def tree(self, oid: str) -> dict[str, TreeEntry]:
        """One folder's entries."""
        kind, content = self._objects.get(oid, ("", b""))
        return parse_tree(content) if kind == "tree" else self._repo.tree(oid)

    def trees(self, oids: Iterable[str]) -> dict[str, dict[str, TreeEntry]]:
        """Many folders at once."""
        return {oid: self.tree(oid) for oid in oids}


@dataclass(slots=True)
class _Node:
    """The edits that fall on one name: on the file itself and on what lies below it."""

    edits: list[Edit] = field(default_factory=list)
    below: dict[str, _Node] = field(default_factory=dict)


def check_path(path: str) -> None:
    """Refuse a path that no ledger may hold: absolute, `..`, empty parts, `.git`, backslash, control characters.

    Raises InvalidInput.
    """
    good = path and not _FORBIDDEN.search(path) and all(map(_is_plain_name, path.split("/")))
    if not good:
        raise InvalidInput(_("Not a path for the ledger: {path}", path=_FORBIDDEN.sub("?", path)))


def _is_plain_name(name: str) -> bool:
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    bare = visible.rstrip(". ")
    return bool(bare) and bare == name and bare.casefold() not in _GIT_OWN


def plan_tree(
    repo: Repository,
    base: str | None,
    edits: Mapping[str, Edit],
    *,
    onto: Mapping[str, tuple[str, bytes]] | None = None,
) -> PlannedObjects:
    """The tree of `base` (commit, tree or None for an empty one) after `edits`; nothing is written.

    `onto` are objects planned before, that `base` may name. An edit that changes nothing is
    dropped, a folder left empty vanishes. Raises InvalidInput for a bad path, a file where a
    folder is, or names that differ only in case.
    """
    source = PlannedTrees(repo, onto or {})
    objects: dict[str, tuple[str, bytes]] = {}
    start = source.root(base) if base else None
    tree = _build(source, start, _grouped(edits), objects, "")
    if tree is None:
        objects[EMPTY_TREE] = ("tree", b"")
    return PlannedObjects(tree or EMPTY_TREE, objects)


def _grouped(edits: Mapping[str, Edit]) -> dict[str, _Node]:
    top = _Node()
    for path, edit in edits.items():
        check_path(path)
        node = top
        for name in path.split("/"):
            node = node.below.setdefault(name, _Node())
        node.edits.append(edit)
    return top.below


def _build(
    source: PlannedTrees, oid: str | None, edits: dict[str, _Node], objects: dict[str, tuple[str, bytes]], where: str
) -> str | None:
    before = source.tree(oid) if oid else {}
    entries = dict(before)
    for name, node in edits.items():
        path = f"{where}{name}"
        old = before.get(name)
        folder = old.oid if old and old.kind == "tree" else None
        if node.below:
            folder = _build(source, folder, node.below, objects, path + "/")
        file = old if old and old.kind != "tree" else None
        for edit in node.edits:
            file = _edited(file, edit, objects)
        if folder and (file or (node.edits and old and old.kind == "tree")):
            raise InvalidInput(_("Both a file and a folder: {path}", path=path))
        if folder:
            file = TreeEntry(TREE_MODE, "tree", folder)
        if file is None:
            entries.pop(name, None)
        else:
            entries[name] = file
    if entries == before:
        return oid
    _refuse_collisions(entries, entries.keys() - before.keys(), where)
    if not entries:
        return None
    content = encode_tree(entries)
    tree = object_id("tree", content)
    objects[tree] = ("tree", content)
    return tree


def _edited(old: TreeEntry | None, edit: Edit, objects: dict[str, tuple[str, bytes]]) -> TreeEntry | None:
    if edit is None:
        return None
    if isinstance(edit, BlobRef):
        return TreeEntry(edit.mode, "commit" if edit.mode == LINK_MODE else "blob", edit.oid)
    oid = object_id("blob", edit)
    if old is not None and old.oid == oid and old.mode in REGULAR_MODES:
        return old
    objects[oid] = ("blob", edit)
    return TreeEntry(FILE_MODE, "blob", oid)


def _refuse_collisions(entries: Mapping[str, TreeEntry], added: set[str], where: str) -> None:
    if not added:
        return
    seen: dict[str, str] = {}
    for name in sorted(entries):
        twin = seen.setdefault(_folded(name), name)
        if twin != name and (name in added or twin in added):
            raise InvalidInput(
                _("{one} and {other} would be one file on some computers", one=where + twin, other=where + name)
            )


def _folded(name: str) -> str:
    return name if name.isascii() and name.islower() else unicodedata.normalize("NFC", name).casefold()
