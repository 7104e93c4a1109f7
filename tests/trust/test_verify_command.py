"""`crmctl verify` as it is typed: exit codes, the JSON document, and what it remembers."""

from __future__ import annotations

import json

import pytest

from crmctl.cli.boundary import main as run
from crmctl.ledger.git.repository import Repository
from crmctl.trust.pin import read_pin
from tests.attacks.forgery import Forger, resealed
from tests.company import Company


def verify(company: Company, *words: str) -> int:
    return run(["-C", str(company.clone("alice")), "verify", *words])


def test_clean_is_zero_and_remembered(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(company, "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert first["schema"] == "crmctl/verify/1"
    assert (first["data"]["faults"], first["data"]["since"]) == (0, None)
    assert verify(company, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["data"]["commits"], again["data"]["since"]) == (0, company.ledger().head)
    assert verify(company, "--full", "--json") == 0
    assert json.loads(capsys.readouterr().out)["data"]["commits"] == first["data"]["commits"]


def test_broken_is_eleven_names_commit_path_and_rule_and_is_not_remembered(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    company.customer("alice")
    company.sync("alice")
    assert verify(company) == 0
    pin = read_pin(Repository(company.clone("alice")))
    forger = Forger(company)
    path = forger.paths("customer.yaml.age")[0]
    commit = forger.put("alice", {**resealed(forger, path), "notes.txt": b"x"}, key=None)
    capsys.readouterr()
    assert verify(company) == 11
    said = capsys.readouterr().out
    assert f"{commit[:10]}: Not signed [TRU010]" in said
    assert f"{commit[:10]} notes.txt: A path that does not belong in a ledger [TRU031]" in said
    after = read_pin(Repository(company.clone("alice")))
    assert pin is not None
    assert after is not None
    assert after.tip == pin.tip


def test_own_commits_the_server_lacks_are_proved_but_not_remembered(company: Company) -> None:
    company.customer("alice")
    shared = Forger(company).repo.resolve("refs/remotes/origin/main")
    assert verify(company) == 0
    pin = read_pin(Repository(company.clone("alice")))
    assert pin is not None
    assert pin.tip == shared


@pytest.mark.parametrize(("words", "code"), [("nowhere..main", 4), ("main...x", 2), ("main~1..main", 0), ("main", 0)])
def test_ranges(company: Company, words: str, code: int) -> None:
    assert verify(company, words) == code
