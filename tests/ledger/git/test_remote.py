"""Clone, fetch and push against a bare repository, over file:// and by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.errors import Conflict, GitFailed, UsageError
from crmctl.ledger.git import remote, sparse
from crmctl.ledger.git.lock import TALKING, ledger_lock, read_journal
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, write
from tests.ledger.git_repos import ALICE, AT, MAIN, plain_git, put, sign, sound

VISIT = "customers/7q/C-1/east/sales/visits/V-1.yaml.age"
KEYS = "refs/heads/keyring/1"
BOTH = (f"{MAIN}:{MAIN}", f"{KEYS}:{KEYS}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "server.git", bare=True) as made:
        yield made


@pytest.fixture(params=["file://", ""], ids=["file", "path"])
def address(request: pytest.FixtureRequest, server: Repository) -> str:
    return f"{request.param}{server.path}"


@pytest.fixture
def alice(tmp_path: Path, address: str) -> Iterator[Repository]:
    with Repository.create(tmp_path / "alice") as made:
        sparse.set_up(made)
        put(made, {"ledger.yaml": b"1\n", "org/a.yaml": b"a\n", VISIT: b"v1"})
        put(made, {"keyring.yaml": b"1\n"}, ref=KEYS)
        made.run("remote", "add", "origin", address)
        assert remote.push(made, BOTH, {MAIN: None, KEYS: None}).result == "done"
        yield made


@pytest.fixture
def bob(tmp_path: Path, alice: Repository, address: str) -> Iterator[Repository]:
    with remote.clone(address, tmp_path / "bob") as made:
        yield made


def hook(server: Repository, name: str, script: str) -> None:
    path = server.path / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_clone_has_all_branches_all_history_and_only_clear_files(bob: Repository, alice: Repository) -> None:
    assert bob.refs("refs/remotes/origin")["refs/remotes/origin/keyring/1"] == alice.resolve(KEYS)
    assert bob.resolve("HEAD") == alice.resolve(MAIN)
    assert not bob.is_shallow
    assert bob.read("HEAD", VISIT) == b"v1"
    assert sorted(entry.name for entry in bob.path.iterdir()) == [".git", "ledger.yaml", "org"]
    assert plain_git(bob.path, "status", "--porcelain") == b""
    put(bob, {VISIT: b"v2"})
    assert plain_git(bob.path, "status", "--porcelain") == b""
    assert sparse.is_sparse(bob)


def test_a_clone_brings_only_what_branches_reach(
    alice: Repository, server: Repository, address: str, tmp_path: Path
) -> None:
    forgotten = plain_git(server.path, "hash-object", "-w", "--stdin", content=b"destroyed key").decode().strip()
    with remote.clone(address, tmp_path / "c") as clone, pytest.raises(GitFailed):
        clone.read_blob(forgotten)


def test_a_clone_shows_how_far_it_is(alice: Repository, address: str, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    remote.clone(address, tmp_path / "c", lambda *step: seen.append(step)).close()
    assert any(done == total and total for _stage, done, total in seen)


def test_an_empty_server_can_be_cloned_and_filled(server: Repository, tmp_path: Path) -> None:
    with remote.clone(str(server.path), tmp_path / "c") as clone:
        put(clone, {"ledger.yaml": b"1", VISIT: b"v"})
        assert remote.push(clone, [f"{MAIN}:{MAIN}"], {MAIN: None}).result == "done"
        assert plain_git(clone.path, "status", "--porcelain") == b""


@pytest.mark.parametrize(
    "url",
    [
        "", "-x", "--upload-pack=touch /tmp/x", "ext::sh -c id", "fd::3", "foo::bar", "ssh://-oProxyCommand=id/x",
        "ssh://me@-oProxyCommand=id/x", "https://h/\nx", "-oProxyCommand=id:x",
    ],
)  # fmt: skip
def test_addresses_that_are_options_or_commands_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        remote.clone(url, tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_clone_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as caught:
        remote.clone(f"file://{tmp_path}/nowhere", tmp_path / "c")
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_clone_does_not_go_into_a_full_folder(alice: Repository, address: str, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/mine").touch()
    with pytest.raises(UsageError):
        remote.clone(address, tmp_path / "c")
    assert [entry.name for entry in (tmp_path / "c").iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    remote.clone(address, tmp_path / "empty").close()


def test_a_fetch_tells_what_moved_and_touches_no_branch_of_ours(alice: Repository, bob: Repository) -> None:
    before = bob.refs("refs/heads")
    old = alice.resolve(MAIN)
    new = put(alice, {VISIT: b"v2"})
    remote.push(alice, [f"{MAIN}:{MAIN}"], {MAIN: old})
    assert remote.fetch(bob) == [remote.RefMoved("refs/remotes/origin/main", old, new)]
    assert remote.fetch(bob) == []
    assert bob.refs("refs/heads") == before
    assert bob.read("origin/main", VISIT) == b"v2"
    assert read_journal(bob, TALKING) is None


def test_a_fetch_never_prunes(alice: Repository, bob: Repository, server: Repository) -> None:
    server.run("update-ref", "-d", KEYS)
    assert remote.fetch(bob) == []
    assert bob.resolve("refs/remotes/origin/keyring/1")


@pytest.mark.parametrize(
    "refspec",
    ["refs/heads/*:refs/heads/*", "+refs/heads/main:refs/heads/main", "main", "--all", "x:refs/remotes/origin/x"],
)
def test_a_fetch_into_our_own_branches_is_refused(bob: Repository, refspec: str) -> None:
    with pytest.raises(ValueError, match="refs/remotes"):
        remote.fetch(bob, [refspec])


def test_a_branch_without_history_is_fetched_again(alice: Repository, bob: Repository) -> None:
    outbox = "refs/heads/outbox/alice"
    one = put(alice, {"w": b"1"}, ref=outbox)
    assert remote.push(alice, [f"{outbox}:{outbox}"], {outbox: None}).result == "done"
    remote.fetch(bob)
    [two] = write(alice, [Change(outbox, None, {"w": b"2"}, "keys", expected=one)], sign, ALICE, AT)
    assert remote.push(alice, [f"+{outbox}:{outbox}"], {outbox: one}).result == "done"
    assert remote.fetch(bob) == [remote.RefMoved("refs/remotes/origin/outbox/alice", one, two)]
    assert remote.push(alice, [f":{outbox}"], {outbox: one}).result == "stale"
    assert remote.push(alice, [f":{outbox}"], {outbox: two}).result == "done"


def test_the_second_pusher_is_told_that_he_is_late(alice: Repository, bob: Repository, server: Repository) -> None:
    base = alice.resolve(MAIN)
    put(alice, {VISIT: b"alice"})
    put(bob, {VISIT: b"bob"})
    assert remote.push(alice, [f"{MAIN}:{MAIN}"], {MAIN: base}).result == "done"
    tips = server.refs()
    for lease in ({MAIN: base}, None):
        late = remote.push(bob, [f"{MAIN}:{MAIN}", f"{MAIN}:refs/heads/review/bob/1"], lease)
        assert late.result == "stale"
        assert MAIN in late.refs
        assert server.refs() == tips


def test_a_hook_that_says_no_is_quoted_plainly(alice: Repository, server: Repository) -> None:
    hook(server, "pre-receive", "printf 'Visits: 5 \\033[31mrefused\\033[0m\\n\\033]0;evil\\007bye\\n' >&2; exit 1")
    put(alice, {VISIT: b"v2"})
    tips = server.refs()
    refused = remote.push(alice, [f"{MAIN}:{MAIN}"], {MAIN: tips[MAIN]})
    assert refused.result == "refused"
    assert refused.said == "Visits: 5 refused\nbye"
    assert server.refs() == tips


def test_one_ref_refused_by_an_update_hook_holds_back_the_other(alice: Repository, server: Repository) -> None:
    hook(server, "update", 'case "$1" in *keyring*) echo no keys >&2; exit 1;; esac')
    put(alice, {VISIT: b"v2"})
    put(alice, {"keyring.yaml": b"2"}, ref=KEYS)
    tips = server.refs()
    refused = remote.push(alice, BOTH)
    assert (refused.result, refused.said) == ("refused", "no keys")
    assert server.refs() == tips
    assert remote.push(alice, BOTH, atomic=False).refs.keys() == {KEYS}
    assert server.refs()[MAIN] == alice.resolve(MAIN)


def test_our_own_pre_push_hook_may_stop_it(alice: Repository, server: Repository) -> None:
    hook_folder = alice.common_dir / "hooks"
    hook_folder.mkdir(exist_ok=True)
    (hook_folder / "pre-push").write_text("#!/bin/sh\necho not yet >&2\nexit 1\n")
    (hook_folder / "pre-push").chmod(0o755)
    put(alice, {VISIT: b"v2"})
    tips = server.refs()
    stopped = remote.push(alice, [f"{MAIN}:{MAIN}"])
    assert stopped.result == "refused"
    assert "not yet" in stopped.said
    assert server.refs() == tips
    assert remote.push(alice, [f"{MAIN}:{MAIN}"], hook=False).result == "done"


def test_an_unreachable_server_is_no_rejection(alice: Repository, tmp_path: Path) -> None:
    alice.run("remote", "set-url", "origin", f"file://{tmp_path}/nowhere")
    for act in (lambda: remote.push(alice, [f"{MAIN}:{MAIN}"]), lambda: remote.fetch(alice)):
        with pytest.raises(GitFailed):
            act()
    assert read_journal(alice, TALKING) is None
    put(alice, {VISIT: b"v2"})


def test_a_helper_smuggled_into_the_configuration_does_not_run(alice: Repository, tmp_path: Path) -> None:
    alice.run("config", "remote.origin.url", f"ext::sh -c touch% {tmp_path}/sprung")
    alice.run("config", "protocol.ext.allow", "always")
    with pytest.raises(GitFailed):
        remote.fetch(alice)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "refspec", ["main", ":refs/heads/main", "+refs/heads/main:refs/heads/main", "--mirror", "-x:refs/heads/a", "a:b"]
)
def test_pushes_that_force_without_a_lease_or_are_options_are_refused(alice: Repository, refspec: str) -> None:
    with pytest.raises(ValueError, match=r"ref|lease"):
        remote.push(alice, [refspec])


def test_one_talks_at_a_time_while_another_writes(alice: Repository) -> None:
    import threading

    seen: list[str] = []

    def try_it() -> None:
        try:
            remote.fetch(alice, wait_seconds=0)
        except Conflict:
            seen.append("busy")
        put(alice, {VISIT: b"v2"})

    with ledger_lock(alice, purpose=TALKING):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert seen == ["busy"]
    assert alice.read(MAIN, VISIT) == b"v2"


def test_variables_of_a_hook_do_not_lead_a_fetch_elsewhere(
    bob: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert remote.fetch(bob) == []
    assert os.environ["GIT_DIR"] == str(tmp_path / "elsewhere")


def test_a_damaged_pack_from_a_server_is_not_taken(alice: Repository, bob: Repository, server: Repository) -> None:
    tree = (
        f"100644 blob {plain_git(server.path, 'hash-object', '-w', '--stdin', content=b'x').decode().strip()}\t.git\n"
    )
    made = plain_git(server.path, "mktree", content=tree.encode()).decode().strip()
    evil = plain_git(server.path, "commit-tree", "-m", "evil", "-p", server.resolve(MAIN) or "", made).decode().strip()
    server.run("update-ref", MAIN, evil)
    before = bob.refs()
    with pytest.raises(GitFailed):
        remote.fetch(bob)
    assert bob.refs() == before
    assert sound(bob)
