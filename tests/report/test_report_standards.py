"""Figures held against a standard: credit limits, caps and the mix aimed at, the funnel, duplicates and late entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.setup.administer import change_setup
from crmctl.resources import packs_path
from tests.company import CARD, Company
from tests.report.conftest import Draw, complain, rows, sell

EAST = {"department": "east"}


@pytest.fixture
def draft(trade: Company) -> Iterator[Draft]:
    """A draft on a copy of the company, committed by the test itself."""
    return trade.draft()  # type: ignore[return-value]


def customer(draft: Draft, name: str, **more: Any) -> str:
    return draft.new_customer({**CARD, "name": name}, "east", "alice", **more).record.dossier


def put(draft: Draft, kind: str, dossier: str, **values: Any) -> None:
    draft.new_record(draft.kind(kind), dossier, "east", values)


@pytest.mark.req("R-RPT-11")
def test_credit_tells_class_terms_and_limit_beside_what_is_owed(draw: Draw, draft: Draft) -> None:
    over, within = customer(draft, "Over Ltd"), customer(draft, "Within Ltd")
    for dossier, limit in ((over, "1000.00"), (within, "9000.00")):
        put(draft, "credit", dossier, on="2026-01-02", source="visit", terms="credit", limit="500.00", **{"class": "c"})
        put(
            draft,
            "credit",
            dossier,
            on="2026-03-01",
            source="visit",
            terms="credit",
            limit=limit,
            days=30,
            **{"class": "a"},
        )
        sell(draft, dossier, "2026-04-01", "3000.00")
        put(draft, "payment", dossier, on="2026-05-01", amount="1200.00")
    draft.commit("import")
    filled = draw("credit", period="2026", **EAST)
    found = {row["name"]: row for row in rows(filled, "customers")}
    told = [
        (found[name]["class"], found[name]["credit_limit"], found[name]["owed"], found[name]["over"])
        for name in ("Over Ltd", "Within Ltd")
    ]
    assert told == [("a", 100000, 180000, True), ("a", 900000, 180000, False)]
    assert rows(filled, "customers")[0]["name"] == "Over Ltd"
    (one,) = rows(filled, "classes")
    assert (one["class"], one["terms"], one["customers"], one["credit_limit"], one["over"]) == (
        "a",
        "credit",
        2,
        1000000,
        1,
    )


@pytest.mark.req("R-RPT-46")
def test_the_funnel_tells_how_many_reached_each_stage(draw: Draw, draft: Draft) -> None:
    for name, state in (("I", "intending"), ("C", "closed"), ("K", "key")):
        customer(draft, name, state=state)
    draft.commit("import")
    found = rows(draw("funnel", period="2026", **EAST), "stages")
    # alice has two potential customers and a closed one besides
    assert [(row["stage"], row["reached"], row["now"]) for row in found] == [
        ("potential", 6, 2), ("intending", 4, 1), ("closed", 3, 2), ("key", 1, 1),
    ]  # fmt: skip
    assert [round(float(str(row["of_before"] or 0)), 1) for row in found] == [0, 66.7, 75, 33.3]
    assert [round(float(str(row["of_all"])), 1) for row in found] == [100, 66.7, 50, 16.7]


@pytest.mark.req("R-RPT-39")
def test_quality_names_duplicates_and_late_entries_too(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "Twice There Hospital")
    other = customer(draft, "Twice There Hospital", checked="another house")
    late = draft.new_customer(
        {**CARD, "name": "Late Ltd", "obtained_at": "2026-11-02T09:00"}, "east", "alice"
    ).record.dossier
    draft.commit("import")
    filled = draw("quality", **EAST)
    pairs = {frozenset((row["id"], row["other"])) for row in rows(filled, "duplicates")}
    assert frozenset((one, other)) in pairs
    assert {row["id"]: row["person"] for row in rows(filled, "late")}[late] == "alice"
    assert all(int(str(row["lag"])) > 1 for row in rows(filled, "late"))


@pytest.mark.req("R-RPT-15")
@pytest.mark.req("R-RPT-16")
def test_complaints_are_counted_by_kind_and_result_and_proposals_stand_with_the_causes(
    draw: Draw, draft: Draft
) -> None:
    dossier = customer(draft, "Complaining")
    complain(draft, dossier, "2026-10-01T10:00", "closed", solved_at="2026-10-03T10:00", root_cause="transport")
    put_office(draft, "improvement", on="2026-10-04", source="complaint", subject="Another carrier", proposed_by="alice", in_charge="alice", due_on="2026-12-01",
               root_cause="transport", measure="Tender", state="proposed")  # fmt: skip
    put_office(
        draft,
        "improvement",
        on="2026-10-05",
        source="survey",
        subject="Longer hours",
        in_charge="alice",
        due_on="2026-12-01",
        measure="Ask",
        state="proposed",
    )
    draft.commit("import")
    results = rows(draw("complaints", period="2026", **EAST), "results")
    assert {(row["category"], row["state"], row["satisfaction"], row["complaints"]) for row in results} == {
        ("delivery", "closed", "satisfied", 2), ("delivery", "registered", None, 1),
    }  # fmt: skip
    filled = draw("complaint-causes", period="2026", **EAST)
    assert ("transport", 1) in {(row["root_cause"], row["complaints"]) for row in rows(filled, "pareto")}
    assert [(row["subject"], row["proposed_by"], row["measure"]) for row in rows(filled, "actions")] == [
        ("Another carrier", "alice", "Tender"),
    ]  # fmt: skip


@pytest.mark.req("R-RPT-20")
def test_new_customers_bring_their_needs_and_what_the_market_does(draw: Draw, draft: Draft) -> None:
    dossier = customer(
        draft,
        "Fresh",
    )
    put(draft, "visit", dossier, on="2026-11-10", topic="Needs", purpose="introduce", way="phone", state="done", whom="Dr Li",
        result="ok", goal_met=True, needs_heard="smaller sizes", market="prices fall")  # fmt: skip
    put_office(draft, "market_note", on="2026-11-11", topic="competition", text="Rival opens")
    draft.commit("import")
    filled = draw("new-customers", period="2026", **EAST)
    assert ("smaller sizes", "prices fall") in {(row["needs"], row["market"]) for row in rows(filled, "needs")}
    assert [row["text"] for row in rows(filled, "market")] == ["Rival opens"]


def put_office(draft: Draft, kind: str, **values: Any) -> None:
    draft.new_record(draft.kind(kind), "office/east", "east", values)


@pytest.mark.req("R-RPT-26")
def test_shares_of_grades_stand_beside_caps_and_the_mix_aimed_at(draw: Draw, trade: Company) -> None:
    draft = trade.draft()
    for number, grade in enumerate(["vip", "preferred", "qualified", "qualified"]):
        dossier = customer(draft, f"Graded {number}")
        put(
            draft,
            "grade",
            dossier,
            on="2026-11-01",
            grade=grade,
            state="approved",
            decided_by="alice",
            decided_on="2026-11-01",
        )
    draft.commit("import")  # before the policy that gives the seats
    ledger = trade.ledger()
    own = ledger.in_force.raw["policy/company.yaml"]
    assert isinstance(own, dict)
    values = {"vip_beds": 200, "vip_volume": 100000, "preferred_beds": 100, "preferred_volume": 20000}
    change_setup(ledger, {
        "policy/packs/p23.yaml": (packs_path() / "p23.yaml").read_bytes(),
        "policy/company.yaml": dump({**own, "extends": ["base", "p23"], "values": values}),
        "policy/east.yaml": dump({"schema": "crmctl/overlay/1", "department": "east", "axes": {"grade": {"mix": {"vip": "5%"}}}}),
    }, "policy-adopt", "packs")  # fmt: skip
    found = {row["grade"]: row for row in rows(draw("structure", **EAST), "grades")}
    assert [(name, found[name]["share"], found[name]["cap"]) for name in ("vip", "preferred", "qualified")] == [
        ("vip", 25, 15), ("preferred", 25, 30), ("qualified", 50, None),
    ]  # fmt: skip
    assert (found["vip"]["low"], found["vip"]["high"], found["vip"]["off"]) == (5, 5, 20)
