"""What versions tell: changes, who gave a field its value, assignments, a customer's events."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.changes import FieldChange
from crmctl.model.dossier import Assignment
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.record import Record
from crmctl.model.timeline import Version, assigned, blame, event_of, leaves, steps, version_of


def kind_of(**words: object) -> Kind:
    raw = {
        "kind": "card", "id": "C", "in": "core", "title": ["on", "name"],
        "fields": {
            "name": {"is": "text"}, "phone": {"is": "text"}, "on": {"is": "date"}, "codes": {"is": "codes"},
            "trade": {"is": "group", "fields": {"image": {"is": "text"}, "terms": {"is": "text"}}},
        },
    }  # fmt: skip
    kind, findings = compile_kind({**raw, **words}, "card.yaml")  # type: ignore[dict-item]
    assert kind is not None, findings
    return kind


CARD = kind_of()
CLOSED = Version("2026-01-02", "bob", opened=False)


def version(rev: int, by: str = "alice", **data: object) -> Version:
    return Version(f"2026-01-0{rev}", by, True, rev, data=data, unverified={})  # type: ignore[arg-type]


def test_each_version_s_changes_are_told_group_by_field() -> None:
    newer = version(2, name="A", trade={"image": "x", "terms": "y"})
    older = version(1, name="A", trade={"image": "w"})
    told = steps([newer, older], CARD)
    assert told[0].changes == (FieldChange("trade.image", "w", "x"), FieldChange("trade.terms", None, "y"))
    assert told[1].changes == (FieldChange("name", None, "A"), FieldChange("trade.image", None, "w"))


def test_one_field_s_changes_only() -> None:
    versions = [version(3, name="B", phone="2"), version(2, name="B", phone="1"), version(1, name="A", phone="1")]
    assert [(s.version.rev, s.changes) for s in steps(versions, CARD, "phone")] == [
        (3, (FieldChange("phone", "1", "2"),)), (1, (FieldChange("phone", None, "1"),)),
    ]  # fmt: skip
    inside = [version(2, trade={"image": "b"}), version(1, trade={"image": "a"})]
    assert len(steps(inside, CARD, "trade")) == 2


def test_a_version_that_does_not_open_is_told_and_the_gap_with_it() -> None:
    told = steps([version(3, name="C"), CLOSED, version(1, name="A")], CARD, "name")
    assert [step.version.opened for step in told] == [True, False, True]
    assert (told[0].after_gap, told[0].changes) == (True, (FieldChange("name", "A", "C"),))


def test_a_mark_of_doubt_and_a_confirmation_are_changes_too() -> None:
    first = version(1, name="A")
    marked = Version("2026-01-02", "bob", True, 2, data={"name": "A"}, unverified={"name": "2026-02-01"})
    confirmed = Version("2026-01-03", "bob", True, 3, data={"name": "A"}, unverified={}, confirmed_on="2026-01-03")
    told = steps([confirmed, marked, first], CARD)
    assert told[1].changes == (FieldChange("unverified.name", None, "2026-02-01"),)
    assert (told[0].confirmed, told[1].confirmed) == (True, False)
    later = Version("2026-01-04", "bob", True, 4, data={"name": "B"}, unverified={}, confirmed_on="2026-01-03")
    assert not steps([later, confirmed], CARD)[0].confirmed
    assert [step.version.rev for step in steps([confirmed, marked, first], CARD, "name")] == [3, 2, 1]


def test_a_version_that_changed_nothing_seen_here_is_left_out() -> None:
    assert [s.version.rev for s in steps([version(2, name="A"), version(1, name="A")], CARD)] == [1]


@pytest.mark.req("R-REC-11")
def test_blame_names_who_gave_each_field_and_each_part_of_a_group_its_value() -> None:
    versions = [
        version(3, "carol", name="A", trade={"image": "x", "terms": "y"}), version(2, "bob", name="A", trade={"image": "x"}),
        version(1, "alice", name="A"),
    ]  # fmt: skip
    assert [(b.field, b.version.by) for b in blame(versions, CARD)] == [
        ("name", "alice"), ("trade.image", "bob"), ("trade.terms", "carol"),
    ]  # fmt: skip
    assert [b.field for b in blame(versions, CARD, "trade")] == ["trade.image", "trade.terms"]


def test_a_value_that_came_back_belongs_to_who_brought_it_back() -> None:
    versions = [version(3, "carol", name="A"), version(2, "bob", name="B"), version(1, "alice", name="A")]
    assert blame(versions, CARD)[0].version.by == "carol"


def test_blame_says_where_an_unopened_version_leaves_it_open() -> None:
    assert not blame([version(3, "carol", name="C"), CLOSED, version(1, name="A")], CARD)[0].certain
    sure = blame([version(3, "carol", name="A"), CLOSED, version(1, name="A")], CARD)[0]
    assert (sure.certain, sure.version.rev) == (True, 1)
    assert blame([CLOSED, version(1, name="A")], CARD) == []
    assert blame([], CARD) == []


def test_the_doubt_on_a_field_stands_beside_it() -> None:
    newest = Version(
        "2026-01-02", "bob", True, 1, data={"name": "A", "trade": {"image": "x"}}, unverified={"trade": "2026-02-01"}
    )
    assert [b.unverified for b in blame([newest], CARD)] == [None, "2026-02-01"]


def test_only_groups_are_opened_and_the_kind_s_order_is_kept() -> None:
    data = {"state": "new", "codes": {"erp": "1"}, "trade": {"image": "x"}, "name": "A"}
    assert [name for name, _value in leaves(data, CARD)] == ["state", "name", "codes", "trade.image"]  # type: ignore[arg-type]


@given(st.lists(st.dictionaries(st.sampled_from(["name", "phone"]), st.sampled_from("abc")), min_size=1, max_size=8))
def test_the_changes_from_the_first_version_on_give_the_newest(stored: list[dict[str, str]]) -> None:
    versions = [version(1, **data) for data in stored]
    data: dict[str, object] = {}
    for step in reversed(steps(versions, CARD)):
        for change in step.changes:
            assert data.get(change.field) == change.before
            if change.after is None:
                data.pop(change.field)
            else:
                data[change.field] = change.after
    assert data == stored[0]


@given(st.lists(st.dictionaries(st.sampled_from(["name", "phone"]), st.sampled_from("abc")), min_size=1, max_size=8))
def test_blame_names_a_version_that_holds_the_value_and_whose_forerunner_does_not(stored: list[dict[str, str]]) -> None:
    versions = [Version(str(number), "x", True, number, data=data) for number, data in enumerate(stored)]  # type: ignore[arg-type]
    for found in blame(versions, CARD):
        place = versions.index(found.version)
        assert all(stored[n].get(found.field) == found.value for n in range(place + 1))
        assert place + 1 == len(stored) or stored[place + 1].get(found.field) != found.value


def test_assignments_change_by_department() -> None:
    old = Assignment("alice", (), None, "potential", date(2026, 1, 1))
    new = Assignment("bob", (), None, "potential", date(2026, 1, 1))
    told = assigned([("d3", "x", {"west": new}), ("d2", "x", {"east": old, "west": new}), ("d1", "x", {"west": old})])
    assert [(c.day, c.department, c.before, c.after) for c in told] == [
        ("d3", "east", old, None), ("d2", "east", None, old), ("d2", "west", old, new), ("d1", "west", None, old),
    ]  # fmt: skip


def test_an_event_is_dated_by_its_own_day_else_by_its_entry() -> None:
    event = event_of(
        CARD, "C-1", {"name": "A", "on": "2026-03-01", "state": "open"}, "2026-04-01T10:00:00+08:00", "alice"
    )
    assert (event.day, dict(event.title), event.state) == ("2026-03-01", {"name": "A"}, "open")
    assert event_of(CARD, "C-1", {"name": "A"}, "2026-04-01T10:00:00+08:00", "alice").day == "2026-04-01T10:00:00+08:00"


def test_a_row_of_a_month_is_a_version_of_its_own() -> None:
    month = Record(
        "crmctl/x/1", "2026-05", "x", "C-1", "east/trade", 1, 2, None, "bob", None, "2026-05-02T10:00:00+08:00", None,
        {"rows": [{"id": "T-1", "by": "alice", "for": None, "at": "2026-05-01T10:00:00+08:00", "name": "A"}]},
    )  # fmt: skip
    assert version_of(month, "T-1").data == {"name": "A"}
    assert version_of(month, "T-2").data is None
