"""Text set in lines of a width: words stay whole, Chinese breaks anywhere but before a closing sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_WIDE_FROM = "\u2e80"
_NOT_FIRST = frozenset("，。、；：？！）》」』】〉”’％…—,.;:?!)]}%")
_NOT_LAST = frozenset("（《「『【〈“‘([{")
Measure = Callable[[str], float]


def lines_of(text: str, width: float, measure: Measure) -> list[str]:
    """`text` in lines no wider than `width` (one character at least); its own line breaks stay.

    `measure` tells the width of one character. Nothing is lost but the blanks a line would end with.
    """
    return [line for part in text.split("\n") for line in _broken(part, width, measure)] or [""]


def _broken(text: str, width: float, measure: Measure) -> Iterator[str]:
    line, used = "", 0.0
    for piece in _pieces(text):
        size = _size(piece, measure)
        if line and used + _size(piece.rstrip(), measure) > width:
            yield line.rstrip()
            line, used = "", 0.0
        if size <= width:
            line, used = line + piece, used + size
            continue
        for character in piece:
            step = measure(character)
            if line and used + step > width:
                yield line.rstrip()
                line, used = "", 0.0
            line, used = line + character, used + step
    yield line.rstrip()


def _size(text: str, measure: Measure) -> float:
    return sum(map(measure, text))


def _pieces(text: str) -> Iterator[str]:
    """What is not broken within: a word with the blanks after it, a Chinese character with its signs."""
    piece = ""
    for number, character in enumerate(text):
        piece += character
        after = text[number + 1 : number + 2]
        if after and _may_break(character, after):
            yield piece
            piece = ""
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    return before in " -/" or before >= _WIDE_FROM or after >= _WIDE_FROM
