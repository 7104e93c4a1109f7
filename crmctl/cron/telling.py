"""Tell those concerned which records a report names, with ids and counts only: a notice each finds in his `due`.

What everybody may read holds no name and no figure of a customer; who wants more opens the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.policy.cron import Job
from crmctl.report.filled import Filled

KIND = "notice"
_MOST = 60  # ids in one notice; the rest are counted


@dataclass(frozen=True, slots=True)
class Told:
    """What a report names now: how many records, and which of them the last notice did not."""

    named: tuple[str, ...]
    fresh: tuple[str, ...]


def tell(ledger: Ledger, job: Job, department: str, *, dry_run: bool = False) -> Told:
    """Write a notice of the records `job.report` names in a department, when one of them is new there.

    Raises BadConfiguration when the report's rows are no records, NotFound when there is no such report.
    """
    from crmctl.report.catalogue import find_report
    from crmctl.report.fill import fill
    from crmctl.report.question import Asked

    report = find_report(ledger, job.text("report"))
    filled = fill(ledger, report, Asked(None, None, None, department, None))
    named = _named(filled)
    before = _told_before(ledger, department, report.name)
    told = Told(named, tuple(one for one in named if one not in before))
    if told.fresh and not dry_run:
        _write(ledger, job, department, filled, told)
    return told


def _named(filled: Filled) -> tuple[str, ...]:
    """The ids in the first table's rows, each once."""
    table = filled.tables[0]
    place = next((n for n, column in enumerate(table.columns) if column.key and column.type == "code"), None)
    if place is None:
        raise BadConfiguration(
            _("The report's first table names no records: {name}", name=filled.report.name),
            where=filled.report.folder, hint=_("A key column of the type code is needed"),
        )  # fmt: skip
    return tuple(dict.fromkeys(str(row[place]) for row in table.rows if row[place]))


def _told_before(ledger: Ledger, department: str, report: str) -> frozenset[str]:
    """The ids in the last notice about the report."""
    from crmctl.ledger.snapshot.connection import connect

    connection = connect(ledger, [KIND])
    try:
        rows = connection.execute(
            "SELECT text FROM notice WHERE department = ? ORDER BY entered_at DESC, id DESC", (department,)
        ).fetchall()
    finally:
        connection.close()
    texts = (text.split("\n") for (text,) in rows if text)
    last: Iterable[str] = next((lines[1:] for lines in texts if lines[0] == _mark(report)), ())
    return frozenset(word for line in last for word in line.split())


def _mark(report: str) -> str:
    return f"crmctl report {report}"


def _write(ledger: Ledger, job: Job, department: str, filled: Filled, told: Told) -> None:
    from crmctl.ledger.changing.draft import Draft

    draft = Draft(ledger)
    ids = [*told.fresh, *(one for one in told.named if one not in told.fresh)]
    lines = [_mark(filled.report.name), *ids[:_MOST]]
    if len(ids) > _MOST:
        lines.append(_("and {count} more", count=len(ids) - _MOST))
    subject = _("{title}: {count}, {fresh} of them new", title=filled.title, count=len(ids), fresh=len(told.fresh))
    values = {
        "on": ledger.today.isoformat(), "from_whom": ledger.member_id, "what": "notice", "subject": subject,
        "text": "\n".join(lines), "to_department": department, "to_role": job.text("role") or None,
    }  # fmt: skip
    draft.new_record(draft.kind(KIND), f"office/{department}", department, {k: v for k, v in values.items() if v})
    draft.commit("cron-tell")
