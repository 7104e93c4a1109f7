"""The keyring branch: compartment and group keys wrapped to their readers (DESIGN 3).

`Keyring` reads one commit of it; `Ring` unwraps what one member may open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from crmctl.errors import NoKey, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.git import Repository
from crmctl.ledger.identity import Identity
from crmctl.ledger.seal import Opener, public_of, seal
from crmctl.model.dossier import Dossier, wraps_folder
from crmctl.model.org import Org
from crmctl.model.wraps import GROUP, WrapError, Wraps, read_wraps


class Keyring:
    """The wraps at one commit of `keyring/<epoch>`."""

    def __init__(self, repo: Repository, epoch: int, tip: str | None) -> None:
        self.repo = repo
        self.ref = keyring_ref(epoch)
        self.tip = tip

    def wraps(self, folder: str, reader: str) -> Wraps:
        """The wraps of one reader in a folder (`dossiers/7q/C-…`, `groups/<group>`); empty when none."""
        content = self.repo.read(self.tip, f"{folder}/{reader}") if self.tip else None
        return self._parsed(content, f"{folder}/{reader}")

    def readers(self, folder: str) -> dict[str, Wraps]:
        """Every reader's wraps in a folder."""
        if not self.tip:
            return {}
        entries = {path.rsplit("/", 1)[1]: oid for path, oid in self.repo.walk(self.tip, folder)}
        contents = dict(self.repo.read_blobs(sorted(set(entries.values()))))
        return {reader: self._parsed(contents[oid], f"{folder}/{reader}") for reader, oid in entries.items()}

    @staticmethod
    def _parsed(content: bytes | None, where: str) -> Wraps:
        try:
            return read_wraps(content) if content else {}
        except WrapError as error:
            raise TrustBroken(
                _("Line {line} of a wrap file is damaged", line=error), where=where, hint="crmctl doctor"
            ) from error


def keyring_ref(epoch: int) -> str:
    """The branch of an epoch's keyring."""
    return f"refs/heads/keyring/{epoch}"


def wrap(secret: str, reader: str, org: Org) -> bytes:
    """`secret` sealed to a reader's public key. Raises NoKey when the reader has none."""
    recipient = org.recipient(reader)
    if recipient is None:
        raise NoKey(_("{reader} has no public key in the ledger", reader=reader), hint="crmctl member list")
    return seal(secret.encode(), recipient)


class Ring:
    """The secrets one member can unwrap, unwrapped once each and only when asked for.

    `groups` are the groups the member belongs to today; a wrap is adopted only when it opens to
    the public key that stands in the dossier on main.
    """

    def __init__(self, keyring: Keyring, identity: Identity, org: Org, groups: Iterable[str]) -> None:
        self._keyring = keyring
        self._identity = identity
        self._org = org
        self._groups = tuple(groups)
        self._secrets: dict[tuple[str, str, int], str] = {}
        self._openers: dict[str, Opener] = {}

    @property
    def readers(self) -> tuple[str, ...]:
        """The reader names under which this member opens: itself, then its groups."""
        return (self._identity.member, *self._groups)

    @cached_property
    def group_secrets(self) -> Mapping[str, list[str]]:
        """Each group's secrets this member holds, the newest generation first."""
        held: dict[str, list[str]] = {}
        opener = self._identity.opener()
        for group in self._groups:
            wraps = self._keyring.wraps(f"groups/{group}", self._identity.member)
            ordered = sorted(wraps.items(), reverse=True)
            held[group] = [opener.open(sealed, group).decode() for (name, _g), sealed in ordered if name == GROUP]
        return held

    def remember(self, known: Mapping[tuple[str, str, int], str]) -> None:
        """Take over secrets unwrapped by an earlier run."""
        self._secrets.update(known)

    @property
    def unwrapped(self) -> Mapping[tuple[str, str, int], str]:
        """The secrets unwrapped so far, by dossier, compartment and generation."""
        return self._secrets

    def secret(self, dossier: Dossier, compartment: str, generation: int | None = None) -> str:
        """The secret key of a compartment's generation (the present one by default).

        Raises NoKey when this member cannot open it, TrustBroken when a wrap opens to another key.
        """
        entry = dossier.compartments.get(compartment)
        if entry is None:
            raise NoKey(_("There is no such compartment"), where=f"{dossier.id} {compartment}")
        wanted = generation or entry.generation
        key = (dossier.id, compartment, wanted)
        if key not in self._secrets:
            self._secrets[key] = self._unwrap(dossier, compartment, wanted)
        secret = self._secrets[key]
        expected = entry.public(wanted)
        if expected is not None and public_of(secret) != expected:
            raise TrustBroken(
                _("A wrap opens to another key than the dossier names"), where=f"{dossier.id} {compartment}",
                hint="crmctl check",
            )  # fmt: skip
        return secret

    def opener(self, dossier: Dossier, compartment: str, generation: int | None = None) -> Opener:
        """An opener for a compartment's generation."""
        secret = self.secret(dossier, compartment, generation)
        if secret not in self._openers:
            self._openers[secret] = Opener(secret)
        return self._openers[secret]

    def can_open(self, dossier: Dossier, compartment: str) -> bool:
        """Whether this member can open the compartment's present generation."""
        try:
            self.secret(dossier, compartment)
        except NoKey:
            return False
        return True

    def _unwrap(self, dossier: Dossier, compartment: str, generation: int) -> str:
        folder = wraps_folder(dossier.id)
        for reader in self.readers:
            sealed = self._keyring.wraps(folder, reader).get((compartment, generation))
            if sealed is None:
                continue
            if reader == self._identity.member:
                return self._identity.opener().open(sealed, f"{folder}/{reader}").decode()
            for held in self.group_secrets.get(reader, []):
                try:
                    return self._opener_of(held).open(sealed, f"{folder}/{reader}").decode()
                except NoKey:
                    continue  # wrapped to another generation of the group's key
        raise NoKey(
            _("You cannot open this"), where=f"{dossier.id} {compartment}",
            hint=_("crmctl access WHO shows who can"),
        )  # fmt: skip

    def _opener_of(self, secret: str) -> Opener:
        if secret not in self._openers:
            self._openers[secret] = Opener(secret)
        return self._openers[secret]
