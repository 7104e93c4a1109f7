"""A member's outbox: wraps of compartments whose first change waits for review, kept off the keyring until it lands.

One commit without a parent, with the files of a keyring; the branch goes when nothing is left in it (ADR 0023).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import Keyring
from crmctl.model.wraps import write_wraps

if TYPE_CHECKING:
    from crmctl.ledger.git.transaction import Change, RefMove

Line = tuple[str, int]  # compartment, generation
_OURS, _THEIRS = "refs/heads/outbox", "refs/remotes/origin/outbox"
_NOTHING: Mapping[str, Collection[Line]] = MappingProxyType({})


def outbox_ref(member: str) -> str:
    """The branch of a member's outbox."""
    return f"{_OURS}/{member}"


def servers_outbox(member: str) -> str:
    """That branch as last fetched from the server."""
    return f"{_THEIRS}/{member}"


def outboxes(repo: Repository, epoch: int) -> tuple[Keyring, ...]:
    """Every outbox this copy has, the own ones first."""
    listed = repo.run("for-each-ref", "--format=%(objectname)", _OURS, _THEIRS).decode().split()
    return tuple(Keyring(repo, epoch, tip) for tip in dict.fromkeys(listed))


def lines_of(outbox: Keyring) -> dict[str, dict[Line, bytes]]:
    """Everything in an outbox: wrap file → line → the sealed secret."""
    if outbox.tip is None:
        return {}
    found: dict[str, dict[Line, bytes]] = {}
    for path, _oid in outbox.repo.walk(outbox.tip):
        folder, _slash, reader = path.rpartition("/")
        found[path] = dict(outbox.wraps(folder, reader))
    return found


def outbox_change(
    outbox: Keyring, member: str, added: Mapping[str, Mapping[Line, bytes]],
    dropped: Mapping[str, Collection[Line]] = _NOTHING,
) -> tuple[list[Change], list[RefMove]]:  # fmt: skip
    """What puts these lines into a member's outbox and takes the `dropped` ones out; empty when nothing changes."""
    from crmctl.ledger.git.transaction import Change, RefMove

    before = lines_of(outbox)
    after = {
        file: {key: sealed for key, sealed in held.items() if key not in dropped.get(file, ())}
        for file, held in before.items()
    }
    for file, lines in added.items():
        after.setdefault(file, {}).update(lines)
    after = {file: held for file, held in after.items() if held}
    if after == before:
        return [], []
    ref = outbox_ref(member)
    if not after:
        return [], [RefMove(ref, None, outbox.tip)]
    edits = {file: write_wraps(held) for file, held in after.items()}
    message = f"wrap {len(edits)} files\n\nCrmctl-Action: outbox\n"
    return [Change(ref, None, edits, message, parents=[], expected=outbox.tip)], []
