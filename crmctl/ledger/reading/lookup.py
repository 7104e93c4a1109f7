"""From what a person types to a record: an id, its beginning, a name, a fragment, pinyin initials."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.merged import kept_instead
from crmctl.ledger.snapshot.names import names
from crmctl.ledger.snapshot.places import Places
from crmctl.model.dossier import is_office
from crmctl.model.fields import FieldProblem
from crmctl.model.ids import parse_id
from crmctl.model.paths import dossier_of, record_path

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Where a record lies. `row` is the entry's id in a monthly file."""

    id: str
    kind: str
    dossier: str
    path: str
    row: str | None = None


def customer(ledger: Ledger, who: str) -> str:
    """The dossier id of the one customer meant by `who` among those the member can open.

    Raises NotFound when there is none, or several (they are listed).
    """
    exact = _as_dossier(ledger, who)
    if exact:
        return kept_instead(ledger, exact)
    matches = names(ledger).search(who)
    if len(matches) <= _SHOWN:
        once = dict.fromkeys(kept_instead(ledger, match.id) for match in matches)
        if len(once) == 1:
            return next(iter(once))
    if matches:
        listed = ", ".join(f"{match.id} {match.name}" for match in matches[:_SHOWN])
        raise NotFound(
            _("{who} fits {count:customer|customers}", who=who, count=len(matches)),
            hint=_("Name one of: {listed}", listed=listed),
        )
    raise NotFound(_("No customer you can open fits {who}", who=who), hint=f"crmctl find {who}")


def record(ledger: Ledger, what: str) -> Found:
    """The record meant by `what`: a record id (or its beginning), or a customer as `customer` finds it."""
    prefix = what.partition("-")[0].upper()
    kinds = [kind for kind in ledger.in_force.kinds.values() if kind.prefix == prefix and not kind.single]
    if kinds and "-" in what:
        return _by_record_id(ledger, what.upper(), kinds[0].name)
    dossier = customer(ledger, what)
    kind = ledger.in_force.kinds["customer"]
    return Found(dossier, "customer", dossier, record_path(kind, dossier, "core", dossier))


def _as_dossier(ledger: Ledger, who: str) -> str | None:
    try:
        prefix, body = parse_id(who)
    except FieldProblem:
        return None
    dossier = f"{prefix}-{body}"
    try:
        return ledger.dossier(dossier).id
    except (NotFound, ValueError):
        return None


def _by_record_id(ledger: Ledger, what: str, kind_name: str) -> Found:
    kind = ledger.in_force.kinds[kind_name]
    found = [
        Found(record_id, kind_name, dossier_of(path) or "", path, record_id if kind.monthly else None)
        for record_id, path in Places(ledger).beginning(kind, what)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(item.id for item in found[:_SHOWN])
        raise NotFound(_("{what} fits {count:record|records}", what=what, count=len(found)), hint=listed)
    raise NotFound(_("There is no {id}", id=what), hint=f"crmctl list {kind_name}")


def department_of(ledger: Ledger, dossier: str) -> str | None:
    """The department meant when none was named: the only assignment, or the member's own among several."""
    if is_office(dossier):
        return dossier.removeprefix("office/")
    assigned = list(ledger.dossier(dossier).assignments)
    mine = [d for d in ledger.member.departments(ledger.today) if d in assigned]
    return (mine or assigned)[0] if len(mine or assigned) == 1 else (mine[0] if mine else None)
