"""The steps of a blacklist entry: propose, verify, enter, file, shorten, readmit (R-BLK-02, -03, -08, -11).

What a step needs is held by the draft itself (`blacklist_steps`); here the records are made. An
entry that bars all departments gets a notice which all of them can open (R-BLK-13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.barring import Listing, intake_names, listing, rules_of
from crmctl.ledger.changing.blacklist_steps import approvals, may_act
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import own_department
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from crmctl.policy.blacklist import Blacklist
from crmctl.rules.blacklist import term_end, term_over

# What a notice repeats of its entry.
_POSTED = (
    "customer", "level", "name", "aliases", "invoice_name", "credit_code", "legal_person", "phone", "valid_from",
    "valid_to",
)  # fmt: skip
_MOVED = ("shortened_on", "readmitted_on")


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step wrote: the entry, its state, the commit (None on a dry run)."""

    id: str
    state: str
    commit: str | None


def the_list(ledger: Ledger) -> Listing:
    """The blacklist as the member can open it. Raises NotFound where the policy has none."""
    found = listing(ledger)
    if found is None:
        raise NotFound(_("The policy in force has no blacklist"), hint="crmctl policy adopt p23")
    return found


def propose(
    ledger: Ledger, who: str, level: str, values: Mapping[str, object], department: str | None = None, *,
    evidence: Path | None = None, dry_run: bool = False,
) -> Stepped:  # fmt: skip
    """Put a customer forward for the list. Raises InvalidInput, Refused, NotFound."""
    rules = the_list(ledger).rules
    if level not in rules.levels:
        raise NotFound(_("The policy has no such level of the blacklist"), hint=", ".join(rules.levels))
    dossier = lookup.customer(ledger, who)
    office = department or _office_of(ledger, dossier)
    draft = Draft(ledger)
    card = draft.record(record_path(ledger.in_force.kinds["customer"], dossier, "core", dossier)).data
    known = {name: card[name] for name in intake_names(ledger, rules) if name in card}
    own: dict[str, object] = {
        "customer": dossier, "level": level, "proposed_by": ledger.member_id, "proposed_on": ledger.today.isoformat(),
    }  # fmt: skip
    if values.get("accusation"):
        _must_be_upheld(draft, str(values["accusation"]), dossier)
    files = {"evidence": evidence} if evidence else None
    if rules.levels[level].bars == "own department":
        own["of_department"] = office
    kept = draft.new_record(draft.kind(rules.kind), f"office/{office}", office, {**known, **own, **values}, files=files)
    if values.get("accusation"):
        accusation = lookup.record(ledger, str(values["accusation"]))
        draft.new_version(accusation.path, {"blacklist": kept.id}, Origin())
    return _written(draft, kept.id, kept.record, "blacklist-propose", dry_run=dry_run)


def _must_be_upheld(draft: Draft, accusation: str, customer: str) -> None:
    """Another customer's accusation leads to the list only once it was looked into and upheld (R-BLK-18)."""
    found = lookup.record(draft.ledger, accusation)
    record = draft.record(found.path)
    if record.kind != "accusation" or record.data.get("accused") != customer or record.data.get("state") != "upheld":
        raise Refused(
            _("The accusation must be of this customer, looked into and upheld"), where=found.id, rule="BLK006",
            hint=f"crmctl show {found.id}",
        )  # fmt: skip


def verify(ledger: Ledger, entry: str, *, dry_run: bool = False) -> Stepped:
    """Say that the facts of a proposal hold."""
    return _step(ledger, entry, "verified", _signed(ledger, "verified"), "blacklist-verify", dry_run=dry_run)


def reject(ledger: Ledger, entry: str, reason: str, *, dry_run: bool = False) -> Stepped:
    """Say that a proposal does not come on the list, and why."""
    return _step(ledger, entry, "rejected", {"outcome": reason}, "blacklist-reject", dry_run=dry_run)


def enter(ledger: Ledger, entry: str, since: date | None = None, *, dry_run: bool = False) -> Stepped:
    """Put a proposal in force from a day on (today), for the level's term."""
    start = since or ledger.today
    if start < ledger.today:
        raise Refused(_("An entry begins today or later"), rule="BLK006", hint="--from DATE")
    data = _entry(ledger, entry).data
    level = the_list(ledger).levels_of(str(data.get("of_department")), start).get(str(data.get("level")))
    until = term_end(start, level.term if level else None)
    values = {
        **_signed(ledger, "decided"), "valid_from": start.isoformat(),
        "valid_to": until.isoformat() if until else None,
    }  # fmt: skip
    return _step(ledger, entry, "in_force", values, "blacklist-enter", dry_run=dry_run)


def acknowledge(ledger: Ledger, entry: str, *, dry_run: bool = False) -> Stepped:
    """Say that an entry was received and filed (R-BLK-03)."""
    return _step(ledger, entry, None, _signed(ledger, "acknowledged"), "blacklist-acknowledge", dry_run=dry_run)


def shorten(ledger: Ledger, entry: str, reason: str, on: date | None = None, *, dry_run: bool = False) -> Stepped:
    """End a term early (R-BLK-06); the customer stays barred until it is readmitted, where the policy says so."""
    values = {
        "shortened_by": ledger.member_id,
        "shortened_on": (on or ledger.today).isoformat(),
        "shorten_reason": reason,
    }
    return _step(ledger, entry, "shortened", values, "blacklist-shorten", dry_run=dry_run)


