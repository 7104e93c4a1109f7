"""Who approved what, as a table: one row for each approval and each record of the bundle it was given on (R-REV-17).

`approval (record, act, role, department, member, stands_for, paper, "on", bundle)`, read from the landings on main and
from what was taken note of there afterwards. `verify` proves these commits; here they are only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import stacks_of
from crmctl.ledger.reading.onward import keep_onward, range_since, read_onward
from crmctl.ledger.reading.slots_given import BUNDLE, PAPER, SLOT, bundle_below
from crmctl.model.paths import dossier_of, place_of
from crmctl.rules.slots import stood_for

if TYPE_CHECKING:
    from sqlite3 import Connection

TABLE = "approval"
_NOTE, _FORM = "approvals", 1
Row = tuple[str, str, str, str | None, str, str | None, str | None, str, str]


def add_approvals(connection: Connection, ledger: Ledger, tables: Iterable[str]) -> None:
    """Fill the table `approval` where a question reads it and nobody filled it yet."""
    if TABLE in tables and not connection.execute(f"SELECT 1 FROM {TABLE} LIMIT 1").fetchone():  # noqa: S608
        connection.executemany("INSERT INTO approval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", approval_rows(ledger))


def approval_rows(ledger: Ledger) -> list[Row]:
    """Every approval that is in force, in the order of main."""
    since, told = read_onward(ledger, _NOTE, _FORM)
    rows: list[Row] = [tuple(row) for row in told.get("rows", ())]
    known: dict[str, tuple[str, ...]] = {bundle: tuple(ids) for bundle, ids in told.get("bundles", {}).items()}
    if since == ledger.main:
        return rows
    for info in ledger.repo.commits(_steps(ledger, since)):
        slots, bundle = _brought(ledger, info)
        if bundle is not None:
            known[bundle.oid] = tuple(dict.fromkeys(_records(ledger, bundle)))
        for slot in slots:
            rows += _rows(ledger, slot, info, known)
    keep_onward(ledger, _NOTE, _FORM, {"rows": rows, "bundles": known})
    return rows


def _steps(ledger: Ledger, since: str | None) -> list[str]:
    """The commits of main's line that can bring approvals: landings, and what was taken note of there."""
    run = ledger.repo.run
    words = ("rev-list", "--first-parent", *range_since(ledger, since))
    noted = frozenset(run(*words, "--no-merges", "-F", f"--grep={SLOT}: ").decode().split())
    line = [line.split() for line in run(*words, "--reverse", "--parents").decode().splitlines()]
    return [commit for commit, *parents in line if len(parents) > 1 or commit in noted]


def _brought(ledger: Ledger, info: CommitInfo) -> tuple[list[CommitInfo], CommitInfo | None]:
    """The approvals that entered main with a commit, and the bundle they stand on."""
    if len(info.parents) < 2:
        return ([info] if _is_slot(info) else []), None
    bundle = bundle_below(ledger.repo, info.parents[1])
    slots, at = [], ledger.repo.commit(info.parents[1])
    while _is_slot(at):
        slots.append(at)
        at = ledger.repo.commit(at.parents[0])
    return slots[::-1], bundle


def _is_slot(info: CommitInfo) -> bool:
    return len(info.parents) == 1 and any(key == SLOT for key, _value in info.trailers)


def _rows(
    ledger: Ledger, slot: CommitInfo, landed: CommitInfo, known: dict[str, tuple[str, ...]]
) -> Iterator[Row]:  # fmt: skip
    said = dict(slot.trailers)
    act, role, where = [*said.get(SLOT, "").split(" "), "", "", ""][:3]
    department, paper, bundle = None if where == "-" else where, said.get(PAPER), said.get(BUNDLE, "")
    org, day = ledger.in_force.org, landed.committed_at.astimezone(ledger.now.tzinfo).date()
    member = org.members.get(slot.author.name)
    holder = stood_for(org, member, role, department, day) if member and not paper else None
    stands_for = holder if holder and holder != slot.author.name else None
    given = slot.committed_at.astimezone(ledger.now.tzinfo).date().isoformat()
    for record in known.get(bundle) or _named(ledger, bundle):
        yield record, act, role, department, slot.author.name, stands_for, paper, given, bundle


def _named(ledger: Ledger, commit: str) -> Iterator[str]:
    """What a change that nobody had to approve was about: it is only taken note of."""
    if ledger.repo.resolve(commit) is not None:
        yield from (value for key, value in ledger.repo.commit(commit).trailers if key == "Crmctl-Record")


def _records(ledger: Ledger, bundle: CommitInfo) -> Iterator[str]:
    """What a bundle is about: record ids, the customer's for its card or clear part, else the file."""
    base, *tips = bundle.parents
    stacks, _landed = stacks_of(ledger.repo, list(tips), (base,))
    for stack in stacks:
        for info in ledger.repo.commits(stack.commits):
            yield from (value for key, value in info.trailers if key == "Crmctl-Record")
        for change in stack.changes:
            place = place_of(change.path)
            if place is None:
                yield dossier_of(change.path) or change.path
            elif place.is_record and place.folder:
                yield place.record_id
            else:
                yield place.dossier
