"""Write the records of a kind as a sheet that can be edited and taken in again (`import plan`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import Refused, UsageError
from crmctl.exchange import columns as col
from crmctl.exchange.columns import OUTER, Column, Vocab, at, choice_label, field_columns, in_cell, outer_columns
from crmctl.exchange.records import Held, Holding, held
from crmctl.exchange.sheet_write import Page, csv_bytes, xlsx_bytes
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.redaction import withheld_from
from crmctl.model.kinds import Kind

_TYPED = frozenset({"int", "money", "quantity", "score", "date"})


@dataclass(frozen=True, slots=True)
class Written:
    """What was written where: rows, and how many records of it the member cannot open."""

    path: Path
    kind: str
    rows: int
    unseen: int


def write_sheet(ledger: Ledger, kind_name: str, where: str | None, path: Path) -> Written:
    """Write the records of a kind that fit the SQL condition to an XLSX or CSV file.

    Raises NotFound for the kind, InvalidInput for the condition, UsageError for the file's ending,
    Refused inside the ledger's own folder.
    """
    kind = Draft(ledger).kind(kind_name)
    ending = path.suffix.lower()
    if ending not in {".xlsx", ".csv"}:
        raise UsageError(
            _("A sheet is an .xlsx or .csv file"), where=path.name, hint=f"crmctl sheet {kind.name} a.xlsx"
        )
    must_be_outside(ledger, path)
    holding = held(ledger, kind, where)
    page = page_of(ledger, kind, holding, withheld_from(ledger))
    write_atomic(path.absolute(), xlsx_bytes([page]) if ending == ".xlsx" else csv_bytes(page))
    return Written(path, kind.name, len(holding.records), holding.existing - holding.opened)


def must_be_outside(ledger: Ledger, path: Path) -> None:
    """Records in the clear do not belong into the ledger's folder, where they would be shared by mistake."""
    if path.absolute().resolve().is_relative_to(ledger.repo.path.resolve()):
        raise Refused(
            _("This file would lie unsealed in the ledger's own folder"), where=str(path), rule="R-INT-03",
            hint=_("Write it somewhere else"),
        )  # fmt: skip


def page_of(
    ledger: Ledger, kind: Kind, holding: Holding, withheld: Collection[str] = (), mark: str | None = None
) -> Page:  # fmt: skip
    """The kind's own sheet of these records, without fields of the `withheld` classes; `mark` stands in every row."""
    vocab = vocab_of(ledger, kind)
    outer = outer_columns(kind)
    columns = field_columns(kind, (one.data for one in holding.records), withheld)
    names = _customer_names(ledger) if col.CUSTOMER_NAME in outer else {}
    rows = [
        [
            *(_outer(ledger, kind, one, name, names) for name in outer),
            *(in_cell(column.field, at(one.data, column.path), vocab) for column in columns),
            *([mark] if mark else []),
        ]
        for one in holding.records
    ]
    return Page(
        title=label(kind.label),
        header=[
            *(label(OUTER[name]) for name in outer),
            *(column.heading for column in columns),
            *([_("Given out")] if mark else []),
        ],
        rows=rows,
        hidden=frozenset({outer.index(col.REV)}),
        fixed=frozenset(outer.index(name) for name in (col.ID, col.REV, col.CUSTOMER_NAME) if name in outer),
        choices={
            **{outer.index(name): words for name, words in _outer_choices(ledger, kind).items() if name in outer},
            **{len(outer) + n: words for n, column in enumerate(columns) if (words := _choices(ledger, column, vocab))},
        },
        textual=frozenset(len(outer) + n for n, column in enumerate(columns) if column.field.type not in _TYPED),
    )


def vocab_of(ledger: Ledger, kind: Kind) -> Vocab:
    """The words of all choices, the kind's own states under "" among them."""
    return {**ledger.in_force.pack.vocab, "": dict(kind.states)}


def _outer(ledger: Ledger, kind: Kind, one: Held, name: str, names: dict[str, str]) -> object:
    dossier = one.record.dossier
    if name == col.DEPARTMENT and kind.scope == "office":
        return dossier.removeprefix("office/")
    if name in {col.DEPARTMENT, col.OWNER} and kind.scope == "core":
        assignments = ledger.dossier(dossier).assignments
        return "; ".join(assignments if name == col.DEPARTMENT else [one.owner for one in assignments.values()])
    found: dict[str, object] = {
        col.ID: one.id, col.REV: one.version, col.CUSTOMER: dossier, col.CUSTOMER_NAME: names.get(dossier, ""),
        col.DEPARTMENT: one.department,
        col.STATE: choice_label(str(one.data.get("state", "")), kind.states),
    }  # fmt: skip
    return found[name]


def _customer_names(ledger: Ledger) -> dict[str, str]:
    found = {}
    for kind in ledger.in_force.kinds.values():
        if kind.scope == "core" and kind.single and kind.title:
            for one in held(ledger, kind).records:
                found[one.id] = str(one.data.get(kind.title[0], ""))
    return found


def _outer_choices(ledger: Ledger, kind: Kind) -> dict[str, Sequence[str]]:
    org, today = ledger.in_force.org, ledger.today
    return {
        col.DEPARTMENT: [one.id for one in org.departments.values() if one.until is None],
        col.OWNER: [one.id for one in org.members.values() if one.active(today)],
        col.STATE: [choice_label(state, kind.states) for state in kind.states],
    }


def _choices(ledger: Ledger, column: Column, vocab: Vocab) -> list[str]:
    kind_of = column.field.type
    if column.field.many:
        return []
    if kind_of == "bool":
        return [_("yes"), _("no")]
    if kind_of == "choice":
        words = vocab.get(str(column.field.options.get("of", "")), {})
        return [choice_label(code, words) for code in words]
    if kind_of == "member":
        return [one.id for one in ledger.in_force.org.members.values() if one.active(ledger.today)]
    return []
