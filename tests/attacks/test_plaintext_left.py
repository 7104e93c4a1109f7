"""Nothing in the clear stays behind: not in work tree, Git, caches, temporary files, merges, messages or after a kill."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from tests.company import VISIT, Company
from tests.program import command, surroundings

SECRET = "Zyxwvut Confidential Works"
WORDS = ("Zyxwvut", "13912340077", "qqxxqq the price is low", "wwyyww", "rrttrr", "kkddkk")


def forms(word: str) -> list[bytes]:
    """A word as it could lie somewhere: UTF-8, UTF-16, base64 at each of three offsets."""
    raw = word.encode()
    shifted = [base64.b64encode(b"x" * n + raw)[4 : -4 or None] for n in range(3)]
    return [raw, word.encode("utf-16-le"), *(piece for piece in shifted if len(piece) > 6)]


def found_in(*folders: Path) -> list[str]:
    """Every file and Git object in these folders that says one of the words."""
    needles = [(word, form) for word in WORDS for form in forms(word)]
    places: list[tuple[str, bytes]] = []
    for folder in folders:
        places += [(str(file), file.read_bytes()) for file in folder.rglob("*") if file.is_file()]
        places += [(str(file.name), file.name.encode()) for file in folder.rglob("*")]
        for repo in {path.parent for path in folder.rglob("HEAD") if (path.parent / "objects").is_dir()}:
            batch = ["git", f"--git-dir={repo}", "cat-file", "--batch-all-objects", "--batch", "--unordered"]
            places.append((f"{repo} (objects)", subprocess.run(batch, check=True, capture_output=True).stdout))
    return sorted({f"{place}: {word}" for place, content in places for word, form in needles if form in content})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_the_search_itself_finds_what_lies_there(company: Company, tmp_path: Path) -> None:
    clone = company.clone("alice")
    (clone / "note.txt").write_text("call wwyyww", "utf-8")
    subprocess.run(["git", "hash-object", "-w", "note.txt"], cwd=clone, check=True, capture_output=True)
    assert len(found_in(clone)) >= 2  # the file, and the object Git keeps packed
    (tmp_path / "encoded").write_bytes(base64.b64encode(b"padding qqxxqq the price is low"))
    assert found_in(tmp_path / "nothing") == []
    assert found_in(tmp_path) != []


def test_a_days_work_leaves_nothing_in_the_clear(
    company: Company, temporary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = company.customer("alice", name=SECRET, phone="13912340077", address="rrttrr road 1")
    visit = company.add("visit", {**VISIT, "topic": "qqxxqq the price is low"}, customer=made).id
    company.sync("alice", "carol", "bob")
    here = ["-C", str(company.clone("alice"))]
    for words in (["list", "customer"], ["show", made], ["find", "Zyxwvut"], ["log", made, "--all"], ["blame", made],
                  ["query", "SELECT name FROM customer"], ["due"], ["report", "customers"], ["check"],
                  ["update", visit, "--set", "goal_met=true", "--reason", "wwyyww"], ["undo"], ["backup", str(tmp_path / "b")],
                  ["audit", "run", "--department", "east"], ["verify"]):  # fmt: skip
        with contextlib.suppress(CrmctlError):
            invoke([*here, *words])
    assert "Zyxwvut" in capsys.readouterr().out  # it was there to be left behind
    # both change the same field: a conflict, told and left open
    update(company.ledger("alice"), made, {"address": "wwyyww street"}, Origin())
    update(company.ledger("carol"), made, {"address": "kkddkk street"}, Origin())
    with contextlib.suppress(CrmctlError):
        company.sync("alice", "carol")
    assert found_in(company.path, temporary, tmp_path) == []


@pytest.mark.slow
def test_a_kill_leaves_nothing_in_the_clear(company: Company, temporary: Path) -> None:
    made = company.customer("alice", name=SECRET)
    chance = random.Random(20261122)
    environment = {**surroundings(company.home), "TMPDIR": str(temporary)}
    killed = 0
    for _round in range(12):
        process = subprocess.Popen(
            command("update", made, "--set", f"address=rrttrr {chance.random()}", "--reason", "kkddkk"),
            cwd=company.clone("alice"), env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(chance.uniform(0.1, 0.6))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        assert found_in(company.path, temporary) == []
    assert killed
