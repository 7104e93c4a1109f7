"""`crmctl resolve`: two changed the same field; a person says what stays, and it goes on from there."""

from __future__ import annotations

import json

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.history import card_path
from tests.company import Company
from tests.prepared import prepared
from tests.under_review import ask_review, hand_in, review_and_land

Capsys = pytest.CaptureFixture[str]


def run(company: Company, capsys: Capsys, *words: str, code: int = 0) -> str:
    assert main(["-C", str(company.clone("alice")), *words]) == code
    done = capsys.readouterr()
    return done.out + done.err


def card(company: Company, customer: str, member: str = "alice") -> dict[str, object]:
    ledger = company.ledger(member).landed
    return dict(ledger.read(card_path(ledger, customer)).data)


def change(company: Company, customer: str, member: str, **values: object) -> None:
    update(company.ledger(member), customer, values, Origin())


@prepared
def both(company: Company) -> tuple[Company, str]:
    """A card that carol changed on the server, and alice here."""
    customer = company.customer()
    company.sync("alice", "carol")
    change(company, customer, "carol", email="carol@example.com", industry="hospital", source_note="hers")
    company.sync("carol")
    change(company, customer, "alice", email="alice@example.com", industry="clinic")
    return company, customer


def test_each_field_stays_as_somebody_says(both: tuple[Company, str], capsys: Capsys) -> None:
    company, customer = both
    met = run(company, capsys, "sync", code=9)
    assert "crmctl resolve" in met
    assert "Carol on " in met  # by her name, not her account
    unknown = run(company, capsys, "resolve", "--mine", "emial", code=2)
    assert "emial was not changed on both sides; to settle: email, industry" in unknown
    assert "crmctl resolve --mine email" in unknown
    assert "alice@example.com" in run(company, capsys, "resolve", "--theirs", "industry", code=2)
    said = run(company, capsys, "resolve", "--mine", "email", "--theirs", "industry")
    assert "alice@example.com stays" in said
    found = card(company, customer)
    assert (found["email"], found["industry"], found["source_note"]) == ("alice@example.com", "hospital", "hers")
    company.sync("carol")
    assert card(company, customer, "carol") == found
    assert "Nothing to settle" in run(company, capsys, "resolve")
    run(company, capsys, "verify")


def test_a_new_value_instead_of_both(both: tuple[Company, str], capsys: Capsys) -> None:
    company, customer = both
    run(company, capsys, "resolve", "--all-theirs", "--set", "industry=laboratory")
    run(company, capsys, "sync")
    found = card(company, customer)
    assert (found["email"], found["industry"]) == ("carol@example.com", "laboratory")


def test_a_new_value_that_is_none_settles_nothing(both: tuple[Company, str], capsys: Capsys) -> None:
    company, customer = both
    run(company, capsys, "resolve", "--set", "email=nobody", "--theirs", "industry", code=5)
    run(company, capsys, "resolve", "--mine", "email", "--theirs", "email", "--all-mine", code=2)
    assert "email" in run(company, capsys, "sync", code=9)  # it is still to be settled
    run(company, capsys, "resolve", "--set", "email=", "--theirs", "industry")
    found = card(company, customer)
    assert ("email" in found, found["industry"]) == (False, "hospital")


def test_what_waits_for_review_is_settled_and_handed_in_again(company: Company, capsys: Capsys) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    ask_review(company)
    change(company, customer, "alice", industry="clinic")
    hand_in(company, "alice")
    change(company, customer, "carol", industry="hospital")
    hand_in(company, "carol")
    review_and_land(company, "alice", "head", "east", whose="carol")  # it lands; her own change that met it waits
    assert main(["-C", str(company.clone("alice")), "resolve", "--all-mine", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(item["field"], item["stays"], item["by"]) for item in document["data"]] == [("industry", "ours", "carol")]
    assert card(company, customer)["industry"] == "hospital"
    run(company, capsys, "sync")
    assert company.ledger().pending.stacks
    review_and_land(company, "carol", "supervisor", "east")
    company.sync("alice")
    assert card(company, customer)["industry"] == "clinic"
