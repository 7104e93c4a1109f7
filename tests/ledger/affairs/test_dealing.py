"""Who deals with a customer: a second department, a team, a handover; keys follow (R-REC-16, R-REC-32, R-INT-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NoKey, Refused, UsageError
from crmctl.ledger.affairs.dealing import assign, handover, team
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance
from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import add_member, leave
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from tests.attacks.forgery import codes
from tests.company import CARD, VISIT, Company
from tests.prepared import prepared


@prepared
def dave(company: Company) -> str:
    """A second salesperson of west, with a clone."""
    keys = create(company.home, "dave", None)
    add_member(company.ledger(), keys, "Dave", (Role("sales", "west", company.ledger().today),))
    company.sync("alice", "bob", "carol")
    join(str(company.path / "server.git"), company.clone("dave"), "dave")
    return "dave"


def opens(company: Company, member: str, customer: str) -> bool:
    ledger = company.ledger(member)
    try:
        ledger.read(lookup.record(ledger, customer).path)
    except NoKey:
        return False
    return True


def errors(company: Company, member: str = "alice") -> list[str]:
    return [finding.code for finding in check(company.ledger(member)).findings if finding.severity == "error"]


@pytest.mark.req("R-INT-12")
def test_a_second_department_joins_and_each_keeps_its_own(company: Company) -> None:
    customer = company.add("customer", dict(CARD), department="east").id
    visit = company.add("visit", dict(VISIT), customer=customer, department="east").id
    company.sync("alice", "bob")
    assert not opens(company, "bob", customer)
    assign(company.ledger(), customer, "west", "bob")
    company.sync("alice", "bob")
    assert opens(company, "bob", customer)
    with pytest.raises(NoKey):
        company.ledger("bob").read(lookup.record(company.ledger("bob"), visit).path)
    company.add("visit", dict(VISIT), "bob", customer=customer, department="west")
    assert errors(company, "bob") == []
    with pytest.raises(Refused):
        assign(company.ledger(), customer, "west", "bob")


@pytest.mark.req("R-INT-12")
def test_a_customer_another_department_holds_is_noticed_at_intake(company: Company) -> None:
    company.sync("alice", "bob")
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    assign(company.ledger("bob"), customer, "east", "carol")
    company.sync("bob", "carol")
    company.sync("carol")
    with pytest.raises(Refused) as caught:
        company.add("customer", dict(CARD), "carol", department="east")
    assert customer in str(caught.value.hint)


@pytest.mark.req("R-ACL-15")
@pytest.mark.req("R-REC-32")
def test_a_handover_moves_customers_keys_and_leaves_a_record(company: Company, dave: str) -> None:
    first = company.add("customer", dict(CARD), "bob", department="west").id
    second = company.add("customer", {**CARD, "name": "Second", "phone": "010-62770000"}, "bob", department="west").id
    done = handover(company.ledger("bob"), [first, second], dave, "changes post", why="moves", promised=True)
    assert set(done.customers) == {first, second}
    company.sync("bob", dave, "bob")
    for customer in (first, second):
        assert company.ledger(dave).dossier(customer).assignments["west"].owner == dave
        assert opens(company, dave, customer)
        assert not opens(company, "bob", customer)
    company.sync("alice")
    ledger = company.ledger()
    data = ledger.read(lookup.record(ledger, done.records[0]).path).data
    assert data["from_member"] == "bob"
    assert data["to_member"] == dave
    assert data["secrecy"] is True
    assert set(data["customers"]) == {first, second}  # type: ignore[arg-type]
    assert errors(company) == []


def test_all_customers_of_a_member_and_not_those_of_others(company: Company, dave: str) -> None:
    mine = company.add("customer", dict(CARD), "bob", department="west").id
    company.sync("bob", "alice")
    hers = company.add("customer", {**CARD, "name": "Hers"}, department="west", owner="alice").id
    done = handover(company.ledger(), [], dave, "leaves", why="leaves", from_member="bob")
    assert done.customers == (mine,)
    assert company.ledger().dossier(hers).assignments["west"].owner == "alice"
    assert handover(company.ledger(), [mine], dave, "again").commit is None


@pytest.mark.req("R-REC-16")
def test_a_new_owner_belongs_to_the_department(company: Company) -> None:
    customer = company.customer()
    with pytest.raises(Refused) as caught:
        handover(company.ledger(), [customer], "bob", "why not", department="east")
    assert caught.value.rule == "R-REC-16"


def test_a_stranger_moves_nobodys_customers(company: Company, dave: str) -> None:
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    company.sync("bob", dave)
    for act in (
        lambda: handover(company.ledger(dave), [customer], dave, "mine now"),
        lambda: team(company.ledger(dave), customer, [dave]),
        lambda: assign(company.ledger(dave), customer, "east", "carol"),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.rule == "R-ACL-15"


@pytest.mark.req("R-ACL-06")
def test_a_team_reads_and_stops_reading(company: Company, dave: str) -> None:
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    company.sync("bob", dave)
    assert not opens(company, dave, customer)
    team(company.ledger("bob"), customer, [dave])
    company.sync("bob", dave)
    assert opens(company, dave, customer)
    assert company.ledger(dave).dossier(customer).assignments["west"].team == (dave,)
    team(company.ledger("bob"), customer, [], [dave])
    company.sync("bob", dave)
    assert not opens(company, dave, customer)
    assert errors(company, "bob") == []


def test_a_department_without_an_owner_asks_for_one(company: Company) -> None:
    company.sync("alice", "bob")
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    with pytest.raises(UsageError):
        assign(company.ledger("bob"), customer, "east")


@pytest.mark.req("R-REC-16")
def test_a_keeper_maintains_the_data_beside_the_owner(company: Company) -> None:
    customer = company.add("customer", dict(CARD), department="east").id
    team(company.ledger(), customer, keeper="carol")
    assert company.ledger().dossier(customer).assignments["east"].keeper == "carol"
    team(company.ledger(), customer, keeper="-")
    assert company.ledger().dossier(customer).assignments["east"].keeper is None
    with pytest.raises(Refused):
        team(company.ledger(), customer, keeper="bob", department="east")


def test_departments_are_added_listed_and_renamed(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(company.clone("alice"))
    assert invoke(["-C", folder, "department", "add", "north=北区,North"]) == 0
    assert invoke(["-C", folder, "department", "rename", "north=北方区,Far north"]) == 0
    capsys.readouterr()
    assert invoke(["-C", folder, "department", "list"]) == 0
    assert "north\tFar north\t\t0" in capsys.readouterr().out
    assert company.ledger().in_force.org.departments["north"].label == ("北方区", "Far north")


@pytest.mark.req("R-ACL-15")
@pytest.mark.req("R-REC-16")
def test_a_customer_whose_owner_left_is_told_until_it_is_handed_over(company: Company, dave: str) -> None:
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    company.sync("bob", "alice")
    assert errors(company) == []
    leave(company.ledger(), "bob", company.ledger().today - timedelta(days=1))
    faults = [finding for finding in check(company.ledger()).findings if finding.code == "ORG001"]
    assert [(f.args["member"], customer in f.where) for f in faults] == [("bob", True)]
    handover(company.ledger(), [customer], dave, "bob left", why="leaves", department="west")
    assert "ORG001" not in errors(company)


@pytest.mark.req("R-ACL-15")
@pytest.mark.req("R-REC-32")
def test_what_is_open_goes_along_and_only_the_new_owner_takes_it_over(
    company: Company, dave: str, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    planned = company.add("visit", VISIT, "bob", customer=customer).id
    done_visit = {**VISIT, "on": "2026-11-19", "result": "met", "goal_met": True, "state": "done"}
    company.add("visit", done_visit, "bob", customer=customer)
    promise = {"text": "a sample", "made_on": "2026-11-20", "made_by": "bob", "due_on": "2026-11-30"}
    promised = company.add("commitment", promise, "bob", customer=customer).id
    complaint = {
        "content": "broken", "category": "quality", "channel": "phone", "received_at": "2026-11-20T09:00:00+08:00"
    }  # fmt: skip
    complained = company.add("complaint", complaint, "bob", customer=customer).id
    words = ["-C", str(company.clone("bob")), "handover", "--from", "bob", "--to", dave, "--reason", "moves"]
    assert invoke([*words, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert [each in told for each in (planned, promised, complained)] == [True, True, True]
    assert company.ledger("bob").dossier(customer).assignments["west"].owner == "bob"
    done = handover(company.ledger("bob"), [customer], dave, "moves", why="moves", promised=True)
    company.sync("bob", dave)
    ledger = company.ledger(dave)
    sheet = next(record for record in done.records if record.startswith("TO-"))
    data = ledger.read(lookup.record(ledger, sheet).path).data
    assert {(one["what"], one["record"]) for one in data["open"]} == {  # type: ignore[index, union-attr]
        ("visit", planned), ("commitment", promised), ("complaint", complained)
    }  # fmt: skip
    due = agenda(ledger, Whose(frozenset({dave}), frozenset()), ledger.today)
    assert sheet in {item.id for item in due.items}
    values = {"accepted_by": dave, "accepted_on": "2026-11-20"}
    company.sync("alice")
    with pytest.raises(Refused) as caught:
        advance(company.ledger(), sheet, "accepted", values, Origin())
    assert caught.value.rule == "ACL016"
    advance(ledger, sheet, "accepted", values, Origin())
    ledger = company.ledger(dave)
    assert sheet not in {item.id for item in agenda(ledger, Whose(frozenset({dave}), frozenset()), ledger.today).items}
    company.sync(dave, "alice")
    assert codes(company) == set()
    assert errors(company) == []


@pytest.mark.req("R-ACL-15")
def test_where_the_policy_asks_secrecy_is_promised_before_customers_go(company: Company, dave: str) -> None:
    customer = company.add("customer", dict(CARD), "bob", department="west").id
    company.sync("bob", "alice")
    set_value(company.ledger(), "handover_promise", "yes")
    company.sync("alice", "bob")
    for why in ("leaves", "moves"):
        with pytest.raises(Refused) as caught:
            handover(company.ledger("bob"), [customer], dave, "goes", why=why)
        assert caught.value.rule == "R-ACL-15"
    assert handover(company.ledger("bob"), [customer], dave, "ill", why="absent").commit
