"""`crmctl submit`, and how the everyday commands say that something waits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmctl.cli.boundary import main
from tests.company import CARD, VISIT, Company, git
from tests.prepared import prepared
from tests.under_review import ask_review, review_and_land


@prepared
def reviewed(company: Company) -> Company:
    """The company with a policy that asks for review."""
    ask_review(company)
    return company


def run(company: Company, capsys: pytest.CaptureFixture[str], *words: str, member: str = "alice") -> str:
    assert main(["-C", str(company.clone(member)), *words]) == 0
    done = capsys.readouterr()
    return done.out + done.err


def data(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["-C", str(company.clone("alice")), *words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    return document["data"]


def test_what_waits_is_told_until_it_has_landed(reviewed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customer = reviewed.customer()
    assert "Not yet reviewed" in run(reviewed, capsys, "show", customer)
    assert "not yet reviewed" in run(reviewed, capsys, "list", "customer")
    assert "Not yet reviewed" in run(reviewed, capsys, "log", customer)
    assert "1 of your changes still to hand in: crmctl submit" in run(reviewed, capsys, "due")
    assert "1 of your changes still to hand in: crmctl submit" in run(reviewed, capsys, "sync")
    run(reviewed, capsys, "submit")
    assert "Handed in for review" in run(reviewed, capsys, "show", customer)
    assert "1 of your changes waits for review" in run(reviewed, capsys, "due")
    assert data(reviewed, capsys, "due")["waiting"] == {
        "to_submit": 0, "submitted": 1, "returned": 0, "met": 0, "for_me": 0, "held_up": [],
    }  # fmt: skip
    review_and_land(reviewed, "carol", "supervisor", "east")
    assert "hand in" not in run(reviewed, capsys, "sync")
    for words in (("show", customer), ("list", "customer"), ("log", customer)):
        assert "review" not in run(reviewed, capsys, *words)
    assert data(reviewed, capsys, "show", customer)["reviewed"] is True


def test_a_dry_run_hands_nothing_in(reviewed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    reviewed.customer()
    said = run(reviewed, capsys, "submit", "--dry-run")
    assert "1 change to hand in for review" in said
    assert CARD["name"] in said
    assert "Waits for Carol to look at it (East) [REV001]" in said
    assert git(reviewed.path / "server.git", "for-each-ref", "refs/heads/review", "refs/heads/outbox") == ""


def test_the_document_says_number_and_for_whom(reviewed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customer = reviewed.customer()
    reviewed.add("visit", VISIT, customer=customer)
    told = data(reviewed, capsys, "submit")
    assert (told["changes"], told["number"], told["records"][0]) == (1, 1, customer)  # as a reviewer counts
    (demand,) = told["waits_for"]
    assert (demand["code"], demand["departments"], demand["slots"][0]["members"]) == ("REV001", ["east"], ["carol"])
    again = data(reviewed, capsys, "submit")
    assert (again["changes"], again["number"]) == (0, None)
    assert "Nothing new to hand in" in run(reviewed, capsys, "submit")


def test_an_export_holds_only_what_has_landed(reviewed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    reviewed.customer()
    path = reviewed.path / "out.json"
    run(reviewed, capsys, "export", "customer", str(path))
    assert json.loads(path.read_text("utf-8"))["data"]["customer"] == []


def test_what_was_sent_back_no_longer_waits_for_the_reviewer(
    reviewed: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("One", "Two"):
        reviewed.customer(name=name)
    run(reviewed, capsys, "submit")
    run(reviewed, capsys, "review", "return", "alice/1.1", "--reason", "not the number on the card", member="carol")
    run(reviewed, capsys, "sync")
    said = run(reviewed, capsys, "due")
    assert "1 of your changes waits for review" in said
    assert "1 of your changes sent back" in said
    waiting = data(reviewed, capsys, "due")["waiting"]
    assert (waiting["submitted"], waiting["returned"]) == (1, 1)


def test_what_a_long_row_of_changes_waits_for_is_said(reviewed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customer = reviewed.customer()
    for day in range(1, 22):
        reviewed.add("visit", {**VISIT, "on": f"2026-12-{day:02}"}, customer=customer)
    for words in (("due",), ("submit",)):
        said = run(reviewed, capsys, *words)
        assert f"21 later changes wait for one of 2026-11-20 to be approved: {customer} (Carol)" in said
    (held,) = data(reviewed, capsys, "due")["waiting"]["held_up"]
    assert (held["count"], held["about"], held["approvers"]) == (21, customer, ["carol"])


def test_what_met_anothers_change_is_said_until_it_is_settled(
    reviewed: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = reviewed.customer()
    run(reviewed, capsys, "submit")
    review_and_land(reviewed, "carol", "supervisor", "east")
    reviewed.sync("alice", "carol")
    run(reviewed, capsys, "update", customer, "--set", "phone=010-62770001")
    run(reviewed, capsys, "update", customer, "--set", "phone=010-62770002", member="carol")
    run(reviewed, capsys, "submit", member="carol")
    reviewed.sync("alice")
    run(reviewed, capsys, "review", "approve", "carol/1")  # which brings it here too
    assert "1 of your changes met another: crmctl resolve" in run(reviewed, capsys, "due")
    assert data(reviewed, capsys, "due")["waiting"]["met"] == 1
    run(reviewed, capsys, "resolve", "--all-mine")
    assert "met another" not in run(reviewed, capsys, "due")
