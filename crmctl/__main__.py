"""The program's way in; `--version` answers before anything is imported."""

from __future__ import annotations

import sys

from crmctl import __version__


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"crmctl {__version__}")
        return
    from crmctl.cli.boundary import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
