"""The keyring branch: compartment and group keys wrapped to their readers (DESIGN 3).

`Keyring` reads one commit of it; `Ring` unwraps what one member may open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from crmctl.errors import InvalidInput, NoKey, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.identity import Identity
from crmctl.ledger.keys.seal import Opener, seal
from crmctl.model.dossier import Dossier, wraps_folder
from crmctl.model.org import Org
from crmctl.model.wraps import GROUP, WrapError, Wraps, read_wraps

# secrets by the blob id of the wrap file they were found in, compartment and generation
Unwrapped = dict[str, dict[tuple[str, int], str]]


class Keyring:
    """The wraps at one commit of `keyring/<epoch>`."""

    def __init__(self, repo: Repository, epoch: int, tip: str | None) -> None:
        self.repo = repo
        self.ref = keyring_ref(epoch)
        self.tip = tip
        self._last: tuple[str, Wraps] = ("", {})

    def blob(self, folder: str, reader: str) -> str | None:
        """The blob id of one reader's wrap file in a folder; None when there is none."""
        entry = self.repo.entry(self.tip, f"{folder}/{reader}") if self.tip else None
        return entry.oid if entry and entry.kind == "blob" else None

    def wraps(self, folder: str, reader: str) -> Wraps:
        """The wraps of one reader in a folder (`dossiers/7q/C-…`, `groups/<group>`); empty when none."""
        blob = self.blob(folder, reader)
        if blob is None:
            return {}
        if self._last[0] != blob:  # a reader's compartments are asked for one after the other
            self._last = (blob, self._parsed(self.repo.read_blob(blob), f"{folder}/{reader}"))
        return self._last[1]

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
    the public key that stands in the dossier on main. `further` gives the outboxes, looked into where the
    keyring has no wrap: the keys of what waits for review.
    """

    def __init__(
        self, keyring: Keyring, identity: Identity, org: Org, groups: Iterable[str],
        further: Callable[[], Sequence[Keyring]] = tuple,
    ) -> None:  # fmt: skip
        self._keyring = keyring
        self._further = further
        self._identity = identity
        self._org = org
        self._groups = tuple(groups)
        self._secrets: dict[tuple[str, str, str | None], str] = {}
        self._denied: set[tuple[str, str, str | None]] = set()
        self._openers: dict[str, Opener] = {}
        self._known: Unwrapped = {}
        self._fresh: Unwrapped = {}

    @property
    def readers(self) -> tuple[str, ...]:
        """The reader names under which this member opens: itself, then its groups."""
        return (self._identity.member, *self._groups)

    @cached_property
    def group_secrets(self) -> Mapping[str, list[str]]:
        """Each group's secrets this member holds, the newest generation first.

        One of the present generation that is not the group's key on main is left out: whoever can write
        to the keyring could otherwise have the next wraps made to a key of his own.
        """
        return {group: list(keys.values()) for group, keys in self.group_keys.items()}

    @cached_property
    def group_keys(self) -> Mapping[str, dict[int, str]]:
        """The same by generation, the newest first."""
        return {group: dict(self._group_keys(group)) for group in self._groups}

    def _group_keys(self, group: str) -> Iterator[tuple[int, str]]:
        present = self._org.groups[group]
        where = f"groups/{group}/{self._identity.member}"
        wraps = self._keyring.wraps(f"groups/{group}", self._identity.member)
        for (name, generation), sealed in sorted(wraps.items(), reverse=True):
            if name != GROUP or generation > present.generation:
                continue
            try:
                secret = self._own.open(sealed, where).decode("ascii", "replace")
                if self._opener_of(secret).public == present.key or generation < present.generation:
                    yield generation, secret
            except (NoKey, TrustBroken, InvalidInput):
                continue  # the compartments it should open do not: `check` tells

    def remember(self, known: Unwrapped) -> None:
        """Take over secrets unwrapped by an earlier run; what the keyring no longer holds is never looked at."""
        for wrap_file, held in known.items():
            self._known.setdefault(wrap_file, {}).update(held)

    def take_over(self, fresh: Unwrapped) -> None:
        """Take over secrets that another process unwrapped in this very run."""
        for wrap_file, held in fresh.items():
            self._fresh.setdefault(wrap_file, {}).update(held)
        self.remember(self._fresh)

    @property
    def unwrapped(self) -> Unwrapped:
        """The secrets unwrapped in this run, by wrap file."""
        return self._fresh

    def secret(self, dossier: Dossier, compartment: str, generation: int | None = None) -> str:
        """The secret key of a compartment's generation (the present one by default).

        Raises NoKey when this member cannot open it, TrustBroken when a wrap opens to another key.
        """
        entry = dossier.compartments.get(compartment)
        if entry is None:
            raise NoKey(_("There is no such compartment"), where=f"{dossier.id} {compartment}")
        wanted = generation or entry.generation
        key = (dossier.id, compartment, entry.public(wanted))
        if key not in self._secrets:
            self._secrets[key] = self._unwrap(dossier, compartment, wanted, entry.public(wanted))
        return self._secrets[key]

    def opener(self, dossier: Dossier, compartment: str, generation: int | None = None) -> Opener:
        """An opener for a compartment's generation."""
        return self._opener_of(self.secret(dossier, compartment, generation))

    def can_open(self, dossier: Dossier, compartment: str) -> bool:
        """Whether this member can open the compartment's present generation."""
        try:
            self.secret(dossier, compartment)
        except NoKey:
            return False
        return True

    def _unwrap(self, dossier: Dossier, compartment: str, generation: int, public: str | None) -> str:
        key, where = (dossier.id, compartment, public), f"{dossier.id} {compartment}"
        others = False
        for secret in () if key in self._denied else self._found(wraps_folder(dossier.id), compartment, generation):
            if self._public(secret) == public:
                return secret
            others = True  # two who made the same part at once: what waits is still sealed to the other's key
        if others:
            raise TrustBroken(
                _("A wrap opens to another key than the dossier names"), where=where, hint="crmctl check"
            )  # fmt: skip
        self._denied.add(key)
        hint = _("crmctl access WHO shows who can; crmctl request access_request WHO asks for it")
        raise NoKey(_("You cannot open this"), where=where, hint=hint)

    @cached_property
    def _outboxes(self) -> Sequence[Keyring]:
        return self._further()

    def _found(self, folder: str, compartment: str, generation: int) -> Iterator[str]:
        """What the wraps open to, the keyring's before those that wait."""
        found = self._found_in(self._keyring, folder, compartment, generation)
        if found is not None:
            yield found
        for outbox in self._outboxes:
            found = self._found_in(outbox, folder, compartment, generation)
            if found is not None:
                yield found

    def _found_in(self, keyring: Keyring, folder: str, compartment: str, generation: int) -> str | None:
        for reader in self.readers:
            wrap_file = keyring.blob(folder, reader)
            if wrap_file is None:
                continue
            known = self._known.get(wrap_file, {}).get((compartment, generation))
            if known is not None:
                return known
            sealed = keyring.wraps(folder, reader).get((compartment, generation))
            secret = self._opened(sealed, reader, f"{folder}/{reader}") if sealed else None
            if secret is not None:
                self._fresh.setdefault(wrap_file, {})[compartment, generation] = secret
                return secret
        return None

    def _opened(self, sealed: bytes, reader: str, where: str) -> str | None:
        if reader == self._identity.member:
            openers = [self._own]
        else:
            openers = [self._opener_of(held) for held in self.group_secrets.get(reader, [])]
        for opener in openers:
            try:
                return opener.open(sealed, where).decode("ascii", "replace")
            except NoKey:
                continue  # wrapped to another generation of the reader's key
        return None

    @cached_property
    def _own(self) -> Opener:
        return self._identity.opener()

    def _public(self, secret: str) -> str:
        try:
            return self._opener_of(secret).public
        except InvalidInput:
            return ""  # a wrap that holds no key at all

    def _opener_of(self, secret: str) -> Opener:
        if secret not in self._openers:
            self._openers[secret] = Opener(secret)
        return self._openers[secret]
