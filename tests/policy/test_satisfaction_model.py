"""The satisfaction model and the interval of a share."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.values import Value
from crmctl.policy.satisfaction import read_model, wilson

VOCAB = {
    "satisfaction": dict.fromkeys(("good", "bad", "none"), ("字", "word")),
    "satisfaction_item": dict.fromkeys(("product", "price"), ("字", "word")),
}
WHOLE: dict[str, Value] = {
    "version": "1", "points": {"good": 100, "bad": 0}, "items": {"product": 70, "price": 30}, "content": ["good"],
}  # fmt: skip


@pytest.mark.req("R-SAT-04")
def test_a_model_has_a_version_points_weights_and_what_counts_as_content() -> None:
    model, findings = read_model(WHOLE, VOCAB, "p")
    assert findings == []
    assert (model.version, model.items["product"], model.content) == ("1", Decimal(70), frozenset({"good"}))


@pytest.mark.parametrize(
    ("more", "path"),
    [({"items": {"product": 60, "price": 30}}, "satisfaction.items"), ({"points": {"god": 1}}, "satisfaction.points.god"),
     ({"points": {"good": 101}}, "satisfaction.points.good"), ({"content": ["none"]}, "satisfaction.content"),
     ({"wights": {}}, "satisfaction.wights")],
)  # fmt: skip
def test_faults_of_a_model_name_their_place(more: dict[str, Value], path: str) -> None:
    _model, findings = read_model({**WHOLE, **more}, VOCAB, "p")
    assert path in [finding.field for finding in findings]


@pytest.mark.parametrize(("content", "answered", "low", "high"), [(0, 10, 0.0, 27.75), (10, 10, 72.25, 100.0), (8, 10, 49.02, 94.33), (50, 100, 40.38, 59.62)])  # fmt: skip
def test_the_interval_is_wilsons(content: int, answered: int, low: float, high: float) -> None:
    found = wilson(content, answered)
    assert found is not None
    assert found == pytest.approx((low, high), abs=0.01)


@given(answered=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_interval_holds_the_share_and_its_ends_solve_the_score_equation(answered: int, share: float) -> None:
    content = round(share * answered)
    found = wilson(content, answered)
    assert found is not None
    for end in (found[0] / 100, found[1] / 100):
        # at an end of the interval the share lies exactly z standard errors away
        if 1e-6 < end < 1 - 1e-6:
            error = (end * (1 - end) / answered) ** 0.5
            assert abs(content / answered - end) / error == pytest.approx(1.959963984540054, rel=1e-6)
    assert found[0] - 1e-9 <= 100 * content / answered <= found[1] + 1e-9


def test_nobody_answered_is_no_share_at_all() -> None:
    assert wilson(0, 0) is None
