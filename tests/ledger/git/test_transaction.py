"""Writing: one commit point, index and work tree brought along, nobody's work lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.errors import Conflict, GitFailed, InvalidInput
from crmctl.ledger.git import sparse
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, RefMove, merge_trees, move_refs, write
from crmctl.ledger.keys import sshsig
from tests.ledger.git_repos import ALICE, AT, MAIN, files, plain_git, put, sign, sound

CARD = "customers/7q/C-1/core/customer.yaml.age"
VISIT = "customers/7q/C-1/east/sales/visits/V-1.yaml.age"


@pytest.fixture(params=["sparse index", "full index", "whole work tree"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        if request.param != "whole work tree":
            sparse.set_up(made)
        if request.param == "full index":
            made.run("sparse-checkout", "init", "--cone", "--no-sparse-index")
        put(made, {"ledger.yaml": b"1\n", "org/a.yaml": b"a\n", CARD: b"card 1"}, "first")
        yield made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        sparse.set_up(made)
        put(made, {"ledger.yaml": b"1\n", "org/a.yaml": b"a\n", CARD: b"card 1"}, "first")
        yield made


def status(repo: Repository) -> bytes:
    return plain_git(repo.path, "status", "--porcelain")


def test_nothing_is_left_to_do_after_a_write(repo: Repository) -> None:
    put(repo, {VISIT: b"visit", CARD: b"card 2", "org/b.yaml": b"b\n", "org/a.yaml": None})
    assert status(repo) == b""
    assert (repo.path / "org/b.yaml").read_bytes() == b"b\n"
    assert not (repo.path / "org/a.yaml").exists()
    assert sound(repo)


def test_a_commit_by_hand_afterwards_keeps_every_record(repo: Repository) -> None:
    put(repo, {VISIT: b"visit", CARD: b"card 2"})
    put(repo, {"customers/8r/C-2/core/customer.yaml.age": b"other"})
    (repo.path / "org/by-hand.yaml").write_bytes(b"h\n")
    plain_git(repo.path, "add", "org/by-hand.yaml")
    plain_git(repo.path, "commit", "-qm", "by hand")
    assert files(repo, "HEAD") == {
        "ledger.yaml": b"1\n", "org/a.yaml": b"a\n", "org/by-hand.yaml": b"h\n",
        CARD: b"card 2", VISIT: b"visit", "customers/8r/C-2/core/customer.yaml.age": b"other",
    }  # fmt: skip
    put(repo, {VISIT: None})
    plain_git(repo.path, "commit", "-q", "--allow-empty", "-am", "by hand again")
    assert files(repo, "HEAD").keys() == {
        "ledger.yaml",
        "org/a.yaml",
        "org/by-hand.yaml",
        CARD,
        "customers/8r/C-2/core/customer.yaml.age",
    }


def test_edits_by_hand_survive(repo: Repository) -> None:
    (repo.path / "org/a.yaml").write_bytes(b"by hand\n")
    (repo.path / "org/new.yaml").write_bytes(b"mine\n")
    (repo.path / "org/staged.yaml").write_bytes(b"staged\n")
    plain_git(repo.path, "add", "org/staged.yaml")
    put(repo, {VISIT: b"visit", "ledger.yaml": b"2\n"})
    assert (repo.path / "org/a.yaml").read_bytes() == b"by hand\n"
    assert (repo.path / "ledger.yaml").read_bytes() == b"2\n"
    assert status(repo) == b" M org/a.yaml\nA  org/staged.yaml\n?? org/new.yaml\n"
    plain_git(repo.path, "commit", "-qam", "by hand")
    assert files(repo, "HEAD")[VISIT] == b"visit"


def test_edits_by_hand_to_the_very_files_written_survive_and_no_record_is_lost(repo: Repository) -> None:
    (repo.path / "org/a.yaml").write_bytes(b"by hand\n")
    (repo.path / "org/new.yaml").write_bytes(b"mine\n")
    (repo.path / "ledger.yaml").write_bytes(b"staged\n")
    plain_git(repo.path, "add", "ledger.yaml")
    put(
        repo,
        {
            "org/a.yaml": b"ours\n",
            "org/new.yaml": b"ours\n",
            "ledger.yaml": b"ours\n",
            "org/clean.yaml": b"c\n",
            VISIT: b"visit",
        },
    )
    for name, content in (("org/a.yaml", b"by hand\n"), ("org/new.yaml", b"mine\n"), ("ledger.yaml", b"staged\n")):
        assert (repo.path / name).read_bytes() == content
    assert (repo.path / "org/clean.yaml").read_bytes() == b"c\n"
    assert status(repo) == b" M ledger.yaml\n M org/a.yaml\n M org/new.yaml\n"
    plain_git(repo.path, "commit", "-qam", "by hand")
    assert files(repo, "HEAD") == {
        "ledger.yaml": b"staged\n", "org/a.yaml": b"by hand\n", "org/new.yaml": b"mine\n", "org/clean.yaml": b"c\n",
        CARD: b"card 1", VISIT: b"visit",
    }  # fmt: skip


def test_a_file_deleted_by_us_and_edited_by_hand_stays(repo: Repository) -> None:
    (repo.path / "org/a.yaml").write_bytes(b"by hand\n")
    put(repo, {"org/a.yaml": None, VISIT: b"visit"})
    assert status(repo) == b"?? org/a.yaml\n" or status(repo) == b"?? org/\n"
    assert (repo.path / "org/a.yaml").read_bytes() == b"by hand\n"


def test_a_write_during_a_merge_with_conflicts_is_in_the_merge(repo: Repository) -> None:
    plain_git(repo.path, "checkout", "-qb", "side")
    put(repo, {"org/a.yaml": b"side\n"}, ref="refs/heads/side")
    plain_git(repo.path, "checkout", "-q", "main")
    put(repo, {"org/a.yaml": b"main\n"})
    plain_git(repo.path, "merge", "side", check=False)
    put(repo, {VISIT: b"visit"})
    (repo.path / "org/a.yaml").write_bytes(b"both\n")
    plain_git(repo.path, "add", "org/a.yaml")
    plain_git(repo.path, "commit", "-qm", "merge")
    assert files(repo, "HEAD") == {"ledger.yaml": b"1\n", "org/a.yaml": b"both\n", CARD: b"card 1", VISIT: b"visit"}


def test_every_work_tree_of_the_branch_follows(ledger: Repository, tmp_path: Path) -> None:
    plain_git(ledger.path, "checkout", "-qb", "work")
    plain_git(ledger.path, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    put(ledger, {"org/b.yaml": b"b\n", VISIT: b"visit"})
    assert plain_git(tmp_path / "linked", "status", "--porcelain") == b""
    assert (tmp_path / "linked/org/b.yaml").exists()
    assert not (ledger.path / "org/b.yaml").exists()
    assert status(ledger) == b""


def test_another_branch_leaves_the_work_tree_alone(ledger: Repository) -> None:
    main = ledger.resolve(MAIN)
    change = Change("refs/heads/review/alice/1", main, {VISIT: b"v", "org/b.yaml": b"b"}, "change", expected=None)
    [commit] = write(ledger, [change], sign, ALICE, AT)
    assert (ledger.resolve(MAIN), ledger.resolve("review/alice/1")) == (main, commit)
    assert ledger.commit(commit).parents == (main,)
    assert status(ledger) == b""


def test_all_refs_move_or_none(ledger: Repository) -> None:
    main = ledger.resolve(MAIN)
    keys = Change("refs/heads/keyring/1", None, {"keyring.yaml": b"k"}, "keys")
    lost = Change(MAIN, "1" * 40, {"x": b"1"}, "lost", tree=ledger.root(MAIN))
    before = ledger.refs()
    with pytest.raises(Conflict):
        write(ledger, [keys, lost], sign, ALICE, AT)
    assert ledger.refs() == before
    first, second = write(ledger, [keys, Change(MAIN, main, {VISIT: b"v"}, "visit")], sign, ALICE, AT)
    assert (ledger.resolve("keyring/1"), ledger.resolve(MAIN)) == (first, second)
    assert ledger.commit(first).parents == ()


def test_a_lost_race_changes_nothing(ledger: Repository) -> None:
    base = ledger.resolve(MAIN)
    tip = put(ledger, {VISIT: b"first"})
    with pytest.raises(Conflict):
        write(ledger, [Change(MAIN, base, {VISIT: b"second", "org/a.yaml": b"second"}, "late")], sign, ALICE, AT)
    assert ledger.resolve(MAIN) == tip
    assert (ledger.path / "org/a.yaml").read_bytes() == b"a\n"
    assert status(ledger) == b""
    assert not (ledger.common_dir / "crmctl/writing.json").exists()


def test_a_branch_that_should_be_new_is_not_overwritten(ledger: Repository) -> None:
    put(ledger, {"a": b"1"}, ref="refs/heads/keyring/1")
    with pytest.raises(Conflict):
        write(ledger, [Change("refs/heads/keyring/1", None, {"keyring.yaml": b"k"}, "keys")], sign, ALICE, AT)


def test_a_branch_without_history_is_replaced_under_its_lease(ledger: Repository) -> None:
    old = put(ledger, {"wrap": b"1"}, ref="refs/heads/outbox/alice")
    change = Change("refs/heads/outbox/alice", None, {"wrap": b"2"}, "keys", expected=old)
    [new] = write(ledger, [change], sign, ALICE, AT)
    assert ledger.commit(new).parents == ()
    with pytest.raises(Conflict):
        write(ledger, [change], sign, ALICE, AT)


def test_what_changes_nothing_writes_nothing(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN)
    assert write(ledger, [Change(MAIN, tip, {CARD: b"card 1", "gone": None}, "none")], sign, ALICE, AT) == [tip]
    assert put(ledger, {}) == ledger.resolve(MAIN) == tip


def test_an_empty_commit_is_made_when_its_tree_is_given(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN) or ""
    [slot] = write(ledger, [Change(MAIN, tip, {}, "sign", tree=tip)], sign, ALICE, AT)
    assert ledger.commit(slot).parents == (tip,)
    assert ledger.root(slot) == ledger.root(tip)


def test_a_chain_of_changes_in_one_write(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN) or ""
    bundle = "refs/heads/review/alice/1"
    commits = write(
        ledger,
        [
            Change(None, tip, {VISIT: b"1"}, "one"),
            Change(None, "@0", {VISIT: b"2"}, "two"),
            Change(None, tip, {"org/b.yaml": b"b"}, "three"),
            Change(bundle, "@1", {"org/b.yaml": b"b"}, "bundle", parents=[tip, "@1", "@2"], tree="@1", expected=None),
        ],
        sign, ALICE, AT,
    )  # fmt: skip
    assert ledger.commit(commits[3]).parents == (tip, commits[1], commits[2])
    assert ledger.commit(commits[1]).parents == (commits[0],)
    assert files(ledger, bundle)[VISIT] == b"2"
    assert files(ledger, bundle)["org/b.yaml"] == b"b"
    assert sound(ledger)


def test_two_commits_on_one_branch_move_it_once(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN)
    first, second = write(
        ledger, [Change(MAIN, tip, {VISIT: b"1"}, "1"), Change(MAIN, "@0", {VISIT: b"2"}, "2")], sign, ALICE, AT
    )
    assert [commit.oid for commit in ledger.history(MAIN)] == [second, first, tip]
    assert status(ledger) == b""


def test_a_merge_takes_both_sides(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN) or ""
    [side] = write(ledger, [Change("refs/heads/s", tip, {VISIT: b"v"}, "s", expected=None)], sign, ALICE, AT)
    main = put(ledger, {CARD: b"card 2"})
    edits, conflicts = merge_trees(ledger, tip, side, main)
    assert conflicts == []
    [merge] = write(ledger, [Change(MAIN, main, edits, "land", parents=[main, side])], sign, ALICE, AT)
    assert ledger.commit(merge).parents == (main, side)
    assert (ledger.read(MAIN, VISIT), ledger.read(MAIN, CARD)) == (b"v", b"card 2")


def test_refs_move_to_what_is_there_already(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN) or ""
    [ahead] = write(ledger, [Change("refs/heads/s", tip, {"org/b.yaml": b"b"}, "s", expected=None)], sign, ALICE, AT)
    move_refs(ledger, [RefMove(MAIN, ahead, tip), RefMove("refs/heads/s", None, ahead)])
    assert (ledger.resolve(MAIN), ledger.resolve("refs/heads/s")) == (ahead, None)
    assert (ledger.path / "org/b.yaml").exists()
    assert status(ledger) == b""
    with pytest.raises(Conflict):
        move_refs(ledger, [RefMove(MAIN, tip, tip), RefMove("refs/heads/new", tip, None)])
    assert ledger.resolve("refs/heads/new") is None


def test_odd_refs_are_refused(ledger: Repository) -> None:
    for ref in ("main", "refs/heads/a b", "refs/heads/a\nupdate refs/heads/main"):
        with pytest.raises(ValueError, match="not a ref"):
            put(ledger, {"x": b"1"}, ref=ref) if ref == "main" else write(
                ledger, [Change(ref, None, {"x": b"1"}, "m")], sign, ALICE, AT
            )
    with pytest.raises(GitFailed):
        write(ledger, [Change("refs/heads/a..b", None, {"x": b"1"}, "m")], sign, ALICE, AT)
    put(ledger, {"ok": b"1"})


def test_a_clash_writes_nothing(ledger: Repository) -> None:
    before = ledger.refs()
    with pytest.raises(InvalidInput):
        put(ledger, {"org": b"1"})
    assert ledger.refs() == before


def test_many_records_go_into_one_pack(ledger: Repository) -> None:
    edits = {f"customers/{n % 8}x/C-{n}/core/customer.yaml.age": os.urandom(300) for n in range(400)}
    tip = put(ledger, edits)
    assert len(list((ledger.common_dir / "objects/pack").glob("*.pack"))) == 1
    assert {path: content for path, content in files(ledger, tip).items() if path in edits} == edits
    assert status(ledger) == b""
    assert sound(ledger)


def test_git_itself_accepts_the_signature(ledger: Repository, tmp_path: Path) -> None:
    private, public = sshsig.new_signing_key()
    (tmp_path / "allowed").write_text(f"{ALICE.mail} {public}\n")
    change = Change(MAIN, ledger.resolve(MAIN), {VISIT: b"v"}, "add visit V-1\n\nCrmctl-Action: add\n")
    [commit] = write(ledger, [change], lambda payload: sshsig.sign(payload, private), ALICE, AT)
    config = ["-c", f"gpg.ssh.allowedSignersFile={tmp_path / 'allowed'}", "-c", "gpg.format=ssh"]
    assert plain_git(ledger.path, *config, "log", "-1", "--format=%G? %GS %ae %at", commit).decode().split() == [
        "G", ALICE.mail, ALICE.mail, str(int(AT.timestamp())),
    ]  # fmt: skip
    info = ledger.commit(commit)
    assert sshsig.verify(info.payload, info.signature or "", public)
    assert not sshsig.verify(info.payload + b"x", info.signature or "", public)


RACE = """
import sys
from pathlib import Path
from crmctl.errors import Conflict
from crmctl.ledger.git.repository import Repository
from tests.ledger.git_repos import put
repo, name = Repository(Path(sys.argv[1])), sys.argv[2]
for number in range(12):
    while True:
        try:
            put(repo, {f"customers/7q/C-{name}/{number}.yaml.age": name.encode()})
            break
        except Conflict:
            continue
