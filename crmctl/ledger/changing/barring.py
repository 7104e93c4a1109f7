"""What a barred customer gets no more: asked by every draft, and by `check` of what is there (R-BLK-04, R-BLK-05).

Costs nothing but a look at a few folders where no entry exists. What a member cannot open bars
nothing here: the check of somebody who can finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from crmctl.errors import BadConfiguration, CrmctlError, Refused
from crmctl.i18n import N_, _, finding_text, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import SUFFIX, place_of, record_path
from crmctl.model.values import Value
from crmctl.policy.blacklist import Barred, Blacklist, Level, read_blacklist
from crmctl.policy.effective import Key
from crmctl.rules.blacklist import Bar, barring, bars, deed_day, in_order, listed_of, warned_elsewhere
from crmctl.rules.duplicates import Duplicate, Identity, Register, identity_of

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.reading.proposed import Proposed

_CARD = "customer"
_LEGAL = "legal_person"
_MANY = frozenset({"aliases"})


@dataclass
class Listing:
    """The list as this member can open it: its entries on main, what they bar, and the parties they name."""

    ledger: Ledger
    rules: Blacklist
    rows: list[dict[str, Value]] = field(default_factory=list)

    @cached_property
    def bars(self) -> list[Bar]:
        """What the entries bar, those of all departments first."""
        return in_order(bar for row in self.rows for bar in self._bars_of(row))

    def _bars_of(self, row: Mapping[str, Value]) -> list[Bar]:
        office = str(row["dossier"]).removeprefix("office/")
        one = listed_of(str(row["id"]), office, row)
        return bars([one], self.levels_of(office if row.get("of_department") else None, one.since))

    def levels_of(self, department: str | None, since: date | None) -> Mapping[str, Level]:
        """The levels as they count for a department's entry that began on a day."""
        rules = rules_of(self.ledger, department, since)
        return rules.levels if rules else {}

    @cached_property
    def register(self) -> Register:
        """The listed parties, to be recognised under other names (R-BLK-12)."""
        return Register(self.identities)

    @cached_property
    def identities(self) -> list[Identity]:
        """What each entry's party is known by."""
        card = self.ledger.in_force.kinds[_CARD]
        return [identity_of(card, row, str(row["id"])) for row in self.rows]

    def bar(self, entry: str) -> Bar | None:
        """What an entry bars."""
        return next((bar for bar in self.bars if bar.entry == entry), None)

    def alike(self, data: Mapping[str, Value]) -> Iterator[tuple[Bar, Duplicate | None]]:
        """The bars of listed parties that a card's data may mean; None: only the legal person is the same."""
        card = self.ledger.in_force.kinds[_CARD]
        found = {one.id: one for one in self.register.find(identity_of(card, data, ""))}
        person = data.get(_LEGAL)
        same = {str(row["id"]) for row in self.rows if person and row.get(_LEGAL) == person}
        for bar in self.bars:
            if bar.entry in found or bar.entry in same:
                yield bar, found.get(bar.entry)


# An import asks for every row; a ledger object stands on one commit for ever.
_KNOWN: WeakKeyDictionary[Ledger, Listing | None] = WeakKeyDictionary()
_RULES: WeakKeyDictionary[Ledger, dict[Key, Blacklist | None]] = WeakKeyDictionary()


def listing(ledger: Ledger) -> Listing | None:
    """The blacklist as the member can open it; None where the policy has none. Raises BadConfiguration.

    What waits for approval bars nobody yet, and frees nobody.
    """
    if ledger not in _KNOWN:
        rules = rules_of(ledger)
        _KNOWN[ledger] = Listing(ledger, rules, list(_rows(ledger.landed, rules))) if rules else None
    return _KNOWN[ledger]


def waiting_rows(ledger: Ledger) -> list[dict[str, Value]]:
    """The entries as the member's own changes would make them, as far as these wait for approval."""
    rules = rules_of(ledger)
    kind = ledger.in_force.kinds[rules.kind] if rules else None
    waiting = {path for path in ledger.pending_paths if kind and f"/{kind.folder}/" in path}
    return [row for row in _rows(ledger, rules) if row["path"] in waiting] if rules and waiting else []


