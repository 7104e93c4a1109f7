"""The program's way in; `--version` answers before anything is imported."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from crmctl import __version__

_INTERRUPTED = 130
# A command ends soon: looking for cycles among its many records costs up to a fifth of its time.
_GARBAGE = (1_000_000, 50, 100)


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"crmctl {__version__}")
        return
    gc.set_threshold(*_GARBAGE)
    try:
        from crmctl.cli.boundary import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)  # while it was still starting: there is nothing to say and nothing to undo
    _leave(code)


def _leave(code: int) -> None:
    """End at once: taking apart hundreds of thousands of objects one by one costs a tenth of a large command's time.

    What asked to be run at the end is run, and everything said is out. Where a thread still works, Python ends as ever.
    """
    import contextlib  # `--version` answers without them
    import threading

    if threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other name for it, and os._exit leaves it out
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # the way in said so already
            if stream is not None and not stream.closed:
                stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
