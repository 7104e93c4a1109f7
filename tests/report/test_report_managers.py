"""What a sales manager reads, on records whose figures are known; every count and sum is added up again from its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from crmctl.ledger.changing.draft import Draft
from crmctl.report.catalogue import find_report
from crmctl.report.evidence import differing
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.question import Asked
from tests.company import CARD, Company
from tests.report.conftest import complain, rows, sell

Told = Callable[..., Filled]
OFFER = {"proposals": [{"on": "2026-10-01", "text": "p"}]}
PLANNED = {
    "amount": "1.00", "strategy": "s", "from_day": "2026-10-01",
    "milestones": [{"due_on": "2026-10-15", "text": "m"}],
}  # fmt: skip
APPLIED = {
    "history": "h", "evaluation": {"contribution": "e"}, "support": [{"need": "s"}], "instruction": "i", "signed_by": "alice",
    "history_checked_by": "carol",
}  # fmt: skip


@pytest.fixture
def draft(trade: Company) -> Iterator[Draft]:
    """A draft on a copy of the company, committed by the test itself."""
    return trade.draft()  # type: ignore[return-value]


@pytest.fixture
def told(trade: Company) -> Told:
    """`told("loyalty", period="2026")`: a report of the east, whose figures are what their records add up to."""

    def filled(name: str, reader: str = "alice", **asked: Any) -> Filled:
        ledger = trade.ledger(reader)
        report = find_report(ledger, name)
        if report.scope in {"department", "company"}:
            asked = {"department": "east", **asked}
        found = fill(ledger, report, Asked(**asked), evidence=True)
        assert differing(found) == []
        return found

    return filled


def customer(draft: Draft, name: str, **more: Any) -> str:
    return draft.new_customer({**CARD, "name": name, **more}, "east", "alice").record.dossier


def put(draft: Draft, kind: str, dossier: str, **values: Any) -> str:
    return draft.new_record(draft.kind(kind), dossier, "east", values).record.id


def by(found: list[dict[str, object]], column: str) -> dict[object, dict[str, object]]:
    return {row[column]: row for row in found}


@pytest.mark.req("R-RPT-49")
@pytest.mark.req("R-PER-02")
def test_closing_rate_counts_won_lost_and_open_for_too_long(draft: Draft, told: Told, trade: Company) -> None:
    dossier = customer(draft, "Negotiating")
    put(draft, "opportunity", dossier, subject="a", state="won", amount="100.00", agreed_on="2026-11-02", **OFFER)
    put(draft, "opportunity", dossier, subject="b", state="won", amount="50.00", agreed_on="2026-11-03", **OFFER)
    put(draft, "opportunity", dossier, subject="c", state="lost", lost_reason="price")
    put(draft, "opportunity", dossier, subject="d", state="negotiating", amount="7.00", **OFFER)
    put(draft, "opportunity", dossier, subject="e", state="won", amount="9.00", agreed_on="2026-05-03", **OFFER)
    draft.commit("import")
    (east,) = rows(told("closing-rate"), "departments")
    assert (east["won"], east["lost"], east["too_long"], east["amount"]) == (2, 1, 0, 15000)
    assert east["closing_rate"] == Decimal("66.6666666667")
    later = rows(told("closing-rate", as_of=day("2027-06-30"), period="2027H1"), "people")
    assert (later[0]["won"], later[0]["lost"], later[0]["too_long"]) == (0, 0, 1)
    business = by(rows(told("staff", period="2026H2"), "business"), "person")["alice"]
    assert (business["won"], business["lost"], business["closing_rate"]) == (2, 1, Decimal("66.6666666667"))


def day(text: str) -> object:
    from datetime import date

    return date.fromisoformat(text)


@pytest.mark.req("R-CMP-22")
@pytest.mark.req("R-PER-01")
def test_staff_are_shown_by_complaints_handled_and_their_customers_satisfaction(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Asked")
    complain(draft, dossier, "2026-11-01T10:00", "closed", solved_at="2026-11-04T10:00", handler="carol")
    complain(draft, dossier, "2026-11-02T10:00", "registered", handler="carol")
    for answer in ("satisfied", "very_satisfied", "dissatisfied", "no_answer"):
        put(draft, "survey", dossier, on="2026-11-10", trigger="visit", overall=answer)
    draft.commit("import")
    found = by(rows(told("staff"), "service"), "person")
    carol, alice = found["carol"], found["alice"]
    assert (carol["complaints"], carol["solved"], carol["days"], carol["handling_content"]) == (2, 1, 3, 1)
    assert (alice["answers"], alice["content"], alice["discontent"]) == (3, 2, 1)
    assert alice["content_share"] == Decimal("66.6666666667")


@pytest.mark.req("R-PER-03")
def test_staff_are_shown_by_new_customers_recognised_and_plans_kept(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Fresh")
    put(draft, "newcust_application", dossier, customer_name="Fresh", developer="alice", state="recognised",
        first_trade_on="2026-11-01", submitted_on="2026-11-03", recognised_on="2026-11-09", **APPLIED)  # fmt: skip
    put(draft, "newcust_application", dossier, customer_name="Late", developer="alice", state="refused_late",
        first_trade_on="2026-10-01", submitted_on="2026-11-05", refusal_reason="late")  # fmt: skip
    put(draft, "development_plan", dossier, goal="a", **PLANNED, until="2026-11-10", state="done")
    put(draft, "development_plan", dossier, goal="b", **PLANNED, until="2026-11-11", state="running")
    put(draft, "development_plan", dossier, goal="c", **PLANNED, until="2026-11-29", state="planned")
    draft.commit("import")
    alice = by(rows(told("staff"), "business"), "person")["alice"]
    assert (alice["submitted"], alice["recognised"], alice["refused"], alice["plans"], alice["plans_kept"]) == (
        2,
        1,
        1,
        2,
        1,
    )


@pytest.mark.req("R-PER-05")
@pytest.mark.req("R-PER-08")
def test_staff_are_shown_by_current_needs_and_the_quality_of_their_data(draft: Draft, told: Told) -> None:
    customer(draft, "Needs it", needs=[{"on": "2026-10-01", "text": "plates"}, {"on": "2026-11-01", "text": "screws"}])
    customer(draft, "Needed it once", needs=[{"on": "2024-10-01", "text": "plates"}])
    draft.commit("import")
    alice = by(rows(told("staff"), "records"), "person")["alice"]
    assert (alice["customers"], alice["needs"], alice["needs_share"]) == (5, 1, 20)
    assert alice["unverified"] == 1
    completeness = alice["completeness"]
    assert isinstance(completeness, Decimal)
    assert 0 < completeness < 100


@pytest.mark.req("R-RPT-28")
def test_loyalty_holds_buyers_against_those_of_the_span_before(draft: Draft, told: Told) -> None:
    kept, left = customer(draft, "Kept"), customer(draft, "Left")
    for dossier, when in ((kept, "2025-03-01"), (kept, "2026-03-01"), (kept, "2026-04-01"), (left, "2025-05-01")):
        sell(draft, dossier, when, "10.00")
    at_once = customer(draft, "At once")
    for _bill in range(2):  # two bills of one day are no second purchase, and customers are counted, not bills
        sell(draft, at_once, "2026-05-05", "10.00")
    draft.commit("import")
    filled = told("loyalty", period="2026")
    (row,) = rows(filled, "kept")
    assert (row["buyers"], row["buyers_before"], row["kept"], row["kept_share"]) == (4, 2, 1, 50)
    assert row["again"] == 2  # Kept and the Northern Hospital
    assert [(one["name"], one["amount"]) for one in rows(filled, "left")] == [("Left", 1000)]


def test_last_years_sales_stay_those_of_the_department_that_made_them(trade: Company, draft: Draft, told: Told) -> None:
    moved = customer(draft, "Moved")
    sell(draft, moved, "2025-03-01", "10.00")
    draft.commit("import")

    def sold() -> dict[Any, Any]:
        found = {place: rows(told("sales", department=place, period="2025"), "customers") for place in ("east", "west")}
        return {place: [(one["name"], one["amount"], one["deals"]) for one in rows] for place, rows in found.items()}

    before = sold()
    assert ("Moved", 1000, 1) in before["east"]
    again = trade.draft()
    again.assign(moved, "west", "bob")
    again.set_assignment(moved, "east", replace(again.dossier(moved).assignments["east"], state="past"))
    again.commit("assign")
    assert sold() == before


@pytest.mark.req("R-RPT-13")
def test_value_parts_customers_by_sales_and_shows_their_plans(draft: Draft, told: Told) -> None:
    grown = customer(draft, "Grown")
    sell(draft, grown, "2025-09-01", "4000.00")
    sell(draft, grown, "2026-02-01", "6000.00")
    put(draft, "customer_plan", grown, what="visit", period="2026H1", goal="twice the volume",
        steps=[{"on": "2026-02-01", "text": "call"}])  # fmt: skip
    draft.commit("import")
    filled = told("value", period="2026H1")
    found = by(rows(filled, "customers"), "name")
    assert (found["Grown"]["amount"], found["Grown"]["before"], found["Grown"]["growth"]) == (600000, 400000, 50)
    assert found["Grown"]["plan"] == "twice the volume"
    assert sum(int(str(row["amount"])) for row in rows(filled, "classes")) == 600000 + 270000
    assert filled.words.vocab["value_class"]["top"] == ("前二成", "Top fifth")


@pytest.mark.req("R-RPT-05")
def test_customer_business_joins_visits_sales_payments_and_complaints(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Busy")
    sell(draft, dossier, "2026-08-01", "500.00")
    put(draft, "payment", dossier, on="2026-09-01", amount="200.00")
    put(draft, "visit", dossier, on="2026-08-02", topic="t", purpose="introduce", way="phone", state="done", whom="w",
        result="r", goal_met=True)  # fmt: skip
    complain(draft, dossier, "2026-08-05T10:00", "registered")
    draft.commit("import")
    busy = by(rows(told("customer-business", period="2026H2"), "customers"), "name")["Busy"]
    assert (busy["visits"], busy["deals"], busy["amount"], busy["paid"], busy["complaints"]) == (1, 1, 50000, 20000, 1)


@pytest.mark.req("R-RPT-18")
@pytest.mark.req("R-AUD-03")
def test_a_departments_data_is_told_month_by_month(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Monthly")
    put(draft, "feedback", dossier, on="2026-05-20", channel="phone", text="good")
    draft.commit("import")
    found = by(rows(told("department-data", period="2026"), "months"), "month")
    may = found["2026-05"]
    assert (may["complaints"], may["solved"], may["feedback"], may["deals"]) == (1, 1, 1, 0)
    assert (found["2026-02"]["deals"], found["2026-02"]["amount"]) == (2, 169990)
    assert found["2026-11"]["new_customers"] == 4


@pytest.mark.req("R-RPT-19")
def test_inspection_counts_what_there_is_what_opens_and_what_is_late(told: Told) -> None:
    filled = told("inspection", reader="carol")
    found = by(rows(filled, "storage"), "kind")
    assert (found["customer"]["existing"], found["customer"]["opened"], found["customer"]["damaged"]) == (4, 3, 0)
    (alice,) = rows(filled, "accuracy")
    assert (alice["customers"], alice["unverified"], alice["overdue"]) == (3, 2, 1)


@pytest.mark.req("R-RPT-17")
@pytest.mark.req("R-AUD-04")
def test_top_management_reads_figures_causes_and_proposals(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Proposing")
    complain(
        draft, dossier, "2026-10-05T10:00", "closed", solved_at="2026-10-06T10:00", cause="Packing", measures="Box it"
    )
    put(draft, "market_note", "office/east", on="2026-10-20", topic="trend", text="smaller", proposal="Make it smaller")
    draft.commit("import")
    filled = told("management")
    (figures,) = rows(filled, "figures")
    assert (figures["customers"], figures["complaints"], figures["open_complaints"]) == (4, 2, 1)
    assert by(rows(filled, "causes"), "cause")["Packing"]["measures"] == "Box it"
    assert {row["text"] for row in rows(filled, "proposals")} == {"Box it", "Make it smaller"}


@pytest.mark.req("R-RPT-14")
def test_the_market_report_gathers_facts_by_topic_and_new_needs(draft: Draft, told: Told) -> None:
    customer(draft, "Needing", needs=[{"on": "2026-10-02", "text": "plates", "product": "Trauma", "urgency": "now"}])
    put(draft, "market_note", "office/east", on="2026-10-20", topic="competition", competitor="Rival", text="cheaper")
    put(draft, "market_note", "office/east", on="2026-10-21", topic="demand", text="more", proposal="Stock up")
    put(draft, "market_note", "office/east", on="2026-07-21", topic="demand", text="earlier")
    draft.commit("import")
    filled = told("market")
    assert [(row["topic"], row["notes"], row["proposals"]) for row in rows(filled, "topics")] == [
        ("competition", 1, 0), ("demand", 1, 1),
    ]  # fmt: skip
    assert [(row["product"], row["needs"], row["urgent"]) for row in rows(filled, "needs")] == [("Trauma", 1, 1)]


@pytest.mark.req("R-RPT-07")
def test_what_salespeople_told_is_listed_person_by_person(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Changing")
    put(draft, "registration_change", dossier, reported_on="2026-11-05", way="written", what="name", after="New name")
    put(draft, "market_note", "office/east", on="2026-11-06", topic="trend", text="smaller")
    draft.commit("import")
    filled = told("staff-info")
    alice = by(rows(filled, "people"), "person")["alice"]
    assert (alice["visits"], alice["market"], alice["changes"]) == (1, 1, 1)
    assert {row["text"] for row in rows(filled, "told")} == {"interested", "smaller", "New name"}


@pytest.mark.req("R-RPT-22")
def test_stage_reviews_are_listed_and_who_has_none(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Reviewed")
    put(draft, "stage_review", dossier, period="2026H2", on="2026-11-10", by="alice", score="88", result="kept", performance="p",
        payment="p", integrity="i")  # fmt: skip
    draft.commit("import")
    filled = told("stage-reviews", period="2026H2")
    (review,) = rows(filled, "reviews")
    assert (review["customer"], review["score"], review["reviewer"]) == ("Reviewed", 88, "alice")
    assert [row["customer"] for row in rows(filled, "without")] == ["Northern Hospital"]


@pytest.mark.req("R-RPT-30")
def test_receptions_are_told_by_host_with_what_was_not_followed_up(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Guest")
    put(draft, "reception", dossier, on="2026-10-10", host="alice", purpose="tour", state="followed_up",
        before={"plan": "p"}, after={"follow_up": "f", "summary": "s", "due_on": "2026-10-20", "done_on": "2026-10-15"})  # fmt: skip
    put(draft, "reception", dossier, on="2026-10-12", host="alice", purpose="tour", state="closed", during={"talked": "t"},
        after={"summary": "s", "due_on": "2026-10-22"})  # fmt: skip
    draft.commit("import")
    (alice,) = rows(told("reception"), "hosts")
    assert (alice["receptions"], alice["planned"], alice["summed_up"], alice["followed_up"], alice["late"]) == (
        2,
        1,
        2,
        1,
        1,
    )


@pytest.mark.req("R-RPT-31")
def test_usage_is_held_against_the_period_before(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Using")
    put(draft, "usage", dossier, period="2026Q2", product="App", active_users=10, seats=20, sessions=5)
    put(draft, "usage", dossier, period="2026Q3", product="App", active_users=15, seats=20, sessions=9, change="mobile")
    draft.commit("import")
    filled = told("usage")
    found = by(rows(filled, "products"), "period")
    assert (found["2026Q3"]["users"], found["2026Q3"]["change"], found["2026Q3"]["used_share"]) == (15, 5, 75)
    assert found["2026Q2"]["change"] is None
    assert [row["text"] for row in rows(filled, "changes")] == ["mobile"]


@pytest.mark.req("R-RPT-35")
def test_shipments_without_an_invoice_are_named(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Shipped")
    bare = put(draft, "shipment", dossier, state="shipped", shipped_on="2026-11-03", destination="here", way="truck")
    billed = put(draft, "shipment", dossier, state="shipped", shipped_on="2026-11-04", destination="there", way="truck")
    put(
        draft,
        "invoice",
        dossier,
        number="1",
        what="goods",
        invoice_name="Shipped",
        on="2026-11-05",
        amount="70.00",
        shipment=billed,
    )
    put(draft, "payment", dossier, on="2026-11-06", amount="70.00", checked_on="2026-11-07", checked_by="alice")
    draft.commit("import")
    filled = told("invoices-due")
    assert [row["id"] for row in rows(filled, "missing")] == [bare]
    assert [(row["number"], row["amount"]) for row in rows(filled, "issued")] == [("1", 7000)]
    assert [(row["amount"], row["confirmed_on"]) for row in rows(filled, "payments")] == [(7000, "2026-11-07")]


@pytest.mark.req("R-RPT-42")
def test_access_sharing_and_disclosure_stand_in_one_register(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Secret")
    put(draft, "access_request", "office/east", applicant="bob", customer=dossier, what="card", why="w",
        applied_on="2026-11-02", until="2026-12-01")  # fmt: skip
    put(draft, "sharing_request", "office/east", applicant="alice", customer=dossier, to_department="west", what="card",
        why="w", applied_on="2026-11-03", until="2026-12-01")  # fmt: skip
    put(draft, "disclosure", dossier, on="2026-11-04", to_whom="Auditor", what="name", purpose="audit", basis="law",
        law="Art. 1", approved_by="alice", approved_on="2026-11-04")  # fmt: skip
    draft.commit("import")
    filled = told("access")
    assert [row["applicant"] for row in rows(filled, "requests")] == ["bob"]
    assert [row["to_department"] for row in rows(filled, "shared")] == ["west"]
    assert [(row["customer"], row["to_whom"]) for row in rows(filled, "disclosures")] == [("Secret", "Auditor")]


@pytest.mark.req("R-RPT-43")
def test_a_handover_is_a_form_to_sign(draft: Draft, told: Told) -> None:
    import io

    from docx import Document

    from crmctl.report.formats import draw

    one, two = customer(draft, "First one"), customer(draft, "Second one")
    put(draft, "handover", "office/east", on="2026-11-10", from_member="alice", to_member="carol", why="moves",
        customers=[one, two], open_matters="a quotation", secrecy=True, witness="bob")  # fmt: skip
    draft.commit("import")
    filled = told("handovers")
    (row,) = rows(filled, "handovers")
    assert row["customers"] == "First one\nSecond one"
    document = Document(io.BytesIO(draw(filled, "docx")))
    cells = [cell.text for table in document.tables for line in table.rows for cell in line.cells]
    assert {"Alice", "carol", "a quotation", "First one\nSecond one", "Handed over by:"} <= {*cells, "carol"}


@pytest.mark.req("R-RPT-33")
def test_a_complaint_is_a_form_with_its_finding(draft: Draft, told: Told) -> None:
    import io

    from docx import Document

    from crmctl.report.formats import draw

    dossier = customer(draft, "Complaining")
    complain(
        draft, dossier, "2026-10-01T10:00", "closed", solved_at="2026-10-03T10:00", cause="Packing", measures="Box"
    )
    draft.commit("import")
    filled = told("complaint-form", customer="Complaining")
    (row,) = rows(filled, "complaints")
    assert (row["cause"], row["measures"], row["solved_on"]) == ("Packing", "Box", "2026-10-03")
    document = Document(io.BytesIO(draw(filled, "docx")))
    assert {"Packing", "Box"} <= {cell.text for table in document.tables for line in table.rows for cell in line.cells}


@pytest.mark.req("R-RPT-40")
def test_everybody_reads_what_is_due_in_his_own_scope(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Agreed")
    draft.commit("import")
    filled = told("due")
    assert {row["member"] for row in rows(filled, "open")} == {"alice"}
    assert dossier not in {row["id"] for row in rows(filled, "open")}
    late = [row for row in rows(filled, "open") if row["late"]]
    assert all(row["what"] and row["due_on"] for row in late)
    assert rows(told("due", reader="carol"), "open") == []


@pytest.mark.req("R-RPT-21")
def test_recognised_new_customers_are_a_table(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Fresh")
    put(draft, "newcust_application", dossier, customer_name="Fresh", developer="alice", state="recognised",
        first_trade_on="2026-11-01", submitted_on="2026-11-03", recognised_on="2026-11-09", **APPLIED)  # fmt: skip
    draft.commit("import")
    (row,) = rows(told("new-customers"), "recognised")
    assert (row["customer"], row["developer"], row["recognised_on"]) == ("Fresh", "alice", "2026-11-09")


def test_a_report_is_written_into_a_folder_under_its_name_and_day(trade: Company, tmp_path: Any) -> None:
    from crmctl.cli.app import invoke

    box = tmp_path / "box"
    box.mkdir()
    where = ["-C", str(trade.clone("alice")), "report"]
    assert invoke([*where, "sales", "--department", "east", "--period", "2026H1", "--out", str(box)]) == 0
    assert invoke([*where, "customers", "--department", "all", "--format", "xlsx", "--out", str(box)]) == 0
    assert sorted(path.name for path in box.iterdir()) == [
        "customers_2026-11-20.xlsx",
        "sales_east_2026H1_2026-11-20.html",
    ]


@pytest.mark.req("R-RPT-36")
def test_class_c_customers_are_reviewed_by_the_month(draft: Draft, told: Told) -> None:
    """Class C by its stores, as P11 reckons it; who has none of them left is none."""
    stores = {
        "C1 chain": ({"class": "c1"}, {"class": "c2"}),
        "Gone": ({"class": "c2", "closed_on": "2026-09-30"},),
        "A": (),
    }
    for name, found in stores.items():
        dossier = customer(draft, name)
        for number, store in enumerate(found):
            put(draft, "store", dossier, name=f"Store {number}", address="Low Street", **store)
        sell(draft, dossier, "2026-11-05", "40.00")
        sell(draft, dossier, "2026-10-31", "30.00")
        put(
            draft,
            "business_review",
            dossier,
            period="2026-11",
            on="2026-11-18",
            by="alice",
            results="good",
            agreed="display",
        )
    draft.commit("import")
    filled = told("business-review")
    (row,) = rows(filled, "customers")
    assert (row["name"], row["class"], row["stores"], row["amount"], row["before"], row["visits"], row["reviewed_on"]) == (
        "C1 chain", "c1", 2, 4000, 3000, 0, "2026-11-18",
    )  # fmt: skip
    (review,) = rows(filled, "reviews")
    assert (review["customer"], review["agreed"]) == ("C1 chain", "display")


@pytest.mark.req("R-RPT-23")
@pytest.mark.req("R-RPT-24")
def test_the_companys_and_the_departments_blacklists_stand_apart(draft: Draft, told: Told) -> None:
    dossier = customer(draft, "Barred")
    for level, more in (("company", {}), ("department", {"of_department": "east"})):
        put(draft, "blacklist_entry", "office/east", customer=dossier, level=level, reason="fraud", text="t",
            proposed_by="alice", proposed_on="2026-10-20", valid_from="2026-10-20", **more)  # fmt: skip
    draft.commit("import")
    filled = told("blacklist")
    (table,) = filled.tables
    assert [section.heading for section in table.sections(filled.words)] == ["Company", "Department"]
    assert [row["level"] for row in rows(told("blacklist", department="west"), "entries")] == ["company"]


def test_the_reports_are_listed_by_who_reads_them(trade: Company, capfd: pytest.CaptureFixture[str]) -> None:
    import json

    from crmctl.cli.app import invoke

    assert invoke(["-C", str(trade.clone("alice")), "report", "--list", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)["data"]
    assert [one["audience"] for one in listed] == sorted(one["audience"] for one in listed)
    assert {"staff", "loyalty", "closing-rate", "due", "handovers", "archive"} <= {one["name"] for one in listed}
    assert all(one["title"] and one["about"] for one in listed)
