"""Everything of a kind, or of all kinds, that the member can open, as a file outside the ledger: in the clear."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from crmctl.errors import Refused, UsageError
from crmctl.exchange.records import Holding, held
from crmctl.exchange.sheet_out import must_be_outside, page_of
from crmctl.exchange.sheet_write import csv_bytes, xlsx_bytes
from crmctl.i18n import _
from crmctl.ledger.draft import Draft
from crmctl.ledger.files import write_atomic
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind

Format = Literal["csv", "xlsx", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
ALL = "all"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the files, and by kind how many records of how many."""

    files: tuple[Path, ...]
    counts: dict[str, tuple[int, int]]
    commit: str


def export(ledger: Ledger, kind_name: str, out: Path, form: str | None = None, *, replace: bool = False) -> Exported:
    """Write the records of a kind, or of all (`all`), to `out`; several CSV files need a folder.

    Raises UsageError for the format, NotFound for the kind, Refused over an existing file (without
    `replace`) or inside the ledger's own folder.
    """
    ledger = ledger.landed  # what waits for review is not to be passed on
    chosen = form or out.suffix.lstrip(".").lower()
    if chosen not in FORMATS:
        raise UsageError(_("Say in which format: --format {formats}", formats="|".join(FORMATS)))
    must_be_outside(ledger, out)
    kinds = list(ledger.in_force.kinds.values()) if kind_name == ALL else [Draft(ledger).kind(kind_name)]
    holdings = [(kind, held(ledger, kind)) for kind in kinds]
    if kind_name == ALL:
        holdings = [(kind, holding) for kind, holding in holdings if holding.records]
    files = _files(ledger, holdings, out, chosen, several=kind_name == ALL)
    taken = [path for path in files if path.exists()]
    if taken and not replace:
        raise Refused(_("The file is there already"), where=str(taken[0]), hint=_("--yes writes over it"))
    for path, content in files.items():
        write_atomic(path, content)
    counts = {kind.name: (len(holding.records), holding.existing) for kind, holding in holdings}
    return Exported(tuple(files), counts, ledger.head)


def _files(
    ledger: Ledger, holdings: Sequence[tuple[Kind, Holding]], out: Path, form: str, *, several: bool
) -> dict[Path, bytes]:
    path = out.absolute()
    if form == "xlsx":
        return {path: xlsx_bytes([page_of(ledger, kind, holding) for kind, holding in holdings])}
    if form == "json":
        return {path: _json(ledger, holdings)}
    pages = {kind.name: csv_bytes(page_of(ledger, kind, holding)) for kind, holding in holdings}
    if several:
        return {path / f"{name}.csv": content for name, content in pages.items()}
    return {path: next(iter(pages.values()))}


def _json(ledger: Ledger, holdings: Sequence[tuple[Kind, Holding]]) -> bytes:
    records = {
        kind.name: [
            {
                "id": one.id, "dossier": one.record.dossier, "department": one.department or None,
                "rev": one.record.rev, "by": one.record.by, "for": one.record.for_, "at": one.record.at,
                "data": dict(one.data), "unverified": one.record.unverified,
            }
            for one in holding.records
        ]
        for kind, holding in holdings
    }  # fmt: skip
    document = {
        "schema": "crmctl/export/1",
        "ledger": ledger.in_force.settings.id,
        "commit": ledger.head,
        "data": records,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
