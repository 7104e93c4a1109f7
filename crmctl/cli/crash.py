"""What is kept of a bug: exception types and places in the code, and not one value of anybody's record."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from crmctl import __version__
from crmctl.home import home


def write_log(error: BaseException) -> Path | None:
    """Write the trace of `error` to a file under the home's `logs`; None where that fails too."""
    lines = [
        f"crmctl {__version__}, Python {platform.python_version()}, {sys.platform}",
        *trace(error),
    ]
    folder = home() / "logs"
    # a bug's time is the machine's, also where CRMCTL_NOW replays another day
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"crash-{stamp}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError:
        return None
    return path


def trace(error: BaseException) -> Iterator[str]:
    """The chain of exceptions, each type with its frames as `file:line function`; no messages, no values."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield type(current).__qualname__
        for frame, line in traceback.walk_tb(current.__traceback__):
            yield f"  {_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        if isinstance(current, BaseExceptionGroup):
            for inner in current.exceptions:
                yield from trace(inner)
        current = current.__cause__ or current.__context__


def place(error: BaseException) -> str:
    """`file:line` of the innermost frame in our own code, or of the innermost at all."""
    frames = [(_short(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [entry for entry in frames if entry[0].startswith("crmctl/")]
    return "{}:{}".format(*(ours or frames)[-1]) if frames else "?"


def _short(filename: str) -> str:
    """The path below the import folder it came from: a full path would name the person."""
    folders = sorted((entry for entry in sys.path if entry), key=len, reverse=True)
    package_home = str(Path(__file__).resolve().parents[2])
    for folder in (package_home, *folders):
        if filename.startswith(folder + os.sep):
            return filename[len(folder) + 1 :].replace(os.sep, "/")
    return Path(filename).name
