"""How much of what a report is about its reader could open: "k of n" by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from crmctl.i18n import label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.merged import kept_instead
from crmctl.model.kinds import Kind
from crmctl.model.paths import Place, place_of
from crmctl.report.definition import Report
from crmctl.report.filled import Coverage
from crmctl.report.question import Question

if TYPE_CHECKING:
    from sqlite3 import Connection


def coverage(
    ledger: Ledger,
    connection: Connection,
    report: Report,
    question: Question,
    kinds: Iterable[Kind],
    unnamed: Collection[str] = (),
) -> tuple[Coverage, ...]:
    """For each kind the question reads: sealed files in scope, and those of them that were opened.

    `unnamed` are the kinds that only a clock looks at: where none of one opens it is left out, and told so.
    """  # fmt: skip
    wanted = {kind.name if kind.single else kind.folder: kind for kind in kinds}
    existing: Counter[str] = Counter()
    for path, _oid in ledger.record_blobs():
        place = place_of(path)
        kind = wanted.get(place.folder or place.record_id) if place else None
        if place and kind and _counts(ledger, report, question, place):
            existing[kind.name] += 1
    found = []
    for kind in wanted.values():
        opened = _opened(ledger, connection, report, question, kind)
        left_out = kind.name in unnamed and not opened and existing[kind.name] > 0
        found.append(Coverage(kind.name, label(kind.label), opened, existing[kind.name], left_out))
    return tuple(found)


def _opened(ledger: Ledger, connection: Connection, report: Report, question: Question, kind: Kind) -> int:
    paths = connection.execute(f'SELECT DISTINCT path FROM "{kind.table}"').fetchall()  # noqa: S608 (a kind's table)
    places = (place_of(path) for (path,) in paths)
    return sum(1 for place in places if place and _counts(ledger, report, question, place))


def _counts(ledger: Ledger, report: Report, question: Question, place: Place) -> bool:
    department, slash, _short = place.compartment.partition("/")
    dossier = ledger.dossier(place.dossier)
    if place.compartment == "core" and kept_instead(ledger, dossier.id) != dossier.id:
        return False  # a merged card is no customer that could be seen or missed
    return question.holds(report, dossier, department if slash else None, place.compartment)
