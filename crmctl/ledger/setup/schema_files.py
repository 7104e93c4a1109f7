"""Take a company's own kind, or a changed one, into the ledger (DESIGN 4; promise 5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.i18n import _, label
from crmctl.ledger.disk.shipped import kind_files
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup, must_administer
from crmctl.ledger.setup.setup_check import kind_path, must_fit, read_mapping, setup_files
from crmctl.model.findings import Finding
from crmctl.model.kind_changes import Used, incompatible, used_by, version_fault
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.located import at_lines
from crmctl.model.paths import place_of


@dataclass(frozen=True, slots=True)
class KindTaken:
    """What came of it. `before` is the version it replaces; `commit` None on a dry run and when nothing changes."""

    kind: Kind
    before: int | None
    changed: bool
    records: int
    commit: str | None
    findings: tuple[Finding, ...] = ()


def add_kind(ledger: Ledger, source: str, *, dry_run: bool = False) -> KindTaken:
    """Take the kind in file `source` (or the shipped kind of that name) into the ledger, as one signed commit.

    Raises Refused for a member who is no admin, and for a change that would make records
    unreadable or invalid; InvalidInput and BadConfiguration with every fault, its line, and the
    nearest right name.
    """
    must_administer(ledger)
    where, content = _source(source)
    kind, lines = _compiled(content, where)
    path = kind_path(kind.name)
    files = setup_files(ledger)
    old = ledger.in_force.kinds.get(kind.name)
    if files.get(path) == content:
        return KindTaken(kind, kind.version, False, 0, None)
    findings = must_fit({**files, path: content}, {path: where})
    records = 0
    if old is not None and old != kind:
        records, faults = _change_faults(ledger, old, kind)
        findings += at_lines(faults, lines, where)
        _must_be_compatible(kind, records, findings)
    commit = None if dry_run else change_setup(ledger, {path: content}, "schema-add", kind.name)
    return KindTaken(kind, old.version if old else None, True, records, commit, tuple(findings))


def _source(source: str) -> tuple[str, bytes]:
    file = Path(source)
    shipped = kind_files()
    if not file.is_file() and source in shipped:
        file = shipped[source]
    try:
        return str(file), file.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=source) from error


def _compiled(content: bytes, where: str) -> tuple[Kind, dict[tuple[str | int, ...], int]]:
    raw, lines = read_mapping(content, where)
    kind, faults = compile_kind(raw, where)
    if kind is None:
        raise InvalidInput(
            _("{count} to correct in the kind", count=len(faults)), findings=at_lines(faults, lines, where),
            hint="crmctl schema show customer",
        )  # fmt: skip
    return kind, lines


def _change_faults(ledger: Ledger, old: Kind, new: Kind) -> tuple[int, list[Finding]]:
    version = version_fault(old, new)
    records, used = _records(ledger, old)
    return records, [*([version] if version else []), *(incompatible(old, new, used) if records else [])]


def _records(ledger: Ledger, kind: Kind) -> tuple[int, Used | None]:
    """How many records of the kind exist, and what they use; None unless all of them could be opened."""
    folder = kind.name if kind.single else kind.folder
    count, data = 0, []
    for path, oid in ledger.record_blobs():
        place = place_of(path)
        if place is None or (place.folder or place.record_id) != folder:
            continue
        count += 1
        try:
            data.append(ledger.read(path, oid).data)
        except NoKey:
            continue
    return count, used_by(kind, data) if len(data) == count else None


def _must_be_compatible(kind: Kind, records: int, findings: list[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    name = label(kind.label)
    raise Refused(
        _("{kind} cannot be changed so: {count:record|records} exist", kind=name, count=records)
        if records
        else _("{kind} cannot be changed so", kind=name),
        rule=errors[0].code,
        findings=errors,
        hint=f"crmctl why {errors[0].code}",
    )
