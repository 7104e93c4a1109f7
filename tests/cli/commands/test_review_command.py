"""`crmctl review`: what a supervisor sees of what was handed in, approves, sends back; what the author sees of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading import lookup
from tests.company import CARD, VISIT, Company
from tests.prepared import prepared
from tests.under_review import ask_review, hand_in

Capsys = pytest.CaptureFixture[str]


@prepared
def reviewed(company: Company) -> Company:
    """The company with a policy that asks for review."""
    ask_review(company)
    return company


def run(company: Company, capsys: Capsys, member: str, *words: str, code: int = 0) -> str:
    assert main(["-C", str(company.clone(member)), *words]) == code
    done = capsys.readouterr()
    return done.out + done.err


def data(company: Company, capsys: Capsys, member: str, *words: str) -> Any:
    assert main(["-C", str(company.clone(member)), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["data"]


def waiting(company: Company, capsys: Capsys, member: str = "carol") -> list[str]:
    return [change["name"] for bundle in data(company, capsys, member, "review", "list")["bundles"]
            for change in bundle["changes"]]  # fmt: skip


def set_values(company: Company, record: str, **values: object) -> None:
    update(company.ledger("alice"), record, values, Origin())


def test_a_supervisor_sees_who_handed_in_what_and_every_field_in_the_clear(reviewed: Company, capsys: Capsys) -> None:
    customer = reviewed.customer(phone="010-62345678")
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    found = data(reviewed, capsys, "carol", "review", "list")
    assert (found["for_me"], found["without_findings"]) == (1, 1)
    bundle = found["bundles"][0]
    assert (bundle["name"], bundle["authors"], bundle["for_me"], bundle["age_days"]) == ("alice/1", ["alice"], True, 0)
    assert (bundle["approvals_given"], bundle["approvals_needed"], bundle["with_findings"]) == (0, 1, 0)
    shown = run(reviewed, capsys, "carol", "review", "show", "alice/1")
    for words in (
        "Northern Hospital",
        customer,
        "6234 5678",
        "Alice",
        "Read by:",
        "Carol",
        "to be looked at by Supervisor",
    ):
        assert words in shown
    assert "1 change waits for you: crmctl review" in run(reviewed, capsys, "carol", "due")
    assert "Waits for you" in run(reviewed, capsys, "carol", "review", "list")
    assert "Waits for others" in run(reviewed, capsys, "alice", "review", "list")


@pytest.mark.req("R-REV-01")
def test_an_approval_puts_the_change_in_force(reviewed: Company, capsys: Capsys) -> None:
    run(
        reviewed, capsys, "carol", "review", "approve", "--all", "--signed-on", "2026-11-20", code=2
    )  # nothing on paper
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    said = run(reviewed, capsys, "carol", "review", "approve", "--clean")
    assert "Approved and in force: 1 change" in said
    assert waiting(reviewed, capsys) == []
    reviewed.sync("alice", "bob")
    assert reviewed.ledger("alice").pending.stacks == ()
    assert reviewed.ledger("bob").dossier(customer).id == customer
    assert run(reviewed, capsys, "carol", "verify")
    again = run(reviewed, capsys, "carol", "review", "approve", "--all")
    assert "Nothing waits for you" in again


def test_part_of_a_submission_is_approved_and_the_rest_goes_on_waiting(reviewed: Company, capsys: Capsys) -> None:
    first, second = reviewed.customer(name="One Clinic"), reviewed.customer(name="Other Works")
    hand_in(reviewed, "alice")
    done = data(reviewed, capsys, "carol", "review", "approve", first)
    assert done["approved"][0]["landed"]
    assert len(done["approved"][0]["left"]) == 1
    left = data(reviewed, capsys, "carol", "review", "list")["bundles"]
    assert [change["about"] for bundle in left for change in bundle["changes"]] == [[second]]
    said = run(reviewed, capsys, "alice", "sync")
    assert "still to hand in" not in said
    assert "1 of your changes waits for review" in run(reviewed, capsys, "alice", "due")
    said = run(reviewed, capsys, "carol", "review", "approve", "--all")
    assert "in force: 1 change" in said, said
    reviewed.sync("alice")
    assert reviewed.ledger("alice").pending.stacks == ()
    assert not list(reviewed.ledger("alice").repo.refs("refs/remotes/origin/review"))


@pytest.mark.req("R-REV-16")
def test_what_is_sent_back_stands_in_the_authors_list_with_the_reason(reviewed: Company, capsys: Capsys) -> None:
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    run(reviewed, capsys, "carol", "review", "return", "alice/1", code=2)
    said = run(reviewed, capsys, "carol", "review", "return", "alice/1", "--reason", "电话与合同不符")
    assert "Sent back: 1 change" in said
    found = data(reviewed, capsys, "carol", "review", "list")
    assert (found["for_me"], found["bundles"][0]["changes"][0]["returned"]) == (0, True)
    run(reviewed, capsys, "carol", "review", "approve", "alice/1", code=6)
    run(reviewed, capsys, "alice", "sync")
    due = next(line for line in run(reviewed, capsys, "alice", "due").splitlines() if "电话与合同不符" in line)
    assert "Sent back by a reviewer: 电话与合同不符" in due
    assert CARD["name"] in due  # it lies in the department's office, yet its reader asks for the customer
    set_values(reviewed, customer, industry="hospital")
    run(reviewed, capsys, "alice", "submit")
    assert "电话与合同不符" not in run(reviewed, capsys, "alice", "due")
    reviewed.sync("carol")
    assert data(reviewed, capsys, "carol", "review", "list")["for_me"] == 1
    run(reviewed, capsys, "carol", "review", "approve", "--all")
    run(reviewed, capsys, "alice", "sync")
    assert reviewed.ledger("alice").pending.stacks == ()
    assert "电话与合同不符" in run(reviewed, capsys, "alice", "show", customer)
    assert run(reviewed, capsys, "carol", "verify")


def test_a_customer_s_name_is_found_in_any_case(reviewed: Company, capsys: Capsys) -> None:
    reviewed.customer()
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    assert "Approved and in force: 1 change" in run(reviewed, capsys, "carol", "review", "approve", "northern HOSP")


def test_what_the_rules_find_is_left_for_a_second_look(reviewed: Company, capsys: Capsys) -> None:
    reviewed.customer(name="Southern Works Ltd")
    hand_in(reviewed, "alice")
    run(reviewed, capsys, "carol", "review", "approve", "--all")
    reviewed.sync("alice")
    reviewed.customer(name="Southern Works")
    reviewed.customer(name="Quite Another")
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    found = data(reviewed, capsys, "carol", "review", "list")
    assert (found["for_me"], found["without_findings"]) == (2, 1)
    assert "INT013" in run(reviewed, capsys, "carol", "review", "show")
    said = run(reviewed, capsys, "carol", "review", "approve", "--clean")
    assert "in force: 1 change" in said
    assert "Left out because of findings: 1" in said


def test_old_and_new_values_stand_side_by_side(reviewed: Company, capsys: Capsys) -> None:
    customer = reviewed.customer(phone="010-62345678")
    hand_in(reviewed, "alice")
    run(reviewed, capsys, "carol", "review", "approve", "--all")
    reviewed.sync("alice")
    set_values(reviewed, customer, phone="010-62345679")
    reviewed.add("visit", VISIT, customer=customer)
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    shown = run(reviewed, capsys, "carol", "review", "show", customer)
    assert "6234 5678 → " in shown
    assert "6234 5679" in shown
    assert lookup.customer(reviewed.ledger("carol"), customer) == customer
