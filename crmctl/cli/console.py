"""Standard output and error that never crash on a character the console cannot show."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

_PROBE = "客户"


def make_streams_safe() -> None:
    """Let stdout and stderr replace what they cannot encode.

    A pipe or file whose encoding nobody asked for gets UTF-8 (old Windows hands out the code
    page); a terminal and `PYTHONIOENCODING` keep theirs.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if speaks_unicode(stream):
            stream.reconfigure(errors="backslashreplace")
        elif os.environ.get("PYTHONIOENCODING") or stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def speaks_unicode(stream: TextIO | None) -> bool:
    """Whether every character can be written to `stream`."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "").replace("_", "") in {
        "utf8",
        "utf16",
        "utf32",
        "gb18030",
    }


def shows_chinese(stream: TextIO | None) -> bool:
    """Whether Chinese can be written to `stream` at all."""
    try:
        _PROBE.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at `stream`; a closed or missing stream is nobody."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
