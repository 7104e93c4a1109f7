"""The shipped reports on a ledger whose figures are known: each says what the records say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmctl.errors import NotFound, UsageError
from crmctl.ledger.changing.draft import Origin
from crmctl.report.catalogue import all_reports
from tests.company import CARD, Company
from tests.report.conftest import HOSTILE, Draw, rows


@pytest.mark.req("R-REC-09")
@pytest.mark.req("R-RPT-01")
def test_the_list_shows_each_departments_customers_from_the_cards(draw: Draw, trade: Company) -> None:
    found = rows(draw("customers", department="all"), "customers")
    assert [(row["department"], row["name"]) for row in found] == [
        ("east", HOSTILE), ("east", "Northern Hospital"), ("east", "South | Clinic_1"), ("west", "Western Works"),
    ]  # fmt: skip
    assert {row["owner"] for row in found} == {"alice", "bob"}
    draft = trade.draft()
    card = next(kept for kept in draft.ledger.record_blobs() if kept[0].endswith("core/customer.yaml.age"))[0]
    draft.new_version(card, {"name": "Renamed Hospital"})
    draft.commit("update")
    assert "Renamed Hospital" in {row["name"] for row in rows(draw("customers", department="all"), "customers")}


def test_a_member_of_one_department_gets_that_one_by_default(draw: Draw) -> None:
    filled = draw("customers", reader="bob")
    assert [row["name"] for row in rows(filled, "customers")] == ["Western Works"]
    assert filled.scope == "West"


def test_coverage_counts_what_the_reader_could_open_in_scope(draw: Draw) -> None:
    seen = {one.kind: (one.opened, one.existing) for one in draw("sales", reader="carol").coverage}
    assert seen == {"customer": (3, 3), "transaction": (3, 3)}  # two months of one customer, one of another
    everything = draw("sales", reader="carol", department="all")
    assert {one.kind: (one.opened, one.existing) for one in everything.coverage}["customer"] == (3, 4)
    assert not everything.complete
    assert ("Opened", "Customer 3 of 4; Transaction 3 of 4") in everything.heading()


@pytest.mark.req("R-REC-10")
@pytest.mark.req("R-RPT-02")
def test_the_card_holds_one_customers_data_and_dealings(draw: Draw) -> None:
    filled = draw("card", customer="Northern")
    (basics,) = rows(filled, "basics")
    assert (basics["name"], basics["phone"]) == ("Northern Hospital", "+86 10 6277 0000")
    assert [row["state"] for row in rows(filled, "relation")] == ["closed"]
    assert [(row["month"], row["amount"]) for row in rows(filled, "trade")] == [
        ("2026-01", 100010),
        ("2026-02", 200020),
    ]
    assert {row["state"] for row in rows(filled, "complaints")} == {"registered", "closed"}
    assert filled.scope == "Northern Hospital"
    assert {one.kind: one.existing for one in filled.coverage}["complaint"] == 2


def test_a_card_needs_a_customer_the_reader_can_open(draw: Draw) -> None:
    with pytest.raises(UsageError, match="--customer"):
        draw("card")
    with pytest.raises(NotFound):
        draw("card", reader="carol", customer="Western")


@pytest.mark.req("R-REC-15")
@pytest.mark.req("R-RPT-46")
def test_sources_tell_how_far_their_customers_came_and_what_they_trade(draw: Draw) -> None:
    found = {row["source"]: row for row in rows(draw("funnel", department="east"), "sources")}
    assert found["online"] == {
        "source": "online", "customers": 2, "potential": 2, "intending": 0, "closed": 0, "key_customers": 0,
        "closed_share": Decimal(0), "buyers": 1, "amount": -30030,
    }  # fmt: skip
    assert (found["referral"]["closed"], found["referral"]["closed_share"], found["referral"]["amount"]) == (
        1,
        100,
        300030,
    )


@pytest.mark.req("R-RPT-06")
def test_sales_are_summed_by_customer_and_month_within_the_period(draw: Draw) -> None:
    filled = draw("sales", department="all", period="2026Q1")
    found = {row["name"]: row for row in rows(filled, "customers")}
    assert (found["Northern Hospital"]["m0"], found["Northern Hospital"]["m1"]) == (100010, 200020)
    assert found["Northern Hospital"]["share"] == Decimal("38.9649350649")  # 3000.30 of 7700.00
    assert [row["amount"] for row in rows(filled, "months")] == [100010, 169990, 500000]
    table = filled.tables[1]
    assert [column.label[0] for column in table.columns if column.month is not None] == [
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    assert dict(zip([column.name for column in table.columns], table.totals or (), strict=True))["amount"] == 770000
    assert rows(draw("sales", period="2025"), "months") == []


@pytest.mark.req("R-RPT-15")
def test_complaints_are_counted_by_category_and_the_open_ones_listed(draw: Draw) -> None:
    filled = draw("complaints")
    (category,) = rows(filled, "categories")
    assert (category["received"], category["open"], category["closed"]) == (2, 1, 1)
    assert category["days_to_solve"] == 4
    (still,) = rows(filled, "open")
    assert (still["customer"], still["days"]) == ("Northern Hospital", 10)


@pytest.mark.req("R-INT-17")
def test_lag_is_counted_in_working_days_from_the_first_entry(draw: Draw, trade: Company) -> None:
    draft = trade.draft()

    def enter(name: str, obtained: str, entered: str) -> str:
        at = draft.ledger.now.fromisoformat(f"{entered}T10:00:00+08:00")
        values = {**CARD, "name": name, "obtained_at": f"{obtained}T09:00"}
        return draft.new_customer(values, "east", "alice", Origin(at=at)).path

    enter("same day", "2026-06-10", "2026-06-10")
    friday = enter("over the weekend", "2026-06-12", "2026-06-15")
    enter("over the national holiday", "2026-09-30", "2026-10-08")
    enter("late", "2026-06-10", "2026-06-12")
    draft.commit("import")
    later = trade.draft()
    later.new_version(friday, {"note": "changed months later"})
    later.commit("update")
    filled = draw("intake", period="2026-06-01..2026-10-31")
    (person,) = rows(filled, "people")
    assert (person["person"], person["customers"], person["on_time"], person["late"]) == ("alice", 4, 3, 1)
    assert (person["share"], person["lag"], person["longest"]) == (Decimal(75), Decimal(1), 2)
    assert [(row["name"], row["lag"]) for row in rows(filled, "late")] == [("late", 2)]


@pytest.mark.req("R-REC-13")
@pytest.mark.req("R-RPT-39")
def test_unverified_fields_are_listed_with_their_date_until_verified(draw: Draw, trade: Company) -> None:
    found = rows(draw("quality"), "unverified")
    assert [(row["what"], row["verify_by"], row["overdue"]) for row in found] == [
        ("address", "2026-11-01", True), ("name", "2027-01-01", False),
    ]  # fmt: skip
    (person,) = (row for row in rows(draw("quality", department="east"), "people") if row["owner"] == "alice")
    assert (person["unverified"], person["overdue"]) == (2, 1)
    draft = trade.draft()
    card = next(path for path, oid in draft.ledger.record_blobs() if draft.ledger.read(path, oid).unverified)
    draft.new_version(card, {}, unverified={"address": None})
    draft.commit("update")
    assert [row["what"] for row in rows(draw("quality"), "unverified")] == ["name"]


@pytest.mark.req("R-REC-14")
def test_completeness_counts_only_fields_that_apply(draw: Draw, trade: Company) -> None:
    trade.customer(name="Mrs Zhang", party_type="person", category="retail", phone="010-62770000", region="110105",
                   address="2 Lane", intention="low", contacts=[{"name": "Zhang"}], needs=[{"text": "brace"}])  # fmt: skip
    found = {row["name"]: row for row in rows(draw("quality", department="east"), "incomplete")}
    assert "Mrs Zhang" not in found  # a person has no credit code, no beds
    assert "hospital_class" in str(found["Northern Hospital"]["missing"])
    assert "credit_code" in str(found[HOSTILE]["missing"])


def test_staleness_looks_at_visits_too(draw: Draw, trade: Company) -> None:
    draft = trade.draft()
    old = draft.ledger.now.replace(year=2025)
    draft.new_customer({**CARD, "name": "Sleeping"}, "east", "alice", Origin(at=old))
    draft.commit("import")
    found = rows(draw("quality"), "stale")
    assert (found[0]["name"], found[0]["days"]) == ("Sleeping", 365)


def test_the_date_taken_for_today_and_the_state_of_the_ledger_are_two_things(draw: Draw, trade: Company) -> None:
    assert rows(draw("complaints", as_of=trade.ledger().today.replace(day=30)), "open")[0]["days"] == 20
    before = draw("customers", at=trade.ledger().repo.commit(trade.ledger().head).parents[0], department="all")
    assert len(rows(before, "customers")) == 3
    assert before.commit != draw("customers").commit


@pytest.mark.parametrize(("asked", "problem"), [
    ({"period": "2026"}, "no period"), ({"customer": "x"}, "one customer"), ({"member": "bob"}, "one person"),
])  # fmt: skip
def test_what_a_report_does_not_take_is_said(draw: Draw, asked: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        draw("customers", **asked)


def test_every_shipped_report_fills_for_a_member_who_can_open_nothing(trade: Company, draw: Draw) -> None:
    ledger = trade.ledger("bob")
    readers, kinds = ledger.in_force.pack.readers, ledger.in_force.kinds
    posted = {name for name, kind in kinds.items() if readers.get(f"{kind.scope}/{kind.compartment}") == ("everyone",)}
    assert "blacklist_notice" in posted
    for report in all_reports(ledger):
        if report.scope not in {"dossier", "own"}:
            filled = draw(report.name, reader="bob", department="east")
            closed = [one for one in filled.coverage if one.kind not in posted]
            assert [one.kind for one in closed if one.opened] == [], report.name
            # a report that there is nothing to read for yet hides nothing
            assert not filled.complete or not any(one.existing for one in closed), report.name
