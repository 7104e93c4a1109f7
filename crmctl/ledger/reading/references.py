"""Whether what a record refers to is there: its path, whether it opens or not (R-REC-14)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import clear_path
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind
from crmctl.model.tombstone import tombstone_path

if TYPE_CHECKING:
    from crmctl.ledger.snapshot.places import Places


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference in a record: the dotted field, the kind it must be of (empty: any), and the id."""

    field: str
    to: str
    id: str


def references_in(kind: Kind, data: Mapping[str, object]) -> Iterator[Reference]:
    """Every reference a record's fields hold, inner ones too."""
    yield from _references(kind.fields, data, "")


def _references(fields: Collection[Field], data: Mapping[str, object], prefix: str) -> Iterator[Reference]:
    for field in fields:
        value = data.get(field.name)
        if value is None:
            continue
        path = prefix + field.name
        items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for number, item in items:
            step = path if number is None else f"{path}.{number}"
            if field.type == "ref" and isinstance(item, str):
                yield Reference(step, str(field.options.get("to") or ""), item)
            elif field.fields and isinstance(item, Mapping):
                yield from _references(field.fields, item, f"{step}.")


class Present:
    """What there is to refer to: at the ledger's commit, found out only when asked, and `further` ids."""

    def __init__(self, ledger: Ledger, further: Collection[str] = ()) -> None:
        self._ledger = ledger
        self._further = further

    @cached_property
    def _places(self) -> Places:
        from crmctl.ledger.snapshot.places import Places

        return Places(self._ledger)

    def has(self, reference: Reference) -> bool:
        """Whether the record is there. What lies inside monthly files counts where it can be read, or cannot be."""
        kinds = self._ledger.in_force.kinds
        prefix = reference.id.partition("-")[0]
        kind = next((k for k in kinds.values() if k.prefix == prefix), None)
        if kind is None or (reference.to and kind.name != reference.to and reference.to in kinds):
            return False
        there = self._has_dossier(reference.id) if kind.single else self._places.has(kind, reference.id)
        return there or reference.id in self._further

    def _has_dossier(self, dossier: str) -> bool:
        try:
            paths = clear_path(dossier), tombstone_path(dossier)
        except ValueError:
            return False
        # what was destroyed is still what is meant
        return any(self._ledger.repo.entry(self._ledger.head, path) is not None for path in paths)


def dangling(present: Present, kind: Kind, data: Mapping[str, object], where: str) -> list[Finding]:
    """A finding for each reference to what is not there."""
    return [
        Finding("REF001", N_("There is no {id}"), "error", where, found.field, {"id": found.id})
        for found in references_in(kind, data) if not present.has(found)
    ]  # fmt: skip


def new_dangling(
    present: Present, kind: Kind, data: Mapping[str, object], before: Mapping[str, object], where: str
) -> list[Finding]:
    """Like `dangling`, for what was not referred to before: an old reference may outlive its target."""
    old = {found.id for found in references_in(kind, before)}
    return [finding for finding in dangling(present, kind, data, where) if finding.args["id"] not in old]
