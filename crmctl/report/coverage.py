"""How much of what a report is about its reader could open: "k of n" by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from crmctl.i18n import label
from crmctl.model.dossier import folder_of
from crmctl.report.filled import Coverage

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.model.kinds import Kind
    from crmctl.report.definition import Report
    from crmctl.report.question import Question

# `_sources` lists every sealed file of the tables; a generation of 0 is a file that is not what it must be.
_ALL = "SELECT kind, sum(existing), sum(opened) FROM coverage GROUP BY kind"
_OF_DEPARTMENT = "SELECT kind, sum(existing), sum(opened) FROM coverage WHERE department = ? GROUP BY kind"
_BELOW = "SELECT kind, count(*), count(nullif(generation, 0)) FROM _sources WHERE path >= ? AND path < ? GROUP BY kind"
_CORE = "SELECT path, generation FROM _sources WHERE kind = ? AND path LIKE 'customers/%/core/%'"
_DEALT = "SELECT DISTINCT dossier FROM assignment WHERE department = ?"
_OWNED = """
WITH own AS (SELECT dossier, department FROM assignment WHERE owner = ? AND coalesce(?, department) = department)
SELECT dossier, department, 0 FROM own
UNION SELECT m.old, own.department, 1 FROM _merged m JOIN own ON own.dossier = m.new
"""
_OFFICES = """
SELECT kind, path, generation FROM _sources
WHERE path >= 'offices/' AND path < 'offices0' AND path GLOB 'offices/' || coalesce(?, '*') || '/*.' || ? || '/*'
"""

Counted = tuple[str, int, int]  # kind, files there are, files that opened


def coverage(
    connection: Connection,
    report: Report,
    question: Question,
    kinds: Iterable[Kind],
    unnamed: Collection[str] = (),
) -> tuple[Coverage, ...]:
    """For each kind the question reads: sealed files in scope, and those of them that were opened.

    `unnamed` are the kinds that only a clock looks at: where none of one opens it is left out, and told so.
    """  # fmt: skip
    wanted = {kind.name: kind for kind in kinds}
    existing, opened = Counter[str](), Counter[str]()
    for name, there, open_ in _counted(connection, report, question, wanted.values()):
        existing[name] += there
        opened[name] += open_
    found = []
    for name, kind in wanted.items():
        left_out = name in unnamed and not opened[name] and existing[name] > 0
        found.append(Coverage(name, label(kind.label), opened[name], existing[name], left_out))
    return tuple(found)


def _counted(connection: Connection, report: Report, question: Question, kinds: Iterable[Kind]) -> Iterator[Counted]:
    """Counts that add up to those of the scope, as `Question.holds` says of one place."""
    if question.customer is not None:
        yield from _below(connection, folder_of(question.customer))
    elif report.scope == "own" and question.member is not None:
        yield from _of_member(connection, question.member, question.department)
    elif question.department is not None:
        yield from connection.execute(_OF_DEPARTMENT, (question.department,))
        yield from _below(connection, f"offices/{question.department}")
        yield from _cards(connection, question.department, kinds)
    else:
        yield from connection.execute(_ALL)


def _below(connection: Connection, folder: str) -> Iterator[Counted]:
    yield from connection.execute(_BELOW, (folder + "/", folder + "0"))  # "0" comes right after "/"


def _cards(connection: Connection, department: str, kinds: Iterable[Kind]) -> Iterator[Counted]:
    """What belongs to no department counts for each one that deals with the customer."""
    dealt = {dossier for (dossier,) in connection.execute(_DEALT, (department,))}
    for kind in kinds:
        if kind.scope == "core":
            found = [row for row in connection.execute(_CORE, (kind.name,)) if row[0].split("/")[2] in dealt]
            yield kind.name, len(found), sum(1 for _path, generation in found if generation)


def _of_member(connection: Connection, member: str, department: str | None) -> Iterator[Counted]:
    cards: set[str] = set()
    for dossier, dealing, merged in connection.execute(_OWNED, (member, department)).fetchall():
        yield from _below(connection, f"{folder_of(dossier)}/{dealing}")
        if dossier not in cards and not merged:  # a merged card is no customer that could be seen or missed
            yield from _below(connection, f"{folder_of(dossier)}/core")
            cards.add(dossier)
    for name, _path, generation in connection.execute(_OFFICES, (department, member)):
        yield name, 1, 1 if generation else 0
