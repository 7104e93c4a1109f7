"""Audits: a sample that anybody can draw again, what was found in each record of it, and when the next is due.

A record's place in the draw is the SHA-256 of the seed and its id: the lowest come first. So a sample depends on
nothing but the seed, the ids that were there, and how many were wanted (R-AUD-01, R-AUD-02). Ids stand in the clear:
who audits need not open what he draws, and asks for reading rights of just those records.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from crmctl.errors import BadConfiguration, InvalidInput, NotFound, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import HERE_AND_NOW, Draft
from crmctl.ledger.changing.entry import Entered, advance, own_department, update
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.kind_names import kind_named
from crmctl.ledger.reading.people import must_be_department
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.workdays import work_calendar
from crmctl.model.duration import DurationError, with_values
from crmctl.model.kinds import Kind
from crmctl.model.paths import lies_there, place_of
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.rules.deadline import deadline

KIND = "audit"
REST = "rest"
_PERIOD = "audit_every"
_SEED_BYTES = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample: the records' ids and paths in the order drawn, out of how many, by which seed and state."""

    kind: Kind
    department: str
    seed: str
    state: str
    existing: int
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """An audit begun: its id (empty on a dry run) and the sample."""

    id: str
    drawn: Drawn


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit as the list shows it. `open` are faults not settled yet; `due` whether the next one is late."""

    id: str
    department: str
    on: str
    of: str
    by: str
    state: str
    sampled: int
    judged: int
    faults: int
    open: int
    next_on: str | None
    late: bool


def draw(ledger: Ledger, of: str, department: str, size: int, seed: str, *, seen: Ledger | None = None) -> Drawn:
    """Draw `size` records of a kind in a department from what has landed (`seen`). Raises NotFound, UsageError."""
    kind = kind_named(ledger, of)
    if kind.monthly:
        raise UsageError(
            _("{kind} is kept by the month: its entries are not drawn one by one", kind=label(kind.label)),
            hint=_("Audit what stands beside it: --of customer, contract or invoice"),
        )
    must_be_department(ledger, department)
    seen = seen or ledger.landed
    there = _there(seen, kind, department)
    chosen = sorted(there, key=lambda record_id: (_place(seed, record_id), record_id))[:size]
    return Drawn(kind, department, seed, seen.head, len(there), tuple((one, there[one]) for one in chosen))


def run(
    ledger: Ledger, of: str, size: int, *, department: str | None = None, seed: str | None = None, dry_run: bool = False
) -> Run:
    """Begin an audit with a sample. Raises NotFound when there is nothing to draw, Refused, InvalidInput."""
    chosen = department or own_department(ledger, ledger.member_id)
    drawn = draw(ledger, of, chosen, size, seed or secrets.token_hex(_SEED_BYTES))
    if not drawn.records:
        raise NotFound(_("There is nothing to audit: no {kind} there", kind=label(drawn.kind.label)), where=chosen)
    draft = Draft(ledger)
    values: dict[str, object] = {
        "on": ledger.today.isoformat(), "of": drawn.kind.name, "by": ledger.member_id, "seed": drawn.seed,
        "drawn_from": drawn.state, "existing": drawn.existing,
        "items": [{"record": record_id} for record_id, _path in drawn.records],
    }  # fmt: skip
    kept = draft.new_record(draft.kind(KIND), f"office/{chosen}", chosen, values)
    if dry_run:
        return Run("", drawn)
    draft.commit("add", KIND)
    return Run(kept.id, drawn)


def note(
    ledger: Ledger, audit: str, record: str, values: Mapping[str, object], *, dry_run: bool = False
) -> Entered:  # fmt: skip
    """Say what was found in one record of an audit (`rest`: in each that has no result yet).

    `values` are fields of an item; None takes one away. Raises NotFound for a record that was not drawn.
    """
    found, before = _audit(ledger, audit)
    items = _items(before)
    meant = [item for item in items if not item.get("result")] if record == REST else _named(items, record, found)
    for item in meant:
        for name, value in values.items():
            item[name] = value  # type: ignore[assignment]
    cleaned = [{name: value for name, value in item.items() if value is not None} for item in items]
    return update(ledger, found, {"items": cleaned}, HERE_AND_NOW, dry_run=dry_run)


def finish(
    ledger: Ledger, audit: str, values: Mapping[str, object], *, next_on: date | None = None, dry_run: bool = False
) -> Entered:
    """End an audit once each record of it has a result; the next is due after the policy's `audit_every`.

    Raises InvalidInput while a record lacks its result, BadConfiguration when `audit_every` is no span of time.
    """
    found, _before = _audit(ledger, audit)
    due = next_on or next_day(ledger, ledger.today)
    if due is None:
        raise UsageError(
            _("Say when the next audit is: --next DATE"), hint="crmctl policy set audit_every '3 months'"
        )  # fmt: skip
    return advance(ledger, found, "finished", {**values, "next_on": due.isoformat()}, HERE_AND_NOW, dry_run=dry_run)


def next_day(ledger: Ledger, day: date) -> date | None:
    """The day of the next audit by the policy's period; None where the policy leaves it open."""
    text = ledger.in_force.pack.values.get(_PERIOD)
    if text is None:
        return None
    try:
        span = with_values(str(text), {})
    except DurationError as error:
        raise BadConfiguration(
            _("Not a span of time: {text}", text=text), where=f"policy ({_PERIOD})",
            hint="crmctl policy set audit_every '3 months'",
        ) from error  # fmt: skip
    return deadline(work_calendar(ledger), day, span).day


