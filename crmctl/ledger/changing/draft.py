"""A change in the making: records checked and sealed, dossiers and wraps made, nothing written yet.

`commit` writes all of it as one signed commit of main with the keyring commit it needs, in one
transaction. Every intent (add, update, import) goes through a draft, so that all of them obey the
same rules.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.i18n import _, label
from crmctl.ledger.changing.addressing import must_stay
from crmctl.ledger.changing.arrows import must_follow
from crmctl.ledger.changing.confirmed import asked_to_confirm
from crmctl.ledger.changing.guards import guard, guard_file, guard_intake
from crmctl.ledger.changing.message import change_message, generation_trailers
from crmctl.ledger.changing.numbering import number_alone
from crmctl.ledger.changing.placing import Intent, place
from crmctl.ledger.changing.routing import card_by, route_trailers, tables
from crmctl.ledger.changing.sealed_record import seal_record
from crmctl.ledger.changing.unique import refuse_twin
from crmctl.ledger.changing.wrapping import Wrapping
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.attached import content_of, described
from crmctl.ledger.reading.kind_names import kind_named
from crmctl.ledger.reading.proposed import HERE_AND_NOW, GradeOf, Kept, Origin
from crmctl.ledger.reading.references import Present, new_dangling
from crmctl.model.dossier import Assignment, Dossier, is_office
from crmctl.model.findings import Finding
from crmctl.model.ids import new_id
from crmctl.model.kinds import Kind
from crmctl.model.merge import laid_over
from crmctl.model.monthly import Row, asked_in, asking, fields_of, find_row, outer_of, with_row
from crmctl.model.paths import addressed_to, attachment_path, compartment_of, place_of, record_path
from crmctl.model.record import Record
from crmctl.model.validate import Rules, validate
from crmctl.model.values import Value

__all__ = ["HERE_AND_NOW", "Draft", "Kept", "Origin"]


class Draft:
    """A change in the making on `ledger`'s commit."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.findings: list[Finding] = []
        # The grades the whole change will have approved: who gives up a seat leaves it, also to those before him.
        self.intended: Mapping[GradeOf, str | None] = {}
        self.proves = False  # whether it may fill in what a search found (`ledger/affairs/searching.py`)
        self.wrapping = Wrapping(ledger)
        self._records: dict[str, Record] = {}
        self._on_main: dict[str, tuple[str, Record]] = {}
        self._attachments: dict[str, bytes] = {}
        self._files: dict[str, bytes | None] = {}
        self._touched: list[str] = []
        self._present = Present(ledger, self._touched)

    # What is looked up

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier as this draft has it so far. Raises NotFound."""
        return self.wrapping.dossier(dossier_id)

    def kind(self, name: str) -> Kind:
        """A kind in force, by name or label. Raises NotFound with the nearest name."""
        return kind_named(self.ledger, name)

    def record(self, path: str) -> Record:
        """The record at a path as this draft has it so far. Raises NotFound, NoKey, TrustBroken."""
        if path in self._records:
            return self._records[path]
        if path not in self._on_main:
            entry = self.ledger.repo.entry(self.ledger.head, path)
            if entry is None:
                raise NotFound(_("There is no such record"), where=path)
            self._on_main[path] = (entry.oid, self.ledger.read(path, entry.oid))
        return self._on_main[path][1]

    # What is made

    def new_customer(
        self, values: Mapping[str, object], department: str, owner: str, origin: Origin = HERE_AND_NOW,
        where: str = "", state: str = "potential", unverified: Mapping[str, str] | None = None,
        checked: str | None = None,
    ) -> Kept:  # fmt: skip
        """Make a dossier with its compartments and the card in it. Raises InvalidInput with every fault."""
        kind = self.kind("customer")
        clean = self._checked(kind, values, state, where)
        self.findings += guard_intake(self.ledger, clean, department, checked)
        assignment = Assignment(owner, (), None, state, (origin.at or self.ledger.now).date())
        dossier_id = self.wrapping.new_dossier(kind.prefix, department, assignment)
        return self._keep(kind, dossier_id, "core", dossier_id, clean, origin, unverified)

    def assign(self, dossier_id: str, department: str, owner: str) -> None:
        """Let one more department deal with the customer: its assignment and compartments."""
        self.wrapping.assign(dossier_id, department, Assignment(owner, (), None, "potential", self.ledger.today))
        self._touched.append(dossier_id)

    def set_assignment(self, dossier_id: str, department: str, assignment: Assignment) -> None:
        """Change a department's assignment (owner, team, state)."""
        self.put_dossier(self.dossier(dossier_id).assigned(department, assignment))

    def put_dossier(self, dossier: Dossier) -> None:
        """Replace a dossier's clear part; the keys that follow from it are `wrapping`'s."""
        self.wrapping.put(dossier)
        self._touched.append(dossier.id)

    def new_record(
        self, kind: Kind, dossier_id: str, department: str | None, values: Mapping[str, object],
        origin: Origin = HERE_AND_NOW, where: str = "", files: Mapping[str, Path] | None = None,
        unverified: Mapping[str, str] | None = None,
    ) -> Kept:  # fmt: skip
        """Make a record in a dossier or office. Raises InvalidInput, NoKey, NotFound."""
        values = {**values, **described(files)}
        state = str(values.get("state") or kind.first_state) if kind.states else None
        clean = self._checked(kind, {**values, "state": state} if state else values, state, where)
        whose = addressed_to(kind, clean, origin.for_member or self.ledger.member_id)
        compartment = compartment_of(kind, department, whose)
        if is_office(dossier_id):
            self.wrapping.ensure_office(dossier_id, compartment)
        if compartment not in self.dossier(dossier_id).compartments:
            raise NotFound(_("{department} does not deal with this customer", department=department), where=dossier_id)
        clean = guard(self, kind, dossier_id, compartment, {}, clean)
        if kind.monthly:
            return self._keep_row(kind, dossier_id, compartment, clean, origin)
        refuse_twin(self, kind, dossier_id, compartment, clean)
        record_id = new_id(kind.prefix, secrets.token_bytes(16))
        kept = self._keep(kind, dossier_id, compartment, record_id, clean, origin, unverified)
        self._attach(kept.path, dossier_id, compartment, files)
        return kept

    def new_version(
        self, path: str, values: Mapping[str, object], origin: Origin = HERE_AND_NOW, where: str = "",
        unverified: Mapping[str, str | None] | None = None, row: str | None = None,
        files: Mapping[str, Path] | None = None, state: str | None = None,
    ) -> Kept | None:  # fmt: skip
        """Change fields of the record at `path` (None removes one), complete for `state`. None when nothing changes."""
        old = self.record(path)
        kind = self.kind(old.kind)
        if row is not None:
            return self._change_row(path, kind, row, values, origin, where)
        merged = laid_over(old.data, {**values, **described(files)})
        clean = self._checked(kind, merged, state or self._state_of(old, merged), where, old.data)
        marks = {k: v for k, v in {**old.unverified, **(unverified or {})}.items() if v is not None}
        settled = old.confirmed_on == self._day_of(origin).isoformat() and self.ledger.member_id not in old.to_confirm
        told = (state and origin.reason) or (origin.confirmed and not settled)
        if clean == old.data and marks == old.unverified and not told:
            return None
        must_stay(kind, old, clean)
        clean = guard(self, kind, old.dossier, old.compartment, old.data, clean, old.id)
        clean = must_follow(self, kind, old, clean, origin)
        refuse_twin(self, kind, old.dossier, old.compartment, clean, path)
        self._replace(path, clean, origin, marks)
        self._touched.append(old.id)
        self._attach(path, old.dossier, old.compartment, files)
        return Kept(path, self._records[path])

    def take_record(self, path: str, record: Record, origin: Origin) -> None:
        """Enter a record that another left behind, under its id and as its first version. Raises NoKey."""
        kind = self.kind(record.kind)
        self._may_write(kind, record.dossier, record.compartment)
        generation = self._generation(record.dossier, record.compartment)
        asked = asked_to_confirm(self, record.dossier, record.compartment, origin)
        self._records[path] = replace(
            record, generation=generation, rev=1, prev=None, by=self.ledger.member_id, for_=origin.for_member,
            at=self.ledger.now.isoformat(), to_confirm=asked,
        )  # fmt: skip
        self._touched.append(record.id)

    def take_attachment(self, path: str, content: bytes) -> None:
        """Seal an attachment that another left behind, at its path. Raises NotFound for a path that has no place."""
        place = place_of(path)
        if place is None:
            raise NotFound(_("There is no such record"), where=path)
        self._attachments[path] = seal(content, self.dossier(place.dossier).compartments[place.compartment].key)

    def set_rows(self, path: str, rows: Sequence[Row], origin: Origin, touched: Iterable[str]) -> None:
        """Give a monthly record these rows; `touched` names the entries that change. Raises NoKey, NotFound."""
        self.record(path)
        self._replace(path, {"rows": list(rows)}, origin, {})
        self._touched += touched

    def put_file(self, path: str, content: bytes | None, about: str) -> None:
        """Write a clear file of main, or take a file out of it (None; its history stays)."""
        guard_file(self.ledger, path)
        self._records.pop(path, None)
        self._files[path] = content
        self._touched.append(about)

    # What is written

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._touched or self.wrapping.lines or self.wrapping.dropped)

    def commit(self, action: str, kind: str = "", trailers: Sequence[str] = ()) -> str:
        """Write the draft as one commit (and one of the wraps it needs), on main or where it waits. Returns its id.

        An empty draft writes nothing and returns the commit it stands on. Raises Conflict when
        somebody else wrote meanwhile; then nothing was written.
        """
        if self.empty:
            return self.ledger.head
        for record in self._records.values():  # whom a later step of this draft took the reading right
            self.wrapping.turn_where_due(record.dossier, [record.compartment])
        self._records = {path: self._of_today(record) for path, record in self._records.items()}
        trailers = [*trailers, *generation_trailers(self._records.values()), *self._routes()]
        message = change_message(action, kind, self._touched, trailers)
        said = tuple(record.data for record in self._records.values() if not self.kind(record.kind).is_note)
        made = place(self.ledger, Intent(self._edits(), message, self.wrapping.lines, self.wrapping.dropped, said))
        return number_alone(self.ledger, {record.kind for record in self._records.values()}, made)

    def written(self) -> list[Kept]:
        """The records this draft makes or changes."""
        return [Kept(path, record) for path, record in self._records.items()]

    # Inside

    def _routes(self) -> list[str]:
        in_force = self.ledger.in_force
        if not tables(in_force):
            return []
        return route_trailers(in_force, self._records, self.wrapping.edits(), card_by(self.record, in_force))

    def _edits(self) -> dict[str, bytes | None]:
        sealed: dict[str, bytes | None] = {path: self._seal(record, path) for path, record in self._records.items()}
        return {**self.wrapping.edits(), **sealed, **self._attachments, **self._files}

    def _of_today(self, record: Record) -> Record:
        """The record under the generation it will be sealed to."""
        return replace(record, generation=self.dossier(record.dossier).compartments[record.compartment].generation)

    def _seal(self, record: Record, path: str) -> bytes:
        return seal_record(record, path, self.dossier(record.dossier))

    def _checked(
        self, kind: Kind, values: Mapping[str, object], state: str | None, where: str,
        before: Mapping[str, Value] = MappingProxyType({}),
    ) -> dict[str, Value]:  # fmt: skip
        in_force = self.ledger.in_force
        rules = Rules(
            vocab=in_force.pack.vocab,
            required=in_force.pack.required(kind.name, state),
            timezone=in_force.settings.timezone,
            currency=in_force.settings.currency,
            entered=self.ledger.today,
        )
        clean, findings = validate(kind, values, rules, where or kind.name)
        findings += new_dangling(self._present, kind, clean, before, where or kind.name)
        self.findings += [finding for finding in findings if finding.severity != "error"]
        faults = [finding for finding in findings if finding.severity == "error"]
        if faults:
            raise InvalidInput(
                _("{kind}: {count} to correct", kind=label(kind.label), count=len(faults)),
                findings=faults,
                hint=f"crmctl schema show {kind.name}",
            )
        return clean

    def _state_of(self, old: Record, merged: Mapping[str, object]) -> str | None:
        if old.compartment == "core":
            states = [a.state for a in self.dossier(old.dossier).assignments.values()]
            return states[0] if states else None
        state = merged.get("state")
        return str(state) if state else None

    def _keep(
        self, kind: Kind, dossier_id: str, compartment: str, record_id: str, data: dict[str, Value], origin: Origin,
        unverified: Mapping[str, str] | None = None,
    ) -> Kept:  # fmt: skip
        self._may_write(kind, dossier_id, compartment)
        path = record_path(kind, dossier_id, compartment, record_id)
        record = Record(
            schema=kind.schema, id=record_id, kind=kind.name, dossier=dossier_id, compartment=compartment,
            generation=self._generation(dossier_id, compartment), rev=1, prev=None,
            by=self.ledger.member_id, for_=origin.for_member, at=(origin.at or self.ledger.now).isoformat(),
            reason=origin.reason, data=data, unverified=dict(unverified or {}), known_since=origin.known_iso,
            to_confirm=() if kind.monthly else asked_to_confirm(self, dossier_id, compartment, origin),
        )  # fmt: skip
        self._records[path] = record
        self._touched.append(record_id)
        return Kept(path, record)

    def _generation(self, dossier_id: str, compartment: str) -> int:
        """The generation to seal to, turned first where somebody who left still has the key."""
        self.wrapping.turn_where_due(dossier_id, [compartment])
        return self.dossier(dossier_id).compartments[compartment].generation

    def _replace(self, path: str, data: Mapping[str, Value], origin: Origin, marks: Mapping[str, str]) -> None:
        """Put new content at a path: the next version of what is on main, however often the draft changes it."""
        if path not in self._on_main:
            self._records[path] = replace(self._records[path], data=dict(data), unverified=dict(marks))
            return
        oid, old = self._on_main[path]
        monthly = self.kind(old.kind).monthly
        made = old.next_version(
            data, prev=oid, by=self.ledger.member_id, at=origin.at or self.ledger.now, for_=origin.for_member,
            reason=origin.reason,
            asks=() if monthly else asked_to_confirm(self, old.dossier, old.compartment, origin),
        )  # fmt: skip
        generation = self._generation(old.dossier, old.compartment)
        confirmed = self._day_of(origin).isoformat() if origin.confirmed else old.confirmed_on
        marked = replace(made, generation=generation, unverified=dict(marks), known_since=origin.known_iso)
        self._records[path] = replace(marked, confirmed_on=confirmed)

    def _day_of(self, origin: Origin) -> date:
        return (origin.at or self.ledger.now).date()

    def _may_write(self, kind: Kind, dossier_id: str, compartment: str) -> None:
        if self.wrapping.holds_new_key(dossier_id, compartment):
            return
        # asked also where anybody may file: a reader notices a public key that was exchanged
        opens = self.ledger.ring.can_open(self.dossier(dossier_id), compartment)
        if not (opens or kind.filed_by_anyone):
            raise NoKey(
                _("You do not deal with this customer"), where=dossier_id, rule="R-ACL-01",
                hint=f"crmctl access {dossier_id}",
            )  # fmt: skip

    # Kinds stored a file a month

    def _keep_row(self, kind: Kind, dossier_id: str, compartment: str, clean: dict[str, Value], origin: Origin) -> Kept:
        refuse_twin(self, kind, dossier_id, compartment, clean)
        month = str(clean[kind.monthly or ""])[:7]
        path = record_path(kind, dossier_id, compartment, month)
        at = (origin.at or self.ledger.now).isoformat()
        row: Row = {
            "id": new_id(kind.prefix, secrets.token_bytes(16)), "by": self.ledger.member_id,
            "for": origin.for_member, "at": at, **clean,
        }  # fmt: skip
        row = asking(row, asked_to_confirm(self, dossier_id, compartment, origin))
        try:
            old = self.record(path)
        except NotFound:
            self._keep(kind, dossier_id, compartment, month, {"rows": [row]}, origin)
            self._touched.pop()
        else:
            self._replace(path, with_row(old.data, row), origin, {})
        self._touched.append(str(row["id"]))
        return Kept(path, self._records[path], str(row["id"]))

    def _change_row(
        self, path: str, kind: Kind, row_id: str, values: Mapping[str, object], origin: Origin, where: str
    ) -> Kept | None:
        old = self.record(path)
        row = find_row(old.data, row_id)
        if row is None:
            raise NotFound(_("There is no {id}", id=row_id))
        clean = self._checked(kind, laid_over(fields_of(row), values), None, where, row)
        asked = [*asked_in(row), *asked_to_confirm(self, old.dossier, old.compartment, origin)]
        asked = [name for name in dict.fromkeys(asked) if name != self.ledger.member_id]
        if clean == fields_of(row) and not (origin.confirmed and tuple(asked) != asked_in(row)):
            return None
        if str(clean[kind.monthly or ""])[:7] != old.id:
            raise Refused(
                _("The date may not move to another month"), where=row_id, hint=_("Remove it and add it anew")
            )
        clean = guard(self, kind, old.dossier, old.compartment, fields_of(row), clean, row_id)
        refuse_twin(self, kind, old.dossier, old.compartment, clean, row_id)
        changed = asking({**outer_of(row), **clean}, tuple(asked))
        self._replace(path, with_row(old.data, changed), replace(origin, confirmed=False), {})
        self._touched.append(row_id)
        return Kept(path, self._records[path], row_id)

    def _attach(self, path: str, dossier_id: str, compartment: str, files: Mapping[str, Path] | None) -> None:
        for name, file in (files or {}).items():
            content = content_of(file, self._records[path].data.get(name))
            entry = self.dossier(dossier_id).compartments[compartment]
            self._attachments[attachment_path(path, hashlib.sha256(content).hexdigest())] = seal(content, entry.key)
