"""Pages to set words, lines and boxes on, from top to bottom: the only place that knows the PDF library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from crmctl.report.breaking import lines_of
from crmctl.report.fonts import Fonts

MARGIN = 13.0
_FOOT = 14.0
_PAD = 1.2
_LEADING = 1.42
_MM = 0.352778  # of a point
_UNSEEN = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\u00ad")
Colour = tuple[int, int, int]
_BLACK: Colour = (29, 39, 51)


class Sheet:
    """A document that grows downwards. Places and widths in mm, sizes of letters in points."""

    def __init__(self, fonts: Fonts, *, across: bool) -> None:
        from fpdf import FPDF

        self._pdf: Any = FPDF(orientation="L" if across else "P", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.alias_nb_pages("")  # a customer's words must not become a page number
        self._pdf.c_margin = 0
        self._pdf.set_display_mode("default")
        for style, face in (("", fonts.plain), ("B", fonts.bold)):
            self._pdf.add_font("text", style, str(face.path), collection_font_number=face.number)
        drawn: Any = self._pdf.fonts
        self._known = [set(drawn[name].cmap) for name in ("text", "textB")]
        self.substitute = next((sign for sign in "□?" if all(ord(sign) in known for known in self._known)), "")
        self.lacking = False
        self.on_new_page: Callable[[], None] | None = None
        self.width = float(self._pdf.w) - 2 * MARGIN
        self.place = MARGIN
        self._units = cache(self._unit)
        self._pdf.add_page()

    def describe(self, title: str, author: str, tongue: str, day: datetime) -> None:
        """What the file says of itself."""
        self._pdf.set_title(title)
        self._pdf.set_author(author)
        self._pdf.set_creator("crmctl")
        self._pdf.set_lang(tongue.replace("_", "-"))
        self._pdf.set_creation_date(day)

    def size(self, text: str, points: float, *, bold: bool = False) -> float:
        """How broad the longest line of `text` is set."""
        shown = self._shown(text)
        return max(sum(self._units(sign, bold) for sign in line) for line in shown.split("\n")) * points

    def space(self, height: float) -> None:
        """Leave so much free."""
        self.place += height

    def keep(self, height: float) -> None:
        """Begin a new page when so much does not fit any more."""
        if self.place + height > self._bottom:
            self._turn()

    def text(self, text: str, points: float, colour: Colour = _BLACK, *, bold: bool = False) -> None:
        """A paragraph over the whole width."""
        for line in self._lines(text, self.width, points, bold=bold):
            self.keep(points * _MM * _LEADING)
            self.word(line, MARGIN, self.place + points * _MM * 1.08, points, colour, bold=bold)
            self.place += points * _MM * _LEADING

    def row(
        self, cells: Sequence[str], widths: Sequence[float], points: float, *, bold: bool = False,
        colours: Sequence[Colour] | None = None, fill: Colour | None = None, line: Colour | None = None,
        right: Sequence[bool] | None = None,
    ) -> None:  # fmt: skip
        """Cells side by side, each in as many lines as it needs; what is higher than the page goes on overleaf."""
        broken = [
            self._lines(cell, width - 2 * _PAD, points, bold=bold) for cell, width in zip(cells, widths, strict=True)
        ]
        step, done, total = points * _MM * _LEADING, 0, max(map(len, broken))
        if total * step + 2 * _PAD <= (self._bottom - MARGIN) / 3:
            self.keep(total * step + 2 * _PAD)
        while done < total:
            self.keep(step + 2 * _PAD)
            count = min(total - done, max(1, int((self._bottom - self.place - 2 * _PAD) / step)))
            height = count * step + 2 * _PAD * 0.7
            if fill:
                self.box(MARGIN, self.place, sum(widths), height, fill)
            left = MARGIN
            for number, (lines, width) in enumerate(zip(broken, widths, strict=True)):
                aside = bool(right and right[number])
                for down, text in enumerate(lines[done : done + count]):
                    x = left + (width - _PAD if aside else _PAD)
                    base = self.place + _PAD * 0.7 + down * step + points * _MM * 1.08
                    colour = colours[number] if colours else _BLACK
                    self.word(text, x, base, points, colour, "right" if aside else "left", bold=bold)
                left += width
            self.place += height
            if line:
                self.stroke([(MARGIN, self.place), (left, self.place)], line)
            done += count

    def word(
        self, text: str, x: float, base: float, points: float, colour: Colour,
        at: Literal["left", "middle", "right"] = "left", *, bold: bool = False,
    ) -> None:  # fmt: skip
        """One line of text whose letters stand on `base`."""
        shown = self._shown(text)
        if not shown.strip():
            return
        back = {"left": 0.0, "middle": 0.5, "right": 1.0}[at] * self.size(shown, points, bold=bold)
        self._pdf.set_font("text", "B" if bold else "", points)
        self._pdf.set_text_color(*colour)
        self._pdf.text(x - back, base, shown)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled box."""
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(x, y, width, height, style="F")

    def stroke(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 0.15) -> None:
        """A line through points."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(width)
        for (x1, y1), (x2, y2) in pairwise(points):
            self._pdf.line(x1, y1, x2, y2)

    def close_pages(self, name: str, note: str) -> None:
        """Put a foot on every page: what it is, its number, and whose it is."""
        pages = len(self._pdf.pages)
        for number in range(1, pages + 1):
            self._pdf.page = number
            # the library says a font only when it differs from the one said last, be it on another page
            self._pdf.set_font("text", "", 1)
            base = float(self._pdf.h) - 7
            self.word(self._cut(note, self.width * 0.62), MARGIN, base, 6.5, (91, 104, 117))
            self.word(
                f"{self._cut(name, self.width * 0.3)}  {number} / {pages}",
                MARGIN + self.width,
                base,
                6.5,
                (91, 104, 117),
                "right",
            )

    def output(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    @property
    def _bottom(self) -> float:
        return float(self._pdf.h) - _FOOT

    def _turn(self) -> None:
        self._pdf.add_page()
        self.place = MARGIN
        if self.on_new_page:
            self.on_new_page()

    def _cut(self, text: str, room: float) -> str:
        while self.size(text, 6.5) > room:
            text = text[:-2] + "…"
        return text

    def _lines(self, text: str, width: float, points: float, *, bold: bool) -> list[str]:
        return lines_of(self._shown(text), width, lambda sign: self._units(sign, bold) * points)

    def _unit(self, sign: str, bold: bool) -> float:
        """How broad a sign is at one point."""
        self._pdf.set_font("text", "B" if bold else "", 100)
        return float(self._pdf.get_string_width(sign)) / 100

    def _shown(self, text: str) -> str:
        """`text` with what the fonts lack replaced, and what has no look left out."""
        if text.isascii():
            return text
        kept = [sign for sign in text if sign not in _UNSEEN]
        there = [
            sign if sign == "\n" or all(ord(sign) in known for known in self._known) else self.substitute
            for sign in kept
        ]
        self.lacking = self.lacking or there != kept
        return "".join(there)
