"""Condition trees: three values, typed literals, faults named at load."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.policy.conditions import Branch, ConditionReader, asker_of, judge
from crmctl.policy.facts import Absent, Fact, FactValue

CLASSES = {"second_a": ("二级甲等", "2A"), "third_b": ("三级乙等", "3B"), "third_a": ("三级甲等", "3A")}
FACTS = {
    "hospital_class": Fact("hospital_class", "choice", order={c: n for n, c in enumerate(CLASSES)}, labels=CLASSES),
    "beds": Fact("beds", "int"),
    "volume": Fact("volume", "money"),
    "admitted": Fact("admitted", "bool"),
    "note": Fact("note", "text"),
}
VALUES: dict[str, object] = {"vip_beds": 100, "lost": None}


def read(raw: object) -> tuple[object, list[str]]:
    reader = ConditionReader(FACTS, VALUES, "p.yaml")
    return reader.read(raw, "if"), [f.message.format(**f.args) for f in reader.findings]


def verdict(raw: object, **facts: FactValue) -> bool | None:
    condition, faults = read(raw)
    assert not faults
    found = judge(condition, facts).verdict  # type: ignore[arg-type]
    assert asker_of(condition)(facts) is found  # type: ignore[arg-type]
    return found


@pytest.mark.req("R-GRD-18")
def test_ordered_choices_know_their_order_by_code_and_by_name() -> None:
    assert verdict("hospital_class >= 三级乙等", hospital_class="third_b") is True
    assert verdict("hospital_class >= 三级乙等", hospital_class="second_a") is False
    assert verdict("hospital_class >= third_b", hospital_class="third_a") is True


def test_unknown_is_neither_and_not_applicable_does_not_hold() -> None:
    assert verdict("beds >= $vip_beds") is None
    assert verdict("beds >= $vip_beds", beds=Absent.NOT_APPLICABLE) is False
    assert verdict("beds >= $vip_beds", beds=100) is True


def test_one_that_holds_settles_any_and_one_that_fails_settles_all() -> None:
    parts = ["beds >= 100", "volume >= 1,000"]
    assert verdict({"any": parts}, volume=Decimal(1000)) is True
    assert verdict({"any": parts}, volume=Decimal(999)) is None
    assert verdict({"all": parts}, volume=Decimal(999)) is False
    assert verdict({"none": parts}, beds=1, volume=Decimal(1)) is True


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5))
def test_joining_is_kleenes_logic(verdicts: list[bool | None]) -> None:
    facts = {f"f{n}": Fact(f"f{n}", "bool") for n in range(len(verdicts))}
    given_facts = {f"f{n}": Absent.UNKNOWN if v is None else v for n, v in enumerate(verdicts)}
    reader = ConditionReader(facts, {}, "")
    worlds = [
        dict(zip(facts, world, strict=True))
        for world in product([True, False], repeat=len(verdicts))
        if all(v is None or v == w for v, w in zip(verdicts, world, strict=True))
    ]
    for joiner in ("all", "any", "none"):
        tree = reader.read({joiner: [f"{name} = yes" for name in facts]}, "")
        assert isinstance(tree, Branch)
        possible = {judge(tree, world).verdict for world in worlds}
        settled = possible.pop() if len(possible) == 1 else None
        assert judge(tree, given_facts).verdict is settled
        assert asker_of(tree)(given_facts) is settled


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("bed >= 3", "Unknown word bed; did you mean beds?"),
        ("beds >= many", "many is no value of beds"),
        ("admitted > yes", "admitted has no order: only =, != and in fit it"),
        ("note >= a", "note has no order: only =, != and in fit it"),
        ("beds >= $lost", "$lost has no value; set it with: crmctl policy set lost VALUE"),
        ("hospital_class in third_a, third_b", "Not a condition"),
        ({"any": []}, "At least one condition is needed"),
        ({"some": ["beds > 1"]}, "A condition is a text"),
        ("hospital_class >= 四级", "四级 is no value of hospital_class"),
        ("hospital_class >= thirdb", "thirdb is no value of hospital_class; did you mean third_b?"),
    ],
)
def test_what_is_off_is_named(raw: object, fault: str) -> None:
    condition, faults = read(raw)
    assert condition is None
    assert fault in faults[0]


def test_every_leaf_keeps_the_value_it_was_judged_by() -> None:
    condition, _faults = read({"all": [{"clause": "V.2.2.b", "if": "beds >= 100"}, "admitted = yes"]})
    judged = judge(condition, {"beds": 99, "admitted": True})  # type: ignore[arg-type]
    assert [(part.verdict, part.value) for part in judged.parts] == [(False, 99), (True, True)]
    assert judged.parts[0].condition.clause == "V.2.2.b"
