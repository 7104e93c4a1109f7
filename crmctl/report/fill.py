"""Fill a report: settle the question, prove its SQL, open what it reads, count what was not opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import _, language
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.redaction import redact, withheld_from
from crmctl.model.dossier import is_office
from crmctl.model.kinds import Kind
from crmctl.report.behind import behind, check_columns
from crmctl.report.belonging import belongs_to, waits_for
from crmctl.report.definition import Column, Report, Table
from crmctl.report.filled import Cell, Filled, FilledTable
from crmctl.report.question import Asked, Question, settle
from crmctl.report.reasons import in_words
from crmctl.report.words import Words

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.snapshot.survey import Survey


def fill(
    ledger: Ledger, report: Report, asked: Asked, *, evidence: bool = False, withheld: Collection[str] | None = None
) -> Filled:
    """The report's figures from what the member can open; with `evidence` the records behind them.

    `withheld` are the classes of sensitive fields left out; None: those that the policy does not give the member.

    Raises BadConfiguration with file and line for SQL that does not run or does not fit its
    columns (before anything is opened), UsageError and NotFound for what was asked.
    """
    from crmctl.ledger.snapshot.connection import connect
    from crmctl.report.coverage import coverage
    from crmctl.report.provided import add_due, due_kinds, kinds_behind, provide

    ledger = ledger.landed
    question = settle(ledger, report, asked)
    parameters = {**report.defaults, **question.parameters(ledger), "language": language().partition("_")[0]}
    columns = {pair for table in report.tables for pair in prove(ledger, report, table, parameters, question)}
    read = {name for name, _column in columns}
    if evidence:
        read |= {name for table in report.tables for name in prove_evidence(ledger, report, table, parameters)}
    unnamed = set(kinds_behind(ledger, read))
    kinds = [kind for kind in ledger.in_force.kinds.values() if kind.table in read or kind.name in unnamed]
    opened = {*(kind.name for kind in kinds), *due_kinds(ledger, read, question.as_of)}
    connection = connect(ledger, sorted({*opened, *(["customer"] if question.customer else [])}))
    try:
        add_due(connection, ledger, read, question.as_of)
        missing = redact(connection, kinds, withheld_from(ledger) if withheld is None else withheld, columns)
        provide(connection, ledger, read, question.as_of)
        tables = tuple(_filled(connection, table, parameters, question) for table in report.tables)
        if evidence:
            tables = tuple(replace(one, behind=behind(connection, one, parameters, _cell)) for one in tables)
        unnamed -= {kind.name for kind in kinds if kind.table in read}
        counted = coverage(connection, report, question, kinds, unnamed)
        name = _customer_name(connection, question)
        customers = _customers(ledger, connection, report, question, kinds) if withheld is not None else ()
    finally:
        connection.close()
    words = Words.of(ledger)
    words = replace(words, vocab={**report.words, **words.vocab})
    return Filled(
        report=report,
        company=ledger.in_force.settings.company,
        scope=question.scope_text(ledger, name),
        period=question.period.text if question.period else None,
        as_of=question.as_of.isoformat(),
        commit=ledger.head,
        coverage=counted,
        tables=tables,
        words=words,
        scope_id=question.customer or question.member or question.department or "",
        withheld=missing,
        customers=customers,
        belongs_to=belongs_to(waits_for(ledger, report)),
    )


def _customers(
    ledger: Ledger, connection: Connection, report: Report, question: Question, kinds: Iterable[Kind]
) -> tuple[str, ...]:
    """The customers with records among those the report reads, in its scope."""
    if question.customer is not None:
        return (question.customer,)
    found: set[str] = set()
    for kind in kinds:
        rows = connection.execute(f'SELECT DISTINCT dossier, department, compartment FROM "{kind.table}"').fetchall()  # noqa: S608 (a kind's)
        for dossier, department, compartment in rows:
            if not is_office(dossier) and question.holds(report, ledger.dossier(dossier), department, compartment):
                found.add(dossier)
    return tuple(sorted(found))


def prove(
    ledger: Ledger, report: Report, table: Table, parameters: Mapping[str, object], question: Question
) -> frozenset[tuple[str, str]]:
    """The tables and their columns that a report's table reads.

    Raises BadConfiguration with file and line when its SQL is off.
    """
    found = _surveyed(ledger, report, table.sql, table.sql_file, parameters)
    wanted = [column.name for column in present(table, question)]
    missing = [name for name in wanted if name not in found.columns]
    surplus = [name for name in found.columns if name not in {column.name for column in table.columns}]
    if missing:
        raise BadConfiguration(_("The question gives no column {column}", column=missing[0]), where=table.sql_file)
    if surplus:
        raise BadConfiguration(
            _("The question gives a column {column} that report.yaml does not describe", column=surplus[0]),
            where=table.sql_file,
        )
    return found.read


def prove_evidence(ledger: Ledger, report: Report, table: Table, parameters: Mapping[str, object]) -> frozenset[str]:
    """The tables the question for a table's evidence reads. Raises BadConfiguration as `prove` does."""
    evidence = table.evidence
    if evidence is None or not evidence.sql:
        return frozenset()
    found = _surveyed(ledger, report, evidence.sql, evidence.sql_file, parameters)
    check_columns(report, table, found.columns)
    return found.tables


