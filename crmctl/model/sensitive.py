"""Fields marked `sensitive:` in a kind, and data without them (R-ACL-20).

The mark is a class of the company's choosing (`sensitive: personal`; `true` says the same). Who is given which class
in reports and exports is the pack's; who reads the record itself is the compartment's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from crmctl.model.kinds import Field, Kind
from crmctl.model.values import Value

USUAL = "personal"


def class_of(field: Field) -> str | None:
    """The class a field is marked with, None for an ordinary one."""
    mark = field.options.get("sensitive")
    return USUAL if mark is True else str(mark) if mark else None


def classes_in(kinds: Iterable[Kind]) -> frozenset[str]:
    """Every class these kinds use."""
    return frozenset(name for kind in kinds for _dotted, field in kind.walk() if (name := class_of(field)))


def sensitive_in(kind: Kind, classes: Collection[str]) -> Iterator[str]:
    """The dotted names of a kind's fields of these classes, outermost first."""
    for name, field in kind.walk():
        if class_of(field) in classes:
            yield name


def unmarked(fields: Iterable[Field], classes: Collection[str]) -> tuple[Field, ...]:
    """The fields, and those inside them, without the ones of these classes."""
    kept = [field for field in fields if class_of(field) not in classes]
    return tuple(replace(field, fields=unmarked(field.fields, classes)) if field.fields else field for field in kept)


def without(fields: Iterable[Field], data: Mapping[str, Value], classes: Collection[str]) -> dict[str, Value]:
    """`data` without what fields of these classes hold, at any depth."""
    by_name = {field.name: field for field in fields}
    return {
        name: _within(by_name[name], value, classes) if name in by_name else value
        for name, value in data.items()
        if name not in by_name or class_of(by_name[name]) not in classes
    }


def _within(field: Field, value: Value, classes: Collection[str]) -> Value:
    if not field.fields:
        return value
    if isinstance(value, dict):
        return without(field.fields, value, classes)
    if isinstance(value, list):
        return [without(field.fields, item, classes) if isinstance(item, dict) else item for item in value]
    return value
