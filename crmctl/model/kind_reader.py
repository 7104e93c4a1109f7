"""Compile a kind file's mapping to a Kind; every fault is named with field and nearest right name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.values import Value

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_STRUCTURES = ("list", "group")
_KIND_KEYS = {
    "schema", "kind", "version", "label", "id", "table", "folder", "in", "single", "store", "fields", "states",
    "arrows", "unique", "title", "identity", "filed_by",
}  # fmt: skip
_FIELD_KEYS = {"is", "of", "label", "when", "from", "many", "fields", "to"}
SQL_WORDS = frozenset(
    [
        "abort",
        "action",
        "add",
        "after",
        "all",
        "alter",
        "always",
        "analyze",
        "and",
        "as",
        "asc",
        "attach",
        "autoincrement",
        "before",
        "begin",
        "between",
        "by",
        "cascade",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "commit",
        "conflict",
        "constraint",
        "create",
        "cross",
        "current",
        "database",
        "default",
        "deferrable",
        "deferred",
        "delete",
        "desc",
        "detach",
        "distinct",
        "do",
        "drop",
        "each",
        "else",
        "end",
        "escape",
        "except",
        "exclude",
        "exclusive",
        "exists",
        "explain",
        "fail",
        "filter",
        "first",
        "following",
        "for",
        "foreign",
        "from",
        "full",
        "generated",
        "glob",
        "group",
        "groups",
        "having",
        "if",
        "ignore",
        "immediate",
        "in",
        "index",
        "indexed",
        "initially",
        "inner",
        "insert",
        "instead",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "key",
        "last",
        "left",
        "like",
        "limit",
        "match",
        "materialized",
        "natural",
        "no",
        "not",
        "nothing",
        "notnull",
        "null",
        "nulls",
        "of",
        "offset",
        "on",
        "or",
        "order",
        "others",
        "outer",
        "over",
        "partition",
        "plan",
        "pragma",
        "preceding",
        "primary",
        "query",
        "raise",
        "range",
        "recursive",
        "references",
        "regexp",
        "reindex",
        "release",
        "rename",
        "replace",
        "restrict",
        "returning",
        "right",
        "rollback",
        "row",
        "rows",
        "savepoint",
        "select",
        "set",
        "table",
        "temp",
        "temporary",
        "then",
        "ties",
        "to",
        "transaction",
        "trigger",
        "unbounded",
        "union",
        "unique",
        "update",
        "using",
        "vacuum",
        "values",
        "view",
        "virtual",
        "when",
        "where",
        "window",
        "with",
        "without",
    ]
)
# What may stand in `identity:`; text counts as a name.
IDENTIFYING = frozenset({"credit_code", "codes", "text", "phone", "region"})
# Words every table has as columns, or that a record keeps outside its fields.
RESERVED = frozenset({"id", "dossier", "department", "compartment", "rev", "state", "unverified", "data", "kind"})


class _Reader:
    """Collects findings while it reads one kind file."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.findings: list[Finding] = []

    def fault(self, path: str, message: str, hint: str = "", **args: object) -> None:
        self.findings.append(Finding("SCH001", message, "error", self.where, path, args, hint))

    def unknown(self, path: str, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, sorted(known), 1)
        if near:
            self.fault(path, N_("Unknown word {name}; did you mean {near}?"), name=name, near=near[0])
        else:
            self.fault(path, N_("Unknown word {name}"), name=name)

    def label(self, path: str, value: object, default: str) -> Label:
        if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
            return (str(value[0]), str(value[1]))
        if value is not None:
            self.fault(path, N_("A label is a list of two texts: Chinese, English"))
        return (default, default)

    def fields(self, raw: object, path: str) -> tuple[Field, ...]:
        if not isinstance(raw, dict) or not raw:
            self.fault(path, N_("At least one field is needed"))
            return ()
        read = [self.field(name, spec, f"{path}.{name}") for name, spec in raw.items()]
        return tuple(item for item in read if item is not None)

    def field(self, name: str, spec: object, path: str) -> Field | None:
        if not _NAME.fullmatch(name) or (name in RESERVED and path.count(".") == 1):
            self.fault(path, N_("{name} cannot be a field's name"), name=name)
            return None
        if not isinstance(spec, dict):
            self.fault(path, N_("A field is a mapping such as {{is: text}}"))
            return None
        kind_of = str(spec.get("is", "text"))
        if kind_of not in FIELD_TYPES and kind_of not in _STRUCTURES:
            self.unknown(f"{path}.is", kind_of, [*FIELD_TYPES, *_STRUCTURES])
            return None
        inner = self.fields(spec.get("fields"), path) if kind_of in _STRUCTURES else ()
        options = {key: value for key, value in spec.items() if key not in {"is", "label", "when", "from", "fields"}}
        not_before = spec.get("from")
        return Field(
            name=name,
            type=kind_of,
            label=self.label(f"{path}.label", spec.get("label"), name),
            options=options,
            many=spec.get("many") is True or kind_of == "list",
            when=self.when(f"{path}.when", spec.get("when")),
            not_before=str(not_before).removeprefix(".") if not_before else None,
            fields=inner,
        )

    def when(self, path: str, raw: object) -> Leaf | None:
        if raw is None:
            return None
        try:
            return parse_leaf(str(raw))
        except ConditionError:
            self.fault(path, N_("Not a condition: {text}. Write: name op literal, lists in brackets"), text=raw)
            return None

    def arrows(self, raw: object, states: Mapping[str, Label]) -> frozenset[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for number, chain in enumerate(raw if isinstance(raw, list) else []):
            steps = [step.strip() for step in str(chain).split(">")]
            for step in steps:
                if step not in states:
                    self.unknown(f"arrows.{number}", step, states)
            found.update(pairwise(steps))
        return frozenset(found)


def compile_kind(raw: Mapping[str, Value], where: str) -> tuple[Kind | None, list[Finding]]:
    """Read one kind file's mapping. Returns the kind, or None with the findings that forbid it."""
    reader = _Reader(where)
    for key in raw:
        if key not in _KIND_KEYS:
            reader.unknown(key, key, _KIND_KEYS)
    name = str(raw.get("kind", ""))
    table = str(raw.get("table", name))
    for path, word in (("kind", name), ("table", table)):
        if not _NAME.fullmatch(word) or (path == "table" and word in SQL_WORDS):
            reader.fault(path, N_("{name} cannot be the name of a kind or table"), name=word)
    prefix = str(raw.get("id", ""))
    if not re.fullmatch(r"[A-Z]{1,3}", prefix):
        reader.fault("id", N_("An id prefix is one to three capital letters"))
    scope, compartment, per_member = _place(reader, str(raw.get("in", "")))
    fields = reader.fields(raw.get("fields"), "fields")
    raw_states = raw.get("states")
    states = {
        state: reader.label(f"states.{state}", text, state)
        for state, text in (raw_states if isinstance(raw_states, dict) else {}).items()
    }
    kind = Kind(
        name=name,
        version=_version(reader, raw.get("version", 1)),
        label=reader.label("label", raw.get("label"), name),
        prefix=prefix,
        table=table,
        folder=str(raw.get("folder", f"{table}s")),
        scope=scope,
        compartment=compartment,
        fields=fields,
        states=states,
        arrows=reader.arrows(raw.get("arrows"), states),
        single=raw.get("single") is True,
        per_member=per_member,
        monthly=_monthly(reader, raw.get("store"), fields),
        filed_by_anyone=raw.get("filed_by") == "anyone",
        unique=_unique(raw.get("unique")),
        title=tuple(str(part) for part in _list(raw.get("title"))),
        identity=tuple(str(part) for part in _list(raw.get("identity"))),
    )
    _check_references(reader, kind)
    return (None if reader.findings else kind), reader.findings


def _version(reader: _Reader, raw: Value) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    reader.fault("version", N_("A version is a whole number from 1"))
    return 1


def _place(reader: _Reader, text: str) -> tuple[str, str, bool]:
    parts = text.split("/")
    if text == "core":
        return "core", "core", False
    if len(parts) == 2 and parts[0] in {"assignment", "office"} and _NAME.fullmatch(parts[1]):
        return parts[0], parts[1], False
    if len(parts) == 3 and parts[0] == "office" and parts[2] == "member":
        return "office", parts[1], True
    reader.fault("in", N_("Write core, assignment/<compartment>, office/<compartment> or office/<compartment>/member"))
    return "core", "core", False


def _monthly(reader: _Reader, raw: object, fields: tuple[Field, ...]) -> str | None:
    if raw is None:
        return None
    name = raw.get("monthly") if isinstance(raw, dict) else None
    found = next((item for item in fields if item.name == name), None)
    if found is None or found.type not in {"date", "instant"}:
        reader.fault("store", N_("store: {{monthly: FIELD}} names a date field of this kind"))
        return None
    return found.name


def _list(raw: object) -> list[object]:
    return list(raw) if isinstance(raw, list) else []


def _unique(raw: object) -> tuple[tuple[str, ...], ...]:
    groups = [group if isinstance(group, list) else _list(raw) for group in _list(raw)]
    return tuple(dict.fromkeys(tuple(str(name) for name in group) for group in groups))


def _check_references(reader: _Reader, kind: Kind) -> None:
    names = {item.name for item in kind.fields}
    for item in kind.fields:
        if item.not_before and item.not_before not in names:
            reader.unknown(f"fields.{item.name}.from", item.not_before, names)
        if item.when and item.when.name not in names:
            reader.unknown(f"fields.{item.name}.when", item.when.name, names)
    for name in kind.title:
        if name not in names:
            reader.unknown("title", name, names)
    for name in kind.identity:
        found = kind.field(name)
        if found is None:
            reader.unknown("identity", name, names)
        elif found.type not in IDENTIFYING:
            reader.fault("identity", N_("{name} cannot tell parties apart"), name=name)
