"""Pending rewraps: what the policy gives a reader today and a holder has not wrapped yet (DESIGN 3).

Whoever holds a key wraps it, at the next sync after the org, the policy or an assignment changed.
"""

from __future__ import annotations

from crmctl.errors import NoKey, TrustBroken
from crmctl.ledger.draft import author_of
from crmctl.ledger.files import write_atomic
from crmctl.ledger.groups import unwrapped_members
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import all_dossiers
from crmctl.ledger.transaction import write
from crmctl.ledger.wrapping import Wrapping, keyring_change


def rewrap(ledger: Ledger) -> int:
    """Make every pending wrap this member can make. Returns how many wrap files were written.

    Nothing is looked at while org, policy and keyring are those of the last run.
    """
    mark = _mark(ledger)
    note = ledger.repo.git_dir / "crmctl" / "rewrapped"
    if note.is_file() and note.read_text("ascii") == mark:
        return 0
    org = ledger.in_force.org
    lines = unwrapped_members(ledger.keyring, org, ledger.ring.group_secrets, ledger.today)
    wrapping = Wrapping(ledger)
    for dossier in all_dossiers(ledger):
        for compartment in dossier.compartments:
            try:
                wrapping.extend_readers(dossier.id, [compartment])
            except (NoKey, TrustBroken):
                continue  # another holder's to make; what is tampered with is for `check` to tell
    for file, added in wrapping.lines.items():
        lines.setdefault(file, {}).update(added)
    changes = keyring_change(ledger, lines)
    if changes:
        write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)
    write_atomic(note, mark.encode("ascii"))
    return len(lines)


def _mark(ledger: Ledger) -> str:
    root = ledger.repo.tree(ledger.head)
    parts = [root[name].oid if name in root else "-" for name in ("org", "policy", "customers", "offices")]
    return " ".join([*parts, ledger.today.isoformat()])
