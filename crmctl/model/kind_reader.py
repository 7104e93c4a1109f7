"""Compile a kind file's mapping to a Kind; every fault is named with field and nearest right name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.effect_reader import read_effect
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.findings import Finding
from crmctl.model.kind_words import RESERVED, ROW_WORDS, SQL_WORDS
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.score_sheet import sheet_faults
from crmctl.model.values import Value

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MEMBER = "member"  # or a field of that type: whose compartment the record goes into
_NAMES_A_PART = frozenset({"member", "text", "choice"})  # a text names a part such as a territory; empty, none
_PLACES = N_("Write core, assignment/<compartment>, office/<compartment> or office/<compartment>/member")
_STRUCTURES = ("list", "group")
_KIND_KEYS = {
    "schema", "kind", "version", "label", "id", "table", "folder", "in", "single", "store", "fields", "states",
    "arrows", "unique", "title", "list", "identity", "filed_by", "number", "effect",
}  # fmt: skip
# What any field may say; its type adds its own words.
_FIELD_KEYS = frozenset({"is", "label", "when", "from", "many", "sensitive", "default", "example", "help", "sheet"})
_TYPE_KEYS = {"choice": {"of"}, "ref": {"to"}, "list": {"fields"}, "group": {"fields"}}
# What may stand in `identity:`; text counts as a name.
IDENTIFYING = frozenset({"credit_code", "codes", "text", "phone", "region"})
_DATED = frozenset({"date", "instant"})
_DEEP = 2  # fields.on.come
_OF_ITS_OWN = frozenset({"is", "label", "when", "from", "fields", "come"})
_COUNTED = frozenset({"int", "quantity", "percent", "score", "money"})


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
            self.fault(path, N_("A field is a mapping such as {is: text}"))
            return None
        kind_of = str(spec.get("is", "text"))
        if kind_of not in FIELD_TYPES and kind_of not in _STRUCTURES:
            self.unknown(f"{path}.is", kind_of, [*FIELD_TYPES, *_STRUCTURES])
            return None
        self.words(path, spec, kind_of)
        mark = spec.get("sensitive")
        if mark is not None and not isinstance(mark, bool) and not _NAME.fullmatch(str(mark)):
            self.fault(f"{path}.sensitive", N_("Write true or the name of a class such as personal"))
        inner = self.fields(spec.get("fields"), path) if kind_of in _STRUCTURES else ()
        options = {key: value for key, value in spec.items() if key not in _OF_ITS_OWN}
        not_before = spec.get("from")
        return Field(
            name=name,
            type=kind_of,
            label=self.label(f"{path}.label", spec.get("label"), name),
            options=options,
            many=self.flag(f"{path}.many", spec.get("many")) or kind_of == "list",
            when=self.when(f"{path}.when", spec.get("when")),
            not_before=str(not_before).removeprefix(".") if not_before else None,
            fields=inner,
            come=self.come(f"{path}.come", spec.get("come")),
        )

    def come(self, path: str, raw: object) -> tuple[str, ...]:
        """`come: true` or a list of states; of the kind's own fields only."""
        if raw is not None and path.count(".") > _DEEP:
            self.fault(path, N_("Only a field of the kind itself may say come"))
        return ("*",) if raw is True else self.names(path, raw)

    def words(self, path: str, spec: Mapping[str, object], kind_of: str) -> None:
        """Every mark of a field is one that its type looks at: a misspelt one would silently do nothing."""
        known = {*_FIELD_KEYS, *_TYPE_KEYS.get(kind_of, ())}
        if kind_of in FIELD_TYPES:
            known |= FIELD_TYPES[kind_of].options
        if kind_of in _COUNTED:
            known.add("not_below")
        if kind_of in _DATED:
            known.add("come")
        for word in spec:
            if word not in known:
                self.unknown(f"{path}.{word}", word, known)

    def flag(self, path: str, raw: object) -> bool:
        if raw is not None and not isinstance(raw, bool):
            self.fault(path, N_("Write true or false"))
        return raw is True

    def names(self, path: str, raw: object) -> tuple[str, ...]:
        if raw is not None and not isinstance(raw, list):
            self.fault(path, N_("A list is needed here"))
        return tuple(str(part) for part in _list(raw))

    def states(self, raw: object) -> dict[str, Label]:
        if raw is not None and not isinstance(raw, dict):
            self.fault("states", N_("A mapping of names is needed here"))
        states = {}
        for name, text in (raw if isinstance(raw, dict) else {}).items():
            if not _NAME.fullmatch(name):
                self.fault(f"states.{name}", N_("{name} cannot be a state's name"), name=name)
            states[name] = self.label(f"states.{name}", text, name)
        return states

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
        for number, chain in enumerate(self.names("arrows", raw)):
            steps = [step.strip() for step in chain.split(">")]
            if len(steps) < 2:
                self.fault(f"arrows.{number}", N_("An arrow leads from a state to another: a > b"))
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
    scope, compartment, whose = _place(reader, str(raw.get("in", "")))
    fields = reader.fields(raw.get("fields"), "fields")
    states = reader.states(raw.get("states"))
    folder = str(raw.get("folder", f"{table}s"))
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,60}", folder):
        reader.fault("folder", N_("{name} cannot be the name of a folder"), name=folder)
    kind = Kind(
        name=name,
        version=_version(reader, raw.get("version", 1)),
        label=reader.label("label", raw.get("label"), name),
        prefix=prefix,
        table=table,
        folder=folder,
        scope=scope,
        compartment=compartment,
        fields=fields,
        states=states,
        arrows=reader.arrows(raw.get("arrows"), states),
        single=_single(reader, raw.get("single"), scope),
        per_member=bool(whose),
        addressee="" if whose == _MEMBER else whose,
        monthly=_monthly(reader, raw.get("store"), fields),
        filed_by_anyone=_filed_by_anyone(reader, raw.get("filed_by")),
        unique=_unique(reader, raw.get("unique")),
        title=reader.names("title", raw.get("title")),
        listed=reader.names("list", raw.get("list")),
        identity=reader.names("identity", raw.get("identity")),
        effect=read_effect(reader, raw.get("effect"), fields, states),
        number=_number(reader, raw.get("number"), scope, raw.get("store")),
    )
    _check_references(reader, kind.fields, "fields")
    for path, name, known in sheet_faults(kind):
        if known is None:
            reader.fault(path, N_("A score is reckoned with sheet: {of: LIST, weight: FIELD, points: FIELD}"))
        else:
            reader.unknown(path, name, known)
    _check_names(reader, kind)
    _check_addressee(reader, kind)
    _check_columns(reader, kind)
    return (None if reader.findings else kind), reader.findings


