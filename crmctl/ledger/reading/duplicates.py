"""Notice a duplicate when it is entered (R-INT-13), among the records the member can open.

No index of identifiers stands in the history: whoever had a copy could try all phone numbers on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crmctl.errors import Refused
from crmctl.i18n import _, finding_text
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.merged import kept_instead
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.identities import alike, columns_of, identity_in
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.rules.duplicates import REQUIREMENT, RULE, Duplicate, Identity, Register, identity_of, pairs

STRENGTHS = ("exact", "strong", "weak")


def known_identities(ledger: Ledger, kind: Kind) -> Iterator[Identity]:
    """What identifies each record of `kind` that the member can open."""
    for record_id, *cells in connect(ledger, [kind.name]).execute(
        f'SELECT {columns_of(kind)} FROM "{kind.table}"'  # noqa: S608 - compiled
    ):
        yield identity_in(kind, record_id, cells)


def notice(ledger: Ledger, kind: Kind, data: Mapping[str, Value], record_id: str, checked: str | None) -> list[Finding]:
    """Look whether the party of a new record is there already. Returns what may be the same as warnings.

    Raises Refused for a sure duplicate unless `checked` says why it is another one.
    """
    if not kind.identity:
        return []
    identity = identity_of(kind, data, record_id)
    found = Register(one for one in alike(ledger, kind, identity) if one.id != record_id).judge(identity)
    found = [one for one in found if kept_instead(ledger, one.id) == one.id]
    if found and found[0].strength == "exact" and not checked:
        raise refusal(found, hint=_held_elsewhere(ledger, found[0].id))
    return as_warnings(found, record_id)


def likely_pairs(ledger: Ledger, kind: Kind, department: str | None = None) -> list[tuple[str, Duplicate]]:
    """Every two records of `kind` that may be one party, the surest first (R-UPD-09).

    With `department` only pairs of which one at least is dealt with there.
    """
    found = list(pairs(known_identities(ledger, kind)))
    if department is not None:
        held = connect(ledger, []).execute("SELECT dossier FROM assignment WHERE department = ?", (department,))
        here = {dossier for (dossier,) in held}
        found = [(one, other) for one, other in found if here & {one, other.id}]
    return sorted(found, key=lambda pair: (STRENGTHS.index(pair[1].strength), pair[0], pair[1].id))


def refusal(found: Iterable[Duplicate], where: str = "", hint: str | None = None) -> Refused:
    """The error that names a sure duplicate with its reasons."""
    findings = [finding for one in found for finding in one.findings(where)]
    first = next((finding for finding in findings if finding.severity == "error"), findings[0])
    return Refused(
        _("This one is in the ledger already: {why}", why=finding_text(first)),
        where=where or None,
        rule=f"{RULE}, {REQUIREMENT}",
        hint=hint or _("crmctl update {id}; if it is another one: --not-duplicate REASON", id=first.args["id"]),
        findings=findings[1:],
    )


def _held_elsewhere(ledger: Ledger, dossier_id: str) -> str | None:
    """What to do where departments deal with it that the member does not belong to (R-INT-12)."""
    held = ledger.dossier(dossier_id).assignments
    if set(held) & set(ledger.member.departments(ledger.today)) or is_office(dossier_id):
        return None
    said = ", ".join(f"{department} ({assignment.owner})" for department, assignment in held.items())
    return _("{held} deal with it: ask them for crmctl assign {id} --department …", held=said, id=dossier_id)


def as_warnings(found: Iterable[Duplicate], where: str) -> list[Finding]:
    """The duplicates as warnings, the sure ones too (somebody has checked them)."""
    return [
        Finding(one.code, one.message, "warning", one.where, one.field, one.args)
        for duplicate in found
        for one in duplicate.findings(where)
    ]
