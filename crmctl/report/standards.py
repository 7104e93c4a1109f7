"""What questions may hold the customers against: the policy's caps and aimed-at mix of grades, likely duplicates."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration
from crmctl.ledger.ledger import Ledger
from crmctl.policy.grading import Grading, Per
from crmctl.policy.pack_files import MAIN_AXIS

if TYPE_CHECKING:
    from sqlite3 import Connection

TARGET, DUPLICATE = "grade_target", "duplicate"
CREATE = {
    TARGET: (
        f"CREATE TABLE {TARGET} (department TEXT, grade TEXT, rung INTEGER, cap REAL, product_cap REAL, low REAL, "
        "high REAL)"
    ),
    DUPLICATE: f"CREATE TABLE {DUPLICATE} (id TEXT, other TEXT, strength TEXT)",
}  # fmt: skip


def add_standards(connection: Connection, ledger: Ledger, tables: Collection[str], as_of: date) -> None:
    """Add what of this the questions read (`tables`: all they read)."""
    if TARGET in tables:
        connection.execute(CREATE[TARGET])
        connection.executemany(f"INSERT INTO {TARGET} VALUES (?, ?, ?, ?, ?, ?, ?)", _targets(ledger, as_of))  # noqa: S608
    if DUPLICATE in tables:
        from crmctl.ledger.reading.duplicates import likely_pairs

        pairs = likely_pairs(ledger, ledger.in_force.kinds["customer"])
        connection.execute(CREATE[DUPLICATE])
        rows = [(one, other.id, other.strength) for one, other in pairs]
        connection.executemany(f"INSERT INTO {DUPLICATE} VALUES (?, ?, ?)", rows)  # noqa: S608 (a constant)


def _targets(ledger: Ledger, as_of: date) -> Iterator[tuple[object, ...]]:
    from crmctl.ledger.deciding import rules_for

    for department in ledger.in_force.org.departments:
        try:
            axis = rules_for(ledger, department, MAIN_AXIS, as_of).axis
        except BadConfiguration:
            continue  # no grades, or numbers still wanting: `policy check` says so
        for rung, grade in enumerate(axis.grading.grades, 1):
            low, high = axis.mix.get(grade, (None, None))
            caps = (_cap(axis.grading, grade, per) for per in ("department", "product"))
            yield (department, grade, rung, *caps, *(None if one is None else float(100 * one) for one in (low, high)))


def _cap(grading: Grading, grade: str, per: Per) -> float | None:
    """The cap of a grade in percent, whether it moves customers down or only warns."""
    return next((float(100 * cap.share) for cap in grading.caps if cap.grade == grade and cap.per == per), None)
