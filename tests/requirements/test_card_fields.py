"""The customer's card: what policies ask to be known of a customer (R-REC-01 … 21, 49, 52, 54; R-INT-04, 10, 18)."""

from __future__ import annotations

import pytest

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.listing import list_kind, query
from tests.company import CARD, Company, git
from tests.requirements.proving import DAY, holds, keeps, lays_down, refuses, says, stored, without

BASIC = {
    **CARD, "phone": "+86 10 6277 0000", "email": "office@example.com", "address": "Long Street 1", "industry": "health",
    "size": "large", "intention": "high",
}  # fmt: skip


@pytest.mark.req("R-REC-01")
def test_basic_data_is_kept_and_the_pack_says_what_is_required(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer()
    lays_down(company, "requires:\n  customer: [phone, size]\n")
    assert {fault.field for fault in check(company.ledger()).findings if fault.code == "REC001"} == {"phone", "size"}
    update(company.ledger(), customer, {"phone": "010-62770001", "size": "small"}, Origin())
    assert holds(keeps(company, "customer", {**BASIC, "name": "Southern Clinic"}), {**BASIC, "name": "Southern Clinic"})
    refuses(company, "customer", {**without(BASIC, "phone"), "name": "Third"}, "phone")
    refuses(company, "customer", {**BASIC, "name": "Third", "size": "giant"}, "size")
    shown = says(company, capsys, "show", "Southern Clinic")
    for word in (
        "Southern Clinic",
        "+86 10 6277 0000",
        "office@example.com",
        "Long Street 1",
        "health",
        "Large",
        "High",
    ):
        assert word in shown


@pytest.mark.req("R-REC-02")
def test_persons_and_companies_both_count_and_need_different_things(company: Company) -> None:
    lays_down(company, "requires:\n  customer: [legal_person, employer]\n")
    firm = {**CARD, "name": "Firm", "legal_person": "Li Lei"}
    person = {**CARD, "name": "Wang Wei", "party_type": "person", "employer": "University"}
    assert holds(keeps(company, "customer", firm), firm)
    assert holds(keeps(company, "customer", person), person)
    refuses(company, "customer", without(firm, "legal_person") | {"name": "Other firm"}, "legal_person")
    refuses(company, "customer", without(person, "employer") | {"name": "Other person"}, "employer")
    refuses(company, "customer", {**person, "name": "Third person", "legal_person": "Li Lei"}, "legal_person")
    counted = query(company.ledger(), "SELECT party_type, count(*) FROM customer GROUP BY 1 ORDER BY 1")
    assert counted.rows == (("company", 1), ("person", 1))


@pytest.mark.req("R-REC-03")
def test_needs_are_dated_so_that_their_change_shows(company: Company) -> None:
    needs = [
        {"on": "2026-05-01", "text": "beds", "product": "furniture", "urgency": "year"},
        {"on": "2026-11-01", "text": "quieter beds", "product": "furniture", "urgency": "now"},
    ]
    more = {"needs": needs, "industry_traits": "long tenders", "industry_trend": "growing"}
    assert holds(keeps(company, "customer", {**CARD, **more}), more)
    refuses(company, "customer", {**CARD, "name": "Other", "needs": [{"urgency": "someday"}]}, "needs.0.urgency")


@pytest.mark.req("R-REC-04")
def test_a_budget_is_a_range_and_a_pack_can_require_it(company: Company) -> None:
    budget = {"text": "a flat", "budget_min": "1000.00", "budget_max": "2000.00"}
    assert holds(keeps(company, "customer", {**CARD, "needs": [budget]}), {"needs": [budget]})
    refuses(
        company, "customer", {**CARD, "name": "B", "needs": [{**budget, "budget_min": "3000"}]}, "needs.0.budget_max"
    )
    lays_down(company, "requires:\n  customer: [needs.budget_max]\n")
    refuses(company, "customer", {**CARD, "name": "C"}, "needs.budget_max")
    refuses(company, "customer", {**CARD, "name": "D", "needs": [budget, {"text": "a shop"}]}, "needs.budget_max")
    keeps(company, "customer", {**CARD, "name": "E", "needs": [budget]})


@pytest.mark.req("R-REC-06")
def test_the_trading_profile_has_three_parts_and_stands_on_the_card(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = {"credit": "pays on time", "policy": "slow growth", "attitude": "fair"}
    assert holds(keeps(company, "customer", {**CARD, "trade_profile": profile}), {"trade_profile": profile})
    shown = says(company, capsys, "show", "Northern Hospital")
    assert all(text in shown for text in profile.values())


@pytest.mark.req("R-REC-12")
def test_contacts_are_kept_with_what_opens_a_talk_and_family_is_marked_sensitive(company: Company) -> None:
    contact = {
        "name": "Li Mei", "post": "head nurse", "role": "decides", "influence": "high", "phone": "+86 138 0013 8000",
        "email": "li@example.com", "channel": "phone", "interests": "hiking", "family": "two children",
    }  # fmt: skip
    assert holds(keeps(company, "customer", {**CARD, "contacts": [contact]}), {"contacts": [contact]})
    field = company.ledger().in_force.kinds["customer"].field("contacts")
    assert field is not None
    family = field.inner("family")
    assert family is not None
    assert family.options["sensitive"] == "personal"
    refuses(company, "customer", {**CARD, "name": "B", "contacts": [{"role": "boss of all"}]}, "contacts.0.role")


@pytest.mark.req("R-REC-13")
def test_a_field_one_is_unsure_of_is_marked_with_the_day_to_verify_it(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    made = company.add("customer", {**CARD, "phone": "010-62770000"}, unverified={"phone": "2026-12-01"})
    ledger = company.ledger()
    assert ledger.read(lookup.record(ledger, made.id).path).unverified == {"phone": "2026-12-01"}
    assert "to be verified by 2026-12-01" in says(company, capsys, "show", made.id)
    update(company.ledger(), made.id, {}, Origin(), unverified={"phone": None})
    assert "to be verified" not in says(company, capsys, "show", made.id)


@pytest.mark.req("R-REC-14")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12"), ("email", "nobody"), ("obtained_at", "soon"), ("party_type", "alien"), ("beds", "many"),
        ("credit_code", "91350100M000100Y44"), ("yearly_volume", "a lot"), ("colour", "blue"),
    ],
)  # fmt: skip
def test_what_is_not_true_to_form_is_refused(company: Company, field: str, value: str) -> None:
    refuses(company, "customer", {**CARD, "category": "hospital", field: value}, field)


@pytest.mark.req("R-REC-14")
def test_formats_are_made_one_and_missing_key_fields_named_all_at_once(company: Company) -> None:
    given = {"phone": "０１０－６２７７ ００００", "yearly_volume": "12,000.5", "obtained_at": "2026/11/20 9:00"}
    kept = {"phone": "+86 10 6277 0000", "yearly_volume": "12000.50", "obtained_at": "2026-11-20T09:00:00+08:00"}
    assert holds(keeps(company, "customer", {**CARD, **given}), kept)
    with pytest.raises(InvalidInput) as caught:
        company.add("customer", {"name": "B"})
    assert {f.field for f in caught.value.findings} == {"party_type", "source", "lawful_basis", "obtained_at"}


@pytest.mark.req("R-REC-15")
@pytest.mark.req("R-INT-04")
def test_source_and_lawful_basis_are_asked_of_every_customer(company: Company) -> None:
    for number, source in enumerate(("market_research", "exhibition", "referral", "online", "event", "other")):
        named = {**CARD, "name": f"Customer {number}", "source": source, "source_note": f"note {number}"}
        assert holds(keeps(company, "customer", named), {"source": source, "source_note": f"note {number}"})
    refuses(company, "customer", without(CARD, "source"), "source")
    refuses(company, "customer", {**CARD, "source": "bought list"}, "source")
    refuses(company, "customer", without(CARD, "lawful_basis"), "lawful_basis")
    refuses(company, "customer", {**CARD, "lawful_basis": "none"}, "lawful_basis")
    by_source = query(company.ledger(), "SELECT source, count(*) FROM customer GROUP BY 1 ORDER BY 1").rows
    assert dict(by_source)["referral"] == 1
    assert len(by_source) == 6


@pytest.mark.req("R-REC-16")
def test_a_customer_has_one_owner_of_its_department_and_may_have_a_keeper(company: Company) -> None:
    customer = company.add("customer", dict(CARD), owner="alice").id
    assignment = company.ledger().dossier(customer).assignments["east"]
    assert assignment.owner == "alice"
    for owner in ("bob", "nobody"):
        with pytest.raises(Refused):
            company.add("customer", {**CARD, "name": "B"}, owner=owner, department="east")


@pytest.mark.req("R-REC-19")
def test_a_hospital_has_a_class_in_order_beds_and_volumes(company: Company) -> None:
    facts = {"category": "hospital", "hospital_class": "third_b", "beds": 800}
    facts |= {"yearly_volume": "5000000.00", "yearly_need": "700000.00"}
    assert holds(keeps(company, "customer", {**CARD, **facts}), facts)
    classes = list(company.ledger().in_force.pack.vocab["hospital_class"])
    assert classes.index("second_a") < classes.index("third_c") < classes.index("third_b") < classes.index("third_a")
    refuses(company, "customer", {**CARD, "name": "B", "category": "dealer", "beds": 10}, "beds")
    refuses(company, "customer", {**CARD, "name": "B", **facts, "hospital_class": "fourth"}, "hospital_class")
    keeps(company, "customer", {**CARD, "name": "Direct dealer", "category": "dealer"})


@pytest.mark.req("R-REC-20")
def test_region_territory_and_route_order(company: Company) -> None:
    for name, order in (("Second", 2), ("First", 1)):
        where = {"region": "440106", "territory": "south", "route_seq": order}
        assert holds(keeps(company, "customer", {**CARD, "name": name, **where}), where)
    route = query(company.ledger(), "SELECT name FROM customer WHERE territory = 'south' ORDER BY route_seq").rows
    assert [row[0] for row in route] == ["First", "Second"]
    refuses(company, "customer", {**CARD, "name": "B", "route_seq": "-1"}, "route_seq")


@pytest.mark.req("R-REC-21")
def test_every_class_of_trade_relation_can_be_told(company: Company) -> None:
    for nature in ("government", "special", "ordinary", "consumer", "partner"):
        values = {**CARD, "name": f"A {nature}", "nature": nature}
        assert keeps(company, "customer", values)["nature"] == nature
    refuses(company, "customer", {**CARD, "name": "B", "nature": "friend"}, "nature")


@pytest.mark.req("R-REC-49")
def test_when_it_was_learnt_and_entered_who_collected_and_who_checked(company: Company) -> None:
    check_up = {"by": "carol", "on": DAY, "result": "clean", "note": "no court cases"}
    more = {"obtained_at": "2026-11-19T16:00:00+08:00", "collected_by": "alice", "background_check": check_up}
    made = company.add("customer", {**CARD, **more})
    assert holds(stored(company, made.id), more)
    ledger = company.ledger()
    assert ledger.read(lookup.record(ledger, made.id).path).at == "2026-11-20T10:00:00+08:00"
    lag = query(ledger, "SELECT entered_at - obtained_at FROM customer").rows
    assert lag == ((18 * 3600,),)
    refuses(
        company, "customer", {**CARD, "name": "B", "background_check": {"result": "so so"}}, "background_check.result"
    )


@pytest.mark.req("R-REC-52")
def test_partner_stores_stock_and_service_level(company: Company) -> None:
    partner = company.customer(name="Partner")
    chain = company.customer(name="Chain", parent=partner, partner=partner)
    assert holds(stored(company, chain), {"parent": partner, "partner": partner})
    store = {"name": "Store 1", "class": "c1", "address": "Main Street 2", "partner": partner, "route_seq": 3}
    assert holds(keeps(company, "store", store, customer=chain, department="east"), store)
    stock = {"on": DAY, "stock": [{"product": "cola", "quantity": "12", "safe": "20"}], "service_score": "85"}
    kept = keeps(company, "partner_stock", stock, customer=partner, department="east")
    assert kept["on"] == DAY
    assert kept["service_score"]
    refuses(company, "store", {**store, "class": "c9"}, "class", customer=chain, department="east")


@pytest.mark.req("R-REC-54")
@pytest.mark.req("R-INT-11")
def test_storing_a_customer_names_who_answers_for_contract_plan_price_and_service(company: Company) -> None:
    customer = company.customer()
    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), customer, "stored", {}, Origin(), department="east")
    wanted = {"team.contract", "team.plan", "team.price", "team.service"}
    assert {finding.field for finding in caught.value.findings} == wanted
    staff = {"contract": "alice", "plan": "alice", "price": "carol", "service": "carol"}
    advance(company.ledger(), customer, "stored", {"team": staff}, Origin(), department="east")
    assert company.ledger().dossier(customer).assignments["east"].state == "stored"
    assert stored(company, customer)["team"] == staff
    with pytest.raises(InvalidInput):
        update(company.ledger(), customer, {"team": None}, Origin())


