"""What lies on a reviewer's desk: submissions with every change opened, and landed changes to take note of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crmctl.ledger.ledger import Ledger
from crmctl.review.inbox import Bundle, Handed, received
from crmctl.review.looking import Looked, look
from crmctl.review.noticing import Notice, notices


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on a reviewer's desk: submissions, each change opened, and landed changes to take note of.

    `strays` are branches among the submissions that are none, or of which something has not arrived.
    """

    ledger: Ledger
    bundles: tuple[Bundle, ...]
    looked: Mapping[str, Looked]
    notices: tuple[Notice, ...]
    strays: tuple[str, ...] = ()

    @property
    def mine(self) -> list[Handed]:
        """The changes that wait for the reader."""
        return [change for bundle in self.bundles if bundle.asks_me for change in bundle.changes if change.asks_me]

    @property
    def clean(self) -> list[Handed]:
        """Those of them without findings."""
        return [change for change in self.mine if self.looked[change.name].clean]


def desk_of(ledger: Ledger) -> Desk:
    """Everything under review, opened."""
    bundles, strays = received(ledger)
    return Desk(ledger, bundles, look(ledger, bundles), notices(ledger), strays)
