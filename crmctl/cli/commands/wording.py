"""Records, fields and members in the words people use, for the commands that tell about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from crmctl.errors import NotFound
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.divisions import division_name
from crmctl.ledger.reading.people import department_name, member_name
from crmctl.model.changes import FieldChange
from crmctl.model.dossier import is_office
from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value

_PARTS = {
    "core": N_("Card"), "sales": N_("Sales"), "service": N_("Service"), "trade": N_("Trade"), "review": N_("Review"),
    "closed": N_("Closed part"), "plans": N_("Day plans"),
    "*": N_("the whole file"),
}  # fmt: skip


def moment_text(at: str) -> str:
    """`2026-11-22 10:00` of a version's moment, as its writer's clock showed it."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M") if "T" in at else at


def part_name(ledger: Ledger, compartment: str) -> str:
    """A compartment as people call it: `东区 销售`, `业务去向表 爱丽丝`."""
    department, slash, short = compartment.partition("/")
    name, _dot, owner = (short or department).partition(".")
    said = _(_PARTS[name]) if name in _PARTS else name
    parts = [department_name(ledger, department) if slash else "", said, member_name(ledger, owner) if owner else ""]
    return " ".join(part for part in parts if part)


def state_name(ledger: Ledger, kind: Kind | None, state: str) -> str:
    """A state's label: of the kind, or of a customer's stage."""
    words = kind.states if kind and kind.states else ledger.in_force.pack.vocab.get("customer_state", {})
    return label(words.get(state, state))


def customer_name(ledger: Ledger, names: Mapping[str, str], dossier: str) -> str:
    """A customer's name among those known, an office's department, or the id."""
    if is_office(dossier):
        return department_name(ledger, dossier.removeprefix("office/"))
    return names.get(dossier, dossier)


def field_label(kind: Kind, name: str) -> str:
    """The label of a field by its dotted name: `维护信息 · 下次跟进`."""
    if name.startswith("unverified."):
        return _("To be verified: {field}", field=field_label(kind, name.removeprefix("unverified.")))
    if name == "state":
        return _("State")
    labels = []
    siblings = kind.fields
    for part in name.split("."):
        found = next((field for field in siblings if field.name == part), None)
        labels.append(label(found.label) if found else part)
        siblings = found.fields if found else ()
    return " · ".join(labels)


def field_named(kind: Kind, word: str) -> str:
    """The dotted name of the field a person means by its name or label. Raises NotFound with the nearest."""
    from difflib import get_close_matches

    known = dict(kind.walk())
    if word in known or word == "state":
        return word
    meant = [name for name, field in known.items() if word in field.label or word == name.rpartition(".")[2]]
    if meant:
        return meant[0]
    near = get_close_matches(word, sorted(known), 1)
    hint = _("Did you mean {near}?", near=near[0]) if near else f"crmctl schema show {kind.name}"
    raise NotFound(_("{kind} has no field {name}", kind=label(kind.label), name=word), hint=hint)


def brief(value: object) -> str:
    """A value in one line."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={brief(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(brief(item) for item in value)
    return str(value)


def spoken(ledger: Ledger, field: Field, value: Value) -> str:
    """A value as a person reads it: a choice by its label, a group field by field."""
    if field.type == "group" and isinstance(value, dict):
        return "\n".join(
            f"{label(f.label)}: {spoken(ledger, f, value[f.name])}" for f in field.fields if f.name in value
        )
    if field.type == "list" and isinstance(value, list):
        return "\n".join(
            ", ".join(spoken(ledger, f, item[f.name]) for f in field.fields if f.name in item)
            for item in value if isinstance(item, dict)
        )  # fmt: skip
    return _plainly(ledger, field, value)


def _plainly(ledger: Ledger, field: Field, value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(_plainly(ledger, field, item) for item in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    said = _SAID.get(field.type)
    return said(ledger, field, str(value)) if said else brief(value)


def _choice(ledger: Ledger, field: Field, value: str) -> str:
    words = ledger.in_force.pack.vocab.get(str(field.options.get("of", "")), {})
    return label(words.get(value, value))


def _reference(ledger: Ledger, field: Field, value: str) -> str:
    """`某某医院 C-7Q2M9K4T`; the id alone of a customer one may not open, and of other records."""
    if field.options.get("to") != "customer":
        return value
    from crmctl.ledger.snapshot.names import names

    name = names(ledger).name_of(value)
    return f"{name} {value}" if name else value


_SAID: Mapping[str, Callable[[Ledger, Field, str], str]] = {
    "member": lambda ledger, _field, value: member_name(ledger, value),
    "region": lambda _ledger, field, value: division_name(value, field.options),
    "instant": lambda _ledger, _field, value: value[:16].replace("T", " "),
    "choice": _choice,
    "ref": _reference,
}


def value_text(ledger: Ledger, kind: Kind, name: str, value: Value) -> str:
    """A field's value as a person reads it, in one line."""
    if value is None:
        return "-"
    if name == "state":
        return state_name(ledger, kind, str(value))
    field = _field(kind, name)
    return spoken(ledger, field, value).replace("\n", "; ") if field else str(value)


def change_text(ledger: Ledger, kind: Kind, change: FieldChange) -> str:
    """`电话: 010-1 → 010-2`; only the value where there was none before."""
    after = value_text(ledger, kind, change.field, change.after)
    if change.before is None:
        return f"{field_label(kind, change.field)}: {after}"
    return f"{field_label(kind, change.field)}: {value_text(ledger, kind, change.field, change.before)} → {after}"


def _field(kind: Kind, name: str) -> Field | None:
    return dict(kind.walk()).get(name)