@pytest.mark.req("R-INT-10")
def test_direct_and_related_party_customers_have_a_file_like_all_others(company: Company) -> None:
    for category in ("direct", "internal", "retail"):
        values = {**CARD, "name": f"A {category} customer", "category": category}
        assert keeps(company, "customer", values)["category"] == category


@pytest.mark.req("R-INT-18")
def test_a_lead_needs_little_and_more_is_asked_as_it_goes_on(company: Company) -> None:
    lays_down(company, "requires:\n  customer: {intending: [phone], closed: [phone, credit_code]}\n")
    customer = company.customer()
    assert company.ledger().dossier(customer).assignments["east"].state == "potential"
    for state, field in (("intending", "phone"), ("closed", "credit_code")):
        with pytest.raises(InvalidInput) as caught:
            advance(company.ledger(), customer, state, {}, Origin(), department="east")
        assert field in [finding.field for finding in caught.value.findings]
        given = {"phone": "010-62770000"} if state == "intending" else {"credit_code": "91350100M000100Y43"}
        advance(company.ledger(), customer, state, dict(given), Origin(), department="east")
    assert company.ledger().dossier(customer).assignments["east"].state == "closed"
    with pytest.raises(NotFound):
        advance(company.ledger(), customer, "royal", {}, Origin(), department="east")


