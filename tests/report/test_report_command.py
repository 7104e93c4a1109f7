"""`crmctl report` as a person types it: exit codes, files, list."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from tests.company import Company
from tests.report.conftest import PROBE

Run = Callable[..., int]


@pytest.fixture
def run(trade: Company) -> Run:
    """`run("report", "customers")`: the exit code."""

    def call(*words: str, member: str = "alice") -> int:
        return main(["-C", str(trade.clone(member)), *words])

    return call


def test_the_list_is_by_reader(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--list", "--json") == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert {"customers", "card", "funnel", "intake", "quality", "sales", "complaints"} <= {one["name"] for one in data}
    assert [one["audience"] for one in data] == sorted(one["audience"] for one in data)


def test_a_report_is_one_json_document(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "customers", "--department", "all", "--json", member="carol") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmctl/report/1"
    assert document["data"]["coverage"] == [{"kind": "customer", "label": "Customer", "opened": 3, "existing": 4}]
    assert document["data"]["complete"] is False


@pytest.mark.parametrize("name", ["r.html", "r.md", "r.csv", "r.json", "r.xlsx"])
def test_a_file_tells_its_format_by_its_suffix(run: Run, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert run("report", "customers", "--out", str(file)) == 0
    begin = {"r.html": b"<!doctype html>", "r.md": b"# ", "r.csv": b"\xef\xbb\xbf", "r.json": b"{", "r.xlsx": b"PK"}[
        name
    ]
    assert file.read_bytes().lstrip().startswith(begin)
    assert {path.name for path in tmp_path.iterdir()} == {name, "company"}


@pytest.mark.parametrize(("words", "code"), [
    (["report"], 2), (["report", "nothing"], 4), (["report", "customers", "--format", "doc"], 2),
    (["report", "customers", "--out", "x.doc"], 2), (["report", "card"], 2), (["report", "sales", "--period", "soon"], 2),
    (["report", "customers", "--department", "north"], 4), (["report", "customers", "--out", "x.md", "--format", "term"], 2),
    (["report", "card", "--customer", "nobody"], 4),
])  # fmt: skip
def test_mistakes_have_their_exit_code(
    run: Run, words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) == code
    assert [path.name for path in tmp_path.iterdir()] == ["company"]


@pytest.mark.parametrize("files", [
    {"report.yaml": PROBE, "rows.sql": "SELECT word FROM nowhere"},
    {"report.yaml": PROBE.replace("scope: company", "scope: company\npage: p.html"), "rows.sql": "SELECT 1 AS word", "p.html": "{{ x }}"},
])  # fmt: skip
def test_a_broken_report_ends_with_10_and_leaves_the_old_file_alone(
    run: Run, put: Callable[..., str], files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(files)
    file = tmp_path / "old.html"
    file.write_text("old")
    assert run("report", "probe", "--out", str(file)) == 10
    assert "templates/reports/probe/" in capsys.readouterr().err
    assert file.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"company", "old.html"}


@pytest.mark.parametrize(("words", "form"), [
    (["--format", "docx", "--out", "x.html"], "docx"), (["--format", "xlsx", "--out", "x.csv"], "xlsx"),
    (["--json", "--out", "x.pdf"], "json"),
])  # fmt: skip
def test_a_suffix_that_says_another_format_is_refused(
    run: Run, words: list[str], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run("report", "customers", *words) == 2
    said = capsys.readouterr()
    assert f"--out x.{form}" in said.err + said.out
    assert [path.name for path in tmp_path.iterdir()] == ["company"]


def test_a_suffix_that_says_nothing_or_the_same_is_taken(run: Run, tmp_path: Path) -> None:
    for name, form in (("r.txt", "md"), ("r.HTM", "html"), ("r.json", "json")):
        assert run("report", "customers", "--format", form, "--out", str(tmp_path / name)) == 0


def test_a_folder_that_is_not_there_is_made_or_said(run: Run, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert run("report", "customers", "--out", str(blocked / "r.md")) == 8


def test_an_earlier_state_shows_what_was_then(run: Run, trade: Company, capsys: pytest.CaptureFixture[str]) -> None:
    commit = trade.ledger().repo.commit(trade.ledger().head)
    assert run("report", "customers", "--at", commit.parents[0], "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["data"]["tables"]["customers"]["rows"]) == 3


def test_a_pipe_gets_plain_tabs_without_markup(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "sales") == 0
    out = capsys.readouterr().out
    assert "2026-02\t2\t2\t1699.90" in out
    assert "\x1b" not in out
