"""Findings as other programs read them: annotations of a hosted workflow, and JUnit's XML.

Sources: GitHub's "Workflow commands" (`::error file=…,title=…::message`, `%`, line breaks, `:` and `,` escaped), which
Gitea and Forgejo take over; the JUnit format of Ant as Jenkins and GitLab read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from crmctl.i18n import finding_hint, finding_text
from crmctl.model.findings import Finding

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
# XML 1.0 has no way to write these, not even as a reference
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def github(findings: Sequence[Finding]) -> str:
    """One workflow command a finding: file, rule code, message."""
    return "".join(f"{_annotation(finding)}\n" for finding in findings)


def _annotation(finding: Finding) -> str:
    title = " ".join(part for part in (finding.code, finding.field) if part)
    pairs = {"file": file_of(finding), "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in pairs.items() if value)
    return f"::{_LEVELS[finding.severity]} {properties}::{_message(_told(finding))}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def junit(findings: Sequence[Finding], suite: str) -> str:
    """A JUnit report: a failed case for each error, a passed one with its words for each warning.

    Without any finding one passed case stands for the whole: readers take an empty report for a broken run.
    """
    cases = [_case(finding, suite) for finding in findings] or [
        f'    <testcase classname={_quoted(suite)} name="all"/>'
    ]
    failures = sum(finding.severity == "error" for finding in findings)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>",
        f'  <testsuite name={_quoted(suite)} {counts} skipped="0" time="0">', *cases, "  </testsuite>", "</testsuites>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _passed(suite: str) -> str:
    return f'    <testcase classname={_quoted(suite)} name="all"/>'


def _case(finding: Finding, suite: str) -> str:
    place = " ".join(part for part in (finding.where, finding.field) if part)
    name = f"{finding.code} {place}".rstrip()
    file = f" file={_quoted(file_of(finding))}" if file_of(finding) else ""
    told = _told(finding)
    if finding.severity == "error":
        inner = f"<failure message={_quoted(told)} type={_quoted(finding.code)}>{_text(f'{place}: {told}')}</failure>"
    else:
        inner = f"<system-out>{_text(told)}</system-out>"
    return f"    <testcase classname={_quoted(suite)} name={_quoted(name)}{file}>{inner}</testcase>"


def file_of(finding: Finding) -> str:
    """The file a finding is about; empty where it is about none."""
    path = finding.args.get("path")
    return str(path) if path else finding.where.partition("#")[0]


def _told(finding: Finding) -> str:
    hint = finding_hint(finding)
    return f"{finding_text(finding)}{f' ({hint})' if hint else ''}"


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))
