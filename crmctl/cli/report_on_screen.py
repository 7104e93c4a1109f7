"""A report at a terminal, or as tab-separated lines in a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from crmctl.cli.console import is_terminal
from crmctl.cli.out import Out
from crmctl.cli.table import Align, breadth, table
from crmctl.i18n import _, label
from crmctl.report.breaking import lines_of
from crmctl.report.columns import SCREEN, Widths, anchor, groups, named, unbroken
from crmctl.report.definition import Column
from crmctl.report.filled import Filled, FilledTable, Row, Section


def on_screen(filled: Filled, out: Out) -> None:
    """Print the whole report on stdout."""
    out.line(filled.title)
    for name, value in filled.heading():
        _say(out, f"{name}{_(': ')}{value}")
    if not filled.complete:
        out.line(_("Only what you can open is counted here."))
    for one in filled.shown:
        out.line()
        out.line(one.title)
        if one.table.note and one.rows:
            _say(out, label(one.table.note))
        if not one.rows:
            out.line(_("Nothing to show") if filled.complete else _("Nothing that you can open"))
        elif one.table.layout == "fields":
            _pairs(filled, one)
        else:
            _rows(filled, one, out)


def _say(out: Out, text: str) -> None:
    """A sentence, in as many lines as the terminal needs."""
    room = shutil.get_terminal_size().columns
    for line in lines_of(text, room, breadth) if is_terminal(sys.stdout) else (text,):
        out.line(line)


def _pairs(filled: Filled, one: FilledTable) -> None:
    for row in one.rows:
        texts = [filled.words.text(column, value) for column, value in zip(one.columns, row, strict=True)]
        pairs = [(label(column.label), text) for column, text in zip(one.columns, texts, strict=True) if text]
        table([(_("Field"), "left"), (_("Value"), "left")], pairs)


def _rows(filled: Filled, one: FilledTable, out: Out) -> None:
    columns = [one.columns[place] for place in one.shown]
    heads: list[tuple[str, Align]] = [
        (label(column.label), "right" if column.is_number else "left") for column in columns
    ]
    sections = list(one.sections(filled.words))
    drawn = [(section, list(_lines(filled, one, section, last=section is sections[-1]))) for section in sections]
    lines = [named(cells, name) for _section, found in drawn for name, cells in found]
    for number, (places, widths) in enumerate(_parts(columns, [head for head, _align in heads], lines)):
        if number:
            out.line()
        for section, found in drawn:
            if section.heading:
                out.line(f"{section.heading} ({len(section.rows)})")
            rows = [named([cells[place] for place in places], name) for name, cells in found]
            table([heads[place] for place in places], rows, widths)


def _lines(filled: Filled, one: FilledTable, section: Section, *, last: bool) -> Iterator[tuple[str, list[str]]]:
    """Each line with what it is called, where it is a sum."""
    for row in section.rows:
        yield "", _texts(filled, one, row)
    if section.totals:
        yield _("Subtotal"), _texts(filled, one, section.totals)
    if one.totals and last:
        yield _("Total"), _texts(filled, one, one.totals)


def _parts(
    columns: Sequence[Column], heads: Sequence[str], lines: Sequence[Sequence[str]]
) -> Iterator[tuple[list[int], list[int] | None]]:
    """The columns that fit side by side, with their widths; at a pipe all of them.

    No figure, date or code is broken: what finds no room follows below, what a row is known by again before it.
    """
    if not is_terminal(sys.stdout):
        yield list(range(len(columns))), None
        return
    widths = [
        Widths.of(head, [line[place] for line in lines], unbroken(columns[place]), breadth, SCREEN)
        for place, head in enumerate(heads)
    ]
    room = shutil.get_terminal_size().columns
    for places, found in groups(widths, room, SCREEN.between, anchor(columns)):
        yield places, [int(width) for width in found]


def _texts(filled: Filled, one: FilledTable, row: Row) -> list[str]:
    grouped = is_terminal(sys.stdout)
    return [filled.words.text(one.columns[place], row[place], grouped=grouped) for place in one.shown]
