"""One record sealed to its compartment, read back before it is used."""

from __future__ import annotations

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import parse_record
from crmctl.model.dossier import Dossier
from crmctl.model.record import Record


def seal_record(record: Record, path: str, dossier: Dossier) -> bytes:
    """A record sealed to its compartment. Raises InvalidInput for one that would not load again.

    Such a record would be lost for ever, so that what is sealed is read back before.
    """
    plain = dump(record.encode())
    if parse_record(plain, path) != record:
        raise InvalidInput(_("The record does not read back as it was written"), where=record.id)
    return seal(plain, dossier.compartments[record.compartment].key)
