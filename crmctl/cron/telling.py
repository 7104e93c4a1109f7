"""Tell those concerned which records a report names, with ids and counts only: a notice each finds in his `due`.

What everybody may read holds no name and no figure of a customer; who wants more opens the report.

New is what the last run did not name: who was told, came right and goes wrong again is told anew. What that run named
is noted in this copy, sealed, with the notice that was the last one then; a copy without the note, or with one older
than the last notice, goes by the ids that notice holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.store import notes_of
from crmctl.policy.cron import Job
from crmctl.report.filled import Filled

KIND = "notice"
_MOST = 500  # ids in one notice; the rest are counted


@dataclass(frozen=True, slots=True)
class Told:
    """What a report names now: which records, and which of them the last run did not."""

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
    last, known = _last_notice(ledger, department, report.name)
    note = note_name(report.name, department)
    before = _remembered(ledger, note, last, known)
    told = Told(named, tuple(one for one in named if one not in before))
    if dry_run:
        return told
    if told.fresh:
        last = _write(ledger, job, department, filled, told)
    notes_of(ledger).write(note, json.dumps({"notice": last, "named": named}).encode())
    return told


def note_name(report: str, department: str) -> str:
    """What the sealed note of the last run is called."""
    return f"told-{report}-{department}"


def _remembered(ledger: Ledger, note: str, last: str | None, known: frozenset[str]) -> frozenset[str]:
    """What the last run named; what the last notice names where this copy made no run since."""
    content = notes_of(ledger).read(note)
    noted = json.loads(bytes(content)) if content is not None else {}
    return frozenset(noted["named"]) if noted and noted["notice"] == last else known


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


def _last_notice(ledger: Ledger, department: str, report: str) -> tuple[str | None, frozenset[str]]:
    """The last notice about the report, and the ids in it."""
    from crmctl.ledger.snapshot.connection import connect

    connection = connect(ledger, [KIND])
    try:
        rows = connection.execute(
            "SELECT id, text FROM notice WHERE department = ? ORDER BY entered_at DESC, id DESC", (department,)
        ).fetchall()
    finally:
        connection.close()
    for notice, text in rows:
        lines = str(text or "").split("\n")
        if lines[0] == _mark(report):
            return str(notice), frozenset(word for line in lines[1:] for word in line.split())
    return None, frozenset()


def _mark(report: str) -> str:
    return f"crmctl report {report}"


def _write(ledger: Ledger, job: Job, department: str, filled: Filled, told: Told) -> str:
    """Write the notice; its id."""
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
    given = {name: value for name, value in values.items() if value}
    kept = draft.new_record(draft.kind(KIND), f"office/{department}", department, given)
    draft.commit("cron-tell")
    return kept.record.id
