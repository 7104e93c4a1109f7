"""The demo company as built: a sound ledger, two readers who see different things, pages to open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli.boundary import main
from crmctl.demo import build as building
from crmctl.demo.build import SELLER, SUPERVISOR, Built, build
from crmctl.demo.surroundings import acting
from crmctl.errors import BadConfiguration
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger

NOW = "2026-11-20T15:00:00+08:00"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A small company of thirty customers, in Chinese."""
    before, language = os.environ.get("CRMCTL_NOW"), (i18n._language, i18n._translations)
    os.environ["CRMCTL_NOW"] = NOW
    i18n.set_language("zh_CN")
    try:
        yield build(tmp_path_factory.mktemp("demo") / "demo", customers=30)
    finally:
        i18n._language, i18n._translations = language
        os.environ.pop("CRMCTL_NOW") if before is None else os.environ.update(CRMCTL_NOW=before)


def opened(built: Built, member: str) -> dict[str, int]:
    """How many cards and visits a member's copy opens."""
    from crmctl.ledger.snapshot.connection import connect

    ledger = Ledger(built.copies[member], home=built.home)
    connection = connect(ledger, ["customer", "visit"])
    count = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("customer", "visit")
    }
    connection.close()
    return count


@pytest.mark.slow
def test_every_copy_holds_against_itself(built: Built) -> None:
    for member, copy in built.copies.items():
        with acting(built.home, Ledger(copy, home=built.home).now, member):
            found = check(Ledger(copy, home=built.home))
        assert [finding for finding in found.findings if finding.severity == "error"] == []


@pytest.mark.slow
def test_a_salesperson_sees_less_than_the_supervisor(built: Built) -> None:
    manager = next(iter(built.copies))
    seller, supervisor, all_cards = opened(built, SELLER), opened(built, SUPERVISOR), opened(built, manager)
    assert 0 < seller["customer"] < supervisor["customer"] < all_cards["customer"] == 30
    assert 0 < seller["visit"] < supervisor["visit"]
    assert all_cards["visit"] == 0


@pytest.mark.slow
def test_each_entry_is_signed_by_who_made_it(built: Built) -> None:
    ledger = Ledger(built.copies[next(iter(built.copies))], home=built.home)
    oids = ledger.repo.run("rev-list", ledger.head).decode().split()
    commits = list(ledger.repo.commits(oids))
    assert len({commit.author.name for commit in commits}) >= 8
    assert all(commit.signature for commit in commits)
    assert {commit.at.strftime("%Y-%m") for commit in commits} >= {"2025-11", "2026-05", "2026-11"}
    ledger.repo.close()


@pytest.mark.slow
def test_pages_and_guide_are_there(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    from crmctl.cli.commands.demo import _guide
    from crmctl.cli.out import Out

    i18n.set_language("zh_CN")
    assert "30/30" in built.pages["customers"].read_text("utf-8")
    assert built.sample in built.pages["card"].read_text("utf-8")
    _guide(Out(), built)
    said = capsys.readouterr().out
    assert built.company in said
    assert str(built.pages["customers"]) in said
    assert not any(word in said for word in ("branch", "commit", "HEAD", "分支"))


@pytest.mark.slow
def test_the_guide_can_be_pasted_line_by_line(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    from crmctl.cli.commands.demo import _guide
    from crmctl.cli.out import Out

    _guide(Out(), built)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("export ", "crmctl "))]
    assert len(lines) == 8
    script = "\n".join(["set -e", 'crmctl() { "$PYTHON" -m crmctl "$@"; }', *lines])
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "CRMCTL_NOW": NOW, "CRMCTL_LANG": "zh"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert built.sample in done.stdout


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
