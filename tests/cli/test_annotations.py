"""Findings for hosted workflows and test reporters: whole, escaped, and as those read them."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.cli.annotations import github, junit
from crmctl.model.findings import Finding

WORST = 'a,b:c%d\r\n::error::x <y> & "z" ]]> \x1b[31m\x00'
PLAIN = Finding(
    "CHK006", "Not sealed as it must be: {why}", "error", "customers/7q/C-1/core/customer.yaml.age", "", {"why": "x"}
)
# what Jenkins' xUnit schema and GitLab's parser know, and nothing else
ATTRIBUTES = {
    "testsuites": {"tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "file"},
    "failure": {"message", "type"},
    "system-out": set(),
}
INSIDE = {
    "testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "system-out"}, "failure": set(),
    "system-out": set(),
}  # fmt: skip


def unescaped(text: str) -> str:
    """As GitHub's runner takes a property or message back."""
    for escaped, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escaped, plain)
    return text


def read_back(line: str) -> tuple[str, dict[str, str], str]:
    match = re.fullmatch(r"::(error|warning|notice) ?([^:]*)::(.*)", line)
    assert match, line
    pairs = dict(item.split("=", 1) for item in match[2].split(",") if item)
    return match[1], {name: unescaped(value) for name, value in pairs.items()}, unescaped(match[3])


def test_an_annotation_names_file_code_and_message() -> None:
    level, properties, message = read_back(github([PLAIN]).rstrip("\n"))
    assert level == "error"
    assert properties == {"file": PLAIN.where, "title": "CHK006"}
    assert message == "Not sealed as it must be: x"


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["error", "warning", "info"]))
def test_an_annotation_is_one_line_and_comes_back_whole(where: str, why: str, severity: str) -> None:
    finding = Finding("X001", "{why}", severity, where, "f", {"why": why})  # type: ignore[arg-type]
    text = github([finding])
    assert text.count("\n") == 1
    assert "\r" not in text
    _level, properties, message = read_back(text[:-1].replace("\x85", " "))
    assert properties.get("file", "") == where.partition("#")[0].replace("\x85", " ")
    assert message == why.replace("\x85", " ")


def test_a_row_of_a_month_points_at_its_file() -> None:
    finding = Finding("REF001", "x", "warning", "customers/a/C-1/east/trade/transactions/2026-11.yaml.age#T-1")
    assert read_back(github([finding]).rstrip())[1]["file"].endswith("2026-11.yaml.age")


@pytest.mark.parametrize("findings", [[], [PLAIN], [PLAIN, PLAIN], [Finding("A", WORST, "warning", WORST), PLAIN]])
def test_a_junit_report_counts_and_nests_as_its_readers_expect(findings: list[Finding]) -> None:
    top = ET.fromstring(junit(findings, "crmctl check"))
    assert top.tag == "testsuites"
    for element in top.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {inner.tag for inner in element} <= INSIDE[element.tag]
        if element.tag == "testcase":
            assert element.attrib["classname"]
            assert element.attrib["name"]
    suite = top.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases) == max(1, len(findings))
    failed = [case for case in cases if case.find("failure") is not None]
    assert int(suite.attrib["failures"]) == len(failed) == sum(finding.severity == "error" for finding in findings)


@given(st.text(max_size=60))
def test_no_text_breaks_the_xml(text: str) -> None:
    finding = Finding("X001", "{why}", "error", text, text, {"why": text})
    top = ET.fromstring(junit([finding], text).encode("utf-8", "surrogatepass"))
    failure = top.find("testsuite/testcase/failure")
    assert failure is not None
    told = failure.attrib["message"]
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert told == kept
