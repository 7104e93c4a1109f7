"""What the last check found, dossier by dossier, sealed; and which dossiers have to be looked at again.

A finding in a dossier depends on its files and their history, its wraps, the set-up (organisation,
policy, kinds), the keys of the member, the day, and on whether what it refers to is there. Whatever of
these cannot be said to be the same makes the whole ledger be checked again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from crmctl import __version__
from crmctl.errors import CrmctlError
from crmctl.ledger.checking.lineage import Past, continues, past_of
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.in_force import CLEAR
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.notes import Notes
from crmctl.model.findings import Finding
from crmctl.model.monthly import rows_in
from crmctl.model.paths import place_of
from crmctl.model.terms import next_change

FORMAT = 1
_NOTE = "checked"
_UNITS = ("customers", "offices")
_OF_HISTORY = frozenset({"CHK012", "CHK013", "CHK014", "CHK031"})


@dataclass(slots=True)
class Unit:
    """What a check found in one dossier. It holds until day `until` at the latest (None: for ever)."""

    existing: int = 0
    opened: int = 0
    findings: list[Finding] = field(default_factory=list)
    refers_to: list[str] = field(default_factory=list)
    until: date | None = None


def unit_of(path: str) -> str | None:
    """The dossier's folder on main that a path of main or of the keyring belongs to; None outside of any."""
    parts = path.split("/")
    if parts[0] in {"customers", "dossiers"} and len(parts) > 3:
        return f"customers/{parts[1]}/{parts[2]}"
    return f"offices/{parts[1]}" if parts[0] == "offices" and len(parts) > 2 else None


