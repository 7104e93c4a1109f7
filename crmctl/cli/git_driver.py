"""What Git itself starts, file by file: `merge BASE OURS THEIRS PATH` and `show FILE`.

A way in of its own beside the command table: `git log -p` starts one for each side of each change.
"""

from __future__ import annotations

import sys
from pathlib import Path

from crmctl import i18n
from crmctl.cli.console import make_streams_safe
from crmctl.cli.text import safe
from crmctl.errors import CrmctlError

_KEPT_APART = 1


def main(words: list[str]) -> int:
    """Do what Git asks. A merge that cannot be made answers 1 and leaves our version as it was."""
    make_streams_safe()
    i18n.set_language(i18n.chosen_language())
    if len(words) == 5 and words[0] == "merge":
        return _merge(words[4], *map(Path, words[1:4]))
    if len(words) == 2 and words[0] == "show":
        return _show(Path(words[1]))
    sys.stderr.write("git_driver merge BASE OURS THEIRS PATH | show FILE\n")
    return 2


def _merge(path: str, base: Path, ours: Path, theirs: Path) -> int:
    from crmctl.ledger.ledger import Ledger
    from crmctl.ledger.waiting.by_hand import merged_by_hand

    try:
        made = merged_by_hand(
            Ledger.find(Path()), path, base.read_bytes(), ours.read_bytes(), theirs.read_bytes()
        )  # fmt: skip
        if made is not None:
            ours.write_bytes(made)
    except CrmctlError as error:
        told = ": ".join(part for part in (error.where, error.what) if part)
        hint = f" ({error.hint})" if error.hint else ""
        sys.stderr.write(safe(f"crmctl: {told}{hint}") + "\n")
        return _KEPT_APART
    except OSError:
        return _KEPT_APART
    return 0


def _show(file: Path) -> int:
    """Git gives up a whole diff when this fails, so it never does for what a file holds."""
    from crmctl.ledger.git.homes import blob_id
    from crmctl.ledger.ledger import Ledger
    from crmctl.ledger.waiting.by_hand import sealed, shown

    content = file.read_bytes()
    try:
        text = shown(Ledger.find(Path()), content, file.as_posix())
    except CrmctlError as error:  # no ledger, or one that does not load
        text = sealed(blob_id(content), error.what)
    sys.stdout.write(safe(text, newlines=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
