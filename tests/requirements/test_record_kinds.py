"""One record a kind: the fields and states policies name, kept, listed, and refused where wrong (R-REC-05 … R-REC-55)."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.errors import InvalidInput, NoKey, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.listing import list_kind, query
from tests.company import VISIT, Company
from tests.requirements.proving import DAY, NOON, holds, keeps, refuses, says, stored, without


def moves(company: Company, what: str, *steps: tuple[str, dict[str, object]]) -> None:
    """Each step is refused without its fields, and done with them."""
    for state, values in steps:
        if values:
            with pytest.raises(InvalidInput):
                advance(company.ledger(), what, state, {}, Origin())
        advance(company.ledger(), what, state, values, Origin())
    assert stored(company, what)["state"] == steps[-1][0]


@pytest.mark.req("R-REC-05")
def test_a_dealing_is_one_entry_and_the_sums_follow(company: Company) -> None:
    customer = company.customer()
    deal: dict[str, object] = {
        "date": "2026-11-02", "product": "Knee joint", "product_kind": "joints", "quantity": "2", "amount": "12000.50",
        "payment_method": "transfer", "direction": "sell", "sample": False,
    }  # fmt: skip
    assert holds(keeps(company, "transaction", deal, customer=customer, department="east"), without(deal, "quantity"))
    sample = {**deal, "date": "2026-10-02", "amount": "0", "sample": True}
    keeps(company, "transaction", sample, customer=customer, department="east")
    summed = query(company.ledger(), "SELECT count(*), sum(amount), sum(sample), max(department) FROM txn").rows
    assert summed == ((2, 1200050, 1, "east"),)
    refuses(company, "transaction", without(deal, "date"), "date", customer=customer, department="east")
    refuses(company, "transaction", {**deal, "payment_method": "shells"}, "payment_method", customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-REC-18")
def test_a_qualification_says_what_for_how_long_and_who_verified_it(company: Company, tmp_path: Path) -> None:
    customer = company.customer()
    scan = tmp_path / "licence.pdf"
    scan.write_bytes(b"%PDF licence")
    licence: dict[str, object] = {
        "number": "310000", "issuer": "Market authority", "valid_from": "2024-01-01", "valid_to": "2027-01-01",
        "product_scope": ["joints", "splints"], "verified_by": "alice", "verified_on": DAY,
    }  # fmt: skip
    for what in ("business_licence", "tax_registration", "medical_institution", "special_permit"):
        values = {**licence, "what": what}
        kept = keeps(company, "qualification", values, customer=customer, department="east", files={"scan": scan})
        assert holds(kept, values)
        assert isinstance(kept["scan"], dict)
        assert kept["scan"]["name"] == "licence.pdf"
    wrong = {**licence, "what": "business_licence", "valid_to": "2023-01-01"}
    refuses(company, "qualification", wrong, "valid_to", customer=customer, department="east")


@pytest.mark.req("R-REC-22")
def test_a_visit_holds_plan_and_outcome(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = company.customer()
    made = company.add("visit", dict(VISIT), customer=customer, department="east").id
    for name in ("whom", "topic", "place", "purpose", "way", "minimum_goal"):
        refuses(company, "visit", without(dict(VISIT), name), name, customer=customer, department="east")
    outcome: dict[str, object] = {
        "result": "They want an offer", "goal_met": True, "needs_heard": "lighter", "material_left": ["brochure"],
        "impression": "solid", "next_step": "offer", "next_on": "2026-12-01", "time": "10:00",
    }  # fmt: skip
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-25T18:00:00+08:00")  # the day of the visit
    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), made, "done", {"needs_heard": "lighter"}, Origin())
    assert {finding.field for finding in caught.value.findings} == {"result", "goal_met"}
    advance(company.ledger(), made, "done", outcome, Origin())
    assert holds(stored(company, made), {**VISIT, **outcome, "state": "done"})


@pytest.mark.req("R-REC-23")
def test_plans_of_visits_revisits_and_maintenance_and_the_days_sheet(company: Company) -> None:
    customer = company.customer()
    step = {"on": "2026-12-01", "way": "phone", "purpose": "revisit", "text": "Ask how it went", "by": "alice"}
    for what in ("visit", "revisit", "maintenance"):
        plan: dict[str, object] = {"what": what, "period": "2026-12", "goal": "stay in touch", "steps": [step]}
        assert holds(keeps(company, "customer_plan", plan, customer=customer, department="east"), plan)
    row = {"customer": customer, "whom": "Dr Wang", "topic": "Offer", "place": "ward 3", "time": "10:00"}
    row |= {"purpose": "negotiate", "way": "on_site", "minimum_goal": "a date"}
    sheet: dict[str, object] = {"on": "2026-11-23", "rows": [row]}
    assert holds(keeps(company, "day_plan", sheet, department="east"), sheet)
    refuses(company, "customer_plan", {"what": "visit", "period": "2026-12"}, "steps", customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-REC-24")
def test_a_complaint_goes_through_its_states(company: Company) -> None:
    customer = company.customer()
    complaint: dict[str, object] = {
        "content": "It squeaks", "category": "quality", "channel": "phone", "from_whom": "Dr Wang", "received_at": NOON,
        "measures": "oil", "cause": "dry joint",
    }  # fmt: skip
    made = company.add("complaint", complaint, customer=customer, department="east").id
    assert holds(stored(company, made), complaint)
    for name in ("content", "category", "channel", "received_at"):
        refuses(company, "complaint", without(complaint, name), name, customer=customer, department="east")
    with pytest.raises(Refused):
        advance(company.ledger(), made, "closed", {}, Origin())
    moves(
        company, made, ("confirmed", {}), ("proposed", {}), ("agreed", {"solution": "Replace it", "agreed_on": DAY}),
        ("solved", {"solved_at": "2026-11-20T15:00:00+08:00"}), ("fed_back", {"told_at": "2026-11-20T16:00:00+08:00"}),
        ("surveyed", {"satisfaction": "satisfied", "surveyed_on": DAY}), ("closed", {}),
    )  # fmt: skip


@pytest.mark.req("R-REC-25")
def test_a_contract_is_signed_changed_and_ended(company: Company) -> None:
    customer = company.customer()
    made = company.add("contract", {"subject": "Joints", "what": "sale"}, customer=customer, department="east").id
    moves(
        company, made, ("signed", {"number": "2026-1", "signed_on": DAY, "valid_from": DAY, "valid_to": "2027-11-19"}),
        ("changed", {}), ("ended", {"ended_on": "2026-12-31", "end_reason": "moved away"}),
    )  # fmt: skip
    refuses(company, "contract", {"subject": "B", "state": "signed"}, "number", customer=customer, department="east")
    record = company.ledger().read(lookup.record(company.ledger(), made).path)
    assert record.rev == 4
    assert record.prev is not None


@pytest.mark.req("R-REC-26")
def test_surveys_after_a_complaint_and_by_period(company: Company) -> None:
    customer = company.customer()
    heard: dict[str, object] = {"content": "Late", "category": "delivery", "channel": "phone", "received_at": NOON}
    complaint = company.add("complaint", heard, customer=customer, department="east").id
    answers = [{"question": "Fast enough?", "comment": "now yes"}]
    after: dict[str, object] = {
        "on": DAY, "trigger": "complaint", "complaint": complaint, "instrument": "phone", "overall": "satisfied",
        "answers": answers, "comments": "thanks",
    }  # fmt: skip
    assert holds(keeps(company, "survey", after, customer=customer, department="east"), after)
    periodic = {**without(after, "complaint"), "trigger": "periodic", "period": "2026H2", "instrument": "questionnaire"}
    assert holds(keeps(company, "survey", periodic, customer=customer, department="east"), periodic)
    refuses(company, "survey", {**after, "overall": "meh"}, "overall", customer=customer, department="east")
    refuses(company, "survey", {**periodic, "complaint": complaint}, "complaint", customer=customer, department="east")


@pytest.mark.req("R-REC-27")
def test_the_new_customer_application_has_all_its_sections_when_handed_in(company: Company) -> None:
    customer = company.customer()
    form: dict[str, object] = {
        "customer_name": "Northern Hospital",
        "first_trade_on": "2026-11-01",
        "developer": "alice",
    }
    made = company.add("newcust_application", form, customer=customer, department="east").id
    sections: dict[str, object] = {
        "history": "two years of visits", "evaluation": {"credit": "good"}, "support": [{"need": "samples"}],
    }  # fmt: skip
    for name in sections:
        with pytest.raises(InvalidInput) as caught:
            advance(company.ledger(), made, "submitted", {**without(sections, name), "submitted_on": DAY}, Origin())
        assert [finding.field for finding in caught.value.findings] == [name]
    moves(
        company, made, ("submitted", {**sections, "submitted_on": DAY}),
        ("manager_approved", {"instruction": "go on", "signed_by": "carol", "approved_by": "alice"}),
        ("recognised", {"history_checked_by": "carol", "recognised_on": DAY}),
        ("archived", {"archived_by": "carol", "archived_on": DAY}),
    )  # fmt: skip
    refuses(company, "newcust_application", without(form, "customer_name"), "customer_name", customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-REC-28")
def test_the_trade_start_survey_is_the_same_for_buying_and_selling(company: Company) -> None:
    survey: dict[str, object] = {
        "surveyed_on": DAY, "surveyed_by": "alice", "organisation": "40 people", "business": "joints", "credit": "good",
    }  # fmt: skip
    for direction in ("buy", "sell", "both"):
        customer = company.customer(name=f"Who will {direction}")
        made = company.add("trade_start", {**survey, "direction": direction}, customer=customer, department="east").id
        assert stored(company, made)["direction"] == direction
    moves(
        company, made, ("approved", {"approved_by": "carol", "approved_on": DAY}), ("told", {"chairman_told_on": DAY}),
        ("listed", {"listed_by": "alice", "listed_on": DAY}),
    )  # fmt: skip
    for name in ("organisation", "business", "credit"):
        refuses(company, "trade_start", {**without(survey, name), "direction": "buy"}, name, customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-REC-29")
def test_the_admission_form_has_weighted_criteria_and_a_proposed_grade(company: Company) -> None:
    customer = company.customer()
    criteria = [
        {"criterion": "payment", "weight": "40", "score": "90"},
        {"criterion": "volume", "weight": "60", "score": "80"},
    ]
    form: dict[str, object] = {"on": DAY, "by": "alice", "criteria": criteria}
    made = company.add("admission", form, customer=customer, department="east").id
    moves(
        company, made, ("checked", {}),
        ("admitted", {"proposed_grade": "qualified", "background_done": True, "decided_by": "carol", "decided_on": DAY}),
    )  # fmt: skip
    again = company.add("admission", {**form, "readmission": True}, customer=customer, department="east").id
    with pytest.raises(InvalidInput) as caught:  # reckoned from weights and scores, never typed
        advance(company.ledger(), again, "checked", {"total": "84"}, Origin())
    assert [finding.code for finding in caught.value.findings] == ["REC014"]
    advance(company.ledger(), again, "checked", {}, Origin())
    rows = list_kind(company.ledger(), "admission", None, ["total"], 0).documents()
    assert rows == [{"total": 84}, {"total": 84}]
    assert "total" not in stored(company, again)
    decided = {"proposed_grade": "qualified", "background_done": True, "decided_by": "carol", "decided_on": DAY}
    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), again, "admitted", dict(decided), Origin())
    assert [finding.field for finding in caught.value.findings] == ["change_note"]


@pytest.mark.req("R-REC-30")
def test_one_stage_review_a_customer_and_half_year(company: Company) -> None:
    customer = company.customer()
    review: dict[str, object] = {
        "period": "2026H2", "on": DAY, "by": "alice", "performance": "as agreed", "payment": "on time",
        "integrity": "no doubts", "events": "none",
    }  # fmt: skip
    made = company.add("stage_review", review, customer=customer, department="east").id
    assert holds(stored(company, made), review)
    with pytest.raises(Refused):
        company.add("stage_review", dict(review), customer=customer, department="east")
    keeps(company, "stage_review", {**review, "period": "2026H1"}, customer=customer, department="east")
    moves(company, made, ("decided", {"result": "kept", "new_grade": "vip", "decided_by": "carol", "decided_at": NOON}))


@pytest.mark.req("R-REC-31")
def test_a_blacklist_entry_names_level_reason_evidence_and_term(company: Company, tmp_path: Path) -> None:
    customer = company.customer()
    proof = tmp_path / "letter.pdf"
    proof.write_bytes(b"%PDF")
    entry: dict[str, object] = {
        "customer": customer, "level": "department", "of_department": "east", "reason": "arrears", "text": "90 days late",
        "proposed_by": "alice", "proposed_on": DAY, "valid_from": DAY, "valid_to": "2027-05-20",
    }  # fmt: skip
    made = company.add("blacklist_entry", entry, department="east", files={"evidence": proof}).id
    assert holds(stored(company, made), entry)
    moves(
        company, made,
        ("shortened", {"shortened_by": "carol", "shortened_on": "2026-12-20"}), ("readmitted", {"outcome": "paid"}),
    )  # fmt: skip
    refuses(company, "blacklist_entry", without(entry, "reason"), "reason", department="east")
    refuses(company, "blacklist_entry", {**entry, "level": "company"}, "of_department", department="east")


@pytest.mark.req("R-REC-33")
def test_an_application_to_read_says_who_what_why_until_and_the_decision(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    form: dict[str, object] = {
        "applicant": "bob", "customer": customer, "what": "trade of 2026", "why": "joint offer", "until": "2026-12-31",
        "applied_on": DAY,
    }  # fmt: skip
    made = company.add("access_request", form, "bob", department="east").id
    with pytest.raises(NoKey):
        company.ledger("bob").read(lookup.record(company.ledger("bob"), made).path)
    company.sync("bob", "alice")
    moves(company, made, ("approved", {"decided_by": "alice", "decided_on": DAY, "decision": "granted"}))
    assert holds(stored(company, made), form)
    for name in ("what", "why", "until"):
        refuses(company, "access_request", without(form, name), name, department="east")


@pytest.mark.req("R-REC-34")
def test_sharing_inside_and_disclosure_outside_are_applied_for_and_recorded(company: Company, tmp_path: Path) -> None:
    customer = company.customer()
    form: dict[str, object] = {
        "applicant": "alice", "customer": customer, "to_department": "west", "what": "the card", "why": "joint offer",
        "applied_on": DAY,
    }  # fmt: skip
    made = company.add("sharing_request", form, department="east").id
    moves(company, made, ("agreed", {"other_head": "alice"}), ("approved", {"sales_head": "alice", "decided_on": DAY}))
    consent = tmp_path / "consent.pdf"
    consent.write_bytes(b"%PDF")
    given: dict[str, object] = {
        "on": DAY, "to_whom": "a court", "what": "address", "purpose": "service", "basis": "consent", "consent_on": DAY,
        "approved_by": "alice", "approved_on": DAY,
    }  # fmt: skip
    where = {"customer": customer, "department": "east"}
    assert holds(keeps(company, "disclosure", given, files={"consent": consent}, **where), given)
    refuses(company, "disclosure", dict(given), "consent", **where)
    lawful = {**without(given, "consent_on"), "basis": "law"}
    refuses(company, "disclosure", dict(lawful), "law", **where)
    keeps(company, "disclosure", {**lawful, "law": "Civil procedure"}, **where)


@pytest.mark.req("R-REC-35")
@pytest.mark.req("R-INT-07")
def test_an_incoming_letter_is_received_handed_over_registered_and_filed(company: Company) -> None:
    letter: dict[str, object] = {
        "direction": "in", "way": "fax", "party": "Northern Hospital", "subject": "Order", "territory": "north",
        "received_at": NOON,
    }  # fmt: skip
    made = company.add("correspondence", letter, department="east").id
    assert holds(stored(company, made), letter)
    moves(
        company, made, ("handed_over", {"handed_at": "2026-11-20T13:00:00+08:00", "keeper": "carol"}),
    )  # fmt: skip
    company.sync("alice")
    moves(
        company, made, ("registered", {}), ("filed", {"location": "binder 3"}),
    )  # fmt: skip
    refuses(company, "correspondence", without(letter, "received_at"), "received_at", department="east")
    early = {**letter, "handed_at": "2026-11-19T13:00:00+08:00"}
    refuses(company, "correspondence", early, "handed_at", department="east")


@pytest.mark.req("R-REC-36")
def test_an_outgoing_letter_is_numbered_and_signed_before_it_is_sent(company: Company) -> None:
    letter: dict[str, object] = {
        "direction": "out", "way": "letter", "party": "Northern Hospital", "subject": "Offer", "drafted_by": "alice",
        "state": "drafted",
    }  # fmt: skip
    made = company.add("correspondence", letter, department="east").id
    with pytest.raises(Refused):
        advance(company.ledger(), made, "sent", {"sent_on": DAY}, Origin())
    with pytest.raises(InvalidInput):
        advance(company.ledger(), made, "numbered", {}, Origin())
    company.sync("alice")
    moves(
        company, made, ("numbered", {}), ("signed", {"signed_by": "alice", "signed_on": DAY}),
        ("sent", {"sent_on": DAY}), ("original_filed", {"original_on": DAY, "keeper": "carol"}),
    )  # fmt: skip


@pytest.mark.req("R-REC-37")
def test_feedback_is_kept_apart_from_complaints(company: Company) -> None:
    customer = company.customer()
    said: dict[str, object] = {
        "on": DAY, "from_whom": "the warehouse", "channel": "mailbox", "about": "boxes", "text": "Boxes are too big",
        "answer": "We try others", "answered_on": DAY, "action": "new boxes",
    }  # fmt: skip
    assert holds(keeps(company, "feedback", said, customer=customer, department="east"), said)
    assert list_kind(company.ledger(), "complaint", None, ["id"], 0).rows == ()
    refuses(company, "feedback", without(said, "text"), "text", customer=customer, department="east")


@pytest.mark.req("R-REC-38")
def test_a_development_plan_has_dated_milestones_and_progress(company: Company) -> None:
    customer = company.customer()
    plan: dict[str, object] = {
        "goal": "first order", "amount": "100000.00", "strategy": "a trial", "from_day": "2026-11-20", "until": "2027-02-20",
        "milestones": [{"due_on": "2026-12-10", "text": "trial agreed"}, {"due_on": "2027-01-20", "text": "trial done"}],
    }  # fmt: skip
    made = company.add("development_plan", plan, customer=customer, department="east").id
    assert holds(stored(company, made), plan)
    advance(company.ledger(), made, "running", {"progress": "50", "report": "half way"}, Origin())
    assert str(stored(company, made)["progress"]).startswith("50")
    refuses(company, "development_plan", {**plan, "until": "2026-01-01"}, "until", customer=customer, department="east")
    refuses(
        company, "development_plan", without(plan, "milestones"), "milestones", customer=customer, department="east"
    )


@pytest.mark.req("R-REC-39")
def test_an_opportunity_keeps_proposals_quotations_and_the_customers_agreement(company: Company) -> None:
    customer = company.customer()
    made = company.add("opportunity", {"subject": "Ten beds"}, customer=customer, department="east").id
    proposals = [{"on": DAY, "text": "first draft"}, {"on": DAY, "text": "second draft"}]
    moves(
        company, made, ("proposed", {"proposals": proposals}),
        ("quoted", {"quotations": [{"on": DAY, "amount": "90000.00", "valid_to": "2026-12-31"}]}),
        ("negotiating", {}), ("won", {"agreed_on": DAY}),
    )  # fmt: skip
    assert stored(company, made)["proposals"] == proposals


@pytest.mark.req("R-REC-40")
def test_a_reception_has_three_phases(company: Company) -> None:
    customer = company.customer()
    before = {"known": "third visit", "plan": "tour", "materials": ["catalogue"]}
    visit: dict[str, object] = {"on": DAY, "purpose": "see the plant", "host": "alice", "visitors": ["Dr Wang"], "before": before}  # fmt: skip
    made = company.add("reception", visit, customer=customer, department="east").id
    assert holds(stored(company, made), visit)
    moves(
        company, made, ("received", {"during": {"talked": "prices", "solved": "delivery"}}),
        ("closed", {"after": {"summary": "good"}}), ("followed_up", {"after": {"summary": "good", "follow_up": "called", "done_on": DAY}}),
    )  # fmt: skip


@pytest.mark.req("R-REC-41")
def test_fulfilment_is_payment_shipment_invoice_and_claim_of_a_contract(company: Company) -> None:
    where = {"customer": company.customer(), "department": "east"}
    contract = company.add("contract", {"subject": "Joints"}, **where).id
    paid = company.add("payment", {"on": DAY, "amount": "500.00", "contract": contract}, **where).id
    assert stored(company, paid)["contract"] == contract
    shipment: dict[str, object] = {"contract": contract, "payment": paid, "destination": "Harbour 3", "way": "rail", "instructed_on": DAY}  # fmt: skip
    sent = company.add("shipment", shipment, **where).id
    moves(company, sent, ("shipped", {"shipped_on": DAY}), ("arrived", {"arrived_on": "2026-11-23"}))
    for number, what in enumerate(("goods", "transport")):
        invoice: dict[str, object] = {
            "number": f"{number}", "what": what, "invoice_name": "Northern Hospital", "on": DAY, "amount": "500.00",
            "contract": contract, "shipment": sent, "express": "SF1",
        }  # fmt: skip
        assert holds(keeps(company, "invoice", invoice, **where), invoice)
    for what in ("damage", "shortage"):
        claim: dict[str, object] = {
            "on": DAY,
            "what": what,
            "text": "two broken",
            "shipment": sent,
            "contract": contract,
        }
        assert holds(keeps(company, "claim", claim, **where), claim)
    refuses(company, "shipment", {**shipment, "way": "balloon"}, "way", **where)


@pytest.mark.req("R-REC-42")
def test_use_of_the_product_by_period(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = {"customer": company.customer(), "department": "east"}
    used: dict[str, object] = {
        "period": "2026-11",
        "product": "Suite",
        "active_users": 30,
        "seats": 50,
        "change": "more",
    }
    assert holds(keeps(company, "usage", used, **where), used)
    with pytest.raises(Refused):
        company.add("usage", dict(used), **where)
    keeps(company, "usage", {**used, "period": "2026-10", "active_users": 20}, **where)
    file = tmp_path / "usage.csv"
    file.write_text(f"customer,period,product,active_users\n{where['customer']},2026-09,Suite,15\n", "utf-8")
    says(company, capsys, "import", "plan", str(file), "--kind", "usage", "--department", "east")
    says(company, capsys, "import", "apply")
    course = query(company.ledger(), "SELECT active_users FROM product_usage ORDER BY period").rows
    assert course == ((15,), (20,), (30,))


@pytest.mark.req("R-REC-43")
def test_vehicle_test_drive_and_service_order(company: Company) -> None:
    where = {"customer": company.customer(), "department": "east"}
    wish: dict[str, object] = {"model": "Wagon 2", "wish": "big boot", "budget": "200000.00", "wanted_by": "2027-01-01"}
    vehicle = company.add("vehicle", wish, **where).id
    assert holds(stored(company, vehicle), wish)
    moves(company, vehicle, ("ordered", {}), ("delivered", {"bought_on": DAY, "price": "190000.00"}))
    drive: dict[str, object] = {"on": DAY, "model": "Wagon 2", "driver": "Dr Wang", "impression": "quiet"}
    assert holds(keeps(company, "test_drive", drive, **where), drive)
    for what in ("maintenance", "repair", "breakdown"):
        order: dict[str, object] = {"what": what, "vehicle": vehicle, "opened_at": NOON, "problem": "noise"}
        assert holds(keeps(company, "service_order", order, **where), order)
    refuses(company, "service_order", {"what": "wash", "opened_at": NOON, "problem": "dust"}, "what", **where)


@pytest.mark.req("R-REC-44")
def test_a_promise_says_who_made_it_until_when_and_who_authorised_it(company: Company) -> None:
    where = {"customer": company.customer(), "department": "east"}
    promise: dict[str, object] = {
        "text": "a loan unit", "made_on": DAY, "made_by": "alice", "due_on": "2026-12-01", "authorised_by": "carol",
    }  # fmt: skip
    made = company.add("commitment", promise, **where).id
    assert holds(stored(company, made), promise)
    moves(company, made, ("kept", {"kept_on": DAY}))
    for name in ("text", "made_by", "due_on"):
        refuses(company, "commitment", without(promise, name), name, **where)


@pytest.mark.req("R-REC-45")
def test_a_customer_reports_that_its_registration_changed(company: Company) -> None:
    where = {"customer": company.customer(), "department": "east"}
    for way, what in (("written", "name"), ("online", "cancelled")):
        change: dict[str, object] = {"reported_on": DAY, "way": way, "what": what, "effective_on": DAY}
        made = company.add("registration_change", change, **where).id
        assert holds(stored(company, made), change)
    moves(company, made, ("handled", {"handled_on": DAY, "handling": "file closed"}))
    refuses(company, "registration_change", {"reported_on": DAY, "way": "rumour", "what": "name"}, "way", **where)


@pytest.mark.req("R-REC-46")
def test_an_accusation_links_both_and_few_may_read_it(company: Company) -> None:
    accuser, accused = company.customer(name="Accuser"), company.customer(name="Accused")
    company.sync("alice", "carol")
    report: dict[str, object] = {
        "received_on": DAY, "accuser": accuser, "accused": accused, "matter": "favouritism", "text": "they pay less",
    }  # fmt: skip
    made = company.add("accusation", report, "carol", department="east").id
    with pytest.raises(NoKey):
        company.ledger("carol").read(lookup.record(company.ledger("carol"), made).path)
    company.sync("carol", "alice")
    assert holds(stored(company, made), report)
    listed: dict[str, object] = {
        "customer": accused, "level": "department", "of_department": "east", "reason": "fraud", "text": "see accusation",
        "proposed_by": "alice", "proposed_on": DAY, "valid_from": DAY,
    }  # fmt: skip
    entry = company.add("blacklist_entry", listed, department="east").id
    advance(company.ledger(), made, "checked", {"finding": "true"}, Origin())
    advance(company.ledger(), made, "upheld", {"closed_on": DAY, "blacklist": entry}, Origin())
    assert stored(company, made)["blacklist"] == entry


@pytest.mark.req("R-REC-47")
def test_market_notes_belong_to_no_customer(company: Company) -> None:
    for topic in ("demand", "competition", "trend", "region", "needs"):
        note: dict[str, object] = {
            "on": DAY,
            "topic": topic,
            "region": "440106",
            "source": "fair",
            "text": "more demand",
        }
        assert holds(keeps(company, "market_note", note, department="east"), note)
    counted = query(company.ledger(), "SELECT region, count(*) FROM market_note GROUP BY 1").rows
    assert counted == (("440106", 5),)
    refuses(company, "market_note", {"on": DAY, "topic": "gossip", "text": "x"}, "topic", department="east")


@pytest.mark.req("R-REC-48")
def test_events_say_who_was_invited_and_came_and_care_what_was_given(company: Company) -> None:
    customer = company.customer()
    for what in ("meeting", "seminar", "training", "celebration", "promotion", "exhibition"):
        event: dict[str, object] = {
            "name": f"A {what}", "what": what, "on": DAY, "guests": [{"customer": customer, "name": "Dr Wang", "came": True}],
        }  # fmt: skip
        made = company.add("event", event, department="east").id
    assert holds(stored(company, made), event)
    care: dict[str, object] = {
        "on": DAY,
        "what": "gift",
        "occasion": "anniversary",
        "item": "tea",
        "cost": "80.00",
        "event": made,
    }
    assert holds(keeps(company, "care_action", care, customer=customer, department="east"), care)
    refuses(company, "care_action", {"on": DAY, "what": "bribe"}, "what", customer=customer, department="east")


@pytest.mark.req("R-REC-50")
def test_detailed_rules_of_a_department_are_filed_under_the_companys_policy(company: Company) -> None:
    policy: dict[str, object] = {"name": "Customer rules", "number": "2026-1"}
    over = company.add("policy_doc", policy, department="east").id
    rules: dict[str, object] = {"name": "Rules of east", "derived_from": over, "pack": "east", "valid_from": DAY}
    made = company.add("policy_doc", rules, department="east").id
    moves(
        company, made, ("issued", {"number": "2026-2", "issued_by": "alice", "issued_on": DAY}),
        ("filed", {"filed_with": "CRM department", "filed_on": DAY}),
    )  # fmt: skip
    assert holds(stored(company, made), rules)


@pytest.mark.req("R-REC-53")
def test_what_service_was_given(company: Company) -> None:
    customer = company.customer()
    for what in ("support", "training", "value_added", "material"):
        given: dict[str, object] = {"on": DAY, "what": what, "product": "Suite", "text": "an hour", "by": "alice"}
        assert holds(keeps(company, "service_action", given, customer=customer, department="east"), given)
    refuses(company, "service_action", {"on": DAY, "what": "magic", "text": "x"}, "what", customer=customer, department="east")  # fmt: skip


@pytest.mark.req("R-REC-55")
def test_an_inquiry_is_answered_and_can_become_a_complaint_or_a_lead(company: Company) -> None:
    where = {"customer": company.customer(), "department": "east"}
    asked: dict[str, object] = {
        "received_at": NOON,
        "channel": "desk",
        "from_whom": "a nurse",
        "about": "price",
        "text": "How much?",
    }
    answered = {**asked, "answer": "80", "answered_at": "2026-11-20T12:05:00+08:00", "turned_into": "answered"}
    assert holds(keeps(company, "inquiry", answered, **where), answered)
    lead = company.add("opportunity", {"subject": "Ten beds"}, **where).id
    assert holds(
        keeps(company, "inquiry", {**asked, "turned_into": "lead", "opportunity": lead}, **where), {"opportunity": lead}
    )
    heard: dict[str, object] = {"content": "Late", "category": "delivery", "channel": "desk", "received_at": NOON}
    complaint = company.add("complaint", heard, **where).id
    turned = {**asked, "turned_into": "complaint", "complaint": complaint}
    assert holds(keeps(company, "inquiry", turned, **where), {"complaint": complaint})
    refuses(company, "inquiry", {**answered, "answered_at": "2026-11-20T11:00:00+08:00"}, "answered_at", **where)


@pytest.mark.req("R-REC-07")
def test_talks_visits_and_opinions_of_a_customer_are_kept(company: Company) -> None:
    customer = company.customer()
    talk: dict[str, object] = {
        "on": DAY, "channel": "phone", "with_whom": "Dr Wang", "about": "delivery", "text": "asked when", "needs": "faster",
        "opinion": "satisfied",
    }  # fmt: skip
    assert holds(keeps(company, "interaction", talk, customer=customer, department="east"), talk)
    refuses(company, "interaction", without(talk, "text"), "text", customer=customer, department="east")
