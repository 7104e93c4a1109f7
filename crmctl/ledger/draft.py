"""A change in the making: records checked and sealed, dossiers and wraps made, nothing written yet.

`commit` writes all of it as one signed commit of main with the keyring commit it needs, in one
transaction. Every intent (add, update, import) goes through a draft, so that all of them obey the
same rules.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.i18n import _, label
from crmctl.ledger.keyring import wrap
from crmctl.ledger.ledger import MAIN, Ledger, parse_record
from crmctl.ledger.seal import new_key, seal
from crmctl.ledger.transaction import Change, Who, write
from crmctl.ledger.yamlio import dump
from crmctl.model.clear_files import encode_dossier
from crmctl.model.dossier import Assignment, Compartment, Dossier, clear_path, wraps_folder
from crmctl.model.findings import Finding
from crmctl.model.ids import new_id
from crmctl.model.kinds import Kind
from crmctl.model.paths import attachment_path, compartment_of, record_path
from crmctl.model.record import Record
from crmctl.model.validate import Rules, validate
from crmctl.model.values import Value
from crmctl.model.wraps import write_wraps

_CUSTOMER_ID_LENGTH = 8
_RECORD_ID_LENGTH = 10
_TRAILERS = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """On whose behalf a record is entered, why, and when."""

    for_member: str | None = None
    reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the draft holds it: where it lies, what it says, its clear row id for monthly kinds."""

    path: str
    record: Record
    row: str | None = None

    @property
    def id(self) -> str:
        """The id a person uses for it."""
        return self.row or self.record.id


