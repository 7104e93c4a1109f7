"""Planned trees: what Git's own add and commit would give, and paths no ledger may hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import GitFailed, InvalidInput
from crmctl.ledger.git.objects import EMPTY_TREE
from crmctl.ledger.git.plan import BlobRef, check_path, plan_tree
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import MAIN, files, plain_git, put


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    with Repository.create(tmp_path_factory.mktemp("plan")) as made:
        put(made, {"a/b/c": b"1", "a/d": b"2", "e": b"3"})
        yield made


@pytest.mark.parametrize(
    "path",
    [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", ".git", "a/.GIT/x", ".git./x", "git~1", ".g\u200cit/config",
        ".gitmodules", "a\\b", "a\nb", "a\0b", "a\x7fb", "a\x85b", "a ", "a.", "a/ ", "\u200d",
    ],
)  # fmt: skip
def test_paths_that_could_do_harm_are_refused(repo: Repository, path: str) -> None:
    with pytest.raises(InvalidInput):
        check_path(path)
    with pytest.raises(InvalidInput):
        plan_tree(repo, MAIN, {path: b"x"})


@pytest.mark.parametrize("path", ["ledger.yaml", ".gitattributes", "客户/档案.yaml", "a b/c", "a.git", "...a", "-x"])
def test_odd_but_harmless_paths_are_taken(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "edits",
    [
        {"e/x": b"1"}, {"a": b"1"}, {"a/b": None}, {"x": b"1", "x/y": b"2"}, {"a": None},
        {"E": b"1"}, {"A/x": b"1"}, {"x/Ä": b"1", "x/a\u0308": b"1"}, {"a/b/C": b"1"},
    ],
)  # fmt: skip
def test_clashes_are_refused(repo: Repository, edits: dict[str, bytes | None]) -> None:
    with pytest.raises(InvalidInput):
        plan_tree(repo, MAIN, edits)


def test_a_twin_that_is_there_already_does_not_stop_other_work(repo: Repository) -> None:
    blob = repo.tree(MAIN)["e"].oid
    tree = (
        plain_git(repo.path, "mktree", content=f"100644 blob {blob}\tN\n100644 blob {blob}\tn\n".encode())
        .decode()
        .strip()
    )
    assert plan_tree(repo, tree, {"n": b"new"}).tree
    assert plan_tree(repo, tree, {"N": None}).tree
    with pytest.raises(InvalidInput):
        plan_tree(
            repo, plan_tree(repo, tree, {"N": None}).tree, {"N": b"x"}, onto=plan_tree(repo, tree, {"N": None}).objects
        )


def test_edits_that_change_nothing_plan_nothing(repo: Repository) -> None:
    planned = plan_tree(repo, MAIN, {"e": b"3", "gone": None, "a/gone/x": None})
    assert (planned.tree, planned.objects) == (repo.root(MAIN), {})


def test_a_folder_left_empty_vanishes(repo: Repository) -> None:
    planned = plan_tree(repo, MAIN, {"a/b/c": None, "a/d": None, "e": None})
    assert planned.tree == EMPTY_TREE
    assert plan_tree(repo, None, {}).tree == EMPTY_TREE


def test_only_the_folders_on_the_way_are_made_anew(repo: Repository) -> None:
    planned = plan_tree(repo, MAIN, {"a/b/c": b"new"})
    assert sorted(kind for kind, _content in planned.objects.values()) == ["blob", "tree", "tree", "tree"]


def test_a_plan_on_top_of_a_plan(repo: Repository) -> None:
    first = plan_tree(repo, MAIN, {"x/y": b"1"})
    second = plan_tree(repo, first.tree, {"x/z": b"2"}, onto=first.objects)
    assert second.tree == plan_tree(repo, MAIN, {"x/y": b"1", "x/z": b"2"}).tree
    with pytest.raises(GitFailed):
        plan_tree(repo, first.tree, {"x/z": b"2"})


def test_a_blob_by_reference(repo: Repository) -> None:
    oid = repo.tree(MAIN)["e"].oid
    assert plan_tree(repo, MAIN, {"f": BlobRef(oid)}).tree == plan_tree(repo, MAIN, {"f": b"3"}).tree


def test_an_executable_edited_becomes_a_plain_file(repo: Repository) -> None:
    oid = repo.tree(MAIN)["e"].oid
    start = plan_tree(repo, None, {"run": BlobRef(oid, "100755")})
    kept = plan_tree(repo, start.tree, {"run": b"3"}, onto=start.objects)
    assert kept.tree == start.tree
    assert (
        plan_tree(repo, start.tree, {"run": b"4"}, onto=start.objects).tree == plan_tree(repo, None, {"run": b"4"}).tree
    )


NAMES = st.sampled_from(["a", "b", "c.age", "客户", "x y"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
EDITS = st.dictionaries(PATHS, st.one_of(st.none(), st.binary(max_size=4)), max_size=8)


@settings(max_examples=40, deadline=None)
@given(rounds=st.lists(EDITS, min_size=1, max_size=4))
def test_random_edits_give_exactly_the_tree_of_add_and_commit(
    rounds: list[dict[str, bytes | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("random")
    with Repository.create(folder / "ours", bare=True) as ours, Repository.create(folder / "hand") as hand:
        held: dict[str, bytes] = {}
        for edits in rounds:
            after = {path: content for path, content in {**held, **edits}.items() if content is not None}
            if any(path.startswith(lead + "/") for lead in after for path in after) or any(
                edits[path] is None and any(other.startswith(path + "/") for other in after) and path not in held
                for path in edits
            ):
                continue
            for path in held.keys() - after.keys():
                plain_git(hand.path, "rm", "-q", "--", path)
            for path, content in after.items():
                (hand.path / path).parent.mkdir(parents=True, exist_ok=True)
                (hand.path / path).write_bytes(content)
            plain_git(hand.path, "add", "-A")
            plain_git(hand.path, "commit", "-q", "--allow-empty", "-m", "by hand")
            put(ours, edits)
            held = after
            assert ours.root(MAIN) == hand.root("HEAD")
            assert files(ours, MAIN) == held
