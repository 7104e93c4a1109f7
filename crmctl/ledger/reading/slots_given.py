"""Slots as history holds them: the trailers they are made of, and the bundle a slot was given on (ADR 0023)."""

from __future__ import annotations

from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.repository import Repository

SUBMIT, BUNDLE, SLOT = "submit", "Crmctl-Bundle", "Crmctl-Slot"
PAPER, SCAN = "Crmctl-Paper", "Crmctl-Scan"


def bundle_below(repo: Repository, top: str) -> CommitInfo | None:
    """The bundle a slot (or the bundle itself) stands on; None where there is none."""
    info = repo.commit(top)
    while len(info.parents) == 1 and any(key == SLOT for key, _value in info.trailers):
        info = repo.commit(info.parents[0])
    is_bundle = len(info.parents) > 1 and ("Crmctl-Action", SUBMIT) in info.trailers
    return info if is_bundle else None
