"""Say in which line of a file a finding lies, from the positions the reader noted (`yamlio.load_located`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from crmctl.model.findings import Finding

Positions = Mapping[tuple[str | int, ...], int]


def at_lines(findings: Iterable[Finding], positions: Positions, where: str) -> list[Finding]:
    """The findings with `where:line` as their place; a path the file lacks takes its nearest outer line."""
    return [replace(finding, where=f"{where}:{line_of(finding.field, positions)}") for finding in findings]


def line_of(path: str, positions: Positions) -> int:
    """The line (from 1) of a dotted path such as `fields.color.is` or `arrows.0`.

    Inner fields are named `fields.contacts.phone`, though their file has one more `fields:` between.
    """
    at: tuple[str | int, ...] = ()
    for part in path.split("."):
        step: str | int = int(part) if part.isdigit() else part
        if (*at, step) in positions:
            at = (*at, step)
        elif (*at, "fields", step) in positions:
            at = (*at, "fields", step)
        else:
            break
    return positions.get(at, 1)
