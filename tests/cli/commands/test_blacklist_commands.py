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


def test_a_department_entry_from_proposal_to_list(shell: Shell) -> None:
    adopt(shell.company.ledger(), "p23")
    customer = shell.company.customer()
    shell.company.sync("alice", "carol")
    words = ("blacklist", "propose", customer, "--level", "department", "--reason", "arrears", "--text", "90 days late")
    assert shell.types(*words, "--dry-run", member="carol")[1].startswith("Would write BL-")
    entry = shell.types(*words, member="carol")[1].split(":")[0]
    shell.company.sync("carol", "alice")
    assert shell.asks("blacklist", "list") == []
    assert [row["state"] for row in shell.asks("blacklist", "list", "--all")] == ["proposed"]
    assert shell.types("blacklist", "check", customer)[0] == 0
    assert shell.types("blacklist", "enter", entry, "--from", "2026-11-30")[1] == f"{entry}: In force\n"
    assert shell.asks("blacklist", "list") == []
    (line,) = shell.asks("blacklist", "list", "--as-of", "2026-11-30")
    assert (line["id"], line["customer"], line["since"], line["until"]) == (entry, customer, "2026-11-30", "2027-05-30")
    assert "Northern Hospital" in shell.types("blacklist", "list", "--as-of", "2026-11-30")[1]
    assert shell.asks("blacklist", "list", "--as-of", "2026-11-30", "--level", "company") == []


def test_a_proposal_is_turned_down_with_a_reason_and_is_over(shell: Shell) -> None:
    adopt(shell.company.ledger(), "p23")
    customer = shell.company.customer()
    words = ("blacklist", "propose", customer, "--level", "company", "--reason", "fraud", "--text", "forged licence")
    entry = shell.types(*words, "--department", "east")[1].split(":")[0]
    assert shell.types("blacklist", "reject", entry, "--reason", "a mistake of ours")[1] == f"{entry}: Rejected\n"
    with pytest.raises(Refused) as caught:
        shell.types("blacklist", "enter", entry)
    assert caught.value.rule == "REC010"


def test_what_to_look_for_is_said_one_way_or_the_other(shell: Shell) -> None:
    adopt(shell.company.ledger(), "p23")
    for words in ((), ("Northern", "--name", "Northern")):
        with pytest.raises(UsageError):
            shell.types("blacklist", "check", *words)
