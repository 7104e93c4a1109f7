"""The blacklist's own changes: put forward, shorten, readmit (R-BLK-02, -03, -08, -11).

Each is one change that waits for those whom `review:` names; nothing bars and nothing frees before. What an entry may
say and become is held by the draft itself (`blacklist_steps`). An entry that bars all departments comes with a notice
which all of them can open (R-BLK-13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.barring import Listing, intake_names, listing, rules_of
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import own_department
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import must_be_department
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from crmctl.rules.blacklist import LISTED, term_end, term_over

# What a notice repeats of its entry.
_POSTED = (
    "customer", "level", "name", "aliases", "invoice_name", "credit_code", "legal_person", "phone", "valid_from",
    "valid_to",
)  # fmt: skip
_MOVED = ("shortened_on", "readmitted_on")


@dataclass(frozen=True, slots=True)
class Stepped:
    """What was written: the entry, the state it goes to, where it lies, the commit (None on a dry run)."""

    id: str
    state: str
    path: str
    commit: str | None


def the_list(ledger: Ledger) -> Listing:
    """The blacklist as the member can open it. Raises NotFound where the policy has none."""
    found = listing(ledger)
    if found is None:
        raise NotFound(_("The policy in force has no blacklist"), hint="crmctl policy adopt p23")
    return found


def propose(
    ledger: Ledger, who: str, level: str, values: Mapping[str, object], department: str | None = None, *,
    since: date | None = None, evidence: Path | None = None, dry_run: bool = False,
) -> Stepped:  # fmt: skip
    """Put a customer forward for the list, from a day on (today), for the level's term.

    Raises InvalidInput, Refused, NotFound.
    """
    rules = the_list(ledger).rules
    if level not in rules.levels:
        raise NotFound(_("The policy has no such level of the blacklist"), hint=", ".join(rules.levels))
    dossier = lookup.customer(ledger, who)
    office = department or _office_of(ledger, dossier)
    must_be_department(ledger, office)
    draft = Draft(ledger)
    card = draft.record(record_path(ledger.in_force.kinds["customer"], dossier, "core", dossier)).data
    known = {name: card[name] for name in intake_names(ledger, rules) if name in card}
    start = since or ledger.today
    own: dict[str, object] = {
        "customer": dossier, "level": level, "proposed_by": ledger.member_id, "proposed_on": ledger.today.isoformat(),
        "valid_from": start.isoformat(),
    }  # fmt: skip
    if rules.levels[level].bars == "own department":
        own["of_department"] = office
    term = the_list(ledger).levels_of(office if "of_department" in own else None, start)[level].term
    until = term_end(start, term)
    own |= {"valid_to": until.isoformat()} if until else {}
    if values.get("accusation"):
        _must_be_upheld(draft, str(values["accusation"]), dossier)
    files = {"evidence": evidence} if evidence else None
    kept = draft.new_record(draft.kind(rules.kind), f"office/{office}", office, {**known, **own, **values}, files=files)
    if values.get("accusation"):
        accusation = lookup.record(ledger, str(values["accusation"]))
        draft.new_version(accusation.path, {"blacklist": kept.id}, Origin())
    _post(draft, kept.record)
    return _written(draft, kept.path, kept.record, "blacklist-propose", dry_run=dry_run)


def _must_be_upheld(draft: Draft, accusation: str, customer: str) -> None:
    """Another customer's accusation leads to the list only once it was looked into and upheld (R-BLK-18)."""
    found = lookup.record(draft.ledger, accusation)
    record = draft.record(found.path)
    if record.kind != "accusation" or record.data.get("accused") != customer or record.data.get("state") != "upheld":
        raise Refused(
            _("The accusation must be of this customer, looked into and upheld"), where=found.id, rule="BLK006",
            hint=f"crmctl show {found.id}",
        )  # fmt: skip


def shorten(ledger: Ledger, entry: str, reason: str, on: date | None = None, *, dry_run: bool = False) -> Stepped:
    """End a term early (R-BLK-06); the customer stays barred until it is readmitted, where the policy says so."""
    values = {
        "shortened_by": ledger.member_id, "shortened_on": (on or ledger.today).isoformat(), "shorten_reason": reason,
    }  # fmt: skip
    return _step(ledger, entry, "shortened", values, "blacklist-shorten", dry_run=dry_run)


