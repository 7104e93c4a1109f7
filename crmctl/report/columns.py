"""How broad the columns of a printed table are, and which of them lie side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from crmctl.report.definition import Column


@dataclass(frozen=True, slots=True)
class Limits:
    """The least width of a column and of one with text in it, the broadest, and what lies between two."""

    least: float
    text: float
    broadest: float
    between: float = 0.0


PAPER = Limits(8.0, 18.0, 75.0)  # mm
SCREEN = Limits(3.0, 12.0, 36.0, between=3.0)  # cells of a terminal
_FARTHEST = 1.4
_WHOLE = frozenset({"code", "date", "month", "instant"})


def unbroken(column: Column) -> bool:
    """Whether the column's cells are set in one line: figures, dates, codes."""
    return column.is_number or column.type in _WHOLE


@dataclass(frozen=True, slots=True)
class Widths:
    """A column's widths: the least it can be read at, and what it would like."""

    least: float
    wish: float

    @classmethod
    def of(
        cls, head: str, texts: Sequence[str], whole: bool, size: Callable[[str], float], limits: Limits = PAPER
    ) -> Widths:  # fmt: skip
        """Of a column with this head and these cells; `whole` ones (figures, dates, codes) are not broken."""
        cells = max((size(line) for text in texts for line in text.split("\n")), default=limits.least)
        title = max((size(word) for word in head.split()), default=limits.least)
        if whole:
            least = min(max(cells, min(title, limits.text), limits.least), limits.broadest)
            return cls(least, max(least, min(size(head), limits.text * 1.5)))
        wish = min(max(cells, size(head), limits.least), limits.broadest)
        return cls(min(wish, max(limits.text, min(title, limits.text * 1.5))), wish)


def anchor(columns: Sequence[Column]) -> int:
    """The column by which a row is known in the further parts of a table: a name before the others, else the key."""
    if not columns or columns[0].type == "text" or columns[0].key:
        return 0
    return next((place for place, column in enumerate(columns) if column.key), 0)


def named(cells: Sequence[str], name: str) -> list[str]:
    """The cells of a part's row; a sum says its name in the first, where nothing else stands there."""
    return [cells[0] or name, *cells[1:]]


def groups(
    widths: Sequence[Widths], room: float, between: float = 0.0, known_by: int = 0
) -> Iterator[tuple[list[int], list[float]]]:
    """Parts of the table as (places of its columns, their widths), each no broader than `room`.

    The column `known_by` (until it has come the first) stands again in each further part, so that a row is known there.
    """
    part: list[int] = []
    used, again = 0.0, 0
    for place, width in enumerate(widths):
        if part and part != [again] and used + width.least > room:
            yield part, shared([widths[one] for one in part], room - between * (len(part) - 1))
            again = known_by if known_by < place else 0
            part, used = [again], widths[again].least + between
        part.append(place)
        used += width.least + between
    yield part, shared([widths[one] for one in part], room - between * (len(part) - 1))


def stretched(widths: Sequence[float], room: float) -> list[float]:
    """The widths of a part drawn out towards `room`, but never so far that a row falls apart."""
    factor = min(_FARTHEST, room / sum(widths))
    return [width * factor for width in widths] if factor > 1 else list(widths)


def shared(widths: Sequence[Widths], room: float) -> list[float]:
    """What each column gets: its wish where there is room for all, else its least and a share of what is left."""
    wish, least = sum(one.wish for one in widths), sum(one.least for one in widths)
    if wish <= room:
        return [one.wish for one in widths]
    if least >= room:
        return [one.least * room / least for one in widths]
    share = (room - least) / (wish - least)
    return [one.least + (one.wish - one.least) * share for one in widths]
