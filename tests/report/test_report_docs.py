"""What docs/reports.md says: its example can be taken in, and nothing a report may use is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from crmctl.ledger.snapshot.connection import FIXED
from crmctl.report.definition import SHAPES, ColumnType
from crmctl.report.provided import CREATE, FUNCTIONS
from tests.report.conftest import Draw

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reports.md").read_text("utf-8")


def block(language: str) -> str:
    """The first block in that language."""
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def test_the_example_can_be_drawn(draw: Draw, put: Callable[..., str]) -> None:
    put({"report.yaml": block("yaml"), "regions.sql": block("sql")}, "regions")
    (table,) = draw("regions", department="east", period="2026").tables
    assert [row[1] for row in table.rows] == [3]
    assert [row[2] for row in table.rows] == [270000]


@pytest.mark.parametrize("statement", [*CREATE.values(), *FIXED.split(";")[:-1]])
def test_every_table_is_described_with_its_columns(statement: str) -> None:
    found = re.search(r"CREATE TABLE (\w+)\s*\((.*)\)", statement, re.DOTALL)
    assert found
    name = found[1]
    if name in {"damaged", "done_late", "member", "role", "department", "assignment"}:  # told in words
        assert name == "damaged" or f"`{name}`" in TEXT
        return
    columns = [re.split(r"\s+", column.strip())[0].strip('"') for column in found[2].split(",")]
    assert f"`{name} ({', '.join(columns)})`" in TEXT


def test_every_function_type_shape_and_view_is_named() -> None:
    views = [path.stem for path in (ROOT / "templates" / "views").glob("*.sql")]
    functions = {name for name, _arguments in FUNCTIONS}
    for word in (*views, *functions, *get_args(ColumnType), *SHAPES):
        assert re.search(rf"\b{word}\b", TEXT), word
