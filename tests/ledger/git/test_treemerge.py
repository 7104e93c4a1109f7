"""The path-wise merge agrees with taking every path on its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import InvalidInput
from crmctl.ledger.git.objects import EMPTY_TREE
from crmctl.ledger.git.plan import plan_tree
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import merge_trees
from tests.ledger.git_repos import files, put

TREES = st.dictionaries(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join),
    st.sampled_from([b"1", b"2", b"3"]),
    max_size=8,
).map(
    lambda found: {path: content for path, content in found.items() if not any(p.startswith(path + "/") for p in found)}
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    with Repository.create(tmp_path_factory.mktemp("merge"), bare=True) as made:
        yield made


def stored(repo: Repository, content: dict[str, bytes], ref: str) -> str:
    gone = dict.fromkeys(files(repo, ref)) if repo.resolve(ref) else {}
    return put(repo, {**gone, **content}, ref=ref)


def by_brute_force(
    base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]
) -> tuple[dict[str, bytes | None], set[str]]:
    edits: dict[str, bytes | None] = {}
    conflicts = set()
    for path in base.keys() | ours.keys() | theirs.keys():
        before, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if mine in (before, other):
            continue
        new_theirs = {p for p in theirs if theirs[p] != base.get(p)}
        clash = mine is not None and any(p.startswith(path + "/") or path.startswith(p + "/") for p in new_theirs)
        if other != before or clash:
            conflicts.add(path)
        else:
            edits[path] = mine
    return edits, conflicts


@settings(max_examples=150, deadline=None)
@given(TREES, TREES, TREES)
def test_merge_agrees_with_brute_force(
    repo: Repository, base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]
) -> None:
    tips = [stored(repo, content, f"refs/heads/{name}") for name, content in (("b", base), ("o", ours), ("t", theirs))]
    edits, conflicts = merge_trees(repo, *tips)
    wanted, clashing = by_brute_force(base, ours, theirs)
    assert {path: None if edit is None else repo.read_blob(edit.oid) for path, edit in edits.items()} == wanted
    assert set(conflicts) == clashing
    if clashing:
        return
    merged = plan_tree(repo, tips[2], edits)
    back = merge_trees(repo, tips[0], tips[2], tips[1])
    assert back.conflicts == []
    assert merged.tree == plan_tree(repo, tips[1], back.edits).tree


def test_a_file_against_a_folder_is_a_conflict(repo: Repository) -> None:
    base, ours, theirs = (
        stored(repo, content, f"refs/heads/f{n}") for n, content in enumerate([{}, {"x": b"1"}, {"x/y": b"1"}])
    )
    assert merge_trees(repo, base, ours, theirs) == ({}, ["x"])
    assert merge_trees(repo, base, theirs, ours) == ({}, ["x/y"])
    with pytest.raises(InvalidInput):
        plan_tree(repo, theirs, {"x": b"1"})


def test_without_a_common_base_both_sides_are_additions(repo: Repository) -> None:
    ours, theirs = (
        stored(repo, {"m": b"1", "s": b"0"}, "refs/heads/n1"),
        stored(repo, {"n": b"1", "s": b"0"}, "refs/heads/n2"),
    )
    assert merge_trees(repo, None, ours, theirs).edits.keys() == {"m"}
    assert merge_trees(repo, EMPTY_TREE, ours, ours) == ({}, [])
