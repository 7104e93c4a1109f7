"""Registration numbers: given on main only, in order of landing, without gaps, whoever races."""

from __future__ import annotations

import threading

import pytest

from crmctl.errors import CrmctlError, InvalidInput
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance
from crmctl.ledger.changing.numbering import give_numbers
from crmctl.ledger.checking.check import check
from crmctl.ledger.given_numbers import number_here, numbers_at
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.waiting.undo import undo
from crmctl.trust.gate import Gate
from tests.attacks.forgery import codes
from tests.company import Company, git


def letter(company: Company, member: str = "alice", subject: str = "Offer", department: str = "east") -> str:
    values: dict[str, object] = {
        "direction": "out", "way": "letter", "party": "Northern Hospital", "subject": subject, "drafted_by": member,
        "state": "drafted",
    }  # fmt: skip
    return company.add("correspondence", values, member, department=department).id


def numbers(company: Company, member: str = "alice") -> dict[str, int]:
    ledger = company.ledger(member)
    return {number.record: number.number for number in numbers_at(ledger.repo, ledger.main)}


@pytest.mark.req("R-AUD-14")
def test_a_number_is_given_when_the_letter_is_on_main_and_never_before(company: Company) -> None:
    first = letter(company)
    assert numbers(company) == {}
    assert any(finding.code == "NUM003" for finding in check(company.ledger()).findings)
    with pytest.raises(InvalidInput):
        advance(company.ledger(), first, "numbered", {}, Origin())
    company.sync("alice")
    assert numbers(company) == {first: 1}
    second = letter(company)
    company.sync("alice")
    assert numbers(company) == {first: 1, second: 2}
    advance(company.ledger(), second, "numbered", {}, Origin())
    assert not [finding for finding in check(company.ledger()).findings if finding.code.startswith("NUM")]


@pytest.mark.req("R-AUD-14")
def test_the_numbers_follow_the_order_of_landing(company: Company) -> None:
    early = letter(company, "bob", department="west")  # written first, brought to main last
    two = [letter(company, subject="One"), letter(company, subject="Two")]
    company.sync("alice", "bob")
    assert numbers(company, "bob") == {two[0]: 1, two[1]: 2, early: 3}


@pytest.mark.req("R-AUD-14")
def test_of_two_who_number_at_once_one_finds_it_done(company: Company) -> None:
    one, two = letter(company), letter(company, "bob", department="west")
    failed: list[CrmctlError] = []

    def exchange(member: str) -> None:
        try:
            sync(company.ledger(member), gate=Gate())
        except CrmctlError as error:
            failed.append(error)

    threads = [threading.Thread(target=exchange, args=(member,)) for member in ("alice", "bob", "carol")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    company.sync("alice", "bob")
    assert sorted(numbers(company).values()) == [1, 2]
    assert numbers(company) == numbers(company, "bob")
    assert set(numbers(company)) == {one, two}
    assert codes(company) == set()


def test_a_copy_that_is_behind_gives_nothing(company: Company) -> None:
    """Both see an unnumbered letter; the server takes the first number, the other copy's push is too late."""
    made = letter(company)
    git(company.clone("alice"), "push", "-q", "origin", "main", "keyring/1")  # by plain Git: nobody numbers
    for member in ("alice", "bob"):
        git(company.clone(member), "fetch", "-q", "origin")
    git(company.clone("bob"), "update-ref", "refs/heads/main", "origin/main")
    git(company.clone("bob"), "update-ref", "refs/heads/keyring/1", "origin/keyring/1")
    assert give_numbers(company.ledger("alice").landed) == 1
    assert give_numbers(company.ledger("bob").landed) == -1
    company.sync("alice", "bob")
    assert numbers(company) == numbers(company, "bob") == {made: 1}


def test_a_ledger_without_a_server_numbers_by_itself_and_keeps_the_number_of_what_is_taken_back(
    company: Company,
) -> None:
    git(company.clone("alice"), "remote", "remove", "origin")
    first = letter(company)
    assert numbers(company) == {first: 1}
    undo(company.ledger())
    second = letter(company)
    assert numbers(company) == {first: 1, second: 2}
    assert codes(company) == set()


def test_lists_and_records_show_the_number(company: Company) -> None:
    first = letter(company)
    company.sync("alice")
    listing = list_kind(company.ledger(), "correspondence", None, [], 0)
    assert listing.documents()[0]["number"] == 1
    assert list_kind(company.ledger(), "correspondence", None, ["id", "number"], 0).rows == ((first, 1),)
    found = number_here(company.ledger(), first)
    assert (found.number if found else None) == 1