@pytest.mark.req("R-REC-09")
def test_the_list_comes_from_the_cards_and_a_company_has_one(company: Company) -> None:
    customer = company.customer(credit_code="91350100M000100Y43")
    update(company.ledger(), customer, {"name": "Renamed Hospital"}, Origin())
    listed = list_kind(company.ledger(), "customer", None, ["id", "name"], 0).documents()
    assert listed == [{"id": customer, "name": "Renamed Hospital"}]
    with pytest.raises(Refused) as caught:
        company.add("customer", {**CARD, "name": "Other name", "credit_code": "91350100M000100Y43"})
    assert caught.value.rule is not None
    assert "INT013" in caught.value.rule


@pytest.mark.req("R-REC-17")
def test_the_name_on_invoices_is_held_beside_the_name(company: Company) -> None:
    named = {**CARD, "name": "Northern", "invoice_name": "Northern Hospital of the Province"}
    assert holds(keeps(company, "customer", named), {"invoice_name": "Northern Hospital of the Province"})


@pytest.mark.req("R-REC-08")
def test_maintenance_data_stands_on_the_card_and_the_owner_is_a_member(company: Company) -> None:
    upkeep = {"follow_up": "waiting for a date", "plan": "a call a month", "next_on": "2026-12-01"}
    made = company.add("customer", {**CARD, "maintenance": upkeep}, department="east").id
    assert stored(company, made)["maintenance"] == upkeep
    assert company.ledger().dossier(made).assignments["east"].owner in company.ledger().in_force.org.members
    refuses(company, "customer", {**CARD, "name": "B", "maintenance": {"grade": "vip"}}, "maintenance.grade")


