"""A finding's line in its file."""

from __future__ import annotations

import pytest

from crmctl.ledger.disk.yamlio import load_located
from crmctl.model.findings import Finding
from crmctl.model.located import at_lines, line_of

TEXT = b"""kind: a
fields:
  name: {is: text}
  parts:
    is: list
    fields:
      size: {is: int}
readers:
  assignment/sales: [owner,
    team]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("kind", 1), ("fields.name.is", 3), ("fields.parts.size", 7), ("fields.parts.colour", 4),
        ("readers.assignment/sales.1", 10), ("readers.assignment/sales.7", 9), ("nowhere", 1), ("", 1),
    ],
)  # fmt: skip
def test_the_line_is_the_nearest_outer_one(path: str, line: int) -> None:
    _value, positions = load_located(TEXT, "a.yaml")
    assert line_of(path, positions) == line


def test_findings_say_file_and_line() -> None:
    _value, positions = load_located(TEXT, "a.yaml")
    (found,) = at_lines([Finding("X", "y", field="fields.name")], positions, "a.yaml")
    assert found.where == "a.yaml:3"
