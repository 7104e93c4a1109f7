"""A report with its figures: one value from which every format is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from crmctl.i18n import N_, _, label
from crmctl.report.definition import Column, Report, Table
from crmctl.report.words import Words, harmless

Cell: TypeAlias = "int | str | bool | Decimal | None"
Row: TypeAlias = tuple[Cell, ...]
_MANY_KINDS = 6


@dataclass(frozen=True, slots=True)
class Section:
    """Some rows of a table under one heading (empty: the table has none), and their sums."""

    heading: str
    rows: tuple[Row, ...]
    totals: Row | None


@dataclass(frozen=True, slots=True)
class Source:
    """One record behind one figure: row number, column name (empty: the whole row), kind and id of the record.

    `value` is what it adds to the figure; None counts as one.
    """

    row: int
    figure: str
    kind: str
    id: str
    value: Cell = None


@dataclass(frozen=True, slots=True)
class FilledTable:
    """A table's rows. `columns` are those that apply to the period; `behind` the records, where they were asked for."""

    table: Table
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    behind: tuple[Source, ...] | None = None

    @property
    def title(self) -> str:
        """The title in the user's language."""
        return label(self.table.title)

    @property
    def totals(self) -> Row | None:
        """The sums of all rows; None when no column is summed."""
        return sums(self.columns, self.rows)

    @property
    def shown(self) -> tuple[int, ...]:
        """The places of the columns a reader sees: the one that makes the sections stands above them."""
        return tuple(
            place
            for place, column in enumerate(self.columns)
            if column.name != self.table.by and not (column.hide_empty and self._says_nothing(place))
        )

    def _says_nothing(self, place: int) -> bool:
        return bool(self.rows) and all(row[place] in {None, ""} for row in self.rows)

    def sections(self, words: Words) -> Iterator[Section]:
        """The rows in sections, in the order of their first rows; one without heading when there are none."""
        if self.table.by is None:
            yield Section("", self.rows, None)
            return
        place = next(n for n, column in enumerate(self.columns) if column.name == self.table.by)
        parts: dict[Cell, list[Row]] = {}
        for row in self.rows:
            parts.setdefault(row[place], []).append(row)
        for value, rows in parts.items():
            heading = words.text(self.columns[place], value) or _("(none)")
            yield Section(heading, tuple(rows), sums(self.columns, rows))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a kind's records in scope could be opened.

    `left_out`: no question names the kind, only a clock looks at it, and none of it is the reader's to open;
    what would be due about it is not among the figures.
    """

    kind: str
    label: str
    opened: int
    existing: int
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """The whole report. `commit` is main's full id; nothing in it depends on when it was drawn.

    `before` names the state it is compared with; `scope_id` is the id of the customer, member or
    department it is about, empty for all. `withheld` are the labels of sensitive fields that its reader does not
    get, `given` says to whom it goes outside, `customers` whose data it holds where that was asked for.
    `belongs_to` tells of the policy it belongs to where that is not in force.
    """

    report: Report
    company: str
    scope: str
    period: str | None
    as_of: str
    commit: str
    coverage: tuple[Coverage, ...]
    tables: tuple[FilledTable, ...]
    words: Words
    before: str | None = None
    scope_id: str = ""
    withheld: tuple[str, ...] = ()
    given: str | None = None
    customers: tuple[str, ...] = ()
    belongs_to: str = ""

    def __post_init__(self) -> None:
        """A customer's name stands in the heading too: no escape sequence goes further than here."""
        for name in ("company", "scope", "given"):
            if (text := getattr(self, name)) is not None:
                object.__setattr__(self, name, harmless(text))

    @property
    def shown(self) -> tuple[FilledTable, ...]:
        """The tables a reader sees."""
        return tuple(table for table in self.tables if table.rows or not table.table.hide_empty)

    @property
    def title(self) -> str:
        """The title in the user's language."""
        return label(self.report.title)

    @property
    def about(self) -> str:
        """What the report is for, in the user's language; empty on a letter."""
        return "" if self.report.letter else label(self.report.about)

    @property
    def foot(self) -> str:
        """What stands below each page."""
        if self.report.letter or self.given:
            return _("Drawn by crmctl from the ledger's records.")
        return _("Drawn by crmctl from the ledger's records. Internal: do not pass on.")

    @property
    def complete(self) -> bool:
        """Whether every record in scope was opened that the figures are made of."""
        return all(one.opened == one.existing or one.left_out for one in self.coverage)

    @property
    def headline(self) -> str:
        """The title, of a card or form with whom it is about."""
        return f"{self.title} · {self.scope}" if self.report.shape in {"card", "form"} else self.title

    def pairs(self, table: FilledTable) -> list[list[tuple[Column, str]]]:
        """A table of fields, row by row: each field that says something; on a form those to be written in, too."""
        blank = self.report.shape == "form"
        rows = table.rows or (((None,) * len(table.columns),) if blank and self.complete else ())
        return [
            [
                (column, text)
                for column, value in zip(table.columns, row, strict=True)
                if (text := "" if blank and value is None else self.words.text(column, value)) or blank
            ]
            for row in rows
        ]

    def _currency(self) -> str:
        """What amounts are counted in, where there are any."""
        amounts = (
            row[place]
            for table in self.shown
            for place in table.shown
            if table.columns[place].type == "money"
            for row in table.rows
        )
        if all(amount is None for amount in amounts):
            return ""
        return _(_CURRENCIES.get(self.words.currency, self.words.currency))

    def heading(self) -> list[tuple[str, str]]:
        """What every output says about itself: (name, value) pairs in the user's language."""
        there = [one for one in self.coverage if one.existing and not one.left_out]
        # with many kinds, those that opened whole are told by their number only
        whole = [one for one in there if one.opened == one.existing] if len(there) > _MANY_KINDS else []
        seen = [
            _("{kind} {opened} of {existing}", kind=one.label, opened=one.opened, existing=one.existing)
            for one in there
            if one not in whole
        ]
        if whole:
            records = sum(one.opened for one in whole)
            every = N_("{count:kind|kinds} whole ({records:record|records})")
            rest = N_("{count:other kind|other kinds} whole ({records:record|records})")
            seen.append(_(rest if seen else every, count=len(whole), records=records))
        some = any(table.rows for table in self.tables)  # what is due to somebody may be about others' records
        lines = [
            (_("Company"), self.company),
            (_("Belongs to"), self.belongs_to),
            (_("Scope"), self.scope),
            (_("Period"), self.period or ""),
            (_("As of"), self.as_of),
            (_("Amounts in"), self._currency()),
            (_("Compared with"), self.before or ""),
            (_("Opened"), _("; ").join(seen) or ("" if some else _("nothing there is to open"))),
            (_("Not counted"), _("; ").join(one.label for one in self.coverage if one.left_out)),
            (_("State of the ledger"), self.commit[:10]),
            (_("Withheld"), _("; ").join(self.withheld)),
            (_("Given out"), self.given or ""),
        ]
        hidden = {_("Scope"), *([_("Opened")] if self.complete else [])} if self.report.letter else ()
        return [(name, value) for name, value in lines if value and name not in hidden]


_CURRENCIES = {"CNY": N_("yuan (CNY)")}


def sums(columns: Sequence[Column], rows: Sequence[Row]) -> Row | None:
    """The sum of each summed column (None: nothing known), "" in the others; None where no column is summed."""
    if not any(column.total for column in columns):
        return None
    return tuple(_sum(column, [row[place] for row in rows]) for place, column in enumerate(columns))


def _sum(column: Column, cells: list[Cell]) -> Cell:
    if not column.total:
        return ""
    numbers = [cell for cell in cells if isinstance(cell, (int, Decimal))]
    if not numbers:
        return None  # nothing known is not zero
    return sum(numbers, Decimal(0)) if column.type == "quantity" else int(sum(numbers))
