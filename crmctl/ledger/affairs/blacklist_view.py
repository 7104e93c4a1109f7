"""What the blacklist says, for a person to read: its entries, and who on it a party may be (R-BLK-12, R-BLK-13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from crmctl.i18n import _, finding_text, label
from crmctl.ledger.affairs.blacklisting import the_list
from crmctl.ledger.changing.barring import standing, told_of, waiting_rows
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.model.paths import record_path
from crmctl.model.validate import Rules, validate
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry: whose, where it bars (None: everywhere), its days, and how it stands in the user's words."""

    id: str
    customer: str
    name: str | None
    level: str
    department: str | None
    state: str
    since: date | None
    until: date | None
    barred: bool
    standing: str


@dataclass(frozen=True, slots=True)
class Match:
    """A listed party that somebody may be. `strength` exact is a sure match."""

    entry: str
    customer: str
    strength: str
    what: str
    why: str


def entries(ledger: Ledger, day: date, level: str | None = None, *, everything: bool = False) -> list[EntryLine]:
    """The entries that bar on a day, or all there are, as far as this member can open them."""
    found = the_list(ledger)
    states = ledger.in_force.kinds[found.rules.kind].states
    waiting = waiting_rows(ledger) if everything else []
    lines = []
    for row in (*found.rows, *waiting):
        bar = None if row in waiting else found.bar(str(row["id"]))
        barred = bar is not None and bar.covers(day)
        if (level and row["level"] != level) or not (everything or barred):
            continue
        stands = standing(bar, day) if bar else label(states.get(str(row["state"]), str(row["state"])))
        stands = _("{state}: waits for approval", state=stands) if row in waiting else stands
        lines.append(EntryLine(
            str(row["id"]), str(row["customer"]), str(row["name"]) if row.get("name") else None, str(row["level"]),
            str(row["of_department"]) if row.get("of_department") else None, str(row["state"]),
            bar.since if bar else None, bar.until if bar else None, barred, stands,
        ))  # fmt: skip
    return lines


def matches(ledger: Ledger, who: str | None, said: Mapping[str, object]) -> list[Match]:
    """Entries whose party the customer `who`, or a party with these fields, may be. Raises InvalidInput, NotFound."""
    found = the_list(ledger)
    card = ledger.in_force.kinds["customer"]
    dossier = lookup.customer(ledger, who) if who else ""
    data: Mapping[str, Value] = (
        ledger.read(record_path(card, dossier, "core", dossier)).data if dossier else _canonical(ledger, said)
    )
    day, matched = ledger.today, []
    own = [bar for bar in found.bars if bar.customer == dossier and bar.covers(day)]
    matched += [Match(b.entry, b.customer, "exact", told_of(ledger, b, day), _("it is this customer")) for b in own]
    for bar, duplicate in found.alike(data):
        if bar in own or not bar.covers(day):
            continue
        reasons = duplicate.findings("") if duplicate else ()
        why = [finding_text(one) for one in reasons] or [_("the same legal representative")]
        strength = duplicate.strength if duplicate else "weak"
        matched.append(Match(bar.entry, bar.customer, strength, told_of(ledger, bar, day), "; ".join(why)))
    return matched


def _canonical(ledger: Ledger, said: Mapping[str, object]) -> dict[str, Value]:
    """What was typed in the form records hold; raises InvalidInput for a code or number that is none."""
    from crmctl.errors import InvalidInput

    in_force = ledger.in_force
    rules = Rules(in_force.pack.vocab, (), in_force.settings.timezone, in_force.settings.currency)
    clean, findings = validate(in_force.kinds["customer"], {**said, "party_type": "company"}, rules, "blacklist check")
    faults = [one for one in findings if one.severity == "error"]
    if faults:
        raise InvalidInput(_("What was said of the party does not read"), findings=faults)
    return clean
