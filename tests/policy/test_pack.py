"""Packs: read with every fault named, and laid over each other in any grouping with one result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.disk.shipped import pack_file, pack_names
from crmctl.ledger.disk.yamlio import load
from crmctl.policy.pack import Pack, lay_over, read_pack

WORDS = st.sampled_from(["a", "b", "c"])
TEXTS = st.lists(WORDS, max_size=3, unique=True).map(tuple)
LABELS = st.tuples(WORDS, WORDS)
PACKS = st.builds(
    Pack,
    name=WORDS,
    company_roles=st.frozensets(WORDS, max_size=2),
    readers=st.dictionaries(WORDS, TEXTS, max_size=2),
    compartments=TEXTS,
    vocab=st.dictionaries(WORDS, st.dictionaries(WORDS, LABELS, max_size=2), max_size=2),
    requires=st.dictionaries(WORDS, st.dictionaries(st.sampled_from(["*", "done"]), TEXTS, max_size=2), max_size=2),
    values=st.dictionaries(WORDS, st.integers(0, 3), max_size=2),
    responsible=st.dictionaries(WORDS, st.lists(WORDS | st.just("+"), max_size=3, unique=True).map(tuple), max_size=2),
)
SHIPPED = [pack_file(name) for name in pack_names()]


@given(PACKS, PACKS, PACKS)
def test_laying_over_is_associative(one: Pack, two: Pack, three: Pack) -> None:
    assert lay_over([lay_over([one, two]), three]) == lay_over([one, two, three])
    assert lay_over([one, lay_over([two, three])]) == lay_over([one, two, three])


@given(PACKS)
def test_a_pack_over_itself_is_itself(pack: Pack) -> None:
    assert lay_over([pack, pack]) == lay_over([pack])


@given(PACKS, PACKS)
def test_later_packs_override_settings_and_only_add_requirements(one: Pack, two: Pack) -> None:
    both = lay_over([one, two])
    assert both.company_roles == one.company_roles | two.company_roles
    for pattern in {*one.readers, *two.readers}:
        assert both.readers[pattern] == two.readers.get(pattern, one.readers.get(pattern))
    for name in {*one.values, *two.values}:
        assert both.values[name] == two.values.get(name, one.values.get(name))
    for kind in {*one.requires, *two.requires}:
        for state in ("*", "done"):
            assert set(both.required(kind, state)) == {*one.required(kind, state), *two.required(kind, state)}
    for name in one.vocab:
        assert set(one.vocab[name]) <= set(both.vocab[name])


@pytest.mark.req("R-REV-08")
@given(PACKS, PACKS)
def test_nobody_reads_who_is_not_responsible_whichever_pack_comes_first(one: Pack, two: Pack) -> None:
    for both in (lay_over([one, two]), lay_over([two, one])):
        for pattern, terms in both.readers.items():
            lists = [pack.responsible[pattern] for pack in (one, two) if pattern in pack.responsible]
            named = {term for terms in lists for term in terms}
            bound = any(terms[:1] != ("+",) for terms in lists)
            assert both.reading[pattern] == tuple(term for term in terms if term in named or not bound)
            assert {*both.reading[pattern], *both.asking.get(pattern, ())} == {*terms}


def test_what_is_required_in_a_state_is_what_every_state_needs_and_its_own() -> None:
    pack = Pack("x", requires={"visit": {"*": ("on", "topic"), "done": ("result", "on")}})
    assert pack.required("visit", "done") == ("on", "topic", "result")
    assert pack.required("visit", "planned") == pack.required("visit", None) == ("on", "topic")
    assert pack.required("letter", "done") == ()


def test_a_whole_number_is_one_or_the_default() -> None:
    pack = Pack("x", values={"days": 3, "share": "15%", "on": True})
    assert (pack.whole("days", 1), pack.whole("share", 1), pack.whole("on", 1), pack.whole("none", 1)) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("key", "near"), [("reader", "readers"), ("vocabs", "vocab"), ("require", "requires"), ("qqq", "values")]
)
def test_an_unknown_word_is_told_with_the_nearest(key: str, near: str) -> None:
    _pack, findings = read_pack({"pack": "x", key: {}}, "policy/packs/x.yaml")
    assert [(f.where, f.field, f.args["near"]) for f in findings] == [("policy/packs/x.yaml", key, near)]


@given(
    st.dictionaries(
        st.sampled_from(["readers", "vocab", "requires", "values", "compartments", "company_roles"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | WORDS,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
            max_leaves=4,
        ),
    )
)
def test_whatever_a_pack_says_it_never_crashes(raw: dict[str, Any]) -> None:
    pack, _findings = read_pack(raw, "x.yaml")
    assert lay_over([pack]).required("a", "b") is not None


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_each_shipped_pack_loads(file: Path) -> None:
    raw = load(file.read_bytes(), file.name)
    assert isinstance(raw, dict)
    pack, findings = read_pack(raw, file.name)
    assert findings == []
    assert pack.name == file.stem


def test_the_base_pack_says_who_reads_each_compartment_it_makes() -> None:
    raw = load(pack_file("base").read_bytes(), "base.yaml")
    assert isinstance(raw, dict)
    base = read_pack(raw, "base.yaml")[0]
    assert {"core", *(f"assignment/{short}" for short in base.compartments)} <= base.readers.keys()
    assert all(base.readers.values())
