"""The README's story of two people and two copies, word for word, in both languages, with the installed program.

Each person has a machine (a home) of their own; passphrases are typed at a terminal.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.program import ROOT, surroundings

pexpect = pytest.importorskip("pexpect")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal there"),
]

PHRASE = "correct horse battery staple"
TITLES = {"zh_CN": "## 建自己的台账", "en": "## A ledger of your own"}
COLLEAGUE = re.compile(r"# (?:同事|a colleague|the colleague)")
ASKS_AGAIN = {"zh_CN": ("新口令", "再输一次", "口令"), "en": ("New passphrase", "Once more", "Passphrase")}
REVIEWS = {"zh_CN": "## 先审后入账", "en": "## Looked at before it counts"}
CUSTOMERS = {"zh_CN": "天津某某医院", "en": "Harbour Hospital"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `bin/crmctl`, installed from this checkout the way a user installs it."""
    prefix = tmp_path_factory.mktemp("installed")
    # Without --ignore-installed pip takes the program out of the environment the tests run in.
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--ignore-installed"]
    words = [sys.executable, "-m", "pip", *words, "--prefix", str(prefix), str(ROOT)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        pytest.skip(f"the program cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return prefix


@dataclass
class Story:
    """Who types what, where; `line` is what `key new` printed."""

    folder: Path
    prefix: Path
    language: str
    line: str = ""
    told: list[str] = field(default_factory=list)

    def environment(self, member: str) -> dict[str, str]:
        site = next(self.prefix.glob("lib/python*/site-packages"))
        kept = surroundings(self.folder / f"home-{member}", CRMCTL_LANG=self.language)
        kept |= {"LINES": "200", "COLUMNS": "220"}  # a screen that holds it all: nobody is there to press space
        kept |= {"PYTHONPATH": str(site), "PATH": f"{self.prefix / 'bin'}:{kept['PATH']}"}
        return {name: value for name, value in kept.items() if name != "CRMCTL_NOW"}

    def types(self, member: str, line: str) -> str:
        if self.line:
            line = re.sub(r"--key '[^']*'", f"--key '{self.line}'", line)
        child = pexpect.spawn(
            "/bin/sh", ["-c", line], cwd=str(self.folder), env=self.environment(member), encoding="utf-8", timeout=90,
            dimensions=(50, 220),
        )  # fmt: skip
        shown = ""
        questions = [f"{words}: " for words in ASKS_AGAIN[self.language]]
        while child.expect_exact([*questions, pexpect.EOF]) < len(questions):
            shown += child.before + child.after
            child.waitnoecho(1)
            child.sendline(PHRASE)
        shown += child.before
        child.close()
        assert child.exitstatus == 0, f"{line}\n{shown}"
        self.told.append(shown)
        return shown


def block(title: str) -> list[str]:
    """The lines of the README's first block under a title."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split(title)[1]
    found = re.search(r"```\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1].replace("\\\n", " ").splitlines()


def story(language: str) -> list[tuple[str, str]]:
    """(who, command line) of the README's block in one language."""
    who, lines = "alice", []
    for line in block(TITLES[language]):
        if line.startswith("#"):
            who = "bob" if COLLEAGUE.match(line) else "alice"
        elif line.strip():
            lines.append((who, line))
    return lines


@pytest.mark.parametrize("language", TITLES)
def test_two_people_two_copies(tmp_path: Path, installed: Path, language: str) -> None:
    told = Story(tmp_path, installed, language)
    try:
        for who, line in story(language):
            shown = told.types(who, line)
            if "key new" in line:
                printed = re.search(r"bob age1\w+ ssh-ed25519 \S+", shown)
                assert printed
                told.line = printed[0]
        told.types("alice", "crmctl -C sales sync")
        assert CUSTOMERS[language] in told.types("alice", "crmctl -C sales list customer")
        assert CUSTOMERS[language] in told.types("bob", "crmctl -C mine show " + CUSTOMERS[language][:3])
        for who, clone in (("alice", "sales"), ("bob", "mine")):
            told.types(who, f"crmctl -C {clone} check")
    finally:
        for who in ("alice", "bob"):
            told.types(who, "crmctl lock")
    assert PHRASE not in "".join(told.told)
    assert {who for who, _line in story(language)} == {"alice", "bob"}


FOUNDED = (
    "crmctl init alice --company X --department east=东区,East --department west=西区,West --as alice --pack p01 "
    "--no-passphrase && git init -q --bare -b main shared.git && git -C alice remote add origin $PWD/shared.git"
)
CUSTOMER = (
    "crmctl -C bob add customer --set name='{}' --set party_type=company --set source=referral "
    '--set lawful_basis=contract --set obtained_at="$(date +%FT%H:%M)"'  # entered in time, whenever this runs
)


@pytest.mark.parametrize("language", REVIEWS)
def test_a_supervisor_looks_at_a_colleague_s_day(tmp_path: Path, installed: Path, language: str) -> None:
    told = Story(tmp_path, installed, language)
    told.types("alice", FOUNDED)
    for member, role in (("bob", "sales@west"), ("carol", "supervisor@west")):
        told.line = ""
        printed = re.search(
            rf"{member} age1\w+ ssh-ed25519 \S+", told.types(member, f"crmctl key new {member} --no-passphrase")
        )
        assert printed
        told.types("alice", f"crmctl -C alice member add --key '{printed[0]}' --role {role}")
    told.types("alice", "crmctl -C alice sync")
    for member in ("bob", "carol"):
        told.types(member, f"crmctl clone shared.git {member} --as {member}")
    for name in (CUSTOMERS[language], "另一家 Other"):
        told.types("bob", CUSTOMER.format(name))
    shown = {}
    for line in block(REVIEWS[language]):
        if line.startswith("crmctl"):
            shown[line] = told.types(line.split()[2], line)
    due = next(text for line, text in shown.items() if line.endswith(" due"))
    assert ("电话与名片不符" if language == "zh_CN" else "not the number on the card") in due
    assert CUSTOMERS[language] in due
    told.types("carol", "crmctl -C carol sync")
    last = told.types("carol", "crmctl -C carol review list")
    assert ("没有正在审核的改动" if language == "zh_CN" else "Nothing is under review") in last
