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
from crmctl.exchange.sheet_write import Page, csv_bytes, xlsx_bytes
from crmctl.i18n import _, label
from crmctl.ledger.affairs.disclosing import Giving, disclose, must_say_why
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.recipients import and_keys, sealed_for
from crmctl.ledger.reading.redaction import withheld_from, withheld_outside
from crmctl.model.kinds import Kind
from crmctl.model.sensitive import without

Format = Literal["csv", "xlsx", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
ALL = "all"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the files, by kind how many records of how many, and the disclosures on record of it."""

    files: tuple[Path, ...]
    counts: dict[str, tuple[int, int]]
    commit: str
    records: tuple[str, ...] = ()


def export(
    ledger: Ledger, kind_name: str, out: Path, form: str | None = None, *, replace: bool = False,
    customers: Sequence[str] = (), sealed_to: Sequence[str] = (), giving: Giving | None = None,
    along: Sequence[str] = (),
) -> Exported:  # fmt: skip
    """Write the records of a kind, or of all (`all`), to `out`; several CSV files need a folder.

    `customers` narrows it to theirs; `sealed_to` seals each file to these readers, under its name with `.age`;
    `giving` says to whom outside it goes: that is put on record first, each row says so, and sensitive fields stay
    here but for the classes `along`. Raises UsageError for the format, NotFound for the kind, Refused over an
    existing file (without `replace`), inside the ledger's own folder, and as `crmctl.ledger.affairs.disclosing` says.
    """
    whole = ledger
    ledger = ledger.landed  # what waits for review is not to be passed on
    must_say_why(ledger, giving)
    named = out.with_suffix("") if sealed_to and out.suffix == ".age" else out
    chosen = form or named.suffix.lstrip(".").lower()
    if chosen not in FORMATS:
        raise UsageError(_("Say in which format: --format {formats}", formats="|".join(FORMATS)))
    must_be_outside(ledger, out)
    kinds = list(ledger.in_force.kinds.values()) if kind_name == ALL else [Draft(ledger).kind(kind_name)]
    if giving:
        kinds = _of_customers(kinds, several=kind_name == ALL)
    wanted = [giving.customer] if giving and giving.customer else [lookup.customer(ledger, who) for who in customers]
    holdings = [(kind, held(ledger, kind, _only(wanted))) for kind in kinds]
    if kind_name == ALL:
        holdings = [(kind, holding) for kind, holding in holdings if holding.records]
    withheld = withheld_outside(ledger, along) if giving else withheld_from(ledger)
    drawn = _Drawn(ledger, holdings, withheld, giving.mark(ledger) if giving else None)
    files = _files(drawn, named, chosen, several=kind_name == ALL)
    if sealed_to:
        files = {Path(f"{path}.age"): sealed_for(ledger, content, sealed_to) for path, content in files.items()}
    taken = [path for path in files if path.exists()]
    if taken and not replace:
        raise Refused(_("The file is there already"), where=str(taken[0]), hint=_("--yes writes over it"))
    records: tuple[str, ...] = ()
    if giving:
        concerned = sorted({one.record.dossier for _kind, holding in holdings for one in holding.records})
        what = "; ".join(f"{label(kind.label)} {len(holding.records)}" for kind, holding in holdings)
        records = disclose(whole, giving, concerned, and_keys(ledger, what, sealed_to))
    for path, content in files.items():
        write_atomic(path, content)
    counts = {kind.name: (len(holding.records), holding.existing) for kind, holding in holdings}
    return Exported(tuple(files), counts, ledger.head, records)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is written: records by kind, without the withheld classes, each marked where it goes outside."""

    ledger: Ledger
    holdings: Sequence[tuple[Kind, Holding]]
    withheld: frozenset[str]
    mark: str | None

    def page(self, kind: Kind, holding: Holding) -> Page:
        return page_of(self.ledger, kind, holding, self.withheld, self.mark)


def _only(customers: Sequence[str]) -> str | None:
    return f"dossier IN ({', '.join(repr(one) for one in customers)})" if customers else None


def _of_customers(kinds: Sequence[Kind], *, several: bool) -> list[Kind]:
    """The kinds whose records belong to customers: what goes outside is on record with each of them."""
    found = [kind for kind in kinds if kind.scope != "office"]
    if not found and not several:
        raise Refused(
            _("Only records of customers are given outside"), where=kinds[0].name, rule="R-ACL-07",
            hint="crmctl export customer …",
        )  # fmt: skip
    return found


def _files(drawn: _Drawn, out: Path, form: str, *, several: bool) -> dict[Path, bytes]:
    path, holdings = out.absolute(), drawn.holdings
    if form == "xlsx":
        return {path: xlsx_bytes([drawn.page(kind, holding) for kind, holding in holdings])}
    if form == "json":
        return {path: _json(drawn)}
    pages = {kind.name: csv_bytes(drawn.page(kind, holding)) for kind, holding in holdings}
    if several:
        return {path / f"{name}.csv": content for name, content in pages.items()}
    return {path: next(iter(pages.values()))}


def _json(drawn: _Drawn) -> bytes:
    ledger = drawn.ledger
    records = {
        kind.name: [
            {
                "id": one.id, "dossier": one.record.dossier, "department": one.department or None,
                "rev": one.record.rev, "by": one.record.by, "for": one.record.for_, "at": one.record.at,
                "data": without(kind.fields, one.data, drawn.withheld), "unverified": one.record.unverified,
            }
            for one in holding.records
        ]
        for kind, holding in drawn.holdings
    }  # fmt: skip
    document = {
        "schema": "crmctl/export/1",
        "ledger": ledger.in_force.settings.id,
        "commit": ledger.head,
        **({"given": drawn.mark} if drawn.mark else {}),
        "data": records,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
