"""CSV files as people have them: the encoding found by proof rather than likelihood, the delimiter by counting."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from crmctl.errors import InvalidInput, UsageError
from crmctl.i18n import _

_DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 50
_LONGEST_CELL = 1_000_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(content: bytes, where: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and the encoding it was read as: byte order mark, strict UTF-8, strict GB18030.

    Raises InvalidInput when none fits, or when the one asked for does not. A guess by likelihood
    takes short GBK files for Korean; only what decodes without a fault is taken.
    """
    mark = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    asked = [encoding] if encoding else [mark] if mark else ["utf-8", "gb18030"]
    for name in asked:
        try:
            text = content.decode(name or "utf-8")
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise UsageError(
                _("There is no encoding {name}", name=name), hint="--encoding utf-8|gb18030|big5|utf-16"
            ) from error
        if "\0" in text:
            raise InvalidInput(_("This is no text file"), where=where, hint=_("Save it as CSV (UTF-8)"))
        return text.removeprefix("\ufeff"), str(name)
    raise InvalidInput(
        _("The file's encoding is not {names}", names=" / ".join(str(name) for name in asked)), where=where,
        hint=_("Say it: --encoding big5; or save the file as CSV (UTF-8)"),
    )  # fmt: skip


def delimiter_of(text: str) -> str:
    """Comma, semicolon or tab: the one that cuts most of the first rows into the same number of cells."""

    def score(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        widths: list[int] = []
        try:
            for row in reader:
                if row:
                    widths.append(len(row))
                if len(widths) == _LOOKED_AT:
                    break
        except csv.Error:
            return 0, 0
        usual = widths[0] if widths else 0
        return (sum(width == usual for width in widths), usual) if usual > 1 else (0, 0)

    best = max(_DELIMITERS, key=score)
    return best if score(best) > (0, 0) else ","


def records(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on. Raises InvalidInput naming the line of a broken one."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            _("The quotes of this row do not close"), where=f"{where}:{line}",
            hint=_("A quote inside a cell is written twice"),
        ) from error  # fmt: skip
