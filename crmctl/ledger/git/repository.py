"""A Git repository as crmctl sees it: Git run by subprocess, objects read in process.

Paths inside the ledger are text (undecodable bytes as surrogates), contents are bytes.
Object ids are 40 hexadecimal digits; only SHA-1 repositories are served.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from crmctl.errors import BadConfiguration, CrmctlError, GitFailed, NotFound
from crmctl.i18n import _
from crmctl.ledger.git import treewalk
from crmctl.ledger.git.catfile import CatFilePool, Found
from crmctl.ledger.git.environment import HARDENING, environment, failure
from crmctl.ledger.git.objects import (
    EMPTY_TREE,
    REGULAR_MODES,
    CommitInfo,
    TreeEntry,
    Who,
    parse_commit,
    parse_tree,
)
from crmctl.ledger.git.refs import UnreadableRefsError, read_refs
from crmctl.ledger.git.treewalk import PathChange

__all__ = ["CommitInfo", "PathChange", "Repository", "TreeEntry", "Who", "is_object_id"]

_TREES_REMEMBERED = 200_000  # entries, about 60 MB at most
_OID = re.compile(r"[0-9a-f]{40}")


def is_object_id(text: str) -> bool:
    """Whether `text` is a whole object id."""
    return _OID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Layout:
    top: Path
    git_dir: Path
    common_dir: Path
    is_bare: bool


class Repository:
    """A clone with a work tree (also a linked one) or a bare repository.

    `quarantine` is for a receiving hook: pushed objects not yet accepted are seen too.
    Raises NotFound where there is no repository, BadConfiguration for one that is not
    SHA-1 with file refs, GitFailed when Git refuses it.
    """

    def __init__(self, path: Path, *, quarantine: bool = False) -> None:
        self._env = environment(quarantine)
        layout = _discover(Path(path), self._env)
        self.path = layout.top
        self.git_dir = layout.git_dir
        self.common_dir = layout.common_dir
        self.is_bare = layout.is_bare
        self._command = ["git", *HARDENING, *(["--git-dir=."] if layout.is_bare else [])]
        self._objects = CatFilePool(partial(_spawn, tuple(self._command), self._env, self.path))
        self._trees: dict[str, dict[str, TreeEntry]] = {}
        self._remembered = 0
        self._roots: dict[str, str] = {}

    @classmethod
    def create(cls, path: Path, *, bare: bool = False) -> Self:
        """Make an empty repository with the unborn branch `main`; harmless where one is already.

        Raises GitFailed when the folder cannot be written.
        """
        kind = ["--bare"] if bare else []
        command = ["git", "init", "-q", "--initial-branch=main", "--object-format=sha1", "--template=", *kind]
        done = subprocess.run(
            [*command, "--", str(path)],
            env=environment(), capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise failure("init", done.stderr, path, done.returncode)
        return cls(path)

    def close(self) -> None:
        """End the reading processes; the repository stays usable."""
        self._objects.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # Running Git

    def run(
        self, *args: str, input: bytes | None = None, check: bool = True,  # noqa: A002
        env: dict[str, str] | None = None, keep_open: tuple[int, ...] = (),
    ) -> bytes:  # fmt: skip
        """What `git <args>` prints. `check` False: whatever it printed, even when it failed.

        `keep_open` are file descriptors the child inherits (a held lock). Raises GitFailed
        with Git's own last line, Conflict for a lock or a ref that moved.
        """
        done = self.run_quietly(*args, input=input, env=env, keep_open=keep_open)
        if check and done.returncode != 0:
            command = next((word for word in args if not word.startswith("-") and "=" not in word), "")
            raise failure(command, done.stderr, self.path, done.returncode)
        return done.stdout

    def run_quietly(
        self, *args: str, input: bytes | None = None,  # noqa: A002
        env: dict[str, str] | None = None, keep_open: tuple[int, ...] = (),
    ) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        """Like `run`, without judging: exit code, output and errors."""
        stdin: dict[str, int | bytes] = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [*self._command, *args], cwd=self.path, env=self._env | (env or {}),
            capture_output=True, check=False, pass_fds=keep_open, **stdin,
        )  # fmt: skip

    # Objects

    def resolve(self, rev: str) -> str | None:
        """The commit `rev` names (id, branch, `HEAD~2`, a tag's commit); None where there is none."""
        found = self._objects.get(rev + "^{commit}") if rev else None
        if found is None:
            return None
        self._roots[found.oid] = found.content[5:45].decode()
        return found.oid

    def root(self, treeish: str) -> str | None:
        """The tree id of a commit or tree; None where there is none."""
        if treeish == EMPTY_TREE or treeish in self._trees:
            return treeish
        if treeish not in self._roots:
            found = self._objects.get(treeish + "^{tree}") if treeish else None
            if found is None:
                return None
            self._remember(found)
            if not is_object_id(treeish):
                return found.oid
            self._roots[treeish] = found.oid
        return self._roots[treeish]

    def read(self, rev: str, path: str) -> bytes | None:
        """The file at `path` in commit or tree `rev`; None where there is no regular file."""
        entry = self.entry(rev, path)
        if entry is None or entry.mode not in REGULAR_MODES:
            return None
        return self.read_blob(entry.oid)

    def entry(self, treeish: str, path: str) -> TreeEntry | None:
        """What stands at `path` in a commit or tree; "" is the root itself."""
        oid = self.root(treeish)
        if oid is None:
            return None
        found: TreeEntry | None = TreeEntry("40000", "tree", oid)
        for name in path.split("/") if path else ():
            if found is None or found.kind != "tree":
                return None
            found = self.tree(found.oid).get(name)
        return found

    def read_blob(self, oid: str) -> bytes:
        """A blob's content. Raises GitFailed when this clone has no such blob."""
        return self._content(oid, self._objects.get(oid), "blob")

    def read_blobs(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """`(oid, content)` in the order asked, one in memory at a time; other reads may go between.

        A partial clone first fetches all that is missing in one request.
        """
        if self._is_partial():
            oids = list(oids)
            self._prefetch(oids)
        for oid, found in self._objects.stream(oids):
            yield oid, self._content(oid, found, "blob")

    def commit(self, rev: str) -> CommitInfo:
        """The commit `rev` names. Raises NotFound."""
        found = self._objects.get(rev + "^{commit}") if rev else None
        if found is None:
            raise NotFound(_("There is no commit {commit}", commit=rev))
        return parse_commit(found.oid, found.content)

    def commits(self, oids: Iterable[str]) -> Iterator[CommitInfo]:
        """Commits by id, read ahead."""
        for oid, found in self._objects.stream(oids):
            yield parse_commit(oid, self._content(oid, found, "commit"))

    # Trees

    def tree(self, treeish: str) -> dict[str, TreeEntry]:
        """One folder's entries by name. Raises GitFailed when there is no such tree. Do not change it."""
        oid = self.root(treeish)
        if oid is not None and oid not in self._trees and oid != EMPTY_TREE:
            self._remember(self._objects.get(oid))
        if oid is None or (oid not in self._trees and oid != EMPTY_TREE):
            raise GitFailed(_("The ledger lacks object {oid}", oid=treeish), where=str(self.path))
        return self._trees.get(oid, {})

    def trees(self, oids: Iterable[str]) -> dict[str, dict[str, TreeEntry]]:
        """Many folders at once, by tree id, read ahead."""
        asked = set(oids)
        result = {oid: self._trees[oid] for oid in asked if oid in self._trees}
        for oid, found in self._objects.stream(sorted(asked - result.keys() - {EMPTY_TREE})):
            result[oid] = parse_tree(self._content(oid, found, "tree"))
        return result | {oid: {} for oid in asked - result.keys()}

    def entries(self, treeish: str, prefix: str = "") -> Iterator[tuple[str, TreeEntry]]:
        """Every leaf below folder `prefix`, links and odd modes too, in Git's order."""
        start = self.entry(treeish, prefix)
        if start is None or start.kind != "tree":
            return iter(())
        return treewalk.leaves(self, start.oid, prefix)

    def walk(self, treeish: str, prefix: str = "") -> Iterator[tuple[str, str]]:
        """`(path, blob oid)` of every regular file below folder `prefix`, in Git's order."""
        return ((path, entry.oid) for path, entry in self.entries(treeish, prefix) if entry.mode in REGULAR_MODES)

    def changed(self, old: str | None, new: str | None, prefix: str = "") -> list[PathChange]:
        """What differs between two commits or trees (None: nothing) below `prefix`, sorted by path."""
        sides = [None if side is None else self.entry(self._must(side), prefix) for side in (old, new)]
        return treewalk.changed(self, sides[0], sides[1], prefix)

    # History and refs

    def history(
        self, rev: str, path: str | None = None, limit: int | None = None, *,
        since: str | None = None, first_parent: bool = False,
    ) -> list[CommitInfo]:  # fmt: skip
        """Commits reachable from `rev` and not from `since`, newest first, children before parents.

        With `path` only those that explain that file or folder. Raises NotFound.
        """
        options = ["rev-list", "--topo-order", *(["--first-parent"] if first_parent else [])]
        if limit is not None:
            options.append(f"--max-count={limit}")
        tips = [self.commit(rev).oid, *(["^" + self.commit(since).oid] if since else [])]
        below = [path] if path else []
        return list(self.commits(self.run(*options, *tips, "--", *below).decode().split()))

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Ref names below `prefix` (whole path parts) with the object id each holds."""
        if not prefix.startswith("refs/") or re.search(r"[*?\[\\\s]", prefix):
            raise ValueError(f"not a ref prefix: {prefix!r}")
        with contextlib.suppress(UnreadableRefsError):
            return read_refs(self.git_dir, self.common_dir, prefix.rstrip("/"))
        lines = self.run("for-each-ref", "--format=%(objectname) %(refname)", prefix.rstrip("/")).splitlines()
        pairs = (line.decode("utf-8", "surrogateescape").split(" ", 1) for line in lines)
        return {name: oid for oid, name in pairs}

    @property
    def head_ref(self) -> str | None:
        """The branch HEAD stands on, born or not; None when detached."""
        text = (self.git_dir / "HEAD").read_bytes().decode("utf-8", "surrogateescape").strip()
        return text[5:].strip() if text.startswith("ref:") else None

    @property
    def is_shallow(self) -> bool:
        """Whether history was cut off when cloning."""
        return (self.common_dir / "shallow").exists()

    # Inside

    def _must(self, treeish: str) -> str:
        root = self.root(treeish)
        if root is None:
            raise NotFound(_("There is no commit {commit}", commit=treeish))
        return root

    def _content(self, oid: str, found: Found | None, kind: str) -> bytes:
        if found is None or found.kind != kind:
            raise GitFailed(
                _("The ledger lacks object {oid}", oid=oid), where=str(self.path), hint=_("Run: crmctl doctor")
            )
        return found.content

    def _remember(self, found: Found | None) -> None:
        if found is None or found.kind != "tree":
            return
        if self._remembered > _TREES_REMEMBERED:
            self._trees.clear()
            self._remembered = 0
        self._trees[found.oid] = parse_tree(found.content)
        self._remembered += len(self._trees[found.oid])

    def _is_partial(self) -> bool:
        try:
            return b"promisor" in (self.common_dir / "config").read_bytes().lower()
        except OSError:
            return False

    def _prefetch(self, oids: list[str]) -> None:
        names = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
        listing = self.run(
            "rev-list", "--objects", "--no-walk", "--ignore-missing", "--missing=print", "--stdin", input=names
        )
        here = {line.split()[0].decode() for line in listing.splitlines() if not line.startswith(b"?")}
        missing = "".join(f"{oid}\n" for oid in dict.fromkeys(oids) if oid not in here)
        if missing:
            remote = self.run("config", "--get-regexp", r"^remote\..*\.promisor$").decode().split(".promisor")[0]
            self.run(
                "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head",
                "--recurse-submodules=no", "--filter=blob:none", "--stdin", "--end-of-options",
                remote.removeprefix("remote."), input=missing.encode(),
            )  # fmt: skip


def git_version() -> str | None:
    """The version of the installed Git, such as `2.39.5`; None where there is none."""
    try:
        done = subprocess.run(["git", "version"], env=environment(), capture_output=True, check=False)
    except OSError:
        return None
    found = re.search(r"\d+(?:\.\d+)+", done.stdout.decode("ascii", "replace"))
    return found[0] if found else None


def _spawn(command: tuple[str, ...], env: dict[str, str], cwd: Path, args: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*command, *args], env=env, cwd=cwd,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _discover(path: Path, env: dict[str, str]) -> _Layout:
    asked = ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--show-object-format", "--show-cdup"]
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", *asked],
            cwd=path, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (NotADirectoryError, FileNotFoundError) as error:
        if error.filename == "git":
            raise BadConfiguration(_("Git is not installed"), hint=_("Install Git 2.36 or later")) from error
        raise _absent(path) from error
    if done.returncode != 0:
        if b"not a git repository" in done.stderr:
            raise _absent(path)
        raise failure("rev-parse", done.stderr, path, done.returncode)
    lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
    bare, git_dir, common, form = lines[0] == "true", Path(lines[1]), Path(lines[2]), lines[3]
    if form != "sha1" or (common / "reftable").exists():
        raise BadConfiguration(
            _("This repository's format is not served: {form}", form=form if form != "sha1" else "reftable"),
            where=str(path), hint=_("Make the ledger with: crmctl init"),
        )  # fmt: skip
    top = git_dir if bare else (Path(path) / lines[4]).resolve()
    return _Layout(top, git_dir, common, bare)


def _absent(path: Path) -> CrmctlError:
    if not Path(path).is_dir():
        return NotFound(_("There is no folder {path}", path=path))
    return NotFound(
        _("There is no ledger in {path}", path=path),
        hint=_("Go into the ledger's folder, name it with -C, or make one: crmctl init DIR"),
    )