def _version(reader: _Reader, raw: Value) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    reader.fault("version", N_("A version is a whole number from 1"))
    return 1


def _place(reader: _Reader, text: str) -> tuple[str, str, str]:
    parts = text.split("/")
    if text == "core":
        return "core", "core", ""
    if len(parts) == 2 and parts[0] in {"assignment", "office"} and _NAME.fullmatch(parts[1]):
        return parts[0], parts[1], ""
    if len(parts) == 3 and parts[0] == "office" and _NAME.fullmatch(parts[1]) and _NAME.fullmatch(parts[2]):
        return "office", parts[1], parts[2]
    reader.fault("in", _PLACES)
    return "core", "core", ""


def _monthly(reader: _Reader, raw: object, fields: tuple[Field, ...]) -> str | None:
    if raw is None:
        return None
    name = raw.get("monthly") if isinstance(raw, dict) else None
    found = next((item for item in fields if item.name == name), None)
    if found is None or found.type not in {"date", "instant"}:
        reader.fault("store", N_("store: {monthly: FIELD} names a date field of this kind"))
        return None
    return found.name


def _number(reader: _Reader, raw: object, scope: str, store: object) -> str | None:
    """The series; kept to offices so that nobody walks through all customers for what has no number yet."""
    if raw is None:
        return None
    if not isinstance(raw, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,60}", raw):
        reader.fault("number", N_("number: SERIES is one word in small letters"))
    elif scope != "office" or store is not None:
        reader.fault("number", N_("Only a kind with in: office/… that is stored a file a record is numbered"))
    else:
        return raw
    return None


