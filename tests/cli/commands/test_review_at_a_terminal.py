"""`crmctl review` alone, at a real pseudo-terminal: single keys, reasons in Chinese, and ^C."""

from __future__ import annotations

import pytest

from crmctl.ledger.affairs.requesting import request
from crmctl.ledger.reading import lookup
from crmctl.ledger.setup.policy_files import adopt
from tests.at_a_terminal import Person
from tests.company import Company
from tests.prepared import prepared
from tests.under_review import ask_review, hand_in


@prepared
def desk(company: Company) -> Company:
    """Two customers without findings and two that may be one and the same wait for carol."""
    ask_review(company)
    for name in ("Quiet Clinic", "仁和医院", "Southern Works Ltd", "Southern Works"):
        company.customer(name=name)
    hand_in(company, "alice")
    return company


@pytest.mark.slow
def test_a_key_that_is_not_offered_approves_nothing(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    carol.types("n")
    carol.sees("1 of 4: y approve")
    assert "x refuse" not in carol.screen  # a customer is no request
    carol.types("ax")
    carol.sees("1 of 4: y approve")
    carol.types("q")
    carol.sees("4 changes still wait for you")
    assert carol.leaves() == 0


@pytest.mark.slow
@pytest.mark.req("R-REV-16")
def test_a_day_s_changes_in_a_few_keys(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    assert "4 changes wait for you, 2 of them without findings" in carol.screen
    assert "仁和医院" in carol.screen
    carol.types("a")
    carol.sees("1 of 2: y approve")
    assert "Southern Works" in carol.screen
    carol.types("r与已有客户重复，请核对\r")  # typed ahead, the reason as well
    carol.sees("1 of 1: y approve")
    carol.types("yq")
    carol.sees("Nothing waits for you")
    assert carol.leaves() == 0
    desk.sync("alice")
    alice = desk.ledger("alice")
    assert len(alice.pending.stacks) == 1
    assert len(list(alice.repo.walk(alice.main, "customers"))) == 6
    from crmctl.review.notes import notes_to

    assert [note.says("reason") for note in notes_to(alice, "alice")] == ["与已有客户重复，请核对"]


@pytest.mark.slow
def test_leaving_in_the_middle_loses_nothing(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    carol.types("n")
    carol.sees("1 of 4: y approve")
    carol.types("y")
    carol.sees("1 of 3: y approve")
    carol.types("\x03")
    assert carol.leaves() != 0
    desk.sync("alice")
    assert len(desk.ledger("alice").pending.stacks) == 3
    again = Person(desk, "carol", "review")
    again.sees("3 changes wait for you")
    again.types("q")
    assert again.leaves() == 0


@pytest.mark.slow
def test_a_request_is_refused_with_a_key_of_its_own(company: Company) -> None:
    adopt(company.ledger(), "p02")
    customer = company.customer()
    company.sync("alice", "bob")
    asked = request(company.ledger("bob"), "access_request", customer,
                    {"what": "card", "why": "joint bid", "until": "2027-06-30"})  # fmt: skip
    hand_in(company, "bob")
    alice = Person(company, "alice", "review")
    alice.sees("q leaves")
    alice.types("n")
    alice.sees("r send back, x refuse")
    alice.types("x与本部门无关\r")
    alice.sees("Nothing waits for you")
    assert alice.leaves() == 0
    assert "Refused" in alice.screen
    record = company.ledger().read(lookup.record(company.ledger(), asked.id).path)
    assert (record.state, record.data["decision"]) == ("refused", "与本部门无关")


@pytest.mark.slow
def test_forty_changes_of_a_day_take_five_keys(company: Company) -> None:
    ask_review(company)
    for number in range(36):
        company.customer(name=f"{'甲乙丙丁戊己'[number % 6]}{'天地玄黄宇宙'[number // 6]}{number}号诊所")
    for name in ("Southern Works Ltd", "Southern Works"):
        company.customer(name=name)
    late = "2026-10-01T09:00:00+08:00"
    for name in ("Quiet Clinic", "Harbour Hospital"):
        company.customer(name=name, obtained_at=late)
    hand_in(company, "alice")
    carol = Person(company, "carol", "review")
    carol.sees("40 changes wait for you, 36 of them without findings")
    carol.types("a")
    for left in (4, 3, 2, 1):
        carol.sees(f"1 of {left}: y approve")
        assert "INT0" in carol.screen
        carol.types("y")
    carol.sees("Nothing waits for you")
    assert carol.leaves() == 0
    company.sync("alice")
    assert company.ledger("alice").pending.stacks == ()
