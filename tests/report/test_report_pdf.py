"""A report as PDF: the same figures, an embedded font cut to what is used, and customers' words never more than words."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import GitFailed
from crmctl.i18n import set_language
from crmctl.report.breaking import lines_of
from crmctl.report.columns import Widths, groups, stretched
from crmctl.report.filled import Filled
from crmctl.report.fonts import VARIABLE, find_fonts
from crmctl.report.formats import draw as drawn
from tests.report.conftest import HOSTILE, PROBE, Draw


def a_font_is_here() -> bool:
    try:
        find_fonts()
    except GitFailed:
        return False
    return True


needs_font = pytest.mark.skipif(not a_font_is_here(), reason="no font with Chinese is here (fonts-noto-cjk)")
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here")


def text_of(content: bytes, folder: Path, *words: str) -> str:
    """What another program reads in the file."""
    path = folder / "report.pdf"
    path.write_bytes(content)
    return subprocess.run(["pdftotext", *words, path, "-"], check=True, capture_output=True, encoding="utf-8").stdout


def joined(text: str) -> str:
    return re.sub(r"\s+", "", text)


@needs_font
@needs_poppler
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_cell_of_the_report_is_in_the_pdf(draw: Draw, language: str, tmp_path: Path) -> None:
    set_language(language)
    filled = draw("customers", department="all")
    text = joined(text_of(drawn(filled, "pdf"), tmp_path, "-raw"))
    for table in filled.tables:
        for row in table.rows:
            for column, value in zip(table.columns, row, strict=True):
                assert joined(filled.words.text(column, value)) in text
    for _name, value in filled.heading():
        assert joined(value) in text


@needs_font
@needs_poppler
def test_amounts_and_totals_are_those_of_the_other_formats(draw: Draw, tmp_path: Path) -> None:
    text = text_of(drawn(draw("sales", department="all"), "pdf"), tmp_path, "-layout")
    for amount in ("1,000.10", "2,000.20", "3,000.30", "-300.30", "5,000.00", "7,700.00", "Total"):
        assert amount in text


@needs_font
@needs_poppler
def test_a_hostile_name_is_words_in_a_pdf(draw: Draw, tmp_path: Path) -> None:
    content = drawn(draw("customers"), "pdf")
    assert joined(HOSTILE) in joined(text_of(content, tmp_path, "-raw"))
    for mark in (
        b"/URI",
        b"/JavaScript",
        b"/JS",
        b"/Launch",
        b"/EmbeddedFile",
        b"/Annots",
        b"/AcroForm",
    ):
        assert mark not in content
    assert not re.search(rb"/OpenAction(?! *\[)", content)  # a page to begin at, no deed


@needs_font
@needs_poppler
def test_marks_of_the_library_mean_nothing(draw: Draw, put: Callable[..., str], tmp_path: Path) -> None:
    put({"report.yaml": PROBE, "rows.sql": "SELECT '{nb} **bold** __under__ [a](http://x) --s--' AS word"})
    content = drawn(draw("probe"), "pdf")
    assert "{nb} **bold** __under__ [a](http://x) --s--" in text_of(content, tmp_path, "-layout")
    assert b"/URI" not in content


@needs_font
@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler-utils is not here")
def test_the_font_is_embedded_and_cut_to_what_is_used(draw: Draw, tmp_path: Path) -> None:
    set_language("zh_CN")
    path = tmp_path / "report.pdf"
    path.write_bytes(drawn(draw("customers"), "pdf"))
    lines = subprocess.run(["pdffonts", path], check=True, capture_output=True, encoding="utf-8").stdout.splitlines()[
        2:
    ]
    assert lines
    for line in lines:
        embedded, cut = re.search(r"\s(yes|no) (yes|no) (yes|no)\s", line).groups()[:2]  # type: ignore[union-attr]
        assert (embedded, cut) == ("yes", "yes")
    assert path.stat().st_size < 300_000


@needs_font
@needs_poppler
def test_signs_the_font_lacks_are_shown_as_a_box_and_told(draw: Draw, put: Callable[..., str], tmp_path: Path) -> None:
    put({"report.yaml": PROBE, "rows.sql": f"SELECT 'A' || char({0x1F469}) || 'B' AS word"})
    text = text_of(drawn(draw("probe"), "pdf"), tmp_path)
    assert "A□B" in text
    assert "The font lacks some signs" in text


@needs_font
@needs_poppler
def test_a_cell_higher_than_the_page_goes_on_overleaf(draw: Draw, put: Callable[..., str], tmp_path: Path) -> None:
    words = " ".join(f"w{number}" for number in range(6000))
    put({"report.yaml": PROBE.replace("is: text", "is: note"), "rows.sql": f"SELECT '{words}' AS word"})
    text = text_of(drawn(draw("probe"), "pdf"), tmp_path)
    assert text.count("\f") > 2
    assert set(words.split()) <= set(text.split())


@needs_font
def test_the_same_question_gives_the_same_pdf(draw: Draw) -> None:
    assert drawn(draw("sales", department="all"), "pdf") == drawn(draw("sales", department="all"), "pdf")


def test_a_machine_without_chinese_is_told_the_package(tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as caught:
        find_fonts({}, [tmp_path])
    assert "fonts-noto-cjk" in str(caught.value.hint)
    with pytest.raises(GitFailed):
        find_fonts({VARIABLE: str(tmp_path / "none.ttf")})


@needs_font
def test_a_font_may_be_named(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    known = find_fonts()
    monkeypatch.setenv(VARIABLE, str(known.plain.path))
    named = find_fonts()
    assert named.plain == named.bold == known.plain
    assert drawn(draw("customers"), "pdf").startswith(b"%PDF-")


@given(text=st.text(st.sampled_from("ab ，。客户(）%-\n")), width=st.integers(2, 12))
def test_broken_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = lines_of(text, width, lambda sign: 2 if sign > "\u2e80" else 1)
    assert joined("".join(lines)) == joined(text)
    assert all(sum(2 if sign > "\u2e80" else 1 for sign in line) <= width for line in lines)


def test_a_line_does_not_begin_with_a_closing_sign() -> None:
    assert lines_of("客户档案，资料", 8, lambda _sign: 2) == ["客户档", "案，资料"]
    assert lines_of("two words", 5, lambda _sign: 1) == ["two", "words"]


@given(st.lists(st.tuples(st.integers(5, 60), st.integers(0, 60)), min_size=1, max_size=20))
def test_every_column_is_set_and_no_part_is_too_broad(sizes: list[tuple[int, int]]) -> None:
    widths = [Widths(least, least + more) for least, more in sizes]
    parts = list(groups(widths, 180))
    assert sorted({place for places, _broad in parts for place in places}) == list(range(len(sizes)))
    assert all(sum(broad) <= 180.001 for _places, broad in parts)
    assert all(places[0] == 0 for places, _broad in parts)


@given(st.lists(st.integers(10, 60), min_size=2, max_size=20), st.data())
def test_a_row_is_known_in_every_part_by_the_column_that_tells_it(sizes: list[int], data: st.DataObject) -> None:
    known = data.draw(st.integers(0, len(sizes) - 1))
    first, *further = [
        places for places, _broad in groups([Widths(least, least) for least in sizes], 130, known_by=known)
    ]
    assert first == sorted(first)
    assert [place for places in (first, *(places[1:] for places in further)) for place in places] == list(
        range(len(sizes))
    )
    assert all(places[0] == (known if known < places[1] else 0) for places in further)


@given(st.lists(st.integers(8, 75), min_size=1, max_size=30), st.integers(100, 280))
def test_a_table_is_drawn_out_towards_the_margin_but_not_apart(widths: list[int], room: int) -> None:
    found = stretched(list(map(float, widths)), float(room))
    assert sum(found) <= max(room, sum(widths)) + 1e-6
    assert all(width <= one <= width * 1.4 + 1e-6 for width, one in zip(widths, found, strict=True))
    assert sum(found) >= min(room, sum(widths) * 1.4) - 1e-6


def test_a_pdf_without_its_library_says_what_to_install(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def lacking(name: str, *more: object, **named: object) -> object:
        if name.split(".", maxsplit=1)[0] in {"fpdf", "docxtpl", "docx"}:
            raise ModuleNotFoundError(name, name=name)
        return real(name, *more, **named)  # type: ignore[arg-type]

    filled: Filled = draw("customers")
    monkeypatch.setattr(builtins, "__import__", lacking)
    for form in ("pdf", "docx"):
        with pytest.raises(GitFailed) as caught:
            drawn(filled, form)
        assert "crmctl[documents]" in str(caught.value.hint)
