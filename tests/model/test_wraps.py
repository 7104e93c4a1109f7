"""Wrap files: one way to write them, and a merge that neither loses nor brings back a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.wraps import WrapError, Wraps, merge_wraps, read_wraps, write_wraps

KEYS = st.tuples(st.sampled_from(["core", "east/sales", "east/trade", "group"]), st.integers(1, 12))
WRAPS = st.dictionaries(KEYS, st.binary(min_size=1, max_size=8), max_size=6)


@given(WRAPS)
def test_read_and_write_are_inverse(wraps: Wraps) -> None:
    content = write_wraps(wraps)
    assert read_wraps(content) == wraps
    assert write_wraps(read_wraps(content)) == content


@given(st.binary(max_size=60))
def test_what_reads_is_written_the_same(content: bytes) -> None:
    try:
        wraps = read_wraps(content)
    except WrapError:
        return
    assert write_wraps(wraps) == content


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"core 1 YWJj", "1"),  # no line end: a truncated file
        (b"core 1 YWJj\r\n", "1"),
        (b"core 1  YWJj\n", "1"),
        (b"core 0 YWJj\n", "1"),
        (b"core -1 YWJj\n", "1"),
        (b"core 01 YWJj\n", "1"),
        (b"core one YWJj\n", "1"),
        (b"core 1 YW Jj\n", "1"),
        (b"core 1 YW*j\n", "1"),
        (b"core 1 YQ\n", "1"),
        (b"core 1 YR==\n", "1"),  # another spelling of `YQ==`
        (b"core 1 YWJj\n\n", "2"),
        (b"core 1 YWJj\ncore 1 YWJj\n", "2"),
        (b"east/sales 1 YWJj\ncore 1 YWJj\n", "1"),
        ("kérn 1 YWJj\n".encode(), "1"),
        (b" 1 YWJj\n", "1"),
        (b"core 1 YWJj\ncore 2 YW\x00j\n", "2"),
    ],
)
def test_anything_else_is_named_by_its_line(content: bytes, line: str) -> None:
    with pytest.raises(WrapError) as caught:
        read_wraps(content)
    assert str(caught.value) == line


@given(WRAPS, WRAPS, WRAPS)
def test_merging_keeps_what_either_side_added_and_drops_what_either_took_away(
    base: Wraps, ours: Wraps, theirs: Wraps
) -> None:
    merged = read_wraps(merge_wraps(write_wraps(base), write_wraps(ours), write_wraps(theirs)))
    for key in {*base, *ours, *theirs}:
        if key in base:
            assert (key in merged) == (key in ours and key in theirs)
        else:
            assert key in merged
    for key, sealed in merged.items():
        assert sealed in {ours.get(key), theirs.get(key)}
        if key in theirs and theirs[key] != base.get(key):
            assert sealed == theirs[key]


@given(WRAPS, WRAPS)
def test_merging_one_side_alone_gives_that_side(base: Wraps, ours: Wraps) -> None:
    before, mine = write_wraps(base), write_wraps(ours)
    assert merge_wraps(before, mine, before) == mine
    assert merge_wraps(before, before, mine) == mine
    assert merge_wraps(before, mine, mine) == mine


def test_a_key_both_wrapped_anew_stays_as_it_is_shared() -> None:
    ours, theirs = write_wraps({("core", 1): b"mine"}), write_wraps({("core", 1): b"theirs"})
    assert merge_wraps(b"", ours, theirs) == theirs
