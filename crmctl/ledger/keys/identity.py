"""A member's own keys on this machine: one age identity that opens, one SSH key that signs.

`<home>/identities/<member>/` holds `identity.age` (under a passphrase) or `identity.txt` (plain), `signing.age` (the
OpenSSH private key, sealed to the member's own age key) and `public.yaml`. All of it opens with `age` and `ssh-keygen`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from crmctl.errors import BadConfiguration, Conflict, InvalidInput, NoKey, TrustBroken
from crmctl.home import home as home_directory
from crmctl.i18n import _
from crmctl.ledger.disk.files import private_folder, sync_folder, write_atomic, write_new

if TYPE_CHECKING:
    from crmctl.ledger.keys.seal import Opener

__all__ = [
    "Identity", "PublicKeys", "create", "create_beside", "home_directory", "load", "members_with_identity", "protect",
    "public_keys", "put_in_place", "waiting_beside",
]  # fmt: skip

SCHEMA = "crmctl/public/1"
LOCKED, PLAIN, SIGNING, PUBLIC = "identity.age", "identity.txt", "signing.age", "public.yaml"
MEMBER = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_SECRET = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]{58}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a member hands to whoever enrols him: `age1…` opens, `ssh-ed25519 AAAA…` signs."""

    member: str
    opens: str
    signs: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A member's opened keys; neither `repr` nor any error shows a secret."""

    member: str
    opens: str
    signs: str
    secret: str = field(repr=False)
    _signing: bytes = field(repr=False)

    @property
    def public(self) -> PublicKeys:
        """The public half."""
        return PublicKeys(self.member, self.opens, self.signs)

    def opener(self) -> Opener:
        """What opens records and wraps sealed to this member."""
        from crmctl.ledger.keys.seal import Opener

        return Opener(self.secret)

    def sign(self, payload: bytes) -> str:
        """The armored SSHSIG of a commit (namespace `git`). Raises TrustBroken when the signing key is damaged."""
        from crmctl.ledger.keys import sshsig

        where = f"identities/{self.member}/{SIGNING}"
        private = self.opener().open(self._signing, where)
        if sshsig.public_line_of(private) != self.signs:
            raise TrustBroken(
                _("The signing key is not the one in public.yaml"), where=where, hint=_("Restore it from your backup")
            )
        return sshsig.sign(payload, private)


def create(home: Path, member: str, passphrase: str | None) -> PublicKeys:
    """Make a member's keys; without a passphrase they lie open (0600). All files appear at once.

    Raises Conflict when there are keys of that member already, InvalidInput for a wrong name or an empty passphrase.
    """
    folder = _folder(home, member)
    if folder.exists():
        _taken(member)
    return _made(folder, member, passphrase)


def create_beside(home: Path, member: str, passphrase: str | None) -> PublicKeys:
    """Make new keys beside a member's present ones; `put_in_place` lets them take over."""
    return _made(_beside(home, member), member, passphrase)


def waiting_beside(home: Path, member: str) -> PublicKeys | None:
    """The keys made beside the present ones, if there are any."""
    folder = _beside(home, member)
    return _public_in(folder, member) if (folder / PUBLIC).is_file() else None


def put_in_place(home: Path, member: str, until: date) -> None:
    """Let the keys made beside take over; the old ones are kept beside, `<member>.until-<day>`."""
    folder, new = _folder(home, member), _beside(home, member)
    kept = folder.with_name(f"{member}.until-{until.isoformat()}-{os.urandom(2).hex()}")
    if folder.exists():
        folder.rename(kept)
    new.rename(folder)
    sync_folder(folder.parent)


def _beside(home: Path, member: str) -> Path:
    folder = _folder(home, member)
    return folder.with_name(f"{folder.name}.next")


def _made(folder: Path, member: str, passphrase: str | None) -> PublicKeys:
    from crmctl.ledger.keys import seal, sshsig

    pair = seal.new_key()
    private, signs = sshsig.new_signing_key()
    public = PublicKeys(member, pair.public, signs)
    name, content = _protected(pair.secret, pair.public, passphrase)
    _appear(folder, {name: content, SIGNING: seal.seal(private, pair.public), PUBLIC: _public_file(public)})
    return public


def load(home: Path, member: str, ask: Callable[[], str] | None) -> Identity:
    """A member's keys: from the plain file, else the agent or the system's store, else by `ask()` for the passphrase.

    Raises NoKey (no keys here, locked and nobody to ask, wrong passphrase), BadConfiguration (open to other users),
    TrustBroken (files that do not belong together).
    """
    public = public_keys(home, member)
    secret = _plain(home, member) or _from_agent(home, public) or _asked(home, member, ask)
    return _identity(home, public, secret)


def lies_open(home: Path, member: str) -> bool:
    """Whether a member's keys lie on this machine without a passphrase."""
    return (_folder(home, member) / PLAIN).exists()


def protect(home: Path, member: str, passphrase: str | None, ask: Callable[[], str] | None = None) -> None:
    """Change, set or (None) drop the passphrase; `ask()` gives the present one, else the agent must hold the keys.

    At any time the old file or the new one is there. Raises as `load` does; InvalidInput for an empty passphrase.
    """
    public = public_keys(home, member)
    secret = _plain(home, member)
    if secret is None and ask is None:
        secret = _from_agent(home, public)
    secret = secret or _asked(home, member, ask)
    _identity(home, public, secret)
    folder = _folder(home, member)
    name, content = _protected(secret, public.opens, passphrase)
    write_atomic(folder / name, content)
    (folder / (LOCKED if name == PLAIN else PLAIN)).unlink(missing_ok=True)
    sync_folder(folder)


