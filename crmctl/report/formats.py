"""The formats a report is drawn in: name, file suffix, and the one function that draws it."""

from __future__ import annotations

from crmctl.errors import UsageError
from crmctl.i18n import _
from crmctl.report.filled import Filled

FORMATS = ("term", "md", "html", "csv", "json", "xlsx")
_CHOICES = "--format term|md|html|csv|json|xlsx"
_BY_SUFFIX = {".md": "md", ".html": "html", ".htm": "html", ".csv": "csv", ".json": "json", ".xlsx": "xlsx"}


def format_of(name: str | None, suffix: str | None) -> str:
    """The format asked for, else the one the file's suffix tells, else the terminal's. Raises UsageError."""
    if name is None:
        if suffix is None:
            return "term"
        if suffix.lower() in _BY_SUFFIX:
            return _BY_SUFFIX[suffix.lower()]
        raise UsageError(_("No format is known by {suffix}", suffix=suffix or "-"), hint=_CHOICES)
    if name not in FORMATS:
        raise UsageError(_("There is no format {name}", name=name), hint=_CHOICES)
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
    if form == "json":
        import json

        from crmctl.report.document import to_document

        document = {"schema": "crmctl/report/1", "data": to_document(filled), "findings": []}
        return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    raise UsageError(_("The terminal's form goes to no file"), hint="--format md --out FILE.md")
