"""A kill at any step, a full disk, a folder that cannot be written: the ledger is as it was, or as acknowledged.

`CRMCTL_KILLS=300` kills that often at random times; the quick suite does it 15 times.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from crmctl.errors import Conflict, GitFailed
from crmctl.ledger.git import remote, sparse
from crmctl.ledger.git.lock import TALKING, ledger_lock, read_journal
from crmctl.ledger.git.mend import mend
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import MAIN, files, plain_git, put, sound

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRMCTL_KILLS", "15"))
CARD = "customers/7q/C-1/core/customer.yaml.age"
STEPS = ["planned", "locked", "stored", "journalled", "swapped", "indexed", "done"]

ONE_WRITE = """
import os, signal, sys
from pathlib import Path
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, write
from tests.ledger.git_repos import ALICE, AT, MAIN, sign
repo = Repository(Path(sys.argv[1]))
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
edits = {"customers/7q/C-1/east/sales/visits/V-1.yaml.age": b"visit", "org/b.yaml": b"b", "org/a.yaml": None}
print(write(repo, [Change(MAIN, repo.resolve(MAIN), edits, "visit")], sign, ALICE, AT, step=step)[0])
"""
MANY_WRITES = """
import os, sys
from pathlib import Path
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import put
repo = Repository(Path(sys.argv[1]))
for number in range(100_000):
    name = f"{sys.argv[2]}-{number}"
    commit = put(repo, {f"customers/7q/C-{name}/core/customer.yaml.age": os.urandom(400), "org/last.yaml": name.encode()})
    os.write(1, f"{commit} {name}\\n".encode())
"""
MANY_FETCHES = """
import os, sys
from pathlib import Path
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.remote import fetch
from crmctl.ledger.git.transaction import RefMove, move_refs
repo = Repository(Path(sys.argv[1]))
for _ in range(100_000):
    fetch(repo)
    os.write(1, b"fetched\\n")
    move_refs(repo, [RefMove(ref, None, oid) for ref, oid in repo.refs("refs/remotes/origin").items()])
