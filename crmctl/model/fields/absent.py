"""Which cells of a sheet mean "nothing was entered". Only import asks."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

# Only signs that no field type takes for a value and nobody writes as an answer.
_SIGNS = frozenset({"-", "--", "—", "——", "–", "/", "n/a"})


def is_absent(raw: object, words: Collection[str] = ()) -> bool:
    """True when a cell holds nothing, white space, a dash, a slash or `N/A`.

    `无`, `暂无`, `none`, `NA`, `null`, `0` are no gaps: "no further needs" is an answer, `NA` and
    `Null` are initials, a country and a name. An import whose source uses such a word for empty
    cells says so in `words` (compared without case and width). An error value such as `#N/A` is
    no gap either: it must be seen.
    """
    if raw is None:
        return True
    if not isinstance(raw, str):
        return False
    text = _folded(raw)
    return not text or text in _SIGNS or text in {_folded(word) for word in words}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(" \t\r\n\u200b\ufeff").casefold()
