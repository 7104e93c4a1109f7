"""A year under the policy, followed as the README says: full cap, demotion, blacklist, readmission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crmctl.cli.boundary import main
from crmctl.demo.build import SUPERVISOR, Built
from crmctl.demo.customers import leading_name
from crmctl.demo.texts import read_texts
from tests.demo.conftest import NOW

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def said(company: Built, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """`said("grade", "history", …)`: what the supervisor's copy answers."""
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))
    monkeypatch.setenv("CRMCTL_NOW", NOW)

    def ask(*words: str) -> Any:
        capsys.readouterr()
        assert main(["-C", str(company.copies[SUPERVISOR]), *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["data"]

    return ask


def grades(said: Any, customer: str) -> list[tuple[str, str | None, str | None, str]]:
    return [(row["on"], row["before"], row["grade"], row["state"]) for row in said("grade", "history", customer)]


def test_the_seat_passes_from_one_to_the_other_and_the_first_comes_back_at_the_bottom(
    company: Built, said: Any
) -> None:
    assert grades(said, company.followed) == [
        ("2026-01-10", None, "vip", "approved"), ("2026-03-11", "vip", "qualified", "approved"),
        ("2026-07-10", "qualified", None, "approved"), ("2026-10-15", None, "qualified", "approved"),
    ]  # fmt: skip
    assert company.risen
    first, second = grades(said, company.risen)[:2]
    assert (first[0], first[1], first[3]) == ("2026-01-10", None, "approved")
    assert first[2] in {"preferred", "qualified"}  # both grades are capped
    assert second == ("2026-03-11", first[2], "vip", "approved")


def test_the_caps_are_full_and_say_who_waits(company: Built, said: Any) -> None:
    caps = said("grade", "caps")
    vip, preferred = caps["caps"]
    assert (vip["seats"], preferred["seats"]) == (vip["base"] * 15 // 100, preferred["base"] * 30 // 100)
    assert vip["seats"] >= 1
    assert vip["held"] <= vip["seats"]
    assert (vip["taken"], preferred["taken"]) == (vip["seats"], preferred["seats"])
    assert "vip" in {row["waiting_for"] for row in caps["waiting"]}


def test_each_grade_is_explained_as_of_its_day(company: Built, said: Any) -> None:
    def held(document: Any, condition: str) -> set[str]:
        return {line["holds"] for line in document["evidence"] if line["condition"] == condition}

    now = said("grade", "explain", company.followed)
    before = said("grade", "explain", company.followed, "--as-of", company.before.isoformat())
    assert (now["grade"], held(now, "breaches = 0"), held(now, "readmitted_recently = no")) == (
        "qualified", {"no"}, {"no"},
    )  # fmt: skip
    assert (held(before, "breaches = 0"), held(before, "readmitted_recently = no")) == ({"yes"}, {"yes"})
    (beds,) = {line["against"] for line in now["evidence"] if line["condition"] == "specialised_beds >= $vip_beds"}
    assert beds == "800"


def test_the_lists_show_the_term_the_return_and_what_is_in_force(company: Built, said: Any) -> None:
    entries = said("blacklist", "list", "--all")
    own = next(one for one in entries if one["since"] == "2026-03-23")
    assert (own["until"], own["barred"]) == ("2026-09-23", False)
    assert [one["level"] for one in said("blacklist", "list") if one["barred"]] == ["company"]
    timeline = said("log", company.followed, "--all")
    events = {(event["kind"], event["state"]) for event in timeline["events"]}
    assert {("blacklist_entry", "readmitted"), ("breach", None), ("stage_review", "decided"), ("grade", "approved"),
            ("admission", "admitted")} <= events  # fmt: skip


def test_a_supervisor_finds_what_waits_and_what_was_approved_shows(company: Built, said: Any) -> None:
    assert said("review", "list")
    starts = said("query", "SELECT t.state, a.act, a.member FROM trade_start t JOIN approval a ON a.record = t.id")
    assert ["listed", "sign", SUPERVISOR] in [list(row) for row in starts["rows"]]


@pytest.mark.parametrize(("heading", "language"), [("## 制度下的一年", "zh_CN"), ("## A year under the policy", "en")])
def test_what_the_readme_says_can_be_pasted(company: Built, tmp_path: Path, heading: str, language: str) -> None:
    block = (ROOT / "README.md").read_text("utf-8").partition(heading)[2].partition("```\n")[2].partition("```")[0]
    lines = [line for line in block.splitlines() if line.startswith(("crmctl ", "export "))]
    assert len(lines) == 9
    assert leading_name(read_texts(language)) in block
    # the company here speaks English; in the other language its customers are called otherwise
    text = "\n".join(lines).replace(leading_name(read_texts("zh_CN")), f"'{company.followed}'")
    (tmp_path / ".demo").symlink_to(company.path)
    script = f'set -e\ncrmctl() {{ "$PYTHON" -m crmctl "$@"; }}\n{text}'
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "CRMCTL_NOW": NOW, "CRMCTL_LANG": language}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, encoding="utf-8", env=env, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert ("已重新准入" if language == "zh_CN" else "readmitted") in done.stdout
