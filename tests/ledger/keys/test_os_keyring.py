"""Opened keys in the operating system's own store: only where there is one, and gone with `crmctl lock`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, NoKey
from crmctl.ledger.keys import os_keyring
from crmctl.ledger.keys.identity import create, load

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402
from keyring.errors import KeyringLocked, PasswordDeleteError  # noqa: E402


class Store(KeyringBackend):
    """A store that works like the systems' own."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made, before = Store(), keyring.get_keyring()
    keyring.set_keyring(made)
    monkeypatch.setattr(keyring.core, "_keyring_backend", made)
    yield made  # type: ignore[misc]
    keyring.set_keyring(before)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRMCTL_HOME", str(tmp_path / "home"))
    create(tmp_path / "home", "alice", "correct horse")
    return tmp_path / "home"


def test_unlocked_there_no_passphrase_is_asked_until_locked(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = load(home, "alice", lambda: "correct horse").secret
    monkeypatch.setattr("crmctl.cli.commands.unlock.asker", lambda: lambda: "correct horse")
    assert invoke(["unlock", "--keyring", "--as", "alice"]) == 0
    assert list(store.kept.values()) == [secret]
    assert load(home, "alice", None).secret == secret
    assert secret not in "".join(p.read_text("latin-1") for p in home.rglob("*") if p.is_file())
    assert invoke(["lock"]) == 0
    assert store.kept == {}
    with pytest.raises(NoKey):
        load(home, "alice", None)


def test_what_lies_there_of_former_keys_is_as_good_as_none(home: Path, store: Store) -> None:
    os_keyring.keep(home, "alice", load(home, "alice", lambda: "correct horse").secret)
    for name in store.kept:
        store.kept[name] = "AGE-SECRET-KEY-1NONSENSE"
    with pytest.raises(NoKey):
        load(home, "alice", None)


def test_a_store_that_is_locked_or_in_the_clear_is_told(home: Path, store: Store) -> None:
    store.locked = True
    with pytest.raises(BadConfiguration):
        os_keyring.keep(home, "alice", "x")
    assert os_keyring.held(home, "alice") is None
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())
    with pytest.raises(BadConfiguration):
        os_keyring.keep(home, "alice", "x")
    assert not (home / "identities" / "alice" / "in-keyring").exists()


def test_without_the_library_it_says_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(BadConfiguration) as caught:
        os_keyring.keep(home, "alice", "x")
    assert "crmctl[keyring]" in str(caught.value.hint)
    assert os_keyring.held(home, "alice") is None
    assert os_keyring.forget(home, "alice") is False


def test_nothing_of_it_is_loaded_where_nobody_asked_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os_keyring, "_store", lambda: pytest.fail("asked the store"))
    with pytest.raises(NoKey):
        load(home, "alice", None)
