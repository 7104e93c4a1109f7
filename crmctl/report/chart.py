"""A table's picture: where bars, points, lines and words stand, in whole units of the drawing.

The page template only draws what stands here, so that a chart is data like the rest of a report:
no float, no markup, no colour. Every mark carries its words in full, for the pointer and for those
who are read to; what a label leaves out is told there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from crmctl.i18n import _, label
from crmctl.model.money import from_minor
from crmctl.report.breaking import lines_of
from crmctl.report.definition import Chart, Column
from crmctl.report.filled import Cell, FilledTable
from crmctl.report.words import Words

MOST_BARS = 12
_LABEL_EVERY = 72  # so much room a label under a line needs
_BARS_WIDTH, _ROW, _BAR, _LEADING = 340, 20, 13, 12
_LABELS, _CHANGES, _GAP = 104, 48, 8
_LEAST_BARS = 56  # what is left for the bars where labels and figures need the room
_BASE = 11  # from the top of a bar to the foot of the words beside it
_MOST_LINES = 2
_LINE_HEIGHT, _FOOT, _LEFT, _RIGHT, _TOP = 156, 22, 84, 30, 10
_LINE_WIDTH, _PANEL_WIDTH = 680, 340
_STEPS = 4
_LARGE = 10_000
_EM, _HALF = 12, 7  # how wide a Chinese and another character are at most, at the page's size


@dataclass(frozen=True, slots=True)
class _Point:
    """One row: what it is called, its figure as a number and in words, and how it moved."""

    label: str
    number: Decimal | None
    text: str
    change: str = ""
    change_name: str = ""

    @property
    def title(self) -> str:
        """The words shown to the pointer."""
        moved = f" ({self.change_name} {self.change})" if self.change else ""
        return f"{self.label}: {self.text or _('unknown')}{moved}"

    @property
    def short(self) -> str:
        """The figure as it stands beside the bar: a large one in whole units, whole in the title and the table."""
        if self.number is None or abs(self.number) < _LARGE:
            return self.text or "–"
        return format(self.number.quantize(Decimal(1), ROUND_HALF_UP), ",f")


def chart_of(table: FilledTable, words: Words, *, panel: bool = False) -> dict[str, Any] | None:
    """The table's chart; None when it has none, or nothing to draw. On a board a line takes one `panel`."""
    chart = table.table.chart
    if chart is None or not table.rows:
        return None
    points = list(_points(table, chart, words))
    whole = _column(table, chart.value)[1].type == "int"
    drawn = (
        _bars(points[:MOST_BARS], _CHANGES if chart.change else 0)
        if chart.type == "bars"
        else _line(points, whole, _PANEL_WIDTH if panel else _LINE_WIDTH)
    )
    return {
        "type": chart.type,
        "title": f"{table.title}: {label(_column(table, chart.value)[1].label)}",
        "caption": " · ".join(_told(table, chart)),
        "more": max(0, len(points) - MOST_BARS) if chart.type == "bars" else 0,
        "lines": [], "paths": [], "texts": [], **drawn,
    }  # fmt: skip


def _told(table: FilledTable, chart: Chart) -> list[str]:
    """What the marks stand for, in words: the figure, and how it moved."""
    return [label(_column(table, name)[1].label) for name in (chart.value, chart.change) if name]


def _column(table: FilledTable, name: str) -> tuple[int, Column]:
    return next((place, column) for place, column in enumerate(table.columns) if column.name == name)


def _points(table: FilledTable, chart: Chart, words: Words) -> Iterable[_Point]:
    (at, name), (place, value) = _column(table, chart.label), _column(table, chart.value)
    moved = _column(table, chart.change) if chart.change else None
    for row in table.rows:
        text = words.text(name, row[at]).replace("\n", " ") or _("(none)")
        number, figure = _number(value, row[place], words), words.text(value, row[place])
        if moved is None:
            yield _Point(text, number, figure)
            continue
        change = words.text(moved[1], row[moved[0]])
        signed = change if change.startswith("-") or not change else f"+{change}"
        yield _Point(text, number, figure, signed, label(moved[1].label))


def _number(column: Column, cell: Cell, words: Words) -> Decimal | None:
    if cell is None:
        return None
    return Decimal(from_minor(int(str(cell)), words.currency) if column.type == "money" else str(cell))


