"""Whole commands killed at random times: what was acknowledged is there, and the next command works.

`CRMCTL_KILLS=300` kills that often (marked slow); the quick suite does it 12 times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from crmctl.ledger.checking.check import check
from crmctl.ledger.waiting.undo import undo
from crmctl.model.paths import place_of
from tests.company import VISIT, Company, git
from tests.program import answer, command, run, setting, surroundings

QUICK = 12
MANY = int(os.environ.get("CRMCTL_KILLS", "300"))


def started(company: Company, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*words), cwd=company.clone("alice"), env=surroundings(company.home), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def killed_after(process: subprocess.Popen[bytes], seconds: float, *, with_children: bool) -> bytes:
    """Whatever it said before it was killed, alone or with the Git it had started."""
    try:
        out, _err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        if with_children:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        out, _err = process.communicate()
    return out


def acknowledged(out: bytes) -> str | None:
    """The id the command answered with; None when it had not come to that."""
    try:
        return str(json.loads(out)["data"]["id"])
    except (ValueError, KeyError, TypeError):
        return None


def visits(company: Company) -> set[str]:
    ledger = company.ledger()
    places = (place_of(path) for path, _oid in ledger.record_blobs())
    return {place.record_id for place in places if place and place.folder == "visits"}


def kill_so_often(company: Company, kills: int, seed: int) -> None:
    customer = company.customer()
    words = ["add", "visit", "--customer", customer, *setting(**{k: str(v) for k, v in VISIT.items()}), "--json"]
    begun = time.monotonic()
    log = {str(answer(run(company.clone("alice"), company.home, *words))["id"])}
    usual = time.monotonic() - begun
    dice = random.Random(seed)
    cut_short = 0
    for _number in range(kills):
        process = started(company, *words)
        out = killed_after(process, usual * dice.uniform(0.3, 1.15), with_children=dice.random() < 0.5)
        cut_short += process.returncode == -signal.SIGKILL
        said = acknowledged(out)
        log |= {said} if said else set()
        assert log <= visits(company)
    assert cut_short
    log.add(str(answer(run(company.clone("alice"), company.home, *words))["id"]))
    assert log <= visits(company)
    found = check(company.ledger())
    assert [finding for finding in found.findings if finding.severity == "error"] == []
    assert company.ledger().repo.run_quietly("fsck", "--strict", "--no-dangling").returncode == 0
    by_hand_keeps(company, log)


def by_hand_keeps(company: Company, log: set[str]) -> None:
    """An index left behind would show here: the commit made by hand would take the last records back."""
    clone = company.clone("alice")
    assert git(clone, "status", "--porcelain") == ""
    (clone / "policy" / "note.md").write_text("by hand\n")
    git(clone, "add", "policy/note.md")
    git(clone, "commit", "-q", "-m", "by hand")
    assert log <= visits(company)


@pytest.mark.req("R-ACL-19")
def test_no_acknowledged_record_is_lost(company: Company) -> None:
    kill_so_often(company, QUICK, 20261122)


@pytest.mark.slow
def test_no_acknowledged_record_is_lost_however_often(company: Company) -> None:
    kill_so_often(company, MANY, 1)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("undo",), ("backup", "../led.bundle", "--force"), ("sync",)], ids=lambda w: w[0])
def test_other_commands_killed_at_random_times(company: Company, words: tuple[str, ...]) -> None:
    customer = company.customer()
    dice = random.Random(7)
    for _number in range(max(6, MANY // 30)):
        added = company.add("visit", VISIT, customer=customer).id
        killed_after(started(company, *words), dice.uniform(0.1, 0.8), with_children=dice.random() < 0.5)
        if added in visits(company) and words == ("undo",):
            undo(company.ledger())
    assert run(company.clone("alice"), company.home, *words).returncode in {0, 4}
    assert [f for f in check(company.ledger()).findings if f.severity == "error"] == []
    assert company.ledger().repo.run_quietly("fsck", "--strict", "--no-dangling").returncode == 0


def test_a_killed_backup_leaves_the_earlier_one(company: Company, tmp_path: Path) -> None:
    company.customer()
    file = company.path / "led.bundle"
    assert run(company.clone("alice"), company.home, "backup", str(file)).returncode == 0
    before = file.read_bytes()
    dice = random.Random(3)
    for _number in range(4):
        process = started(company, "backup", str(file), "--force")
        killed_after(process, dice.uniform(0.15, 0.4), with_children=True)
        content = file.read_bytes()
        assert content == before or content.startswith(b"# v2 git bundle\n")
        before = content
    restored = run(company.path, company.home, "restore", str(file), str(tmp_path / "new"), "--as", "alice", "--json")
    assert answer(restored)["errors"] == 0
