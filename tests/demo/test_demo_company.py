"""The demo company as built: a sound ledger, two readers who see different things, pages to open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from crmctl.demo import build as building
from crmctl.demo.build import SELLER, SUPERVISOR, Built, build
from crmctl.demo.surroundings import acting
from crmctl.errors import BadConfiguration
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from tests.demo.conftest import NOW

ROOT = Path(__file__).resolve().parents[2]


def opened(company: Built, member: str) -> dict[str, int]:
    """How many cards and visits a member's copy opens."""
    from crmctl.ledger.snapshot.connection import connect

    ledger = Ledger(company.copies[member], home=company.home)
    connection = connect(ledger, ["customer", "visit"])
    count = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("customer", "visit")
    }
    connection.close()
    return count


@pytest.mark.slow
def test_every_copy_holds_against_itself(company: Built) -> None:
    for member, copy in company.copies.items():
        with acting(company.home, Ledger(copy, home=company.home).now, member):
            found = check(Ledger(copy, home=company.home))
        assert [finding for finding in found.findings if finding.severity == "error"] == []


@pytest.mark.slow
def test_a_salesperson_sees_less_than_the_supervisor(company: Built) -> None:
    manager = next(iter(company.copies))
    seller, supervisor, all_cards = opened(company, SELLER), opened(company, SUPERVISOR), opened(company, manager)
    assert 0 < seller["customer"] < supervisor["customer"] < all_cards["customer"] == 120
    assert 0 < seller["visit"] < supervisor["visit"]
    assert all_cards["visit"] == 0


@pytest.mark.slow
def test_each_entry_is_signed_by_who_made_it(company: Built) -> None:
    ledger = Ledger(company.copies[next(iter(company.copies))], home=company.home)
    oids = ledger.repo.run("rev-list", ledger.head).decode().split()
    commits = list(ledger.repo.commits(oids))
    assert len({commit.author.name for commit in commits}) >= 8
    assert all(commit.signature for commit in commits)
    assert {commit.at.strftime("%Y-%m") for commit in commits} >= {"2025-11", "2026-05", "2026-11"}
    ledger.repo.close()


@pytest.mark.slow
def test_pages_and_guide_are_there(company: Built, capsys: pytest.CaptureFixture[str]) -> None:
    from crmctl.cli.commands.demo import _guide
    from crmctl.cli.out import Out

    assert "120 of 120" in company.pages["customers"].read_text("utf-8")
    assert company.sample in company.pages["card"].read_text("utf-8")
    _guide(Out(), company)
    said = capsys.readouterr().out
    assert company.company in said
    assert str(company.pages["customers"]) in said
    assert not any(word in said for word in ("branch", "commit", "HEAD", "分支"))


@pytest.mark.slow
def test_the_guide_can_be_pasted_line_by_line(company: Built, capsys: pytest.CaptureFixture[str]) -> None:
    from crmctl.cli.commands.demo import _guide
    from crmctl.cli.out import Out

    _guide(Out(), company)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("export ", "crmctl "))]
    assert len(lines) == 18 + sum(len(scene.pages) for scene in company.scenes)
    script = "\n".join(["set -e", 'crmctl() { "$PYTHON" -m crmctl "$@"; }', *lines])
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "CRMCTL_NOW": NOW, "CRMCTL_LANG": "en"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert company.sample in done.stdout


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BadConfiguration) as caught:
        build(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert (tmp_path / "mine").read_text() == "x"
    assert main(["demo", str(tmp_path)]) == 10


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "invent", fail)
    for folder in (tmp_path / "new", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with pytest.raises(KeyboardInterrupt):
            build(folder, customers=6)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert list((tmp_path / "empty").iterdir()) == []
    assert "CRMCTL_MEMBER" not in os.environ


@pytest.mark.slow
def test_the_command_answers_with_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tmp_path / "d"), "--customers", "6", "--seed", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmctl/demo/1"
    assert document["data"]["records"]["customer"] == 6
