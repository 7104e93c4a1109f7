"""Let one customer's dossier stand for another of the same party (R-UPD-09); what that means is in `merged`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from crmctl.errors import Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.affairs.dealing import may_arrange
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.merged import CARD, INTO, MERGED
from crmctl.ledger.reading import lookup
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Kind
from crmctl.model.paths import record_path
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge did: fields the kept card gained, those where both said something else (the kept one's stays)."""

    kept: str
    merged: str
    gained: tuple[str, ...]
    differ: tuple[str, ...]
    commit: str | None


def merge(ledger: Ledger, keep: str, other: str, reason: str, *, dry_run: bool = False) -> Merge:
    """Let `keep` stand for `other` from now on.

    Raises NotFound, NoKey, UsageError for one and the same, Refused where a department deals with
    the other only, or for somebody who may arrange neither. `undo` takes it back.
    """
    kept, gone = lookup.customer(ledger, keep), lookup.customer(ledger, other)
    if kept == gone:
        raise UsageError(_("These are one and the same customer"), where=kept, hint="crmctl dedupe")
    draft = Draft(ledger)
    _must_cover(ledger, draft.dossier(kept), draft.dossier(gone))
    kind = draft.kind(CARD)
    mine, theirs = (draft.record(record_path(kind, one, "core", one)) for one in (kept, gone))
    values, differ = _filled(kind, mine.data, theirs.data)
    origin = Origin(reason=reason)
    draft.new_version(record_path(kind, kept, "core", kept), values, origin, kept)
    draft.new_version(record_path(kind, gone, "core", gone), {INTO: kept}, origin, gone)
    for department, assignment in draft.dossier(gone).assignments.items():
        draft.set_assignment(gone, department, replace(assignment, state=MERGED, since=ledger.today))
    return Merge(kept, gone, tuple(values), tuple(differ), None if dry_run else draft.commit("merge", CARD))


def _must_cover(ledger: Ledger, kept: Dossier, gone: Dossier) -> None:
    missing = sorted(set(gone.assignments) - set(kept.assignments))
    if missing:
        names = ", ".join(label(ledger.in_force.org.departments[one].label) for one in missing)
        raise Refused(
            _("Only the other one is dealt with by: {names}", names=names), where=gone.id, rule="UPD010",
            hint=f"crmctl assign {kept.id} --department {missing[0]} --owner {gone.assignments[missing[0]].owner}",
        )  # fmt: skip
    for department in gone.assignments:
        may_arrange(ledger, gone, department)
        may_arrange(ledger, kept, department)


def _filled(kind: Kind, mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The fields the kept card gains: what it lacks, entries of lists, other names. And those where both differ."""
    gained: dict[str, Value] = {}
    differ: list[str] = []
    for field in kind.fields:
        had, new = mine.get(field.name), theirs.get(field.name)
        if new is None or new == had or field.name == INTO:
            continue
        if had is None:
            gained[field.name] = new
        elif isinstance(had, list) and isinstance(new, list):
            gained[field.name] = [*had, *(item for item in new if item not in had)]
        elif isinstance(had, dict) and isinstance(new, dict):
            gained[field.name] = {**new, **had}
            differ += [f"{field.name}.{key}" for key in new if key in had and had[key] != new[key]]
        else:
            differ.append(field.name)
    if "name" in differ and kind.field("aliases"):
        names = gained.get("aliases", mine.get("aliases")) or []
        gained["aliases"] = [*dict.fromkeys([*(names if isinstance(names, list) else []), theirs["name"]])]
    return {name: value for name, value in gained.items() if value != mine.get(name)}, differ
