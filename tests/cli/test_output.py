"""Results and words: one JSON document, tables for people and pipes, consoles that lack characters."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmctl.cli.out import Out, print_json
from crmctl.cli.progress import progress
from crmctl.cli.table import table
from crmctl.errors import ExitCode
from crmctl.model.findings import Finding

Runner = Callable[..., subprocess.CompletedProcess[str]]

HOSTILE = "[bold]Acme[/x] \x1b[31m:smile: \u202e\x9b"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Point:
    at: date
    share: Decimal


def test_one_document_with_stable_keys(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("VAL001", "bad {x}", where="a.yaml", field="f", args={"x": 1})
    print_json("visit", {"b": 1, "a": "客户"}, [finding])
    text = capsys.readouterr().out
    assert '"客户"' in text
    document = json.loads(text)
    assert list(document) == ["schema", "data", "findings"]
    assert document["schema"] == "crmctl/visit/1"
    assert list(document["data"]) == ["b", "a"]
    assert document["findings"] == [
        {
            "code": "VAL001", "severity": "error", "where": "a.yaml", "field": "f",
            "message": "bad 1", "args": {"x": 1}, "hint": "",
        }
    ]  # fmt: skip


def test_canonical_text_for_values_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    data = {
        "point": Point(date(2026, 11, 22), Decimal("1234.50")),
        "instant": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "path": PurePosixPath("a/b"),
        "set": {"b", "a"},
        "code": ExitCode.GIT,
    }
    print_json("x", data)
    assert json.loads(capsys.readouterr().out)["data"] == {
        "point": {"at": "2026-11-22", "share": "1234.50"},
        "instant": "2026-11-22T10:00:00+00:00",
        "path": "a/b",
        "set": ["a", "b"],
        "code": 8,
    }
    with pytest.raises(TypeError, match="object has no form"):
        print_json("x", object())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_json_is_faithful_and_steers_no_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    print_json("x", text)
    printed = capsys.readouterr().out
    assert json.loads(printed)["data"] == text
    assert not set(printed) & set("\x1b\x9b\x07\u202e\u2066")


def test_json_is_whole_on_a_gbk_console(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="gbk", errors="strict"))
    print_json("x", "客户 👍")
    sys.stdout.flush()
    assert json.loads(raw.getvalue())["data"] == "客户 👍"


def test_result_shows_or_documents(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("W1", "look", severity="warning")
    Out().result("x", {"n": 1}, lambda: print("shown"), [finding])
    told = capsys.readouterr()
    assert (told.out, told.err) == ("shown\n", "look [W1]\n")
    out = Out(json=True)
    out.line("not in the document")
    out.say("a word aside")
    out.result("x", {"n": 1}, lambda: print("shown"), [finding])
    told = capsys.readouterr()
    assert json.loads(told.out)["data"] == {"n": 1}
    assert told.err == "a word aside\n"


def test_words_are_made_safe(capsys: pytest.CaptureFixture[str]) -> None:
    Out().say(HOSTILE)
    Out().line(HOSTILE)
    told = capsys.readouterr()
    assert told.out == told.err == "[bold]Acme[/x] :smile: \n"


def test_a_pipe_gets_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    table([("Name", "left"), ("n", "right")], [[HOSTILE, 1], ["two\nlines\tand tab", None]])
    assert capsys.readouterr().out == "Name\tn\n[bold]Acme[/x] :smile: \t1\ntwo lines and tab\t\n"


def test_a_terminal_gets_straight_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    from crmctl.cli.text import width

    monkeypatch.setenv("COLUMNS", "80")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    table([("客户", "left"), ("n", "right")], [["东方贸易", 1], ["Acme", 22], [HOSTILE, 333]])
    monkeypatch.undo()
    printed = screen.getvalue()
    assert "[bold]Acme[/x] :smile:" in printed
    assert "\u202e" not in printed
    assert "\x9b" not in printed
    assert "[31m" not in printed
    rows = [line for line in printed.splitlines() if line.rstrip().endswith(("1", "22", "333"))]
    assert len(rows) == 3
    assert len({width(row.rstrip()) for row in rows}) == 1


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading", 10) as done:
        done(5)
    assert capsys.readouterr().err == ""


def test_progress_is_wiped_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("读取\x1b[2J", 10) as done:
        done(5)
    monkeypatch.undo()
    assert screen.getvalue() == "\r读取 5/10\r" + " " * 9 + "\r"


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp437", "utf-8"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("arguments", [["help", "words"], ["--help"], ["👍客户\udcff"], ["help", "words", "--json"]])
def test_no_console_crashes(arguments: list[str], language: str, encoding: str, crmctl: Runner) -> None:
    done = crmctl(*arguments, env={"PYTHONIOENCODING": encoding, "CRMCTL_LANG": language}, encoding=None)
    assert done.returncode in {ExitCode.DONE, ExitCode.USAGE}
    assert b"Traceback" not in done.stderr
    done.stdout.decode(encoding)
    done.stderr.decode(encoding)


def test_gbk_shows_chinese_and_ascii_falls_back_to_english(crmctl: Runner) -> None:
    chinese = {"CRMCTL_LANG": "", "LANG": "zh_CN.UTF-8"}
    gbk = crmctl("help", "words", env={**chinese, "PYTHONIOENCODING": "gbk"}, encoding="gbk")
    assert "客户档案" in gbk.stdout
    plain = crmctl("help", "words", env={**chinese, "PYTHONIOENCODING": "ascii"}, encoding="ascii")
    assert "Everything about one customer." in plain.stdout
