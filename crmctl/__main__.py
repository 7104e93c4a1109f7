"""The program's way in; `--version` answers before anything is imported."""

from __future__ import annotations

import gc
import sys

from crmctl import __version__

_GARBAGE = (
    100_000,
    20,
    100,
)  # a command ends soon: looking for cycles among its many records costs a fifth of its time


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"crmctl {__version__}")
        return
    gc.set_threshold(*_GARBAGE)
    from crmctl.cli.boundary import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
