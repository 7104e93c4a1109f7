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
CUSTOMERS = {"zh_CN": "天津某某医院", "en": "Harbour Hospital"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `bin/crmctl`, installed from this checkout the way a user installs it."""
    prefix = tmp_path_factory.mktemp("installed")
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--prefix", str(prefix)]
    done = subprocess.run([sys.executable, "-m", "pip", *words, str(ROOT)], capture_output=True, check=False, text=True)
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


def story(language: str) -> list[tuple[str, str]]:
    """(who, command line) of the README's block in one language."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split(TITLES[language])[1]
    found = re.search(r"```\n(.*?)```", text, re.DOTALL)
    assert found
    who, lines = "alice", []
    for line in found[1].replace("\\\n", " ").splitlines():
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
