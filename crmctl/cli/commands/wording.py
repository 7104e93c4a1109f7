"""Records, fields and members in the words people use, for the commands that tell about them."""

from __future__ import annotations

from datetime import datetime

from crmctl.cli.commands.shared import brief
from crmctl.errors import NotFound
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.changes import FieldChange
from crmctl.model.dossier import is_office
from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value


def member_name(ledger: Ledger, member: str | None) -> str:
    """A member's full name, or the id of one the ledger does not know."""
    found = ledger.in_force.org.members.get(member or "")
    return found.name if found else member or "-"


def moment_text(at: str) -> str:
    """`2026-11-22 10:00` of a version's moment, as its writer's clock showed it."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M") if "T" in at else at


def department_name(ledger: Ledger, department: str | None) -> str:
    """A department's label."""
    found = ledger.in_force.org.departments.get(department or "")
    return label(found.label) if found else department or ""


def state_name(ledger: Ledger, kind: Kind | None, state: str) -> str:
    """A state's label: of the kind, or of a customer's stage."""
    words = kind.states if kind and kind.states else ledger.in_force.pack.vocab.get("customer_state", {})
    return label(words.get(state, state))


def customer_name(ledger: Ledger, names: dict[str, str], dossier: str) -> str:
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
    if field.type == "member":
        return member_name(ledger, str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.type == "instant":
        return str(value)[:16].replace("T", " ")
    if field.type == "choice":
        words = ledger.in_force.pack.vocab.get(str(field.options.get("of", "")), {})
        return label(words.get(str(value), str(value)))
    return brief(value)


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
