"""The index and the work tree brought along after a branch moved under them.

Without it the next `git add x && git commit` made by hand would quietly take back what
crmctl wrote. Files changed by hand are never touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crmctl.ledger.git.objects import EMPTY_TREE, NO_OBJECT
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.treewalk import PathChange

_NOTE = "index-at"


def checkouts(repo: Repository, ref: str) -> Iterator[Repository]:
    """Every work tree of the repository, linked ones too, that has branch `ref` checked out."""
    if not repo.is_bare and repo.head_ref == ref:
        yield repo
    for git_dir in _git_dirs(repo):
        if git_dir != repo.git_dir and _head_ref(git_dir) == ref:
            top = _top_of(git_dir)
            if top is not None and top.is_dir():
                yield Repository(top)


def _git_dirs(repo: Repository) -> list[Path]:
    linked = repo.common_dir / "worktrees"
    return [repo.common_dir, *(sorted(linked.iterdir()) if linked.is_dir() else [])]


def _head_ref(git_dir: Path) -> str | None:
    try:
        text = (git_dir / "HEAD").read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    return text[4:].strip() if text.startswith("ref:") else None


def _top_of(git_dir: Path) -> Path | None:
    try:
        return Path((git_dir / "gitdir").read_text("utf-8", "surrogateescape").strip()).parent
    except OSError:
        return git_dir.parent if git_dir.name == ".git" else None


def bring_along(repo: Repository, old: str | None, new: str, keep_open: tuple[int, ...] = ()) -> None:
    """Take index and work tree from commit `old` to `new`, keeping what was staged or edited by hand."""
    if not (repo.git_dir / "index").exists():
        fresh = repo.run_quietly("read-tree", "-m", "-u", new, keep_open=keep_open)
        if fresh.returncode != 0:
            repo.run("read-tree", new, keep_open=keep_open)
    else:
        moved = repo.run_quietly("read-tree", "-m", "-u", old or EMPTY_TREE, new, keep_open=keep_open)
        if moved.returncode != 0:
            _bring_along_by_path(repo, old or EMPTY_TREE, new, keep_open)
    note_index(repo, new)


def noted_index(repo: Repository) -> str | None:
    """The commit crmctl last brought this work tree's index to."""
    try:
        return (repo.git_dir / "crmctl" / _NOTE).read_text("ascii").strip()
    except (OSError, ValueError):
        return None


def note_index(repo: Repository, commit: str) -> None:
    """Remember that the index is level with `commit`."""
    folder = repo.git_dir / "crmctl"
    folder.mkdir(exist_ok=True)
    fresh = folder / f"{_NOTE}.new"
    fresh.write_text(commit + "\n", "ascii")
    fresh.replace(folder / _NOTE)


def _bring_along_by_path(repo: Repository, old: str, new: str, keep_open: tuple[int, ...]) -> None:
    """Where `read-tree` sees edits by hand in the way: only the changed paths, work tree only where untouched."""
    changes = repo.changed(old, new)
    by_hand = _touched(repo, old, keep_open)
    untouched = [
        change for change in changes
        if _half_written(repo, change) or not (change.path in by_hand or _in_the_way(repo, change))
    ]  # fmt: skip
    lines = b"".join(
        f"{change.new_mode or '0'} {change.new_oid or NO_OBJECT}\t{change.path}\0".encode("utf-8", "surrogateescape")
        for change in changes
    )
    repo.run("update-index", "-z", "--index-info", input=lines, keep_open=keep_open)
    there = {change.path for change in untouched if _exists(repo, change.path)}
    sparse = repo.run("config", "--type=bool", "core.sparseCheckout", check=False).strip() == b"true"
    absent = [change.path for change in untouched if change.new_oid and change.path not in there]
    if sparse:
        hidden = [path for path in absent if not (repo.path / path).parent.is_dir()]
        _on_paths(repo, ["update-index", "-z", "--skip-worktree", "--stdin"], hidden, keep_open)
        absent = [path for path in absent if path not in set(hidden)]
    fresh = [change.path for change in untouched if change.new_oid and change.path in there]
    _on_paths(repo, ["checkout-index", "-f", "-u", "-z", "--stdin"], fresh + absent, keep_open)
    for change in untouched:
        if change.new_oid is None and change.path in there:
            (repo.path / change.path).unlink()


def _touched(repo: Repository, old: str, keep_open: tuple[int, ...]) -> set[str]:
    edited = repo.run("diff-files", "--name-only", "-z", keep_open=keep_open)
    staged = repo.run("diff-index", "--cached", "--name-only", "-z", old, keep_open=keep_open)
    return {path.decode("utf-8", "surrogateescape") for path in (edited + staged).split(b"\0") if path}


def _in_the_way(repo: Repository, change: PathChange) -> bool:
    return change.old_oid is None and _exists(repo, change.path)


def _half_written(repo: Repository, change: PathChange) -> bool:
    """Whether the file is a beginning of its new version: what a killed checkout leaves, and no loss to replace."""
    path = repo.path / change.path
    if change.new_oid is None or path.is_symlink() or not path.is_file():
        return False
    return repo.read_blob(change.new_oid).startswith(path.read_bytes())


def _exists(repo: Repository, path: str) -> bool:
    return os.path.lexists(repo.path / path)


def _on_paths(repo: Repository, command: Sequence[str], paths: list[str], keep_open: tuple[int, ...]) -> None:
    if paths:
        lines = "".join(path + "\0" for path in paths).encode("utf-8", "surrogateescape")
        repo.run(*command, input=lines, keep_open=keep_open)