"""


def test_two_writers_racing_lose_nothing(ledger: Repository) -> None:
    root = Path(__file__).parents[3]
    racers = [subprocess.Popen([sys.executable, "-c", RACE, str(ledger.path), name], cwd=root) for name in ("a", "b")]
    assert [racer.wait() for racer in racers] == [0, 0]
    held = files(ledger, MAIN)
    assert {f"customers/7q/C-{name}/{n}.yaml.age" for name in "ab" for n in range(12)} <= held.keys()
    assert len(ledger.history(MAIN)) == 25
    assert status(ledger) == b""
    assert sound(ledger)


def test_a_write_into_a_fresh_clone_without_checkout(ledger: Repository, tmp_path: Path) -> None:
    plain_git(tmp_path, "clone", "-q", "--no-checkout", str(ledger.path), "c")
    with Repository(tmp_path / "c") as clone:
        sparse.set_up(clone)
        put(clone, {VISIT: b"v", "org/b.yaml": b"b\n"})
        assert status(clone) == b""
        assert (clone.path / "org/b.yaml").exists()


def test_a_detached_head_is_left_where_it_is(ledger: Repository) -> None:
    tip = ledger.resolve(MAIN)
    plain_git(ledger.path, "checkout", "-q", "--detach")
    put(ledger, {VISIT: b"v"})
    assert ledger.resolve("HEAD") == tip
    assert status(ledger) == b""
