"""What is acknowledged outlives a power cut: Git and we bring it to the disk (elsewhere in the tests nobody does)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crmctl.ledger.git import environment, lock
from crmctl.ledger.git.remote import clone, fetch
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import put


@pytest.fixture
def flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Git tells what it does, and does it."""
    monkeypatch.delitem(environment._ALWAYS, "GIT_TEST_FSYNC")
    monkeypatch.setenv("GIT_TEST_FSYNC", "0")  # what a person's environment says does not count
    told = tmp_path / "told"
    told.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(told))
    return told


def flushes(told: Path) -> dict[str, int]:
    """How often each Git command waited for the disk."""
    found: dict[str, int] = {}
    for file in told.iterdir():
        events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        name = next(event["name"] for event in events if event["event"] == "cmd_name")
        counts = [int(event["value"]) for event in events if event.get("key") == "fsync/hardware-flush"]
        found[name] = found.get(name, 0) + sum(counts)
        file.unlink()
    return found


def test_what_is_written_is_on_the_disk(flushed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journals: list[int] = []
    monkeypatch.setattr(lock.os, "fsync", journals.append)
    with Repository.create(tmp_path / "r") as repo:
        flushes(flushed)
        put(repo, {"ledger.yaml": b"1\n"})
        done = flushes(flushed)
        assert done["unpack-objects"] > 0
        assert done["update-ref"] > 0
        assert journals


def test_what_is_fetched_is_on_the_disk(flushed: Path, tmp_path: Path) -> None:
    with Repository.create(tmp_path / "r") as repo:
        put(repo, {"ledger.yaml": b"1\n"})
        flushes(flushed)
        with clone(str(repo.path), tmp_path / "copy") as copy:
            assert flushes(flushed)["clone"] > 0
            put(repo, {"ledger.yaml": b"2\n"})
            flushes(flushed)
            assert [move.ref for move in fetch(copy)] == ["refs/remotes/origin/main"]
        done = flushes(flushed)
        assert done["fetch"] > 0
        assert done.get("unpack-objects", 0) + done.get("index-pack", 0) > 0