def audits(ledger: Ledger) -> list[Audit]:
    """The audits this member can open, the newest first."""
    connection = connect(ledger, [KIND])
    rows = connection.execute(
        """SELECT id, department, "on", "of", "by", state,
             (SELECT count(*) FROM json_each(items)),
             (SELECT count(*) FROM json_each(items) i WHERE json_extract(i.value, '$.result') IS NOT NULL),
             (SELECT count(*) FROM json_each(items) i WHERE json_extract(i.value, '$.result') = 'fault'),
             (SELECT count(*) FROM json_each(items) i WHERE json_extract(i.value, '$.result') = 'fault'
                AND json_extract(i.value, '$.settled_on') IS NULL),
             next_on,
             row_number() OVER (
               PARTITION BY department, "of" ORDER BY "on" DESC, next_on IS NULL DESC, entered_at DESC, id DESC)
           FROM audit ORDER BY "on" DESC, id DESC"""
    ).fetchall()
    today = ledger.today.isoformat()
    late = [nth == 1 and following is not None and following < today for *_row, following, nth in rows]
    return [Audit(*[*row[:-1], is_late]) for row, is_late in zip(rows, late, strict=True)]


def drawn_again(ledger: Ledger, audit: str) -> tuple[Drawn, list[str]]:
    """The sample of an audit drawn anew from its seed and state, and the records in which it differs from what is kept.

    Raises NotFound where that state of the ledger is not here.
    """
    found, record = _audit(ledger, audit)
    data = record.data
    kept = [str(item.get("record")) for item in _items(record)]
    if not data.get("seed") or not data.get("drawn_from"):
        raise NotFound(_("This audit was not drawn by chance"), where=found)
    if ledger.repo.resolve(str(data["drawn_from"])) is None:
        raise NotFound(_("The state it was drawn from is not here"), where=found, hint="crmctl sync")
    then = ledger.standing_on(str(data["drawn_from"]))
    department = record.dossier.removeprefix("office/")
    again = draw(ledger, str(data["of"]), department, len(kept), str(data["seed"]), seen=then)
    differs = sorted(set(kept) ^ {record_id for record_id, _path in again.records})
    return again, differs + (["existing"] if data.get("existing") != again.existing else [])


def _there(ledger: Ledger, kind: Kind, department: str) -> dict[str, str]:
    """The ids of a kind's records in a department, with their paths, readable or not."""
    found: dict[str, str] = {}
    for path, _oid in ledger.record_blobs():
        place = place_of(path)
        if place is None or not place.is_record or not lies_there(kind, place):
            continue
        if kind.scope == "core":
            concerned = department in ledger.dossier(place.dossier).assignments
        elif kind.scope == "office":
            concerned = place.dossier == f"office/{department}"
        else:
            concerned = place.compartment.partition("/")[0] == department
        if concerned:
            found[place.dossier if kind.single else place.record_id] = path
    return found


def _place(seed: str, record_id: str) -> str:
    return hashlib.sha256(f"{seed}:{record_id}".encode()).hexdigest()


def _audit(ledger: Ledger, what: str) -> tuple[str, Record]:
    found = lookup.record(ledger, what)
    if found.kind != KIND:
        raise InvalidInput(_("This is no audit"), where=found.id, hint="crmctl audit list")
    return found.id, ledger.read(found.path)


def _items(record: Record) -> list[dict[str, Value]]:
    items = record.data.get("items")
    return [dict(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _named(items: list[dict[str, Value]], record: str, audit: str) -> list[dict[str, Value]]:
    meant = [item for item in items if str(item.get("record")).startswith(record.upper())]
    if len(meant) != 1:
        raise NotFound(
            _("{record} is not one of the records drawn", record=record), where=audit, hint=f"crmctl show {audit}"
        )
    return meant
