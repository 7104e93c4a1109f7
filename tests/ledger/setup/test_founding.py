"""Founding a ledger: whole or not at all, and valid from the first commit."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, CrmctlError, InvalidInput, NotFound
from crmctl.ledger.changing.entry import Entry, add
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.shipped import kind_files
from crmctl.ledger.keys.identity import load
from crmctl.ledger.keys.seal import Opener, open_passphrase
from crmctl.ledger.keys.sshsig import verify
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup import founding as module
from crmctl.ledger.setup.founding import Founded, Founding, found
from crmctl.model.access import RECOVERY
from crmctl.model.dossier import wraps_folder
from crmctl.model.ids import parse_id
from tests.company import CARD, NOW, git

EXAMPLE = Founding("Example", {"east": ("东区", "East"), "west": ("西区", "West")}, "alice", "Alice")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def founded(tmp_path: Path, home: Path) -> Founded:
    return found(tmp_path / "ledger", EXAMPLE, home)


def names_in(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()}


def everything_below(path: Path) -> set[str]:
    return {str(entry.relative_to(path)) for entry in path.rglob("*")}


def test_a_new_ledger_is_sound_and_says_what_it_was_told(founded: Founded, home: Path) -> None:
    ledger = Ledger(founded.path, home=home)
    settings = ledger.in_force.settings
    assert parse_id(settings.id)[0] == "L"
    assert (settings.company, settings.timezone, settings.currency, settings.epoch) == (
        "Example",
        "Asia/Shanghai",
        "CNY",
        1,
    )
    assert ledger.head == founded.commit
    assert set(ledger.in_force.kinds) == set(kind_files())
    alice = ledger.member
    assert {(role.role, role.department) for role in alice.roles} == {
        ("admin", None), ("head", "east"), ("sales", "east"), ("head", "west"), ("sales", "west"),
    }  # fmt: skip
    assert check(ledger).findings == ()
    fsck = subprocess.run(
        ["git", "fsck", "--full", "--strict"], cwd=founded.path, capture_output=True, text=True, check=True
    )
    assert (fsck.stdout + fsck.stderr).replace("notice: HEAD points to an unborn branch", "").strip() == ""


def test_the_keyring_begins_where_the_ledger_says(founded: Founded, home: Path) -> None:
    ledger = Ledger(founded.path, home=home)
    root = git(founded.path, "rev-list", "--max-parents=0", "keyring/1").split()
    assert root == [ledger.in_force.settings.root]
    assert ledger.keyring.tip == root[0]


def test_both_first_commits_are_signed_by_the_founder(founded: Founded, home: Path) -> None:
    signs = load(home, "alice", None).signs
    for branch in ("main", "keyring/1"):
        raw = subprocess.run(
            ["git", "cat-file", "commit", branch], cwd=founded.path, capture_output=True, check=True
        ).stdout.decode()
        head, _blank, message = raw.partition("\n\n")
        before, _gpgsig, signature = head.partition("\ngpgsig ")
        payload = f"{before}\n\n{message}".encode()
        assert verify(payload, signature.replace("\n ", "\n") + "\n", signs)


def test_the_folder_holds_only_what_is_clear(founded: Founded, home: Path) -> None:
    add(Ledger(founded.path, home=home), Entry("customer", CARD, department="east"))
    assert {entry.name for entry in founded.path.iterdir()} == {
        ".git",
        ".gitattributes",
        "ledger.yaml",
        "org",
        "policy",
        "schemas",
    }
    assert git(founded.path, "status", "--porcelain") == ""
    # a commit made by hand afterwards deletes nothing
    (founded.path / "policy" / "note.yaml").write_text("x: y\n")
    git(founded.path, "add", "policy/note.yaml")
    git(founded.path, "commit", "-q", "-m", "by hand")
    assert git(founded.path, "show", "--format=", "--name-status", "HEAD").split() == ["A", "policy/note.yaml"]


def test_the_recovery_key_opens_every_compartment_by_the_rings_own_way(founded: Founded, home: Path) -> None:
    ledger = Ledger(founded.path, home=home)
    customer = add(ledger, Entry("customer", CARD, department="east")).id
    secret = founded.recovery.read_text("utf-8").splitlines()[-1]
    ledger = Ledger(founded.path, home=home)
    assert Opener(secret).public == ledger.in_force.org.groups[RECOVERY].key
    dossier = ledger.dossier(customer)
    wraps = ledger.keyring.wraps(wraps_folder(customer), RECOVERY)
    for name, entry in dossier.compartments.items():
        opened = Opener(secret).open(wraps[name, entry.generation], name).decode()
        assert Opener(opened).public == entry.key
    assert (founded.recovery.stat().st_mode & 0o077) == 0


@pytest.mark.slow
def test_a_passphrase_locks_the_recovery_key_too(tmp_path: Path, home: Path) -> None:
    founded = found(tmp_path / "ledger", replace(EXAMPLE, passphrase="one good phrase"), home)
    assert founded.recovery.suffix == ".age"
    plain = open_passphrase(founded.recovery.read_bytes(), "one good phrase", "recovery")
    assert b"AGE-SECRET-KEY-1" in plain
    assert not [file for file in home.rglob("*") if file.is_file() and b"AGE-SECRET-KEY-1" in file.read_bytes()]


@pytest.mark.parametrize("content", ["file", "folder"])
def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, home: Path, content: str) -> None:
    target = tmp_path / "ledger"
    if content == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    before = everything_below(tmp_path)
    with pytest.raises(BadConfiguration, match="not empty"):
        found(target, EXAMPLE, home)
    assert everything_below(tmp_path) == before


def test_an_empty_folder_one_stands_in_is_filled(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "ledger"
    target.mkdir()
    monkeypatch.chdir(target)
    found(Path(), EXAMPLE, home)
    assert names_in(Path()) >= {"ledger.yaml"}  # the folder itself is still the one we stand in
    assert check(Ledger(target, home=home)).findings == ()
    assert git(target, "status", "--porcelain") == ""
    assert names_in(tmp_path) == {"home", "ledger"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"packs": ("base", "p99")}, NotFound),
        ({"timezone": "Mars/Olympus"}, BadConfiguration),
        ({"founder": "Alice"}, InvalidInput),
        ({"founder": "../alice"}, InvalidInput),
        ({"founder": "east.supervisor"}, InvalidInput),
        ({"passphrase": ""}, InvalidInput),
    ],
)
def test_a_wrong_word_leaves_nothing_behind(
    tmp_path: Path, home: Path, change: dict[str, object], error: type[CrmctlError]
) -> None:
    with pytest.raises(error):
        found(tmp_path / "ledger", replace(EXAMPLE, **change), home)  # type: ignore[arg-type]
    assert everything_below(tmp_path) - {"home", "home/identities"} == set()


@pytest.mark.parametrize("step", ["write", "set_up", "claim_clone", "compile_in_force", "_move"])
@pytest.mark.parametrize("there", [True, False])
def test_a_failure_at_any_step_leaves_no_ledger_and_no_recovery_key(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, there: bool
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "ledger"
    if there:
        target.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(module, step, full)
        with pytest.raises(OSError, match="No space"):
            found(target, EXAMPLE, home)
    assert target.exists() == there
    assert names_in(tmp_path) <= {"home", "ledger"}
    assert not there or not list(target.iterdir())
    assert not list((home / "recovery").glob("*"))
    found(target, EXAMPLE, home)  # and then it works, with the same keys


def test_a_failure_while_filling_an_empty_folder_takes_everything_out_again(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "ledger"
    target.mkdir()
    moved: list[Path] = []
    original = Path.replace

    def third_fails(self: Path, to: Path) -> Path:
        if self.parent.name.startswith(".ledger."):
            moved.append(self)
            if len(moved) == 3:
                raise OSError(28, "No space left on device")
        return original(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", third_fails)
        with pytest.raises(OSError, match="No space"):
            found(target, EXAMPLE, home)
    assert list(target.iterdir()) == []
    assert names_in(tmp_path) == {"home", "ledger"}


def test_two_ledgers_of_one_founder_share_the_keys_and_nothing_else(tmp_path: Path, home: Path) -> None:
    one, two = found(tmp_path / "one", EXAMPLE, home), found(tmp_path / "two", EXAMPLE, home)
    first, second = Ledger(one.path, home=home), Ledger(two.path, home=home)
    assert first.member.opens == second.member.opens
    assert first.in_force.settings.id != second.in_force.settings.id
    assert first.in_force.org.groups[RECOVERY].key != second.in_force.org.groups[RECOVERY].key