def rules_of(ledger: Ledger, department: str | None = None, day: date | None = None) -> Blacklist | None:
    """What the policy says of its blacklist, for a department's entry that begins on a day (today).

    Raises BadConfiguration with every fault.
    """
    effective, since = ledger.in_force.values, day or ledger.today
    known, key = _RULES.setdefault(ledger, {}), effective.key(since, department)
    if key not in known:
        known[key] = _read(ledger, effective.since(since, ledger.today, department))
    return known[key]


def _read(ledger: Ledger, values: Mapping[str, Value]) -> Blacklist | None:
    in_force = ledger.in_force
    if not in_force.pack.blacklist:
        return None
    rules, findings = read_blacklist(in_force.pack.blacklist, values, in_force.kinds, "policy")
    if findings:
        raise BadConfiguration(_("The policy's blacklist does not load"), findings=findings, hint="crmctl policy check")
    return rules


def guard(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, object],
    after: Mapping[str, Value],
) -> None:  # fmt: skip
    """Refuse a new or changed record that the blacklist forbids. Raises Refused (BLK001, or a step's rule)."""
    rules = rules_of(draft.ledger)
    if rules is None:
        return
    if kind.name == rules.kind:
        from crmctl.ledger.changing.blacklist_steps import must_be_allowed

        must_be_allowed(draft.ledger, rules_for(draft.ledger, dossier_id, after) or rules, dossier_id, before, after)
    barred = rules.barred.get(kind.name)
    if barred and not is_office(dossier_id):
        _refuse_deed(draft, barred, kind, dossier_id, compartment, before, after)


def rules_for(ledger: Ledger, office: str, entry: Mapping[str, object]) -> Blacklist | None:
    """What the policy says of the blacklist for an entry in an office, from its first day on."""
    since = entry.get("valid_from")
    return rules_of(ledger, office.partition("/")[2], date.fromisoformat(str(since)) if since else None)


def guard_file(ledger: Ledger, path: str) -> None:
    """Refuse to take an entry out or set it back past its steps (R-BLK-20). Raises Refused."""
    place, rules = place_of(path), rules_of(ledger)
    if place is None or rules is None or not place.is_record:
        return
    folders = {ledger.in_force.kinds[name].folder for name in (rules.kind, rules.notice) if name}
    if is_office(place.dossier) and place.folder in folders:
        raise Refused(
            _("An entry of the blacklist is neither deleted nor taken back"), where=place.record_id, rule="BLK020",
            hint=f"crmctl blacklist reject {place.record_id}",
        )  # fmt: skip


def intake(ledger: Ledger, data: Mapping[str, Value], department: str, checked: str | None) -> list[Finding]:
    """Whether a new customer is a listed party (R-BLK-12). Returns warnings.

    Raises Refused (BLK005) for a sure match with a party barred in that department, unless
    `checked` says why it is another one.
    """
    known = listing(ledger)
    found = []
    for bar, duplicate in known.alike(data) if known else ():
        if not bar.covers(ledger.today):
            continue
        told = known.rules.levels[bar.level].intake if known else "nothing"
        sure = duplicate is not None and duplicate.strength == "exact"
        if sure and told == "refuse" and bar.reaches(department) and not checked:
            raise Refused(
                _("This party is on the blacklist: {what}", what=told_of(ledger, bar, ledger.today)), rule="BLK005",
                where=bar.entry, findings=_reasons(bar, duplicate),
                hint=_("If it is another one: --not-duplicate REASON"),
            )  # fmt: skip
        if told != "nothing":
            found += _reasons(bar, duplicate)
    return found + (list(_of_the_group(known, data, department, ledger.today)) if known else [])


def _of_the_group(known: Listing, data: Mapping[str, Value], department: str, day: date) -> Iterator[Finding]:
    """Warn where the party's parent is barred: a subsidiary is another party, and may be the way round."""
    for bar in known.bars:
        if data.get("parent") == bar.customer and bar.covers(day) and bar.reaches(department):
            args: dict[str, object] = {"what": told_of(known.ledger, bar, day)}
            yield Finding("BLK005", N_("Its parent is on the blacklist: {what}"), "warning", bar.entry, "parent", args)


def told_of(ledger: Ledger, bar: Bar, day: date) -> str:
    """`BL-… (company, in force, since 2026-08-31, until 2027-02-28)` in the user's language."""
    level = label(ledger.in_force.pack.vocab.get("blacklist_level", {}).get(bar.level, bar.level))
    until = _("until {day}", day=bar.until) if bar.until else _("without an end")
    since = _("since {day}", day=bar.since)
    return f"{bar.entry} ({level}, {standing(bar, day)}, {since}, {until})"


