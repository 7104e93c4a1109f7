"""What the policy says by now of changes under review: its guards and its blacklist, asked once more.

A change that was fine when it was made may meet a bar by now, and a reviewer may open entries that its author may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.changing.guards import deed_faults, guard_faults, intake_faults
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import Stack, unsigned_view
from crmctl.ledger.reading.proposed import GradeOf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.policy.pack_files import MAIN_AXIS

_CARD, _GRADE = "customer", "grade"


@dataclass(frozen=True, slots=True)
class Written:
    """A record under review that opened: where it lies, and its version before (None: it is new) and now."""

    path: str
    kind: Kind
    before: Record | None
    now: Record


def asked_again(
    ledger: Ledger, stacks: Iterable[Stack], written: Iterable[Written], main: str
) -> Mapping[str, list[Finding]]:
    """What the policy finds in these records as of `main` with them on top, by path. Never raises.

    A policy without guards and blacklist costs nothing.
    """
    written = list(written)
    found: dict[str, list[Finding]] = {}
    for ask in (_guards, _deeds):
        try:
            told = list(ask(ledger, list(stacks), written, main))
        except CrmctlError as error:
            message = N_("The policy could not be asked about it: {why}")
            told = [
                (one.path, Finding("REV032", message, "warning", one.now.id, "", {"why": error.what}))
                for one in written
            ]  # fmt: skip
        for path, finding in told:
            found.setdefault(path, []).append(finding)
    return found


def _guards(ledger: Ledger, stacks: list[Stack], written: list[Written], main: str) -> Iterator[tuple[str, Finding]]:
    asked = {one.path: one for one in written if one.kind.name in ledger.in_force.pack.guarded}
    if not asked:
        return
    view = ledger.standing_on(unsigned_view(ledger.repo, main, stacks))
    for dossier in dict.fromkeys(one.now.dossier for one in asked.values()):
        for finding in guard_faults(view, view.dossier(dossier)):
            path, _hash, row = finding.where.partition("#")
            if path in asked and (not row or row in _changed(asked[path])):
                yield path, finding.at(row or asked[path].now.id)


def _deeds(ledger: Ledger, _stacks: list[Stack], written: list[Written], _main: str) -> Iterator[tuple[str, Finding]]:
    if not ledger.in_force.pack.blacklist and not any(one.kind.name == _GRADE for one in written):
        return
    # Who gives up a seat in what was handed in together leaves it to another there.
    intended = dict(_grades(written))
    for one in written:
        for before, after in _versions(one):
            draft = Draft(ledger)
            draft.intended = intended
            faults = deed_faults(draft, one.kind, one.now.dossier, one.now.compartment, before, after)
            yield from ((one.path, finding) for finding in faults)
        if one.kind.name == _CARD and one.before is None:
            yield from ((one.path, finding) for finding in intake_faults(ledger, one.now.data))


def without_seat(ledger: Ledger, grades: Sequence[Written]) -> Iterator[Finding]:
    """Which of these approved grades have no seat, where all of them hold and nothing else does.

    Raises CrmctlError where the caps cannot be reckoned.
    """
    from crmctl.ledger.changing import grade_cap

    intended = dict(_grades(grades))
    for one in grades:
        draft = Draft(ledger)
        draft.intended = intended
        department = one.now.compartment.partition("/")[0]
        before = one.before.data if one.before else {}
        yield from grade_cap.faults(draft, one.kind, one.now.dossier, department, before, one.now.data)


def _grades(written: Iterable[Written]) -> Iterator[tuple[GradeOf, str | None]]:
    for one in written:
        data = one.now.data
        if one.kind.name == _GRADE and data.get("state") == "approved" and data.get("product") is None:
            grade = str(data["grade"]) if data.get("grade") else None
            yield (one.now.dossier, one.now.compartment.partition("/")[0], str(data.get("axis") or MAIN_AXIS)), grade


def _versions(one: Written) -> Iterator[tuple[Mapping[str, Value], Mapping[str, Value]]]:
    """The fields before and now of the record, or of each of its rows that changed."""
    if not one.kind.monthly:
        yield (one.before.data if one.before else {}), one.now.data
        return
    before, now = _rows(one.before), _rows(one.now)
    yield from ((before.get(row, {}), now[row]) for row in _changed(one) if row in now)


def _changed(one: Written) -> set[str]:
    before, now = _rows(one.before), _rows(one.now)
    return {row for row in {*before, *now} if before.get(row) != now.get(row)}


def _rows(record: Record | None) -> dict[str, Mapping[str, Value]]:
    return {str(row["id"]): fields_of(row) for row in rows_in(record.data)} if record else {}
