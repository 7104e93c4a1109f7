"""`crmctl review` alone, at a real pseudo-terminal: single keys, reasons in Chinese, and ^C."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.company import Company
from tests.under_review import ask_review, hand_in

ROOT = Path(__file__).resolve().parents[3]
_PATIENCE_SECONDS = 60


class Person:
    """Somebody who reads a screen and presses keys."""

    def __init__(self, company: Company, member: str, *words: str) -> None:
        self.master, slave = pty.openpty()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", "LINES": "200"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crmctl", "-C", str(company.clone(member)), *words],
            stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True, preexec_fn=_own_terminal,  # noqa: PLW1509 - the child only
        )  # fmt: skip
        os.close(slave)
        self.screen = ""

    def sees(self, text: str) -> None:
        """Wait until the screen shows it."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while text not in self.screen:
            ready, _w, _x = select.select([self.master], [], [], 0.2)
            try:
                chunk = os.read(self.master, 65536) if ready else b""
            except OSError:
                chunk = b""
            self.screen += chunk.decode("utf-8", "replace")
            gone = self.process.poll() is not None and not chunk
            if (gone or time.monotonic() > until) and text not in self.screen:
                pytest.fail(f"{text!r} never came: {self.screen[-2000:]!r}")

    def types(self, keys: str) -> None:
        """Press keys; what was on the screen before counts no more."""
        self.screen = ""
        os.write(self.master, keys.encode("utf-8"))

    def leaves(self) -> int:
        """The exit code."""
        try:
            return self.process.wait(_PATIENCE_SECONDS)
        finally:
            os.close(self.master)


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def desk(company: Company) -> Company:
    """Two customers without findings and two that may be one and the same wait for carol."""
    ask_review(company)
    for name in ("Quiet Clinic", "仁和医院", "Southern Works Ltd", "Southern Works"):
        company.customer(name=name)
    hand_in(company, "alice")
    return company


@pytest.mark.slow
def test_a_key_that_is_not_offered_approves_nothing(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    carol.types("n")
    carol.sees("1 of 4: y approve")
    carol.types("a")
    carol.sees("1 of 4: y approve")
    carol.types("q")
    carol.sees("4 changes still wait for you")
    assert carol.leaves() == 0


@pytest.mark.slow
@pytest.mark.req("R-REV-16")
def test_a_day_s_changes_in_a_few_keys(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    assert "4 changes wait for you, 2 of them without findings" in carol.screen
    assert "仁和医院" in carol.screen
    carol.types("a")
    carol.sees("1 of 2: y approve")
    assert "Southern Works" in carol.screen
    carol.types("r与已有客户重复，请核对\r")  # typed ahead, the reason as well
    carol.sees("1 of 1: y approve")
    carol.types("yq")
    carol.sees("Nothing waits for you")
    assert carol.leaves() == 0
    desk.sync("alice")
    alice = desk.ledger("alice")
    assert len(alice.pending.stacks) == 1
    assert len(list(alice.repo.walk(alice.main, "customers"))) == 6
    from crmctl.review.notes import notes_to

    assert [note.says("reason") for note in notes_to(alice, "alice")] == ["与已有客户重复，请核对"]


@pytest.mark.slow
def test_leaving_in_the_middle_loses_nothing(desk: Company) -> None:
    carol = Person(desk, "carol", "review")
    carol.sees("a approves all without findings")
    carol.types("n")
    carol.sees("1 of 4: y approve")
    carol.types("y")
    carol.sees("1 of 3: y approve")
    carol.types("\x03")
    assert carol.leaves() != 0
    desk.sync("alice")
    assert len(desk.ledger("alice").pending.stacks) == 3
    again = Person(desk, "carol", "review")
    again.sees("3 changes wait for you")
    again.types("q")
    assert again.leaves() == 0
