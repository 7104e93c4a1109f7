"""Where a record lies, and what a path says about the record in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crmctl.model.dossier import folder_of, is_office
from crmctl.model.ids import shard

if TYPE_CHECKING:
    from crmctl.model.kinds import Kind

SUFFIX = ".yaml.age"
_PART = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_PATH = re.compile(
    r"(?:customers/(?P<shard>[0-9a-z]{2})/(?P<customer>C-[0-9A-Z]+)|offices/(?P<office>[a-z][a-z0-9_-]*))"
    r"/(?P<inside>[^\n]+)/(?P<file>[0-9A-Za-z][0-9A-Za-z._-]*\.age)"
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
    """Read a sealed file's path; None when it is none, or lies in another shard than its dossier's."""
    match = _PATH.fullmatch(path)
    if not match or (match["customer"] and shard(match["customer"]) != match["shard"]):
        return None
    dossier = match["customer"] or f"office/{match['office']}"
    parts = match["inside"].split("/")
    size = 2 if match["customer"] and parts[0] != "core" else 1
    if len(parts) not in {size, size + 1}:
        return None
    return Place(dossier, "/".join(parts[:size]), "".join(parts[size:]), match["file"])


def lies_there(kind: Kind, place: Place) -> bool:
    """Whether a file at that place belongs to the kind: a record of it, or an attachment beside one."""
    if kind.single:
        return not place.folder and place.file.split(".")[0] == kind.name
    if place.folder != kind.folder:
        return False
    if is_office(place.dossier):
        return kind.scope == "office" and place.compartment.partition(".")[0] == kind.compartment
    department, _, short = place.compartment.partition("/")
    return short == kind.compartment if short else kind.scope == "core" and department == kind.scope


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
        return f"{kind.compartment}.{member}" if kind.per_member and member else kind.compartment
    return f"{department}/{kind.compartment}"


def addressed_to(kind: Kind, values: Mapping[str, object], member: str) -> str:
    """Whose part of an office a record goes into: what its `addressee` field names, else the member's own.

    A field of text (a territory) names nobody's part while it is empty.
    """
    named = str(values.get(kind.addressee) or "") if kind.addressee else ""
    return named or member if kind.personal else part_name(named)


def placed_as_said(kind: Kind, values: Mapping[str, object], place: Place) -> bool:
    """Whether a record of a kind placed by a field lies in the part that field names.

    In no part lies what was entered before its kind was placed by that field.
    """
    part = place.compartment.partition(".")[2]
    named = str(values.get(kind.addressee) or "") if kind.addressee else ""
    if not kind.addressee or kind.monthly or not part or (not named and kind.personal):
        return True
    return part == (named if kind.personal else part_name(named))


def part_name(text: str) -> str:
    """How a part of an office is called on disk: a short name as it is, any other by its hash; empty for nothing."""
    if not text or _PART.fullmatch(text):
        return text
    return f"t-{sha256(text.encode()).hexdigest()[:10]}"


def dossier_of(path: str) -> str | None:
    """The dossier whose folder holds a path of main, or whose wraps a path of the keyring."""
    parts = path.split("/")
    if parts[0] in {"customers", "dossiers"} and len(parts) > 3:
        return parts[2]
    return f"office/{parts[1]}" if parts[0] == "offices" and len(parts) > 2 else None
