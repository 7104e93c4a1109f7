"""How far a long task is: one line on stderr, at a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crmctl.cli.console import is_terminal
from crmctl.cli.text import safe, width
from crmctl.i18n import _

_REDRAW_SECONDS = 0.1


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Yield `done(n)`, to be called with how many are done so far; cheap enough for every item.

    Nothing is printed unless stderr is a terminal, and the line is wiped at the end.
    """
    if not is_terminal(sys.stderr):
        yield lambda _: None
        return
    text = safe(label)
    drawn_at = 0.0
    widest = 0

    def done(count: int) -> None:
        nonlocal drawn_at, widest
        present = time.monotonic()
        if present - drawn_at < _REDRAW_SECONDS:
            return
        drawn_at = present
        line = f"{text} {count}/{total}" if total is not None else f"{text} {count}"
        widest = max(widest, width(line))
        _write(f"\r{line}")

    try:
        yield done
    finally:
        if widest:
            _write(f"\r{' ' * widest}\r")


def clear_line() -> None:
    """Wipe what stands of a progress line, before a question in the middle of a task."""
    if is_terminal(sys.stderr):
        _write("\r\x1b[K")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def transfer() -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield `shown(stage, done, total)` for what comes and goes over the network."""
    with progress(_("Exchanging")) as done:
        yield lambda _stage, count, _total: done(count)