@dataclass
class Draft:
    """A change in the making on `ledger`'s commit."""

    ledger: Ledger
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dossiers: dict[str, Dossier] = {}
        self._secrets: dict[tuple[str, str], str] = {}
        self._records: dict[str, Record] = {}
        self._before: dict[str, str | None] = {}
        self._attachments: dict[str, bytes] = {}
        self._wraps: dict[str, dict[tuple[str, int], bytes]] = {}
        self._touched: list[str] = []

    # What is looked up

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier as this draft has it so far."""
        return self._dossiers.get(dossier_id) or self.ledger.dossier(dossier_id)

    def has_dossier(self, dossier_id: str) -> bool:
        """Whether the dossier exists, in the draft or on main."""
        try:
            self.dossier(dossier_id)
        except NotFound:
            return False
        return True

    def kind(self, name: str) -> Kind:
        """A kind in force. Raises NotFound with the nearest name."""
        from difflib import get_close_matches

        kinds = self.ledger.in_force.kinds
        if name in kinds:
            return kinds[name]
        named = [kind for kind in kinds.values() if name in kind.label]
        if named:
            return named[0]
        near = get_close_matches(name, sorted(kinds), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else "crmctl schema list"
        raise NotFound(_("There is no kind {name}", name=name), hint=hint)

    # What is made

    def new_customer(
        self, values: Mapping[str, object], department: str, owner: str, origin: Origin = Origin(), where: str = "",
        state: str = "potential",
    ) -> Kept:  # fmt: skip
        """Make a dossier with its compartments and the card in it. Raises InvalidInput with every fault."""
        kind = self.kind("customer")
        clean = self._checked(kind, values, state, where)
        dossier_id = self._new_dossier_id(kind.prefix)
        assignment = Assignment(owner, (), None, state, (origin.at or self.ledger.now).date())
        self._dossiers[dossier_id] = Dossier(dossier_id).assigned(department, assignment)
        self._make_compartments(dossier_id, ["core", *self._short(department)])
        return self._keep(kind, dossier_id, "core", dossier_id, clean, origin)

    def assign(self, dossier_id: str, department: str, owner: str) -> None:
        """Let one more department deal with the customer: its assignment and compartments."""
        dossier = self.dossier(dossier_id)
        if department in dossier.assignments:
            raise Refused(_("{department} deals with this customer already", department=department), where=dossier_id)
        assignment = Assignment(owner, (), None, "potential", self.ledger.today)
        self._dossiers[dossier_id] = dossier.assigned(department, assignment)
        self._make_compartments(dossier_id, self._short(department))
        self.extend_readers(dossier_id, ["core"])
        self._touched.append(dossier_id)

    def set_assignment(self, dossier_id: str, department: str, assignment: Assignment) -> None:
        """Change a department's assignment (owner, team, state); readers follow."""
        dossier = self.dossier(dossier_id)
        self._dossiers[dossier_id] = dossier.assigned(department, assignment)
        self._touched.append(dossier_id)

    def new_record(
        self, kind: Kind, dossier_id: str, department: str | None, values: Mapping[str, object],
        origin: Origin = Origin(), where: str = "", files: Mapping[str, Path] | None = None,
        unverified: Mapping[str, str] | None = None,
    ) -> Kept:  # fmt: skip
        """Make a record in a dossier or office. Raises InvalidInput, NoKey, Refused."""
        member = origin.for_member or self.ledger.member_id
        compartment = compartment_of(kind, department, member)
        if dossier_id.startswith("office/"):
            self._ensure_office(dossier_id, compartment)
        values = {**values, **self._sealed_files(files or {})}
        first = values.get("state") or kind.first_state
        clean = self._checked(kind, {**values, "state": first} if kind.states else values, str(first), where)
        if compartment not in self.dossier(dossier_id).compartments:
            raise NotFound(_("{department} does not deal with this customer", department=department), where=dossier_id)
        if kind.monthly:
            return self._keep_row(kind, dossier_id, compartment, clean, origin)
        record_id = new_id(kind.prefix, secrets.token_bytes(16), _RECORD_ID_LENGTH)
        kept = self._keep(kind, dossier_id, compartment, record_id, clean, origin, unverified)
        self._attach(kept.path, dossier_id, compartment, files or {})
        return kept

    def new_version(
        self, path: str, values: Mapping[str, object], origin: Origin = Origin(), where: str = "",
        unverified: Mapping[str, str | None] | None = None, row: str | None = None, files: Mapping[str, Path] | None = None,
    ) -> Kept | None:  # fmt: skip
        """Change fields of the record at `path` (None removes one). Returns None when nothing changes."""
        old = self.record(path)
        kind = self.kind(old.kind)
        if row is not None:
            return self._new_row_version(path, old, kind, row, values, origin, where)
        values = {**values, **self._sealed_files(files or {})}
        merged = {k: v for k, v in {**old.data, **values}.items() if v is not None}
        clean = self._checked(kind, merged, self._state_of(old, merged), where)
        marks = {k: v for k, v in {**old.unverified, **(unverified or {})}.items() if v is not None}
        if clean == old.data and marks == old.unverified:
            return None
        made = replace(self._next(path, old, clean, origin), unverified=marks)
        self._records[path] = made
        self._touched.append(made.id)
        self._attach(path, old.dossier, old.compartment, files or {})
        return Kept(path, made)

    def record(self, path: str) -> Record:
        """The record at a path as this draft has it so far."""
        if path not in self._records:
            entry = self.ledger.repo.entry(self.ledger.head, path)
            if entry is None:
                raise NotFound(_("There is no such record"), where=path)
            self._before[path] = entry.oid
            self._records[path] = self.ledger.read(path, entry.oid)
            self._unchanged(path)
        return self._records[path]

    # What is written

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._touched or self._wraps)

    def commit(self, action: str, kind: str = "") -> str:
        """Write the draft as one commit on main (and one on the keyring). Returns main's commit id.

        An empty draft writes nothing and returns the commit it stands on. Raises Conflict when
        somebody else wrote meanwhile; then nothing was written.
        """
        ledger = self.ledger
        if self.empty:
            return ledger.head
        who = Who(ledger.member_id, f"{ledger.member_id}@{ledger.in_force.settings.id}.crmctl.invalid")
        changes = []
        keyring = ledger.keyring
        if self._wraps:
            edits = self._wrap_edits()
            changes.append(
                Change(keyring.ref, keyring.tip, edits, f"wrap {len(edits)} files\n\nCrmctl-Main: {ledger.head}\n")
            )
        changes.append(Change(MAIN, ledger.head, self._edits(), self._message(action, kind)))
        return write(ledger.repo, changes, ledger.identity.sign, who, ledger.now)[-1]

    @property
    def wraps(self) -> Mapping[str, Mapping[tuple[str, int], bytes]]:
        """The wraps made so far, by wrap file."""
        return self._wraps

    def written(self) -> list[Kept]:
        """The records this draft makes or changes."""
        return [Kept(path, record) for path, record in self._records.items() if self._changed(path)]

    # Inside

    def _message(self, action: str, kind: str) -> str:
        ids = list(dict.fromkeys(self._touched))
        subject = " ".join(part for part in (action, kind, ids[0] if len(ids) == 1 else f"{len(ids)} records") if part)
        lines = [f"Crmctl-Action: {action}"]
        lines += [f"Crmctl-Record: {record_id}" for record_id in ids[:_TRAILERS]]
        if len(ids) > _TRAILERS:
            lines.append(f"Crmctl-Records: {len(ids)}")
        return f"{subject}\n\n" + "\n".join([*lines, *self._generation_trailers()]) + "\n"

    def _generation_trailers(self) -> Iterable[str]:
        used = {(r.dossier, r.compartment, r.generation) for p, r in self._records.items() if self._changed(p)}
        return [f"Crmctl-Generation: {d}:{c}:{g}" for d, c, g in sorted(used)][:_TRAILERS]

    def _edits(self) -> dict[str, bytes | None]:
        edits: dict[str, bytes | None] = {
            clear_path(dossier_id): dump(encode_dossier(dossier)) for dossier_id, dossier in self._dossiers.items()
        }
        for path, record in self._records.items():
            if self._changed(path):
                edits[path] = self._seal(record, path)
        return {**edits, **self._attachments}

    def _seal(self, record: Record, path: str) -> bytes:
        plain = dump(record.encode())
        # Read back what is about to be sealed: a record that does not load is lost for ever.
        if parse_record(plain, path) != record:
            raise InvalidInput(_("The record does not read back as it was written"), where=record.id)
        entry = self.dossier(record.dossier).compartments[record.compartment]
        return seal(plain, entry.key)

    def _wrap_edits(self) -> dict[str, bytes | None]:
        edits: dict[str, bytes | None] = {}
        for name, added in self._wraps.items():
            folder, _slash, reader = name.rpartition("/")
            edits[name] = write_wraps({**self.ledger.keyring.wraps(folder, reader), **added})
        return edits

    def _changed(self, path: str) -> bool:
        return path not in self._same

    @property
    def _same(self) -> set[str]:
        if not hasattr(self, "_same_paths"):
            self._same_paths: set[str] = set()
        return self._same_paths

    def _unchanged(self, path: str) -> None:
        self._same.add(path)

    def _checked(self, kind: Kind, values: Mapping[str, object], state: str | None, where: str) -> dict[str, Value]:
        in_force = self.ledger.in_force
        rules = Rules(
            vocab=in_force.pack.vocab,
            required=in_force.pack.required(kind.name, state),
            timezone=in_force.settings.timezone,
            currency=in_force.settings.currency,
        )
        clean, findings = validate(kind, values, rules, where or kind.name)
        self.findings += [finding for finding in findings if finding.severity != "error"]
        faults = [finding for finding in findings if finding.severity == "error"]
        if faults:
            raise InvalidInput(
                _("{kind}: {count} to correct", kind=label(kind.label), count=len(faults)), findings=faults,
                hint=_("crmctl schema show {kind}", kind=kind.name),
            )  # fmt: skip
        return clean

    def _state_of(self, old: Record, merged: Mapping[str, object]) -> str | None:
        if old.compartment == "core":
            states = [a.state for a in self.dossier(old.dossier).assignments.values()]
            return states[0] if states else None
        state = merged.get("state")
        return str(state) if state else None

    def _short(self, department: str) -> list[str]:
        return [f"{department}/{short}" for short in self.ledger.in_force.pack.compartments]

    def _new_dossier_id(self, prefix: str) -> str:
        while True:
            made = new_id(prefix, secrets.token_bytes(16), _CUSTOMER_ID_LENGTH)
            if not self.has_dossier(made):
                return made

    def _make_compartments(self, dossier_id: str, names: Sequence[str]) -> None:
        pairs = {name: new_key() for name in names}
        added = {name: Compartment(pair.public) for name, pair in pairs.items()}
        self._dossiers[dossier_id] = self.dossier(dossier_id).with_compartments(added)
        for name, pair in pairs.items():
            self._secrets[dossier_id, name] = pair.secret
            self._wrap_to(dossier_id, name, self._readers(dossier_id, name))

    def _readers(self, dossier_id: str, compartment: str) -> frozenset[str]:
        found = self.ledger.expected_readers(self.dossier(dossier_id), compartment)
        if not found:
            raise Refused(
                _("The policy names no reader for {compartment}", compartment=compartment), where=dossier_id,
                hint="crmctl policy show",
            )  # fmt: skip
        return found

    def extend_readers(self, dossier_id: str, compartments: Iterable[str]) -> int:
        """Wrap these compartments' keys to readers the policy names and the keyring lacks. Returns how many."""
        made = 0
        present = self.ledger.keyring.readers(wraps_folder(dossier_id))
        dossier = self.dossier(dossier_id)
        for name in compartments:
            key = (name, dossier.compartments[name].generation)
            lacking = [r for r in self._readers(dossier_id, name) if key not in present.get(r, {})]
            made += len(lacking)
            self._wrap_to(dossier_id, name, lacking)
        return made

    def _wrap_to(self, dossier_id: str, name: str, wanted: Iterable[str]) -> None:
        wanted = list(wanted)
        if not wanted:
            return
        entry = self.dossier(dossier_id).compartments[name]
        secret = self._secrets.get((dossier_id, name)) or self.ledger.ring.secret(self.dossier(dossier_id), name)
        for reader in wanted:
            file = f"{wraps_folder(dossier_id)}/{reader}"
            sealed = wrap(secret, reader, self.ledger.in_force.org)
            self._wraps.setdefault(file, {})[name, entry.generation] = sealed

    def _ensure_office(self, dossier_id: str, compartment: str) -> None:
        if not self.has_dossier(dossier_id):
            self._dossiers[dossier_id] = Dossier(dossier_id)
        if compartment not in self.dossier(dossier_id).compartments:
            self._make_compartments(dossier_id, [compartment])

    def _keep(
        self, kind: Kind, dossier_id: str, compartment: str, record_id: str, data: dict[str, Value], origin: Origin,
        unverified: Mapping[str, str] | None = None,
    ) -> Kept:  # fmt: skip
        path = record_path(kind, dossier_id, compartment, record_id)
        self._may_write(kind, dossier_id, compartment)
        record = self._first(kind, dossier_id, compartment, record_id, data, origin)
        record = replace(record, unverified=dict(unverified or {}))
        self._records[path] = record
        self._touched.append(record.id)
        return Kept(path, record)

    def _first(
        self, kind: Kind, dossier_id: str, compartment: str, record_id: str, data: dict[str, Value], origin: Origin
    ) -> Record:
        at = origin.at or self.ledger.now
        return Record(
            schema=kind.schema, id=record_id, kind=kind.name, dossier=dossier_id, compartment=compartment,
            generation=self.dossier(dossier_id).compartments[compartment].generation, rev=1, prev=None,
            by=self.ledger.member_id, for_=origin.for_member, at=at.isoformat(), reason=origin.reason, data=data,
        )  # fmt: skip

    def _next(self, path: str, old: Record, data: Mapping[str, Value], origin: Origin) -> Record:
        self._same.discard(path)
        prev = self._before.get(path)
        if prev is None:  # made in this very draft: it is still the first version
            return replace(old, data=dict(data))
        if self._records[path].prev == prev:  # changed earlier in this draft
            return replace(old, data=dict(data))
        made = old.next_version(
            data, prev=prev, by=self.ledger.member_id, at=origin.at or self.ledger.now, for_=origin.for_member,
            reason=origin.reason,
        )  # fmt: skip
        return replace(made, generation=self.dossier(old.dossier).compartments[old.compartment].generation)

    def _may_write(self, kind: Kind, dossier_id: str, compartment: str) -> None:
        if kind.filed_by_anyone or (dossier_id, compartment) in self._secrets:
            return
        if not self.ledger.ring.can_open(self.dossier(dossier_id), compartment):
            raise NoKey(
                _("You do not deal with this customer"), where=dossier_id, rule="R-ACL-01",
                hint=_("crmctl access {id} shows who does", id=dossier_id),
            )  # fmt: skip

    # Monthly kinds: one file a month, a row an entry

    def _keep_row(self, kind: Kind, dossier_id: str, compartment: str, clean: dict[str, Value], origin: Origin) -> Kept:
        month = str(clean[kind.monthly or ""])[:7]
        path = record_path(kind, dossier_id, compartment, month)
        row_id = new_id(kind.prefix, secrets.token_bytes(16), _RECORD_ID_LENGTH)
        at = (origin.at or self.ledger.now).isoformat()
        row: dict[str, Value] = {"id": row_id, "by": self.ledger.member_id, "for": origin.for_member, "at": at, **clean}
        self._may_write(kind, dossier_id, compartment)
        old = self._existing(path)
        if old is None:
            self._records[path] = self._first(kind, dossier_id, compartment, month, {"rows": [row]}, origin)
        else:
            rows = old.data.get("rows")
            self._records[path] = self._next(
                path, old, {"rows": [*(rows if isinstance(rows, list) else []), row]}, origin
            )
        self._touched.append(row_id)
        return Kept(path, self._records[path], row_id)

    def _existing(self, path: str) -> Record | None:
        try:
            return self.record(path)
        except NotFound:
            return None

    def _new_row_version(
        self, path: str, old: Record, kind: Kind, row_id: str, values: Mapping[str, object], origin: Origin, where: str
    ) -> Kept | None:
        stored = old.data.get("rows")
        rows = [row for row in (stored if isinstance(stored, list) else []) if isinstance(row, dict)]
        number = next((n for n, row in enumerate(rows) if row.get("id") == row_id), None)
        if number is None:
            raise NotFound(_("There is no {id}", id=row_id))
        outer = {key: rows[number][key] for key in ("id", "by", "for", "at")}
        fields = {key: value for key, value in rows[number].items() if key not in outer}
        merged = {k: v for k, v in {**fields, **values}.items() if v is not None}
        clean = self._checked(kind, merged, None, where)
        if clean == fields:
            return None
        if str(clean[kind.monthly or ""])[:7] != old.id:
            raise Refused(
                _("The date may not move to another month"), where=row_id, hint=_("Remove it and add it anew")
            )
        rows[number] = {**outer, **clean}
        self._records[path] = self._next(path, old, {"rows": list(rows)}, origin)
        self._touched.append(row_id)
        return Kept(path, self._records[path], row_id)

    # Attachments

    def _sealed_files(self, files: Mapping[str, Path]) -> dict[str, Value]:
        return {name: describe_file(path) for name, path in files.items()}

    def _attach(self, path: str, dossier_id: str, compartment: str, files: Mapping[str, Path]) -> None:
        for file in files.values():
            content = file.read_bytes()
            entry = self.dossier(dossier_id).compartments[compartment]
            self._attachments[attachment_path(path, hashlib.sha256(content).hexdigest())] = seal(content, entry.key)


def describe_file(path: Path) -> dict[str, Value]:
    """What a record says of an attached file: name, media type, size in bytes, sha256. Raises NotFound."""
    import mimetypes

    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=str(path)) from error
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"name": path.name, "type": media, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