def public_keys(home: Path, member: str) -> PublicKeys:
    """A member's public keys. Raises NoKey when there are none here, TrustBroken when the file is not ours."""
    try:
        return _public_in(_folder(home, member), member)
    except FileNotFoundError:
        raise NoKey(
            _("{member} is not set up on this machine", member=member), hint=f"crmctl key new {member}"
        ) from None


def _public_in(folder: Path, member: str) -> PublicKeys:
    from crmctl.ledger.disk import yamlio

    content = (folder / PUBLIC).read_bytes()
    where = f"identities/{member}/{PUBLIC}"
    found = yamlio.load(content, where)
    expected = {"schema", "member", "opens", "signs"}
    if isinstance(found, dict) and set(found) == expected and found["schema"] == SCHEMA and found["member"] == member:
        return PublicKeys(member, str(found["opens"]), str(found["signs"]))
    raise TrustBroken(
        _("Not the public keys of {member}", member=member), where=where, hint=_("Restore it from your backup")
    )


def members_with_identity(home: Path) -> list[str]:
    """The members whose keys are here, sorted."""
    with contextlib.suppress(OSError):
        return sorted(
            p.parent.name for p in (home / "identities").glob(f"*/{PUBLIC}") if MEMBER.fullmatch(p.parent.name)
        )
    return []


def _folder(home: Path, member: str) -> Path:
    if not MEMBER.fullmatch(member):
        raise InvalidInput(
            _("Not a short name: {member}", member=member),
            hint=_("A small letter, then small letters, digits, - or _; 32 at most"),
        )
    return home / "identities" / member


def _appear(folder: Path, files: dict[str, bytes]) -> None:
    """Make `folder` with all its `files` in one step."""
    private_folder(folder.parent)
    new = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.new")
    new.mkdir(mode=0o700)
    try:
        for name, content in files.items():
            write_new(new / name, content)
        sync_folder(new)
        new.rename(folder)
    except BaseException as error:
        import shutil

        shutil.rmtree(new, ignore_errors=True)
        if isinstance(error, OSError) and folder.exists():
            _taken(folder.name)
        raise
    sync_folder(folder.parent)


def _taken(member: str) -> NoReturn:
    raise Conflict(
        _("There are keys of {member} on this machine already", member=member),
        hint=_("Nothing was changed; `crmctl key show` shows them"),
    ) from None


def _protected(secret: str, public: str, passphrase: str | None) -> tuple[str, bytes]:
    """The identity file's name and content, as the age program reads it with `-i`."""
    content = f"# public key: {public}\n{secret}\n".encode("ascii")
    if passphrase is None:
        return PLAIN, content
    from crmctl.ledger.keys.seal import seal_passphrase

    return LOCKED, seal_passphrase(content, passphrase)


def _public_file(public: PublicKeys) -> bytes:
    from crmctl.ledger.disk import yamlio

    return yamlio.dump({"schema": SCHEMA, "member": public.member, "opens": public.opens, "signs": public.signs})


def _plain(home: Path, member: str) -> str | None:
    path = _folder(home, member) / PLAIN
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadConfiguration(
            _("Other users of this machine can read your secret files"), where=str(path), hint=f"chmod 600 {path}"
        )
    return _secret_in(content, f"identities/{member}/{PLAIN}")


def _from_agent(home: Path, public: PublicKeys) -> str | None:
    from crmctl.ledger.keys import agent, os_keyring, seal

    # an agent left over from keys since replaced holds another secret: as good as none
    for held in (agent.ask, os_keyring.held):
        secret = held(home, public.member)
        with contextlib.suppress(InvalidInput):
            if secret and seal.public_of(secret) == public.opens:
                return secret
    return None


def _asked(home: Path, member: str, ask: Callable[[], str] | None) -> str:
    from crmctl.ledger.keys.seal import open_passphrase

    where = f"identities/{member}/{LOCKED}"
    try:
        locked = (_folder(home, member) / LOCKED).read_bytes()
    except FileNotFoundError:
        raise NoKey(
            _("The secret key of {member} is missing", member=member),
            where=where,
            hint=_("Restore it from your backup"),
        ) from None
    if ask is None:
        raise NoKey(_("Locked: the passphrase of {member} is needed", member=member), where=where, hint="crmctl unlock")
    return _secret_in(open_passphrase(locked, ask(), where), where)


def _secret_in(content: bytes, where: str) -> str:
    match = _SECRET.search(content.decode("ascii", "replace").replace("\r\n", "\n"))
    if match is None:
        raise TrustBroken(_("No age secret key in the file"), where=where, hint=_("Restore it from your backup"))
    return match[0]


def _identity(home: Path, public: PublicKeys, secret: str) -> Identity:
    from crmctl.ledger.keys import seal

    folder = _folder(home, public.member)
    if seal.public_of(secret) != public.opens:
        raise TrustBroken(
            _("The secret key is not the one in public.yaml"),
            where=f"identities/{public.member}",
            hint=_("Restore it from your backup"),
        )
    try:
        signing = (folder / SIGNING).read_bytes()
    except FileNotFoundError:
        raise NoKey(
            _("The signing key of {member} is missing", member=public.member),
            where=f"identities/{public.member}/{SIGNING}",
            hint=_("Restore it from your backup"),
        ) from None
    return Identity(public.member, public.opens, public.signs, secret, signing)
