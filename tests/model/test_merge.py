"""Merging two versions of a record: nothing lost, nothing invented, the same from both sides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.merge import merge
from crmctl.model.values import Value

scalars = st.one_of(st.integers(-5, 5), st.sampled_from(["a", "b", "c"]), st.booleans())
rows = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from(["T-1", "T-2", "T-3", "T-4"]), "n": st.integers(0, 3)}),
    unique_by=lambda row: row["id"],
    max_size=4,
)
groups = st.dictionaries(st.sampled_from("xyz"), scalars, max_size=3)
records = st.fixed_dictionaries({}, optional={"p": scalars, "q": scalars, "g": groups, "rows": rows})


@given(records, records)
def test_one_side_alone_is_taken_as_it_is(base: dict[str, Value], changed: dict[str, Value]) -> None:
    assert merge(base, changed, base) == (changed, [])
    assert merge(base, base, changed) == (changed, [])
    assert merge(base, changed, changed) == (changed, [])


@given(records, records, records)
def test_both_orders_agree_on_what_conflicts(
    base: dict[str, Value], ours: dict[str, Value], theirs: dict[str, Value]
) -> None:
    one, first = merge(base, ours, theirs)
    other, second = merge(base, theirs, ours)
    assert {c.field for c in first} == {c.field for c in second}
    if not first:
        plain = {k: v for k, v in one.items() if k != "rows"}
        assert plain == {k: v for k, v in other.items() if k != "rows"}
        for side in (one, other):
            assert len(ids(side)) == len(set(ids(side)))
        assert set(ids(one)) == set(ids(other))


@given(rows, rows, rows)
def test_no_added_row_is_ever_lost(base: list[Value], ours: list[Value], theirs: list[Value]) -> None:
    merged, _conflicts = merge({"rows": base}, {"rows": ours}, {"rows": theirs})
    old = ids({"rows": base})
    added = [i for i in (*ids({"rows": ours}), *ids({"rows": theirs})) if i not in old]
    assert set(added) <= set(ids(merged))


def test_both_added_to_a_list_without_ids() -> None:
    base: dict[str, Value] = {"aliases": ["a"]}
    merged, conflicts = merge(base, {"aliases": ["a", "ours"]}, {"aliases": ["a", "theirs"]})
    assert (merged, conflicts) == ({"aliases": ["a", "theirs", "ours"]}, [])


def test_a_field_both_changed_is_named_with_all_three_values() -> None:
    _merged, conflicts = merge({"g": {"x": 1}}, {"g": {"x": 2}}, {"g": {"x": 3}})
    assert [(c.field, c.base, c.ours, c.theirs) for c in conflicts] == [("g.x", 1, 2, 3)]


def ids(data: dict[str, Value]) -> list[str]:
    listed = data.get("rows")
    return [str(row["id"]) for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
