"""The segments of the policy in force, and those a customer belongs to (R-GRD-14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind
from crmctl.policy.filing import CARD
from crmctl.policy.pack_files import packs_in_force
from crmctl.policy.segments import Segment, read_segments


def segments_of(ledger: Ledger) -> tuple[Segment, ...]:
    """The segments the policy in force names. Raises BadConfiguration with every fault."""
    segments, findings = read_segments(packs_in_force(ledger.in_force.raw))
    if findings:
        raise BadConfiguration(_("The policy's segments do not load"), findings=findings, hint="crmctl policy check")
    return segments


def segments_with(ledger: Ledger, card: Mapping[str, object]) -> Iterator[Segment]:
    """The segments a customer with this card belongs to."""
    regions = regions_of(ledger.in_force.kinds[CARD])
    yield from (segment for segment in segments_of(ledger) if segment.has(card, regions))


def regions_of(card: Kind) -> frozenset[str]:
    """The fields of a card that hold a region."""
    return frozenset(name for name, field in card.walk() if field.type == "region")
