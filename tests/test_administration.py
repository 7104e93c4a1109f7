"""The administrator's guide is true: what it tells to type is there, and what needs no name of the reader's own runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from crmctl.cli.app import COMMANDS, invoke, root
from crmctl.cli.lazy import Family
from tests.company import Company

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "administration.md"
RUNS = [
    "crmctl key list", "crmctl member list", "crmctl policy posts", "crmctl access --member bob", "crmctl schedule show",
    "crmctl cron --dry-run", "crmctl doctor", "crmctl verify --full", "crmctl check", "crmctl audit list",
    "crmctl policy list", "crmctl policy diff", "crmctl policy check", "crmctl policy test",
]  # fmt: skip


def typed() -> list[list[str]]:
    """Every crmctl command of the guide, in blocks and in the text."""
    text = GUIDE.read_text("utf-8")
    lines = [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    lines += re.findall(r"`(crmctl [^`]+)`", text)
    return [shlex.split(line)[1:] for line in lines if line.startswith("crmctl ")]


@pytest.mark.req("R-PPL-11")
def test_every_command_and_option_of_the_guide_is_there() -> None:
    group = root()
    for words in typed():
        if words[0].startswith("-"):
            continue
        entry = COMMANDS[words[0]]
        command = group.get_command(group.context_class(group), words[0])
        if isinstance(entry, Family):
            assert words[1] in entry.commands, words
            command = command.get_command(group.context_class(command), words[1])  # type: ignore[union-attr]
        assert command is not None, words
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


@pytest.mark.req("R-PPL-11")
def test_what_the_guide_tells_to_look_at_runs(company: Company, tmp_path: Path) -> None:
    told = [" ".join(["crmctl", *words]) for words in typed()]
    for line in RUNS:
        assert line in told
        assert invoke(["-C", str(company.clone("alice")), *line.split()[1:]]) in {0, 1}, line
    file = tmp_path / "all.bundle"
    assert invoke(["-C", str(company.clone("alice")), "backup", str(file)]) == 0
    assert invoke(["restore", str(file), str(tmp_path / "again"), "--as", "alice"]) == 0
    assert invoke(["-C", str(tmp_path / "again"), "verify", "--full"]) == 0
