"""Checking, surveying, ending and cleaning: what keeps the register right (R-UPD)."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.errors import NoKey, NotFound, Refused, UsageError
from crmctl.ledger.affairs.archiving import archive, resume
from crmctl.ledger.affairs.confirming import confirm
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.merging import merge
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.reading.duplicates import likely_pairs
from crmctl.ledger.reading.listing import list_kind, query
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt
from crmctl.ledger.waiting.undo import undo
from crmctl.model.org import Role
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from crmctl.rules.due_parts import Due, Whose
from tests.company import VISIT, Company
from tests.requirements.proving import DAY, holds, keeps, lays_down, refuses, says, stored, without


def due(company: Company, code: str, on: str = DAY, member: str = "alice") -> list[Due]:
    ledger = company.ledger(member)
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    return [item for item in agenda(ledger, whose, date.fromisoformat(on)).items if item.code == code]


def finance(company: Company) -> None:
    """Carol keeps the register."""
    ledger = company.ledger()
    had = ledger.in_force.org.members["carol"].roles
    set_roles(ledger, "carol", (*had, Role("finance", None, ledger.today)))


def named(company: Company, member: str = "alice", *, report: bool = False) -> set[object]:
    """The customers in the list, or in the list as a report."""
    ledger = company.ledger(member)
    if report:
        (table,) = fill(ledger, find_report(ledger, "customers"), Asked()).tables
        place = next(number for number, column in enumerate(table.columns) if column.name == "id")
        return {row[place] for row in table.rows}
    return {row["id"] for row in list_kind(ledger, "customer", None, ["id"], 0).documents()}


@pytest.mark.req("R-UPD-01")
def test_each_customers_data_is_checked_again_after_the_time_the_policy_sets(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    customer = company.customer()
    assert due(company, "UPD001", "2027-06-01") == []
    lays_down(company, "values:\n  verify_every: 6 months\n")
    (item,) = due(company, "UPD001", "2027-06-01")
    assert (item.id, item.due, item.who) == (customer, date(2027, 5, 20), ("alice",))
    monkeypatch.setenv("CRMCTL_NOW", "2027-05-21T10:00:00+08:00")
    confirm(company.ledger(), [customer], Origin())
    assert due(company, "UPD001", "2027-06-01") == []
    assert [item.due for item in due(company, "UPD001", "2027-11-21")] == [date(2027, 11, 21)]


@pytest.mark.req("R-UPD-02")
def test_in_february_and_august_finance_surveys_every_trading_partner(company: Company) -> None:
    adopt(company.ledger(), "p13")
    finance(company)
    one, two = company.customer(), company.customer(name="Southern Works")
    # known to us for years, and in the ledger since November only: August's survey asked nobody about it
    update(company.ledger(), two, {"obtained_at": "2024-03-01T09:00:00+08:00"}, Origin())
    company.sync("alice", "carol", "alice")
    assert due(company, "UPD002", "2027-01-20") == []
    asked = due(company, "UPD002", "2027-02-01")
    assert {(item.id, item.due, item.who) for item in asked} == {
        (who, date(2027, 2, 28), ("carol",)) for who in (one, two)
    }
    found: dict[str, object] = {"on": "2027-02-03", "by": "carol", "found": "changed", "changes": "moved"}
    company.add("register_survey", found, "carol", customer=one, department="east")
    refuses(company, "register_survey", without(found, "found"), "found", customer=one, department="east")
    company.sync("carol", "alice")
    assert [item.id for item in due(company, "UPD002", "2027-03-05")] == [two]
    assert due(company, "UPD002", "2027-03-05")[0].late
    (open_,) = due(company, "UPD003", "2027-03-05")
    update(company.ledger("carol"), open_.id, {"listed_on": "2027-02-04", "listed_by": "carol"}, Origin())
    company.sync("carol", "alice")
    assert due(company, "UPD003", "2027-03-05") == []
    assert {item.id for item in due(company, "UPD002", "2027-08-01")} == {one, two}


@pytest.mark.req("R-UPD-03")
def test_changes_are_entered_at_any_time_with_their_reason(company: Company) -> None:
    customer = company.customer()
    update(company.ledger(), customer, {"address": "2 Long Road"}, Origin(reason="occasional: seen on a visit"))
    record = company.ledger().read(lookup.record(company.ledger(), customer).path)
    assert (record.rev, record.reason) == (2, "occasional: seen on a visit")


@pytest.mark.req("R-UPD-04")
def test_who_deals_with_a_partner_tells_the_keeper_of_the_register_what_changed(company: Company) -> None:
    adopt(company.ledger(), "p13")
    finance(company)
    customer = company.customer()
    notice: dict[str, object] = {"on": DAY, "by": "alice", "text": "new director", "effective_on": DAY}
    made = company.add("change_notice", notice, customer=customer, department="east").id
    company.sync("alice", "carol")
    assert [(item.id, item.who) for item in due(company, "UPD004", member="carol")] == [(made, ("carol",))]
    advance(company.ledger("carol"), made, "entered", {"listed_on": DAY, "listed_by": "carol"}, Origin())
    assert due(company, "UPD004", member="carol") == []


@pytest.mark.req("R-UPD-05")
@pytest.mark.req("R-UPD-06")
@pytest.mark.req("R-UPD-11")
def test_an_ended_customer_leaves_register_and_list_and_its_papers_stay_in_a_binder(company: Company) -> None:
    customer, other = company.customer(), company.customer(name="Southern Works")
    visit = company.add("visit", {**VISIT, "on": DAY}, customer=customer, department="east").id
    lays_down(company, "values:\n  verify_every: 1 day\n")
    done = archive(company.ledger(), customer, "past", "dissolved", "struck off")
    assert named(company) == named(company, report=True) == {other}
    assert list_kind(company.ledger(), "customer", None, ["id"], 0).existing == 1
    assert [item.id for item in due(company, "UPD001", "2026-12-20")] == [other]
    kept = stored(company, done.records[0])
    assert holds(kept, {"binder": "past", "reason": "dissolved", "before": "potential", "on": DAY})
    # nothing is given up: it opens, is found by name, and so are its papers
    assert lookup.customer(company.ledger(), "Northern") == customer
    assert stored(company, visit)
    rows = query(company.ledger(), "SELECT binder, count(*) FROM ending WHERE state = 'ended' GROUP BY 1").rows
    assert rows == (("past", 1),)
    company.sync("alice", "bob")
    bob = company.ledger("bob")
    path = lookup.record(company.ledger(), visit).path
    with pytest.raises(NoKey):
        bob.read(path)
    with pytest.raises(Refused) as refused:
        archive(company.ledger(), customer, "past", "ended")
    assert refused.value.rule == "UPD005"
    with pytest.raises(UsageError):
        archive(company.ledger(), other, "cellar", "ended")
    resume(company.ledger(), customer, "founded anew")
    assert named(company) == {customer, other}
    assert holds(stored(company, done.records[0]), {"state": "resumed", "resume_reason": "founded anew"})
    assert company.ledger().dossier(customer).assignments["east"].state == "potential"


@pytest.mark.req("R-UPD-05")
def test_only_who_deals_with_a_customer_or_leads_the_department_ends_it(company: Company) -> None:
    customer = company.customer("bob", name="Far Works")
    company.sync("bob", "alice", "carol")
    with pytest.raises((Refused, NotFound, NoKey)):
        archive(company.ledger("carol"), customer, "past", "ended")
    archive(company.ledger(), customer, "suspended", "inactive")  # the head of west
    assert [fault for fault in check(company.ledger()).findings if fault.severity == "error"] == []


@pytest.mark.req("R-UPD-06")
def test_the_command_ends_and_takes_up_again(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.customer()
    said = json.loads(
        says(company, capsys, "archive", "Northern", "--binder", "suspended", "--reason", "inactive", "--json")
    )
    assert said["data"]["departments"] == ["east"]
    assert "Northern" not in says(company, capsys, "list", "customer")
    assert "Northern" in says(company, capsys, "find", "Northern")
    says(company, capsys, "archive", "Northern", "--resume", "--note", "they called")
    assert "Northern" in says(company, capsys, "list", "customer")


@pytest.mark.req("R-UPD-09")
def test_two_dossiers_of_one_party_become_one_and_all_that_refers_goes_on(company: Company, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    keep = company.customer(phone="010-62770000")
    gone = company.customer(name="Northern Hospital Ltd", phone="010-62770000", address="1 Long Road", aliases=["NH"])
    third = company.customer(name="Clinic", parent=gone)
    deal: dict[str, object] = {"date": "2026-11-02", "product": "Plate", "amount": "10.00"}
    company.add("transaction", deal, customer=keep, department="east")
    company.add("transaction", deal, customer=gone, department="east")
    pairs = likely_pairs(company.ledger(), company.ledger().in_force.kinds["customer"])
    assert [{one, other.id} for one, other in pairs] == [{keep, gone}]
    assert "Northern Hospital Ltd" in says(company, capsys, "dedupe")
    dry = merge(company.ledger(), keep, gone, "one house", dry_run=True)
    assert dry.commit is None
    done = merge(company.ledger(), keep, gone, "one house")
    assert set(done.gained) == {"address", "aliases"}
    assert done.differ == ("name",)
    ledger = company.ledger()
    assert lookup.customer(ledger, gone) == lookup.customer(ledger, "Northern") == lookup.customer(ledger, "NH") == keep
    assert named(company) == {keep, third}
    assert list_kind(ledger, "customer", None, ["id"], 0).existing == 2
    assert fill(ledger, find_report(ledger, "customers"), Asked()).complete
    assert query(ledger, "SELECT dossier, count(*), sum(amount) FROM txn GROUP BY 1").rows == ((keep, 2, 2000),)
    assert query(ledger, "SELECT parent FROM customer WHERE parent IS NOT NULL").rows == ((keep,),)
    assert likely_pairs(ledger, ledger.in_force.kinds["customer"]) == []
    assert [fault for fault in check(ledger).findings if fault.severity == "error"] == []
    company.add("transaction", {**deal, "date": "2026-11-03"}, customer=gone, department="east")  # goes to the kept one
    assert query(company.ledger(), "SELECT count(*) FROM txn").rows == ((3,),)
    company.sync("alice", "carol")
    assert lookup.customer(company.ledger("carol"), gone) == keep


@pytest.mark.req("R-UPD-09")
def test_a_merge_is_taken_back_as_it_was(company: Company) -> None:
    keep, gone = company.customer(phone="010-62770000"), company.customer(name="Northern House", address="1 Long Road")
    before = stored(company, keep)
    merge(company.ledger(), keep, gone, "one house")
    company.sync("alice")  # others may have it already
    undo(company.ledger(), company.ledger().repo.run("log", "-1", "--grep=^merge customer", "--format=%H", "refs/heads/main").decode().strip())  # fmt: skip
    assert named(company) == {keep, gone}
    assert stored(company, keep) == before
    assert lookup.customer(company.ledger(), gone) == gone


@pytest.mark.req("R-UPD-09")
def test_a_merge_asks_that_the_kept_one_has_every_department(company: Company) -> None:
    keep = company.customer()
    gone = company.customer("bob", name="Far Works")
    company.sync("bob", "alice")
    with pytest.raises(Refused) as refused:
        merge(company.ledger(), keep, gone, "one house")
    assert refused.value.rule == "UPD010"
    with pytest.raises(UsageError):
        merge(company.ledger(), keep, keep, "one house")
    assign(company.ledger(), keep, "west", "bob")
    merge(company.ledger(), keep, gone, "one house")
    assert lookup.customer(company.ledger(), gone) == keep


@pytest.mark.req("R-UPD-09")
def test_each_department_is_asked_to_clean_its_data_in_the_months_the_company_sets(company: Company) -> None:
    lays_down(company, "values:\n  cleaning_months: 5, 11\n")
    assert {item.department for item in due(company, "UPD009")} == {"east", "west"}
    company.add("wave", {"on": DAY, "what": "satisfaction"}, department="east")
    assert {item.department for item in due(company, "UPD009")} == {"east", "west"}
    company.add("wave", {"on": DAY, "what": "cleaning"}, department="east")
    assert {item.department for item in due(company, "UPD009")} == {"west"}


@pytest.mark.req("R-UPD-15")
def test_an_announced_change_waits_until_it_is_handled(company: Company) -> None:
    customer = company.customer()
    told: dict[str, object] = {"reported_on": DAY, "way": "written", "what": "cancelled", "effective_on": "2026-12-01"}
    made = company.add("registration_change", told, customer=customer, department="east").id
    assert [item.id for item in due(company, "UPD015")] == [made]
    archive(company.ledger(), customer, "past", "cancelled", "as announced")
    advance(company.ledger(), made, "handled", {"handled_on": DAY, "handling": "out of the register"}, Origin())
    assert due(company, "UPD015") == []
    assert company.ledger().dossier(customer).assignments["east"].state == "past"


@pytest.mark.req("R-UPD-17")
def test_the_list_is_drawn_from_the_cards_and_cannot_drift(company: Company) -> None:
    customer = company.customer()
    assert named(company) == named(company, report=True) == {customer}
    update(company.ledger(), customer, {"name": "Northern Clinic"}, Origin())
    ledger = company.ledger()
    (table,) = fill(ledger, find_report(ledger, "customers"), Asked()).tables
    assert "Northern Clinic" in {cell for row in table.rows for cell in row}


@pytest.mark.req("R-UPD-18")
def test_a_new_need_is_a_new_dated_entry(company: Company) -> None:
    first = {"on": "2026-10-01", "text": "a bed", "urgency": "year"}
    customer = company.customer(needs=[first])
    second = {"on": DAY, "text": "three beds", "urgency": "now"}
    update(company.ledger(), customer, {"needs": [first, second]}, Origin())
    assert stored(company, customer)["needs"] == [first, second]


@pytest.mark.req("R-UPD-19")
def test_display_vehicles_are_renewed_after_the_time_the_company_sets(company: Company) -> None:
    adopt(company.ledger(), "p16")
    lays_down(company, "values:\n  display_within: 6 months\n")
    made = keeps_vehicle(company)
    assert [(item.id, item.due) for item in due(company, "UPD019", "2026-12-01")] == [(made, date(2026, 12, 1))]
    update(company.ledger(), made, {"renewed_on": DAY}, Origin())
    assert due(company, "UPD019", "2026-12-01") == []


def keeps_vehicle(company: Company) -> str:
    values: dict[str, object] = {"model": "Coupé", "shown_since": "2026-06-01"}
    return company.add("vehicle", values, customer=company.customer(), department="east").id


@pytest.mark.req("R-UPD-20")
def test_papers_are_kept_for_ever_unless_the_company_sets_a_time_for_their_kind(company: Company) -> None:
    customer = company.customer()
    archive(company.ledger(), customer, "past", "dissolved", on=date(2025, 11, 1))
    form: dict[str, object] = {
        "customer_name": "Northern Hospital", "first_trade_on": "2026-11-01", "developer": "alice", "submitted_on": "2026-11-02",
    }  # fmt: skip
    keeps(company, "newcust_application", form, customer=customer, department="east")
    assert due(company, "UPD020", "2099-01-01") == due(company, "UPD021", "2099-01-01") == []
    lays_down(company, "values:\n  retention_customer: 1 year\n  retention_application: 3 years\n")
    assert [item.due for item in due(company, "UPD020")] == [date(2026, 11, 1)]
    assert [item.due for item in due(company, "UPD021", "2029-11-02")] == [date(2029, 11, 2)]
