"""Hold the whole ledger against itself: keys, envelopes, schemas, references, readers (DESIGN 6, R-REC-14).

Problems come back as findings; nothing is raised for data that is off. A record the policy lets
this member read but that does not open is an alarm, not a skip (promise 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.errors import CrmctlError, NoKey, TrustBroken
from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger, check_envelope, parse_dossier, parse_record
from crmctl.ledger.seal import check_header
from crmctl.ledger.yamlio import load_canonical
from crmctl.model.dossier import Dossier, wraps_folder
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import Place, place_of
from crmctl.model.record import Record
from crmctl.model.validate import Rules, validate
from crmctl.model.wraps import WrapError, read_wraps

_CLEAR_TOPS = ("ledger.yaml", "org/", "policy/", "schemas/", "templates/", "numbers/")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """How much there is, how much could be opened, and what was found."""

    existing: int
    opened: int
    findings: tuple[Finding, ...]


def check(ledger: Ledger, *, keyless: bool = False, progress: Progress = lambda _done: None) -> Checked:
    """Check every file at the ledger's commit with this member's keys, or without any (`keyless`)."""
    findings: list[Finding] = []
    dossiers = dict(_dossiers(ledger, findings))
    sealed = list(_files(ledger, dossiers, findings))
    references: dict[str, str] = {}
    records: list[tuple[str, Record]] = []
    opened = 0
    contents = ledger.repo.read_blobs([oid for _path, oid in sealed])
    for number, ((path, _oid), (_same, content)) in enumerate(zip(sealed, contents, strict=True), 1):
        progress(number)
        record, faults = _sealed_file(ledger, dossiers, path, content, keyless=keyless)
        findings += faults
        if record:
            opened += 1
            records.append((path, record))
            references[record.id] = record.kind
    findings += _keyring(ledger, dossiers)
    for path, record in records:
        findings += _record(ledger, path, record, references)
    return Checked(len(sealed), opened, tuple(findings))


def _dossiers(ledger: Ledger, findings: list[Finding]) -> Iterator[tuple[str, Dossier]]:
    for top in ("customers", "offices"):
        for path, oid in ledger.repo.walk(ledger.head, top):
            if not path.endswith(("/dossier.yaml", "/office.yaml")):
                continue
            try:
                dossier = parse_dossier(ledger.repo.read_blob(oid), path)
            except CrmctlError as error:
                findings.append(
                    Finding("CHK001", N_("A dossier does not read: {why}"), "error", path, "", {"why": error.what})
                )
                continue
            if dossier.path != path:
                findings.append(Finding("CHK002", N_("A dossier lies in another one's folder"), "error", path))
            yield dossier.id, dossier


def _files(ledger: Ledger, dossiers: Mapping[str, Dossier], findings: list[Finding]) -> Iterator[tuple[str, str]]:
    for path, entry in ledger.repo.entries(ledger.head):
        if path.startswith(_CLEAR_TOPS) or path.endswith(("/dossier.yaml", "/office.yaml")):
            continue
        place = place_of(path)
        if entry.mode != "100644":
            findings.append(Finding("CHK003", N_("Not a plain file"), "error", path))
        elif place is None or place.dossier not in dossiers:
            findings.append(Finding("CHK004", N_("This file does not belong in a ledger"), "error", path))
        elif place.compartment not in dossiers[place.dossier].compartments:
            findings.append(Finding("CHK005", N_("The dossier has no such compartment"), "error", path))
        else:
            yield path, entry.oid


def _sealed_file(
    ledger: Ledger, dossiers: Mapping[str, Dossier], path: str, content: bytes, *, keyless: bool
) -> tuple[Record | None, list[Finding]]:
    place = place_of(path)
    if place is None:
        return None, []
    dossier = dossiers[place.dossier]
    try:
        check_header(content, path)
    except CrmctlError as error:
        return None, [Finding("CHK006", N_("Not sealed as it must be: {why}"), "error", path, "", {"why": error.what})]
    if keyless:
        return None, []
    try:
        plain = _open(ledger, dossier, place.compartment, content, path)
        if not place.is_record:
            return None, []
        load_canonical(plain, path)
        record = parse_record(plain, path)
        check_envelope(record, path)
    except NoKey:
        if ledger.expected_readers(dossier, place.compartment).isdisjoint(ledger.ring.readers):
            return None, []
        return None, [
            Finding("CHK007", N_("The policy lets you read this, but it does not open with your keys"), "error", path)
        ]
    except TrustBroken as error:
        return None, [Finding("CHK008", N_("Damaged or tampered with: {why}"), "error", path, "", {"why": error.what})]
    return record, []


def _open(ledger: Ledger, dossier: Dossier, compartment: str, content: bytes, path: str) -> bytes:
    entry = dossier.compartments[compartment]
    last: NoKey | None = None
    for generation in (entry.generation, *sorted(entry.past, reverse=True)):
        try:
            return ledger.ring.opener(dossier, compartment, generation).open(content, path)
        except NoKey as error:
            last = error
    raise last or NoKey("")


def _keyring(ledger: Ledger, dossiers: Mapping[str, Dossier]) -> Iterator[Finding]:
    """Readers by name: those wrapped to against those the policy gives (pending ones are no error)."""
    present: dict[str, dict[str, set[tuple[str, int]]]] = {}
    tip = ledger.keyring.tip
    for path, oid in ledger.repo.walk(tip, "") if tip else ():
        folder, _slash, reader = path.rpartition("/")
        if folder.startswith(("dossiers/", "offices/")):
            try:
                lines = read_wraps(ledger.repo.read_blob(oid))
            except WrapError as error:
                yield Finding(
                    "KEY001", N_("Line {line} of a wrap file is damaged"), "error", path, "", {"line": str(error)}
                )
                continue
            present.setdefault(folder, {})[reader] = set(lines)
    for dossier in dossiers.values():
        held = present.get(wraps_folder(dossier.id), {})
        for name, entry in dossier.compartments.items():
            yield from _readers(ledger, dossier, name, (name, entry.generation), held)


def _readers(
    ledger: Ledger, dossier: Dossier, name: str, key: tuple[str, int], held: Mapping[str, set[tuple[str, int]]]
) -> Iterator[Finding]:
    expected = ledger.expected_readers(dossier, name)
    actual = {reader for reader, lines in held.items() if key in lines}
    where = f"{dossier.id} {name}"
    for reader in sorted(actual - expected):
        yield Finding(
            "KEY002", N_("{reader} has a key the policy does not give"), "error", where, "", {"reader": reader}
        )
    for reader in sorted(expected - actual):
        yield Finding(
            "KEY003",
            N_("{reader} waits for a key; a holder's next sync makes it"),
            "warning",
            where,
            "",
            {"reader": reader},
        )


def _record(ledger: Ledger, path: str, record: Record, known: Mapping[str, str]) -> Iterator[Finding]:
    kind = ledger.in_force.kinds.get(record.kind)
    if kind is None:
        yield Finding("CHK009", N_("There is no kind {name}"), "error", path, "", {"name": record.kind})
        return
    place = place_of(path)
    if place and not _belongs(kind, place):
        yield Finding("CHK010", N_("A record of this kind does not belong here"), "error", path)
    for where, data in _entries(kind, record, path):
        pack, settings = ledger.in_force.pack, ledger.in_force.settings
        rules = Rules(
            pack.vocab,
            pack.required(kind.name, _state(ledger, kind, record, data)),
            settings.timezone,
            settings.currency,
        )
        _clean, faults = validate(kind, data, rules, where)
        yield from faults
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


def _entries(kind: Kind, record: Record, path: str) -> Iterator[tuple[str, dict[str, object]]]:
    rows = record.data.get("rows")
    if not kind.monthly:
        yield path, dict(record.data)
        return
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield f"{path}#{row.get('id')}", {k: v for k, v in row.items() if k not in {"id", "by", "for", "at"}}


def _state(ledger: Ledger, kind: Kind, record: Record, data: Mapping[str, object]) -> str | None:
    if kind.scope == "core":
        states = [a.state for a in ledger.dossier(record.dossier).assignments.values()]
        return states[0] if states else None
    state = data.get("state")
    return str(state) if state else None
