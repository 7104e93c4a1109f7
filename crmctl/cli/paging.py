"""Long text at a terminal, a screen at a time, in this process: what is sealed in the ledger goes through no file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

from crmctl.cli.keys import Keys, can_walk
from crmctl.cli.text import safe, wrap
from crmctl.i18n import _


def page(lines: Iterable[str], keys: Keys | None = None) -> bool:
    """Print lines; at a terminal stop when the screen is full. Returns False when the person left before the end."""
    if not can_walk():
        for line in lines:
            print(safe(line))
        return True
    columns, rows = shutil.get_terminal_size()
    keys, left = keys or Keys(), max(2, rows - 2)
    for line in lines:
        for piece in wrapped(safe(line), columns):
            if left == 0:
                if not _more(keys):
                    return False
                left = max(2, rows - 2)
            print(piece)
            left -= 1
    return True


def wrapped(line: str, columns: int) -> list[str]:
    """A line as it fits the screen, its continuation indented like its beginning."""
    indent = len(line) - len(line.lstrip())
    pieces = wrap(line.strip(), max(20, columns - indent)) or [""]
    return [" " * indent + piece for piece in pieces]


def _more(keys: Keys) -> bool:
    text = _("-- more: space, or q to leave --")
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()
    key = keys.key()
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
    return key not in {"q", "Q", "\x1b"}
