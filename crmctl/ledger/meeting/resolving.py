"""Settle what two people changed differently: a person decides field by field, nothing lies on disk between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crmctl.errors import Conflict
from crmctl.i18n import _
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.model.findings import Finding

_ROUNDS = 100
# Says what stays of a field both changed (SYN002): `ours` or `theirs`.
Choose = Callable[[Finding], str]
# Told all fields that clash before anything is asked about one of them.
Look = Callable[[Sequence[Finding]], None]


@dataclass(frozen=True, slots=True)
class Settled:
    """One field that was settled: of which record or dossier, both texts, whose the other was and when, what stays."""

    where: str
    field: str
    ours: str
    theirs: str
    member: str
    day: str
    stays: str


def resolve(
    ledger: Ledger, choose: Choose, *, look: Look | None = None, gate: Gate | None = None,
    progress: Progress | None = None,
) -> tuple[Settled, ...]:  # fmt: skip
    """Sync, and ask `choose` about each field both sides changed, until everything fits. Nothing to settle: empty.

    What `choose` or `look` raises ends it; then nothing of that record was written. Raises Conflict where it is not
    single fields that clash (one side took the record away, or it does not open), GitFailed, TrustBroken.
    """
    settled: dict[str, dict[str, str]] = {}
    done: list[Settled] = []
    for _round in range(_ROUNDS):
        try:
            sync(ledger, progress, gate=gate)
        except Conflict as conflict:
            fields = [finding for finding in conflict.findings if finding.code == "SYN002"]
            if not fields or all(finding.field in settled.get(finding.where, {}) for finding in fields):
                raise
            if look is not None:
                look(fields)
            for finding in fields:
                stays = choose(finding)
                settled.setdefault(finding.where, {})[finding.field] = stays
                ours, theirs, member, day = (str(finding.args.get(name, "")) for name in _SAID)
                done.append(Settled(finding.where, finding.field, ours, theirs, member, day, stays))
            ledger = ledger.reopened()
            ledger.settled = settled
            continue
        return tuple(done)
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run it again in a minute"))


_SAID = ("ours", "theirs", "member", "day")
