"""A mapping file: how somebody else's sheets become records. YAML data, no expressions.

schema: crmctl/mapping/1
file: customers.csv              # where FILE is a folder; several sheets stand under `sheets:`
kind: customer
match: [codes.erp]               # by what a row is recognised; else codes, credit code, invoice name
join: {last: {file: orders.csv, on: {Number: Customer}, latest: Date}}
fields:
  name: Company                  # field: column
  codes.erp: Number
  phone: {column: Phone, country: {column: Country, values: {Germany: DE}}, else: phone_as_given}
  address: {columns: [Street, Town], with: ", "}
  amount: {product: [Price, Quantity, {one_minus: Discount}]}
constants: {source: import}      # for new records only
owner: {column: last.Clerk, values: {"1": nancy}, default: andrew}
customer: {column: Customer, by: codes.erp}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from crmctl.errors import InvalidInput, NotFound
from crmctl.i18n import N_, _
from crmctl.model.findings import Finding
from crmctl.model.values import Value

DateOrder = Literal["day_first", "month_first"]
_TOP = {"schema", "sheets"}
_SHEET = {
    "file", "kind", "encoding", "worksheet", "date_order", "empty", "match", "join", "fields", "constants", "owner",
    "department", "customer", "state", "not_duplicate",
}  # fmt: skip
_SOURCE = {"column", "columns", "with", "values", "default", "else", "country", "product", "constant", "by"}
_JOIN = {"file", "on", "latest", "encoding"}


@dataclass(frozen=True, slots=True)
class Factor:
    """A column of a product; `one_minus` takes 1 less its value (a discount)."""

    column: str
    one_minus: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: columns put together, a product of columns, or a constant.

    `values` replaces single values; `default` stands for an empty one; `otherwise` is the text
    field that takes what does not fit; `country` gives the region of phone numbers; `by` is the
    field by which a customer is recognised.
    """

    columns: tuple[str, ...] = ()
    glue: str = " "
    values: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    otherwise: str | None = None
    country: Source | None = None
    product: tuple[Factor, ...] = ()
    constant: Value = None
    by: str | None = None

    def reads(self) -> Iterator[str]:
        """Every column it reads."""
        yield from self.columns
        yield from (factor.column for factor in self.product)
        if self.country:
            yield from self.country.reads()


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of another sheet: `on` pairs our column with its; `latest` picks the row with the greatest value there."""

    name: str
    file: str
    on: tuple[tuple[str, str], ...]
    latest: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class SheetMap:
    """How one sheet becomes records of one kind."""

    kind: str
    file: str | None = None
    encoding: str | None = None
    worksheet: str | None = None
    date_order: DateOrder | None = None
    empty: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    fields: Mapping[str, Source] = field(default_factory=dict)
    constants: Mapping[str, Value] = field(default_factory=dict)
    owner: Source | None = None
    department: Source | None = None
    customer: Source | None = None
    state: str | None = None
    not_duplicate: str | None = None

    def sources(self) -> Iterator[Source]:
        """Every source it names."""
        yield from self.fields.values()
        yield from (source for source in (self.owner, self.department, self.customer) if source)


def load_mapping(path: Path) -> tuple[SheetMap, ...]:
    """The sheets a mapping file describes, in its order. Raises NotFound, InvalidInput with every fault."""
    from crmctl.ledger.disk.yamlio import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=str(path)) from error
    raw = load(content, path.name)
    reader = _Reader(path.name)
    sheets = reader.document(raw)
    if reader.findings:
        raise InvalidInput(
            _("The mapping has {count:fault|faults}", count=len(reader.findings)),
            where=path.name,
            findings=reader.findings,
        )
    return sheets


class _Reader:
    """Collects every fault of one mapping file."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.findings: list[Finding] = []

    def fault(self, path: str, message: str, **args: object) -> None:
        self.findings.append(Finding("IMP001", message, "error", self.where, path, args))

    def known(self, raw: Mapping[str, Value], words: Iterable[str], path: str) -> None:
        for key in raw:
            if key not in words:
                near = get_close_matches(key, sorted(words), 1)
                here = f"{path}.{key}".lstrip(".")
                if near:
                    self.fault(here, N_("Unknown word {name}; did you mean {near}?"), name=key, near=near[0])
                else:
                    self.fault(here, N_("Unknown word {name}"), name=key)

    def document(self, raw: Value) -> tuple[SheetMap, ...]:
        if not isinstance(raw, dict) or raw.get("schema") != "crmctl/mapping/1":
            self.fault("schema", N_("A mapping begins with schema: crmctl/mapping/1"))
            return ()
        sheets = raw.get("sheets")
        if not isinstance(sheets, list):
            return (self.sheet({key: value for key, value in raw.items() if key != "schema"}, ""),)
        self.known(raw, _TOP, "")
        found = []
        for number, one in enumerate(sheets):
            if isinstance(one, dict):
                found.append(self.sheet(one, f"sheets.{number}"))
                if "file" not in one:
                    self.fault(f"sheets.{number}.file", N_("Say which file of the folder"))
            else:
                self.fault(f"sheets.{number}", N_("A mapping of fields is needed here"))
        return tuple(found)

    def sheet(self, raw: Mapping[str, Value], path: str) -> SheetMap:
        self.known(raw, _SHEET, path)
        prefix = f"{path}." if path else ""
        kind = raw.get("kind")
        if not isinstance(kind, str):
            self.fault(f"{prefix}kind", N_("Say of what kind the records are"))
        order = raw.get("date_order")
        if order not in {None, "day_first", "month_first"}:
            self.fault(f"{prefix}date_order", N_("Write day_first or month_first"))
        fields = self.mapping(raw.get("fields"), f"{prefix}fields")
        if not fields:
            self.fault(f"{prefix}fields", N_("At least one field is needed"))
        return SheetMap(
            kind=str(kind),
            file=_text(raw.get("file")),
            encoding=_text(raw.get("encoding")),
            worksheet=_text(raw.get("worksheet")),
            date_order="day_first" if order == "day_first" else "month_first" if order == "month_first" else None,
            empty=self.texts(raw.get("empty"), f"{prefix}empty"),
            match=self.texts(raw.get("match"), f"{prefix}match"),
            joins=tuple(
                self.join(name, spec, f"{prefix}join.{name}")
                for name, spec in self.mapping(raw.get("join"), f"{prefix}join").items()
            ),
            fields={name: self.source(spec, f"{prefix}fields.{name}") for name, spec in fields.items()},
            constants=self.mapping(raw.get("constants"), f"{prefix}constants"),
            owner=self.optional(raw, "owner", prefix),
            department=self.optional(raw, "department", prefix),
            customer=self.optional(raw, "customer", prefix),
            state=_text(raw.get("state")),
            not_duplicate=_text(raw.get("not_duplicate")),
        )

    def optional(self, raw: Mapping[str, Value], key: str, prefix: str) -> Source | None:
        return self.source(raw[key], prefix + key) if key in raw else None

    def source(self, raw: Value, path: str) -> Source:
        if isinstance(raw, str):
            return Source((raw,))
        if not isinstance(raw, dict):
            self.fault(
                path, N_("Name a column, or write {{column: …}}, {{columns: […]}}, {{product: […]}}, {{constant: …}}")
            )
            return Source()
        self.known(raw, _SOURCE, path)
        ways = [key for key in ("column", "columns", "product", "constant") if key in raw]
        if len(ways) != 1:
            self.fault(path, N_("One of column, columns, product and constant is needed"))
        column = _text(raw.get("column"))
        columns = (column,) if column else self.texts(raw.get("columns"), f"{path}.columns")
        country = self.source(raw["country"], f"{path}.country") if "country" in raw else None
        product = raw.get("product")
        return Source(
            columns=columns,
            glue=str(raw.get("with", " ")),
            values={key: str(value) for key, value in self.mapping(raw.get("values"), f"{path}.values").items()},
            default=_text(raw.get("default")),
            otherwise=_text(raw.get("else")),
            country=country,
            product=tuple(self.factor(one, path) for one in product) if isinstance(product, list) else (),
            constant=raw.get("constant"),
            by=_text(raw.get("by")),
        )

    def factor(self, raw: Value, path: str) -> Factor:
        if isinstance(raw, str):
            return Factor(raw)
        if isinstance(raw, dict) and list(raw) == ["one_minus"]:
            return Factor(str(raw["one_minus"]), one_minus=True)
        self.fault(f"{path}.product", N_("A factor is a column, or {{one_minus: COLUMN}}"))
        return Factor("")

    def join(self, name: str, raw: Value, path: str) -> Join:
        spec = raw if isinstance(raw, dict) else {}
        self.known(spec, _JOIN, path)
        on = self.mapping(spec.get("on"), f"{path}.on")
        if not isinstance(spec.get("file"), str) or not on:
            self.fault(path, N_("A join needs file: and on: {{OUR COLUMN: ITS COLUMN}}"))
        pairs = tuple((ours, str(its)) for ours, its in on.items())
        return Join(name, str(spec.get("file")), pairs, _text(spec.get("latest")), _text(spec.get("encoding")))

    def mapping(self, raw: Value, path: str) -> dict[str, Value]:
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self.fault(path, N_("A mapping of fields is needed here"))
            return {}
        return raw

    def texts(self, raw: Value, path: str) -> tuple[str, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list):
            self.fault(path, N_("A list is needed here"))
            return ()
        return tuple(str(item) for item in raw)


def _text(raw: Value) -> str | None:
    return None if raw is None else str(raw)