def readmit(
    ledger: Ledger, entry: str, change_note: str | None = None, admission: str | None = None,
    outcome: str | None = None, *, dry_run: bool = False,
) -> Stepped:  # fmt: skip
    """Put forward that a customer comes back; it is free once all have approved (R-BLK-08).

    Raises Refused before the term is over, and without change note or passed admission.
    """
    values: dict[str, object] = {"readmitted_on": ledger.today.isoformat()}
    values |= {"change_note": change_note} if change_note else {}
    values |= {"admission": admission} if admission else {}
    values |= {"outcome": outcome or change_note} if outcome or change_note else {}
    return _step(ledger, entry, "readmitted", values, "blacklist-readmit", dry_run=dry_run)


def run_out(ledger: Ledger, department: str) -> list[str]:
    """The entries in force of a department's own list whose term is over (R-BLK-06): nobody is readmitted by that."""
    known = the_list(ledger)
    office = f"office/{department}"
    return [
        bar.entry for row in known.rows
        if row.get("state") == "in_force" and row.get("dossier") == office and "entry" not in row
        for bar in [known.bar(str(row["id"]))] if bar is not None and term_over(bar, ledger.today)
    ]  # fmt: skip


def _step(
    ledger: Ledger, entry: str, state: str, values: Mapping[str, object], action: str, *, dry_run: bool
) -> Stepped:
    rules = the_list(ledger).rules
    found = lookup.record(ledger, entry)
    if found.kind != rules.kind:
        raise NotFound(_("There is no such entry on the blacklist: {id}", id=entry), hint="crmctl blacklist list --all")
    draft = Draft(ledger)
    before = draft.record(found.path)
    kind = ledger.in_force.kinds[found.kind]
    if (before.state or "", state) not in kind.arrows:
        allowed = ", ".join(kind.arrows_from(before.state or "")) or "-"
        raise Refused(
            _("{id} cannot go from {present} to {target}", id=found.id, present=before.state, target=state),
            where=found.id, rule="REC010", hint=_("From here it may go to: {allowed}", allowed=allowed),
        )  # fmt: skip
    kept = draft.new_version(found.path, {**values, "state": state}, Origin(), found.id)
    if kept is None:
        return Stepped(found.id, before.state or "", found.path, ledger.head)
    _post(draft, kept.record)
    return _written(draft, found.path, kept.record, action, dry_run=dry_run)


def _post(draft: Draft, entry: Record) -> None:
    """Write or bring along the notice of an entry that bars all departments."""
    rules = rules_of(draft.ledger)
    level = rules.levels.get(str(entry.data.get("level"))) if rules else None
    if rules is None or level is None or rules.notice is None or not rules.posted(level) or entry.state not in LISTED:
        return
    kind = draft.kind(rules.notice)
    days: dict[str, object] = {name: entry.data[name] for name in _MOVED if name in entry.data}
    path = _notice_path(draft, rules.notice, entry)
    if path:
        draft.new_version(path, {"state": entry.state, **days})
        return
    posted: dict[str, object] = {name: entry.data[name] for name in _POSTED if name in entry.data}
    department = entry.dossier.removeprefix("office/")
    draft.new_record(kind, entry.dossier, department, {**posted, **days, "entry": entry.id, "state": entry.state})


def _notice_path(draft: Draft, name: str, entry: Record) -> str | None:
    ledger, kind = draft.ledger, draft.kind(name)
    folder = record_path(kind, entry.dossier, kind.compartment, "-").rpartition("/")[0]
    paths = (path for path, _oid in ledger.repo.walk(ledger.head, folder) if path.endswith(".yaml.age"))
    return next((path for path in paths if draft.record(path).data.get("entry") == entry.id), None)


def _office_of(ledger: Ledger, dossier: str) -> str:
    return lookup.department_of(ledger, dossier) or own_department(ledger, ledger.member_id)


def _written(draft: Draft, path: str, record: Record, action: str, *, dry_run: bool) -> Stepped:
    commit = None if dry_run else draft.commit(action, record.kind)
    return Stepped(record.id, record.state or "", path, commit)