def _surveyed(ledger: Ledger, report: Report, sql: str, file: str, parameters: Mapping[str, object]) -> Survey:
    """The question tried on empty tables; a fault of a shared view is told of the view."""
    from crmctl.ledger.snapshot.survey import BrokenSql, survey
    from crmctl.report.provided import CREATE, FUNCTIONS
    from crmctl.report.views import alone

    kinds = list(ledger.in_force.kinds.values())
    try:
        return survey(kinds, sql, parameters, CREATE.values(), FUNCTIONS)
    except BrokenSql as error:
        broken, where = error, file
    for view, by_itself in alone(report.views):
        try:
            survey(kinds, by_itself, parameters, CREATE.values(), FUNCTIONS)
        except BrokenSql as error:
            broken, where = error, view.sql_file
            break
    raise BadConfiguration(
        _("The question does not run: {why}", why=in_words(broken.reason)), where=f"{where}:{broken.line}",
        hint=_missing_kind(broken.reason) or _("crmctl schema show KIND names the columns of its table"),
    )  # fmt: skip


def _missing_kind(reason: str) -> str | None:
    """How to get the kind whose table a question misses, where crmctl ships one: the ledger was founded before it."""
    from crmctl.ledger.disk.shipped import kind_files

    name = reason.removeprefix("no such table: ")
    return f"crmctl schema add {name}" if name != reason and name in kind_files() else None


def present(table: Table, question: Question) -> tuple[Column, ...]:
    """The columns that apply, a month's column under that month's name."""
    return tuple(_named(table.columns, question))


def _named(columns: Iterable[Column], question: Question) -> Iterable[Column]:
    for column in columns:
        if column.month is None:
            yield column
            continue
        month = question.period.month(column.month) if question.period else None
        if month:
            yield replace(column, label=(month, month))


def _filled(connection: Connection, table: Table, parameters: Mapping[str, object], question: Question) -> FilledTable:
    from crmctl.ledger.snapshot.question import ask

    try:
        answer = ask(connection, table.sql, parameters)
    except InvalidInput as error:
        raise BadConfiguration(error.what, where=table.sql_file, hint=error.hint) from error
    columns = present(table, question)
    places = [answer.columns.index(column.name) for column in columns]
    pairs = list(zip(columns, places, strict=True))
    rows = tuple(tuple(_cell(table, column, row[place]) for column, place in pairs) for row in answer.rows)
    return FilledTable(table, columns, rows)


def _cell(table: Table, column: Column, value: object) -> Cell:
    """The value as its column's type. Raises BadConfiguration when the question gives something else."""
    if value is None:
        return None
    try:
        return _typed(column, value)
    except (ValueError, InvalidOperation):
        raise BadConfiguration(
            _("Column {column} is no {type}", column=column.name, type=column.type), where=table.sql_file
        ) from None


def _typed(column: Column, value: object) -> Cell:
    match column.type:
        case "int" | "money" | "instant":
            number = Decimal(str(value))
            if number != number.to_integral_value():
                raise ValueError(column.name)
            return int(number)
        case "quantity" | "mean" | "percent":
            # SQLite divides in binary: its seventeenth digit is noise and no figure
            return +Decimal(f"{value:.12g}" if isinstance(value, float) else str(value))
        case "bool":
            return bool(value)
        case "date":
            return date.fromisoformat(str(value)).isoformat()
    return str(value)


def _customer_name(connection: Connection, question: Question) -> str | None:
    if question.customer is None:
        return None
    row = connection.execute("SELECT name FROM customer WHERE id = ?", (question.customer,)).fetchone()
    return str(row[0]) if row else None
