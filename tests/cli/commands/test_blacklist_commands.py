"""The blacklist commands as documents and in words: a proposal turned down, one in force, who may not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NotFound, Refused, UsageError
from crmctl.ledger.setup.policy_files import adopt
from tests.company import Company


class Shell:
    """Types commands as one member."""

    def __init__(self, company: Company, capsys: pytest.CaptureFixture[str]) -> None:
        self.company, self.capsys = company, capsys

    def types(self, *words: str, member: str = "alice") -> tuple[int, str]:
        self.capsys.readouterr()
        code = invoke(["-C", str(self.company.clone(member)), *words])
        return code, self.capsys.readouterr().out

    def asks(self, *words: str) -> Any:
        return json.loads(self.types(*words, "--json")[1])["data"]


@pytest.fixture
def shell(company: Company, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(company, capsys)


def test_without_a_policy_it_says_what_to_adopt(shell: Shell) -> None:
    with pytest.raises(NotFound) as caught:
        shell.types("blacklist", "list")
    assert caught.value.hint == "crmctl policy adopt p23"


PROPOSAL = ("--level", "department", "--reason", "arrears", "--text", "90 days late")


def test_a_department_entry_from_proposal_to_list(shell: Shell) -> None:
    """Put forward, handed in, signed by the head; nothing bars before, and each is told whose turn it is."""
    adopt(shell.company.ledger(), "p23")
    customer = shell.company.customer()
    shell.company.sync("alice", "carol")
    words = ("blacklist", "propose", customer, *PROPOSAL, "--from", "2026-11-30")
    assert shell.types(*words, "--dry-run", member="carol")[1].startswith("Would write BL-")
    told = shell.types(*words, member="carol")[1].splitlines()
    assert told[0].endswith(": In force once all have approved; hand it in: crmctl submit")
    assert "  to be signed by Head of department (East)" in told
    entry = told[0].split(":")[0]
    with pytest.raises(Refused) as caught:
        shell.types("blacklist", "enter", entry)
    assert caught.value.hint == "Who put it forward hands it in: crmctl submit"
    with pytest.raises(NotFound, match="nope is no proposal or entry of the blacklist") as unknown:
        shell.types("blacklist", "verify", "nope")
    assert "crmctl blacklist list" in str(unknown.value.hint)
    shell.types("submit", member="carol")
    with pytest.raises(Refused) as caught:
        shell.types("blacklist", "enter", entry, member="carol")
    assert "to be signed by Head of department (East)" in str(caught.value.hint)
    assert shell.asks("blacklist", "list") == []
    assert shell.types("blacklist", "check", customer)[0] == 0
    shell.company.sync("alice")
    shown = shell.types("review", "show", entry)[1]
    assert "On the department's blacklist: signed by the head, filed with the division [REV023]" in shown
    assert "to be signed by Head of department (East)" in shown
    assert shell.types("blacklist", "enter", entry)[1].splitlines()[0] == "Approved and in force: 1 change"
    assert shell.asks("blacklist", "list") == []
    (line,) = shell.asks("blacklist", "list", "--as-of", "2026-11-30")
    assert (line["id"], line["customer"], line["since"], line["until"]) == (entry, customer, "2026-11-30", "2027-05-30")
    assert "Northern Hospital" in shell.types("blacklist", "list", "--as-of", "2026-11-30")[1]
    assert shell.asks("blacklist", "list", "--as-of", "2026-11-30", "--level", "company") == []
    shortened = shell.types("blacklist", "lift", entry, "--reason", "paid", "--on", "2026-12-15")[1]
    assert "to be signed by Management" in shortened


def test_a_proposal_is_turned_down_with_a_reason_which_its_author_reads(shell: Shell) -> None:
    adopt(shell.company.ledger(), "p23")
    customer = shell.company.customer()
    shell.company.sync("alice", "carol")
    entry = shell.types("blacklist", "propose", customer, *PROPOSAL, member="carol")[1].split(":")[0]
    shell.types("submit", member="carol")
    assert "Sent back: 1 change" in shell.types("blacklist", "reject", entry, "--reason", "a mistake of ours")[1]
    with pytest.raises(Refused):
        shell.types("blacklist", "enter", entry)
    shell.company.sync("carol")
    assert "a mistake of ours" in shell.types("due", member="carol")[1]
    assert shell.asks("blacklist", "list", "--all") == []


def test_what_to_look_for_is_said_one_way_or_the_other(shell: Shell) -> None:
    adopt(shell.company.ledger(), "p23")
    for words in ((), ("Northern", "--name", "Northern")):
        with pytest.raises(UsageError):
            shell.types("blacklist", "check", *words)
