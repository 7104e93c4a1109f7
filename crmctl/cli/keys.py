"""Single keys at a terminal, and lines of text between them. What is typed ahead is not lost."""

from __future__ import annotations

import codecs
import os
import sys
from dataclasses import dataclass, field

from crmctl.cli.ask import can_ask
from crmctl.cli.console import is_terminal
from crmctl.cli.text import safe
from crmctl.errors import Aborted
from crmctl.i18n import _

_ENDS = ("\r", "\n")
_RUB_OUT = ("\x7f", "\b")


def can_walk() -> bool:
    """Whether somebody is there to press keys and to see what happens."""
    return can_ask() and is_terminal(sys.stdout)


@dataclass(slots=True)
class Keys:
    """A person's keys. `^C` raises KeyboardInterrupt and leaves the terminal as it was."""

    _ahead: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def key(self) -> str:
        """The next key: one character, or the whole sequence of an arrow; `^D` where the input ended."""
        while not self._ahead:
            self._ahead = self._typed()
        if self._ahead.startswith("\x1b"):
            key, self._ahead = self._ahead[:3], self._ahead[3:]
            return key
        key, self._ahead = self._ahead[0], self._ahead[1:]
        if key == "\x03":
            raise KeyboardInterrupt
        return key

    def line(self, prompt: str) -> str:
        """A line of text, in any script; empty where nothing was entered. Raises Aborted when the input ends."""
        text = ""
        while True:
            _draw(prompt + text)
            key = self.key()
            if key in _ENDS:
                _draw(prompt + text + "\n")
                return text.strip()
            if key == "\x04":
                raise Aborted(_("Nothing was changed"))
            if key in _RUB_OUT:
                text = text[:-1]
            elif key == "\x15":
                text = ""
            elif not key.startswith("\x1b"):
                text += safe(key)

    def _typed(self) -> str:
        """What was typed, at least a byte of it; each key at once and without an echo."""
        try:
            import termios
            import tty
        except ImportError:  # Windows
            from typer import getchar

            return getchar()
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            # not tcflush, as the default would: what was typed ahead stays
            tty.setraw(descriptor, termios.TCSADRAIN)
            raw = os.read(descriptor, 1024)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        return self._decoder.decode(raw) if raw else "\x04"


def _draw(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{safe(text, newlines=True)}")
    sys.stderr.flush()
