"""What a reviewer is told besides the fields: the policy asked once more, and what is new in a change, not what was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.review.desk import desk_of
from tests.company import Company
from tests.ledger.changing.test_guards import CONTRACT_FIRST, SIGNED, TRADE
from tests.requirements.proving import lays_down
from tests.under_review import RULES, ask_review, hand_in, review_and_land


def found(company: Company, member: str = "carol") -> list[list[tuple[str, str]]]:
    """Code and severity of what each change under review meets, change by change."""
    company.sync(member)
    desk = desk_of(company.ledger(member))
    changes = [change for bundle in desk.bundles for change in bundle.changes]
    return [[(one.code, one.severity) for one in desk.looked[change.name].findings] for change in changes]


def shown(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["-C", str(company.clone("carol")), *words]) == 0
    return capsys.readouterr().out


def test_a_guard_met_meanwhile_is_told_and_holds_back_from_clean(company: Company) -> None:
    lays_down(company, CONTRACT_FIRST)
    ask_review(
        company,
        [{"on": ["add transaction", "change transaction"], "slots": ["verify supervisor/head"], "code": "REV006"}],
    )
    customer = company.customer()
    contract = company.add("contract", SIGNED, customer=customer).id
    old = company.add("transaction", {**TRADE, "amount": "90"}, customer=customer).id
    hand_in(company, "alice")
    review_and_land(company, "carol", "supervisor", "east")
    company.sync("alice")
    company.add("transaction", TRADE, customer=customer)
    hand_in(company, "alice")
    assert found(company) == [[]]
    update(company.ledger("carol"), contract, {"valid_from": "2026-11-21"}, Origin())  # the contract begins later
    company.sync("carol")
    assert found(company) == [[("OWN001", "error")]]
    desk = desk_of(company.ledger("carol"))
    assert (len(desk.mine), desk.clean) == (1, [])
    assert old not in str(desk.looked)  # what landed before is not asked in this review


def test_only_what_a_change_makes_alike_is_told(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    first = company.customer(name="Southern Works Ltd", phone="010-62345678")
    second = company.customer(name="Quite Another", phone="010-62345678")
    company.sync("alice", "carol")
    ask_review(company)
    update(company.ledger(), first, {"industry": "hospital"}, Origin(reason="they told us"))
    update(company.ledger(), first, {"email": "a@example.com"}, Origin())
    update(company.ledger(), second, {"name": "Southern Works"}, Origin())
    hand_in(company, "alice")
    assert found(company) == [[], [("INT013", "warning")]]
    said = shown(company, capsys, "review", "show")
    assert f"! Southern Works Ltd ({first}) has the same name but for legal form and region [INT013]" in said
    assert "has the same Phone" not in said  # that was so before
    assert "why: they told us" in said  # of the version before the newest
    assert "signed by Alice, 2026-11-20 10:00 (today)" in said
    assert "days after" not in said  # a change is not as old as the card


def test_who_is_let_in_stands_in_the_log_with_the_approvals(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    from crmctl.ledger.affairs.granting import grant, revoke

    ask_review(company, [RULES[0]])
    customer = company.customer(region="310000")
    hand_in(company, "alice")
    review_and_land(company, "carol", "supervisor", "east")
    company.sync("alice")
    ledger = company.ledger()
    grant(ledger, customer, "bob", ledger.today, "joint bid", ["core"])
    revoke(company.ledger(), customer, "bob", "over", ["core"])
    company.sync("alice", "carol")
    said = shown(company, capsys, "log", customer)
    assert "Bob may read until 2026-11-20 (Card)" in said
    assert "Bob may no longer read (Card)" in said
    assert "Region: Shanghai" in said
    assert said.index("looked at by Carol") < said.index("Name: Northern Hospital")  # newest first
    document: Any = json.loads(shown(company, capsys, "log", customer, "--json"))["data"]
    assert [(right["grant"]["member"], right["given"]) for right in document["grants"]] == [
        ("bob", False),
        ("bob", True),
    ]


def test_a_request_is_called_by_what_it_asks_and_the_customers_name(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    from crmctl.ledger.affairs.requesting import request

    ask_review(company, [{"on": "grant", "slots": ["sign supervisor/head"], "code": "REV004"}])
    customer = company.customer()
    company.sync("alice", "bob")
    values = {"what": "contacts", "why": "joint bid", "until": "2027-06-30"}
    request(company.ledger("bob"), "access_request", customer, values)
    hand_in(company, "bob")
    company.sync("carol")
    said = shown(company, capsys, "review", "show")
    assert said.startswith("bob/1.1  Access request Northern Hospital  signed by Bob, 2026-11-20 10:00 (today)")
    assert "Bob may read until 2027-06-30 (Card)" in said
    assert f"Northern Hospital {customer}\n" in said  # the field that refers to it


def test_a_record_called_by_its_day_names_its_customer_first(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_review(company, [{"on": "add trade_start", "slots": ["sign supervisor/head"], "code": "REV002"}])
    customer = company.customer()
    company.sync("alice")
    values = {"direction": "sell", "surveyed_on": "2026-11-20", "surveyed_by": "alice", "organisation": "one clinic",
              "business": "beds", "credit": "good", "opinion": "begin"}  # fmt: skip
    company.add("trade_start", values, customer=customer, department="east")
    hand_in(company, "alice")
    company.sync("carol")
    assert shown(company, capsys, "review", "show").startswith(
        "alice/1.1  Northern Hospital 2026-11-20  signed by Alice"
    )
