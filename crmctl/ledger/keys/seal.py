"""Seal bytes to age keys and open them again; nothing else reaches age.

The only importer of `pyrage`. A sealed record is a binary age v1 file (https://c2sp.org/age) with exactly one
X25519 stanza and at most one `*-grease` stanza; that is proved from the header, without a key, before anything is
decrypted. A file under a passphrase has exactly one scrypt stanza of bounded cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, NoReturn

from crmctl.errors import InvalidInput, NoKey, TrustBroken
from crmctl.i18n import _

if TYPE_CHECKING:
    from pyrage.x25519 import Identity, Recipient

MAX_HEADER = 2048
MAX_WORK_FACTOR = 20  # scrypt with 2^20 already takes 1 GiB and some seconds
NO_MATCH = "No matching keys found"
WRONG_PASSPHRASE = "Decryption failed"  # noqa: S105 (what pyrage says)

_B64 = rb"[A-Za-z0-9+/]"
_KEY = _B64 + rb"{42}[AEIMQUYcgkosw048]"  # 32 bytes, unpadded, in canonical base64
_TAIL = rb"(?=[^\n]{0,63}\n)(?:" + _B64 + rb"{4})*(?:" + _B64 + rb"[AQgw]|" + _B64 + rb"{2}[AEIMQUYcgkosw048])?\n"
_GREASE = rb"-> [!-~]*-grease(?: [!-~]+)*\n(?:" + _B64 + rb"{64}\n)*" + _TAIL
_X25519 = rb"-> X25519 " + _KEY + rb"\n" + _KEY + rb"\n"
_VERSION = rb"age-encryption\.org/v1\n"
_MAC = rb"--- " + _KEY + rb"\n"
_SEALED = re.compile(_VERSION + rb"(?:" + _X25519 + rb"(?:" + _GREASE + rb")?|" + _GREASE + _X25519 + rb")" + _MAC)
_LOCKED = re.compile(_VERSION + rb"-> scrypt " + _B64 + rb"{21}[AQgw] ([1-9][0-9]?)\n" + _KEY + rb"\n" + _MAC)
_STANZA = re.compile(rb"^-> ([!-~]+)", re.MULTILINE)
_SMALLEST_BODY = 32  # nonce and the tag of an empty last chunk


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An age X25519 key: `AGE-SECRET-KEY-1…` (never shown) and its public `age1…`."""

    secret: str = field(repr=False)
    public: str


