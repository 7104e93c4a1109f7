"""Own changes under a customer that was destroyed before they were handed in (R-UPD-08): told, then left out.

Such a change cannot land: nothing comes back under a tombstone. `sync` says so until its author has taken it back;
then the change and its taking back both stay here, and everything else is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from crmctl.errors import Conflict
from crmctl.i18n import _
from crmctl.ledger.changing.placing import edits_of
from crmctl.ledger.ledger import Ledger
from crmctl.model.paths import dossier_of, place_of

_CLEAR = "/dossier.yaml"
_SHORT = 10
_NAMED = 5
Value = TypeVar("Value")


def destroyed(ledger: Ledger, base: str, theirs: str) -> tuple[str, ...]:
    """The folders of dossiers that went from main between `base` and `theirs`."""
    gone = [change.path for change in ledger.repo.changed(base, theirs) if not change.new_oid]
    return tuple(path.removesuffix("dossier.yaml") for path in gone if path.endswith(_CLEAR))


def touched(ledger: Ledger, own: Sequence[str], folders: tuple[str, ...]) -> dict[str, list[str]]:
    """Own commits with the paths below these folders that they change."""
    if not folders:
        return {}
    found = {commit: [path for path in edits_of(ledger, commit) if path.startswith(folders)] for commit in own}
    return {commit: paths for commit, paths in found.items() if paths}


def own_commits(ledger: Ledger, theirs: str) -> list[str]:
    """The member's commits that `theirs` lacks, the oldest first."""
    words = ["--reverse", "--topo-order", "--no-merges", ledger.head, f"^{theirs}"]
    return ledger.repo.run("rev-list", *words).decode().split()


def must_be_taken_back(ledger: Ledger, base: str, own: Sequence[str], folders: tuple[str, ...]) -> None:
    """Raises Conflict while something of one's own still stands below a folder that was destroyed."""
    if not folders:
        return
    standing = [item.path for item in ledger.repo.changed(base, ledger.head) if item.path.startswith(folders)]
    if not standing:
        return
    commits = [commit for commit, paths in touched(ledger, own, folders).items() if set(paths) & set(standing)]
    dossiers = dict.fromkeys(dossier_of(path) or path for path in standing)
    places = [place for path in standing if (place := place_of(path)) is not None and place.is_record]
    records = dict.fromkeys(place.record_id for place in places)
    raise Conflict(
        _(
            "{customer} was destroyed meanwhile: what you entered there cannot be handed in",
            customer=", ".join(dossiers),
        ),
        where=", ".join([*records][:_NAMED]) or None,
        rule="TRU091",
        hint=_(
            "Keep what you need of it elsewhere, take it back ({undo}) and sync again: the rest is handed in then",
            undo="; ".join(f"crmctl undo {commit[:_SHORT]}" for commit in reversed(commits)),
        ),
    )


def left_out(edits: Mapping[str, Value], folders: tuple[str, ...]) -> dict[str, Value]:
    """The edits that are not below one of these folders."""
    return {path: edit for path, edit in edits.items() if not (folders and path.startswith(folders))}
