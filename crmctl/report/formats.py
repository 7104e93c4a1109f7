"""The formats a report is drawn in: name, file suffix, and the one function that draws it."""

from __future__ import annotations

from pathlib import Path

from crmctl.errors import GitFailed, UsageError
from crmctl.i18n import _
from crmctl.report.filled import Filled

FORMATS = ("term", "md", "html", "csv", "json", "xlsx", "pdf", "docx")
FILES_ONLY = frozenset({"xlsx", "pdf", "docx"})
_CHOICES = f"--format {'|'.join(FORMATS)}"
_BY_SUFFIX = {".htm": "html", **{f".{name}": name for name in FORMATS if name != "term"}}


def format_of(name: str | None, file: Path | None) -> str:
    """The format asked for, else the one the file's suffix tells, else the terminal's.

    Raises UsageError for a format there is not, and for a suffix that says another than the one asked for.
    """
    told = _BY_SUFFIX.get(file.suffix.lower()) if file else None
    if name is None:
        if file and not told:
            raise UsageError(_("No format is known by {suffix}", suffix=file.suffix or "-"), hint=_CHOICES)
        return told or "term"
    if name not in FORMATS:
        raise UsageError(_("There is no format {name}", name=name), hint=_CHOICES)
    if file and told and name not in {told, "term"}:
        raise UsageError(
            _("{file} says another format than {name}", file=file.name, name=name),
            where=str(file), hint=f"--out {file.with_suffix(f'.{name}')}",
        )  # fmt: skip
    return name


def draw(filled: Filled, form: str) -> bytes:
    """The report as the bytes of a file. Raises UsageError for `term`, which has none."""
    if form == "html":
        from crmctl.report.html import to_html

        return to_html(filled).encode()
    if form == "md":
        from crmctl.report.markdown import to_markdown

        return to_markdown(filled).encode()
    if form == "csv":
        from crmctl.report.comma import to_csv

        return to_csv(filled)
    if form == "xlsx":
        from crmctl.report.workbook import to_workbook

        return to_workbook(filled)
    if form in {"pdf", "docx"}:
        return _document(filled, form)
    if form == "json":
        import json

        from crmctl.report.document import to_document

        document = {"schema": "crmctl/report/1", "data": to_document(filled), "findings": []}
        return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    raise UsageError(_("The terminal's form goes to no file"), hint="--format md --out FILE.md")


def _document(filled: Filled, form: str) -> bytes:
    """What needs the libraries that not everybody installs."""
    try:
        if form == "pdf":
            from crmctl.report.pdf import to_pdf

            return to_pdf(filled)
        from crmctl.report.letter import to_letter

        return to_letter(filled)
    except ModuleNotFoundError as error:
        raise GitFailed(
            _("What draws PDF and Word is not installed: {library}", library=error.name),
            hint="pip install 'crmctl[documents]'",
        ) from error
