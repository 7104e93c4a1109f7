"""`crmctl resolve` at a real pseudo-terminal: a key a field, a new value typed in, and leaving."""

from __future__ import annotations

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.history import card_path
from tests.at_a_terminal import Person
from tests.company import Company
from tests.prepared import prepared

pytestmark = pytest.mark.slow


@prepared
def clashing(company: Company) -> tuple[Company, str]:
    """A card of which carol changed three fields on the server, and alice the same ones here."""
    customer = company.customer()
    company.sync("alice", "carol")
    for member, email, industry, address in (
        ("carol", "carol@example.com", "hospital", "1 North Road"),
        ("alice", "alice@example.com", "clinic", "2 South Road"),
    ):
        values = {"email": email, "industry": industry, "address": address}
        update(company.ledger(member), customer, values, Origin())
        if member == "carol":
            company.sync("carol")
    return company, customer


def card(company: Company, customer: str, member: str = "alice") -> dict[str, object]:
    ledger = company.ledger(member).landed
    return dict(ledger.read(card_path(ledger, customer)).data)


def test_a_key_a_field_settles_it(clashing: tuple[Company, str]) -> None:
    company, customer = clashing
    alice = Person(company, "alice", "resolve")
    answers = {"carol@example.com": "1", "hospital": "2", "1 North Road": "3"}
    for _field in range(3):
        alice.sees("something else")
        assert "Northern Hospital" in alice.screen  # by name, not by id alone
        assert "Carol on 2026-11-20" in alice.screen
        key = next(key for theirs, key in answers.items() if theirs in alice.screen)
        alice.types("x")  # a key that is not offered does nothing
        alice.types(key)
        if key == "3":
            alice.sees("Address: ")
            alice.types("3 Mitteweg 中路\r")
    alice.sees("Mitteweg 中路 stays")
    assert alice.leaves() == 0
    company.sync("carol")
    found = card(company, customer, "carol")
    assert (found["email"], found["industry"], found["address"]) == ("alice@example.com", "hospital", "3 Mitteweg 中路")


def test_leaving_changes_nothing(clashing: tuple[Company, str]) -> None:
    company, customer = clashing
    before = company.ledger("alice").head
    alice = Person(company, "alice", "resolve")
    alice.sees("something else")
    alice.types("1")
    alice.sees("something else")
    alice.types("q")
    alice.sees("Nothing was changed")
    assert alice.leaves() == 3
    assert company.ledger("alice").head == before
    assert card(company, customer, "carol")["email"] == "carol@example.com"
    again = Person(company, "alice", "resolve")
    again.sees("something else")
    again.types("\x03")
    assert again.leaves() == 130
