"""What a person and a program are told when a command fails, and what is not told."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crmctl.cli.boundary import main, run_guarded, wants_json
from crmctl.errors import ExitCode, InvalidInput, Refused
from crmctl.model.findings import Finding

SECRET = "东方贸易 13800138000"
PACKAGE_HOME = str(Path(__file__).resolve().parents[2])


def failing(error: BaseException) -> int:
    raise error


def test_an_error_says_what_where_rule_findings_and_next(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidInput(
        "Two fields are wrong",
        where="visit.yaml",
        rule="VIS001",
        hint="crmctl schema show visit",
        findings=[
            Finding("VAL001", "not a date: {value}", where="visit.yaml", field="at", args={"value": "morgen"}),
            Finding("VAL002", "missing", field="purpose"),
        ],
    )
    assert run_guarded(lambda: failing(error), as_json=False) == ExitCode.INVALID
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Error: Two fields are wrong",
        "Where: visit.yaml",
        "Rule: VIS001",
        "  visit.yaml at: not a date: morgen [VAL001]",
        "  purpose: missing [VAL002]",
        "Next: crmctl schema show visit",
    ]


def test_with_json_the_error_is_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    error = Refused("barred", where="C-7Q2M9K4T", rule="ADM004", hint="x", findings=[Finding("ADM004", "barred")])
    run_guarded(lambda: failing(error), as_json=True)
    told = capsys.readouterr()
    assert told.err == ""
    document = json.loads(told.out)
    assert document["schema"] == "crmctl/error/1"
    assert document["data"] == {
        "what": "barred", "where": "C-7Q2M9K4T", "rule": "ADM004", "hint": "x", "exit_code": 6,
    }  # fmt: skip
    assert [finding["code"] for finding in document["findings"]] == ["ADM004"]


def test_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CRMCTL_LANG", "zh_CN")
    main(["hlep"])
    assert capsys.readouterr().err.splitlines() == ["错误：没有这个命令：crmctl hlep", "下一步：您是不是想用：help？"]


def leak(name: str) -> int:
    record = {"name": name}
    try:
        return int(record["name"])
    except ValueError as error:
        raise KeyError(name) from error


@pytest.mark.parametrize("as_json", [False, True])
def test_a_bug_is_one_line_and_a_log_without_contents(
    person: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    assert run_guarded(lambda: leak(SECRET), as_json=as_json) == ExitCode.BUG
    told = capsys.readouterr()
    (log,) = (person / "logs").iterdir()
    assert str(log) in told.out + told.err
    if not as_json:
        assert len(told.err.splitlines()) == 1
    text = log.read_text(encoding="utf-8")
    assert "KeyError" in text
    assert "ValueError" in text
    assert "test_boundary.py" in text
    for part in SECRET.split():
        assert part not in told.out + told.err + text
    assert PACKAGE_HOME not in text
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_bug_without_a_writable_home_still_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CRMCTL_HOME", str(tmp_path / "file"))
    assert run_guarded(lambda: leak(SECRET), as_json=False) == ExitCode.BUG
    assert "crmctl made a mistake: KeyError" in capsys.readouterr().err


def test_exception_groups_and_loops_are_logged() -> None:
    from crmctl.cli.crash import trace

    first, second = ValueError("a"), TypeError("b")
    first.__context__, second.__context__ = second, first
    assert [line for line in trace(ExceptionGroup("g", [first])) if not line.startswith(" ")] == [
        "ExceptionGroup", "ValueError", "TypeError",
    ]  # fmt: skip


def test_interruption_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(lambda: failing(KeyboardInterrupt()), as_json=False) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Stopped\n"


def test_an_interruption_that_another_error_passes_on_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    def made() -> int:
        class Caught:
            def __set_name__(self, _owner: type, _name: str) -> None:
                raise KeyboardInterrupt

        type("Made", (), {"field": Caught()})  # up to Python 3.11 it becomes a RuntimeError here
        return 0

    def passed_on() -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("class not made") from error

    for command in (made, passed_on):
        assert run_guarded(command, as_json=False) == ExitCode.INTERRUPTED
        assert capsys.readouterr().err == "Stopped\n"


def test_an_interruption_while_it_still_starts_leaves_no_trace() -> None:
    script = (
        "import crmctl.cli.boundary as boundary\nfrom crmctl.__main__ import run\n"
        "def starting(_words): raise KeyboardInterrupt\nboundary.main = starting\nrun()"
    )
    done = subprocess.run([sys.executable, "-c", script, "sync"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = (
        "import sys\nfrom crmctl.cli.boundary import run_guarded\n"
        "def many():\n    for n in range(200000): print(n)\n    return 0\n"
        "sys.exit(run_guarded(many, as_json=False))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PACKAGE_HOME},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_json_after_two_dashes_is_a_word() -> None:
    assert wants_json(["show", "--json"])
    assert not wants_json(["find", "--", "--json"])


def test_hostile_text_in_an_error_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    error = Refused("\x1b[2Jno \u202egnp.exe\x07", where="[red]x[/red]", hint="line\nbreak")
    run_guarded(lambda: failing(error), as_json=False)
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\x07" not in told
    assert "[red]x[/red]" in told
