"""Leaves `name op literal`: reading, writing back, and the third value for what is unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.condition import ConditionError, Leaf, parse_leaf

NAMES = st.from_regex(r"[a-z_][a-z0-9_.]{0,12}", fullmatch=True)
LITERALS = st.from_regex(r"[\w三级乙等-]([\w三级乙等 .%-]{0,10}[\w三级乙等%-])?", fullmatch=True)
LEAVES = st.one_of(
    st.builds(
        Leaf, NAMES, st.sampled_from(["=", "!=", "<=", ">=", "<", ">"]), LITERALS.map(lambda literal: (literal,))
    ),
    st.builds(Leaf, NAMES, st.sampled_from(["in", "not in"]), st.lists(LITERALS, min_size=1, max_size=4).map(tuple)),
)


@given(LEAVES)
def test_what_is_written_reads_back(leaf: Leaf) -> None:
    assert parse_leaf(str(leaf)) == leaf


@given(LEAVES, st.one_of(st.text(max_size=6), st.integers(), st.booleans()))
def test_every_leaf_is_true_or_false_of_a_known_value_and_unknown_without_one(leaf: Leaf, value: object) -> None:
    assert leaf.holds({leaf.name: value}) in {True, False}
    assert leaf.holds({}) is None
    assert leaf.holds({leaf.name: None}) is None


@given(NAMES, st.lists(LITERALS, min_size=1, max_size=3), LITERALS)
def test_in_and_not_in_are_each_others_opposite(name: str, literals: list[str], value: str) -> None:
    inside, outside = Leaf(name, "in", tuple(literals)), Leaf(name, "not in", tuple(literals))
    assert inside.holds({name: value}) is not outside.holds({name: value})


@pytest.mark.parametrize(
    "text",
    [
        "", "category", "category hospital", "= 3", "beds >=", "a in b", "a in (b)", "a in [b", "a = [b]", "a in []",
        "a in [b,]", "beds == 50", "beds => 50", "beds =< 50", "beds <> 50", "beds ! = 50", "1st = 2", "a = 1\nb = 2",
    ],
)  # fmt: skip
def test_what_is_no_leaf_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse_leaf(text)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("beds >= 50", 50, True),
        ("beds >= 50", "9", False),  # as numbers, not as texts
        ("beds < 50", "9.5", True),
        ("beds > 50", "NaN", True),  # text: neither crash nor number
        ("on < 2026-12-01", "2026-11-30", True),
        ("sample = yes", True, True),
        ("sample != yes", False, True),
        ("category in [hospital, dealer]", "dealer", True),
        ("category not in [hospital]", "hospital", False),
        ("name = a, b", "a, b", True),
    ],
)
def test_values_are_compared_as_what_they_are(text: str, value: object, *, holds: bool) -> None:
    leaf = parse_leaf(text)
    assert leaf.holds({leaf.name: value}) is holds
