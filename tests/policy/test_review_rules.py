"""A pack's `review:`: what it says, what is off about it, and packs over packs."""

from __future__ import annotations

import pytest

from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value
from crmctl.policy.pack import lay_over, read_pack
from crmctl.policy.review import ReviewRule, Slot, check_review, read_review, seat_faults

GOOD: dict[str, Value] = {"code": "REV001", "on": ["add customer"], "slots": ["verify supervisor/head"]}


def rule(**more: Value) -> ReviewRule:
    rules, faults = read_review([{**GOOD, **more}], "x")
    assert not faults
    return rules[0]


def test_slots_in_order_and_side_by_side() -> None:
    made = rule(slots=[["sign head", "verify clerk"], "sign management", "acknowledge division"])
    assert [[str(slot) for slot in step] for step in made.steps] == [
        ["sign head", "verify clerk"], ["sign management"], ["acknowledge division"],
    ]  # fmt: skip
    assert made.steps[0][0] == Slot("sign", ("head",))
    assert [slot.blocks for step in made.steps for slot in step] == [True, True, True, False]


def test_one_text_or_a_list() -> None:
    assert rule(on="add customer").on == rule().on
    assert [trigger.what for trigger in rule(on=["grant", "change org"]).on] == ["grant", "org"]


@pytest.mark.parametrize(
    ("more", "code", "field", "near"),
    [
        ({"slts": []}, "POL001", "slts", "slots"),
        ({"on": "gran"}, "POL001", "on", "grant"),
        ({"on": "enter customer"}, "POL003", "on", None),
        ({"on": []}, "POL002", "on", None),
        ({"slots": ["verfy head"]}, "POL001", "slots", "verify"),
        ({"slots": ["verify"]}, "POL003", "slots", None),
        ({"slots": "verify head"}, "POL002", "slots", None),
        ({"code": "rev1"}, "POL003", "code", None),
        ({"if_able": "yes"}, "POL003", "if_able", None),
        ({"only": "two admins"}, "POL003", "only", None),
        ({"text": "x"}, "POL002", "text", None),
        ({"route": {"by": "address", "slots": {}}}, "POL003", "route.by", None),
        ({"route": []}, "POL002", "route", None),
        ({"route": {"by": "record"}}, "POL002", "route.lines", None),
        (
            {"route": {"by": "record", "lines": [{"name": "a b", "if": "x = 1", "slots": ["sign head"]}]}},
            "POL003",
            "route.lines.0",
            None,
        ),
        (
            {"route": {"by": "record", "lines": [{"name": "a", "if": "x", "slots": ["sign head"]}]}},
            "POL003",
            "route.lines.0.if",
            None,
        ),
    ],
)
def test_faults_name_their_place(more: dict[str, Value], code: str, field: str, near: str | None) -> None:
    rules, faults = read_review([{**GOOD, **more}], "policy/packs/x.yaml")
    assert rules == ()
    assert [(fault.code, fault.field, fault.args.get("near")) for fault in faults] == [
        (code, f"review.0.{field}", near)
    ]


def test_a_pack_is_read_with_it_and_later_ones_lie_over() -> None:
    lower, faults = read_pack({"pack": "a", "review": [GOOD, {**GOOD, "code": "REV002"}]}, "a")
    upper, more = read_pack({"pack": "b", "review": [{**GOOD, "slots": []}, {**GOOD, "code": "REV003"}]}, "b")
    assert not faults
    assert not more
    laid = lay_over([lower, upper]).review
    assert [(item.code, len(item.steps)) for item in laid] == [("REV001", 0), ("REV002", 1), ("REV003", 1)]


LEVEL = Field("level", "choice", ("", ""), {"of": "levels"})
LISTED = Kind(
    "entry", 1, ("", ""), "X", "entry", "entries", "office", "list", (LEVEL,), addressee="level", per_member=True
)
CARD = Kind("customer", 1, ("", ""), "C", "customer", "customers", "core", "core", ())
WORDS = {"levels": {"company": ("公司", "Company"), "department": ("部门", "Department")}}


def test_departments_and_members_that_slots_name() -> None:
    lines: Value = [{"name": "a", "if": "x = 1", "slots": ["sign head@nort", "sign @zhuo"]}]
    wrong = rule(slots=["sign head@north", "sign @zhou"], route={"by": "record", "lines": lines})
    found = seat_faults([wrong], ["north", "south"], ["zhou"])
    assert [(f.code, f.args["name"], f.args["near"]) for f in found] == [
        ("POL014", "nort", "north"), ("POL014", "zhuo", "zhou"),
    ]  # fmt: skip


def test_names_that_are_not_there() -> None:
    wrong = rule(on=["add custmer", "change org"], slots=["verify supervisr"], unless=["hed"])
    found = check_review([wrong], {"customer": CARD}, {}, ["supervisor", "head"], ["readers"])
    assert [(f.code, f.args["name"], f.args["near"]) for f in found] == [
        ("POL010", "custmer", "customer"), ("POL014", "supervisr", "supervisor"), ("POL014", "hed", "head"),
    ]  # fmt: skip


def test_a_part_is_one_that_the_kinds_field_knows() -> None:
    parted = rule(on=["add entry/company", "add entry/compny", "add customer/x", "change org/x", "add entry"])
    found = check_review([parted], {"customer": CARD, "entry": LISTED}, WORDS, ["supervisor", "head"], ["readers"])
    assert [(f.code, f.args["name"], f.args["near"]) for f in found] == [
        ("POL010", "entry/compny", "entry/company"), ("POL010", "customer/x", "customer"), ("POL010", "org/x", "org"),
    ]  # fmt: skip
    assert [(item.what, item.part) for item in parted.on][:2] == [("entry", "company"), ("entry", "compny")]
