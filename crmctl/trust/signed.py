"""Whether a commit was made by one active member, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from crmctl.ledger.git.repository import CommitInfo
from crmctl.ledger.in_force import InForce
from crmctl.ledger.keys.sshsig import verify
from crmctl.model.findings import Finding
from crmctl.model.org import Member
from crmctl.trust.view import View
from crmctl.trust.words import found

# clocks of people's machines differ; a day more and a leaver's `until` could be jumped over
AHEAD = timedelta(hours=26)
_ENVELOPE = 64 * 1024


def signer(info: CommitInfo, in_force: InForce) -> Member | None:
    """The member a commit says it is by."""
    return in_force.org.members.get(info.author.name)


def key_of(info: CommitInfo, view: View) -> str | None:
    """The key of a commit's signer in a view."""
    member = signer(info, view.in_force)
    return member.signs if member else None


def signed_well(
    info: CommitInfo, view: View, now: datetime, path: str = "", other_key: Callable[[], str | None] = lambda: None
) -> Iterator[Finding]:
    """What is wrong with a commit's signature, names and signer, by the org it enters.

    `other_key` gives another key of the same member that counts as well: one he had, or is given by what lands.
    """
    in_force = view.in_force
    author = info.author
    mail = f"{author.name}@{in_force.settings.id}.crmctl.invalid"
    if author != info.committer or author.mail != mail:
        yield found(
            "TRU011", info.oid, path, author=f"{author.name} <{author.mail}>",
            committer=f"{info.committer.name} <{info.committer.mail}>",
        )  # fmt: skip
    member = signer(info, in_force)
    if info.signature is None:
        yield found("TRU010", info.oid, path)
    elif member is None or member.signs is None:
        yield found("TRU012", info.oid, path, member=author.name)
    elif not any(key and verify(info.payload, info.signature, key) for key in _keys(member, other_key)):
        yield found("TRU013", info.oid, path, member=author.name)
    if member is not None and not member.active(view.day(info)):
        yield found("TRU014", info.oid, path, member=author.name, day=view.day(info).isoformat())
    if max(info.at, info.committed_at) > now + AHEAD:
        yield found("TRU015", info.oid, path, at=info.committed_at.isoformat())
    if len(info.payload) > _ENVELOPE:
        yield found("TRU016", info.oid, path, why="size")


def _keys(member: Member, other_key: Callable[[], str | None]) -> Iterator[str | None]:
    yield member.signs
    yield other_key()
