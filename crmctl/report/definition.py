"""What a report is: its tables with typed columns, as `report.yaml` says it (DESIGN 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from crmctl.model.kinds import Label

ScopeName: TypeAlias = Literal["dossier", "own", "department", "company"]
Layout: TypeAlias = Literal["rows", "fields"]
Shape: TypeAlias = Literal["list", "card", "form", "board"]
ChartName: TypeAlias = Literal["bars", "line"]
PeriodName: TypeAlias = Literal["none", "day", "month", "quarter", "half", "year"]
ColumnType: TypeAlias = Literal[
    "text", "note", "code", "int", "quantity", "mean", "money", "percent", "date", "month", "instant", "bool", "choice",
    "state", "member", "department", "region", "kind", "field", "axis", "grade",
]  # fmt: skip

SCOPES: tuple[str, ...] = get_args(ScopeName)
LAYOUTS: tuple[str, ...] = get_args(Layout)
SHAPES: tuple[str, ...] = get_args(Shape)
CHARTS: tuple[str, ...] = get_args(ChartName)
PERIODS: tuple[str, ...] = get_args(PeriodName)
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)
NUMBERS = frozenset({"int", "quantity", "mean", "money", "percent"})
SUMMABLE = frozenset({"int", "quantity", "money"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `of` names the vocabulary of a choice or the kind of a state or field.

    `month` makes it a column of one month of the period (0: the first); its label is that month,
    and it is left out of a shorter period. `key` columns tell which row is which when two states
    are compared. `hide_empty` leaves it out of what a person reads when no row says anything in it.
    """

    name: str
    type: ColumnType
    label: Label
    of: str = ""
    total: bool = False
    month: int | None = None
    key: bool = False
    hide_empty: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is set to the right and sorted as a number."""
        return self.type in NUMBERS


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table: what column `value` says for each `label`, as bars or as a line through them.

    `change` names the column of percent that tells, beside a bar, how it moved.
    """

    type: ChartName
    label: str
    value: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells the records behind a table's figures.

    Either a question of its own (`sql`), or, for a table of records, the `column` that holds their ids with their
    `kind`, or the column it stands in (`kind_in`). The question gives the table's key columns, `record_kind` and
    `record`, and either `figure` (a column's name; empty for the whole row) and where it is summed `value`, or a
    column by the name of each figure with what the record adds to it (null or nought: nothing); then one file may
    serve several tables.
    """

    sql: str = ""
    sql_file: str = ""
    kind: str = ""
    kind_in: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Named SQL that several questions share; it may be built on those before it."""

    name: str
    sql: str
    sql_file: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a question in SQL and what its columns are.

    `by` names a column whose values part the rows into sections with a heading and sums of their
    own; `fields` lays one row out as label and value pairs. `hide_empty` leaves the table out when
    there is nothing in it.
    """

    name: str
    title: Label
    sql: str
    sql_file: str
    columns: tuple[Column, ...]
    layout: Layout = "rows"
    by: str | None = None
    note: Label | None = None
    hide_empty: bool = False
    chart: Chart | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report folder, read. `files` are its templates by name; `folder` is where it lies.

    `page` is the template of the HTML form, `document` of the Word form. `views` are the shared questions
    that its own may build on, `defaults` values for what a policy may not name,
    `words` vocabularies of the report's own. `shape` is how its
    page is laid out: a list below another, a card, a form (a card with room for what is filled in by hand),
    or a board of panels. A `letter` is given to the customer it is about.
    `packs` are the policies without which nobody enters the records it is about.
    """

    name: str
    title: Label
    about: Label
    audience: Label
    scope: ScopeName
    period: PeriodName
    tables: tuple[Table, ...]
    folder: str
    files: Mapping[str, bytes]
    page: str | None = None
    document: str | None = None
    own: bool = False
    shape: Shape = "list"
    views: tuple[View, ...] = ()
    defaults: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Label]] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    letter: bool = False
