"""Whom an item of a clock is up to, and which rows may concern who asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmctl.policy.clock_parts import ROLE

if TYPE_CHECKING:
    from crmctl.policy.clocks import Clock
    from crmctl.rules.due_parts import Dealing, DueRow, Surroundings


def may_concern(clock: Clock, row: DueRow, around: Surroundings) -> bool:
    """Whether an item of this row may be wanted: whoever it can be up to, at once or later, is looked at."""
    whose = around.whose
    if whose is None:
        return True
    concerned = {row.department} if row.department else around.dealings.get(row.dossier, {}).keys()
    if not whose.departments.isdisjoint(concerned):
        return True
    words = (clock.who, *(case.who for case in clock.cases), *(turn.who for turn in clock.then))
    return any(not whose.members.isdisjoint(who_of(one, row, around)) for one in words if one)


def who_of(words: Sequence[str], row: DueRow, around: Surroundings) -> tuple[str, ...]:
    """The first of a clock's words that names members who are still here."""
    dealings = around.dealings.get(row.dossier, {})
    concerned = [d for department, d in dealings.items() if row.department in {None, department}]
    owners = tuple(dict.fromkeys(d.owner for d in concerned))
    for word in words:
        if word == "owner":
            named = owners
        elif word == "member":
            named = (row.member,) if row.member else ()
        elif word.startswith(ROLE):
            named = _holders(word.removeprefix(ROLE), row, dealings, around)
        elif word == "enterer":
            here = {*owners, *(member for d in concerned for member in d.team)}
            enterer = row.values.get("entered_for") or row.values.get("entered_by")
            named = (str(enterer),) if enterer in here else ()
        elif word == "to_confirm":
            named = tuple(str(row.values.get(word) or "").split())
        else:
            value = row.values.get(word)
            named = (str(value),) if value else ()
        present = tuple(member for member in named if member in around.active)
        if present:
            return present
    return ()


def _holders(
    role: str, row: DueRow, dealings: Mapping[str, Dealing], around: Surroundings
) -> tuple[str, ...]:  # fmt: skip
    """Who holds a role in the record's department (in each that deals with the customer), or in the whole company."""
    places = [row.department] if row.department else list(dealings)
    found = [member for place in (*places, None) for member in around.holders.get((role, place), ())]
    return tuple(dict.fromkeys(found))