def _list(raw: object) -> list[object]:
    return list(raw) if isinstance(raw, list) else []


def _single(reader: _Reader, raw: object, scope: str) -> bool:
    single = reader.flag("single", raw)
    if single and scope != "core":
        reader.fault("single", N_("Only a kind with in: core is kept once in a dossier"))
    return single


def _filed_by_anyone(reader: _Reader, raw: object) -> bool:
    if raw is not None and raw != "anyone":
        reader.unknown("filed_by", str(raw), ["anyone"])
    return raw == "anyone"


def _unique(reader: _Reader, raw: object) -> tuple[tuple[str, ...], ...]:
    if raw is not None and not (isinstance(raw, list) and all(isinstance(group, list) for group in raw)):
        reader.fault("unique", N_("A list of lists is needed here: [[a, b]]"))
    groups = [_list(group) for group in _list(raw)]
    return tuple(dict.fromkeys(tuple(str(name) for name in group) for group in groups))


def _check_addressee(reader: _Reader, kind: Kind) -> None:
    field = kind.field(kind.addressee)
    if kind.addressee and (field is None or field.type not in _NAMES_A_PART or field.many):
        reader.fault("in", _PLACES)


def _check_references(reader: _Reader, fields: tuple[Field, ...], path: str) -> None:
    """Fields name others beside them, of a type that can be compared."""
    beside = {item.name: item for item in fields}
    for item in fields:
        inside = f"{path}.{item.name}"
        named = (("from", item.not_before, _DATED), ("not_below", item.options.get("not_below"), _COUNTED))
        for word, other, types in named:
            if other is None:
                continue
            found = beside.get(str(other))
            if found is None:
                reader.unknown(f"{inside}.{word}", str(other), beside)
            elif not {item.type, found.type} <= types or item.many or found.many:
                reader.fault(
                    f"{inside}.{word}", N_("{name} and {other} cannot be compared"), name=item.name, other=other
                )
        scheme = item.options.get("scheme")
        if scheme is not None and str(scheme) not in beside:
            reader.unknown(f"{inside}.scheme", str(scheme), beside)
        if item.when and item.when.name not in beside:
            reader.unknown(f"{inside}.when", item.when.name, beside)
        _check_references(reader, item.fields, inside)


def _check_names(reader: _Reader, kind: Kind) -> None:
    for item in kind.fields:
        for state in set(item.come) - {"*", *kind.states}:
            reader.unknown(f"fields.{item.name}.come", state, kind.states)
    names = {item.name for item in kind.fields}
    for path, words, known in (
        ("title", kind.title, names),
        ("list", kind.listed, {*names, "state", "stage", "owner", "dossier"}),
        ("identity", kind.identity, names),
        ("unique", tuple(name for group in kind.unique for name in group), {*names, "assignment", "dossier", "state"}),
    ):
        for name in words:
            if name not in known:
                reader.unknown(path, name, known)
    for name in kind.identity:
        found = kind.field(name)
        if found is not None and found.type not in IDENTIFYING:
            reader.fault("identity", N_("{name} cannot tell parties apart"), name=name)
    for name in sorted(names & ROW_WORDS) if kind.monthly else ():
        reader.fault(f"fields.{name}", N_("{name} cannot be a field's name"), name=name)


def _check_columns(reader: _Reader, kind: Kind) -> None:
    """No two fields make one column: a group's fields and a type's companions have columns of their own."""
    taken = dict.fromkeys(RESERVED, "")
    for path, column in _columns(kind.fields, "fields", ""):
        if column in taken:
            reader.fault(path, N_("{name} would be two columns of the table"), name=column)
        taken[column] = path


def _columns(fields: tuple[Field, ...], path: str, prefix: str) -> Iterator[tuple[str, str]]:
    for item in fields:
        inside, name = f"{path}.{item.name}", prefix + item.name
        if item.type == "group" and not item.many:
            yield from _columns(item.fields, inside, f"{name}_")
        elif item.many or item.type not in FIELD_TYPES:
            yield inside, name
        else:
            yield from ((inside, column) for column in FIELD_TYPES[item.type].column_types(name))