@pytest.mark.req("R-REC-11")
def test_the_state_of_trading_has_nine_parts_each_with_its_editor_and_day(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = (
        "sales_activity", "problems", "advantages", "countermeasures", "reputation", "image", "credit_state", "terms",
        "credit_problems",
    )  # fmt: skip
    status = {part: f"text of {part}" for part in parts}
    customer = company.add("customer", {**CARD, "trade_status": status}, department="east").id
    assert stored(company, customer)["trade_status"] == status
    company.sync("alice", "carol")
    update(company.ledger("carol"), customer, {"trade_status": {**status, "terms": "30 days"}}, Origin())
    blamed = says(company, capsys, "blame", customer, "trade_status", member="carol").splitlines()
    for part in ("Sales activity", "Trading terms"):
        (line,) = (line for line in blamed if part in line)
        assert ("Carol" if part == "Trading terms" else "Alice") in line
        assert "2026-11-20" in line


@pytest.mark.req("R-INT-03")
def test_customer_data_in_the_clear_is_found(company: Company) -> None:
    clone = company.clone("alice")
    (clone / "customers.csv").write_text("name,phone\nNorthern,1\n", "utf-8")
    git(clone, "add", "--sparse", "customers.csv")
    git(clone, "commit", "-q", "--no-verify", "-m", "a list")
    faults = [(finding.code, finding.severity) for finding in check(company.ledger()).findings]
    assert ("CHK004", "error") in faults
