"""One writer at a time, and a lock that dies with its holder and its holder's children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.errors import Conflict, ExitCode, GitFailed
from crmctl.ledger.git.lock import (
    TALKING,
    Journal,
    drop_journal,
    ledger_lock,
    own_folder,
    read_journal,
    write_journal,
)
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import put

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, subprocess
from pathlib import Path
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.lock import ledger_lock
with ledger_lock(Repository(Path(sys.argv[1]))) as descriptor:
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, pass_fds=(descriptor,)) if len(sys.argv) > 2 else None
    print(child.pid if child else 0, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        yield made


def holder(repo: Repository, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(repo.path), *more], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def test_a_second_writer_is_told_who_holds_it(repo: Repository) -> None:
    other = holder(repo)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Conflict) as caught, ledger_lock(repo, 0.05):
            pass
        assert str(other.pid) in caught.value.what
        assert caught.value.exit_code == ExitCode.CONFLICT
        with pytest.raises(Conflict):
            put_nothing_held(repo)
    finally:
        end(other)
    with ledger_lock(repo, 0):
        pass


def put_nothing_held(repo: Repository) -> None:
    with ledger_lock(repo, 0):
        put(repo, {"a": b"1"})


def test_the_lock_outlives_a_killed_holder_while_its_child_lives(repo: Repository) -> None:
    other = holder(repo, "child")
    assert other.stdout is not None
    child = int(other.stdout.readline())
    end(other)
    with pytest.raises(Conflict), ledger_lock(repo, 0.05):
        pass
    os.kill(child, signal.SIGKILL)
    with ledger_lock(repo, 10):
        pass


def test_the_same_thread_may_take_it_again_another_may_not(repo: Repository) -> None:
    answers: list[str] = []

    def try_it() -> None:
        try:
            with ledger_lock(repo, 0):
                answers.append("got it")
        except Conflict:
            answers.append("busy")

    with ledger_lock(repo, 0) as outer, ledger_lock(repo, 0) as inner:
        assert inner == outer
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert answers == ["busy"]
    try_it()
    assert answers == ["busy", "got it"]


def test_talking_to_a_server_does_not_stop_writing(repo: Repository) -> None:
    with ledger_lock(repo, 0, purpose=TALKING), ledger_lock(repo, 0):
        put(repo, {"a": b"1"})
    assert repo.read("HEAD", "a") == b"1"


def test_a_journal_comes_back_as_it_went_in(repo: Repository) -> None:
    assert read_journal(repo) is None
    journal = Journal({"refs/heads/main": (None, "1" * 40)}, ("index.lock",))
    write_journal(repo, journal)
    assert read_journal(repo) == journal
    assert read_journal(repo, TALKING) is None
    drop_journal(repo)
    drop_journal(repo)
    assert read_journal(repo) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"moves": 1}', b'{"moves": {"a": 1}, "locks": []}', b"\xff"])
def test_a_damaged_journal_still_says_that_something_broke(repo: Repository, content: bytes) -> None:
    (own_folder(repo) / "writing.json").write_bytes(content)
    assert read_journal(repo) == Journal()
    put(repo, {"a": b"1"})
    assert read_journal(repo) is None


def test_a_folder_that_cannot_be_written_is_said_so(repo: Repository) -> None:
    (repo.common_dir / "crmctl").write_text("in the way")
    with pytest.raises(GitFailed):
        put(repo, {"a": b"1"})
    assert repo.refs() == {}