def _bars(points: Sequence[_Point], changes: int) -> dict[str, object]:
    known = [point.number for point in points if point.number is not None]
    low, high = min([Decimal(0), *known]), max([Decimal(0), *known])
    values = max((_breadth(point.short) for point in points), default=0) + _GAP
    most = _BARS_WIDTH - values - changes - _LEAST_BARS - _GAP
    room = min(max([_LABELS, *(_breadth(point.label) for point in points)]), most)
    scale = _Scale(low, high if high > low else low + 1, room + _GAP, _BARS_WIDTH - values - changes)
    marks, top = [], 0
    for point in points:
        words = _in_lines(point.label, room)
        row = _ROW + (len(words) - 1) * _LEADING
        start, end = sorted((scale.place(Decimal(0)), scale.place(point.number or Decimal(0))))
        y = top + (row - _BAR) // 2
        first = y + _BASE - (len(words) - 1) * _LEADING // 2
        marks.append({
            "x": start, "y": y, "width": end - start, "height": _BAR,
            "words": [{"text": text, "y": first + number * _LEADING} for number, text in enumerate(words)],
            "label_x": room, "value": point.short, "value_x": end + 5, "text_y": y + _BASE, "title": point.title,
            "change": point.change, "change_x": _BARS_WIDTH - 2, "falls": point.change.startswith("-"),
        })  # fmt: skip
        top += row
    return {"width": _BARS_WIDTH, "height": top + 2, "marks": marks}


def _in_lines(text: str, width: int) -> list[str]:
    """A label in one line or two; only what does not fit into two is cut."""
    lines = lines_of(text, width, _wide)
    return lines if len(lines) <= _MOST_LINES else [lines[0], shortened(text.removeprefix(lines[0]).lstrip(), width)]


def _line(points: Sequence[_Point], whole: bool, width: int) -> dict[str, object]:
    known = [point.number for point in points if point.number is not None]
    step = max(nice_step(min([Decimal(0), *known]), max([Decimal(0), *known])), Decimal(whole))
    low = (min([Decimal(0), *known]) / step).to_integral_value("ROUND_FLOOR") * step
    high = max((max([Decimal(0), *known]) / step).to_integral_value("ROUND_CEILING") * step, low + step)
    up = _Scale(low, high, _LINE_HEIGHT - _FOOT, _TOP)
    across = _Scale(Decimal(0), Decimal(max(1, len(points) - 1)), _LEFT + 12, width - _RIGHT)
    marks, texts, runs = [], [], [[]]  # type: list[dict[str, object]], list[dict[str, object]], list[list[str]]
    every = -(-len(points) // ((width - _LEFT) // _LABEL_EVERY))
    for number, point in enumerate(points):
        x = across.place(Decimal(number))
        if number % every == 0:
            texts.append({"x": x, "y": _LINE_HEIGHT - 5, "text": shortened(point.label, 60)})
        if point.number is None:
            runs.append([])
            continue
        y = up.place(point.number)
        runs[-1].append(f"{x} {y}")
        marks.append({"x": x, "y": y, "title": point.title})
    count = int((high - low) / step)
    lines = [
        {"x1": _LEFT, "x2": width - _RIGHT + 12, "y1": up.place(low + step * n), "text": _tick(low + step * n)}
        for n in range(count + 1)
    ]
    paths = ["M" + "L".join(run) for run in runs if len(run) > 1]
    return {"width": width, "height": _LINE_HEIGHT, "marks": marks, "texts": texts, "lines": lines,
            "paths": paths}  # fmt: skip


def _tick(number: Decimal) -> str:
    return format(number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize(), ",f")


def nice_step(low: Decimal, high: Decimal) -> Decimal:
    """The smallest of 1, 2, 5 times a power of ten that divides low to high into at most four steps."""
    span = high - low
    if span <= 0:
        return Decimal(1)
    power = Decimal(10) ** ((span / _STEPS).adjusted())
    return next(step for factor in (1, 2, 5, 10) if (step := factor * power) * _STEPS >= span)


def shortened(text: str, width: int) -> str:
    """`text` cut to what fits into so many units of the drawing, with dots for what is left out."""
    if _breadth(text) <= width:
        return text
    kept, room = "", width - _EM
    for character in text:
        room -= _wide(character)
        if room < 0:
            break
        kept += character
    return f"{kept}…"


def _breadth(text: str) -> int:
    return sum(map(_wide, text))


def _wide(character: str) -> int:
    return _EM if ord(character) > 0x2E80 else _HALF


@dataclass(frozen=True, slots=True)
class _Scale:
    """A number's place between two places of the drawing."""

    low: Decimal
    high: Decimal
    start: int
    end: int

    def place(self, number: Decimal) -> int:
        """The whole unit the number stands at."""
        share = (number - self.low) / (self.high - self.low)
        return int((self.start + (self.end - self.start) * share).quantize(Decimal(1), ROUND_HALF_EVEN))
