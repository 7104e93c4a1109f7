"""What the work tree holds, and how Git treats sealed files in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.sparse import is_sparse, set_up
from tests.ledger.git_repos import MAIN, plain_git, put

CARD = "customers/7q/C-1/core/customer.yaml.age"
EVERYTHING = {
    "ledger.yaml": b"1", "org/a": b"1", "policy/packs/p": b"1", "schemas/s": b"1", "templates/t/u": b"1",
    CARD: b"age-encryption.org/v1\nA\n", "offices/east/office.yaml": b"1", "numbers/n/1": b"1",
}  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with Repository.create(tmp_path / "r") as made:
        yield made


def work_tree(repo: Repository) -> set[str]:
    return {
        path.relative_to(repo.path).as_posix()
        for path in repo.path.rglob("*") if path.is_file() and ".git" not in path.parts
    }  # fmt: skip


@pytest.mark.parametrize("first", ["set up", "write"])
def test_only_clear_files_are_in_the_work_tree(repo: Repository, first: str) -> None:
    if first == "set up":
        set_up(repo)
    put(repo, EVERYTHING)
    set_up(repo)
    assert work_tree(repo) == {"ledger.yaml", "org/a", "policy/packs/p", "schemas/s", "templates/t/u"}
    assert plain_git(repo.path, "status", "--porcelain") == b""
    assert b"S customers/\n" in plain_git(repo.path, "ls-files", "-t", "--sparse")
    assert is_sparse(repo)


def test_setting_up_again_changes_nothing(repo: Repository) -> None:
    put(repo, EVERYTHING)
    assert not is_sparse(repo)
    set_up(repo)
    notes = [
        repo.common_dir / name
        for name in ("config", "config.worktree", "info/attributes", "info/sparse-checkout", "index")
    ]
    before = [(note.read_bytes(), note.stat().st_mtime_ns) for note in notes]
    set_up(repo)
    assert [(note.read_bytes(), note.stat().st_mtime_ns) for note in notes] == before


def test_what_the_user_has_set_stays(repo: Repository) -> None:
    plain_git(repo.path, "config", "merge.crmctl.driver", "crmctl merge-driver %O %A %B")
    (repo.common_dir / "info").mkdir(exist_ok=True)
    attributes = repo.common_dir / "info/attributes"
    attributes.write_text("*.png binary\n# crmctl begin\nold\n# crmctl end\n*.x text\n")
    set_up(repo)
    assert plain_git(repo.path, "config", "merge.crmctl.driver") == b"crmctl merge-driver %O %A %B\n"
    assert attributes.read_text().startswith("*.png binary\n*.x text\n")
    assert "old" not in attributes.read_text()


def test_edits_by_hand_survive_setting_up(repo: Repository) -> None:
    put(repo, EVERYTHING)
    (repo.path / "org/a").write_bytes(b"by hand")
    set_up(repo)
    assert (repo.path / "org/a").read_bytes() == b"by hand"


def test_a_merge_without_the_driver_leaves_no_marks_in_a_sealed_file(repo: Repository) -> None:
    set_up(repo)
    put(repo, EVERYTHING)
    plain_git(repo.path, "branch", "side")
    ours, theirs = b"age-encryption.org/v1\nB\n", b"age-encryption.org/v1\nC\n"
    put(repo, {CARD: ours})
    put(repo, {CARD: theirs}, ref="refs/heads/side")
    plain_git(repo.path, "merge", "side", check=False)
    assert plain_git(repo.path, "show", f":2:{CARD}") == ours
    assert plain_git(repo.path, "show", f":3:{CARD}") == theirs
    assert not (repo.path / CARD).exists() or (repo.path / CARD).read_bytes() == ours


def test_a_diff_of_a_file_that_does_not_open_says_sealed(repo: Repository) -> None:
    set_up(repo)
    put(repo, EVERYTHING)
    put(repo, {CARD: b"age-encryption.org/v1\nB\n"})
    shown = plain_git(repo.path, "show", MAIN)
    assert [line[:9] for line in shown.splitlines() if line[1:2] == b"["] == [b"-[sealed ", b"+[sealed "]
    assert b"encryption" not in shown


def test_a_bare_repository_gets_settings_only(tmp_path: Path) -> None:
    with Repository.create(tmp_path / "b.git", bare=True) as bare:
        set_up(bare)
        set_up(bare)
        assert plain_git(bare.path, "config", "core.bare") == b"true\n"
        assert "*.age binary" in (bare.common_dir / "info/attributes").read_text()
