"""What comes before and beside trade: the survey, the intake officer, what a review reckons, what is filed stays."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from crmctl.errors import Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from tests.admitting import CLEAN, HOSPITAL, LICENCE, admission
from tests.company import VISIT, Company
from tests.requirements.proving import DAY, says

TRADE: dict[str, object] = {"date": DAY, "product": "Crutch", "amount": "500"}
SURVEY: dict[str, object] = {
    "direction": "sell", "surveyed_on": "2026-11-10", "surveyed_by": "alice", "organisation": "one site",
    "business": "beds", "credit": "pays",
}  # fmt: skip
EAST = Whose(frozenset(), frozenset({"east"}))


def take(company: Company, *packs: str, **values: str) -> None:
    for pack in ("base", *packs):
        adopt(company.ledger(), pack)
    for name, value in values.items():
        set_value(company.ledger(), name, value)


def due(company: Company, day: date = date(2026, 11, 20), whose: Whose | None = None) -> set[str]:
    ledger = company.ledger()
    return {item.code for item in agenda(ledger, whose or own(ledger), day).items}


def refused(company: Company, kind: str, values: dict[str, object], customer: str) -> str:
    """The code it is refused with; empty when it is let in."""
    try:
        company.add(kind, values, customer=customer, department="east")
    except Refused as error:
        return error.rule
    return ""


@pytest.mark.req("R-REC-28")
@pytest.mark.req("R-INT-06")
@pytest.mark.req("R-AUD-13")
def test_no_first_trade_without_the_approved_survey_and_ended_papers_go_apart(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = company.customer(name="Old"), company.customer(name="New")
    company.add("transaction", {**TRADE, "date": "2026-11-01"}, customer=old)
    take(company, "p13")
    assert refused(company, "transaction", TRADE, new) == "INT006"
    assert refused(company, "transaction", {**TRADE, "sample": True}, new) == ""
    assert refused(company, "transaction", TRADE, old) == ""  # trade with it has begun
    survey = company.add("trade_start", SURVEY, customer=new, department="east").id
    assert refused(company, "transaction", TRADE, new) == "INT006"  # not approved yet
    advance(company.ledger(), survey, "approved", {"approved_by": "carol", "approved_on": "2026-11-12"}, Origin())
    assert refused(company, "transaction", {**TRADE, "date": "2026-11-11"}, new) == "INT006"  # the day before that
    assert refused(company, "transaction", TRADE, new) == ""
    advance(company.ledger(), survey, "told", {"chairman_told_on": "2026-11-13"}, Origin())
    assert "INT017" in due(company)
    listed = {"listed_by": "alice", "listed_on": "2026-11-14"}
    with pytest.raises(Refused) as caught:
        advance(company.ledger(), survey, "listed", dict(listed), Origin())
    assert caught.value.rule == "INT016"  # the finance section's
    roles = [*company.ledger().member.roles, Role("finance", None, company.ledger().today)]
    set_roles(company.ledger(), "alice", tuple(roles))
    advance(company.ledger(), survey, "listed", dict(listed), Origin())
    assert "INT017" not in due(company)
    says(company, capsys, "archive", old, "--binder", "past", "--reason", "dissolved")
    (ending,) = json.loads(says(company, capsys, "list", "ending", "--json"))["data"]
    assert "AUD028" in due(company)
    where = {"moved_on": DAY, "moved_by": "alice", "place": "steel cabinet 2, binder Past"}
    update(company.ledger(), ending["id"], dict(where), Origin())
    assert "AUD028" not in due(company)
    page = says(company, capsys, "report", "archive", "--format", "csv")
    assert "steel cabinet 2, binder Past" in page
    assert DAY in page


@pytest.mark.req("R-INT-09")
@pytest.mark.req("R-INT-10")
@pytest.mark.req("R-REC-45")
def test_the_named_officer_checks_the_background_and_a_reported_change_starts_what_follows(company: Company) -> None:
    take(company, "p23", vip_beds="200", vip_volume="100000", preferred_beds="100", preferred_volume="20000")
    customer = company.customer(**HOSPITAL)
    company.add("qualification", LICENCE, customer=customer, department="east")
    assert "INT020" in due(company)
    roles = company.ledger().in_force.org.members["carol"].roles
    set_roles(company.ledger(), "carol", (*roles, Role("intake", "east", date(2026, 1, 1))))
    assert "INT020" not in due(company)
    assert refused(company, "admission", admission(), customer) == "INT009"  # alice made the check
    carols = {**CLEAN["background_check"], "by": "carol"}
    with pytest.raises(Refused) as caught:
        update(company.ledger(), customer, {"background_check": carols}, Origin())
    assert caught.value.rule == "INT019"  # nobody else writes down what she answers for
    company.sync("alice", "carol")
    update(company.ledger("carol"), customer, {"background_check": carols}, Origin())
    company.sync("carol", "alice")
    update(company.ledger(), customer, {"phone": "13800138000"}, Origin())  # the rest of the card is everybody's
    assert refused(company, "admission", admission(), customer) == ""
    for category in ("direct", "internal", "retail"):  # all have a file; two of them need no admission
        other = company.customer(name=f"{category} Works", category=category)
        contract = {"subject": "Beds", "state": "signed", "number": category, "signed_on": DAY, "valid_from": DAY}
        assert refused(company, "transaction", TRADE, other) == ("ADM004" if category == "direct" else "")
        assert refused(company, "contract", contract, other) == ""
    change = {"reported_on": "2026-11-18", "way": "written", "what": "name", "effective_on": "2026-11-15"}
    made = company.add("registration_change", change, customer=customer, department="east").id
    assert {"UPD015", "REC046"} <= due(company)
    advance(company.ledger(), made, "handled", {"handled_on": DAY, "handling": "new licence asked for"}, Origin())
    assert {"RGD012", "REC046"} <= due(company)
    company.add("qualification", {**LICENCE, "valid_from": "2026-11-16"}, customer=customer, department="east")
    assert "REC046" not in due(company)
    company.add("registration_change", {**change, "what": "cancelled"}, customer=customer, department="east")
    assert "ADM020" in due(company)


@pytest.mark.req("R-ADM-15")
@pytest.mark.req("R-CON-21")
@pytest.mark.req("R-AUD-10")
def test_a_stage_review_shows_what_its_period_comes_to_and_by_which_rules_it_was_decided(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer(**HOSPITAL)
    contract = {"subject": "Beds", "state": "signed", "number": "1", "signed_on": "2026-08-01",
                "valid_from": "2026-08-01", "pay_by": "2026-09-01"}  # fmt: skip
    kept = company.add("contract", contract, customer=customer).id
    company.add("contract", {**contract, "number": "2"}, customer=customer)
    company.add("payment", {"on": "2026-08-20", "amount": "500", "contract": kept}, customer=customer)
    company.add("payment", {"on": "2026-10-20", "due_on": "2026-10-01", "amount": "5"}, customer=customer)
    company.add("transaction", {**TRADE, "date": "2026-07-01"}, customer=customer)
    company.add("transaction", {**TRADE, "date": "2026-06-30"}, customer=customer)  # the half year before
    for what in ("unlawful", "untrue_material", "late_payment", "contract", "unreported_change", "damage"):
        breach = {"on": "2026-10-01", "what": what, "by_whom": "customer", "text": "seen"}
        company.add("breach", breach, customer=customer)
    company.add("breach", {"on": "2026-10-01", "what": "contract", "by_whom": "us", "text": "ours"}, customer=customer)
    review = {"period": "2026H2", "on": DAY, "by": "alice", "performance": "x", "payment": "x", "integrity": "x"}
    made = company.add("stage_review", dict(review), customer=customer).id
    before = json.loads(says(company, capsys, "log", made, "--rules", "--json"))["data"]["versions"]
    assert [one["pack"] for one in before[0]["rules"]["packs"]] == ["base"]
    take(company, "p23", vip_beds="200", vip_volume="100000", preferred_beds="100", preferred_volume="20000")
    shown = json.loads(says(company, capsys, "show", made, "--json"))["data"]["beside"]
    assert shown == {
        "facts": {
            "period_volume": "500.00", "contracts_due": 2, "contracts_kept": 1, "paid_late": 1, "breaches_law": 1,
            "breaches_material": 1, "breaches_contract": 2, "breaches_registration": 1, "breaches_other": 1,
        },
        "untold": [],
    }  # fmt: skip
    assert "Change or end of registration not reported (reckoned)" in says(company, capsys, "show", made)
    decided = {"result": "kept", "decided_by": "alice", "decided_at": "2026-11-20T11:00:00+08:00"}
    advance(company.ledger(), made, "decided", dict(decided), Origin())
    new, old = json.loads(says(company, capsys, "log", made, "--rules", "--json"))["data"]["versions"]
    assert old["rules"] == before[0]["rules"]
    assert [one["pack"] for one in new["rules"]["packs"]] == ["base", "p23"]
    rules = company.ledger().repo.history(new["rules"]["policy"])[0]
    assert "policy" in rules.message  # the very commit that changed the rules last
    said = says(company, capsys, "log", made, "--rules")
    assert re.search(r"Rules: base \d+, p23 \d+, as of [0-9a-f]{12} of 2026-11-20", said)


@pytest.mark.req("R-REC-44")
@pytest.mark.req("R-VIS-04")
@pytest.mark.req("R-AUD-11")
def test_a_promise_needs_authority_a_visits_judgement_reaches_the_card_and_filed_forms_stay(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    form = {"customer_name": "x", "first_trade_on": DAY, "developer": "alice", "state": "refused_late",
            "submitted_on": DAY, "refusal_reason": "late"}  # fmt: skip
    customer = company.customer()
    filed = company.add("newcust_application", dict(form), customer=customer, department="east").id
    advance(company.ledger(), filed, "archived", {"archived_by": "alice", "archived_on": DAY}, Origin())
    take(company, "p03", "p04")
    promise = {"text": "three days", "made_on": DAY, "made_by": "alice", "due_on": "2026-11-30"}
    made = company.add("commitment", dict(promise), customer=customer)
    assert [finding.code for finding in made.findings] == ["VIS009"]
    assert [finding.code for finding in check(company.ledger()).findings] == ["VIS009"]
    update(company.ledger(), made.id, {"authorised_by": "carol", "authorised_on": DAY}, Origin())
    assert [finding.code for finding in check(company.ledger()).findings] == []
    with pytest.raises(Refused) as caught:
        update(company.ledger(), filed, {"history": "written afterwards"}, Origin())
    assert caught.value.rule == "AUD027"
    told = {**VISIT, "on": DAY, "state": "done", "purpose": "credit", "time": "10:00", "key_points": ["prices"],
            "result": "well", "goal_met": True, "impression": "pays at once"}  # fmt: skip
    company.add("visit", told, customer=customer)
    (standing,) = json.loads(says(company, capsys, "show", customer, "--json"))["data"]["standing"]
    assert standing["counters"]["credit_impression"] == f"{DAY} pays at once"
    assert "First judgement of credit" in says(company, capsys, "show", customer)
