"""Trees, commits and packs: what we encode is what Git reads, and the other way round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import TrustBroken
from crmctl.ledger.git.objects import (
    EMPTY_TREE,
    TreeEntry,
    Who,
    encode_commit,
    encode_pack,
    encode_tree,
    object_id,
    parse_commit,
    parse_tree,
    with_signature,
)
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import plain_git

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=8)
OIDS = st.binary(min_size=20, max_size=20).map(bytes.hex)
ENTRIES = st.one_of(
    OIDS.map(lambda oid: TreeEntry("100644", "blob", oid)),
    OIDS.map(lambda oid: TreeEntry("120000", "blob", oid)),
    OIDS.map(lambda oid: TreeEntry("40000", "tree", oid)),
    OIDS.map(lambda oid: TreeEntry("160000", "commit", oid)),
)
SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nYWJj\nZGVm\n-----END SSH SIGNATURE-----\n"
MOMENTS = st.builds(
    lambda second, minutes: datetime.fromtimestamp(second, timezone(timedelta(minutes=minutes))),
    st.integers(0, 4_000_000_000), st.integers(-720, 840),
)  # fmt: skip


@given(st.dictionaries(NAMES, ENTRIES))
def test_a_tree_comes_back_as_it_went_in(entries: dict[str, TreeEntry]) -> None:
    content = encode_tree(entries)
    assert parse_tree(content) == entries
    assert encode_tree(parse_tree(content)) == content


def test_the_empty_tree_has_gits_id() -> None:
    assert object_id("tree", encode_tree({})) == EMPTY_TREE


def test_trees_sort_as_git_sorts_them(tmp_path: Path) -> None:
    repo = Repository.create(tmp_path)
    blob = plain_git(tmp_path, "hash-object", "-w", "--stdin", content=b"x").decode().strip()
    folder = plain_git(tmp_path, "mktree", content=f"100644 blob {blob}\tx\n".encode()).decode().strip()
    entries = {"a": TreeEntry("40000", "tree", folder), "a.b": TreeEntry("100644", "blob", blob)}
    entries |= {"a0": TreeEntry("100644", "blob", blob), "客户": TreeEntry("100644", "blob", blob)}
    lines = b"".join(f"{e.mode:0>6} {e.kind} {e.oid}\t{name}\n".encode() for name, e in entries.items())
    assert object_id("tree", encode_tree(entries)) == plain_git(tmp_path, "mktree", content=lines).decode().strip()
    repo.close()


@pytest.mark.parametrize(
    "content",
    [b"100644 a", b"100644 a\0short", b"\0" * 30, encode_tree({"a": TreeEntry("100644", "blob", "1" * 40)}) * 2],
)
def test_a_damaged_tree_is_refused(content: bytes) -> None:
    with pytest.raises(TrustBroken):
        parse_tree(content)


@given(MOMENTS, st.lists(OIDS, max_size=3), st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_a_signed_commit_gives_back_payload_and_signature(moment: datetime, parents: list[str], subject: str) -> None:
    payload = encode_commit("1" * 40, parents, Who("alice", "a@x"), moment, subject + "\n\nCrmctl-Action: add\n")
    info = parse_commit("2" * 40, with_signature(payload, SIGNATURE))
    assert (info.payload, info.signature) == (payload, SIGNATURE)
    assert (info.parents, info.at, info.author, info.tree) == (tuple(parents), moment, Who("alice", "a@x"), "1" * 40)
    assert (info.subject, info.trailers) == (subject, [("Crmctl-Action", "add")])


def test_two_signatures_count_as_none() -> None:
    payload = encode_commit("1" * 40, [], Who("a", "b"), datetime.fromtimestamp(0, UTC), "m")
    twice = with_signature(with_signature(payload, SIGNATURE), SIGNATURE)
    assert parse_commit("2" * 40, twice).signature is None


def test_prose_in_the_last_paragraph_is_no_trailer() -> None:
    payload = encode_commit("1" * 40, [], Who("a", "b"), datetime.fromtimestamp(0, UTC), "m\n\nX: y\nand so on")
    assert parse_commit("2" * 40, payload).trailers == []


@pytest.mark.parametrize("who", [Who("a\nparent x", "b"), Who("a", "b>"), Who("a<", "b")])
def test_a_name_cannot_break_out_of_its_header(who: Who) -> None:
    with pytest.raises(ValueError, match="plain name"):
        encode_commit("1" * 40, [], who, datetime.fromtimestamp(0, UTC), "m")


@pytest.mark.parametrize("content", [b"", b"tree x\n\n", b"tree a\nauthor x\ncommitter y\n\nm", b"\n\n"])
def test_a_damaged_commit_is_refused(content: bytes) -> None:
    with pytest.raises(TrustBroken):
        parse_commit("2" * 40, content)


def test_git_reads_our_pack_at_every_size_of_header(tmp_path: Path) -> None:
    repo = Repository.create(tmp_path)
    blobs = [b"x" * size for size in (0, 1, 15, 16, 2047, 2048, 70_000)]
    repo.run("unpack-objects", "-q", input=encode_pack(("blob", blob) for blob in blobs))
    assert [content for _oid, content in repo.read_blobs(object_id("blob", blob) for blob in blobs)] == blobs
    repo.close()