def new_key() -> KeyPair:
    """A fresh key pair."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    return KeyPair(str(identity), str(identity.to_public()))


def public_of(secret: str) -> str:
    """The public `age1…` of a secret. Raises InvalidInput when it is no X25519 secret key."""
    return str(_identity(secret).to_public())


def seal(plain: bytes, recipient: str) -> bytes:
    """`plain` as a binary age file for one public key. Raises InvalidInput when `recipient` is none."""
    import pyrage

    return bytes(pyrage.encrypt(plain, [_recipient(recipient)]))


def seal_for(plain: bytes, recipients: Sequence[str]) -> bytes:
    """`plain` for several public keys: what leaves the ledger, never a record. Raises InvalidInput for a wrong key."""
    import pyrage

    return bytes(pyrage.encrypt(plain, [_recipient(public) for public in dict.fromkeys(recipients)]))


def open_given(sealed: bytes, secret: str, where: str) -> bytes:
    """What `seal_for` sealed, or any age file for this key. Raises NoKey (for others), TrustBroken (damaged)."""
    import pyrage

    plain = BytesIO()
    try:
        pyrage.decrypt_io(BytesIO(sealed), plain, [_identity(secret)])
    except (pyrage.DecryptError, OSError) as error:
        if str(error) == NO_MATCH:
            raise NoKey(
                _("Sealed to another key"), where=where, hint=_("Whoever sent it must seal it to you")
            ) from None
        _damaged(where)
    return plain.getvalue()


class Opener:
    """Opens what was sealed to one key; parse the secret once, open many."""

    __slots__ = ("_identities", "public")

    def __init__(self, secret: str) -> None:
        identity = _identity(secret)
        self._identities = [identity]
        self.public = str(identity.to_public())

    def __repr__(self) -> str:
        return f"Opener({self.public})"

    def open(self, sealed: bytes, where: str) -> bytes:
        """The plaintext. Raises NoKey (sealed to another key), TrustBroken (see `check_header`; damaged)."""
        import pyrage

        check_header(sealed, where)
        plain = BytesIO()
        try:
            # decrypt_io reads the header in linear time, decrypt in quadratic (str4d/rage#368)
            pyrage.decrypt_io(BytesIO(sealed), plain, self._identities)
        except (pyrage.DecryptError, OSError) as error:
            if str(error) == NO_MATCH:
                raise NoKey(
                    _("Sealed to another key"),
                    where=where,
                    hint=_("You may lack access; `crmctl sync` fetches new keys"),
                ) from None
            _damaged(where)
        return plain.getvalue()


def check_header(sealed: bytes, where: str) -> None:
    """Prove without a key that `sealed` is a binary age file with one X25519 recipient and no other.

    Raises TrustBroken for anything else: armor, a passphrase stanza, a further or unknown recipient, loose
    encoding, a header over 2 KiB, a body too short to exist. Costs a few microseconds.
    """
    match = _SEALED.match(sealed, 0, MAX_HEADER)
    if match is None or len(sealed) - match.end() < _SMALLEST_BODY:
        _explain(sealed, where)


def seal_passphrase(plain: bytes, passphrase: str) -> bytes:
    """`plain` as an age file under a passphrase (scrypt, about a second of work)."""
    from pyrage import passphrase as scrypt

    if not passphrase:
        raise InvalidInput(_("The passphrase is empty"), hint=_("Type at least one word"))
    sealed = bytes(scrypt.encrypt(plain, passphrase))
    _check_locked(sealed, "")
    return sealed


def open_passphrase(sealed: bytes, passphrase: str, where: str) -> bytes:
    """The plaintext. Raises NoKey (wrong passphrase), TrustBroken (damaged, or too costly to try)."""
    import pyrage

    _check_locked(sealed, where)
    try:
        return bytes(pyrage.passphrase.decrypt(sealed, passphrase))
    except (pyrage.DecryptError, OSError) as error:
        if str(error) == WRONG_PASSPHRASE:
            raise NoKey(_("Wrong passphrase"), where=where, hint=_("Try again; mind the keyboard layout")) from None
        _damaged(where)


def _check_locked(sealed: bytes, where: str) -> None:
    match = _LOCKED.match(sealed, 0, MAX_HEADER)
    if match is None or len(sealed) - match.end() < _SMALLEST_BODY:
        raise TrustBroken(
            _("Not an age file under a passphrase"), where=where, hint=_("Restore the file from your backup")
        )
    if int(match[1]) > MAX_WORK_FACTOR:
        raise TrustBroken(
            _("The passphrase's work factor is above {limit}", limit=MAX_WORK_FACTOR),
            where=where,
            hint=_("Nobody needs that much; the file may be made to exhaust this computer"),
        )


def _explain(sealed: bytes, where: str) -> NoReturn:
    """Say which rule of `check_header` is broken."""
    head = sealed[:MAX_HEADER]
    kinds = _STANZA.findall(head.split(b"\n---", 1)[0])
    if head.lstrip().startswith(b"-----BEGIN AGE"):
        what = _("Armored age file; records are binary")
    elif not head.startswith(b"age-encryption.org/v1\n"):
        what = _("Not an age file")
    elif b"scrypt" in kinds:
        what = _("Sealed under a passphrase, not to a key")
    elif kinds.count(b"X25519") > 1:
        what = _("Sealed to more than one key")
    elif b"\n---" not in head and len(sealed) >= MAX_HEADER:
        what = _("The age header is larger than {limit} bytes", limit=MAX_HEADER)
    elif any(kind != b"X25519" and not kind.endswith(b"-grease") for kind in kinds):
        what = _("Sealed to an unknown kind of recipient")
    else:
        _damaged(where)
    raise TrustBroken(what, where=where, hint=_("It was not written by crmctl; `crmctl verify` shows who signed it"))


def _damaged(where: str) -> NoReturn:
    raise TrustBroken(
        _("Damaged or cut off: it does not decrypt"), where=where, hint=_("Restore it from another clone")
    ) from None


@lru_cache(maxsize=256)
def _recipient(public: str) -> Recipient:
    import pyrage

    try:
        recipient = pyrage.x25519.Recipient.from_str(public)
    except pyrage.RecipientError:
        recipient = None
    if recipient is None or str(recipient) != public:
        raise InvalidInput(_("Not an age public key (age1…)"), hint=_("Copy the whole key, without blanks"))
    return recipient


def _identity(secret: str) -> Identity:
    import pyrage

    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise InvalidInput(
            _("Not an age secret key (AGE-SECRET-KEY-1…)"), hint=_("Copy the whole key, without blanks")
        ) from None
