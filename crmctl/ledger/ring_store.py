"""The secrets a member has unwrapped, kept sealed to that member between runs: unwrapping 50,000 takes seconds.

Keyed by the blob of the wrap file they were found in: when a wrap is replaced or vanishes, what it
held is forgotten at the next look.
"""

from __future__ import annotations

import json

from crmctl.errors import CrmctlError
from crmctl.ledger.keys.keyring import Unwrapped
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.notes import Notes

_NOTE = "ring"


def load(ledger: Ledger) -> Unwrapped:
    """What earlier runs unwrapped and the keyring still holds; the rest is taken off the disk first."""
    content = _notes(ledger).read(_NOTE)
    if content is None:
        return {}
    stored = json.loads(bytes(content))
    known = {wrap: {_key(name): secret for name, secret in held.items()} for wrap, held in stored["held"].items()}
    now = _tree(ledger)
    if stored["keyring"] == now:
        return known
    vanished = _vanished(ledger, stored["keyring"], now)
    left = {} if vanished is None else {wrap: held for wrap, held in known.items() if wrap not in vanished}
    if len(left) != len(known) and not _write(ledger, left, now):
        _notes(ledger).drop(_NOTE)
    return left


def save(ledger: Ledger, held: Unwrapped) -> bool:
    """Keep what was unwrapped; whether it was done."""
    return _write(ledger, held, _tree(ledger))


def _write(ledger: Ledger, held: Unwrapped, keyring: str) -> bool:
    plain = {wrap: {f"{name} {number}": s for (name, number), s in secrets.items()} for wrap, secrets in held.items()}
    return _notes(ledger).write(_NOTE, json.dumps({"keyring": keyring, "held": plain}).encode())


def _vanished(ledger: Ledger, before: str, now: str) -> set[str] | None:
    try:
        changes = ledger.repo.changed(before or None, now or None)
    except CrmctlError:  # that state of the keyring was cleared away: what it held may be gone too
        return None
    return {change.old_oid for change in changes if change.old_oid}


def _tree(ledger: Ledger) -> str:
    tip = ledger.keyring.tip
    return (ledger.repo.root(tip) or "") if tip else ""


def _key(text: str) -> tuple[str, int]:
    name, _blank, number = text.rpartition(" ")
    return name, int(number)


def _notes(ledger: Ledger) -> Notes:
    return Notes(ledger.repo, ledger.identity, keep=ledger.at is None)
