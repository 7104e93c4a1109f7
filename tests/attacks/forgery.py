"""What an attacker can make: commits of any shape, signed with any key, by any name, at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, Signer, Who, write
from crmctl.ledger.keys.identity import load
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.sshsig import new_signing_key, sign
from crmctl.ledger.ledger import MAIN
from crmctl.trust.pin import Pin
from crmctl.trust.verify import Judge, Verified
from tests.company import NOW, Company

KEYRING = keyring_ref(1)
AT = datetime.fromisoformat(NOW)


@dataclass
class Forger:
    """Works in one clone, with whatever keys are at hand."""

    company: Company
    clone: str = "alice"
    repo: Repository = field(init=False)

    def __post_init__(self) -> None:
        self.repo = Repository(self.company.clone(self.clone))

    @property
    def main(self) -> str:
        """Main's tip in the clone."""
        return self.repo.resolve(MAIN) or ""

    @property
    def keyring(self) -> str:
        """The keyring's tip in the clone."""
        return self.repo.resolve(KEYRING) or ""

    def who(self, member: str) -> Who:
        """The author line crmctl writes for a member."""
        return Who(member, f"{member}@{self.company.ledger(self.clone).in_force.settings.id}.crmctl.invalid")

    def forge(
        self, member: str, edits: Mapping[str, Edit], *, parents: Sequence[str] | None = None, key: str | bytes | None = "own",
        who: Who | None = None, at: datetime = AT, base: str | None = None, message: str = "update x\n",
    ) -> str:  # fmt: skip
        """A commit of these edits on `base` (the first parent, main's tip), signed by `member`'s key or another."""
        chosen = [self.main] if parents is None else list(parents)
        change = Change(None, base or chosen[0], edits, message, parents=chosen)
        signer = self._signer(member if key == "own" else key)
        if signer is None:
            return self._unsigned(write(self.repo, [change], self.signing(member), who or self.who(member), at)[0])
        return write(self.repo, [change], signer, who or self.who(member), at)[0]

    def set(self, commit: str, ref: str = MAIN) -> None:
        """Move a branch, whatever stood there."""
        self.repo.run("update-ref", ref, commit)

    def put(self, member: str, edits: Mapping[str, Edit], **more: object) -> str:
        """Forge on main's tip and move main there."""
        commit = self.forge(member, edits, **more)  # type: ignore[arg-type]
        self.set(commit)
        return commit

    def sealed(self, path: str, commit: str | None = None) -> str:
        """The blob at a path."""
        entry = self.repo.entry(commit or self.main, path)
        assert entry is not None
        return entry.oid

    def paths(self, ending: str) -> list[str]:
        """Paths of main with that ending."""
        return [path for path, _oid in self.repo.walk(self.main) if path.endswith(ending)]

    def _signer(self, key: str | bytes | None) -> Signer | None:
        if key is None:
            return None
        if isinstance(key, bytes):
            return lambda payload: sign(payload, key)
        return self.signing(key)

    def signing(self, member: str) -> Signer:
        """A member's own key at work."""
        return load(self.company.home, member, None).sign

    def _unsigned(self, commit: str) -> str:
        payload = self.repo.commit(commit).payload
        return self.repo.run("hash-object", "-t", "commit", "-w", "--stdin", input=payload).decode().strip()


def stranger() -> bytes:
    """A signing key nobody knows."""
    return new_signing_key()[0]


def verified(
    where: Company | Path, clone: str = "alice", *, pin: Pin | None = None, now: datetime | None = None, arriving: bool = False,
    main: str | None = None, keyring: str | None = None,
) -> Verified:  # fmt: skip
    """Verify a clone (or a repository) in process."""
    path = where.clone(clone) if isinstance(where, Company) else where
    repo = Repository(path)
    judge = Judge(repo, (now or AT).astimezone(UTC), arriving=arriving)
    return judge.verify(pin, main or repo.resolve(MAIN) or "", keyring or repo.resolve(KEYRING))


def codes(*args: object, **more: object) -> set[str]:
    """The codes of what `verified` finds."""
    return {finding.code for finding in verified(*args, **more).findings}  # type: ignore[arg-type]


def resealed(forger: Forger, path: str) -> dict[str, Edit]:
    """A new version of a sealed file, as whoever knows the public key can make it."""
    from crmctl.ledger.keys.seal import seal
    from crmctl.model.paths import place_of

    place = place_of(path)
    assert place is not None
    ledger = forger.company.ledger(forger.clone)
    return {path: seal(b"some other content", ledger.dossier(place.dossier).compartments[place.compartment].key)}
