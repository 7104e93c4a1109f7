"""Hold the whole ledger against itself: keys, envelopes, schemas, references, readers (DESIGN 6, R-REC-14).

Problems come back as findings; nothing is raised for data that is off. A record the policy lets
this member read but that does not open is an alarm, not a skip (promise 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.errors import CrmctlError, InvalidInput, NoKey, TrustBroken
from crmctl.i18n import N_
from crmctl.ledger.attachment_check import attachment_faults, missing_attachments
from crmctl.ledger.ledger import Ledger, check_envelope, parse_dossier, parse_record
from crmctl.ledger.lineage import lineage
from crmctl.ledger.references import Present, dangling
from crmctl.ledger.seal import check_header
from crmctl.ledger.wrap_check import WrapCheck
from crmctl.ledger.yamlio import load_canonical
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import Place, place_of
from crmctl.model.record import Record
from crmctl.model.validate import Rules, validate

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
    wraps = WrapCheck(ledger, dossiers)
    records: list[tuple[str, str, Record]] = []
    opened = 0
    contents = ledger.repo.read_blobs([oid for _path, oid in sealed])
    for number, ((path, oid), (_same, content)) in enumerate(zip(sealed, contents, strict=True), 1):
        progress(number)
        record, faults = _sealed_file(ledger, dossiers, wraps, path, content, keyless=keyless)
        findings += faults
        if record:
            opened += 1
            records.append((path, oid, record))
    findings += wraps.findings()
    findings += lineage(ledger, dict(sealed), records)
    present = Present(ledger)
    files = {path for path, _oid in sealed}
    for path, _oid, record in records:
        findings += _record(ledger, path, record, present)
        findings += missing_attachments(ledger, path, record, files)
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
    folded: dict[str, str] = {}
    for path, entry in ledger.repo.entries(ledger.head):
        twin = folded.setdefault(path.casefold(), path)
        if twin != path:
            findings.append(
                Finding("CHK015", N_("Differs from another name only in capitals"), "error", path, "", {"other": twin})
            )
        if entry.mode != "100644":
            findings.append(Finding("CHK003", N_("Not a plain file"), "error", path))
            continue
        if path.startswith(_CLEAR_TOPS) or path.endswith(("/dossier.yaml", "/office.yaml")):
            continue
        place = place_of(path)
        if place is None or place.dossier not in dossiers:
            findings.append(Finding("CHK004", N_("This file does not belong in a ledger"), "error", path))
        elif place.compartment not in dossiers[place.dossier].compartments:
            findings.append(Finding("CHK005", N_("The dossier has no such compartment"), "error", path))
        else:
            yield path, entry.oid


def _sealed_file(
    ledger: Ledger, dossiers: Mapping[str, Dossier], wraps: WrapCheck, path: str, content: bytes, *, keyless: bool
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
        plain = _open(ledger, dossiers[place.dossier], place.compartment, content, path)
        return _opened(path, plain) if place.is_record else (None, attachment_faults(path, plain))
    except NoKey:
        return None, _unopened(ledger, dossiers[place.dossier], wraps, place, path)
    except (TrustBroken, InvalidInput) as error:
        return None, [Finding("CHK008", N_("Damaged or tampered with: {why}"), "error", path, "", {"why": error.what})]


def _opened(path: str, plain: bytes) -> tuple[Record, list[Finding]]:
    load_canonical(plain, path)
    record = parse_record(plain, path)
    check_envelope(record, path)
    return record, []


def _unopened(ledger: Ledger, dossier: Dossier, wraps: WrapCheck, place: Place, path: str) -> list[Finding]:
    """An alarm where the policy names this member and a key was made for him, and yet it does not open.

    Where nobody made one yet the keyring's findings say whether that is honest.
    """
    if ledger.expected_readers(dossier, place.compartment).isdisjoint(ledger.ring.readers):
        return []
    if not wraps.reachable(dossier, place.compartment):
        return []
    return [Finding("CHK007", N_("The policy lets you read this, but it does not open with your keys"), "error", path)]


def _open(ledger: Ledger, dossier: Dossier, compartment: str, content: bytes, path: str) -> bytes:
    entry = dossier.compartments[compartment]
    last: NoKey | None = None
    for generation in (entry.generation, *sorted(entry.past, reverse=True)):
        try:
            return ledger.ring.opener(dossier, compartment, generation).open(content, path)
        except NoKey as error:
            last = error
    raise last or NoKey("")


def _record(ledger: Ledger, path: str, record: Record, present: Present) -> Iterator[Finding]:
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
        yield from dangling(present, kind, data, where)
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
