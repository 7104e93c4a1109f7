"""How help pages look: our words for Typer's own, and columns counted for Chinese."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from typer._click.core import Context
from typer._click.formatting import HelpFormatter

from crmctl.cli.text import pad, width, wrap
from crmctl.i18n import N_, _

_MAX_COLUMNS = 100
_FIRST_COLUMN = 32

# Typer looks these up with plain gettext (see i18n.bind) or not at all (see lazy.py); listed for the catalogue
TYPER_WORDS = (
    N_("Options"),
    N_("Arguments"),
    N_("Commands"),
    N_("Usage:"),
    N_("[OPTIONS]"),
    N_("COMMAND [ARGS]..."),
    N_("Show this message and exit."),
    N_("required"),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("(dynamic)"),
)
METAVARS = {
    "str": N_("TEXT"),
    "int": N_("NUMBER"),
    "int range": N_("NUMBER"),
    "float": N_("NUMBER"),
    "float range": N_("NUMBER"),
    "path": N_("PATH"),
    "file": N_("FILE"),
    "filename": N_("FILE"),
    "directory": N_("DIR"),
}


class HelpPage(HelpFormatter):
    """A help page whose columns stay straight in Chinese."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        """As click's, but as wide as the terminal up to 100 columns."""
        columns = width or min(shutil.get_terminal_size().columns, max_width or _MAX_COLUMNS) - 2
        super().__init__(indent_increment, max(columns, 50), max_width)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that shows how a command is called."""
        super().write_usage(prog, args, prefix if prefix is not None else f"{_('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        """A section's title."""
        self.write(" " * self.current_indent + _("{heading}:", heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, wrapped."""
        self._lines(text, self.current_indent)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = _FIRST_COLUMN, col_spacing: int = 2) -> None:
        """Terms and what they mean, in two columns."""
        rows = list(rows)
        first = min(max((width(term) for term, _meaning in rows), default=0), col_max) + col_spacing
        for term, meaning in rows:
            self.write(" " * self.current_indent)
            if not meaning:
                self.write(f"{term}\n")
            elif width(term) + col_spacing > first:
                self.write(f"{term}\n")
                self._lines(meaning, self.current_indent + first)
            else:
                self.write(pad(term, first))
                self._lines(meaning, self.current_indent + first, begun=True)

    def _lines(self, text: str, indent: int, *, begun: bool = False) -> None:
        lines = wrap(text, max(self.width - indent, 20))
        for number, line in enumerate(lines):
            self.write(("" if begun and number == 0 else " " * indent if line else "") + line + "\n")


class HelpContext(Context):
    """A click context that formats its help as a `HelpPage`."""

    formatter_class = HelpPage
