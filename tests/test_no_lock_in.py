"""Promise 8: every record opens with the standard git and age programs, by the very commands of docs/formats.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.disk.yamlio import load
from tests.company import Company

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

needs_age = pytest.mark.skipif(
    shutil.which("age") is None or shutil.which("awk") is None, reason="the age program is not on this machine"
)
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not on this machine")


def blocks() -> list[str]:
    """The commands of the walk-through, block by block."""
    return BLOCK.findall(GUIDE.read_text("utf-8"))


def shell(script: str, **words: str) -> str:
    """Run a script in a plain shell that knows nothing of crmctl; what it prints."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": words["LEDGER"], "LC_ALL": "C.UTF-8", **words}
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", script], env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def named(company: Company, customer: str, member: str) -> dict[str, str]:
    """What the walk-through calls by a name."""
    return {
        "LEDGER": str(company.clone("alice")), "MEMBER": member, "CUSTOMER": customer,
        "XX": customer.partition("-")[2][:2].lower(), "GROUP": "east.supervisor",
        "IDENTITY": str(company.home / "identities" / member / "identity.txt"),
        "TMPDIR": str(company.path),
    }  # fmt: skip


def step(text: str) -> int:
    """The number of the one block that holds this text."""
    found = [number for number, block in enumerate(blocks()) if text in block]
    assert len(found) == 1, f"docs/formats.md no longer has one block with {text}"
    return found[0]


def through(*texts: str) -> str:
    """A script of these blocks, in the order of the page."""
    return "\n".join(blocks()[step(text)] for text in texts)


@needs_age
def test_a_member_opens_the_card_with_git_and_age(company: Company) -> None:
    customer = company.customer()
    update(company.ledger(), customer, {"phone": "010-62770000"}, Origin())
    script = through("mktemp", "$work/wraps", "$work/card.age", "git log --format", "rm -r")
    printed = shell(script, **named(company, customer, "alice"))
    *lines, newest, first = printed.rstrip("\n").split("\n")
    card = load("\n".join([*lines, ""]).encode(), "card")
    assert isinstance(card, dict)
    assert card["id"] == customer
    assert card["rev"] == 2
    data = card["data"]
    assert isinstance(data, dict)
    assert data["name"] == "Northern Hospital"
    assert {len(newest), len(first)} == {40}
    assert not [path for path in company.path.iterdir() if path.name.startswith("tmp.")]


@needs_age
def test_who_reads_through_a_group_opens_the_groups_secret_first(company: Company) -> None:
    customer = company.customer()
    script = through("mktemp", "$work/group.key") + 'cat "$work/core2.key"\n' + through("rm -r")
    assert shell(script, **named(company, customer, "carol")).startswith("AGE-SECRET-KEY-1")


@needs_age
def test_who_may_not_read_gets_nowhere_with_git_and_age(company: Company) -> None:
    customer = company.customer()
    words = named(company, customer, "bob")
    with pytest.raises(AssertionError, match="fatal: path"):
        shell(through("mktemp", "$work/wraps"), **words)


@needs_ssh
def test_a_commit_is_verified_with_git_and_ssh_keygen(company: Company) -> None:
    customer = company.customer()
    ledger = company.ledger()
    signs = ledger.in_force.org.members["alice"].signs
    words = named(company, customer, "alice") | {
        "LEDGER_ID": ledger.in_force.settings.id, "SIGNS": str(signs), "SIGNERS": str(company.path / "signers"),
    }  # fmt: skip
    script = 'cd "$LEDGER"\n' + through("verify-commit")
    shell(script, **words)
    with pytest.raises(AssertionError):
        shell(script, **words | {"SIGNS": str(ledger.in_force.org.members["bob"].signs)})


def test_the_page_names_every_file_there_is(company: Company) -> None:
    company.customer()
    text = GUIDE.read_text("utf-8")
    tops = {path.partition("/")[0] for path, _oid in company.ledger().repo.walk(company.ledger().head)}
    assert [top for top in sorted(tops) if f"`{top}" not in text and not top.startswith(".")] == []
