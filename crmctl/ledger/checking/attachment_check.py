"""Hold attachments against the records that name them, and the records against what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field
from crmctl.model.paths import attachment_path
from crmctl.model.record import Record


def attachment_faults(path: str, content: bytes) -> list[Finding]:
    """Whether an opened attachment is the one its name says: the name ends in the beginning of its hash."""
    said = path.removesuffix(".age").rpartition(".")[2]
    if hashlib.sha256(content).hexdigest().startswith(said):
        return []
    return [Finding("CHK016", N_("The attachment is not the one it was"), "error", path)]


def missing_attachments(ledger: Ledger, path: str, record: Record) -> Iterator[Finding]:
    """A finding for each file a record names that does not lie beside it."""
    kind = ledger.in_force.kinds.get(record.kind)
    for name, sha256 in _named(kind.fields, record.data, "") if kind else ():
        if ledger.repo.entry(ledger.head, attachment_path(path, sha256)) is None:
            yield Finding("CHK017", N_("The attached file is missing"), "error", path, name)


def _named(fields: Collection[Field], data: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = data.get(field.name)
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, Mapping):
                continue
            if field.type == "file":
                yield prefix + field.name, str(item.get("sha256"))
            elif field.fields:
                yield from _named(field.fields, item, f"{prefix}{field.name}.")
