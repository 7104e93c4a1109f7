"""Refs read from their files are those that Git lists, whatever was done to them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.ledger.git.ancestry import is_ancestor, merge_base
from crmctl.ledger.git.refs import UnreadableRefsError, read_refs
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import MAIN, plain_git, put

NAMES = ["refs/heads/main", "refs/heads/review/alice/1", "refs/heads/review/bob", "refs/heads/rev", "refs/remotes/o/main",
         "refs/heads/字/a", "refs/tags/a.b", "refs/replace/x"]  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(NAMES), st.integers(0, 1)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES)),
    st.tuples(st.just("pack")),
    st.tuples(
        st.just("symbolic"), st.sampled_from(["refs/remotes/o/HEAD", "refs/heads/alias"]), st.sampled_from(NAMES)
    ),
)


def listed(repo: Repository, prefix: str) -> dict[str, str]:
    lines = plain_git(repo.path, "for-each-ref", "--format=%(objectname) %(refname)", prefix).decode().splitlines()
    return {name: oid for oid, name in (line.split(" ", 1) for line in lines)}


def read(repo: Repository, prefix: str) -> dict[str, str]:
    return read_refs(repo.git_dir, repo.common_dir, prefix)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, list[str]]]:
    with Repository.create(tmp_path_factory.mktemp("refs") / "r", bare=True) as made:
        yield made, [put(made, {"a": b"1"}), put(made, {"a": b"2"})]


@settings(max_examples=12, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=8))
def test_they_are_those_that_git_lists(bare: tuple[Repository, list[str]], steps: list[tuple[str, ...]]) -> None:
    repo, commits = bare
    for folder in (repo.git_dir / "refs", repo.git_dir / "packed-refs"):
        shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink(missing_ok=True)
    (repo.git_dir / "refs").mkdir()
    for step, *words in steps:
        if step == "set":
            plain_git(repo.path, "update-ref", words[0], commits[int(words[1])], check=False)
        elif step == "delete":
            plain_git(repo.path, "update-ref", "--no-deref", "-d", words[0], check=False)
        elif step == "pack":
            plain_git(repo.path, "pack-refs", "--all")
        else:
            plain_git(repo.path, "symbolic-ref", *words, check=False)
    for prefix in ("refs", "refs/heads", "refs/heads/review", "refs/heads/rev", "refs/remotes/o/HEAD", "refs/none"):
        assert list(read(repo, prefix).items()) == list(listed(repo, prefix).items()), prefix


def test_what_is_no_ref_is_left_out(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "r") as repo:
        commit = put(repo, {"a": b"1"})
        heads = repo.git_dir / "refs/heads"
        (heads / "main.lock").write_text(commit)
        (heads / ".hidden").write_text(commit)
        (heads / "empty").write_text("")
        (heads / "torn").write_text(commit[:20])
        (heads / "nought").write_text("0" * 40 + "\n")
        (heads / "a b").write_text(commit)
        (heads / "nowhere").write_text("ref: refs/heads/gone\n")
        (heads / "round").write_text("ref: refs/heads/round\n")
        assert read(repo, "refs") == {MAIN: commit} == listed(repo, "refs")
        for outside in ("refs/../refs", "refs/heads/..", "refs/./heads", "refs//heads"):
            assert read(repo, outside) == {}


def test_a_linked_work_tree_has_some_of_its_own(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "r") as repo:
        commit = put(repo, {"a": b"1"})
        plain_git(repo.path, "worktree", "add", "-q", "--detach", str(tmp_path / "w"))
        plain_git(repo.path, "update-ref", "refs/worktree/here", commit)
        plain_git(tmp_path / "w", "update-ref", "refs/worktree/there", commit)
        with Repository(tmp_path / "w") as linked:
            assert read(linked, "refs") == {MAIN: commit, "refs/worktree/there": commit} == listed(linked, "refs")
        assert read(repo, "refs") == {MAIN: commit, "refs/worktree/here": commit} == listed(repo, "refs")


def test_what_is_not_known_is_left_to_git(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "r") as repo:
        put(repo, {"a": b"1"})
        (repo.git_dir / "packed-refs").write_text("something else\n")
        with pytest.raises(UnreadableRefsError):
            read(repo, "refs")


def test_what_comes_before_what(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "r") as repo:
        line = [put(repo, {"a": content}) for content in (b"1", b"2", b"3")]
        side = put(repo, {"b": b"1"}, ref="refs/heads/side")
        unknown = "1" * 40
        for number, one in enumerate(line):
            for later, other in enumerate(line):
                assert is_ancestor(repo, one, other) == (number <= later)
                assert merge_base(repo, one, other) == line[min(number, later)]
        assert not is_ancestor(repo, line[0], side)
        assert merge_base(repo, line[0], side) is None
        assert not is_ancestor(repo, unknown, line[2])
        assert not is_ancestor(repo, line[2], unknown)
        assert merge_base(repo, unknown, line[2]) is None
