"""How far this copy has verified: `.git/crmctl/verified`, one JSON file beside the set of blobs seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.repository import Repository, is_object_id
from crmctl.trust.seen import SeenBlobs

_SCHEMA = "crmctl/verified/1"
_FILE = "verified"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Pin:
    """What was proved: `founding` is the first commit ever, `clock` the latest moment main had reached at `tip`."""

    founding: str = ""
    tip: str = ""
    keyring: str | None = None
    clock: datetime = _EPOCH
    seen: SeenBlobs = field(default_factory=SeenBlobs)


def read_pin(repo: Repository) -> Pin | None:
    """The pin of this copy; None before the first verification, or where the file cannot be used."""
    folder = repo.common_dir / "crmctl"
    try:
        raw = json.loads((folder / _FILE).read_bytes())
        keyring = raw["keyring"]
        recent = [str(oid) for oid in raw["recent"]]
        if raw["schema"] != _SCHEMA or not all(map(is_object_id, [raw["founding"], raw["tip"], *recent])):
            return None
        seen = SeenBlobs.load(folder, str(raw["seen"]), recent)
        clock = datetime.fromisoformat(raw["clock"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if seen is None else Pin(raw["founding"], raw["tip"], keyring, clock, seen)


def write_pin(repo: Repository, pin: Pin) -> None:
    """Keep the pin; a crash leaves the old one or the new one."""
    folder = repo.common_dir / "crmctl"
    folder.mkdir(parents=True, exist_ok=True)
    name, recent = pin.seen.save(folder)
    content: Mapping[str, object] = {
        "schema": _SCHEMA, "founding": pin.founding, "tip": pin.tip, "keyring": pin.keyring,
        "clock": pin.clock.isoformat(), "seen": name, "recent": recent,
    }  # fmt: skip
    write_atomic(folder / _FILE, json.dumps(content).encode("ascii"))
    pin.seen.tidy(folder)
