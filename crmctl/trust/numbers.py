"""A registration number as it enters main: the next of its series, for one record that main holds (R-AUD-14)."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.errors import CrmctlError
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import CommitInfo, PathChange, Repository
from crmctl.model.findings import Finding
from crmctl.model.numbers import TOP, Number, number_at, number_path, read_number
from crmctl.model.paths import record_path
from crmctl.trust.view import View
from crmctl.trust.words import found

# By path and blob: what such a file says never changes.
_known: dict[tuple[str, str], Number | None] = {}


def numbered_well(info: CommitInfo, view: View, changes: list[PathChange]) -> Iterator[Finding]:
    """What is wrong with the numbers a change gives. That they never change or go is the authority file's."""
    given = [change for change in changes if change.path.startswith(f"{TOP}/") and change.new_oid]
    fresh: dict[str, Number] = {}
    for change in sorted(given, key=lambda change: number_at(change.path) or ("", 0)):
        number = _read(view.repo, change.path, change.new_oid or "")
        if number is None:
            yield found("TRU092", info.oid, change.path, why="form")
            continue
        before = number_path(number.series, number.number - 1)
        if number.number > 1 and before not in fresh and view.oid(before) is None:
            yield found("TRU092", info.oid, change.path, why="gap")
        if not _is_there(view, number):
            yield found("TRU093", info.oid, change.path, record=number.record)
        if any(other.record == number.record for other in [*fresh.values(), *_others(view, number.series)]):
            yield found("TRU094", info.oid, change.path, record=number.record)
        fresh[change.path] = number


def _is_there(view: View, number: Number) -> bool:
    """Whether main, before anything of this landing, has the record, and its kind is numbered in that series."""
    return any(
        view.repo.entry(view.base, record_path(kind, number.dossier, number.compartment, number.record)) is not None
        for kind in view.in_force.kinds.values() if kind.number == number.series
    )  # fmt: skip


def _others(view: View, series: str) -> Iterator[Number]:
    repo, folder = view.repo, f"{TOP}/{series}"
    tree = repo.entry(view.base, folder)
    there: dict[str, str | None] = {}
    if tree and tree.kind == "tree":
        there = {f"{folder}/{name}": entry.oid for name, entry in repo.tree(tree.oid).items()}
    there |= {path: oid for path, oid in view.laid.items() if path.startswith(folder + "/")}
    for path, oid in there.items():
        number = _read(repo, path, oid) if oid else None
        if number:
            yield number


def _read(repo: Repository, path: str, oid: str) -> Number | None:
    if (path, oid) not in _known:
        try:
            _known[path, oid] = read_number(path, load(repo.read_blob(oid), path))
        except CrmctlError:
            _known[path, oid] = None
    return _known[path, oid]
