"""Where records lie: whether an id is there, and which ids begin so, without walking the whole ledger."""

from __future__ import annotations

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.clear import place_segment
from crmctl.ledger.snapshot.difference import Present
from crmctl.ledger.snapshot.part import Part
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.store import connection_in_memory, part_of
from crmctl.model.kinds import Kind


class Places:
    """The records at the ledger's commit, readable or not.

    An entry of a monthly kind has its id only inside: of those the ones that the member can open.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._present = Present(ledger)
        self._parts: dict[str, Part] = {}

    def has(self, kind: Kind, record_id: str) -> bool:
        """Whether there is a record of the kind with that id."""
        return any(found == record_id for found, _path in self.beginning(kind, record_id))

    def beginning(self, kind: Kind, text: str) -> list[tuple[str, str]]:
        """(record id, path) of the kind's records whose id begins with `text`."""
        part = self._part(kind)
        sql = f'SELECT id, path FROM "{part.segment.table}" WHERE id >= ? AND id < ? ORDER BY id'
        return list(part.connection.execute(sql, (text, text + "~")))

    def _part(self, kind: Kind) -> Part:
        if kind.name not in self._parts:
            segment = kind_segment(self._ledger.in_force, kind) if kind.monthly else place_segment(kind)
            self._parts[kind.name] = part_of(connection_in_memory(), "main", segment, self._present)
        return self._parts[kind.name]
