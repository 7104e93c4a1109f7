"""What was destroyed, and which devices told that its keys are gone there (R-UPD-07, R-UPD-08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import wraps_folder
from crmctl.model.tombstone import TOP, Tombstone, buried_in, read_tombstone


@dataclass(frozen=True, slots=True)
class Erased:
    """A tombstone and the devices that have told that the keys are gone there."""

    tombstone: Tombstone
    devices: tuple[str, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Who could read and has not told yet."""
        told = {device.partition(".")[0] for device in self.devices}
        return tuple(member for member in self.tombstone.readers if member not in told)


def tombstones(ledger: Ledger) -> list[Erased]:
    """Every tombstone, with the devices that told."""
    found: dict[str, Tombstone] = {}
    devices: dict[str, list[str]] = {}
    for path, oid in ledger.repo.walk(ledger.main, TOP):
        folder, _slash, name = path.rpartition("/")
        if buried_in(path):
            found[folder] = read_tombstone(load(ledger.repo.read_blob(oid), path))
        else:
            devices.setdefault(folder, []).append(name.removesuffix(".yaml"))
    return [Erased(stone, tuple(sorted(devices.get(folder, ())))) for folder, stone in found.items()]


def destroyed_folders(ledger: Ledger) -> Iterator[str]:
    """Where on the keyring the wraps of destroyed dossiers would lie."""
    for item in tombstones(ledger):
        yield wraps_folder(item.tombstone.id) + "/"
