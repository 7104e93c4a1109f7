"""SSH signatures in process, proved against ssh-keygen and git in both directions."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.errors import InvalidInput
from crmctl.ledger.keys import sshsig


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


PRIVATE, PUBLIC = sshsig.new_signing_key()
OTHER_PRIVATE, OTHER_PUBLIC = sshsig.new_signing_key()
SIGNATURE = sshsig.sign(b"payload", PRIVATE)
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def key_file(folder: Path, private: bytes = PRIVATE) -> Path:
    path = folder / "key"
    path.write_bytes(private)
    path.chmod(0o600)
    return path


def run(*command: str, cwd: Path, content: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
    quiet = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "HOME": str(cwd),
        "LC_ALL": "C",
    }
    return subprocess.run(command, cwd=cwd, input=content, capture_output=True, check=check, env=quiet)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["git", "crmctl-slot", "字"]))
def test_a_signature_holds_for_its_payload_key_and_namespace_only(payload: bytes, namespace: str) -> None:
    signature = sshsig.sign(payload, PRIVATE, namespace)
    assert sshsig.verify(payload, signature, PUBLIC, namespace)
    assert sshsig.verify(payload, signature, f"{PUBLIC} alice@desk", namespace)
    assert not sshsig.verify(payload + b"x", signature, PUBLIC, namespace)
    assert not sshsig.verify(payload, signature, OTHER_PUBLIC, namespace)
    assert not sshsig.verify(payload, signature, PUBLIC, "file")


def test_signing_twice_gives_the_same_bytes() -> None:
    assert sshsig.sign(b"payload", PRIVATE) == SIGNATURE
    assert SIGNATURE.endswith("-----END SSH SIGNATURE-----\n")
    assert max(map(len, SIGNATURE.splitlines())) == 70


def test_the_claimed_signer_can_be_read() -> None:
    assert sshsig.signer_of(SIGNATURE) == PUBLIC
    assert sshsig.signer_of("x") is None
    assert sshsig.signer_of(bent(SIGNATURE, 20)) is None
    assert sshsig.public_line_of(PRIVATE) == PUBLIC


def bent(signature: str, index: int) -> str:
    """The signature with one bit of its decoded bytes flipped."""
    rows = signature.splitlines()
    blob = bytearray(b64decode("".join(rows[1:-1])))
    blob[index] ^= 1
    return "\n".join([rows[0], b64encode(blob).decode(), rows[-1]]) + "\n"


def test_any_bent_bit_breaks_it() -> None:
    size = len(b64decode("".join(SIGNATURE.splitlines()[1:-1])))
    assert not [index for index in range(size) if sshsig.verify(b"payload", bent(SIGNATURE, index), PUBLIC)]


@pytest.mark.parametrize(
    "signature",
    [
        *("", "x", SIGNATURE[:-2], SIGNATURE[1:], SIGNATURE + "x", SIGNATURE * 2, SIGNATURE.lower(), "字" * 10, "\x00"),
        *(SIGNATURE.replace("-----BEGIN SSH SIGNATURE-----", ""), SIGNATURE.replace("SSH", "PGP"), "\ud800"),
        *(
            "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n",
            "-----BEGIN SSH SIGNATURE-----\n" * 100_000,
        ),
        *("-----BEGIN SSH SIGNATURE-----\nA\n-----END SSH SIGNATURE-----\n",),
    ],
    ids=lambda text: ascii(text[:10]),
)
def test_a_malformed_signature_is_false(signature: str) -> None:
    assert sshsig.verify(b"payload", signature, PUBLIC) is False
    assert sshsig.signer_of(signature) is None


WRONG_LINES = [
    "",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    "ssh-ed25519 字",
    PUBLIC[:-1],
    PUBLIC.replace("ssh-ed25519 ", ""),
    f"{PUBLIC}A",
    f"{PUBLIC}=",
    "x y z",
]


@pytest.mark.parametrize("line", WRONG_LINES, ids=lambda text: ascii(text[:24]))
def test_a_malformed_public_key_is_false_and_named_where_it_is_entered(line: str) -> None:
    assert sshsig.verify(b"payload", SIGNATURE, line) is False
    with pytest.raises(InvalidInput, match="Not an SSH public key"):
        sshsig.check_public_line(line)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.binary(max_size=200))
def test_verify_never_raises(signature: str, line: str, blob: bytes) -> None:
    armored = f"-----BEGIN SSH SIGNATURE-----\n{b64encode(blob).decode()}\n-----END SSH SIGNATURE-----\n"
    key = f"ssh-ed25519 {b64encode(blob).decode()}"
    for pair in ((signature, line), (armored, PUBLIC), (SIGNATURE, key), (armored, key)):
        assert sshsig.verify(b"payload", *pair) is False


@needs_ssh
@pytest.mark.parametrize("kind", [("rsa", "-b", "2048"), ("ecdsa",)], ids=lambda kind: kind[0])
def test_other_kinds_of_keys_are_refused_by_name(kind: tuple[str, ...], tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", "key", cwd=tmp_path)
    line = (tmp_path / "key.pub").read_text()
    with pytest.raises(InvalidInput, match=line.split()[0]):
        sshsig.check_public_line(line)
    with pytest.raises(InvalidInput, match="ed25519"):
        sshsig.sign(b"x", (tmp_path / "key").read_bytes())
    (tmp_path / "m").write_bytes(b"payload")
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", "git", "m", cwd=tmp_path)
    assert sshsig.verify(b"payload", (tmp_path / "m.sig").read_text(), line) is False


def test_a_hardware_key_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="sk-ssh-ed25519"):
        sshsig.check_public_line("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t alice")
    assert sshsig.check_public_line(f"  {PUBLIC} alice@desk\n") == PUBLIC


@needs_ssh
def test_a_private_key_under_a_passphrase_is_refused(tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", "key", cwd=tmp_path)
    for wrong in ((tmp_path / "key").read_bytes(), b"", b"x", PRIVATE[:-40]):
        with pytest.raises(InvalidInput):
            sshsig.sign(b"x", wrong)


@needs_ssh
@pytest.mark.parametrize("namespace", ["git", "crmctl-slot"])
def test_ssh_keygen_believes_our_signatures(namespace: str, tmp_path: Path) -> None:
    (tmp_path / "m.sig").write_text(sshsig.sign(b"payload", PRIVATE, namespace))
    (tmp_path / "allowed").write_text(f'alice namespaces="{namespace}" {PUBLIC}\n')
    verify = ("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "alice", "-n", namespace, "-s", "m.sig")
    run("ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", "m.sig", cwd=tmp_path, content=b"payload")
    run(*verify, cwd=tmp_path, content=b"payload")
    assert run(*verify, cwd=tmp_path, content=b"other", check=False).returncode


@needs_ssh
def test_we_believe_the_signatures_of_ssh_keygen_and_its_keys(tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice@desk", "-f", "key", cwd=tmp_path)
    (tmp_path / "m").write_bytes(b"payload")
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", "git", "m", cwd=tmp_path)
    signature, line = (tmp_path / "m.sig").read_text(), (tmp_path / "key.pub").read_text()
    assert sshsig.verify(b"payload", signature, line)
    assert not sshsig.verify(b"payload", signature, PUBLIC)
    # an ed25519 signature is determined by key and payload: ours is theirs, byte for byte
    assert sshsig.sign(b"payload", (tmp_path / "key").read_bytes()) == signature
    weak = run(
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-O",
        "hashalg=sha256",
        "-f",
        "key",
        "-n",
        "git",
        cwd=tmp_path,
        content=b"payload",
    )
    assert not sshsig.verify(b"payload", weak.stdout.decode(), line)


@needs_ssh
def test_ssh_keygen_reads_our_private_key(tmp_path: Path) -> None:
    shown = run("ssh-keygen", "-y", "-f", str(key_file(tmp_path)), cwd=tmp_path)
    assert shown.stdout.decode().split()[:2] == PUBLIC.split()


def repository(folder: Path) -> None:
    run("git", "init", "-q", "-b", "main", cwd=folder)
    (folder / "allowed").write_text(f"alice@x {PUBLIC}\n")
    for name, value in (
        ("user.name", "alice"),
        ("user.email", "alice@x"),
        ("gpg.format", "ssh"),
        ("gpg.ssh.allowedSignersFile", "allowed"),
    ):
        run("git", "config", name, value, cwd=folder)


@needs_ssh
def test_git_believes_a_commit_signed_by_us(tmp_path: Path) -> None:
    repository(tmp_path)
    tree = run("git", "write-tree", cwd=tmp_path).stdout.decode().strip()
    who = "alice <alice@x> 1790000000 +0800"
    head, message = f"tree {tree}\nauthor {who}\ncommitter {who}\n", "\nadd visit V-3K7Q2M9T4A\n"
    signature = sshsig.sign((head + message).encode(), PRIVATE).rstrip("\n").replace("\n", "\n ")
    commit = f"{head}gpgsig {signature}\n{message}".encode()
    name = (
        run("git", "hash-object", "-t", "commit", "-w", "--stdin", cwd=tmp_path, content=commit).stdout.decode().strip()
    )
    run("git", "verify-commit", name, cwd=tmp_path)
    bad = commit.replace(b"add visit", b"del visit")
    name = run("git", "hash-object", "-t", "commit", "-w", "--stdin", cwd=tmp_path, content=bad).stdout.decode().strip()
    assert run("git", "verify-commit", name, cwd=tmp_path, check=False).returncode


@needs_ssh
def test_we_believe_a_commit_signed_by_git(tmp_path: Path) -> None:
    repository(tmp_path)
    run("git", "config", "user.signingkey", str(key_file(tmp_path)), cwd=tmp_path)
    (tmp_path / "key.pub").write_text(PUBLIC + "\n")
    run("git", "commit", "-q", "-S", "--allow-empty", "-m", "hand-made", cwd=tmp_path)
    commit = run("git", "cat-file", "commit", "HEAD", cwd=tmp_path).stdout.decode()
    head, _, rest = commit.partition("gpgsig ")
    signature, _, message = rest.partition("-----END SSH SIGNATURE-----\n")
    signature = (signature + "-----END SSH SIGNATURE-----\n").replace("\n ", "\n")
    message = message.removeprefix(" \n")  # git keeps the armor's last line break as an empty line of the header
    assert sshsig.verify((head + message).encode(), signature, PUBLIC)
    assert not sshsig.verify((head + message + "x").encode(), signature, PUBLIC)
