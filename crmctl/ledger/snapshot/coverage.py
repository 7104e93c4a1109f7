"""How much of what exists the member opened, for one kind and department (DESIGN 5: scope and coverage)."""

from __future__ import annotations

import sqlite3

from crmctl.model.kinds import Kind

Connection = sqlite3.Connection
_CARDS = """
SELECT count(*), count(k.id) FROM assignment a LEFT JOIN "{table}" k ON k.dossier = a.dossier
WHERE a.department = :department
"""
_RECORDS = """
SELECT coalesce(sum(existing), 0), coalesce(sum(opened), 0) FROM coverage
WHERE kind = :kind AND department = :department
"""


def seen(connection: Connection, kind: Kind, department: str) -> tuple[int, int]:
    """(existing, opened) records of a kind that concern a department; a card counts by its assignment."""
    sql = _CARDS.format(table=kind.table) if kind.scope == "core" else _RECORDS
    row = connection.execute(sql, {"department": department, "kind": kind.name}).fetchone()
    return int(row[0]), int(row[1])
