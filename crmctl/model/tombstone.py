"""What stays of a destroyed dossier: id, day, who destroyed it and why (a word of the policy), who could read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crmctl.model.ids import shard
from crmctl.model.values import Value

TOP = "tombstones"
SCHEMA, RECEIPT = "crmctl/tombstone/1", "crmctl/erased/1"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """`readers` are the members who could open some of it when it was destroyed; `request` asked for it."""

    id: str
    on: date
    by: str
    reason: str
    readers: tuple[str, ...]
    request: str | None = None

    @property
    def path(self) -> str:
        """Where it stands on main, for ever."""
        return tombstone_path(self.id)

    def encode(self) -> dict[str, Value]:
        """The mapping of its file."""
        return {
            "schema": SCHEMA, "id": self.id, "on": self.on.isoformat(), "by": self.by, "reason": self.reason,
            "readers": list(self.readers), **({"request": self.request} if self.request else {}),
        }  # fmt: skip


def read_tombstone(raw: Value) -> Tombstone:
    """Read a tombstone's file. Raises ValueError where it is none."""
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise ValueError(SCHEMA)
    readers = raw.get("readers")
    return Tombstone(
        str(raw.get("id")), date.fromisoformat(str(raw.get("on"))), str(raw.get("by")), str(raw.get("reason")),
        tuple(str(name) for name in readers) if isinstance(readers, list) else (),
        str(raw["request"]) if raw.get("request") else None,
    )  # fmt: skip


def tombstone_path(dossier_id: str) -> str:
    """The path of a dossier's tombstone."""
    return f"{TOP}/{shard(dossier_id)}/{dossier_id}/tombstone.yaml"


def receipt_path(dossier_id: str, member: str, device: str) -> str:
    """The path of a member's word that the dossier's keys are gone from one device."""
    return f"{TOP}/{shard(dossier_id)}/{dossier_id}/{member}.{device}.yaml"


def buried_in(path: str) -> str | None:
    """The dossier a tombstone's path speaks of; None for any other path."""
    parts = path.split("/")
    if len(parts) == 4 and parts[0] == TOP and parts[3] == "tombstone.yaml" and shard(parts[2]) == parts[1]:
        return parts[2]
    return None
