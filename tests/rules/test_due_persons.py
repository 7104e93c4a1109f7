"""Whom an item is up to, and whose items are wanted: nothing that may be somebody's is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.values import Value
from crmctl.rules.due import due_items
from crmctl.rules.due_parts import Due, Whose
from crmctl.rules.due_persons import may_concern, who_of
from tests.rules.test_due import AROUND, clock, day, row

ROLES = {("head", "east"): ("hanna",), ("head", "west"): ("willi",), ("boss", None): ("bea",)}
HERE = replace(AROUND, holders=ROLES, active=frozenset({"alice", "bob", "dave", "hanna", "willi", "bea"}))
EVERYBODY = sorted(HERE.active)
MONTH_AGO = day("2026-10-20")


def item(department: str | None, *who: str) -> Due:
    (made,) = due_items(clock(), [row(department, on=day("2026-11-18"))], AROUND)
    return replace(made, who=who)


def test_an_item_is_wanted_by_its_persons_and_its_departments() -> None:
    assert Whose(frozenset({"bob"})).wants(item("east", "alice", "bob"), [])
    assert not Whose(frozenset({"bob"})).wants(item("east", "alice"), ["east"])
    assert Whose(departments=frozenset({"east"})).wants(item("east"), ["west"])
    assert not Whose(departments=frozenset({"west"})).wants(item("east", "alice"), ["west"]), (
        "its own department counts"
    )
    assert Whose(departments=frozenset({"west"})).wants(item(None), ["east", "west"]), "what all share is each one's"
    assert not Whose(departments=frozenset({"west"})).wants(item(None), ["east"])


def test_words_name_members_who_are_here() -> None:
    assert who_of(["owner"], row("east"), HERE) == ("alice",)
    assert who_of(["owner"], row(None), HERE) == ("alice", "bob")
    assert who_of(["member", "owner"], row("east"), HERE) == ("alice",), "a record of nobody's own"
    assert who_of(["member"], replace(row("east"), member="dave"), HERE) == ("dave",)
    assert who_of(["role head"], row("east"), HERE) == ("hanna",)
    assert who_of(["role head"], row(None), HERE) == ("hanna", "willi")
    assert who_of(["role boss"], row("east"), HERE) == ("bea",)
    assert who_of(["enterer"], row("east", entered_by="dave"), HERE) == ("dave",)
    assert who_of(["enterer", "owner"], row("east", entered_by="bob"), HERE) == ("alice",), "he does not deal with it"
    assert who_of(["to_confirm"], row("east", to_confirm="bob dave"), HERE) == ("bob", "dave")
    assert who_of(["to_confirm", "owner"], row("east"), HERE) == ("alice",)
    assert who_of(["handler"], row("east", handler="bob"), HERE) == ("bob",)
    here = replace(HERE, active=HERE.active | {"None", "XXXX"})
    assert who_of(["handler", "member", "to_confirm", "owner"], row("east"), here) == ("alice",), (
        "no value names nobody"
    )
    assert who_of(["handler"], row("east", handler="gone"), HERE) == ()


@pytest.mark.parametrize(
    "words",
    [
        {"who": ["owner"]}, {"who": ["role head"]}, {"who": ["handler", "owner"]}, {"who": ["enterer", "role boss"]},
        {"who": ["owner"], "then": [{"after": "1 day", "who": ["role head"]}, {"after": "2 days", "who": ["role boss"]}]},
        {"who": ["owner"], "cases": [{"if": "way in [phone]", "who": ["role head"]}]},
    ],
)  # fmt: skip
@given(
    department=st.sampled_from(["east", "west", None]), members=st.sets(st.sampled_from(EVERYBODY), max_size=2),
    departments=st.sets(st.sampled_from(["east", "west", "south"]), max_size=1), way=st.sampled_from(["phone", "mail"]),
)  # fmt: skip
def test_what_is_not_reckoned_would_not_be_wanted(
    words: dict[str, Value], department: str | None, members: set[str], departments: set[str], way: str
) -> None:
    whose = Whose(frozenset(members), frozenset(departments))
    made = clock(**words)
    asked = row(department, on=MONTH_AGO, way=way, handler="bob", entered_by="dave")
    everything = list(due_items(made, [asked], HERE))
    wanted = [one for one in everything if whose.wants(one, HERE.dealings["C-1"])]
    narrowed = list(due_items(made, [asked], replace(HERE, whose=whose)))
    assert [one for one in narrowed if whose.wants(one, HERE.dealings["C-1"])] == wanted
    assert may_concern(made, asked, HERE), "who asks for everybody's leaves nothing out"


def test_what_can_be_nobodys_who_asks_is_left_out() -> None:
    made = clock(who=["owner"], then=[{"after": "1 day", "who": ["role head"]}])
    for members, departments, may in (
        ({"alice"}, set(), True), ({"hanna"}, set(), True), ({"bob"}, set(), False), ({"willi"}, set(), False),
        (set(), {"east"}, True), (set(), {"west"}, False), (set(), set(), False),
    ):  # fmt: skip
        whose = Whose(frozenset(members), frozenset(departments))
        assert may_concern(made, row("east", on=MONTH_AGO), replace(HERE, whose=whose)) is may, (members, departments)
    stranger = replace(row(None, on=MONTH_AGO), dossier="C-9")
    assert not may_concern(made, stranger, replace(HERE, whose=Whose(departments=frozenset({"east"}))))
