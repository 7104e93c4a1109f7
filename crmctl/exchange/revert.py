"""Take an import back: what nobody touched since goes, what somebody edited stays and is listed.

Three versions are compared, field by field: before the import, as imported, now. The history
keeps all of them; a revert is one more commit, sealed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crmctl.errors import CrmctlError, NotFound, Refused
from crmctl.exchange.apply import ACTION
from crmctl.i18n import N_, _
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.ledger.reading.people import member_name
from crmctl.model.changes import FieldChange, diff
from crmctl.model.clear_files import read_member
from crmctl.model.dossier import folder_of
from crmctl.model.findings import Finding
from crmctl.model.monthly import Row, fields_of, rows_in
from crmctl.model.org import Member
from crmctl.model.paths import place_of
from crmctl.model.record import Record
from crmctl.model.values import Value

REVERT = "import-revert"
LATER = "IMP030"


@dataclass
class Reverted:
    """What a revert did. `commit` is None on a dry run and when nothing was left to take back."""

    imported: str
    commit: str | None = None
    removed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    kept: list[Finding] = field(default_factory=list)


def revert_import(ledger: Ledger, commit: str, *, dry_run: bool = False) -> Reverted:
    """Take back the import that `commit` names (`last`: the newest). Reverting twice does nothing the second time.

    Raises NotFound (no such commit, no import), Refused (the commit is none).
    """
    info = _import_of(ledger, commit)
    work = _Reverting(ledger, info)
    work.run()
    if not dry_run and not work.draft.empty:
        work.result.commit = work.draft.commit(REVERT, "", [f"Crmctl-Reverts: {info.oid}"])
    return work.result


def _import_of(ledger: Ledger, commit: str) -> CommitInfo:
    if commit != "last":
        oid = ledger.repo.resolve(commit)
        if oid is None:
            raise NotFound(_("There is no such import: {name}", name=commit), hint="crmctl import revert last")
        info = ledger.repo.commit(oid)
        if not _is_import(info):
            raise Refused(_("This is no import"), where=info.oid[:12], hint="crmctl import revert last")
        return info
    found = ledger.repo.run(
        "rev-list", "--no-merges", "--max-count=1", f"--grep=^Crmctl-Action: {ACTION}$", ledger.head
    ).decode().strip()  # fmt: skip
    if not found:
        raise NotFound(_("Nothing was ever imported"), hint="crmctl import plan FILE")
    return ledger.repo.commit(found)


def _is_import(info: CommitInfo) -> bool:
    return f"Crmctl-Action: {ACTION}" in info.message.splitlines()


class _Reverting:
    """One revert: what the import changed, against what stands there now."""

    def __init__(self, ledger: Ledger, info: CommitInfo) -> None:
        self.ledger = ledger
        self.before = info.parents[0]
        self.imported = info.oid
        self.draft = Draft(ledger)
        self.origin = Origin(reason=f"revert {info.oid[:12]}")
        self.result = Reverted(info.oid)
        self.gone: set[str] = set()

    def run(self) -> None:
        changes = self.ledger.repo.changed(self.before, self.imported)
        sealed = [change for change in changes if (place := place_of(change.path)) and place.is_record]
        cards = [change for change in sealed if self._is_card(change)]
        for change in sealed:
            if change not in cards:
                self._record(change)
        # a customer's card goes last: it stays while anything else of the dossier does
        for change in cards:
            self._record(change)
        for change in changes:
            if change.path.endswith("/dossier.yaml"):
                self._dossier(change)
        for change in changes:
            if change.path.startswith("org/members/"):
                self._member(change)

    @staticmethod
    def _is_card(change: PathChange) -> bool:
        place = place_of(change.path)
        return place is not None and not place.folder

    def _record(self, change: PathChange) -> None:
        present = self.ledger.repo.entry(self.ledger.head, change.path)
        if present is None:
            return
        try:
            if change.old_oid is None and present.oid == change.new_oid:
                self._remove(change.path)
            else:
                self._compare(change, present.oid)
        except CrmctlError as error:
            self._keep(change.path, N_("Not taken back: {why}"), why=error.what)

    def _remove(self, path: str) -> None:
        place = place_of(path)
        assert place is not None
        others = self._left_in(place.dossier) - {path} if not place.folder else set()
        if others:
            self._keep(
                place.dossier,
                N_("Kept: {count:record was|records were} added to the customer since"),
                count=len(others),
            )
            return
        ids = [str(row["id"]) for row in rows_in(self._opened(path).data)] if self._monthly(path) else []
        self.draft.put_file(path, None, place.record_id if place.folder else place.dossier)
        self.gone.add(path)
        self.result.removed += ids or [place.record_id if place.folder else place.dossier]

    def _left_in(self, dossier: str) -> set[str]:
        """The sealed files of a dossier that stand there now and do not go."""
        files = (path for path, _oid in self.ledger.repo.walk(self.ledger.head, folder_of(dossier)))
        return {path for path in files if place_of(path)} - self.gone

    def _compare(self, change: PathChange, present: str) -> None:
        now = self.ledger.read(change.path, present)
        imported = self._version(change.path, change.new_oid)
        before = self._version(change.path, change.old_oid) if change.old_oid else None
        if imported is None:
            return
        if self._monthly(change.path):
            self._rows(change.path, before, imported, now)
        elif before is None:
            for one in diff(imported.data, now.data):
                self._keep(now.id, N_("Kept: {field} was changed since by {name}"), one, member=now.by)
        else:
            values, later = _taken_back(before.data, imported.data, now.data)
            for one in later:
                self._keep(now.id, N_("Kept: {field} was changed since by {name}"), one, member=now.by)
            if values and self.draft.new_version(change.path, values, self.origin, now.id):
                self.result.restored.append(now.id)

    def _rows(self, path: str, before: Record | None, imported: Record, now: Record) -> None:
        """The entries of a monthly file: those that others added stay."""
        old = {str(row["id"]): row for row in rows_in(before.data)} if before else {}
        new = {str(row["id"]): row for row in rows_in(imported.data)}
        left: list[Row] = []
        touched: list[str] = []
        for row in rows_in(now.data):
            row_id = str(row["id"])
            if row_id not in new or new[row_id] == old.get(row_id):
                left.append(row)
                continue
            kept = self._row(row, old.get(row_id), new[row_id], now)
            touched += [] if kept == row else [row_id]
            left += [kept] if kept else []
        if not touched:
            return
        if left:
            self.draft.set_rows(path, left, self.origin, touched)
        else:
            self.draft.put_file(path, None, now.id)
            self.gone.add(path)

    def _row(self, row: Row, old: Row | None, new: Row, now: Record) -> Row | None:
        row_id = str(row["id"])
        message = N_("Kept: {field} was changed since by {name}")
        if old is None:
            later = diff(fields_of(new), fields_of(row))
            for one in later:
                self._keep(row_id, message, one, member=now.by)
            if not later:
                self.result.removed.append(row_id)
            return row if later else None
        values, later = _taken_back(fields_of(old), fields_of(new), fields_of(row))
        for one in later:
            self._keep(row_id, message, one, member=now.by)
        if values:
            self.result.restored.append(row_id)
        return {key: value for key, value in {**row, **values}.items() if value is not None or key == "for"}

    def _dossier(self, change: PathChange) -> None:
        if change.old_oid is not None:
            return
        dossier = change.path.rsplit("/", 2)[1]
        if self.ledger.repo.entry(self.ledger.head, change.path) and not self._left_in(dossier):
            self.draft.put_file(change.path, None, dossier)

    def _member(self, change: PathChange) -> None:
        entry = self.ledger.repo.entry(self.ledger.head, change.path)
        if entry is None:
            return
        now = read_member(load(self.ledger.repo.read_blob(entry.oid), change.path))
        message = N_("Kept: the member was changed since")
        if entry.oid != change.new_oid:
            if entry.oid != change.old_oid:
                self._keep(now.id, message)
            return
        if change.old_oid is not None:
            self.draft.put_file(change.path, self.ledger.repo.read_blob(change.old_oid), now.id)
            self.result.restored.append(now.id)
        elif self._needed(now):
            self._keep(now.id, N_("Kept: the member is responsible for customers that stay"))
        else:
            self.draft.put_file(change.path, None, now.id)
            self.result.removed.append(now.id)

    def _needed(self, member: Member) -> bool:
        for path, oid in self.ledger.repo.walk(self.ledger.head, "customers"):
            if not path.endswith("/dossier.yaml"):
                continue
            dossier = parse_dossier(self.ledger.repo.read_blob(oid), path)
            people = {
                who for one in dossier.assignments.values() for who in (one.owner, one.keeper, *one.team)
            }  # fmt: skip
            if member.id in people and self._left_in(dossier.id):
                return True
        return False

    def _version(self, path: str, oid: str | None) -> Record | None:
        return self.ledger.read(path, oid) if oid else None

    def _opened(self, path: str) -> Record:
        return self.ledger.read(path)

    def _monthly(self, path: str) -> bool:
        place = place_of(path)
        kinds = self.ledger.in_force.kinds.values()
        return any(kind.monthly and place and kind.folder == place.folder for kind in kinds)

    def _keep(self, where: str, message: str, change: FieldChange | None = None, **args: object) -> None:
        name = change.field if change else ""
        who = {"name": member_name(self.ledger, str(args["member"]))} if "member" in args else {}
        self.result.kept.append(Finding(LATER, message, "warning", where, name, {**args, **who, "field": name}))


def _taken_back(
    before: Mapping[str, Value], imported: Mapping[str, Value], now: Mapping[str, Value]
) -> tuple[dict[str, Value], list[FieldChange]]:
    """The fields to set back (None removes one), and those that somebody changed since."""
    values: dict[str, Value] = {}
    later: list[FieldChange] = []
    for name in dict.fromkeys([*before, *imported]):
        old, new, present = before.get(name), imported.get(name), now.get(name)
        if old in (new, present):
            continue
        if present == new:
            values[name] = old
        elif all(isinstance(value, dict) for value in (old or {}, new, present)):
            inner, changed = _taken_back(_group(old), _group(new), _group(present))
            later += [replace(one, field=f"{name}.{one.field}") for one in changed]
            if inner:
                values[name] = inner
        else:
            later.append(FieldChange(name, new, present))
    return values, later


def _group(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}
