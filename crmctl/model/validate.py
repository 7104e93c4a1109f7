"""Check a record's fields against its kind, all faults at once, and give back canonical values.

pydantic keeps the shape (unknown fields, nesting, lists); the field types keep the values. It is
imported only here and only when something is checked: reading a record never loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from crmctl.i18n import N_
from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.fields.zone import zone_of
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.score_sheet import computed, entered, is_sheet, lacking, sheets
from crmctl.model.values import Value

if TYPE_CHECKING:
    from pydantic import BaseModel


_DAY = len("2026-01-01")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the pack and the ledger add to a kind when a record of it is checked.

    `vocab` gives the codes of each choice list, `required` the fields the record's state needs. `entered` is
    the local day the record is (was) written; without it no day lies ahead.
    """

    vocab: Mapping[str, Mapping[str, tuple[str, str]]]
    required: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"
    entered: date | None = None


def validate(
    kind: Kind, data: Mapping[str, object], rules: Rules, where: str = ""
) -> tuple[dict[str, Value], list[Finding]]:
    """Check `data` as a record of `kind`.

    Returns the canonical values in the kind's order (absent ones left out) and every finding.
    The values are to be used only when no finding is an error.
    """
    from pydantic import ValidationError

    shape = _shape(kind, rules)
    findings: list[Finding] = []
    faulty: dict[str, object] = {}
    try:
        clean = _canonical(shape, data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        findings += [_finding(kind, dict(fault), where) for fault in faults]
        # what is wrong in itself is left out, so that the rest is still compared and told at once
        wrong = {fault["loc"][0] for fault in faults}
        faulty = {name: value for name, value in data.items() if name in wrong}
        clean = _canonical(shape, {name: value for name, value in data.items() if name not in wrong})
    findings += _beyond_shape(kind.fields, clean, rules, where, "")
    findings += _ahead(kind, clean, rules, where)
    findings += [entered(field, where) for field in sheets(kind) if clean.get(field.name) is not None]
    findings += _missing(kind, {**clean, **faulty, **computed(kind, clean)}, _required(kind, rules), where)
    return _without_empty(clean), findings


def _canonical(shape: type[BaseModel], data: Mapping[str, object]) -> dict[str, Any]:
    return shape.model_validate(dict(data)).model_dump(exclude_none=True, by_alias=True)


def _required(kind: Kind, rules: Rules) -> tuple[str, ...]:
    """A kind stored by the month needs its date whatever the pack says: it tells the file."""
    return tuple(dict.fromkeys([*rules.required, *([kind.monthly] if kind.monthly else [])]))


def options_of(
    field: Field, vocab: Mapping[str, Mapping[str, tuple[str, str]]], timezone: str, currency: str
) -> dict[str, object]:
    """A field's options with what the pack and ledger give: a choice's values, zone, currency."""
    options: dict[str, object] = {"timezone": timezone, "currency": currency, **field.options}
    if field.type == "choice":
        options["values"] = vocab.get(str(field.options.get("of", "")), {})
    return options


# Keyed by identity, because a Kind holds mappings; each entry keeps what its key stands for alive.
_SHAPES: dict[tuple[int, int, str, str], tuple[Kind, object, type[BaseModel]]] = {}


def _shape(kind: Kind, rules: Rules) -> type[BaseModel]:
    key = (id(kind), id(rules.vocab), rules.timezone, rules.currency)
    if key not in _SHAPES:
        words: Mapping[str, Any] = rules.vocab
        fields = kind.fields
        if kind.states:
            words = {**words, "": dict(kind.states)}
            fields = (*fields, Field("state", "choice", ("状态", "State"), {"of": ""}))
        made = _model(kind.name, fields, words, rules.timezone, rules.currency)
        _SHAPES[key] = (kind, rules.vocab, made)
    return _SHAPES[key][2]


def _model(name: str, fields: tuple[Field, ...], vocab: Any, timezone: str, currency: str) -> type[BaseModel]:
    from pydantic import ConfigDict, create_model
    from pydantic import Field as Declared

    shapes: dict[str, Any] = {}
    for field in fields:
        one = _one(field, vocab, timezone, currency)
        # under an alias, because a field may be called like something of pydantic's own (`copy`, `model_dump`)
        declared = Declared(default=None, alias=field.name)
        shapes[f"f_{field.name}"] = ((list[one] if field.many else one) | None, declared)  # type: ignore[valid-type]  # built at run time
    made: type[BaseModel] = create_model(f"of_{name}", __config__=ConfigDict(extra="forbid"), **shapes)
    return made


def _one(field: Field, vocab: Any, timezone: str, currency: str) -> Any:
    from typing import Annotated

    from pydantic import BeforeValidator

    if field.type in {"group", "list"}:
        return _model(field.name, field.fields, vocab, timezone, currency)
    return Annotated[Any, BeforeValidator(_parser(field, options_of(field, vocab, timezone, currency)))]


def _parser(field: Field, options: dict[str, object]) -> Callable[[object], Value]:
    from pydantic_core import PydanticCustomError

    parse = FIELD_TYPES[field.type].parse

    def check(raw: object) -> Value:
        if raw is None:
            return None
        try:
            return parse(raw, options)
        except FieldProblem as problem:
            raise PydanticCustomError("field_problem", "field", {"problem": problem}) from None

    return check


def _finding(kind: Kind, fault: dict[str, Any], where: str) -> Finding:
    location = ".".join(str(part) for part in fault["loc"])
    problem = fault.get("ctx", {}).get("problem")
    if isinstance(problem, FieldProblem):
        return problem.finding(where, location)
    if fault["type"] == "extra_forbidden":
        return _unknown_field(kind, location, where)
    if fault["type"] == "list_type":
        return Finding("REC004", N_("A list is needed here"), "error", where, location)
    return Finding("REC004", N_("A mapping of fields is needed here"), "error", where, location)


def _unknown_field(kind: Kind, location: str, where: str) -> Finding:
    outer = [part for part in location.split(".") if not part.isdigit()] or [location]
    siblings = kind.fields
    for part in outer[:-1]:
        found = next((item for item in siblings if item.name == part), None)
        siblings = found.fields if found else ()
    spellings = {word: item.name for item in reversed(siblings) for word in (*item.label, item.name)}
    near = get_close_matches(outer[-1], spellings, 1)
    if near:
        args = {"near": spellings[near[0]]}
        return Finding("REC002", N_("No such field; did you mean {near}?"), "error", where, location, args)
    return Finding("REC002", N_("No such field in {kind}"), "error", where, location, {"kind": kind.label})


def _beyond_shape(
    fields: Iterable[Field], clean: Mapping[str, Any], rules: Rules, where: str, prefix: str
) -> list[Finding]:
    """What compares several fields: `from`, `not_below`, `when`; inside groups and lists too."""
    findings: list[Finding] = []
    fields = tuple(fields)
    labels: dict[str, Label] = {field.name: field.label for field in fields}
    for field in fields:
        value = clean.get(field.name)
        if value is None:
            continue
        path = f"{prefix}{field.name}"
        findings += _one_field(field, value, clean, rules, labels, where, path)
        if field.fields:
            inner = value if isinstance(value, list) else [value]
            for number, item in enumerate(inner):
                step = f"{path}.{number}." if isinstance(value, list) else f"{path}."
                findings += _beyond_shape(field.fields, item, rules, where, step)
    return findings


def _one_field(
    field: Field, value: Any, clean: Mapping[str, Any], rules: Rules, labels: Mapping[str, Label], where: str, path: str
) -> list[Finding]:
    findings: list[Finding] = []
    args: dict[str, object]
    if field.when and field.when.holds(clean) is False:
        args = {"condition": str(field.when)}
        findings.append(Finding("REC005", N_("Does not apply here: only when {condition}"), "error", where, path, args))
    earlier = clean.get(field.not_before) if field.not_before else None
    if earlier is not None and _before(value, earlier, rules.timezone):
        args = {"other": labels.get(field.not_before or "", field.not_before)}
        findings.append(Finding("REC006", N_("Lies before {other}"), "error", where, path, args))
    floor = clean.get(str(field.options.get("not_below")))
    if floor is not None and Decimal(str(value)) < Decimal(str(floor)):
        other = str(field.options["not_below"])
        args = {"other": labels.get(other, other)}
        findings.append(Finding("REC007", N_("Is less than {other}"), "error", where, path, args))
    return findings


def _ahead(kind: Kind, clean: Mapping[str, Any], rules: Rules, where: str) -> Iterator[Finding]:
    """Days that are ahead in a state which says that they have come."""
    state = str(clean.get("state") or kind.first_state or "")
    for field in kind.fields if rules.entered else ():
        value = clean.get(field.name)
        if not value or not {"*", state} & set(field.come):
            continue
        if _local_day(str(value), rules.timezone) > str(rules.entered):
            message = N_("This day has not come yet")
            until = [kind.states[name] for name in kind.states if name not in field.come][:1]
            if until:
                args: dict[str, object] = {"state": until[0]}
                hint = N_("Until then it stays: {state}")
                yield Finding("REC015", message, "error", where, field.name, args, hint)
            else:
                yield Finding("REC015", message, "error", where, field.name)


def _before(value: str, earlier: str, timezone: str) -> bool:
    """Whether `value` lies before `earlier`; a date with an instant is compared by the ledger's local day."""
    if _DAY in {len(value), len(earlier)}:
        return _local_day(value, timezone) < _local_day(earlier, timezone)
    return datetime.fromisoformat(value) < datetime.fromisoformat(earlier)


def _local_day(value: str, timezone: str) -> str:
    if len(value) == _DAY:
        return value
    return datetime.fromisoformat(value).astimezone(zone_of({"timezone": timezone})).date().isoformat()


def _missing(kind: Kind, clean: Mapping[str, Any], required: tuple[str, ...], where: str) -> list[Finding]:
    findings = []
    for name in required:
        field = kind.field(name.split(".")[0])
        if field is None or (field.when and field.when.holds(clean) is not True):
            continue
        if _lacks(clean, name.split(".")):
            if is_sheet(field):
                findings.append(lacking(field, clean, where))
                continue
            findings.append(Finding("REC001", N_("Missing: {label}"), "error", where, name, {"label": field.label}))
    return findings


def _lacks(value: Any, path: list[str]) -> bool:
    """Whether nothing stands at `path`; a list lacks it when it is empty or any of its entries does."""
    if not path:
        return value in (None, "", [], {})
    if isinstance(value, list):
        return not value or any(_lacks(item, path) for item in value)
    return _lacks(value.get(path[0]) if isinstance(value, dict) else None, path[1:])


def _without_empty(value: Mapping[str, Any]) -> dict[str, Value]:
    return {key: _pruned(item) for key, item in value.items() if item is not None and item not in ({}, [])}


def _pruned(value: Any) -> Value:
    if isinstance(value, dict):
        return _without_empty(value)
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    pruned: Value = value
    return pruned
