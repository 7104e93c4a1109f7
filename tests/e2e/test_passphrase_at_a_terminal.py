"""Keys under a passphrase, at a real terminal: made, unlocked, used without asking, locked, refused with a hint."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.errors import ExitCode
from crmctl.ledger.keys.identity import protect
from tests.company import CARD, Company
from tests.program import command, run, setting, surroundings

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal there")

PHRASE = "correct horse battery staple"
ADD = ["add", "customer", *setting(**CARD)]
WAIT = 60


class Person:
    """Somebody at a terminal, in a folder, with a home of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.seen = ""

    def types(self, *words: str, answers: list[tuple[str, str]] = [], code: int = 0) -> str:  # noqa: B006
        """Run `crmctl WORDS…`, answer each expected question, and give back all that was shown."""
        child = pexpect.spawn(
            command(*words)[0], command(*words)[1:], cwd=str(self.folder), env=surroundings(self.home),
            encoding="utf-8", timeout=WAIT, dimensions=(40, 200),
        )  # fmt: skip
        shown = ""
        for question, answer in answers:
            child.expect_exact(question)
            shown += child.before + child.after
            child.waitnoecho(0.3) if answer.endswith(PHRASE) else None
            child.sendintr() if answer == "^C" else child.sendeof() if answer == "^D" else child.sendline(answer)
        child.expect(pexpect.EOF)
        shown += child.before
        child.close()
        self.seen += shown
        assert (child.exitstatus, child.signalstatus) == (code, None), shown
        return shown

    def without_terminal(self, *words: str) -> tuple[int, str]:
        done = run(self.folder, self.home, *words)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    yield person
    person.without_terminal("lock")


def test_the_life_of_a_passphrase(alice: Person) -> None:
    new = [
        ("New passphrase: ", "one"),
        ("Once more: ", "another"),
        ("New passphrase: ", PHRASE),
        ("Once more: ", PHRASE),
    ]
    said = alice.types("init", "led", "--company", "X", "--department", "east=东区,East", "--as", "alice", answers=new)
    assert "The two are not the same" in said
    assert not (alice.home / "identities/alice/identity.txt").exists()

    alice.types("-C", "led", "unlock", answers=[("Passphrase: ", "wrong")], code=ExitCode.NO_KEY)
    code, said = alice.without_terminal("-C", "led", *ADD)
    assert (code, "crmctl unlock" in said) == (ExitCode.NO_KEY, True), said

    alice.types("-C", "led", "unlock", "--for", "10m", answers=[("Passphrase: ", PHRASE)])
    code, said = alice.without_terminal("-C", "led", *ADD)
    assert code == 0, said
    assert "Passphrase" not in said

    alice.types("lock")
    before = (alice.folder / "led/.git/refs/heads/main").read_text()
    other = ["add", "customer", *setting(**{**CARD, "name": "Southern Clinic"})]
    code, said = alice.without_terminal("-C", "led", *other)
    assert (code, "Next: crmctl unlock" in said) == (ExitCode.NO_KEY, True), said
    assert (alice.folder / "led/.git/refs/heads/main").read_text() == before

    alice.types("-C", "led", *other, answers=[("Passphrase: ", PHRASE)])
    said = alice.types("-C", "led", "list", "customer", answers=[("Passphrase: ", PHRASE)])
    assert "Southern Clinic" in said
    assert PHRASE not in alice.seen


@pytest.mark.parametrize(("answer", "code"), [("^C", ExitCode.INTERRUPTED), ("^D", ExitCode.ABORTED)])
def test_who_does_not_answer_changes_nothing(company: Company, answer: str, code: ExitCode) -> None:
    protect(company.home, "alice", PHRASE)
    alice = Person(company.path)
    tip = company.ledger().head
    alice.types("-C", "alice", *ADD, answers=[("Passphrase: ", answer)], code=code)
    assert company.ledger().head == tip


def test_what_is_required_and_missing_is_asked_for(company: Company) -> None:
    alice = Person(company.path)
    given = ["add", "customer", *setting(**{k: v for k, v in CARD.items() if k not in {"name", "obtained_at"}})]
    said = alice.types("-C", "alice", *given, answers=[("Name: ", "北京某某医院"), ("Obtained at [", "")])
    assert "Added Customer C-" in said
    code, said = alice.without_terminal("-C", "alice", "list", "customer")
    assert (code, "北京某某医院" in said) == (0, True)
