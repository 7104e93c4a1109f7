"""Text for a terminal: made harmless, and measured in columns rather than characters.

Customers' words are data. Whatever reaches a screen goes through `safe`, so that no name can
move the cursor, colour a line, turn the reading direction round or hide behind nothing.
"""

from __future__ import annotations

import re
import unicodedata

# CSI, OSC and the other string sequences, as ECMA-48 writes them in seven and eight bits
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# embeddings, overrides, isolates and marks of direction; zero-width space, word joiner, byte order mark
_INVISIBLE = frozenset("\u061c\u180e\u200b\u200e\u200f\u2060\ufeff") | frozenset(
    map(chr, (*range(0x202A, 0x202F), *range(0x2061, 0x2070), *range(0xFFF9, 0xFFFC)))
)
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
# punctuation that may not begin a line in Chinese setting
_CLOSING = frozenset("，。、；：？！）》」』】〉”’…—%,.;:?!)]}")


def safe(text: object, *, newlines: bool = False) -> str:
    """`text` without control and escape characters, bidirectional overrides and lone surrogates.

    Line breaks become spaces unless `newlines`; tabs always do. Everything a person can see,
    Chinese, emoji and combining marks included, stays.
    """
    plain = str(text)
    if plain.isprintable():  # no control, format, surrogate or separator character but the blank
        return plain
    plain = _BREAKS.sub("\n", _SEQUENCES.sub("", plain))
    return "".join(_harmless(character, newlines=newlines) for character in plain)


def _harmless(character: str, *, newlines: bool) -> str:
    if character == "\n":
        return "\n" if newlines else " "
    if character == "\t":
        return " "
    if character in _INVISIBLE:
        return ""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category == "Cc" else character


def width(text: str) -> int:
    """How many columns `text` takes: two for a wide or emoji character, none for a combining one."""
    if text.isascii():
        return len(text)
    columns = 0
    last = 0
    joined = False
    for character in text:
        if character == _JOINER:
            joined = True
            continue
        if character == _EMOJI_STYLE:
            columns += 2 - last if last == 1 else 0
            last = 2
            continue
        size = 0 if joined else _columns(character)
        joined = False
        columns += size
        last = size or last
    return columns


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"} or "\U0001f3fb" <= character <= "\U0001f3ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def pad(text: str, columns: int, align: str = "left") -> str:
    """`text` filled with spaces to `columns`; longer text is left as it is."""
    gap = " " * max(0, columns - width(text))
    return gap + text if align == "right" else text + gap


def clip(text: str, columns: int) -> str:
    """`text` cut to at most `columns`, an ellipsis at the end where something went."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept + "…" if columns > 0 else ""


def wrap(text: str, columns: int) -> list[str]:
    """`text` broken into lines of at most `columns`: at spaces, and between Chinese characters."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and width(line + piece.rstrip()) > columns:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        lines.append(line.rstrip())
    return lines


def _pieces(paragraph: str) -> list[str]:
    """The unbreakable pieces of a paragraph, spaces kept with the piece before them."""
    pieces: list[str] = []
    for character in paragraph:
        before = pieces[-1][-1] if pieces else ""
        glued = (
            character == " " or character in _CLOSING or (before not in {"", " "} and width(before + character) == 2)
        )
        if pieces and glued:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