def standing(bar: Bar, day: date) -> str:
    """How a bar stands on a day, in the user's words."""
    return {
        "in force": _("in force"), "expired": _("expired, not readmitted"), "shortened": _("cut short, not readmitted"),
        "lifted": _("lifted"), "readmitted": _("readmitted"), "not yet": _("not yet in force"),
    }[bar.why(day)]  # fmt: skip


def barred_records(ledger: Ledger) -> list[Finding]:
    """Records dated inside a bar, among those the member can open (rule BLK001)."""
    known = listing(ledger)
    if known is None or not known.bars:
        return []
    kinds = ledger.in_force.kinds
    connection = connect(ledger, [name for name in known.rules.barred if name in kinds])
    return [
        Finding("BLK001", N_("Dated {day}, while {customer} was barred by {entry}"), "error", path, barred.at or "",
                {"day": day, "customer": dossier, "entry": bar.entry})
        for barred in known.rules.barred.values() if not barred.warns
        for dossier, department, day, path in _deeds(connection, kinds[barred.kind], barred)
        if (bar := barring(known.bars, dossier, department, day))
    ]  # fmt: skip


def vanished_entries(ledger: Ledger) -> list[Finding]:
    """Entries that history knows and the ledger has no more (R-BLK-20); no key is needed to see it."""
    rules, repo = rules_of(ledger), ledger.repo
    if rules is None:
        return []
    kinds = [ledger.in_force.kinds[name] for name in (rules.kind, rules.notice) if name]
    folders = [f":(glob)offices/*/{kind.compartment}*/{kind.folder}/*" for kind in kinds]
    words = ("log", "--first-parent", "-m", "--diff-filter=D", "--no-renames", "--name-only", "-z", "--format=")
    patterns = {"GIT_LITERAL_PATHSPECS": "0"}  # our Git takes paths as they are
    gone = repo.run(*words, ledger.head, "--", *folders, env=patterns).decode("utf-8", "surrogateescape").split("\0")
    return [
        Finding("BLK020", N_("An entry of the blacklist is gone"), "error", path)
        for path in sorted({name.strip() for name in gone})
        if path.endswith(SUFFIX) and repo.entry(ledger.head, path) is None
    ]


def deed_faults(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, object],
    after: Mapping[str, Value],
) -> list[Finding]:  # fmt: skip
    """What the list as it stands says of a record that waits for review: barred meanwhile, or warned of.

    Of an entry, what the policy forbids it to say or become; whoever made it may have gone round his own crmctl.
    """
    rules = rules_of(draft.ledger)
    if rules is not None and kind.name == rules.kind:
        from crmctl.ledger.changing.blacklist_steps import step_faults

        own = rules_for(draft.ledger, dossier_id, after) or rules
        made = None if before else after.get("proposed_on")
        day = date.fromisoformat(str(made)) if made else draft.ledger.today
        return list(step_faults(draft.ledger, own, dossier_id, before, after, day))
    barred = rules.barred.get(kind.name) if rules else None
    if barred is None or is_office(dossier_id):
        return []
    try:
        _refuse_deed(draft, barred, kind, dossier_id, compartment, before, after)
    except Refused as error:
        args: dict[str, object] = {"text": error.what}
        return [Finding(error.rule or "BLK001", N_("{text}"), "error", dossier_id, barred.at or "", args)]
    return draft.findings


def _refuse_deed(
    draft: Proposed, barred: Barred, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, object],
    after: Mapping[str, Value],
) -> None:  # fmt: skip
    ledger = draft.ledger
    day = deed_day(barred, before, after, ledger.today)
    known = listing(ledger) if day else None
    if day is None or known is None or not known.rows:
        return
    department = compartment.partition("/")[0]
    bar = barring(known.bars, dossier_id, department, day)
    if bar and barred.warns:
        said: dict[str, object] = {"what": told_of(ledger, bar, day)}
        message = N_("The customer is on the blacklist: {what}")
        draft.findings.append(Finding("BLK001", message, "warning", dossier_id, barred.at or "", said))
        return
    if bar:
        raise Refused(
            _("No {kind}: the customer is on the blacklist, {what}", kind=label(kind.label),
              what=told_of(ledger, bar, day)),
            where=dossier_id, rule="BLK001",
            hint=_("Taking in payments and closing complaints stay open; back only by: crmctl blacklist readmit {id}",
                   id=bar.entry),
        )  # fmt: skip
    elsewhere = warned_elsewhere(known.bars, known.rules, dossier_id, department, day)
    if elsewhere:
        args: dict[str, object] = {"what": told_of(ledger, elsewhere, day)}
        message = N_("Another department has this customer on its blacklist: {what}")
        draft.findings.append(Finding("BLK004", message, "warning", dossier_id, "", args))
    draft.findings += _under_another_name(draft, known, dossier_id, department, day)


