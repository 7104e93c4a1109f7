"""A year under the policy, followed line by line as the README says: full cap, demotion, blacklist, readmission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmctl import i18n
from crmctl.cli.boundary import main
from crmctl.demo import policy_year
from crmctl.demo.policy_year import HEAD, Told, build_year
from crmctl.demo.surroundings import acting
from crmctl.errors import BadConfiguration
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger

NOW = "2026-11-20T15:00:00+08:00"
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMCTL_NOW", NOW)
        before = (i18n._language, i18n._translations)
        i18n.set_language("zh_CN")
        yield build_year(tmp_path_factory.mktemp("year") / "year")
        i18n._language, i18n._translations = before


@pytest.fixture
def said(year: Told, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """`said("grade", "history", …)`: what the head's copy answers."""
    monkeypatch.setenv("CRMCTL_HOME", str(year.home))
    monkeypatch.setenv("CRMCTL_NOW", NOW)

    def ask(*words: str) -> Any:
        capsys.readouterr()
        assert main(["-C", str(year.copy), *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["data"]

    return ask


def grades(said: Any, customer: str) -> list[tuple[str, str | None, str | None, str]]:
    rows = said("grade", "history", customer)
    return [(row["on"], row["before"], row["grade"], row["state"]) for row in rows]


def test_the_seat_passes_from_one_to_the_other_and_the_first_comes_back_at_the_bottom(year: Told, said: Any) -> None:
    assert grades(said, year.fallen) == [
        ("2025-11-28", None, "vip", "approved"), ("2026-03-11", "vip", "qualified", "approved"),
        ("2026-07-01", "qualified", None, "proposed"), ("2026-10-15", "qualified", "qualified", "approved"),
    ]  # fmt: skip
    assert grades(said, year.risen) == [
        ("2025-11-28", None, "preferred", "approved"), ("2026-03-11", "preferred", "vip", "approved"),
    ]  # fmt: skip


def test_the_cap_is_full_and_says_who_waits(year: Told, said: Any) -> None:
    caps = said("grade", "caps")
    assert [(row["grade"], row["base"], row["seats"], row["taken"]) for row in caps["caps"]] == [
        ("vip", 8, 1, 1), ("preferred", 8, 2, 2),
    ]  # fmt: skip
    waiting = {row["waiting_for"] for row in said("grade", "run", "--as-of", "2025-12-01", "--dry-run")["proposals"]}
    assert "vip" in waiting


def test_each_grade_is_explained_as_of_its_day(year: Told, said: Any) -> None:
    now, before = said("grade", "explain", year.fallen), said(
        "grade", "explain", year.fallen, "--as-of", year.before_breach.isoformat()
    )  # fmt: skip

    def held(document: Any, condition: str) -> set[str]:
        return {line["holds"] for line in document["evidence"] if line["condition"] == condition}

    assert (now["grade"], held(now, "breaches = 0"), held(now, "readmitted_recently = no")) == (
        "qualified",
        {"no"},
        {"no"},
    )
    assert held(before, "breaches = 0") == {"yes"}


def test_the_list_shows_the_term_and_the_return(year: Told, said: Any) -> None:
    (entry,) = said("blacklist", "list", "--all")
    assert (entry["id"], entry["since"], entry["until"], entry["barred"]) == (
        year.entry,
        "2026-03-23",
        "2026-09-23",
        False,
    )
    assert said("blacklist", "list") == []


def test_every_step_was_taken_by_whose_it_is_and_all_of_it_proves_true(year: Told) -> None:
    with acting(year.home, Ledger(year.copy, home=year.home).now, HEAD):
        ledger = Ledger(year.copy, home=year.home)
        assert [finding for finding in check(ledger).findings if finding.severity == "error"] == []
        assert main(["-C", str(year.copy), "verify"]) == 0
        oids = ledger.repo.run("rev-list", ledger.head).decode().split()
        assert {commit.author.name for commit in ledger.repo.commits(oids)} >= {"gm", "shen", "lu", "zhou"}


@pytest.mark.parametrize(("heading", "speaks", "back"), [
    ("## 制度下的一年", "zh", "已重新准入"), ("## A year under the policy", "en", "readmitted"),
])  # fmt: skip
def test_what_the_readme_says_can_be_pasted(tmp_path: Path, heading: str, speaks: str, back: str) -> None:
    block = (ROOT / "README.md").read_text("utf-8").partition(heading)[2].partition("```\n")[2].partition("```")[0]
    lines = [line for line in block.splitlines() if line.startswith(("crmctl ", "export "))]
    assert len(lines) == 9
    script = "\n".join(["set -e", 'crmctl() { "$PYTHON" -m crmctl "$@"; }', *lines])
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "CRMCTL_NOW": NOW, "CRMCTL_LANG": speaks}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, encoding="utf-8", env=env, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert back in done.stdout


def test_a_folder_in_use_is_refused_and_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BadConfiguration):
        build_year(tmp_path)

    def fail(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(policy_year, "found_company", fail)
    with pytest.raises(KeyboardInterrupt):
        build_year(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
