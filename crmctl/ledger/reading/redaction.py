"""Which sensitive fields a report or export leaves out for its reader (R-ACL-20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crmctl.errors import UsageError
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind
from crmctl.model.sensitive import classes_in

if TYPE_CHECKING:
    from sqlite3 import Connection


def withheld_from(ledger: Ledger) -> frozenset[str]:
    """The classes the policy gives to roles of which the member holds none today; one it does not name is anybody's."""
    member = ledger.in_force.org.members.get(ledger.member_id)
    held = {role.role for role in member.roles if role.active(ledger.today)} if member else set()
    return frozenset(name for name, roles in ledger.in_force.pack.sensitive.items() if held.isdisjoint(roles))


def check_classes(ledger: Ledger, named: Collection[str]) -> None:
    """Raises UsageError for a class of sensitive fields that no kind in force uses."""
    every = sorted(classes_in(ledger.in_force.kinds.values()))
    for name in named:
        if name not in every:
            near = get_close_matches(name, every, 1) or every
            raise UsageError(
                _("No field is of the class {name}; there are: {classes}", name=name, classes=", ".join(every)),
                hint=" ".join(f"--with {one}" for one in near),
            )


def withheld_outside(ledger: Ledger, given: Collection[str] = ()) -> frozenset[str]:
    """All classes of the kinds but those said to go along; never one that the member himself does not get."""
    every = classes_in(ledger.in_force.kinds.values())
    return (every - frozenset(given)) | withheld_from(ledger)


def redact(
    connection: Connection, kinds: Iterable[Kind], classes: Collection[str], read: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    """Empty the fields of these classes; the labels of those that an answer from columns `read` now lacks."""
    if not classes:
        return ()
    from crmctl.ledger.snapshot.withhold import withhold

    known = {kind.name: kind for kind in kinds}
    return tuple(_label(known[name], dotted) for name, dotted in withhold(connection, known.values(), classes, read))


def _label(kind: Kind, dotted: str) -> str:
    fields, labels = kind.fields, []
    for part in dotted.split("."):
        found = next(field for field in fields if field.name == part)
        labels.append(label(found.label))
        fields = found.fields
    return " · ".join(labels)
