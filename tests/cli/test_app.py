"""The command table: help in both languages, nearest names, groups, common options, completion."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
import typer

from crmctl.cli import app
from crmctl.cli.boundary import main
from crmctl.cli.lazy import Entry, Family
from crmctl.cli.options import AsJson, AsOf, At, DryRun, LedgerDir, Yes
from crmctl.cli.text import width
from crmctl.errors import ExitCode
from crmctl.i18n import N_

Runner = Callable[..., subprocess.CompletedProcess[str]]

With = Callable[..., None]
ENGLISH = re.compile("Usage|Options|Arguments|Show this message|Commands|COMMAND|TEXT|required|default|Missing|Error")


def plan(
    who: Annotated[str, typer.Argument(metavar="WHO", help=N_("What to explain."))],
    count: Annotated[int, typer.Option(help=N_("Do not ask."))] = 3,
    note: str = "",
    *,
    directory: LedgerDir = Path(),
    as_json: AsJson = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    at: At = None,
    as_of: AsOf = None,
) -> int:
    typer.echo(json.dumps([who, count, note, str(directory), as_json, dry_run, yes, at, as_of and as_of.isoformat()]))
    return 1


def test_common_options_reach_the_command(with_commands: With, capsys: pytest.CaptureFixture[str]) -> None:
    with_commands(plan=plan)
    code = main(["plan", "acme", "-C", "here", "--json", "--dry-run", "--yes", "--at", "abc", "--as-of", "2026-11-22"])
    assert code == ExitCode.FINDINGS
    assert json.loads(capsys.readouterr().out) == ["acme", 3, "", "here", True, True, True, "abc", "2026-11-22"]


def test_directory_may_stand_before_the_command(with_commands: With, capsys: pytest.CaptureFixture[str]) -> None:
    with_commands(plan=plan)
    main(["-C", "there", "plan", "acme"])
    assert json.loads(capsys.readouterr().out)[3] == "there"
    main(["-C", "there", "plan", "acme", "-C", "here"])
    assert json.loads(capsys.readouterr().out)[3] == "here"
    main(["plan", "acme"])
    assert json.loads(capsys.readouterr().out)[3] == "."


def test_help_speaks_chinese_only(
    with_commands: With, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMCTL_LANG", "zh_CN")
    with_commands(plan=plan)
    assert main(["plan", "--help"]) == 0
    page = capsys.readouterr().out
    assert not ENGLISH.findall(page)
    for word in ("用法：", "选项：", "参数：", "显示此帮助后退出。", "必填", "默认：3", "[选项]", "数字", "文字"):
        assert word in page


def test_help_speaks_english_only(with_commands: With, capsys: pytest.CaptureFixture[str]) -> None:
    with_commands(plan=plan)
    assert main(["plan", "--help"]) == 0
    page = capsys.readouterr().out
    assert page.isascii()
    for word in ("Usage: crmctl plan [OPTIONS] WHO", "Options:", "Show this message and exit.", "NUMBER", "default: 3"):
        assert word in page


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_help_columns_stay_straight(
    language: str, with_commands: With, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMCTL_LANG", language)
    with_commands(plan=plan)
    main(["plan", "--help"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  -") and "--note" not in line]
    starts = {width(re.match(r"  \S.*?\s{2,}", row)[0]) for row in rows}  # type: ignore[index]
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["plan"], "Missing: WHO", "缺少：客户"),
        (["plan", "a", "--cuont", "1"], "No such option: --cuont", "没有这个选项：--cuont"),
        (["plan", "a", "--count", "x"], "--count: 'x' is not a whole number", "--count：'x' 不是整数"),
        (["plan", "a", "--count"], "--count needs a value", "--count 需要一个值"),
        (["plan", "a", "b"], "Too many words: b", "多余的内容：b"),
        (["plan", "a", "--json=1"], "--json takes no value", "--json 不带值"),
        (["plan", "a", "--as-of", "soon"], "--as-of: 'soon' is not a date", "--as-of：'soon' 不是 2026-11-22"),
        (["plan", "a", "--as-of", "9999-12-31"], "--as-of: The year must lie between 1900", "--as-of：年份"),
        (["paln"], "No such command: crmctl paln", "没有这个命令：crmctl paln"),
    ],
)
def test_typers_complaints_in_both_languages(
    arguments: list[str],
    english: str,
    chinese: str,
    with_commands: With,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_commands(plan=plan)
    for language, words, label in (("en", english, "Next: "), ("zh_CN", chinese, "下一步：")):
        monkeypatch.setenv("CRMCTL_LANG", language)
        assert main(arguments) == ExitCode.USAGE
        told = capsys.readouterr()
        assert words in told.err
        assert label in told.err
        assert told.out == ""


def test_a_usage_error_with_json_is_a_document(with_commands: With, capsys: pytest.CaptureFixture[str]) -> None:
    with_commands(plan=plan)
    assert main(["plan", "--json"]) == ExitCode.USAGE
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["what"] == "Missing: WHO"
    assert data["hint"] == "Run crmctl plan --help"


def test_the_nearest_name_is_offered(with_commands: With, capsys: pytest.CaptureFixture[str]) -> None:
    with_commands(plan=plan, sync=plan)
    main(["snyc"])
    assert "Did you mean sync?" in capsys.readouterr().err


def show_one(name: str) -> None:
    typer.echo(f"show {name}")


def list_all() -> None:
    typer.echo("list")


@pytest.fixture
def families(with_commands: With, monkeypatch: pytest.MonkeyPatch) -> None:
    with_commands(show_one=show_one, list_all=list_all)
    commands = {
        "list": Entry("commands_of_a_test:list_all", "Done."),
        "show": Entry("commands_of_a_test:show_one", "Done."),
    }
    table = {
        "key": Family("Words", commands),
        "review": Family("Words", commands, default="list"),
        "report": Family("Words", commands, default="show", catch_all=True),
    }
    monkeypatch.setattr(app, "COMMANDS", table)


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["key", "list"], "list\n"),
        (["review"], "list\n"),
        (["review", "show", "x"], "show x\n"),
        (["report", "funnel"], "show funnel\n"),
        (["report", "list"], "list\n"),
    ],
)
def test_commands_under_a_noun(arguments: list[str], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.usefixtures("families")
def test_a_noun_alone_shows_its_help_as_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key"]) == ExitCode.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert "Usage: crmctl key" in told.err


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize("arguments", [["key", "--help"], ["help", "key"], ["report", "--help"]])
def test_help_of_a_noun_lists_its_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if arguments[0] == "help":
        app.COMMANDS["help"] = Entry("crmctl.cli.commands.help:explain", "Words")  # type: ignore[index]
    assert main(arguments) == 0
    page = capsys.readouterr().out
    assert "  list  Done." in page
    assert "  show  Done." in page


@pytest.mark.usefixtures("families")
def test_an_unknown_word_under_a_noun(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "lsit"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert "No such command: crmctl key lsit" in told
    assert "Did you mean list?" in told


def test_without_words_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Usage: crmctl" in capsys.readouterr().out


def test_panels_have_their_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = {
        "check": Entry("x:y", "Done.", app.CARE),
        "due": Entry("x:y", "Done.", app.EVERY_DAY),
        "day": Entry("x:y", "Done.", app.EVERY_DAY),
        "secret": Entry("x:y", "Done.", app.CARE, hidden=True),
    }
    monkeypatch.setattr(app, "COMMANDS", table)
    main(["--help"])
    page = capsys.readouterr().out
    assert "Every day:\n  due  Done.\n  day  Done.\n\nCare of the ledger:\n  check  Done.\n" in page
    assert "secret" not in page


def test_dates_are_dates() -> None:
    from crmctl.cli.options import iso_date

    assert iso_date("2026-11-22") == date(2026, 11, 22)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_answers_from_the_table(shell: str, crmctl: Runner) -> None:
    env = {
        "_CRMCTL_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "crmctl he",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "crmctl he",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = crmctl(env=env)
    assert "help" in done.stdout
    assert done.stderr == ""


def test_completion_script_is_printed_for_the_shell_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from crmctl.cli import completion

    monkeypatch.setattr(completion, "_get_shell_name", lambda: "bash")
    assert main(["--show-completion"]) == 0
    assert "_CRMCTL_COMPLETE=complete_bash" in capsys.readouterr().out
    monkeypatch.setattr(completion, "_get_shell_name", lambda: "csh")
    assert main(["--show-completion"]) == ExitCode.USAGE
    assert "no completion for this shell: csh" in capsys.readouterr().err


def test_completion_is_installed_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from crmctl.cli import completion

    monkeypatch.setattr(completion, "_get_shell_name", lambda: "bash")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["--install-completion"]) == 0
    assert "Completion for bash is in" in capsys.readouterr().err
    assert "_CRMCTL_COMPLETE" in (tmp_path / ".bash_completions" / "crmctl.sh").read_text(encoding="utf-8")
