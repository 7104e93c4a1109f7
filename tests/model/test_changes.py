"""What changed between two versions: applied to the old one it gives the new one."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.changes import FieldChange, diff
from crmctl.model.values import Value

NAMES = st.sampled_from(["name", "phone", "team", "note"])
PLAIN = st.one_of(
    st.booleans(), st.integers(-2, 2), st.sampled_from(["", "a", "1"]), st.lists(st.integers(0, 1), max_size=2)
)
# None means "has none" to a reader of changes, so that no field of a record holds it
FIELDS = st.recursive(
    st.dictionaries(NAMES, PLAIN, max_size=3),
    lambda inner: st.dictionaries(NAMES, PLAIN | inner, min_size=1, max_size=3),
)


def applied(before: dict[str, Value], changes: list[FieldChange]) -> dict[str, Value]:
    after = deepcopy(before)
    for change in changes:
        place: dict[str, Value] = after
        *path, name = change.field.split(".")
        for part in path:
            inner = place[part]
            assert isinstance(inner, dict)
            place = inner
        assert place.get(name) == change.before
        if change.after is None:
            del place[name]
        else:
            place[name] = change.after
    return after


@given(FIELDS, FIELDS)
def test_the_changes_lead_from_one_version_to_the_other(before: dict[str, Value], after: dict[str, Value]) -> None:
    assert applied(before, diff(before, after)) == after
    assert applied(after, diff(after, before)) == before


@given(FIELDS)
def test_nothing_changed_is_no_change(fields: dict[str, Value]) -> None:
    assert diff(fields, deepcopy(fields)) == []


def test_yes_and_one_are_not_the_same() -> None:
    assert diff({"sample": True}, {"sample": 1}) == [FieldChange("sample", True, 1)]


def test_groups_are_compared_inside_and_in_the_order_of_the_fields() -> None:
    before: dict[str, Value] = {"a": 1, "team": {"plan": "bob", "price": "carol"}, "z": 1}
    after: dict[str, Value] = {"a": 1, "team": {"plan": "alice", "price": "carol"}, "new": [1]}
    assert diff(before, after) == [
        FieldChange("team.plan", "bob", "alice"), FieldChange("z", 1, None), FieldChange("new", None, [1]),
    ]  # fmt: skip