def readmit(
    ledger: Ledger, entry: str, change_note: str | None = None, admission: str | None = None,
    outcome: str | None = None, *, dry_run: bool = False,
) -> Stepped:  # fmt: skip
    """Approve that a customer comes back; the last approval the policy asks for frees it (R-BLK-08).

    Raises Refused before the term is over, without change note or passed admission, and for
    somebody whose approval is not asked for.
    """
    rules = the_list(ledger).rules
    record = _entry(ledger, entry)
    department = record.dossier.removeprefix("office/")
    given = approvals(record.data)
    open_roles = [role for role in rules.readmit.roles if role not in {one.get("role") for one in given}]
    draft = Draft(ledger)
    mine = [role for role in open_roles if may_act(draft, role, department)]
    if rules.readmit.roles and not mine:
        raise Refused(
            _("Your approval is not asked for here"), rule="BLK002", where=entry,
            hint=_("It is up to: {roles}", roles=", ".join(open_roles) or "-"),
        )  # fmt: skip
    added = [{"role": role, "who": ledger.member_id, "on": ledger.today.isoformat()} for role in mine[:1]]
    values: dict[str, object] = {"approvals": [*given, *added]}
    values |= {"change_note": change_note} if change_note else {}
    values |= {"admission": admission} if admission else {}
    if len(open_roles) > 1:
        _must_be_ready(rules, {**record.data, **values})
        return _step(ledger, entry, None, values, "blacklist-readmit", dry_run=dry_run)
    values |= {"readmitted_on": ledger.today.isoformat()}
    values["outcome"] = outcome or record.data.get("outcome") or change_note or record.data.get("change_note")
    return _step(ledger, entry, "readmitted", values, "blacklist-readmit", dry_run=dry_run)


def run_out(ledger: Ledger, department: str) -> list[str]:
    """The entries in force of a department's own list whose term is over (R-BLK-06)."""
    known = the_list(ledger)
    office = f"office/{department}"
    return [
        bar.entry for row in known.rows
        if row.get("state") == "in_force" and row.get("dossier") == office and "entry" not in row
        for bar in [known.bar(str(row["id"]))] if bar is not None and term_over(bar, ledger.today)
    ]  # fmt: skip


def expire(ledger: Ledger, entry: str, *, dry_run: bool = False) -> Stepped:
    """Say that an entry's term is over. It frees nobody: that takes a readmission. Raises Refused before that day."""
    return _step(ledger, entry, "expired", {}, "blacklist-expire", dry_run=dry_run)


def _must_be_ready(rules: Blacklist, data: Mapping[str, object]) -> None:
    missing = [name for name in rules.readmit.require if not data.get(name)]
    if missing:
        raise Refused(
            _("Readmitting needs: {names}", names=", ".join(missing)), rule="BLK006",
            hint="crmctl blacklist readmit ENTRY --change TEXT --admission A-…",
        )  # fmt: skip


def _step(
    ledger: Ledger, entry: str, state: str | None, values: Mapping[str, object], action: str, *, dry_run: bool
) -> Stepped:
    found = lookup.record(ledger, entry)
    draft = Draft(ledger)
    before = draft.record(found.path)
    kind = ledger.in_force.kinds[found.kind]
    if state and (before.state or "", state) not in kind.arrows:
        allowed = ", ".join(kind.arrows_from(before.state or "")) or "-"
        raise Refused(
            _("{id} cannot go from {present} to {target}", id=found.id, present=before.state, target=state),
            where=found.id, rule="REC010", hint=_("From here it may go to: {allowed}", allowed=allowed),
        )  # fmt: skip
    kept = draft.new_version(found.path, {**values, **({"state": state} if state else {})}, Origin(), found.id)
    if kept is None:
        return Stepped(found.id, before.state or "", ledger.head)
    _post(draft, kept.record)
    return _written(draft, found.id, kept.record, action, dry_run=dry_run)


def _post(draft: Draft, entry: Record) -> None:
    """Write or bring along the notice of an entry that bars all departments."""
    rules = rules_of(draft.ledger)
    level = rules.levels.get(str(entry.data.get("level"))) if rules else None
    if rules is None or level is None or rules.notice is None or not rules.posted(level):
        return
    kind = draft.kind(rules.notice)
    if entry.state not in kind.states:
        return
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


def _entry(ledger: Ledger, entry: str) -> Record:
    rules = the_list(ledger).rules
    found = lookup.record(ledger, entry)
    if found.kind != rules.kind:
        raise NotFound(_("There is no such entry on the blacklist: {id}", id=entry), hint="crmctl blacklist list --all")
    return ledger.read(found.path)


def _signed(ledger: Ledger, step: str) -> dict[str, object]:
    return {f"{step}_by": ledger.member_id, f"{step}_on": ledger.today.isoformat()}


def _office_of(ledger: Ledger, dossier: str) -> str:
    return lookup.department_of(ledger, dossier) or own_department(ledger, ledger.member_id)


def _written(draft: Draft, entry: str, record: Record, action: str, *, dry_run: bool) -> Stepped:
    commit = None if dry_run else draft.commit(action, record.kind)
    return Stepped(entry, record.state or "", commit)