"""


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with fresh(tmp_path / "r") as made:
        yield made


@contextmanager
def fresh(path: Path) -> Iterator[Repository]:
    with Repository.create(path) as made:
        sparse.set_up(made)
        put(made, {"ledger.yaml": b"1\n", "org/a.yaml": b"a\n", CARD: b"card"})
        yield made


def child(script: str, *args: object, **more: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", script, *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more)


def works_on(repo: Repository, name: str) -> None:
    """The next write succeeds and leaves a clean state that a commit by hand does not harm."""
    with Repository(repo.path) as later:
        before = files(later, MAIN)
        commit = put(later, {f"customers/9z/C-{name}/core/customer.yaml.age": name.encode()})
        assert later.resolve(MAIN) == commit
        assert plain_git(later.path, "status", "--porcelain") == b""
        plain_git(later.path, "commit", "-q", "--allow-empty", "-am", "by hand")
        assert files(later, MAIN) == {**before, f"customers/9z/C-{name}/core/customer.yaml.age": name.encode()}
        assert read_journal(later) is None


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_every_step(repo: Repository, step: str) -> None:
    before = repo.resolve(MAIN)
    killed = child(ONE_WRITE, repo.path, step)
    out, _err = killed.communicate()
    assert (killed.returncode, out) == (-signal.SIGKILL, b"")
    written = STEPS.index(step) >= STEPS.index("swapped")
    assert (repo.resolve(MAIN) != before) == written
    assert sound(repo)
    works_on(repo, step)
    assert (repo.read(MAIN, "org/b.yaml") == b"b") == written
    assert (repo.path / "org/a.yaml").exists() != written


LEFT_BY_GIT = {
    "unpack-objects": ["objects/tmp_obj_x"],
    "update-ref": ["refs/heads/main.lock", "HEAD.lock", "packed-refs.lock"],
    "read-tree": ["index.lock"],
}


@pytest.mark.parametrize("command", LEFT_BY_GIT)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_of_git_and_its_parent_with_locks_in_place(
    repo: Repository, tmp_path: Path, command: str, when: str
) -> None:
    left = " ".join(str(repo.common_dir / name) for name in LEFT_BY_GIT[command])
    act = f'"{shutil.which("git")}" "$@"' if when == "after" else ":"
    wrapper = tmp_path / "bin/git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nfor word in "$@"; do if [ "$word" = {command} ]; then {act}; touch {left}; kill -9 $PPID $$; fi; done\n'
        f'exec "{shutil.which("git")}" "$@"\n'
    )
    wrapper.chmod(0o755)
    before = repo.resolve(MAIN)
    killed = child(ONE_WRITE, repo.path, "none", env={**os.environ, "PATH": f"{wrapper.parent}:{os.environ['PATH']}"})
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    written = command == "read-tree" or (command, when) == ("update-ref", "after")
    assert (repo.resolve(MAIN) != before) == written
    works_on(repo, command)
    assert (repo.read(MAIN, "org/b.yaml") == b"b") == written


@pytest.mark.parametrize("command", ["update-ref", "read-tree"])
def test_a_git_that_outlives_its_killed_parent_still_holds_the_lock(
    repo: Repository, tmp_path: Path, command: str
) -> None:
    gate, wrapper = tmp_path / "gate", tmp_path / "bin/git"
    os.mkfifo(gate)
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nfor word in "$@"; do if [ "$word" = {command} ]; then kill -9 $PPID; read go <{gate}; fi; done\n'
        f'exec "{shutil.which("git")}" "$@"\n'
    )
    wrapper.chmod(0o755)
    env = {**os.environ, "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    with child(ONE_WRITE, repo.path, "none", env=env) as killed:
        assert killed.wait() == -signal.SIGKILL
    with pytest.raises(Conflict), ledger_lock(repo, 0):
        pass
    gate.write_text("go\n")
    with ledger_lock(repo, 30):
        pass
    works_on(repo, command)
    # the kill may come before update-ref was told what to do; then nothing was written, nor acknowledged
    assert repo.read(MAIN, "org/b.yaml") in ({b"b"} if command == "read-tree" else {b"b", None})


@pytest.mark.parametrize("content", [b"", b"a new and lon", b"a new and longer one\n"])
@pytest.mark.parametrize("name", ["org/a.yaml", "org/new.yaml"])
def test_a_kill_in_the_middle_of_a_checkout_leaves_no_half_file(repo: Repository, name: str, content: bytes) -> None:
    killed = child(
        ONE_WRITE.replace('"org/a.yaml": None', f'"{name}": b"a new and longer one\\n"'), repo.path, "swapped"
    )
    killed.communicate()
    (repo.path / name).unlink(missing_ok=True)
    (repo.path / name).write_bytes(content)
    works_on(repo, "half")
    assert (repo.path / name).read_bytes() == repo.read(MAIN, name) == b"a new and longer one\n"


def kill_after(process: subprocess.Popen[bytes], seconds: float, group: bool) -> bytes:
    """What it printed before it was killed, alone or with the Git it had started."""
    timer = threading.Timer(seconds, lambda: os.killpg(process.pid, signal.SIGKILL) if group else process.kill())
    timer.start()
    out, _err = process.communicate()
    timer.join()
    return out


def test_kills_at_random_times_lose_nothing_acknowledged(repo: Repository) -> None:
    dice = random.Random(20261122)
    acknowledged: dict[str, str] = {}
    for number in range(KILLS):
        process = child(MANY_WRITES, repo.path, number, start_new_session=True)
        out = kill_after(process, 0.15 + dice.random() * 0.5, group=dice.random() < 0.5)
        acknowledged |= dict(reversed(line.split(" ")) for line in out.decode().split("\n")[:-1])
        with Repository(repo.path) as later:
            history = {commit.oid for commit in later.history(MAIN)}
            assert set(acknowledged.values()) <= history
            if number % 5 == 4:
                works_on(later, f"after-{number}")
            else:
                mend(later)
                assert plain_git(later.path, "diff", "HEAD") == b""
                assert plain_git(later.path, "status", "--porcelain") == b""
            held = files(later, MAIN)
            assert {f"customers/7q/C-{name}/core/customer.yaml.age" for name in acknowledged} <= held.keys()
    assert acknowledged
    assert sound(repo)


def test_a_killed_fetch_does_not_stop_the_next(repo: Repository, tmp_path: Path) -> None:
    with Repository.create(tmp_path / "server.git", bare=True) as server:
        for number in range(30):
            put(server, {"keyring.yaml": str(number).encode()}, ref=f"refs/heads/keyring/{number}")
        repo.run("remote", "add", "origin", f"file://{server.path}")
        dice = random.Random(1)
        for _ in range(max(3, KILLS // 5)):
            process = child(MANY_FETCHES, repo.path, start_new_session=True)
            kill_after(process, 0.4 + dice.random() * 0.6, group=dice.random() < 0.5)
            remote.fetch(repo)
            assert len(repo.refs("refs/remotes/origin")) == 30
            assert read_journal(repo, TALKING) is None
            works_on(repo, str(process.pid))
    assert sound(repo)


def test_an_interrupt_after_the_commit_point_is_made_up_for(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("crmctl.ledger.git.transaction.bring_along", interrupted)
        with pytest.raises(KeyboardInterrupt):
            put(repo, {"org/b.yaml": b"b"})
    assert plain_git(repo.path, "status", "--porcelain") != b""
    works_on(repo, "interrupt")
    assert repo.read(MAIN, "org/b.yaml") == b"b"


def test_a_work_tree_that_cannot_follow_does_not_unsay_the_record(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise GitFailed("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("crmctl.ledger.git.transaction.bring_along", full)
        commit = put(repo, {"org/b.yaml": b"b"})
    assert repo.resolve(MAIN) == commit
    assert read_journal(repo) is not None
    works_on(repo, "full")


@contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[None]:
    """A small file system of its own; skips, visibly, where that is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    ) if shutil.which("mount") else None  # fmt: skip
    if mounted is None or mounted.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill(path: Path, leave: int) -> None:
    """Leave about that many bytes on the file system."""
    state = os.statvfs(path.parent)
    with path.open("wb") as file, suppress(OSError):
        file.write(b"\1" * (state.f_bavail * state.f_frsize - leave))


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    refused = 0
    with tmpfs(tmp_path / "small", "4m"), fresh(tmp_path / "small/r") as repo:
        for leave in (0, 4096, 8192, 20_000, 40_000, 60_000, 90_000, 150_000):
            before = repo.resolve(MAIN)
            filler = tmp_path / "small/filler"
            fill(filler, leave)
            edits = {f"customers/7q/C-1/east/sales/visits/V-{leave}-{n}.yaml.age": os.urandom(9000) for n in range(6)}
            try:
                commit = put(repo, {**edits, "org/a.yaml": str(leave).encode()})
            except GitFailed:
                refused += 1
                assert repo.resolve(MAIN) == before
            else:
                assert repo.resolve(MAIN) == commit
            filler.unlink()
            assert sound(repo)
            works_on(repo, str(leave))
    assert refused >= 3


def test_a_file_that_may_not_grow_leaves_the_ledger_as_it_was(repo: Repository) -> None:
    before = repo.refs()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
    try:
        with pytest.raises(GitFailed):
            put(repo, {"org/b.yaml": os.urandom(50_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert repo.refs() == before
    assert not (repo.path / "org/b.yaml").exists()
    works_on(repo, "grown")


def test_a_ledger_that_cannot_be_written_is_as_it_was(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "small", "8m"), fresh(tmp_path / "small/r") as repo:
        before = repo.refs()
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "small")], check=True, capture_output=True)
        with pytest.raises(GitFailed) as caught:
            put(repo, {"org/b.yaml": b"b"})
        assert caught.value.hint
        assert repo.read(MAIN, CARD) == b"card"
        subprocess.run(["mount", "-o", "remount,rw", str(tmp_path / "small")], check=True, capture_output=True)
        assert repo.refs() == before
        works_on(repo, "rw")
