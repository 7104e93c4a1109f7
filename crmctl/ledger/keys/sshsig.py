"""SSH ed25519 signatures in process, as `ssh-keygen -Y` and `git` make and check them.

The only importer of `cryptography`. Format: PROTOCOL.sshsig and PROTOCOL.key of OpenSSH. Exactly one form is made and
believed: ssh-ed25519 over SHA-512, version 1; so a signature is a constant frame around 64 bytes.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha512
from typing import TYPE_CHECKING

from crmctl.errors import InvalidInput
from crmctl.i18n import _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_ARMOR = re.compile(rf"{_BEGIN}\s+([A-Za-z0-9+/\s]+={{0,2}})\s+{_END}\s*")
_WIDTH = 70
_LONGEST = 4096


def new_signing_key() -> tuple[bytes, str]:
    """A fresh key: the private half as an OpenSSH file without passphrase, and `ssh-ed25519 AAAA…`."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return private, _line(key)


def public_line_of(private: bytes) -> str:
    """`ssh-ed25519 AAAA…` of an OpenSSH private key. Raises InvalidInput when it is no open ed25519 key."""
    return _line(_private(private))


def check_public_line(line: str) -> str:
    """`line` without its comment. Raises InvalidInput for anything but an ssh-ed25519 key (RSA, ECDSA, sk-…)."""
    words = line.split()
    if words and words[0] != ALGORITHM and re.fullmatch(r"(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+", words[0]):
        raise InvalidInput(
            _("Not an ed25519 key: {algorithm} keys cannot sign here", algorithm=words[0]),
            hint=_("`crmctl key new` makes the right kind"),
        )
    if _raw(line) is None:
        raise InvalidInput(
            _("Not an SSH public key (ssh-ed25519 AAAA…)"), hint=_("Copy the whole line of the .pub file")
        )
    return " ".join(words[:2])


def sign(payload: bytes, private: bytes, namespace: str = "git") -> str:
    """The armored SSHSIG of `payload`, with LF at the end. Raises InvalidInput for a wrong private key."""
    key = _private(private)
    raw = _raw(_line(key))
    assert raw is not None
    blob = _frame(raw, namespace) + key.sign(_signed(payload, namespace))
    text = b64encode(blob).decode("ascii")
    rows = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "\n".join([_BEGIN, *rows, _END, ""])


def verify(payload: bytes, signature: str, public_line: str, namespace: str = "git") -> bool:
    """Whether `signature` is this key's over this payload in this namespace; False for whatever is malformed."""
    raw = _raw(public_line)
    blob = _unarmor(signature)
    if raw is None or blob is None:
        return False
    frame = _frame(raw, namespace)
    if len(blob) != len(frame) + 64 or not blob.startswith(frame):
        return False
    return _holds(raw, blob[len(frame) :], _signed(payload, namespace))


def signer_of(signature: str) -> str | None:
    """The `ssh-ed25519 AAAA…` a signature claims to be by (unproved), or None where it is malformed."""
    blob = _unarmor(signature) or b""
    key = blob[14:65]
    if blob[:14] != _MAGIC + b"\0\0\0\x01" + b"\0\0\0\x33":
        return None
    line = f"{ALGORITHM} {b64encode(key).decode('ascii')}"
    return line if _raw(line) else None


def _holds(raw: bytes, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        _public(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _signed(payload: bytes, namespace: str) -> bytes:
    """What the key really signs: the hash of the payload, bound to the namespace."""
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", b"sha512", sha512(payload).digest())))


def _frame(raw: bytes, namespace: str) -> bytes:
    """All of a signature's bytes but the last 64."""
    name = ALGORITHM.encode()
    parts = (_string(name) + _string(raw), namespace.encode(), b"", b"sha512")
    length = len(_string(name)) + 4 + 64
    return (
        _MAGIC
        + (1).to_bytes(4, "big")
        + b"".join(map(_string, parts))
        + length.to_bytes(4, "big")
        + _string(name)
        + (64).to_bytes(4, "big")
    )


def _unarmor(signature: str) -> bytes | None:
    match = _ARMOR.fullmatch(signature) if len(signature) <= _LONGEST else None
    if match is None:
        return None
    try:
        return b64decode("".join(match[1].split()), validate=True)
    except binascii.Error:
        return None


@lru_cache(maxsize=512)
def _raw(line: str) -> bytes | None:
    """The 32 bytes of a public key line, or None."""
    words = line.split()
    if len(words) < 2 or words[0] != ALGORITHM:
        return None
    try:
        blob = b64decode(words[1], validate=True)
    except ValueError:
        return None
    head = _string(ALGORITHM.encode()) + (32).to_bytes(4, "big")
    exact = b64encode(blob).decode("ascii") == words[1]
    return blob[len(head) :] if exact and blob.startswith(head) and len(blob) == len(head) + 32 else None


@lru_cache(maxsize=512)
def _public(raw: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


def _private(private: bytes) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_ssh_private_key(private, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise InvalidInput(
        _("Not an SSH ed25519 private key without passphrase"), hint=_("`crmctl key new` makes the right kind")
    ) from None


def _line(key: Ed25519PrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization

    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.decode("ascii")
