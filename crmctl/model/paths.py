"""Where a record lies, and what a path says about the record in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmctl.model.dossier import folder_of
from crmctl.model.kinds import Kind

SUFFIX = ".yaml.age"
_PATH = re.compile(
    r"(?:customers/[0-9a-z]{2}/(?P<customer>C-[0-9A-Z]+)|offices/(?P<office>[a-z][a-z0-9_-]*))"
    r"/(?P<inside>.+)/(?P<file>[^/]+)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a sealed file's path says: dossier, compartment, the kind's folder, file name.

    `folder` is empty for a kind stored once in its compartment (the card).
    """

    dossier: str
    compartment: str
    folder: str
    file: str

    @property
    def record_id(self) -> str:
        """The record id, or the month of a monthly file, or the kind's name of a single one."""
        return self.file.removesuffix(SUFFIX)

    @property
    def is_record(self) -> bool:
        """Whether it is a record (else an attachment)."""
        return self.file.endswith(SUFFIX)


def place_of(path: str) -> Place | None:
    """Read a sealed file's path; None when it is none."""
    match = _PATH.fullmatch(path)
    if not match or not path.endswith(".age"):
        return None
    dossier = match["customer"] or f"office/{match['office']}"
    parts = match["inside"].split("/")
    size = 2 if match["customer"] and parts[0] != "core" else 1
    if len(parts) not in {size, size + 1}:
        return None
    return Place(dossier, "/".join(parts[:size]), "".join(parts[size:]), match["file"])


def record_path(kind: Kind, dossier: str, compartment: str, record_id: str) -> str:
    """The path of a record; `record_id` is a month for kinds stored by the month."""
    folder = f"{folder_of(dossier)}/{compartment}"
    if kind.single:
        return f"{folder}/{kind.name}{SUFFIX}"
    return f"{folder}/{kind.folder}/{record_id}{SUFFIX}"


def attachment_path(record: str, sha256: str) -> str:
    """The path of an attachment beside the record at path `record`."""
    return f"{record.removesuffix(SUFFIX)}.{sha256[:12]}.age"


def compartment_of(kind: Kind, department: str | None, member: str | None = None) -> str:
    """The full compartment name of a kind's record: `core`, `east/sales`, `plans.alice`."""
    if kind.scope == "core":
        return "core"
    if kind.scope == "office":
        return f"{kind.compartment}.{member}" if kind.per_member else kind.compartment
    return f"{department}/{kind.compartment}"
