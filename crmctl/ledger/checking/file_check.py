"""Check one sealed file after the other: header, key, canonical form, envelope, schema, references, attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crmctl.errors import CrmctlError, InvalidInput, NoKey, TrustBroken
from crmctl.i18n import N_
from crmctl.ledger.changing.confirmed import dropped, unconfirmed
from crmctl.ledger.checking.attachment_check import attachment_faults, missing_attachments
from crmctl.ledger.checking.wrap_check import WrapCheck
from crmctl.ledger.disk.yamlio import load_canonical
from crmctl.ledger.keys.seal import check_header
from crmctl.ledger.ledger import Ledger, check_envelope, parse_record
from crmctl.ledger.reading.references import Present, dangling, references_in
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.paths import Place, place_of, placed_as_said
from crmctl.model.record import Record
from crmctl.model.validate import Rules, validate

KEYLESS = "keyless"
Entry = tuple[str, str]  # path, blob id


@dataclass(frozen=True, slots=True)
class FileChecked:
    """What came of one file. `envelope`: the record without its fields, where it opened; `refers_to`: ids."""

    path: str
    oid: str
    envelope: Record | None = None
    findings: tuple[Finding, ...] = ()
    refers_to: tuple[str, ...] = ()


def check_files(ledger: Ledger, mode: str, entries: Sequence[Entry]) -> Iterator[FileChecked]:
    """Check these files, each of a dossier that reads and of a compartment it has; one result each, in order."""
    wraps = WrapCheck(ledger)
    present = Present(ledger)
    contents = ledger.repo.read_blobs([oid for _path, oid in entries])
    for (path, oid), (_same, content) in zip(entries, contents, strict=True):
        record, faults = _sealed_file(ledger, wraps, path, content, keyless=mode == KEYLESS)
        if record is None:
            yield FileChecked(path, oid, None, tuple(faults))
            continue
        faults += _record(ledger, path, record, present)
        faults += missing_attachments(ledger, path, record)
        refers = tuple(dict.fromkeys(_refers_to(ledger, record)))
        yield FileChecked(path, oid, replace(record, data={}, unverified={}), tuple(faults), refers)


def _sealed_file(
    ledger: Ledger, wraps: WrapCheck, path: str, content: bytes, *, keyless: bool
) -> tuple[Record | None, list[Finding]]:
    place = place_of(path)
    if place is None:
        return None, []
    try:
        check_header(content, path)
    except CrmctlError as error:
        return None, [Finding("CHK006", N_("Not sealed as it must be: {why}"), "error", path, "", {"why": error.what})]
    if keyless:
        return None, []
    try:
        plain, generation = ledger.open_sealed(path, content)
        return _opened(path, plain, generation) if place.is_record else (None, attachment_faults(path, plain))
    except NoKey:
        return None, _unopened(ledger, ledger.dossier(place.dossier), wraps, place, path)
    except (TrustBroken, InvalidInput) as error:
        return None, [Finding("CHK008", N_("Damaged or tampered with: {why}"), "error", path, "", {"why": error.what})]


def _opened(path: str, plain: bytes, generation: int) -> tuple[Record, list[Finding]]:
    load_canonical(plain, path)
    record = parse_record(plain, path)
    check_envelope(record, path)
    if record.generation == generation:
        return record, []
    args = {"said": record.generation, "key": generation}
    message = N_("Says generation {said}, but is sealed to the key of generation {key}")
    return record, [Finding("CHK020", message, "error", path, "generation", args)]


def _unopened(ledger: Ledger, dossier: Dossier, wraps: WrapCheck, place: Place, path: str) -> list[Finding]:
    """An alarm where the policy names this member and a key was made for him, and yet it does not open.

    Where nobody made one yet the keyring's findings say whether that is honest.
    """
    if ledger.expected_readers(dossier, place.compartment).isdisjoint(ledger.ring.readers):
        return []
    if not wraps.reachable(dossier, place.compartment):
        return []
    return [Finding("CHK007", N_("The policy lets you read this, but it does not open with your keys"), "error", path)]


def _record(ledger: Ledger, path: str, record: Record, present: Present) -> Iterator[Finding]:
    kind = ledger.in_force.kinds.get(record.kind)
    if kind is None:
        yield Finding("CHK009", N_("There is no kind {name}"), "error", path, "", {"name": record.kind})
        return
    place = place_of(path)
    if place and not _belongs(kind, place):
        yield Finding("CHK010", N_("A record of this kind does not belong here"), "error", path)
    if place and not placed_as_said(kind, record.data, place):
        message = N_("{field} names another part of the office than it lies in")
        yield Finding("CHK010", message, "error", path, kind.addressee, {"field": kind.addressee})
    for where, data in _entries(kind, record, path):
        pack, settings = ledger.in_force.pack, ledger.in_force.settings
        rules = Rules(
            pack.vocab,
            pack.required(kind.name, _state(ledger, kind, record, data)),
            settings.timezone,
            settings.currency,
            datetime.fromisoformat(str(record.at)).astimezone(ledger.now.tzinfo).date(),
        )
        yield from validate(kind, data, rules, where)[1]
        yield from dangling(present, kind, data, where)
    yield from unconfirmed(ledger, record, path)
    yield from dropped(ledger, path, record)
    if record.by not in ledger.in_force.org.members:
        yield Finding(
            "CHK011",
            N_("Entered by {member}, whom the ledger does not know"),
            "error",
            path,
            "by",
            {"member": record.by},
        )


def _belongs(kind: Kind, place: Place) -> bool:
    return place.folder == ("" if kind.single else kind.folder)


def _entries(kind: Kind, record: Record, path: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not kind.monthly:
        yield path, record.data
        return
    for row in rows_in(record.data):
        yield f"{path}#{row.get('id')}", fields_of(row)


def _refers_to(ledger: Ledger, record: Record) -> Iterator[str]:
    kind = ledger.in_force.kinds.get(record.kind)
    if kind is None:
        return
    for _where, data in _entries(kind, record, ""):
        yield from (found.id for found in references_in(kind, data))


def _state(ledger: Ledger, kind: Kind, record: Record, data: Mapping[str, object]) -> str | None:
    if kind.scope == "core":
        states = [a.state for a in ledger.dossier(record.dossier).assignments.values()]
        return states[0] if states else None
    state = data.get("state")
    return str(state) if state else None
