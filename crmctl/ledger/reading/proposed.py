"""A change in the making as those see it who hold it against the policy before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding
from crmctl.model.record import Record


@dataclass(frozen=True, slots=True)
class Origin:
    """On whose behalf a record is entered, why, and when.

    `known_since` is the day the change became known; `confirmed` says that the record was found unchanged.
    """

    for_member: str | None = None
    reason: str | None = None
    at: datetime | None = None
    known_since: date | None = None
    confirmed: bool = False

    @property
    def known_iso(self) -> str | None:
        """`known_since` as a record has it."""
        return self.known_since.isoformat() if self.known_since else None


HERE_AND_NOW = Origin()
# A customer's grade: dossier, department, axis.
GradeOf = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the draft holds it: where it lies, what it says, its clear row id for monthly kinds."""

    path: str
    record: Record
    row: str | None = None

    @property
    def id(self) -> str:
        """The id a person uses for it."""
        return self.row or self.record.id


class Proposed(Protocol):
    """What a guard may ask of a draft, records and dossiers as it has them so far; warnings go to `findings`."""

    ledger: Ledger
    findings: list[Finding]
    proves: bool
    intended: Mapping[GradeOf, str | None]

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier as the draft has it. Raises NotFound."""

    def record(self, path: str) -> Record:
        """The record at a path as the draft has it. Raises NotFound, NoKey, TrustBroken."""

    def written(self) -> Sequence[Kept]:
        """The records the draft makes or changes."""
