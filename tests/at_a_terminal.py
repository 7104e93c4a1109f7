"""Somebody who reads a screen and presses keys: the program at a real pseudo-terminal."""

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

ROOT = Path(__file__).resolve().parents[1]
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