@dataclass
class CheckNote:
    """The units as the last check left them, at `head` with the keyring's tree `keyring`."""

    ledger: Ledger
    set_up: str
    head: str
    keyring: str
    day: date
    until: date | None
    units: dict[str, Unit]
    removed: set[str]
    seen: bytes
    _looked_at: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, ledger: Ledger, units: dict[str, Unit], past: Past) -> CheckNote:
        """What a check of everything found."""
        until = next_change(ledger.in_force.org, ledger.today)
        set_up, keyring = _set_up(ledger), _tree(ledger)
        return cls(ledger, set_up, ledger.head, keyring, ledger.today, until, units, past.removed, _packed(past))

    @classmethod
    def load(cls, ledger: Ledger) -> CheckNote | None:
        """The last check's note; None where there is none that holds for this set-up and day."""
        content = _notes(ledger).read(_NOTE)
        if content is None:
            return None
        size = int.from_bytes(content[:8], "big")
        try:
            note = cls._decoded(ledger, json.loads(bytes(content[8 : 8 + size])), bytes(content[8 + size :]))
        except (ValueError, KeyError, TypeError):
            return None
        fits = note.set_up == _set_up(ledger) and note.day <= ledger.today
        return note if fits and (note.until is None or ledger.today < note.until) else None

    @property
    def is_present(self) -> bool:
        """Whether nothing at all has changed since."""
        today = self.ledger.today
        return (
            self.head == self.ledger.head and self.keyring == _tree(self.ledger)
            and not any(unit.until and today >= unit.until for unit in self.units.values())
        )  # fmt: skip

    @property
    def outer_names(self) -> list[str]:
        """The names in main's root that hold no dossiers."""
        return [name for name in self.ledger.repo.tree(self.ledger.head) if name not in _UNITS]

    def to_look_at(self) -> set[str] | None:
        """The units to be checked again; None: all."""
        repo, today = self.ledger.repo, self.ledger.today
        try:
            changes = repo.changed(self.head, self.ledger.head)
            wraps = repo.changed(self.keyring or None, _tree(self.ledger) or None)
        except CrmctlError:  # that state was cleared away
            return None
        strays = [finding for finding in self.units.get("", Unit()).findings if finding.where.startswith(_UNITS)]
        if strays or any(change.path.startswith("groups/") for change in wraps):
            return None
        found: set[str] = set()
        for change in [*changes, *wraps]:
            unit = unit_of(change.path)
            if unit is None and change.path.startswith(_UNITS):
                return None
            if unit is not None:
                found.add(unit)
        gone = set(self._vanished(changes))
        found |= {
            name for name, known in self.units.items()
            if any(one.severity != "info" for one in known.findings) or (known.until and today >= known.until)
            or not gone.isdisjoint(known.refers_to)
        }  # fmt: skip
        if self._has_twin(found):
            return None
        self._looked_at = {"", *found}
        return found - {""}

    def past_since(self) -> Past | None:
        """What came since on first-parent history; None where all of it has to be read again.

        That is so when main was rewound or landed elsewhere, a blob came back or a removed path
        did, or the history had something wrong before.
        """
        if any(finding.code in _OF_HISTORY for unit in self.units.values() for finding in unit.findings):
            return None
        if not continues(self.ledger, self.head):
            return None
        past = past_of(self.ledger, self.head)
        before = _oids(self.seen)
        back = any(path in self.removed for path, old in past.before.items() if old is None)
        return None if past.came_twice or back or not before.isdisjoint(past.homes) else past

    def update(self, units: Mapping[str, Unit], past: Past) -> None:
        """Take over what was found anew, and keep it."""
        for name in self._looked_at:
            self.units.pop(name, None)
        self.units.update(units)
        self.removed |= past.removed
        self.seen += _packed(past)
        self.head, self.keyring, self.day = self.ledger.head, _tree(self.ledger), self.ledger.today
        self.keep()

    def keep(self) -> None:
        """Seal it for the next run, where that can be done just now."""
        head = json.dumps(self._encoded(), ensure_ascii=False).encode("utf-8", "surrogatepass")
        _notes(self.ledger).write(_NOTE, len(head).to_bytes(8, "big"), head, self.seen)

    def _has_twin(self, found: set[str]) -> bool:
        fresh = {name.casefold() for name in found if name not in self.units}
        return any(name.casefold() in fresh for name in self.units)

    def _vanished(self, changes: Iterable[PathChange]) -> Iterator[str]:
        """Ids of what was there at the last check and is not now, rows of monthly files too."""
        monthly = {kind.folder for kind in self.ledger.in_force.kinds.values() if kind.monthly}
        for change in changes:
            place = place_of(change.path)
            if change.old_oid is None or place is None:
                continue
            if place.folder in monthly:
                yield from _rows(self.ledger, change.path, change.old_oid) - _rows(
                    self.ledger, change.path, change.new_oid
                )
            elif change.new_oid is None:
                yield from (place.record_id, place.dossier)

    def _encoded(self) -> dict[str, object]:
        units = {
            name: [
                unit.existing, unit.opened, [asdict(finding) for finding in unit.findings], unit.refers_to,
                unit.until.isoformat() if unit.until else None,
            ]
            for name, unit in self.units.items()
        }  # fmt: skip
        return {
            "set_up": self.set_up, "head": self.head, "keyring": self.keyring, "day": self.day.isoformat(),
            "until": self.until.isoformat() if self.until else None, "units": units, "removed": sorted(self.removed),
        }  # fmt: skip

    @classmethod
    def _decoded(cls, ledger: Ledger, raw: Mapping[str, Any], seen: bytes) -> CheckNote:
        units = {
            name: Unit(existing, opened, list(map(_finding, findings)), refers_to, _day(until))
            for name, (existing, opened, findings, refers_to, until) in raw["units"].items()
        }
        return cls(
            ledger, raw["set_up"], raw["head"], raw["keyring"], date.fromisoformat(raw["day"]), _day(raw["until"]),
            units, set(raw["removed"]), seen,
        )  # fmt: skip


def _finding(raw: Mapping[str, Any]) -> Finding:
    args = {name: tuple(value) if isinstance(value, list) else value for name, value in raw["args"].items()}
    return Finding(**{**raw, "args": args})


def _set_up(ledger: Ledger) -> str:
    """A digest of everything that all findings depend on: the set-up, the groups' wraps, who the member is."""
    root = ledger.repo.tree(ledger.head)
    tip = ledger.keyring.tip
    groups = ledger.repo.entry(tip, "groups") if tip else None
    parts = [
        str(FORMAT), __version__, *(root[name].oid for name in CLEAR if name in root), groups.oid if groups else "",
        *ledger.ring.readers, ledger.identity.opens,
    ]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _rows(ledger: Ledger, path: str, oid: str | None) -> set[str]:
    try:
        return {str(row.get("id")) for row in rows_in(ledger.read(path, oid).data)} if oid else set()
    except CrmctlError:
        return set()


def _packed(past: Past) -> bytes:
    return b"".join(map(bytes.fromhex, past.homes))


def _oids(packed: bytes) -> set[str]:
    text = packed.hex()
    return {text[start : start + 40] for start in range(0, len(text), 40)}


def _tree(ledger: Ledger) -> str:
    tip = ledger.keyring.tip
    return (ledger.repo.root(tip) or "") if tip else ""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _notes(ledger: Ledger) -> Notes:
    return Notes(ledger.repo, ledger.identity, keep=ledger.at is None)
