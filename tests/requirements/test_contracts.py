"""Contracts, credit, payment and fulfilment (R-CON)."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.reading.listing import query
from crmctl.ledger.setup.policy_files import adopt
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from crmctl.rules.due_parts import Due, Whose
from tests.company import Company
from tests.requirements.proving import DAY, holds, keeps, refuses, stored, without

SIGNED: dict[str, object] = {
    "subject": "Joints", "what": "sale", "state": "signed", "number": "2026-1", "signed_on": "2026-11-02",
    "valid_from": "2026-11-02", "valid_to": "2027-11-01", "amount": "5000.00",
}  # fmt: skip


def step(
    company: Company, what: str, state: str, member: str = "alice", reason: str | None = None, **values: object
) -> None:
    advance(company.ledger(member), what, state, values, Origin(reason=reason))


def due(company: Company, code: str, on: str = DAY) -> list[Due]:
    ledger = company.ledger()
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    return [item for item in agenda(ledger, whose, date.fromisoformat(on)).items if item.code == code]


@pytest.mark.req("R-CON-02")
@pytest.mark.req("R-CON-19")
def test_signing_change_and_end_of_a_contract_follow_the_procedure(company: Company) -> None:
    adopt(company.ledger(), "p15")
    customer = company.customer()
    made = company.add("contract", {"subject": "Seats", "what": "service"}, customer=customer, department="east").id
    clauses = [{"clause": name, "settled": True} for name in ("rights", "liability", "privacy")]
    signed: dict[str, object] = {
        "number": "7", "signed_on": DAY, "valid_from": DAY, "checklist": clauses, "approved_by": "alice", "approved_on": DAY,
    }  # fmt: skip
    for name in ("number", "checklist", "approved_by", "approved_on"):
        with pytest.raises(InvalidInput) as caught:
            step(company, made, "signed", **without(signed, name), terms="as agreed")
        assert [finding.field for finding in caught.value.findings] == [name]
    with pytest.raises(InvalidInput) as caught:
        step(company, made, "signed", **signed)
    assert caught.value.rule == "CON002"
    for left in ([clauses[1]], clauses[:2], [clauses[0], clauses[1], {"clause": "privacy", "settled": False}]):
        with pytest.raises(Refused) as unprotected:
            step(company, made, "signed", **{**signed, "checklist": left}, terms="as agreed")
        assert unprotected.value.rule.startswith("CON019")
    step(company, made, "signed", **signed, terms="as agreed", consent="C-2026-7")
    change: dict[str, object] = {"changes": [{"on": DAY, "text": "ten more seats", "by": "alice"}]}
    with pytest.raises(InvalidInput) as caught:
        step(company, made, "changed", **change)
    assert [finding.field for finding in caught.value.findings] == ["reason"]
    step(company, made, "changed", reason="they grew", **change)
    with pytest.raises(InvalidInput):
        step(company, made, "ended", ended_on="2026-12-31", end_reason="moved")
    step(company, made, "ended", reason="as they asked", ended_on="2026-12-31", end_reason="moved")
    assert holds(stored(company, made), {"consent": "C-2026-7", **change})
    refuses(company, "contract", {"subject": "x", "checklist": [{"clause": "luck"}]}, "checklist.0.clause", customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-CON-02")
def test_only_who_leads_the_department_changes_or_ends_a_contract(company: Company) -> None:
    adopt(company.ledger(), "p15")
    company.sync("alice", "bob")
    customer = company.customer("bob")
    made = company.add("contract", {**SIGNED, "checklist": [{"clause": name, "settled": True} for name in ("rights", "privacy")], "approved_by": "alice", "approved_on": DAY, "terms": "t"}, "bob", customer=customer).id  # fmt: skip
    with pytest.raises(Refused) as refused:
        step(company, made, "ended", "bob", "gone", ended_on="2026-12-31", end_reason="gone")
    assert refused.value.rule == "CON016"


@pytest.mark.req("R-CON-03")
def test_the_payment_of_a_signed_contract_is_looked_after_until_it_is_there(company: Company) -> None:
    adopt(company.ledger(), "p07")
    customer = company.customer()
    first = company.add("contract", {**SIGNED, "pay_by": "2026-11-15"}, customer=customer, department="east").id
    second = company.add("contract", dict(SIGNED), customer=customer, department="east").id
    assert {item.id for item in due(company, "CON003")} == {first, second}
    assert [(item.id, item.late_days) for item in due(company, "CON010")] == [(first, 5)]
    paid: dict[str, object] = {
        "on": DAY,
        "amount": "5000.00",
        "contract": first,
        "checked_on": DAY,
        "checked_by": "alice",
    }
    company.add("payment", paid, customer=customer, department="east")
    assert [item.id for item in due(company, "CON003")] == [second]  # another contract's payment ends nothing here
    assert due(company, "CON010") == []


@pytest.mark.req("R-CON-04")
def test_goods_leave_only_when_the_payment_is_confirmed_and_where_the_customer_said(company: Company) -> None:
    adopt(company.ledger(), "p07")
    customer = company.customer()
    where = [{"place": "Harbour 3", "receiver": "Li", "way": "rail"}, {"place": "Works", "way": "truck"}]
    contract = company.add("contract", {**SIGNED, "destinations": where}, customer=customer, department="east").id
    sent: dict[str, object] = {
        "destination": "Harbour 3",
        "way": "rail",
        "contract": contract,
        "instructed_on": "2026-11-10",
    }
    made = company.add("shipment", sent, customer=customer, department="east")
    assert made.findings == ()
    with pytest.raises(Refused) as refused:
        step(company, made.id, "shipped", shipped_on=DAY)
    assert refused.value.rule == "CON004"
    promised = company.add("payment", {"on": DAY, "amount": "5000.00", "contract": contract}, customer=customer, department="east").id  # fmt: skip
    with pytest.raises(Refused) as refused:
        step(company, made.id, "shipped", shipped_on=DAY, payment=promised)
    assert refused.value.rule == "CON004"
    update(company.ledger(), promised, {"checked_on": DAY, "checked_by": "alice"}, Origin())
    step(company, made.id, "shipped", shipped_on=DAY, payment=promised)
    elsewhere = company.add("shipment", {**sent, "destination": "Moon"}, customer=customer, department="east")
    assert [(finding.code, finding.severity) for finding in elsewhere.findings] == [("CON013", "warning")]


@pytest.mark.req("R-CON-05")
def test_invoices_go_out_before_the_tenth_of_the_next_month(company: Company) -> None:
    adopt(company.ledger(), "p07")
    customer = company.customer()
    sent: dict[str, object] = {"destination": "Harbour 3", "way": "rail", "instructed_on": "2026-10-01"}
    made = company.add("shipment", sent, customer=customer, department="east").id
    paid = company.add("payment", {"on": "2026-10-02", "amount": "1.00", "checked_on": "2026-10-02"}, customer=customer, department="east").id  # fmt: skip
    step(company, made, "shipped", shipped_on="2026-10-28", payment=paid)
    assert [(item.id, item.due, item.late) for item in due(company, "CON005", "2026-11-09")] == [
        (made, date(2026, 11, 9), False)
    ]
    assert due(company, "CON005", "2026-11-10")[0].late
    invoice: dict[str, object] = {
        "number": "1", "what": "goods", "invoice_name": "N", "on": "2026-11-08", "amount": "1.00", "shipment": made,
    }  # fmt: skip
    bill = company.add("invoice", invoice, customer=customer, department="east").id
    assert due(company, "CON005", "2026-11-10")  # written is not sent
    update(company.ledger(), bill, {"sent_on": "2026-11-09", "express": "SF-1"}, Origin())
    assert due(company, "CON005", "2026-11-10") == []


@pytest.mark.req("R-CON-06")
def test_rail_and_truck_are_arranged_for_the_customer_task_by_task(company: Company) -> None:
    customer = company.customer()
    for way in ("rail", "truck"):
        tasks = [{"text": "order the wagon", "by": "alice", "due_on": "2026-11-18"}]
        sent: dict[str, object] = {"destination": "Harbour", "way": way, "tasks": tasks}
        assert holds(keeps(company, "shipment", sent, customer=customer, department="east"), sent)
    first, second = due(company, "CON006")
    assert (first.who, first.late_days) == (("alice",), 2)
    update(company.ledger(), second.id, {"tasks": [{"text": "order the wagon", "due_on": "2026-11-18", "done_on": "2026-11-18"}]}, Origin())  # fmt: skip
    assert [item.id for item in due(company, "CON006")] == [first.id]


@pytest.mark.req("R-CON-08")
@pytest.mark.req("R-GRD-36")
def test_the_credit_class_gives_terms_and_limit_and_going_over_it_warns(company: Company) -> None:
    adopt(company.ledger(), "p14")
    customer = company.customer()
    entry: dict[str, object] = {
        "on": "2026-11-01", "source": "dealings", "class": "b", "terms": "credit", "days": 30, "limit": "1000.00",
        "handling": "no second order before the first is paid",
    }  # fmt: skip
    for name in ("class", "terms"):
        refuses(company, "credit", without(entry, name), name, customer=customer, department="east")
    assert holds(keeps(company, "credit", entry, customer=customer, department="east"), entry)
    deal: dict[str, object] = {"date": "2026-11-10", "product": "Plate", "amount": "900.00", "payment_method": "credit"}

    def told(**more: object) -> list[str]:
        return [
            one.code
            for one in company.add("transaction", {**deal, **more}, customer=customer, department="east").findings
        ]

    assert told() == []
    assert told(amount="200.00") == ["CON008"]
    assert told(amount="200.00", payment_method="transfer") == []
    company.add("payment", {"on": "2026-11-10", "amount": "500.00"}, customer=customer, department="east")
    assert told(amount="100.00") == []
    # what is owed is one thing, to the guard and to the report: all that was sold, less all that was paid
    assert told(amount="150.00", payment_method="transfer") == []
    assert told(amount="1.00") == ["CON008"]
    filled = fill(company.ledger(), find_report(company.ledger(), "credit"), Asked(department="east"))
    shown = dict(zip((column.name for column in filled.tables[1].columns), filled.tables[1].rows[0], strict=True))
    assert (shown["owed"], shown["credit_limit"], shown["over"]) == (105100, 100000, True)
    lower = {**entry, "on": "2026-11-09", "class": "c", "limit": "100.00"}
    company.add("credit", lower, customer=customer, department="east")
    assert told(amount="1.00") == ["CON008"]


@pytest.mark.req("R-CON-09")
def test_every_breach_has_its_kind_and_day(company: Company) -> None:
    customer = company.customer()
    for what in ("late_payment", "late_collection", "poor_performance", "contract", "fraud", "incident"):
        breach: dict[str, object] = {"on": "2026-11-01", "what": what, "by_whom": "customer", "text": "three weeks"}
        assert holds(keeps(company, "breach", breach, customer=customer, department="east"), breach)
        for name in ("on", "what"):
            refuses(company, "breach", without(breach, name), name, customer=customer, department="east")


@pytest.mark.req("R-CON-11")
def test_credit_is_a_history_with_the_source_of_each_judgement(company: Company) -> None:
    customer = company.customer()
    for number, source in enumerate(("visit", "application", "trade_start", "dealings", "outside"), 1):
        entry: dict[str, object] = {
            "on": f"2026-11-0{number}",
            "source": source,
            "credit_state": "sound",
            "problems": "none",
        }
        assert holds(keeps(company, "credit", entry, customer=customer, department="east"), entry)
    refuses(company, "credit", {"on": DAY}, "source", customer=customer, department="east")
    rows = query(company.ledger(), 'SELECT "on", source FROM credit ORDER BY "on"').rows
    assert [row[1] for row in rows] == ["visit", "application", "trade_start", "dealings", "outside"]


@pytest.mark.req("R-CON-14")
def test_fees_are_disclosed_and_nothing_beyond_is_charged(company: Company) -> None:
    adopt(company.ledger(), "p18")
    customer = company.customer()
    check = {"on": "2026-10-30", "by": "alice", "identity": "licence seen", "funds": "sales of beds", "result": "clean",
             "valid_to": "2027-10-29"}  # fmt: skip
    company.add("kyc", check, customer=customer, department="east")
    fees = [{"content": "Account keeping", "standard": "10 a month", "amount": "10.00", "risk": "none"}]
    refuses(company, "contract", dict(SIGNED), "fees", customer=customer, department="east")
    refuses(company, "contract", {**SIGNED, "fees": fees}, "fees_told_on", customer=customer, department="east")
    told = {**SIGNED, "fees": fees, "fees_told_on": "2026-11-01"}
    contract = company.add("contract", told, customer=customer, department="east").id
    charge: dict[str, object] = {
        "date": "2026-11-10",
        "product": "Account keeping",
        "amount": "10.00",
        "contract": contract,
    }
    assert company.add("transaction", charge, customer=customer, department="east").findings == ()
    with pytest.raises(Refused) as refused:
        company.add("transaction", {**charge, "product": "Standing order"}, customer=customer, department="east")
    assert refused.value.rule == "CON014"
    with pytest.raises(Refused):
        company.add("transaction", without(charge, "contract"), customer=customer, department="east")


@pytest.mark.req("R-CON-15")
def test_a_sale_goes_by_its_steps(company: Company) -> None:
    made = company.add("opportunity", {"subject": "New ward"}, customer=company.customer(), department="east").id
    with pytest.raises(Refused) as refused:
        step(company, made, "quoted")
    assert refused.value.rule == "REC010"
    for state, values in (
        ("proposed", {"proposals": [{"on": DAY, "text": "three beds"}]}),
        ("quoted", {"quotations": [{"on": DAY, "amount": "10.00"}]}),
        ("negotiating", {"negotiation": "two rounds"}), ("won", {"agreed_on": DAY}),
    ):  # fmt: skip
        step(company, made, state, **values)
    assert stored(company, made)["state"] == "won"


@pytest.mark.req("R-CON-16")
def test_deliveries_of_partners_to_stores_and_their_purchases_and_stock(company: Company) -> None:
    partner = company.customer(name="Partner Trading", category="dealer")
    outlet = company.customer(name="Corner Outlet")
    store = company.add("store", {"name": "Corner", "class": "c1", "address": "1 Road", "partner": partner}, customer=outlet, department="east").id  # fmt: skip
    sold: dict[str, object] = {"date": "2026-11-03", "product": "Beer", "quantity": "5", "amount": "50.00", "partner": partner, "store": store}  # fmt: skip
    assert holds(keeps(company, "transaction", sold, customer=outlet, department="east"), without(sold, "quantity"))
    bought: dict[str, object] = {
        "date": "2026-11-02",
        "product": "Beer",
        "quantity": "9",
        "amount": "80.00",
        "direction": "sell",
    }
    keeps(company, "transaction", bought, customer=partner, department="east")
    stock: dict[str, object] = {"on": DAY, "stock": [{"product": "Beer", "quantity": "4", "safe": "2"}]}
    keeps(company, "partner_stock", stock, customer=partner, department="east")
    rows = query(
        company.ledger(), "SELECT partner, store, sum(amount) FROM txn WHERE partner IS NOT NULL GROUP BY 1, 2"
    ).rows
    assert rows == ((partner, store, 5000),)
    company.ledger()
    with pytest.raises(InvalidInput):
        company.add("transaction", {**sold, "store": "ST-0000000000"}, customer=outlet, department="east")


@pytest.mark.req("R-CON-17")
def test_a_campaign_says_the_plan_made_local_and_the_result_in_each_store(company: Company) -> None:
    customer = company.customer()
    store = company.add("store", {"name": "Corner", "class": "c1", "address": "1 Road"}, customer=customer, department="east").id  # fmt: skip
    for what in ("sell_in", "promotion"):
        campaign: dict[str, object] = {
            "name": "New beer", "what": what, "on": DAY, "plan": "from above", "local": "two streets", "product": "Beer",
            "targets": [{"customer": customer, "store": store, "goal": "one case", "result": "taken", "on": DAY}],
        }  # fmt: skip
        assert holds(keeps(company, "campaign", campaign, department="east"), campaign)
        refuses(company, "campaign", without(campaign, "what"), "what", department="east")


@pytest.mark.req("R-CON-18")
def test_each_dealing_says_how_it_was_paid(company: Company) -> None:
    customer = company.customer()
    for way in ("transfer", "cash", "card", "mobile", "draft", "credit"):
        deal: dict[str, object] = {"date": "2026-11-03", "product": "Plate", "amount": "1.00", "payment_method": way}
        assert keeps(company, "transaction", deal, customer=customer, department="east")["payment_method"] == way
    refuses(
        company,
        "transaction",
        {**deal, "payment_method": "shells"},
        "payment_method",
        customer=customer,
        department="east",
    )


@pytest.mark.req("R-EVT-13")
@pytest.mark.req("R-CON-20")
def test_instructions_and_material_given_are_on_file(company: Company) -> None:
    customer = company.customer()
    for what, duty in (("training", "instructions"), ("material", "material")):
        given: dict[str, object] = {
            "on": DAY, "what": what, "duty": duty, "phase": "after", "text": "how to clean it", "to_whom": "ward 3", "by": "alice",
        }  # fmt: skip
        assert holds(keeps(company, "service_action", given, customer=customer, department="east"), given)
