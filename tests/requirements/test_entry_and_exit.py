"""No trade without contract, the order of admission, evaluation anew by each department, and exit from all at once (P23)."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.errors import Refused
from crmctl.ledger.affairs import blacklisting
from crmctl.ledger.affairs.archiving import archive
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda, own, team_of
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from tests.admitting import HOSPITAL, LICENCE, admission, admit
from tests.company import CARD, VISIT, Company
from tests.prepared import prepared
from tests.under_review import approve_record, hand_in

TRADE: dict[str, object] = {"date": "2026-11-20", "product": "Knee", "amount": "500"}
CONTRACT: dict[str, object] = {
    "subject": "Knees", "state": "signed", "number": "1", "signed_on": "2026-11-10", "valid_from": "2026-11-10",
    "valid_to": "2026-12-31",
}  # fmt: skip
GRADE: dict[str, object] = {
    "grade": "vip", "on": "2026-11-01", "state": "approved", "decided_by": "alice", "decided_on": "2026-11-01",
}  # fmt: skip
FACTS = {"reason": "breach", "text": "Did not pay", "proposed_on": "2026-11-20"}


@prepared
def p23(company: Company) -> Company:
    adopt(company.ledger(), "p23")
    for name, value in (("vip_beds", "200"), ("vip_volume", "100000"), ("preferred_beds", "100"),
                        ("preferred_volume", "20000"), ("vip_share", "100%")):  # fmt: skip
        set_value(company.ledger(), name, value)
    return company


def hospital(company: Company, name: str = "Northern", **card: object) -> str:
    return company.add(
        "customer", {**CARD, **HOSPITAL, "name": name, **card}, department="east", not_duplicate="another"
    ).id


def refused(company: Company, kind: str, values: dict[str, object], customer: str, department: str = "east") -> str:
    """The rule that refuses the record; empty where it was let in."""
    try:
        company.add(kind, values, customer=customer, department=department)
    except Refused as error:
        return str(error.rule)
    return ""


@pytest.mark.req("R-ADM-04")
@pytest.mark.req("R-CON-01")
def test_no_trade_without_a_contract_of_the_department_in_force_that_day(p23: Company) -> None:
    customer = hospital(p23)
    assert refused(p23, "transaction", TRADE, customer) == "ADM004"
    assert refused(p23, "transaction", {**TRADE, "sample": True, "amount": "0"}, customer) == ""
    p23.add("contract", CONTRACT, customer=customer)
    assert refused(p23, "transaction", TRADE, customer) == ""
    assert refused(p23, "transaction", {**TRADE, "date": "2026-11-09"}, customer) == "ADM004"
    assign(p23.ledger(), customer, "west")
    assert refused(p23, "transaction", TRADE, customer, "west") == "ADM004"
    unsaid = hospital(p23, "Unclassified", category=None, hospital_class=None, beds=None)
    assert refused(p23, "transaction", TRADE, unsaid) == "ADM004"  # whose card does not say so is not exempt
    retail = hospital(p23, "Passer-by", category="retail", hospital_class=None)
    assert refused(p23, "transaction", TRADE, retail) == ""
    assert [one for one in check(p23.ledger()).findings if one.severity == "error"] == []


@pytest.mark.req("R-ADM-04")
def test_what_was_traded_before_contracts_were_kept_stays(p23: Company) -> None:
    set_value(p23.ledger(), "contract_required", "no")
    customer = hospital(p23)
    p23.add("transaction", {**TRADE, "date": "2026-10-31"}, customer=customer)
    set_value(p23.ledger(), "contract_required", "yes", start=date(2026, 11, 1))
    assert refused(p23, "transaction", TRADE, customer) == "ADM004"
    assert refused(p23, "transaction", {**TRADE, "date": "2026-10-30"}, customer) == ""
    assert [one for one in check(p23.ledger()).findings if one.severity == "error"] == []


@pytest.mark.req("R-ADM-10")
def test_survey_background_admission_and_grade_come_in_this_order(p23: Company) -> None:
    customer = p23.add(
        "customer", {**CARD, **HOSPITAL, "name": "Unasked", "intention": None}, department="east"
    ).id  # fmt: skip
    p23.add("qualification", LICENCE, customer=customer)
    assert refused(p23, "admission", admission("2026-02-01"), customer) == "ADM010"
    early = hospital(p23, "Early")
    p23.add("qualification", LICENCE, customer=early)
    assert refused(p23, "admission", admission("2026-01-10"), early) == "ADM010"
    assert refused(p23, "grade", {**GRADE, "grade": "qualified"}, early) == "ADM019"
    assert refused(p23, "admission", admission("2026-01-20"), early) == ""
    assert refused(p23, "grade", GRADE, early) == ""


@pytest.mark.req("R-REV-20")
@pytest.mark.req("R-GRD-29")
def test_who_is_graded_elsewhere_is_admitted_and_graded_here_before_it_buys(p23: Company) -> None:
    customer = hospital(p23)
    admit(p23, customer, "2026-02-01")
    p23.add("grade", GRADE, customer=customer, department="east")
    assign(p23.ledger(), customer, "west")
    p23.add("contract", CONTRACT, customer=customer, department="west")
    assert refused(p23, "transaction", TRADE, customer, "west") == "REV020"
    p23.add("qualification", LICENCE, customer=customer, department="west")
    p23.add("admission", admission("2026-11-12"), customer=customer, department="west")
    assert refused(p23, "transaction", TRADE, customer, "west") == "REV020"
    p23.add("grade", {**GRADE, "grade": "qualified", "on": "2026-11-15", "decided_on": "2026-11-15"},
            customer=customer, department="west")  # fmt: skip
    assert refused(p23, "transaction", TRADE, customer, "west") == ""


@pytest.mark.req("R-CON-12")
def test_the_vip_price_is_quoted_to_vips_and_to_nobody_else(p23: Company) -> None:
    vip, other = hospital(p23), hospital(p23, "Southern")
    admit(p23, vip, "2026-02-01")
    p23.add("grade", GRADE, customer=vip, department="east")

    def told(customer: str, price: str) -> list[str]:
        quoted = {
            "subject": "Knees", "state": "quoted",
            "proposals": [{"on": "2026-11-18", "text": "Ten knees"}],
            "quotations": [{"on": "2026-11-19", "amount": "900", "price_class": price}],
        }  # fmt: skip
        return [one.code for one in p23.add("opportunity", quoted, customer=customer).findings]

    assert [told(vip, "VIP"), told(vip, "list"), told(other, "list"), told(other, "vip")] == [
        [], ["CON012"], [], ["CON012"],
    ]  # fmt: skip


@pytest.mark.req("R-RGD-11")
def test_a_grave_event_and_a_changed_registration_ask_for_an_evaluation_between_reviews(p23: Company) -> None:
    set_value(p23.ledger(), "event_review_within", "10 days")
    customer = hospital(p23)
    breach = {"on": "2026-11-12", "what": "fraud", "severity": "grave", "by_whom": "customer", "text": "False papers"}
    p23.add("breach", breach, customer=customer)
    change = {"reported_on": "2026-11-10", "way": "written", "what": "scope", "state": "handled",
              "handled_on": "2026-11-11", "handling": "Card corrected"}  # fmt: skip
    p23.add("registration_change", change, customer=customer)

    def due() -> dict[str, date | None]:
        ledger = p23.ledger()
        return {one.code: one.due for one in agenda(ledger, own(ledger)).items if one.code.startswith("RGD01")}

    assert due() == {"RGD011": date(2026, 11, 22), "RGD012": date(2026, 11, 21)}
    review = {"period": "2026H2", "on": "2026-11-20", "by": "alice", "performance": "poor", "payment": "late",
              "integrity": "bad"}  # fmt: skip
    p23.add("stage_review", review, customer=customer)
    assert due() == {}


@pytest.mark.req("R-ADM-16")
@pytest.mark.req("R-BLK-10")
def test_who_is_on_the_companys_list_or_deregistered_leaves_every_department_at_once(p23: Company) -> None:
    set_value(p23.ledger(), "clear_within", "3 days")
    customer = hospital(p23)
    assign(p23.ledger(), customer, "west")
    visit = p23.add("visit", VISIT, customer=customer, department="west").id
    goal = {"goal": "Win them", "strategy": "Listen", "from_day": "2026-11-01", "until": "2026-12-31",
            "milestones": [{"text": "Meet", "due_on": "2026-12-01"}]}  # fmt: skip
    plan = p23.add("development_plan", goal, customer=customer, department="east").id
    change = {"reported_on": "2026-11-19", "way": "written", "what": "cancelled"}
    p23.add("registration_change", change, customer=customer, department="east")

    def due() -> set[tuple[str, str | None, date | None]]:
        ledger = p23.ledger()
        items = agenda(ledger, own(ledger)).items
        return {(one.code, one.department, one.due) for one in items if one.code in {"ADM016", "ADM020"}}

    assert due() == {("ADM020", "east", date(2026, 11, 22)), ("ADM020", "west", date(2026, 11, 22))}
    done = archive(p23.ledger(), customer, "past", "cancelled", "Struck off the register")
    assert (done.departments, set(done.closed), done.left) == (("east", "west"), {visit, plan}, ())
    dossier = p23.ledger().dossier(customer)
    assert {assignment.state for assignment in dossier.assignments.values()} == {"past"}
    assert due() == set()


@pytest.mark.req("R-ADM-16")
def test_each_departments_people_clear_it_and_the_others_are_named(p23: Company) -> None:
    customer = hospital(p23)
    assign(p23.ledger(), customer, "west", "bob")
    p23.sync("alice", "bob", "carol")
    done = archive(p23.ledger("carol"), customer, "past", "blacklisted")
    assert (done.departments, done.left) == (("east",), ("west",))
    p23.sync("carol", "bob")
    assert archive(p23.ledger("bob"), customer, "past", "blacklisted").departments == ("west",)
    with pytest.raises(Refused):
        archive(p23.ledger("bob"), customer, "past", "blacklisted")


@pytest.mark.req("R-ADM-05")
def test_the_blacklist_is_looked_up_once_more_at_the_admission(p23: Company) -> None:
    customer = hospital(p23)
    p23.sync("alice", "carol")
    entry = blacklisting.propose(
        p23.ledger("carol"), customer, "department", {**FACTS, "proposed_by": "carol"}, "east"
    ).id
    hand_in(p23, "carol")
    p23.add("qualification", LICENCE, customer=customer)
    assert p23.add("admission", admission("2026-11-20"), customer=customer).findings == ()
    assert approve_record(p23, entry, "alice")
    told = p23.add("admission", admission("2026-11-20"), customer=customer)
    assert [(one.code, one.severity) for one in told.findings] == [("BLK001", "warning")]
    assert [one for one in check(p23.ledger()).findings if one.severity == "error"] == []
    assert team_of(p23.ledger()).departments == {"east", "west"}


@pytest.mark.req("R-ADM-13")
@pytest.mark.req("R-CON-13")
@pytest.mark.req("R-GRD-40")
def test_vip_then_preferred_come_first_in_visits_supply_service_and_disputes(p23: Company) -> None:
    set_value(p23.ledger(), "preferred_share", "100%")
    plain = hospital(p23, "Plain")
    graded: dict[str, str | None] = {plain: None}
    for grade in ("preferred", "vip"):
        customer = hospital(p23, grade)
        admit(p23, customer, "2026-02-01")
        p23.add("grade", {**GRADE, "grade": grade}, customer=customer, department="east")
        graded[customer] = grade
    for customer in graded:
        p23.add("visit", VISIT, customer=customer)
        p23.add("shipment", {"destination": "Jinan", "way": "truck"}, customer=customer)
        order = {"what": "repair", "opened_at": "2026-11-20T09:00:00+08:00", "problem": "Broken"}
        p23.add("service_order", order, customer=customer)
        told = {
            "content": "Late",
            "category": "dispute",
            "channel": "phone",
            "received_at": "2026-11-20T09:00:00+08:00",
        }
        p23.add("complaint", told, customer=customer)
    ledger = p23.ledger()
    filled = fill(ledger, find_report(ledger, "queue"), Asked(department="east"))
    tables = {one.table.name: [row[1] for row in one.rows] for one in filled.tables}
    assert tables == {name: ["vip", "preferred", None] for name in ("visits", "supply", "service", "disputes")}
    visits = [one.standing for one in agenda(ledger, own(ledger)).items if one.code == "DUE001"]
    assert visits == ["vip", "preferred", ""]
