"""What the snapshot must hold, worked out from the records one by one and from nothing that was kept."""

from __future__ import annotations

import sqlite3

from crmctl.errors import CrmctlError, NoKey
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.tables import rows_of
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of

KINDS = ("customer", "visit", "transaction")
Coverage = dict[tuple[str, str, str], tuple[int, int]]


def expected(ledger: Ledger, kind: Kind) -> tuple[list[tuple[object, ...]], Coverage]:
    """A kind's rows, sorted, and what exists and opens by (kind, department, compartment)."""
    rows: list[tuple[object, ...]] = []
    counts: dict[tuple[str, str, str], tuple[int, int]] = {}
    for path, oid in ledger.record_blobs():
        place = place_of(path)
        if place is None or (place.folder or place.record_id) != (kind.name if kind.single else kind.folder):
            continue
        department, slash, short = place.compartment.partition("/")
        key = (kind.name, department if slash else "", short if slash else department)
        existing, opened = counts.get(key, (0, 0))
        try:
            rows += rows_of(kind, ledger.read(path, oid), path, ledger.in_force.settings.currency)
            opened += 1
        except (NoKey, CrmctlError):
            pass
        counts[key] = (existing + 1, opened)
    return sorted(rows, key=repr), counts


def held(connection: sqlite3.Connection, kind: Kind) -> tuple[list[tuple[object, ...]], Coverage]:
    """The same out of a snapshot."""
    rows = sorted(connection.execute(f'SELECT * FROM "{kind.table}"').fetchall(), key=repr)
    coverage = connection.execute("SELECT * FROM coverage WHERE kind = ?", (kind.name,)).fetchall()
    return rows, {
        (name, department, short): (existing, opened) for name, department, short, existing, opened in coverage
    }


def assert_whole(ledger: Ledger, kinds: tuple[str, ...] = KINDS) -> None:
    """The snapshot of these kinds is what a look at every record gives."""
    connection = connect(ledger, kinds)
    for name in kinds:
        kind = ledger.in_force.kinds[name]
        assert held(connection, kind) == expected(ledger, kind), name
    assignments = sorted(
        (path.split("/")[2], department, a.owner, a.state)
        for path, _oid in ledger.repo.walk(ledger.head, "customers") if path.endswith("/dossier.yaml")
        for department, a in ledger.dossier(path.split("/")[2]).assignments.items()
    )  # fmt: skip
    assert (
        connection.execute("SELECT dossier, department, owner, state FROM assignment ORDER BY 1, 2").fetchall()
        == assignments
    )
    connection.close()
