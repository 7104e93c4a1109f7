"""Take a company's own report into the ledger, or out of it: tried first, then one signed commit (promise 5).

A folder holds `report.yaml` with its questions and templates, and may hold `views/NAME.sql`: shared questions, which
go where every report finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import _, language
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup, must_administer
from crmctl.report.catalogue import FOLDER, find_report, view_text
from crmctl.report.definition import Column, Report
from crmctl.report.fill import present, prove, prove_evidence
from crmctl.report.filled import Cell, Coverage, Filled, FilledTable
from crmctl.report.formats import draw
from crmctl.report.period import usual_period
from crmctl.report.question import Question
from crmctl.report.reader import FILE, NAME, read_report
from crmctl.report.views import VIEWS
from crmctl.report.words import Words

_LARGEST = 1 << 20
_TAKEN = frozenset({".yaml", ".sql", ".html", ".docx"})


@dataclass(frozen=True, slots=True)
class ReportTaken:
    """What came of it: whether a shipped report or an own one of the name stood there, and the commit, if any."""

    report: Report
    before: str
    changed: bool
    commit: str | None


def add_report(ledger: Ledger, source: Path, *, dry_run: bool = False) -> ReportTaken:
    """Take the report in folder `source` into the ledger under the folder's name.

    Raises Refused for a member who is no admin, NotFound for a folder that cannot be read, BadConfiguration with file
    and line for a fault of `report.yaml`, a question, evidence, a page or a Word template. Then nothing is written.
    """
    must_administer(ledger)
    files, shared = _read(source)
    name = source.resolve().name
    if not NAME.fullmatch(name):
        raise BadConfiguration(_("Not a short name: {member}", member=name), where=str(source))
    report = read_report(
        name, str(source), files, own=True, views=lambda one: shared.get(one) or view_text(ledger, one)
    )
    _try(ledger, report)
    wanted = {f"{FOLDER}/{name}/{file}": content for file, content in files.items()}
    wanted |= {f"{VIEWS}/{one}.sql": content for one, content in shared.items()}
    there = _own_files(ledger, name)
    edits: dict[str, bytes | None] = {path: None for path in there if path not in wanted}
    edits |= {path: content for path, content in wanted.items() if _content(ledger, path) != content}
    before = "own" if there else _before(ledger, name)
    if not edits or dry_run:
        return ReportTaken(report, before, bool(edits), None)
    return ReportTaken(report, before, True, change_setup(ledger, edits, "report-add", name))


def remove_report(ledger: Ledger, name: str, *, dry_run: bool = False) -> str | None:
    """Take the ledger's own report out again; the shipped one of its name, if any, is back. Returns the commit.

    Raises Refused for a member who is no admin, NotFound where the ledger has no report of that name.
    """
    must_administer(ledger)
    there = _own_files(ledger, name)
    if not there:
        raise NotFound(_("The ledger has no report {name} of its own", name=name), hint="crmctl report --list")
    return None if dry_run else change_setup(ledger, dict.fromkeys(there), "report-remove", name)


def _read(source: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The folder's files, and the shared questions in its `views`, by name."""
    try:
        files = {path.name: _bytes(path) for path in sorted(source.iterdir()) if path.is_file()}
        shared = {path.stem: _bytes(path) for path in sorted((source / "views").glob("*.sql"))}
    except OSError as error:
        raise NotFound(_("The folder cannot be read"), where=str(source)) from error
    if FILE not in files:
        raise NotFound(_("The report has no {file}", file=FILE), where=str(source))
    strange = next((name for name in files if Path(name).suffix not in _TAKEN), None)
    if strange:
        raise BadConfiguration(
            _("A report holds questions and templates, not {file}", file=strange), where=str(source / strange),
            hint=", ".join(sorted(_TAKEN)),
        )  # fmt: skip
    return files, shared


def _bytes(path: Path) -> bytes:
    if path.is_symlink():  # it would put into the ledger, in the clear, what lies elsewhere
        raise BadConfiguration(_("A link is not followed: put the file itself into the folder"), where=str(path))
    content = path.read_bytes()
    if len(content) > _LARGEST:
        raise BadConfiguration(_("The file is larger than {size} MB", size=1), where=str(path))
    return content


def _try(ledger: Ledger, report: Report) -> None:
    """Prove every question on empty tables, and draw every template without rows and with one."""
    question = Question(ledger.today, usual_period(report.period, ledger.today), None, None, None)
    parameters = {**report.defaults, **question.parameters(ledger), "language": language().partition("_")[0]}
    for table in report.tables:
        prove(ledger, report, table, parameters, question)
        prove_evidence(ledger, report, table, parameters)
    forms = [form for form, template in (("html", True), ("docx", report.document)) if template]
    for rows in (0, 1):
        tables = tuple(
            FilledTable(table, columns, (tuple(map(_sample, columns)),) * rows)
            for table in report.tables
            for columns in [present(table, question)]
        )
        filled = Filled(
            report, ledger.in_force.settings.company, question.scope_text(ledger), None, ledger.today.isoformat(),
            ledger.head, (Coverage("customer", "customer", rows, rows),), tables, Words.of(ledger),
        )  # fmt: skip
        for form in forms:
            draw(filled, form)


def _sample(column: Column) -> Cell:
    """A value a column of this type may hold."""
    if column.is_number or column.type == "instant":
        return 1
    samples: dict[str, Cell] = {"bool": True, "date": "2026-01-31", "month": "2026-01"}
    return samples.get(column.type, "x")


def _before(ledger: Ledger, name: str) -> str:
    try:
        find_report(ledger, name)
    except NotFound:
        return ""
    return "shipped"


def _own_files(ledger: Ledger, name: str) -> Mapping[str, str]:
    return dict(ledger.repo.walk(ledger.head, f"{FOLDER}/{name}"))


def _content(ledger: Ledger, path: str) -> bytes | None:
    return ledger.repo.read(ledger.head, path)
