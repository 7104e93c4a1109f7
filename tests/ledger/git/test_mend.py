"""What a broken-off command leaves is put right, and what people do with plain Git is left alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.errors import Conflict
from crmctl.ledger.git import sparse
from crmctl.ledger.git.index import noted_index
from crmctl.ledger.git.lock import TALKING, Journal, ledger_lock, read_journal, write_journal
from crmctl.ledger.git.mend import _git_command, mend
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import MAIN, files, plain_git, put

VISIT = "customers/7q/C-1/east/sales/visits/V-1.yaml.age"


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        sparse.set_up(made)
        put(made, {"org/a.yaml": b"a\n", "customers/7q/C-1/core/customer.yaml.age": b"card"})
        yield made


def status(repo: Repository) -> bytes:
    return plain_git(repo.path, "status", "--porcelain")


def swap_only(repo: Repository, edits: dict[str, bytes | None], *, message: str = "crmctl") -> tuple[str, str]:
    """Move main and leave the index behind, as a kill right after the swap does."""
    old = repo.resolve(MAIN) or ""
    new = put(repo, edits, ref="refs/heads/aside") if repo.resolve("aside") else ""
    if not new:
        plain_git(repo.path, "branch", "aside", old)
        new = put(repo, edits, ref="refs/heads/aside")
    plain_git(repo.path, "update-ref", "-m", message, MAIN, new, old)
    return old, new


def test_in_the_good_case_nothing_is_done_and_git_is_not_started(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.resolve("HEAD")
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_more: started.append(args))
    assert mend(repo) == []
    assert started == []


def test_an_index_left_behind_by_a_kill_is_brought_along(repo: Repository) -> None:
    old, new = swap_only(repo, {VISIT: b"v", "org/b.yaml": b"b\n"})
    write_journal(repo, Journal({MAIN: (old, new)}, ("index.lock",)))
    assert b"D" in status(repo)
    assert len(mend(repo)) == 1
    assert status(repo) == b""
    assert read_journal(repo) is None
    assert mend(repo) == []
    plain_git(repo.path, "commit", "-q", "--allow-empty", "-m", "by hand")
    assert files(repo, "HEAD")[VISIT] == b"v"


def test_it_is_found_without_a_journal_too(repo: Repository) -> None:
    swap_only(repo, {VISIT: b"v"})
    assert len(mend(repo)) == 1
    assert status(repo) == b""


def test_what_was_staged_and_edited_before_the_kill_survives(repo: Repository) -> None:
    (repo.path / "org/a.yaml").write_bytes(b"by hand\n")
    (repo.path / "org/s.yaml").write_bytes(b"staged\n")
    plain_git(repo.path, "add", "org/s.yaml")
    swap_only(repo, {VISIT: b"v"})
    mend(repo)
    assert status(repo) == b" M org/a.yaml\nA  org/s.yaml\n"


def test_a_journal_whose_swap_never_came_changes_nothing(repo: Repository) -> None:
    tip = repo.resolve(MAIN) or ""
    write_journal(repo, Journal({MAIN: (tip, "1" * 40)}, ("index.lock",)))
    assert mend(repo) == []
    assert (repo.resolve(MAIN), status(repo), read_journal(repo)) == (tip, b"", None)


@pytest.mark.parametrize(
    "commands",
    [
        [("commit", "-q", "--allow-empty", "-m", "x")],
        [("reset", "-q", "--soft", "HEAD~1")],
        [("reset", "-q", "HEAD~1")],
        [("revert", "-n", "HEAD")],
        [("commit", "-q", "--allow-empty", "-m", "x"), ("revert", "-n", "HEAD~1")],
        [("checkout", "-q", "-b", "work"), ("rm", "-q", "--cached", "org/a.yaml")],
        [("checkout", "-q", "HEAD~1")],
        [("checkout", "-q", "older"), ("checkout", "-q", "main"), ("revert", "-n", "HEAD")],
        [("merge", "-q", "--no-ff", "-m", "m", "older"), ("rm", "-q", "--cached", "org/b.yaml")],
    ],
    ids=lambda commands: " ; ".join(" ".join(command[:3]) for command in commands),
)
def test_what_people_do_with_plain_git_is_left_alone(repo: Repository, commands: list[tuple[str, ...]]) -> None:
    plain_git(repo.path, "branch", "older")
    put(repo, {"org/b.yaml": b"b\n", "org/a.yaml": b"a2\n"})
    for command in commands:
        plain_git(repo.path, *command)
    before = status(repo), plain_git(repo.path, "ls-files", "-s"), repo.resolve("HEAD")
    assert mend(repo) == []
    assert (status(repo), plain_git(repo.path, "ls-files", "-s"), repo.resolve("HEAD")) == before


def test_a_branch_checked_out_by_hand_after_we_wrote_to_it_is_left_alone(repo: Repository) -> None:
    plain_git(repo.path, "branch", "work")
    put(repo, {"org/b.yaml": b"b\n"}, ref="refs/heads/work")
    plain_git(repo.path, "checkout", "-q", "work")
    plain_git(repo.path, "revert", "-n", "HEAD")
    before = status(repo)
    assert before == b"D  org/b.yaml\n"
    assert mend(repo) == []
    assert status(repo) == before


def test_a_branch_moved_by_hand_from_elsewhere_is_left_alone(repo: Repository, tmp_path: Path) -> None:
    first = repo.resolve(MAIN) or ""
    put(repo, {"org/b.yaml": b"b\n"})
    plain_git(repo.path, "checkout", "-qb", "work")
    plain_git(repo.path, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    with Repository(tmp_path / "linked") as linked:
        put(linked, {"org/c.yaml": b"c\n"})
        plain_git(repo.path, "update-ref", MAIN, first)
        before = status(linked)
        assert before == b"A  org/b.yaml\nA  org/c.yaml\n"
        assert mend(linked) == []
        assert status(linked) == before


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([b"git", b"-c", b"a.b=log", b"commit", b"-m", b"log"], "commit"),
        ([b"/usr/lib/git-core/git", b"--no-pager", b"gc", b"--auto"], "gc"),
        ([b"git", b"-C"], ""), ([b"git"], ""), ([b"vi", b"git"], None), ([b""], None),
    ],
)  # fmt: skip
def test_which_git_is_running(words: list[bytes], command: str | None) -> None:
    assert _git_command(words) == command


def test_hand_work_between_writes_keeps_the_note_level(repo: Repository) -> None:
    (repo.path / "org/h.yaml").write_bytes(b"h\n")
    plain_git(repo.path, "add", "org/h.yaml")
    plain_git(repo.path, "commit", "-qm", "by hand")
    mend(repo)
    assert noted_index(repo) == repo.resolve("HEAD")


LOCKS = ("index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock")


def leave(repo: Repository, *names: str) -> None:
    for name in names:
        (repo.common_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (repo.common_dir / name).touch()


def test_locks_of_a_dead_writer_go(repo: Repository) -> None:
    tip = repo.resolve(MAIN)
    write_journal(repo, Journal({MAIN: (tip, "1" * 40)}, LOCKS))
    leave(repo, *LOCKS)
    assert len(mend(repo)) == len(LOCKS)
    assert not any((repo.common_dir / name).exists() for name in LOCKS)
    put(repo, {VISIT: b"v"})


def test_a_lock_nobody_of_ours_made_stays(repo: Repository) -> None:
    leave(repo, "refs/heads/main.lock")
    with pytest.raises(Conflict):
        put(repo, {VISIT: b"v"})
    assert (repo.common_dir / "refs/heads/main.lock").exists()
    (repo.common_dir / "refs/heads/main.lock").unlink()
    put(repo, {VISIT: b"v"})


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="running processes are seen on Linux only")
def test_a_lock_that_a_living_git_may_own_stays(repo: Repository) -> None:
    write_journal(repo, Journal({}, ("index.lock",)))
    leave(repo, "index.lock")
    shell = subprocess.Popen(
        ["sh", "-c", "git hash-object --stdin; true"], cwd=repo.path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        while not subprocess.run(["pgrep", "-P", str(shell.pid)], capture_output=True, check=False).stdout:
            pass
        with pytest.raises(Conflict):
            mend(repo)
        assert (repo.common_dir / "index.lock").exists()
    finally:
        shell.communicate()
    assert len(mend(repo)) == 1
    assert not (repo.common_dir / "index.lock").exists()


def test_locks_of_a_killed_fetch_go_but_not_those_of_a_living_one(repo: Repository) -> None:
    names = ("refs/remotes/origin/main.lock", "refs/remotes/origin/keyring/1.lock")
    write_journal(repo, Journal(), TALKING)
    leave(repo, *names)
    descriptor = os.open(repo.common_dir / "crmctl/talking.lock", os.O_RDWR | os.O_CREAT)
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert mend(repo) == []
    os.close(descriptor)
    assert len(mend(repo)) == 2
    assert not any((repo.common_dir / name).exists() for name in names)
    assert read_journal(repo, TALKING) is None


def test_a_busy_ledger_is_not_mended(repo: Repository) -> None:
    import threading

    seen: list[type] = []

    def try_it() -> None:
        try:
            mend(repo, 0)
        except Conflict as error:
            seen.append(type(error))

    with ledger_lock(repo):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert seen == [Conflict]


def test_a_linked_worktree_left_behind_is_mended_when_next_used(repo: Repository, tmp_path: Path) -> None:
    plain_git(repo.path, "checkout", "-qb", "work")
    plain_git(repo.path, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    with Repository(tmp_path / "linked") as linked:
        put(linked, {"org/b.yaml": b"b\n"})
        swap_only(repo, {VISIT: b"v"})
        assert status(linked) != b""
        assert len(mend(linked)) == 1
        assert status(linked) == b""
