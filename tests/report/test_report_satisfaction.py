"""Satisfaction by the model: who was asked, who answered, how sure the share is, and loyalty."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Draft
from tests.company import CARD, Company
from tests.report.conftest import Draw, rows, sell

EAST = {"department": "east"}


@pytest.fixture
def draft(trade: Company) -> Iterator[Draft]:
    return trade.draft()  # type: ignore[return-value]


def customer(draft: Draft, name: str, **more: Any) -> str:
    return draft.new_customer({**CARD, "name": name, **more}, "east", "alice").record.dossier


def survey(draft: Draft, dossier: str, overall: str, **more: Any) -> str:
    values = {"on": "2026-10-02", "trigger": "periodic", "overall": overall, **more}
    return draft.new_record(draft.kind("survey"), dossier, "east", values).id


@pytest.mark.req("R-SAT-04")
@pytest.mark.req("R-SAT-05")
@pytest.mark.req("R-SAT-11")
def test_the_model_gives_an_index_and_the_share_its_interval(draw: Draw, draft: Draft) -> None:
    first, second = customer(draft, "First", region="110000"), customer(draft, "Second", region="310000")
    scores = [{"item": "product", "question": "?", "score": "90"}, {"item": "price", "question": "?", "score": "50"}]
    survey(draft, first, "satisfied", answers=scores, product="Plate")  # even weights: 70
    survey(draft, first, "very_satisfied", on="2026-11-01")  # no scores: its points, 100
    survey(draft, second, "dissatisfied", product="Plate")  # 25
    survey(draft, second, "no_answer")
    draft.commit("import")
    filled = draw("satisfaction", **EAST, period="2026H2")
    (whole,) = rows(filled, "whole")
    assert (whole["asked"], whole["answered"], whole["content"], whole["discontent"]) == (4, 3, 2, 1)
    assert (whole["low"], whole["high"]) == (Decimal("20.8"), Decimal("93.9"))
    assert whole["index_points"] == Decimal(65)
    product = {row["product"]: row for row in rows(filled, "products")}
    assert (product["Plate"]["asked"], product["Plate"]["index_points"]) == (2, Decimal("47.5"))
    assert [row["asked"] for row in rows(filled, "months")] == [3, 1]
    assert {row["department"]: row["asked"] for row in rows(filled, "departments")} == {"east": 4}
    assert {row["owner"]: row["answered"] for row in rows(filled, "people")} == {"alice": 3}
    assert sorted(str(row["asked"]) for row in rows(filled, "regions")) == ["2", "2"]
    assert {row["item"]: row["weight"] for row in rows(filled, "model")} == dict.fromkeys(
        ("product", "delivery", "service", "price"), Decimal(25)
    )


@pytest.mark.req("R-SAT-05")
def test_loyalty_is_who_bought_again_and_who_stayed(draw: Draw, draft: Draft) -> None:
    one, two = customer(draft, "One"), customer(draft, "Two")
    sell(draft, one, "2026-01-05", "1.00")
    sell(draft, one, "2026-08-05", "1.00")
    sell(draft, one, "2026-09-05", "1.00")
    sell(draft, two, "2026-08-05", "1.00")
    draft.commit("import")
    (loyal,) = rows(draw("satisfaction", **EAST, period="2026H2"), "loyalty")
    assert (loyal["buyers"], loyal["again"], loyal["again_share"]) == (2, 1, 50)
    assert (loyal["before"], loyal["stayed"]) == (3, 1)
