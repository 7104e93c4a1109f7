"""What goes along when a customer changes hands: the list of open matters, taken over by the new owner (R-ACL-15).

```yaml
handover:
  open: |      # one SELECT of (dossier, department, what, record, text, due_on); `what` is a word of open_matter
    SELECT p.dossier, p.department, 'complaint' AS what, p.id AS record, NULL AS text, NULL AS due_on FROM complaint p …
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, Refused
from crmctl.i18n import _
from crmctl.policy.pack_files import packs_in_force

if TYPE_CHECKING:
    from crmctl.ledger.changing.draft import Draft
    from crmctl.ledger.in_force import InForce
    from crmctl.ledger.ledger import Ledger

KIND = "taking_over"
_COLUMNS = ("dossier", "department", "what", "record", "text", "due_on")
_FOR_GOOD = frozenset({"leaves", "moves"})
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that is open with a customer of a department; `what` is a word of the policy's `open_matter`."""

    customer: str
    department: str
    what: str
    record: str
    text: str | None = None
    due_on: str | None = None


@dataclass(frozen=True, slots=True)
class Moving:
    """One handover: its record, the department, the former and the new owner."""

    record: str
    department: str
    owner: str
    to: str


def must_have_promised(ledger: Ledger, why: str, *, promised: bool) -> None:
    """Raises Refused where the policy wants a promise of continued secrecy first, and there was none."""
    if ledger.in_force.pack.values.get("handover_promise") is True and why in _FOR_GOOD and not promised:
        raise Refused(
            _("The former owner must first promise continued secrecy"), rule="R-ACL-15",
            hint=_("When it is signed: --promised"),
        )  # fmt: skip


def open_matters(ledger: Ledger, customers: Collection[tuple[str, str]]) -> list[Matter]:
    """What is open with these customers (id, department), as far as the member can open it, by customer and kind.

    Raises BadConfiguration when the policy's question does not run.
    """
    found = _question(ledger.in_force)
    if found is None or not customers:
        return []
    from crmctl.ledger.snapshot.connection import connect
    from crmctl.ledger.snapshot.question import ask
    from crmctl.ledger.snapshot.survey import BrokenSql, survey

    path, sql = found
    kinds = ledger.in_force.kinds.values()
    try:
        surveyed = survey(kinds, sql, {})
    except BrokenSql as error:
        raise BadConfiguration(_("The question does not run: {why}", why=error.reason), where=path) from error
    if tuple(surveyed.columns) != _COLUMNS:
        raise BadConfiguration(_("The question gives {columns}", columns=", ".join(_COLUMNS)), where=path)
    connection = connect(ledger, [kind.name for kind in kinds if kind.table in surveyed.tables])
    try:
        rows = ask(connection, sql).rows
    finally:
        connection.close()
    matters = [
        Matter(*(None if cell is None else str(cell)[:_LONGEST] for cell in row))  # type: ignore[arg-type]
        for row in rows
        if (row[0], row[1]) in customers
    ]
    return sorted(matters, key=lambda one: (one.customer, one.what, one.due_on or "", one.record))


def sheets(draft: Draft, moving: Moving, customers: Iterable[str], matters: Sequence[Matter]) -> list[str]:
    """A sheet of taking over with each customer; their ids. None where the ledger has no such kind."""
    if KIND not in draft.ledger.in_force.kinds:
        return []
    kind, made = draft.kind(KIND), []
    for customer in customers:
        listed = [one for one in matters if (one.customer, one.department) == (customer, moving.department)]
        rows = [
            {
                name: value
                for name, value in (
                    ("what", one.what), ("record", one.record), ("text", one.text), ("due_on", one.due_on)
                ) if value
            }
            for one in listed
        ]  # fmt: skip
        values = {
            "on": draft.ledger.today.isoformat(), "from_member": moving.owner, "to_member": moving.to,
            "handover": moving.record, **({"open": rows} if rows else {}),
        }  # fmt: skip
        made.append(draft.new_record(kind, customer, moving.department, values).id)
    return made


def _question(in_force: InForce) -> tuple[str, str] | None:
    """The policy's question and the file it stands in; a later pack's in an earlier one's place."""
    found = None
    for path, raw in packs_in_force(in_force.raw):
        given = raw.get("handover")
        if isinstance(given, dict) and given.get("open"):
            found = (path, str(given["open"]))
    return found
