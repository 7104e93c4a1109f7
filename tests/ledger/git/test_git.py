"""Reading a repository: objects, trees, history, and an environment that others cannot steer."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import BadConfiguration, Conflict, GitFailed, NotFound
from crmctl.ledger.git.environment import failure, plain
from crmctl.ledger.git.objects import EMPTY_TREE
from crmctl.ledger.git.repository import PathChange, Repository, is_object_id
from tests.ledger.git_repos import MAIN, files, plain_git, put

CARD = "customers/7q/C-1/core/customer.yaml.age"


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        yield made


def test_reads_what_was_written(repo: Repository) -> None:
    content = bytes(range(256)) * 9
    commit = put(repo, {CARD: content, "ledger.yaml": b"a\n", "org/members/a.yaml": b""})
    assert repo.resolve("HEAD") == repo.resolve(MAIN) == commit
    assert repo.read("HEAD", CARD) == content
    assert repo.read(commit, "org/members/a.yaml") == b""
    assert files(repo, commit) == {CARD: content, "ledger.yaml": b"a\n", "org/members/a.yaml": b""}
    assert list(repo.walk(commit, "org")) == list(repo.walk(commit, "org/members"))
    assert repo.tree(commit).keys() == {"customers", "ledger.yaml", "org"}


@pytest.mark.parametrize("rev", ["", "nothing", "0" * 40, "HEAD\nHEAD", "--all", "HEAD^{tree}", "\0", "f" * 39])
def test_a_name_of_no_commit_is_none(repo: Repository, rev: str) -> None:
    put(repo, {"a": b"1"})
    assert repo.resolve(rev) is None
    assert repo.resolve("HEAD") is not None


def test_what_is_not_there_is_none(repo: Repository) -> None:
    put(repo, {"a/b": b"1"})
    for path in ("a", "", "a/c", "a/b/c", "..", "a/../a/b", "A/b", "a//b", "a/b/"):
        assert repo.read("HEAD", path) is None
    assert repo.read("no", "a/b") is None
    assert list(repo.walk("HEAD", "nothing")) == []


def test_a_missing_object_is_an_error(repo: Repository) -> None:
    for read in (repo.read_blob, repo.tree, lambda oid: list(repo.read_blobs([oid]))):
        with pytest.raises(GitFailed):
            read("1" * 40)
    with pytest.raises(NotFound):
        repo.commit("1" * 40)
    with pytest.raises(NotFound):
        repo.changed("1" * 40, None)


def test_a_tree_is_no_blob(repo: Repository) -> None:
    commit = put(repo, {"a/b": b"1"})
    with pytest.raises(GitFailed):
        repo.read_blob(repo.tree(commit)["a"].oid)


def test_links_are_no_files(repo: Repository) -> None:
    plain_git(repo.path, "config", "core.symlinks", "true")
    (repo.path / "link").symlink_to("/etc/passwd")
    (repo.path / "run").write_text("x")
    (repo.path / "run").chmod(0o755)
    plain_git(repo.path, "add", ".")
    plain_git(repo.path, "commit", "-qm", "by hand")
    assert repo.read("HEAD", "link") is None
    assert [path for path, _oid in repo.walk("HEAD")] == ["run"]
    assert {path: entry.mode for path, entry in repo.entries("HEAD")} == {"link": "120000", "run": "100755"}
    assert {change.path: change.new_mode for change in repo.changed(None, "HEAD")} == {
        "link": "120000",
        "run": "100755",
    }


def test_streams_may_be_interleaved_and_left_early(repo: Repository) -> None:
    commit = put(repo, {f"f/{number}": bytes([number]) * 5000 for number in range(200)})
    oids = [oid for _path, oid in repo.walk(commit)]
    first, second = repo.read_blobs(oids), repo.read_blobs(reversed(oids))
    for _ in range(20):
        oid, content = next(first)
        assert repo.read_blob(oid) == content == repo.read(commit, f"f/{content[0]}")
        oid, content = next(second)
        assert repo.read_blob(oid) == content
    first.close()
    second.close()
    for _ in range(3):
        assert {oid: content[:1] for oid, content in repo.read_blobs(oids)} == {
            oid: bytes([int(path.removeprefix("f/"))]) for path, oid in repo.walk(commit)
        }


def test_large_blobs_stream_without_standing_still(repo: Repository) -> None:
    commit = put(repo, {f"f/{number}": os.urandom(300_000) for number in range(90)})
    assert sum(len(content) for _oid, content in repo.read_blobs(oid for _path, oid in repo.walk(commit))) == 27_000_000


def test_the_same_blob_may_be_asked_twice(repo: Repository) -> None:
    commit = put(repo, {"a": b"1"})
    oid = repo.tree(commit)["a"].oid
    assert list(repo.read_blobs([oid, oid])) == [(oid, b"1")] * 2
    assert list(repo.read_blobs([])) == []


def test_an_older_git_without_batch_commands_serves_too(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = put(repo, {f"f/{number}": bytes([number]) for number in range(100)})
    real = shutil.which("git")
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nfor word in "$@"; do case $word in --batch-command) echo usage >&2; exit 129;; esac; done\nexec {real} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    with Repository(repo.path) as old:
        assert old.resolve("HEAD") == commit
        assert old.resolve("no") is None
        assert files(old, commit) == files(repo, commit)
        assert old._objects._commands is False


def test_a_closed_repository_reads_again(repo: Repository) -> None:
    commit = put(repo, {"a": b"1"})
    repo.close()
    assert repo.resolve(MAIN) == commit


def test_sees_what_others_wrote_meanwhile(repo: Repository) -> None:
    put(repo, {"a": b"1"})
    assert repo.resolve("HEAD")
    (repo.path / "b").write_bytes(b"2")
    plain_git(repo.path, "add", "b")
    plain_git(repo.path, "commit", "-qm", "by hand")
    plain_git(repo.path, "gc", "-q", "--prune=now")
    assert repo.read("HEAD", "b") == b"2"


def test_a_linked_worktree_and_a_subfolder_are_the_same_ledger(repo: Repository, tmp_path: Path) -> None:
    commit = put(repo, {"org/a": b"1"})
    plain_git(repo.path, "worktree", "add", "-q", "-b", "work", str(tmp_path / "linked"))
    with Repository(tmp_path / "linked" / "org") as linked:
        assert linked.path == (tmp_path / "linked").resolve()
        assert (linked.common_dir, linked.head_ref) == (repo.common_dir, "refs/heads/work")
        assert linked.git_dir != linked.common_dir
        assert linked.resolve("HEAD") == commit


def test_a_bare_repository(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "b.git", bare=True) as bare:
        assert bare.is_bare
        commit = put(bare, {"a": b"1"})
        assert bare.read(MAIN, "a") == b"1"
        assert Repository(tmp_path / "b.git").resolve("HEAD") == commit


def test_no_repository_is_said_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFound):
            Repository(folder)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    plain_git(tmp_path, "init", "-q", "--object-format=sha256", "other")
    with pytest.raises(BadConfiguration):
        Repository(tmp_path / "other")
    Repository.create(tmp_path / "r")
    (tmp_path / "r/.git/reftable").mkdir()
    with pytest.raises(BadConfiguration):
        Repository(tmp_path / "r")


def test_variables_of_a_hook_do_not_lead_elsewhere(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = put(repo, {"a": b"1"})
    with Repository.create(tmp_path / "other") as other:
        put(other, {"b": b"2"})
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "other/.git/objects"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.bare")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    with Repository(repo.path) as steered:
        assert steered.resolve("HEAD") == commit
        put(steered, {"c": b"3"})
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    assert files(repo, "HEAD") == {"a": b"1", "c": b"3"}
    assert not (tmp_path / "index").exists()


def test_quarantined_objects_are_seen_only_when_asked_for(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Repository.create(tmp_path / "other") as other:
        commit = put(other, {"b": b"2"})
    objects = tmp_path / "other/.git/objects"
    monkeypatch.setenv("GIT_QUARANTINE_PATH", str(objects))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(objects))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(repo.common_dir / "objects"))
    assert Repository(repo.path).resolve(commit) is None
    assert Repository(repo.path, quarantine=True).resolve(commit) == commit


def test_replaced_and_grafted_history_is_not_believed(repo: Repository) -> None:
    first = put(repo, {"a": b"1"})
    second = put(repo, {"a": b"2"})
    plain_git(repo.path, "replace", second, first)
    (repo.common_dir / "info").mkdir(exist_ok=True)
    (repo.common_dir / "info/grafts").write_text(f"{second}\n")
    assert repo.read(MAIN, "a") == b"2"
    assert [commit.oid for commit in repo.history("HEAD")] == [second, first]


def test_hooks_and_monitors_of_the_repository_do_not_run(repo: Repository, tmp_path: Path) -> None:
    put(repo, {"a": b"1"})
    trap = repo.common_dir / "hooks" / "reference-transaction"
    trap.parent.mkdir(exist_ok=True)
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    plain_git(repo.path, "config", "core.fsmonitor", str(trap))
    put(repo, {"a": b"2"})
    assert not (tmp_path / "sprung").exists()


def test_history_by_path_range_and_first_parent(repo: Repository) -> None:
    one = put(repo, {"a": b"1", "d/x": b"1"}, "one\n\nCrmctl-Action: add\nCrmctl-Record: V-1\n")
    two = put(repo, {"d/x": b"2"}, "two")
    plain_git(repo.path, "checkout", "-qb", "side", one)
    side = put(repo, {"s": b"1"}, "side", "refs/heads/side")
    plain_git(repo.path, "checkout", "-q", "main")
    plain_git(repo.path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    merge = repo.resolve("HEAD") or ""
    assert {commit.oid for commit in repo.history("HEAD")} == {one, two, side, merge}
    assert [commit.oid for commit in repo.history("HEAD", first_parent=True)] == [merge, two, one]
    assert [commit.oid for commit in repo.history("HEAD", "d/x")] == [two, one]
    assert [commit.oid for commit in repo.history("HEAD", "d", limit=1)] == [two]
    assert [commit.oid for commit in repo.history("HEAD", since=one, first_parent=True)] == [merge, two]
    assert repo.history("HEAD", "*") == []
    first = repo.commit(one)
    assert first.trailers == [("Crmctl-Action", "add"), ("Crmctl-Record", "V-1")]
    assert first.author.name == "alice"
    assert repo.commit(merge).parents == (two, side)
    with pytest.raises(NotFound):
        repo.history("--all")


def test_refs_below_a_prefix(repo: Repository) -> None:
    commit = put(repo, {"a": b"1"})
    put(repo, {"a": b"1"}, ref="refs/heads/review/alice/1")
    assert repo.refs("refs/heads/review").keys() == {"refs/heads/review/alice/1"}
    assert repo.refs()[MAIN] == commit
    assert repo.refs("refs/heads/rev") == {}
    for bad in ("refs/heads/*", "heads", "--format=x"):
        with pytest.raises(ValueError, match="prefix"):
            repo.refs(bad)


TREES = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join),
    st.sampled_from([b"1", b"2", b"3"]),
    max_size=12,
).map(
    lambda found: {path: content for path, content in found.items() if not any(p.startswith(path + "/") for p in found)}
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    with Repository.create(tmp_path_factory.mktemp("shared"), bare=True) as made:
        yield made


@settings(max_examples=60, deadline=None)
@given(TREES, TREES)
def test_changed_agrees_with_diff_tree(shared: Repository, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    tips = []
    for name, content in (("old", old), ("new", new)):
        ref = f"refs/heads/{name}"
        gone = dict.fromkeys(files(shared, ref)) if shared.resolve(ref) else {}
        tips.append(put(shared, {**gone, **content}, ref=ref))
    raw = shared.run("diff-tree", "-r", "-z", "--no-renames", *tips).split(b"\0")[:-1]
    wanted = []
    for meta, path in zip(raw[::2], raw[1::2], strict=True):
        old_mode, new_mode, old_oid, new_oid, _letter = meta.decode()[1:].split(" ")
        sides = [
            (None, "") if mode == "000000" else (oid, mode) for oid, mode in ((old_oid, old_mode), (new_oid, new_mode))
        ]
        wanted.append(PathChange(path.decode(), sides[0][0], sides[1][0], sides[0][1], sides[1][1]))
    assert shared.changed(*tips) == sorted(wanted, key=lambda change: change.path)
    below = [change for change in wanted if change.path.startswith("a/")]
    assert [change for change in shared.changed(*tips, "a") if change.path != "a"] == sorted(
        below, key=lambda c: c.path
    )
    assert {change.path for change in shared.changed(None, tips[1])} == new.keys()
    assert shared.changed(tips[1], tips[1]) == shared.changed(EMPTY_TREE, None) == []


def test_a_partial_clone_fetches_what_is_missing_in_one_request(repo: Repository, tmp_path: Path) -> None:
    commit = put(repo, {f"f/{number}": os.urandom(50) for number in range(120)})
    for name in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        plain_git(repo.path, "config", name, "true")
    plain_git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo.path}", "partial")
    os.environ["GIT_TRACE2_EVENT"] = str(tmp_path / "trace")
    try:
        with Repository(tmp_path / "partial") as partial:
            oids = [oid for _path, oid in partial.walk(commit)]
            random.Random(1).shuffle(oids)
            assert dict(partial.read_blobs(oids)) == dict(repo.read_blobs(oids))
            assert len(dict(partial.read_blobs(oids[:5]))) == 5
    finally:
        del os.environ["GIT_TRACE2_EVENT"]
    assert (tmp_path / "trace").read_text().count('"fetch","--no-tags"') == 1


@pytest.mark.parametrize(
    ("stderr", "kind", "word"),
    [
        (b"error: unable to write file: No space left on device\n", GitFailed, "disk"),
        (b"fatal: Unable to create '/x/.git/index.lock': Read-only file system\n", GitFailed, "permission"),
        (b"fatal: Unable to create '/x/.git/index.lock': File exists.\n\nAnother git process", Conflict, "doctor"),
        (b"fatal: cannot lock ref 'refs/heads/main': is at 1 but expected 2\n", Conflict, "again"),
        (
            b"git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
            GitFailed,
            "network",
        ),
    ],
)
def test_failures_say_what_to_do(stderr: bytes, kind: type, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmctl.ledger.git.environment._", lambda text, **args: text.format(**args))
    error = failure("x", stderr, "/r")
    assert type(error) is kind
    assert word in (error.hint or "")


def test_git_failing_carries_its_last_line_only(repo: Repository) -> None:
    with pytest.raises(GitFailed) as caught:
        repo.run("rev-parse", "--verify", "nothing")
    assert caught.value.what.count("\n") == 0
    assert "single revision" in caught.value.what
    assert repo.run("rev-parse", "--verify", "nothing", check=False) == b""


def test_text_from_a_server_is_made_plain() -> None:
    said = plain("\x1b[31mred\x1b]0;title\x07 \u202e https://bob:secret@host/x\r\x00")
    assert said == "red  https://host/x"


def test_object_ids_are_whole() -> None:
    assert is_object_id("a" * 40)
    assert not is_object_id("a" * 39)
    assert not is_object_id("A" * 40)
