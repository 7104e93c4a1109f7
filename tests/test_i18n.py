"""The user's language: which one, and what is put into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crmctl import i18n
from crmctl.i18n import _, chosen_language, finding_hint, finding_text, label, set_language
from crmctl.model.findings import Finding

ORDER = ("CRMCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ORDER:
        monkeypatch.delenv(name, raising=False)
    before = (i18n._language, i18n._translations)
    yield
    i18n._language, i18n._translations = before


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "zh_CN"),
        ({"LANG": "C"}, "zh_CN"),
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "en:zh_CN", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANGUAGE": "en"}, "zh_CN"),
        ({"LC_ALL": "en_GB", "LC_MESSAGES": "zh_CN"}, "en"),
        ({"CRMCTL_LANG": "zh", "LC_ALL": "en_GB"}, "zh_CN"),
        ({"CRMCTL_LANG": "EN", "LANG": "zh_CN"}, "en"),
        ({"CRMCTL_LANG": "", "LANG": "en"}, "en"),
    ],
)
def test_the_language_is_the_first_one_said(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], expected: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert chosen_language() == expected


def test_placeholders_are_filled_and_what_fills_them_is_only_text() -> None:
    set_language("en")
    hostile = "{0.__class__} %s {kind} {{}}"
    assert _("There is no kind {name}", name=hostile) == f"There is no kind {hostile}"
    assert _("") == ""


def test_what_is_counted_agrees_with_its_number_in_both_languages() -> None:
    said = "{count:change waits|changes wait} for you: crmctl review"
    set_language("en")
    assert [_(said, count=count) for count in (0, 1, 2)] == [
        "0 changes wait for you: crmctl review", "1 change waits for you: crmctl review",
        "2 changes wait for you: crmctl review",
    ]  # fmt: skip
    assert _("{name} needs {count:value|values}", name="{x|y}", count="1") == "{x|y} needs 1 value"
    set_language("zh_CN")
    assert "1 项" in _(said, count=1)
    assert "change" not in _(said, count=1)


def test_a_text_without_placeholders_is_said_as_it_stands() -> None:
    set_language("en")
    finding = Finding("SCH001", "A field is a mapping such as {is: text}")
    assert finding_text(finding) == "A field is a mapping such as {is: text}"


def test_findings_speak_the_users_language_and_so_do_labels_among_their_words() -> None:
    finding = Finding("REC001", "Missing: {label}", args={"label": ("日期", "Date")}, hint="Did you mean {label}?")
    set_language("en")
    assert (finding_text(finding), finding_hint(finding)) == ("Missing: Date", "Did you mean Date?")
    set_language("zh_CN")
    assert "日期" in finding_text(finding)
    assert "Missing" not in finding_text(finding)
    assert finding_hint(Finding("X", "Missing: {label}", args={"label": "x"})) == ""


def test_a_label_falls_back_to_what_there_is() -> None:
    set_language("en")
    assert [label(pair) for pair in (("甲", "A"), ["甲"], "plain", (), 3)] == ["A", "甲", "plain", "()", "3"]
    set_language("zh_CN")
    assert label(("甲", "A")) == "甲"


def test_a_finding_seen_from_further_out_says_file_and_whole_path() -> None:
    inner = Finding("REC004", "A list is needed here", "warning", "", "0.phone", {"a": 1}, "hint")
    outer = inner.at("V-1", "contacts")
    assert (outer.where, outer.field, outer.severity, outer.args, outer.hint) == (
        "V-1", "contacts.0.phone", "warning", {"a": 1}, "hint",
    )  # fmt: skip
    assert inner.at("V-1").field == "0.phone"
    assert Finding("X", "y").at("V-1", "data").field == "data"
