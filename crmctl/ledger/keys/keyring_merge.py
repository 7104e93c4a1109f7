"""Bring two lines of the keyring together: theirs stays, what ours added or took away is put on it."""

from __future__ import annotations

from collections.abc import Iterable

from crmctl.errors import TrustBroken
from crmctl.i18n import _
from crmctl.ledger.git.repository import Repository
from crmctl.model.wraps import WrapError, Wraps, merge_wraps, read_wraps, write_wraps


def merged_keyring(repo: Repository, base: str, ours: str, theirs: str) -> dict[str, bytes | None]:
    """The wrap files to write onto `theirs`. Raises TrustBroken where a file does not read.

    Where both turned the same key, theirs is the one: none of our wraps of that generation goes along.
    """
    edits: dict[str, bytes | None] = {}
    taken: dict[str, set[tuple[str, int]]] = {}
    for change in repo.changed(base, ours):
        folder = change.path.rpartition("/")[0]
        before = repo.read_blob(change.old_oid) if change.old_oid else b""
        mine = repo.read_blob(change.new_oid) if change.new_oid else b""
        shared = repo.read(theirs, change.path) or b""
        try:
            if folder not in taken:
                taken[folder] = _lines(repo, theirs, folder) - _lines(repo, base, folder)
            made = merge_wraps(before, _without(mine, read_wraps(before), taken[folder]), shared)
        except WrapError as error:
            raise TrustBroken(
                _("Line {line} of a wrap file is damaged", line=error), where=change.path, hint="crmctl doctor"
            ) from error
        if made != shared:
            edits[change.path] = made or None
    return edits


def _without(mine: bytes, before: Wraps, taken: Iterable[tuple[str, int]]) -> bytes:
    gone = {line for line in taken if line not in before}
    return write_wraps({line: sealed for line, sealed in read_wraps(mine).items() if line not in gone})


def _lines(repo: Repository, commit: str, folder: str) -> set[tuple[str, int]]:
    """The generations of all keys that anybody has a wrap of."""
    return {line for _path, oid in repo.walk(commit, folder) for line in read_wraps(repo.read_blob(oid))}
