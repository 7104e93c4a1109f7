"""A department's own rules: they tighten, and what loosens is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from crmctl.model.values import Value
from crmctl.policy.overlay import lay_overlay, overlay_faults, overlay_of, ways

PACK: dict[str, Value] = {
    "pack": "p", "version": 1, "tightens": {"limit": "lower", "floor": "higher"},
    "grade": {
        "exempt": {"if": "volume < $small"},
        "ladder": [
            {"grade": "vip", "all": [{"any": ["volume >= $vip_volume", "beds > $vip_beds"]}, "late <= $late",
                                     {"none": ["debt >= $debt"]}]},
            {"grade": "rest", "if": "volume >= 0"},
        ],
        "caps": [{"grade": "vip", "share": "$share"}],
        "scorecard": {"items": [{"of": "volume", "bands": [{"to": "$edge"}]}]},
    },
}  # fmt: skip
PACKS = [("policy/packs/p.yaml", PACK)]
VALUES: dict[str, Value] = {"vip_volume": 1000, "share": "15%", "limit": "5 days", "floor": "6 months", "late": 2}


def faults(**overlay: Any) -> list[tuple[str, str]]:
    raw = {"schema": "crmctl/overlay/1", "department": "east", **overlay}
    return [(one.code, one.field) for one in overlay_faults(raw, PACKS, VALUES, {"east": 1}, "east")]


def test_what_is_no_mapping_is_told_and_not_passed_over() -> None:
    assert faults(values=3, axes=["x"]) == [("POL030", "values"), ("POL030", "axes")]


@pytest.mark.req("R-ADM-08")
def test_which_way_is_tighter_follows_from_where_a_value_stands() -> None:
    assert ways(PACKS) == {
        "vip_volume": "higher", "vip_beds": "higher", "late": "lower", "debt": None, "small": None, "share": "lower",
        "edge": None, "limit": "lower", "floor": "higher",
    }  # fmt: skip


@pytest.mark.req("R-ADM-08")
@pytest.mark.parametrize(
    ("name", "tight", "loose"),
    [
        ("vip_volume", 1000, 999), ("vip_volume", "2,000", "999.99"), ("share", "15%", "15.1%"), ("share", "10%", 1),
        ("limit", "5 days", "6 days"), ("limit", "3 days", "5 working days"), ("late", 0, 3),
        ("floor", "1 year", "5 months"),
    ],
)  # fmt: skip
def test_a_value_may_only_go_the_tighter_way(name: str, tight: Value, loose: Value) -> None:
    assert faults(values={name: tight}) == []
    assert faults(values={name: loose}) == [("POL031", f"values.{name}")]


@pytest.mark.req("R-ADM-08")
def test_a_value_that_changes_on_a_day_is_held_against_every_step() -> None:
    rising: list[Value] = [{"from": "2026-01-01", "is": 1000}, {"from": "2027-01-01", "is": 3000}]
    values: dict[str, Value] = {**VALUES, "vip_volume": rising}

    def held(value: Value) -> list[str]:
        raw: dict[str, Value] = {"department": "east", "values": {"vip_volume": value}}
        return [one.code for one in overlay_faults(raw, PACKS, values, {"east": 1}, "east")]

    assert held(3000) == []
    assert held(2000) == held(500) == ["POL031"]
    assert held([{"from": "2026-01-01", "is": 4000}, {"from": "2028-01-01", "is": 100}]) == ["POL031"]
    assert faults(values={"vip_volume": [{"from": "2026-01-01", "is": 999}]}) == [("POL031", "values.vip_volume")]


@pytest.mark.req("R-ADM-08")
def test_what_cannot_be_told_tighter_is_the_companys_alone() -> None:
    assert faults(values={"debt": 1}) == [("POL031", "values.debt")]
    assert faults(values={"shar": 1}) == [("POL030", "values.shar")]
    assert faults(values={"share": "much"}) == [("POL030", "values.share")]
    assert faults(axes={"grade": {"ladder": []}}) == [("POL031", "axes.grade.ladder")]
    assert faults(axes={"grade": {"also": {"vipp": ["volume > 1"]}}}) == [("POL030", "axes.grade.also.vipp")]
    assert faults(axes={"grade": {"scorecard": {"items": []}}}) == [("POL031", "axes.grade.scorecard")]
    assert faults(valeus={}) == [("POL030", "valeus")]
    assert faults(department="west") == [("POL030", "department")]


@pytest.mark.req("R-GRD-28")
def test_a_product_is_held_against_its_department() -> None:
    tight = {"values": {"vip_volume": 2000}, "products": {"Crutch": {"values": {"vip_volume": 3000}}}}
    assert faults(**tight) == []
    tight["products"]["Crutch"]["values"]["vip_volume"] = 1500
    assert faults(**tight) == [("POL031", "products.Crutch.values.vip_volume")]


@pytest.mark.req("R-GRD-28")
def test_conditions_are_added_and_never_taken_away() -> None:
    raw: dict[str, Value] = {
        "values": {"vip_volume": 2000}, "axes": {"grade": {"also": {"vip": ["beds >= 10"]}}},
        "products": {"Crutch": {"axes": {"grade": {"also": {"vip": ["beds >= 20"]}}}}},
    }  # fmt: skip
    for product, more in ((None, ["beds >= 10"]), ("Crutch", ["beds >= 10", "beds >= 20"])):
        overlay = overlay_of(raw, product)
        laid = lay_overlay(PACKS, overlay, "policy/east.yaml")[0][1]["grade"]
        assert isinstance(laid, dict)
        ladder: Any = laid["ladder"]
        assert ladder[0]["all"][1:] == more
        assert ladder[0]["all"][0] == {"all": PACK["grade"]["ladder"][0]["all"]}  # type: ignore[index,call-overload]
        assert ladder[1] == PACK["grade"]["ladder"][1]  # type: ignore[index,call-overload]
        assert laid["exempt"] == PACK["grade"]["exempt"]  # type: ignore[index,call-overload]


def test_an_axis_of_its_own_stands_beside_the_companys() -> None:
    own: dict[str, Value] = {"axes": {"retail": {"ladder": [{"grade": "big", "if": "volume >= 1"}]}}}
    assert faults(**own) == []
    assert [where for where, _raw in lay_overlay(PACKS, overlay_of(own), "policy/east.yaml")][-1] == "policy/east.yaml"
