"""The registration numbers a commit holds: read only, so that looking at a record loads nothing that writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError
from crmctl.ledger.disk.yamlio import load
from crmctl.model.numbers import TOP, Number, number_at, read_number

if TYPE_CHECKING:
    from crmctl.ledger.git.repository import Repository
    from crmctl.ledger.ledger import Ledger


def numbers_at(repo: Repository, commit: str, series: str | None = None) -> Iterator[Number]:
    """The numbers given at a commit, of one series or of all; files that do not read are left out."""
    folder = f"{TOP}/{series}" if series else TOP
    if repo.entry(commit, folder) is None:
        return
    found = {path: oid for path, oid in repo.walk(commit, folder) if number_at(path)}
    contents = dict(repo.read_blobs(sorted(set(found.values()))))
    for path, oid in found.items():
        try:
            number = read_number(path, load(contents[oid], path))
        except CrmctlError:
            continue
        if number:
            yield number


def number_here(ledger: Ledger, record_id: str) -> Number | None:
    """The number a record has; None for one that has none (yet)."""
    return next((number for number in numbers_at(ledger.repo, ledger.main) if number.record == record_id), None)
