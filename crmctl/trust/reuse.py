"""Where a sealed blob lay before, told only once it has turned up again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmctl.ledger.git.repository import PathChange, Repository

_ENTRY = re.compile(r"^:\d{6} \d{6} [0-9a-f]+ ([0-9a-f]{40}) [A-Z]$")


def earlier_home(repo: Repository, parents: Sequence[str], change: PathChange) -> str:
    """The path the blob was first put at, in the history before this change; the change's own when it is not found."""
    if not parents:
        return change.path
    listing = repo.run(
        "log", "--format=", "--raw", "-m", "-z", "--no-abbrev", "--no-renames", "--reverse",
        f"--find-object={change.new_oid}", *parents, env={"GIT_INDEX_FILE": "/nonexistent"},
    ).decode("utf-8", "surrogateescape")  # fmt: skip
    words = listing.split("\0")
    for meta, path in zip(words[::2], words[1::2], strict=False):
        match = _ENTRY.match(meta.strip())
        if match and match[1] == change.new_oid:
            return path
    return change.path