def _under_another_name(
    draft: Proposed, known: Listing, dossier_id: str, department: str, day: date
) -> Iterator[Finding]:
    """Warn where the customer's card says that it is a listed party with a dossier of its own."""
    card = draft.ledger.in_force.kinds[_CARD]
    try:
        data = draft.record(record_path(card, dossier_id, "core", dossier_id)).data
    except CrmctlError:
        return
    for bar, duplicate in known.alike(data):
        if bar.customer != dossier_id and bar.covers(day) and bar.reaches(department):
            yield from _reasons(bar, duplicate)
    yield from _of_the_group(known, data, department, day)


def _reasons(bar: Bar, duplicate: Duplicate | None) -> list[Finding]:
    if duplicate is None:
        message = N_("The party of {id} on the blacklist has the same legal representative")
        return [Finding("BLK005", message, "warning", bar.entry, "", {"id": bar.entry})]
    return [
        Finding("BLK005", N_("May be on the blacklist: {why}"), "warning", bar.entry, "", {"why": finding_text(one)})
        for one in duplicate.findings(bar.entry)
    ]


def _deeds(connection: Connection, kind: Kind, barred: Barred) -> Iterator[tuple[str, str | None, date, str]]:
    """(customer, department, day, path#id) of each record that is business; undated ones by their first entry."""
    day = f'"{barred.at.replace(".", "_")}"' if barred.at else "NULL"
    first = "CASE WHEN rev = 1 THEN entered_on END" if not kind.monthly else "NULL"
    sql = f"SELECT dossier, department, coalesce({day}, {first}) AS day, path, id FROM \"{kind.table}\" WHERE day <> ''"  # noqa: S608 - compiled names
    for dossier, department, text, path, record_id in connection.execute(sql):
        where = f"{path}#{record_id}" if kind.monthly else path
        yield dossier, department, date.fromisoformat(text), where


def _rows(ledger: Ledger, rules: Blacklist) -> Iterator[dict[str, Value]]:
    kinds = [ledger.in_force.kinds[name] for name in (rules.kind, rules.notice) if name]
    present = [kind for kind in kinds if _any(ledger, kind)]
    if not present:
        return
    connection = connect(ledger, [kind.name for kind in present])
    seen: set[str] = set()
    for kind in present:
        names = [name for name, _found in kind.walk() if "." not in name and name != "approvals"]
        fixed = ["id", "dossier", "path", "state"]
        columns = ", ".join(f'"{name}"' for name in [*fixed, *names])
        for cells in connection.execute(f'SELECT {columns} FROM "{kind.table}" ORDER BY id'):  # noqa: S608 - compiled
            row = dict(zip([*fixed, *names], cells, strict=True))
            row |= {name: json.loads(row[name]) for name in _MANY if row.get(name)}
            # a notice speaks for an entry that is not this member's to open
            row["id"] = str(row.get("entry") or row["id"])
            if row["id"] not in seen:
                seen.add(row["id"])
                yield row


def _any(ledger: Ledger, kind: Kind) -> bool:
    """Whether an office holds any record of the kind, in whatever part."""
    repo = ledger.repo
    for name in ledger.in_force.org.departments:
        office = repo.entry(ledger.head, f"offices/{name}")
        for part, entry in repo.tree(office.oid).items() if office else ():
            if (
                part.partition(".")[0] == kind.compartment
                and entry.kind == "tree"
                and kind.folder in repo.tree(entry.oid)
            ):
                return True
    return False


def intake_names(ledger: Ledger, rules: Blacklist) -> list[str]:
    """The fields of a card that an entry repeats, so that its party is recognised without the card."""
    kind = ledger.in_force.kinds[rules.kind]
    return [name for name in (*ledger.in_force.kinds[_CARD].identity, "phone", _LEGAL) if kind.field(name)]
