"""A kind's `unique:` mark: no two records of it in one compartment with the same values there.

`unique: [[on]]` of the day plan makes it one a member and day, because each member's sheets have
a compartment of their own. Words for the place (`assignment`, `dossier`, `member`) are given by
the compartment and need no comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crmctl.errors import NoKey, Refused
from crmctl.i18n import _, label
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.paths import SUFFIX, record_path
from crmctl.model.record import Record
from crmctl.model.values import Value

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Proposed

_PLACES = frozenset({"assignment", "dossier", "department", "member", "customer"})


def refuse_twin(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, values: Mapping[str, Value], own: str = "",
) -> None:  # fmt: skip
    """Raise Refused naming the record that holds the same values already.

    `own` is the path or row id of the record that is being changed.
    """
    groups = [tuple(name for name in group if name not in _PLACES) for group in kind.unique]
    groups = [group for group in groups if any(values.get(name) is not None for name in group)]
    if not groups:
        return
    for record_id, other in _others(draft, kind, dossier_id, compartment, own):
        for group in groups:
            if all(other.get(name) == values.get(name) for name in group):
                said = ", ".join(_named(kind, name, values) for name in group)
                raise Refused(
                    _("There is one already with the same {fields}", fields=said), where=record_id, rule="REC011",
                    hint=f"crmctl update {record_id} --set …",
                )  # fmt: skip


def _named(kind: Kind, name: str, values: Mapping[str, Value]) -> str:
    field = kind.field(name)
    return f"{label(field.label) if field else name} {values.get(name)}"


def _others(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, own: str
) -> Iterator[tuple[str, Mapping[str, Value]]]:
    folder = record_path(kind, dossier_id, compartment, "-").rpartition("/")[0]
    ledger = draft.ledger
    made = {kept.path for kept in draft.written()}
    paths = [path for path, _oid in ledger.repo.walk(ledger.head, folder) if path.endswith(SUFFIX)]
    for path in dict.fromkeys([*paths, *(path for path in made if path.rpartition("/")[0] == folder)]):
        if path == own:
            continue
        try:
            record = draft.record(path)
        except NoKey:
            continue  # filed to readers of whom this member is none
        yield from _entries(record, kind, own)


def _entries(record: Record, kind: Kind, own: str) -> Iterator[tuple[str, Mapping[str, Value]]]:
    if not kind.monthly:
        yield record.id, record.data
        return
    yield from ((str(row["id"]), fields_of(row)) for row in rows_in(record.data) if row.get("id") != own)
