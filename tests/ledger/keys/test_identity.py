"""A member's keys on this machine: made whole, opened by file, agent or passphrase, never shown."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.errors import BadConfiguration, Conflict, CrmctlError, ExitCode, InvalidInput, NoKey, TrustBroken
from crmctl.ledger.disk import yamlio
from crmctl.ledger.keys import agent, identity, seal, sshsig


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


PASSPHRASE = "口令 open"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@pytest.fixture(scope="module")
def locked_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with alice's keys under a passphrase; made once, for scrypt takes a second."""
    home = tmp_path_factory.mktemp("home")
    identity.create(home, "alice", PASSPHRASE)
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with alice's keys under a passphrase, where a quick stand-in does scrypt's work."""

    def quick_seal(plain: bytes, passphrase: str) -> bytes:
        return f"locked by {passphrase}:".encode() + plain

    def quick_open(sealed: bytes, passphrase: str, where: str) -> bytes:
        head, _, plain = sealed.partition(b":")
        if head != f"locked by {passphrase}".encode():
            raise NoKey("Wrong passphrase", where=where)
        return plain

    monkeypatch.setattr(seal, "seal_passphrase", quick_seal)
    monkeypatch.setattr(seal, "open_passphrase", quick_open)
    identity.create(tmp_path / "home", "alice", PASSPHRASE)
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "ask", lambda *_: None)


def never() -> str:
    pytest.fail("nobody may be asked")


def names(home: Path, member: str) -> set[str]:
    return {path.name for path in (home / "identities" / member).iterdir()}


def test_keys_without_a_passphrase_open_seal_and_sign(tmp_path: Path) -> None:
    public = identity.create(tmp_path, "cron-1", None)
    mine = identity.load(tmp_path, "cron-1", never)
    assert mine.public == public == identity.public_keys(tmp_path, "cron-1")
    assert mine.opener().open(seal.seal(b"x", public.opens), "x") == b"x"
    assert sshsig.verify(b"payload", mine.sign(b"payload"), public.signs)
    assert names(tmp_path, "cron-1") == {"identity.txt", "signing.age", "public.yaml"}


def test_the_public_file_is_a_canonical_one(home: Path) -> None:
    content = (home / "identities" / "alice" / "public.yaml").read_bytes()
    keys = identity.public_keys(home, "alice")
    assert yamlio.load_canonical(content, "x") == {
        "schema": "crmctl/public/1",
        "member": "alice",
        "opens": keys.opens,
        "signs": keys.signs,
    }


@posix
def test_files_are_the_owners_alone(locked_home: Path) -> None:
    for path in [locked_home / "identities", *(locked_home / "identities").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.req("R-ACL-18")
def test_the_passphrase_is_asked_once(locked_home: Path) -> None:
    asked = []
    mine = identity.load(locked_home, "alice", lambda: asked.append(1) or PASSPHRASE)
    assert mine.secret.startswith("AGE-SECRET-KEY-1")
    assert sshsig.verify(b"x", mine.sign(b"x"), mine.signs)
    assert asked == [1]
    assert names(locked_home, "alice") == {"identity.age", "signing.age", "public.yaml"}


def test_a_wrong_passphrase_and_nobody_to_ask(locked_home: Path) -> None:
    with pytest.raises(NoKey, match="passphrase") as caught:
        identity.load(locked_home, "alice", lambda: "wrong")
    assert caught.value.hint
    with pytest.raises(NoKey) as caught:
        identity.load(locked_home, "alice", None)
    assert caught.value.hint == "crmctl unlock"
    assert caught.value.exit_code is ExitCode.NO_KEY


def test_the_agent_is_asked_before_the_person_and_believed_only_with_the_right_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = identity.load(home, "alice", lambda: PASSPHRASE).secret
    monkeypatch.setattr(agent, "ask", lambda where, member: secret if (where, member) == (home, "alice") else None)
    assert identity.load(home, "alice", never).secret == secret
    monkeypatch.setattr(agent, "ask", lambda *_: seal.new_key().secret)
    with pytest.raises(NoKey):
        identity.load(home, "alice", None)


def test_no_keys_here(tmp_path: Path) -> None:
    with pytest.raises(NoKey) as caught:
        identity.load(tmp_path, "bob", never)
    assert caught.value.hint == "crmctl key new bob"


def test_secrets_never_show(tmp_path: Path) -> None:
    identity.create(tmp_path, "alice", None)
    mine = identity.load(tmp_path, "alice", None)
    assert "SECRET" not in f"{mine!r}{mine}{mine.public!r}{mine.opener()!r}"
    assert "PRIVATE" not in repr(mine)


@pytest.mark.parametrize("passphrase", [None, "x"])
def test_create_never_overwrites(passphrase: str | None, locked_home: Path) -> None:
    before = {path: path.read_bytes() for path in (locked_home / "identities").rglob("*.*")}
    with pytest.raises(Conflict):
        identity.create(locked_home, "alice", passphrase)
    assert {path: path.read_bytes() for path in (locked_home / "identities").rglob("*.*")} == before


def test_two_who_create_at_once_leave_one_whole_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = seal.new_key

    def meanwhile() -> seal.KeyPair:
        monkeypatch.setattr(seal, "new_key", real)
        identity.create(tmp_path, "alice", None)
        return real()

    monkeypatch.setattr(seal, "new_key", meanwhile)
    with pytest.raises(Conflict):
        identity.create(tmp_path, "alice", None)
    identity.load(tmp_path, "alice", None).sign(b"x")
    assert [path.name for path in (tmp_path / "identities").iterdir()] == ["alice"]


def test_a_failed_create_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(identity, "write_new", full)
    with pytest.raises(OSError, match="No space"):
        identity.create(tmp_path, "alice", None)
    assert not list((tmp_path / "identities").iterdir())
    assert identity.members_with_identity(tmp_path) == []


@pytest.mark.parametrize("name", ["", "Alice", "../x", "a/b", "a.b", "1a", "a" * 33, "王", "a\n"], ids=ascii)
def test_names_that_are_no_names(name: str, tmp_path: Path) -> None:
    for use in (lambda: identity.create(tmp_path, name, None), lambda: identity.load(tmp_path, name, None)):
        with pytest.raises(InvalidInput):
            use()
    assert not list(tmp_path.iterdir())


def test_an_empty_passphrase_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        identity.create(tmp_path, "alice", "")
    assert identity.members_with_identity(tmp_path) == []


def test_whose_keys_are_here(home: Path) -> None:
    identity.create(home, "bob", None)
    (home / "identities" / ".carol.1.new").mkdir()
    (home / "identities" / "dave").mkdir()
    assert identity.members_with_identity(home) == ["alice", "bob"]
    assert identity.members_with_identity(home / "none") == []


def test_the_passphrase_changes_and_the_keys_stay(locked_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(locked_home, tmp_path / "home"))
    before = identity.load(home, "alice", lambda: PASSPHRASE)
    identity.protect(home, "alice", "new words", lambda: PASSPHRASE)
    assert identity.load(home, "alice", lambda: "new words") == before
    with pytest.raises(NoKey):
        identity.load(home, "alice", lambda: PASSPHRASE)
    assert names(home, "alice") == {"identity.age", "signing.age", "public.yaml"}


def test_a_passphrase_is_dropped_and_set(home: Path) -> None:
    before = identity.load(home, "alice", lambda: PASSPHRASE)
    identity.protect(home, "alice", None, lambda: PASSPHRASE)
    assert identity.load(home, "alice", never) == before
    assert names(home, "alice") == {"identity.txt", "signing.age", "public.yaml"}
    identity.protect(home, "alice", PASSPHRASE, never)
    assert names(home, "alice") == {"identity.age", "signing.age", "public.yaml"}
    assert identity.load(home, "alice", lambda: PASSPHRASE) == before


def test_protect_wants_the_present_passphrase_or_open_keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (home / "identities" / "alice" / "identity.age").read_bytes()
    for ask in (None, lambda: "wrong"):
        with pytest.raises(NoKey):
            identity.protect(home, "alice", None, ask)
    assert (home / "identities" / "alice" / "identity.age").read_bytes() == content
    assert "identity.txt" not in names(home, "alice")
    secret = identity.load(home, "alice", lambda: PASSPHRASE).secret
    monkeypatch.setattr(agent, "ask", lambda *_: secret)
    identity.protect(home, "alice", None)
    assert identity.load(home, "alice", never).secret == secret


def test_a_crash_within_protect_leaves_keys_that_open(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        identity.protect(home, "alice", None, lambda: PASSPHRASE)
    assert identity.load(home, "alice", never).public == identity.public_keys(home, "alice")


@posix
def test_a_plain_file_open_to_others_is_refused(tmp_path: Path) -> None:
    identity.create(tmp_path, "alice", None)
    (tmp_path / "identities" / "alice" / "identity.txt").chmod(0o640)
    with pytest.raises(BadConfiguration) as caught:
        identity.load(tmp_path, "alice", None)
    assert caught.value.hint
    assert caught.value.hint.startswith("chmod 600")


def test_files_of_two_members_mixed_up_are_noticed(tmp_path: Path) -> None:
    for member in ("alice", "bob"):
        identity.create(tmp_path, member, None)
    alice, bob = tmp_path / "identities" / "alice", tmp_path / "identities" / "bob"
    keep = {name: (alice / name).read_bytes() for name in ("identity.txt", "signing.age", "public.yaml")}
    for name, content in keep.items():
        (alice / name).write_bytes((bob / name).read_bytes())
        with pytest.raises((TrustBroken, NoKey)):
            identity.load(tmp_path, "alice", None).sign(b"x")
        (alice / name).write_bytes(content)
    other, _line = sshsig.new_signing_key()
    (alice / "signing.age").write_bytes(seal.seal(other, identity.public_keys(tmp_path, "alice").opens))
    with pytest.raises(TrustBroken, match="signing key"):
        identity.load(tmp_path, "alice", None).sign(b"x")


@pytest.mark.parametrize("name", ["identity.txt", "signing.age", "public.yaml"])
@pytest.mark.parametrize("content", [None, b"", b"x", b"\xff" * 100], ids=ascii)
def test_missing_or_broken_files_end_in_our_own_errors(name: str, content: bytes | None, tmp_path: Path) -> None:
    identity.create(tmp_path, "alice", None)
    path = tmp_path / "identities" / "alice" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(CrmctlError) as caught:
        identity.load(tmp_path, "alice", None).sign(b"x")
    assert caught.value.hint


def test_an_identity_file_edited_on_windows_is_read(tmp_path: Path) -> None:
    identity.create(tmp_path, "alice", None)
    path = tmp_path / "identities" / "alice" / "identity.txt"
    path.write_bytes(b"# created: today\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    identity.load(tmp_path, "alice", None).sign(b"x")


@pytest.mark.skipif(
    not (shutil.which("age") and shutil.which("ssh-keygen")), reason="age or ssh-keygen is not installed"
)
def test_the_standard_programs_open_everything(tmp_path: Path) -> None:
    public = identity.create(tmp_path, "alice", None)
    folder = tmp_path / "identities" / "alice"
    private = subprocess.run(
        ["age", "-d", "-i", "identity.txt", "signing.age"], cwd=folder, capture_output=True, check=True
    ).stdout
    (tmp_path / "key").write_bytes(private)
    (tmp_path / "key").chmod(0o600)
    shown = subprocess.run(["ssh-keygen", "-y", "-f", "key"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert shown.decode().split()[:2] == public.signs.split()
