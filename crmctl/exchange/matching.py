"""Which record a row means: by id, by the code of another system, by what the mapping names; and who is there twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crmctl.errors import NotFound
from crmctl.exchange.columns import Path, at, path_of
from crmctl.exchange.mapping import SheetMap
from crmctl.exchange.plan import PlanRow
from crmctl.exchange.records import Held, held
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.rules.duplicates import Register, identity_of

_USUAL = ("credit_code", "invoice_name")


@dataclass
class Known:
    """The records of one kind that the member can open, looked up by id and by any field."""

    ledger: Ledger
    kind: Kind
    records: tuple[Held, ...] = ()
    by_id: dict[str, Held] = field(default_factory=dict)
    _by_path: dict[Path, dict[str, list[Held]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = held(self.ledger, self.kind).records
        self.by_id = {one.id: one for one in self.records}

    def at(self, path: Path, value: object) -> list[Held]:
        """The records that have this value there."""
        if path not in self._by_path:
            index: dict[str, list[Held]] = {}
            for one in self.records:
                found = at(one.data, path)
                if found is not None:
                    index.setdefault(str(found), []).append(one)
            self._by_path[path] = index
        return self._by_path[path].get(str(value), [])


def keys_of(kind: Kind, sheet_map: SheetMap | None) -> list[Path]:
    """The fields by which a mapping's rows are recognised: those it names, else codes, credit code, invoice name."""
    if sheet_map is None:
        return []
    codes = [name for name in sheet_map.fields if name.startswith("codes.")]
    names = sheet_map.match or tuple(name for name in (*codes, *_USUAL) if name in sheet_map.fields)
    paths = [(name, path_of(kind, name)) for name in names if name != "id"]
    unknown = [name for name, path in paths if path is None]
    if unknown:
        raise NotFound(
            _("There is no field {name} in {kind}", name=unknown[0], kind=kind.name),
            hint=f"crmctl schema show {kind.name}",
        )
    return [path for _name, path in paths if path]


def value_at(values: Mapping[str, object], path: Path) -> object:
    """The value at a path of nested values; None where there is none."""
    value: object = values
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


@dataclass
class Customers:
    """From what a row says of its customer to a dossier, those that the plan itself makes among them."""

    ledger: Ledger
    kind: Kind
    known: Known
    planned: Sequence[PlanRow]
    _made: dict[Path, dict[str, list[int]]] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)

    def find(self, said: str, by: str | None) -> tuple[str, int | None]:
        """(dossier, None), or ("", number of the plan row). Raises NotFound."""
        if by is None:
            if said not in self._named:
                self._named[said] = lookup.customer(self.ledger, said)
            return self._named[said], None
        path = path_of(self.kind, by)
        if path is None:
            raise NotFound(_("There is no field {name} in {kind}", name=by, kind=self.kind.name))
        found = self.known.at(path, said)
        numbers = self._planned(path).get(said, [])
        if len(found) + len(numbers) > 1:
            raise NotFound(_("{who} fits {count:customer|customers}", who=said, count=len(found) + len(numbers)))
        if found:
            return found[0].record.dossier, None
        if not numbers:
            raise NotFound(_("No customer you can open fits {who}", who=said))
        if not self.planned[numbers[0]].goes_in:
            raise NotFound(_("The customer's own row cannot go in: {place}", place=self.planned[numbers[0]].place))
        return "", numbers[0]

    def _planned(self, path: Path) -> dict[str, list[int]]:
        if path not in self._made:
            index: dict[str, list[int]] = {}
            for number, row in enumerate(self.planned):
                value = value_at(row.values, path) if row.kind == self.kind.name and not row.id else None
                if value is not None:
                    index.setdefault(str(value), []).append(number)
            self._made[path] = index
        return self._made[path]


def mark_clashes(rows: Iterable[tuple[PlanRow, Sequence[tuple[Path, str]]]]) -> None:
    """Keep out all rows of one file that mean the same record; each names the others."""
    groups: dict[tuple[Path, str], list[PlanRow]] = {}
    for row, keys in rows:
        for key in keys:
            groups.setdefault(key, []).append(row)
    for (path, _value), several in groups.items():
        for row in several if len(several) > 1 else ():
            others = ", ".join(other.place for other in several if other is not row)
            message = N_("The same one as {others}: both have this {field}")
            args = {"others": others, "field": ".".join(path)}
            row.leave_out("error", Finding("IMP010", message, "error", row.place, ".".join(path), args))


def mark_duplicates(known: Known, rows: Sequence[PlanRow], not_duplicate: str | None) -> None:
    """Keep out new rows whose party is in the ledger or in another row; warn of likely ones (INT013).

    `not_duplicate` is the checked reason why they are others all the same; then they only get
    warnings. So does a record that a row makes like another: both are there already.
    """
    kind = known.kind
    if not kind.identity:
        return
    new = [row for row in rows if row.action == "create"]
    there = {one.id: identity_of(kind, one.data, one.id) for one in known.records}
    mine = {row.place: identity_of(kind, row.values, row.place) for row in new}
    register = Register([*there.values(), *mine.values()])
    for row in rows:
        if row.action != "update":
            continue
        identity = identity_of(kind, {**known.by_id[row.id].data, **row.values}, row.id)
        if identity != there[row.id]:
            for found in register.find(identity):
                row.findings += _told(found.findings(row.place), sure=False)
    for row in new:
        for found in register.find(mine[row.place]):
            sure = found.strength == "exact" and not not_duplicate
            if sure:
                row.action = "duplicate"
            elif found.strength == "exact":
                row.reason = "; ".join(part for part in (row.reason, not_duplicate) if part)
            row.findings += _told(found.findings(row.place), sure=sure)


def _told(findings: Iterable[Finding], *, sure: bool) -> Iterator[Finding]:
    for one in findings:
        severity = one.severity if sure else "warning"
        yield Finding(one.code, one.message, severity, one.where, one.field, one.args)
