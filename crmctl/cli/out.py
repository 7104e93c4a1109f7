"""What a command prints: results on stdout, words on stderr, and with `--json` one document."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from crmctl.cli.console import speaks_unicode
from crmctl.cli.text import safe
from crmctl.i18n import finding_hint, finding_text
from crmctl.model.findings import Finding

# JSON escapes C0 itself; these would still steer a terminal that shows the document
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_FORMS: tuple[tuple[type[object] | tuple[type[object], ...], Callable[[Any], object]], ...] = (
    ((date, time), lambda value: value.isoformat()),
    (Decimal, lambda value: format(value, "f")),
    (PurePath, lambda value: value.as_posix()),
    (Enum, lambda value: value.value),
    (Mapping, dict),
    ((set, frozenset), lambda value: sorted(value, key=str)),
)


@dataclass(frozen=True, slots=True)
class Out:
    """Where a command's words go; `json` when the user asked for a document."""

    json: bool = False

    def say(self, text: str) -> None:
        """A message for the person, on stderr; nothing reads it."""
        say(text)

    def line(self, text: str = "") -> None:
        """One line of the result, on stdout; not with `--json`."""
        if not self.json:
            print(safe(text, newlines=True))

    def result(self, what: str, data: object, show: Callable[[], None], findings: Sequence[Finding] = ()) -> None:
        """The result: with `--json` a `crmctl/<what>/1` document, else whatever `show` prints.

        Findings are part of the document, or follow on stderr, one a line.
        """
        if self.json:
            print_json(what, data, findings)
            return
        show()
        for finding in findings:
            say(finding_line(finding))


def say(text: str) -> None:
    """Print a message for the person on stderr."""
    print(safe(text, newlines=True), file=sys.stderr)


def print_json(what: str, data: object, findings: Sequence[Finding] = ()) -> None:
    """Print the one document a command answers with: schema `crmctl/<what>/1`, data, findings."""
    document = {
        "schema": f"crmctl/{what}/1",
        "data": data,
        "findings": [finding_document(finding) for finding in findings],
    }
    # a console that lacks a character must still carry a faithful document
    text = json.dumps(document, ensure_ascii=not speaks_unicode(sys.stdout), indent=2, default=_plain)
    print(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def finding_document(finding: Finding) -> dict[str, object]:
    """A finding as JSON data; only `message` and `hint` are in the user's language."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "field": finding.field,
        "message": finding_text(finding),
        "args": dict(finding.args),
        "hint": finding_hint(finding),
    }


def finding_line(finding: Finding) -> str:
    """A finding as one line: file, field, what is wrong, rule code."""
    place = " ".join(part for part in (finding.where, finding.field) if part)
    hint = finding_hint(finding)
    text = f"{finding_text(finding)}{f' ({hint})' if hint else ''} [{finding.code}]"
    return safe(f"{place}: {text}" if place else text)


def _plain(value: object) -> object:
    """Values JSON has no word for, as the canonical text records hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)
