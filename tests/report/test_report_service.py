"""Reports of complaints, receivables, performance, phases of service, research and the binders: as the records say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Draft
from tests.company import CARD, Company
from tests.report.conftest import Draw, complain, rows, sell

EAST = {"department": "east"}


@pytest.fixture
def draft(trade: Company) -> Iterator[Draft]:
    return trade.draft()  # type: ignore[return-value]


def customer(draft: Draft, name: str, **more: Any) -> str:
    return draft.new_customer({**CARD, "name": name, **more}, "east", "alice").record.dossier


def put(draft: Draft, kind: str, dossier: str, **values: Any) -> str:
    return draft.new_record(draft.kind(kind), dossier, "east", values).id


def set_values(draft: Draft, text: str) -> None:
    head = "schema: crmctl/company/1\npack: company\nversion: 1\nextends: [base]\n"
    draft.put_file("policy/company.yaml", (head + text).encode(), "company")


@pytest.mark.req("R-CMP-06")
@pytest.mark.req("R-CMP-13")
@pytest.mark.req("R-CMP-20")
def test_complaints_are_measured_by_kind_result_channel_and_month(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "One")
    base = {"solution": "new", "responsible_party": "us"}
    complain(draft, one, "2026-07-01T09:00", "closed", solved_at="2026-07-02T09:00", responded_at="2026-07-01T10:00", **base)  # fmt: skip
    complain(draft, one, "2026-07-03T09:00", "solved", solved_at="2026-07-09T09:00", responded_at="2026-07-03T19:00", **base)  # fmt: skip
    complain(draft, one, "2026-08-03T09:00", "reopened", reopened_on="2026-08-05", reopen_reason="again", satisfaction="dissatisfied")  # fmt: skip
    set_values(draft, "values: {complaint_response: 4 hours, complaint_within: 3 days}\n")
    draft.commit("import")
    filled = draw("complaints", **EAST, period="2026Q3")
    (row,) = rows(filled, "categories")
    assert (row["received"], row["closed"], row["open"], row["dissatisfied"]) == (3, 1, 2, 1)
    assert (row["hours_to_answer"], row["answered_in_time"], row["solved_in_time"]) == (Decimal("5.5"), 50, 50)
    assert (row["closed_share"], row["reopened_share"]) == (Decimal("33.3333333333"), Decimal("33.3333333333"))
    assert {(r["state"], r["responsible_party"], r["satisfaction"]): r["complaints"] for r in rows(filled, "results")} == {
        ("closed", "us", "satisfied"): 1, ("solved", "us", None): 1, ("reopened", None, "dissatisfied"): 1,
    }  # fmt: skip
    assert [(r["received"], r["closed"]) for r in rows(filled, "months")] == [(2, 1), (1, 0)]
    assert [(r["channel"], r["received"]) for r in rows(filled, "channels")] == [("phone", 3)]


@pytest.mark.req("R-CMP-07")
def test_root_causes_are_ranked_with_their_share_and_what_is_done_about_them(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "One")
    for cause in ("packing", "packing", "packing", "staff"):
        complain(draft, one, "2026-07-01T09:00", "registered", root_cause=cause)
    put(draft, "improvement", "office/east", on="2026-07-02", source="complaint", subject="Boxes", in_charge="alice", root_cause="packing")  # fmt: skip
    draft.commit("import")
    filled = draw("complaint-causes", **EAST, period="2026Q3")
    assert [(r["root_cause"], r["complaints"], r["share"], r["together"]) for r in rows(filled, "pareto")] == [
        ("packing", 3, 75, 75), ("staff", 1, 25, 100),
    ]  # fmt: skip
    assert [(r["subject"], r["root_cause"]) for r in rows(filled, "actions")] == [("Boxes", "packing")]


@pytest.mark.req("R-CMP-17")
@pytest.mark.req("R-CON-13")
def test_open_complaints_of_higher_grades_stand_first(draw: Draw, draft: Draft) -> None:
    plain, best = customer(draft, "Plain"), customer(draft, "Best")
    complain(draft, plain, "2026-06-01T09:00", "registered")
    complain(draft, best, "2026-07-01T09:00", "registered")
    complain(draft, best, "2026-06-15T09:00", "registered")
    put(
        draft,
        "grade",
        best,
        on="2026-01-01",
        grade="vip",
        state="approved",
        decided_by="alice",
        decided_on="2026-01-02",
    )
    draft.commit("import")
    found = [(r["customer"], r["grade"]) for r in rows(draw("complaints", **EAST), "open")]
    assert found[:3] == [("Best", "vip"), ("Best", "vip"), ("Plain", None)]


@pytest.mark.req("R-CON-10")
def test_what_is_owed_is_dealings_less_payments_by_age(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "Owing")
    sell(draft, one, "2026-05-01", "100.00")
    sell(draft, one, "2026-09-20", "200.00")
    sell(draft, one, "2026-11-10", "50.00")
    put(draft, "payment", one, on="2026-06-01", amount="130.00")
    put(draft, "credit", one, on="2026-01-01", source="dealings", limit="500.00")
    draft.commit("import")
    row = next(r for r in rows(draw("receivables", **EAST), "balances") if r["name"] == "Owing")
    assert (row["sold"], row["paid"], row["balance"]) == (35000, 13000, 22000)
    assert (row["d30"], row["d90"], row["older"]) == (5000, 17000, 0)
    assert row["credit_limit"] == 50000


@pytest.mark.req("R-CON-21")
@pytest.mark.req("R-CON-22")
def test_a_customers_performance_is_computed_for_the_period(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "Partner")
    signed = {"signed_on": "2026-07-01", "valid_from": "2026-07-01", "state": "signed", "pay_by": "2026-09-01"}
    kept, broken, open_ = (put(draft, "contract", one, subject=name, number=name, **signed) for name in ("a", "b", "c"))
    put(draft, "payment", one, on="2026-08-30", due_on="2026-09-01", amount="1.00", contract=kept)
    put(draft, "payment", one, on="2026-09-20", due_on="2026-09-01", amount="1.00", contract=broken)
    put(draft, "breach", one, on="2026-09-02", what="late_payment", by_whom="customer", text="late", contract=broken)
    put(draft, "breach", one, on="2026-09-02", what="incident", by_whom="us", text="ours", contract=open_)
    draft.commit("import")
    row = next(r for r in rows(draw("performance", **EAST, period="2026H2"), "customers") if r["name"] == "Partner")
    assert (row["contracts"], row["fulfilled"], row["breaches"], row["fraud"]) == (3, 1, 1, 0)
    assert (row["fulfilled_share"], row["in_time_share"]) == (Decimal("33.3333333333"), 50)


@pytest.mark.req("R-CON-23")
def test_the_phase_in_which_a_customer_was_not_served_shows(draw: Draw, draft: Draft) -> None:
    one, two = customer(draft, "Served"), customer(draft, "Half")
    for phase in ("before", "during", "after"):
        put(draft, "service_action", one, on="2026-08-01", what="support", text="x", phase=phase, duty="advice")
    put(draft, "service_action", two, on="2026-08-01", what="support", text="x", phase="before")
    draft.commit("import")
    found = {r["name"]: r for r in rows(draw("service-phases", **EAST, period="2026H2"), "customers")}
    assert (found["Served"]["missing"], found["Half"]["missing"], found["Half"]["before"]) == (0, 2, 1)


@pytest.mark.req("R-SAT-09")
@pytest.mark.req("R-SAT-15")
@pytest.mark.req("R-SAT-16")
def test_research_gives_ideas_needs_beside_sales_and_how_use_changed(draw: Draw, draft: Draft) -> None:
    one = customer(draft, "Asked", needs=[{"on": "2026-08-01", "text": "lighter", "product": "Plate"}])
    ideas = [{"product": "Plate", "text": "a lighter one"}]
    put(
        draft, "wave", "office/east", on="2026-08-01", what="research", asked=10, answered=4, population=50, ideas=ideas
    )
    sell(draft, one, "2026-08-03", "10.00")
    for period, active in (("2026-07", 5), ("2026-08", 9)):
        put(draft, "usage", one, period=period, product="Plate", active_users=active, seats=10)
    draft.commit("import")
    filled = draw("research", **EAST, period="2026H2")
    assert [(r["asked"], r["response"]) for r in rows(filled, "waves")] == [(10, 40)]
    assert [(r["product"], r["idea"]) for r in rows(filled, "ideas")] == [("Plate", "a lighter one")]
    assert [(r["product"], r["sales"], r["buyers"], r["needs"]) for r in rows(filled, "products")] == [
        ("Plate", 1000, 1, 1)
    ]
    assert [(r["span"], r["active"]) for r in rows(filled, "usage")] == [("2026-07", 5), ("2026-08", 9)]


@pytest.mark.req("R-UPD-06")
def test_ended_customers_lie_in_two_binders(draw: Draw, draft: Draft) -> None:
    for name, binder in (("Gone", "past"), ("Resting", "suspended")):
        put(draft, "ending", customer(draft, name), on="2026-08-01", binder=binder, reason="ended")
    draft.commit("import")
    found = [(r["binder"], r["name"]) for r in rows(draw("archive", **EAST), "binders")]
    assert found == [("suspended", "Resting"), ("past", "Gone")]


@pytest.mark.req("R-SAT-06")
@pytest.mark.req("R-SAT-07")
@pytest.mark.req("R-SAT-12")
def test_the_digest_sorts_feedback_by_topic_with_its_trend_and_vips_first(draw: Draw, draft: Draft) -> None:
    plain, best = customer(draft, "Plain"), customer(draft, "Best")
    put(
        draft,
        "grade",
        best,
        on="2026-01-01",
        grade="vip",
        state="approved",
        decided_by="alice",
        decided_on="2026-01-02",
    )
    put(draft, "feedback", plain, on="2026-05-10", text="slow", topic="delivery")
    put(draft, "feedback", plain, on="2026-08-10", text="slow", topic="delivery")
    put(
        draft,
        "feedback",
        plain,
        on="2026-08-11",
        text="slow again",
        topic="delivery",
        answer="faster now",
        action="a second van",
    )
    put(draft, "feedback", best, on="2026-08-01", text="nice", topic="service", answer="thanks")
    draft.commit("import")
    filled = draw("feedback", **EAST, period="2026Q3")
    assert [(r["topic"], r["received"], r["before"], r["trend"], r["answered"], r["acted"]) for r in rows(filled, "topics")] == [
        ("delivery", 2, 1, 1, 1, 1), ("service", 1, 0, 1, 1, 0),
    ]  # fmt: skip
    assert [(r["customer"], r["vip"]) for r in rows(filled, "feedback")] == [
        ("Best", True),
        ("Plain", False),
        ("Plain", False),
    ]
    assert filled.report.audience == ("管理层", "Management")
