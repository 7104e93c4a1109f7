"""The set-up (org, policy, kinds) at any commit of a history, read without a work file and parsed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.in_force import CLEAR, InForce, compile_in_force, read_in_force
from crmctl.model.values import Value

_KEPT = 32
_PARSED_KEPT = 4096


def is_set_up(path: str) -> bool:
    """Whether a path of main belongs to the set-up."""
    return path.partition("/")[0] in CLEAR


# by the Git trees they lie in, so that one process compiles each once, whatever repository it reads
_compiled_ones: dict[tuple[str, ...], InForce] = {}


class SetUps:
    """Set-ups by what lies in them: commits that do not touch them share one."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._by_roots = _compiled_ones
        self._parsed: dict[tuple[str, str], Value] = {}

    def at(self, treeish: str) -> InForce:
        """What is in force at a commit or tree. Raises BadConfiguration, InvalidInput, GitFailed."""
        root = self._repo.tree(treeish)
        key = tuple(root[name].oid if name in root else "" for name in CLEAR)
        found = self._by_roots.get(key)
        if found is None:
            found = self._first(treeish) if not self._parsed else self._compiled(treeish)
            if len(self._by_roots) >= _KEPT:
                self._by_roots.pop(next(iter(self._by_roots)))
            self._by_roots[key] = found
        return found

    def _first(self, treeish: str) -> InForce:
        """The first one comes out of the copy's cache of parsed set-ups; the others share what it parsed."""
        found = read_in_force(self._repo, treeish)
        self._parsed.update({
            (path, oid): found.raw[path] for path, oid in self._files(treeish) if path in found.raw
        })  # fmt: skip
        return found

    def _compiled(self, treeish: str) -> InForce:
        return compile_in_force(self._raw(dict(self._files(treeish))))

    def laid_over(self, treeish: str, edits: Mapping[str, str | None]) -> InForce:
        """What is in force at a commit once these files (path: blob, None for taken out) lie on it."""
        touched = {path: oid for path, oid in edits.items() if is_set_up(path)}
        if not touched:
            return self.at(treeish)
        files = {**dict(self._files(treeish)), **touched}
        return compile_in_force(self._raw({path: oid for path, oid in files.items() if oid and _counts(path)}))

    def _files(self, treeish: str) -> Iterator[tuple[str, str]]:
        root = self._repo.tree(treeish)
        for name in CLEAR:
            if name in root:
                yield from self._below(name, root[name].kind, root[name].oid)

    def _below(self, path: str, kind: str, oid: str) -> Iterator[tuple[str, str]]:
        if kind == "tree":
            for name, entry in self._repo.tree(oid).items():
                yield from self._below(f"{path}/{name}", entry.kind, entry.oid)
        elif kind == "blob" and _counts(path):
            yield path, oid

    def _raw(self, files: Mapping[str, str]) -> dict[str, Value]:
        wanted = {path: oid for path, oid in files.items() if (path, oid) not in self._parsed}
        if len(self._parsed) > _PARSED_KEPT:
            self._parsed.clear()
            wanted = dict(files)
        for (path, oid), (_oid, content) in zip(
            sorted(wanted.items()), self._repo.read_blobs([oid for _path, oid in sorted(wanted.items())]), strict=True
        ):
            self._parsed[path, oid] = load(content, path)
        return {path: self._parsed[path, oid] for path, oid in sorted(files.items())}


def _counts(path: str) -> bool:
    return path.endswith(".yaml")
