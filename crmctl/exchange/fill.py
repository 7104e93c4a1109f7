"""From a row to the fields of a record, every fault of the row at once, each with file and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crmctl.errors import InvalidInput
from crmctl.exchange.date_order import proof_of
from crmctl.exchange.joining import JoinedRow
from crmctl.exchange.mapping import DateOrder
from crmctl.exchange.records import Held
from crmctl.i18n import N_, _
from crmctl.model.findings import Finding

DATED = frozenset({"date", "instant"})


@dataclass(slots=True)
class Filled:
    """What a row says. `values` are the fields given; `outer` where the record belongs, as typed."""

    place: str
    values: dict[str, object] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def faulty(self) -> bool:
        """Whether anything in the row keeps it out."""
        return any(finding.severity == "error" for finding in self.findings)


class Filler(Protocol):
    """Reads the rows of one sheet. `own` rows speak for a record as a whole: an emptied cell removes a field."""

    own: bool
    notes: list[Finding]

    def fill(self, row: JoinedRow, existing: Held | None) -> Filled:
        """The row's fields; of an own sheet's row only those that differ from `existing`."""

    def record_id(self, row: JoinedRow) -> tuple[str, str]:
        """The id and version that the row itself names; empty when it names none."""


def proved_orders(
    columns: Iterable[str], rows: Sequence[JoinedRow], declared: DateOrder | None
) -> dict[str, DateOrder]:  # fmt: skip
    """The order of day and month of each dated column. Raises InvalidInput for one that its rows do not prove."""
    orders: dict[str, DateOrder] = {}
    findings = []
    for column in dict.fromkeys(columns):
        proof = proof_of(row.cells[column] for row in rows)
        if proof is None:
            continue
        order = declared or proof.order
        if order:
            orders[column] = order
            continue
        said = (
            N_("Day or month first? No row of this column proves it")
            if not proof.day_first
            else N_("Rows of this column prove both: {day_first} day first, {month_first} month first")
        )
        args = {"day_first": proof.day_first, "month_first": proof.month_first}
        findings.append(Finding("IMP007", said, "error", f"{rows[0].sheet.file} {column}", "", args))
    if findings:
        raise InvalidInput(
            _("The dates can be read in two ways"), findings=findings,
            hint=_("Write date_order: day_first or month_first into the mapping; or write the dates as 2026-11-22"),
        )  # fmt: skip
    return orders
