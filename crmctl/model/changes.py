"""What changed between two versions of a record, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's value before and after; None where it had or has none."""

    field: str
    before: Value
    after: Value


def diff(before: Mapping[str, Value], after: Mapping[str, Value], prefix: str = "") -> list[FieldChange]:
    """The changes from `before` to `after`, in the order of the fields. Mappings are compared inside."""
    changes: list[FieldChange] = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            changes += diff(old, new, f"{prefix}{name}.")
        elif old != new or type(old) is not type(new):
            changes.append(FieldChange(prefix + name, old, new))
    return changes
