"""Where a record lies, found by the beginning of its id without walking the whole ledger."""

from __future__ import annotations

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.clear import place_segment
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.store import one_part
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of


def places(ledger: Ledger, kind: Kind, beginning: str) -> list[tuple[str, str]]:
    """(record id, path) of the kind's records whose id begins so, readable or not.

    An entry of a monthly kind has its id only inside: of those the ones the member can open.
    """
    segment = kind_segment(ledger.in_force, kind) if kind.monthly else place_segment(kind)
    part = one_part(ledger, segment)
    found = part.connection.execute(
        f'SELECT id, path FROM "{segment.table}" WHERE id >= ? AND id < ? ORDER BY id', (beginning, beginning + "~")
    )
    return [(record_id, path) for record_id, path in found if place_of(path)]
