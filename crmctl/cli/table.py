"""Tables: drawn with Rich for a person, tab-separated for a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from crmctl.cli.console import is_terminal
from crmctl.cli.text import safe

Align = Literal["left", "right"]


def table(
    columns: Sequence[tuple[str, Align]], rows: Iterable[Sequence[object]], widths: Sequence[int] | None = None
) -> None:
    """Print `rows` under `columns` (label, align) on stdout; `None` is an empty cell.

    Labels and cells are data: no markup, no escape sequence, one line a cell in a pipe. `widths`: how broad each
    column is at a terminal, in cells; without them what is in it decides.
    """
    if is_terminal(sys.stdout):
        _drawn(columns, rows, widths or [])
        return
    print("\t".join(safe(label) for label, _ in columns))
    for row in rows:
        print("\t".join(_cell(value) for value in row))


def breadth(text: str) -> int:
    """How many cells of a terminal the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def _cell(value: object, *, newlines: bool = False) -> str:
    return "" if value is None else safe(value, newlines=newlines)


def _drawn(columns: Sequence[tuple[str, Align]], rows: Iterable[Sequence[object]], widths: Sequence[int]) -> None:
    # 65 ms, so only where somebody looks at the table
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, (label, align) in enumerate(columns):
        width = widths[place] if place < len(widths) else None
        drawn.add_column(Text(safe(label)), justify=align, overflow="fold", width=width)
    for row in rows:
        drawn.add_row(*(Text(_cell(value, newlines=True)) for value in row))
    Console(file=sys.stdout, markup=False, highlight=False, emoji=False, no_color=plain).print(drawn)
