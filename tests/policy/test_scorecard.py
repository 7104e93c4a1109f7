"""Scorecards: weights that add up, bands without gap or overlap, a score by hand."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.policy.facts import Absent, Fact
from crmctl.policy.scorecard import Scorecard, ScorecardReader

FACTS = {
    "volume": Fact("volume", "money"), "judged": Fact("judged", "number"), "clean": Fact("clean", "bool"),
    "size": Fact("size", "choice", order={"small": 0, "large": 1}),
}  # fmt: skip
VOLUME = [{"to": 20000, "points": 0}, {"from": 20000, "to": 100000, "points": 60}, {"from": 100000, "points": 100}]


def card(*items: dict[str, Any], **values: object) -> tuple[Scorecard | None, list[tuple[str, str]]]:
    reader = ScorecardReader(FACTS, values, frozenset({"open"}))
    found = reader.read({"items": list(items)}, "scorecard")
    return found, [(one.field, one.message) for one in reader.findings]


def volume(bands: list[dict[str, Any]] = VOLUME, weight: object = 100) -> dict[str, Any]:
    return {"of": "volume", "weight": weight, "bands": bands}


@pytest.mark.req("R-GRD-17")
@pytest.mark.req("R-ADM-09")
def test_points_times_weight_add_up() -> None:
    found, faults = card(volume(weight=60), {"of": "judged", "weight": 30}, {
        "of": "clean", "weight": 10, "bands": [{"in": [True], "points": 100}, {"in": [False], "points": 0}]})  # fmt: skip
    assert faults == []
    assert found is not None
    facts = {"volume": Decimal(20000), "judged": Decimal("85.5"), "clean": True}
    assert found.score(facts) == Decimal("71.65")
    assert [line.adds for line in found.lines(facts)] == [Decimal(36), Decimal("25.65"), Decimal(10)]
    assert found.score({**facts, "judged": Absent.UNKNOWN}) is Absent.UNKNOWN
    assert found.score({**facts, "volume": Absent.NOT_APPLICABLE}) == Decimal("35.65")


@pytest.mark.req("R-ADM-09")
@pytest.mark.parametrize(
    ("bands", "where", "message"),
    [
        ([{"to": 10, "points": 0}, {"from": 20, "points": 1}], "bands.1", "Gap"),
        ([{"to": 20, "points": 0}, {"from": 10, "points": 1}], "bands.1", "Overlap"),
        ([{"from": 10, "points": 0}], "bands", "first band"),
        ([{"to": 10, "points": 0}, {"from": 10, "to": 20, "points": 1}], "bands", "first band"),
        ([{"to": 10, "points": 101}, {"from": 10, "points": 1}], "bands.0.points", "0 to 100"),
        ([{"to": "much", "points": 1}, {"from": 10, "points": 1}], "bands.0.to", "no value"),
        ([], "bands", "list"),
        ([{"point": 1}], "bands.0", "A band says"),
    ],
)
def test_bands_that_do_not_join_are_refused_with_their_place(
    bands: list[dict[str, Any]], where: str, message: str
) -> None:
    found, faults = card(volume(bands))
    assert found is None
    assert [f for f, m in faults if message in m and f.endswith(where)]


@pytest.mark.req("R-ADM-09")
def test_weights_that_do_not_add_up_and_words_that_are_none_are_refused() -> None:
    assert ("scorecard.items", "The weights add up to {total}, not to 100") in card(volume(weight=99))[1]
    assert card({"of": "volum", "weight": 100})[1] == [
        ("scorecard.items.0.of", "Unknown word {name}; did you mean {near}?")
    ]
    assert card({**volume(), "wieght": 3})[1][0][0] == "scorecard.items.0.wieght"
    assert card({"of": "volume", "weight": 100})[1][0][0] == "scorecard.items.0"
    twice = [{"in": ["small"], "points": 1}, {"in": ["small"], "points": 2}]
    assert [m for _f, m in card({"of": "size", "weight": 100, "bands": twice})[1]] == [
        "More than one band has {name}", "No band has {name}",
    ]  # fmt: skip


def test_a_weight_and_a_bound_the_company_sets() -> None:
    bands = [{"to": "$open", "points": 0}, {"from": "$open", "points": 100}]
    assert card(volume(bands, "$open"))[1] == []
    found, faults = card(volume(bands, "$weight"), weight=100, open=5)
    assert faults == []
    assert found is not None
    assert [found.score({"volume": Decimal(n)}) for n in (4, 5)] == [0, 100]
    assert card(volume(weight="$nobody"))[0] is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6, unique=True), st.integers(-10, 10**6 + 10))
def test_every_value_falls_into_exactly_one_band(bounds: list[int], value: int) -> None:
    ends = sorted(bounds)
    bands: list[dict[str, Any]] = [{"to": ends[0], "points": 0}]
    bands += [{"from": low, "to": high, "points": n + 1} for n, (low, high) in enumerate(pairwise(ends))]
    bands.append({"from": ends[-1], "points": len(ends)})
    found, faults = card(volume(bands))
    assert faults == []
    assert found is not None
    assert found.score({"volume": Decimal(value)}) == sum(value >= end for end in ends)
