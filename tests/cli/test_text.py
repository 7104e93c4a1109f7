"""Text made harmless and measured in columns."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.cli.text import clip, pad, safe, width, wrap


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]8;;http://x.example\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\rest", "rest"),
        ("\x1b]0;never ended", "]0;never ended"),
        ("a\x00b\x07c\x7fd\x85e", "abcd e"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", "x"),
        ("a\u200bb\ufeffc", "abc"),
        ("one\r\ntwo\u2028three\tfour", "one two three four"),
        ("\ud800", "\ufffd"),
        ("东方贸易（集团）", "东方贸易（集团）"),
        ("👨\u200d👩\u200d👧 ❤️", "👨\u200d👩\u200d👧 ❤️"),
        ("e\u0301", "e\u0301"),
        ("[red]Acme[/x]", "[red]Acme[/x]"),
    ],
)
def test_hostile_text(hostile: str, harmless: str) -> None:
    assert safe(hostile) == harmless


def test_line_breaks_may_stay() -> None:
    assert safe("a\r\nb\nc", newlines=True) == "a\nb\nc"


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_that_steers_survives(text: str) -> None:
    cleaned = safe(text)
    assert not [character for character in cleaned if unicodedata.category(character) in {"Cc", "Cs"}]
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert safe(cleaned) == cleaned
    cleaned.encode()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3),
        ("客户", 4),
        ("ｶﾅ", 2),
        ("（）", 4),
        ("e\u0301", 1),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨\u200d👩\u200d👧", 2),
        ("❤️", 2),
        ("…", 1),
    ],
)
def test_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(alphabet="ab客户（）👍", max_size=20), st.integers(min_value=0, max_value=12))
def test_pad_and_clip_keep_to_columns(text: str, columns: int) -> None:
    clipped = clip(text, columns)
    assert width(clipped) <= columns
    assert clipped == text or clipped.endswith("…") or columns == 0
    assert width(pad(clipped, columns)) == columns
    assert pad(clipped, columns, "right").endswith(clipped)


@given(st.text(alphabet="ab 客户，。", max_size=60), st.integers(min_value=6, max_value=30))
def test_wrap_loses_nothing_but_spaces(text: str, columns: int) -> None:
    assert "".join("".join(wrap(text, columns)).split()) == "".join(text.split())


def test_wrap_breaks_between_chinese_and_at_spaces() -> None:
    assert wrap("客户档案，分区", 8) == ["客户档", "案，分区"]
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("first\n\nsecond", 20) == ["first", "", "second"]
