"""What is late and goes on to further people reaches them, also where they cannot open it themselves (`then:`).

Who can open a record sees it in his own `due` once it turned to him. Anybody else gets a note of his own: what it
is, since when, from whom and why; without the record's content. It is settled when the matter is no longer late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.access import access_to
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.dossier import is_office
from crmctl.rules.due_parts import Due, Whose

KIND = "escalation"
_OPEN = "SELECT id, path, rule, about, \"to\" FROM escalation WHERE state = 'open' AND department = :department"
_UNSEEN = "SELECT count(*) FROM coverage WHERE kind = 'escalation' AND department = :department AND opened < existing"


@dataclass(frozen=True, slots=True)
class Escalated:
    """How many items are late, how many of them went on, and how many notes were written and settled."""

    late: int
    turned: int
    told: int = 0
    settled: int = 0


def escalate(ledger: Ledger, department: str, *, dry_run: bool = False) -> Escalated:
    """Tell those whom late items of a department went on to and who cannot open them; settle what is over.

    Who cannot see all the department's notes writes none: he would tell the same thing twice.
    """
    found = agenda(ledger, Whose(departments=frozenset({department})), done_late=False)
    late = [item for item in found.items if item.late and item.kind != KIND]
    turned = [item for item in late if item.turned]
    if KIND not in ledger.in_force.kinds:
        return Escalated(len(late), len(turned))
    connection = connect(ledger, [KIND])
    asked = {"department": department}
    if connection.execute(_UNSEEN, asked).fetchone()[0]:
        return Escalated(len(late), len(turned))
    there = {(rule, about, to): path for _id, path, rule, about, to in connection.execute(_OPEN, asked)}
    wanted = {(item.code, item.id, to): item for item in turned for to in _unable(ledger, item)}
    new = [key for key in wanted if key not in there]
    over = [path for key, path in there.items() if key not in wanted]
    if not dry_run and (new or over):
        _write(ledger, department, [(wanted[key], key[2]) for key in new], over)
    return Escalated(len(late), len(turned), len(new), len(over))


def _unable(ledger: Ledger, item: Due) -> Iterator[str]:
    """Those the item went on to who cannot open what it is about."""
    further = [member for member in item.who if member not in item.passed_from]
    reading = _readers(ledger, item) if further else frozenset()
    yield from (member for member in further if member not in reading)


def _readers(ledger: Ledger, item: Due) -> frozenset[str]:
    kind = ledger.in_force.kinds[item.kind]
    name = "core" if kind.scope == "core" else kind.compartment
    if kind.scope == "assignment":
        name = f"{item.department}/{kind.compartment}"
    return frozenset(
        one.member for one in access_to(ledger, ledger.dossier(item.dossier))
        if one.standing in {"reads", "waits"} and (one.compartment == name or one.compartment.startswith(f"{name}."))
    )  # fmt: skip


def _write(ledger: Ledger, department: str, new: Iterable[tuple[Due, str]], over: Iterable[str]) -> None:
    draft, today = Draft(ledger), ledger.today.isoformat()
    kind, chinese = draft.kind(KIND), ledger.in_force.settings.language.startswith("zh")
    members = ledger.in_force.org.members
    for item, to in new:
        names = ", ".join(members[one].name for one in item.passed_from if one in members)
        values: dict[str, object] = {
            "on": today, "to": to, "rule": item.code, "text": item.text[0 if chinese else 1], "about": item.id,
            "reason": reason(item, names), "from_members": list(item.passed_from),
            "due_on": item.due.isoformat() if item.due else None,
            "customer": None if is_office(item.dossier) else item.dossier, "state": "open",
        }  # fmt: skip
        given = {name: value for name, value in values.items() if value}
        draft.new_record(kind, f"office/{department}", department, given, Origin(reason="escalate"))
    for path in over:
        draft.new_version(path, {"state": "settled", "settled_on": today}, Origin(reason="escalate"))
    draft.commit("escalate", KIND)


def reason(item: Due, names: str) -> str:
    """Why it went on: how late it is, and from whom."""
    if not names:
        return _("{days} days late, nobody is here to see to it", days=item.late_days)
    return _("{days} days late, passed on from {names}", days=item.late_days, names=names)
