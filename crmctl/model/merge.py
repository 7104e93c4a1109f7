"""Merge two versions of a record that grew out of one: field by field, rows by their id.

A field only one side changed takes that side's value; one both changed to the same is no
conflict. Lists to which both sides only added keep both additions, theirs first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that both sides changed, each to something else."""

    field: str
    base: Value
    ours: Value
    theirs: Value


def merge(
    base: Mapping[str, Value], ours: Mapping[str, Value], theirs: Mapping[str, Value], prefix: str = ""
) -> tuple[dict[str, Value], list[FieldConflict]]:
    """The merged fields, in theirs' order with ours' new ones behind, and what could not be merged.

    A conflicting field keeps theirs. merge(b, x, b) = x and merge(b, b, x) = x.
    """
    merged: dict[str, Value] = {}
    conflicts: list[FieldConflict] = []
    for name in dict.fromkeys([*theirs, *ours, *base]):
        value, found = _field(base.get(name), ours.get(name), theirs.get(name), prefix + name)
        conflicts += found
        if value is not None:
            merged[name] = value
    return merged, conflicts


def settle(
    merged: Mapping[str, Value], conflicts: Sequence[FieldConflict], chosen: Mapping[str, str]
) -> tuple[dict[str, Value], list[FieldConflict]]:
    """Put in what was decided: for each conflicting field `ours` or `theirs` (which `merged` has already).

    Returns the fields, and the conflicts nobody decided.
    """
    settled: Value = dict(merged)
    for conflict in conflicts:
        if chosen.get(conflict.field) == "ours":
            settled = _with(settled, conflict.field.split("."), conflict.ours)
    left = [conflict for conflict in conflicts if chosen.get(conflict.field) not in {"ours", "theirs"}]
    return settled if isinstance(settled, dict) else {}, left


def _with(value: Value, path: Sequence[str], new: Value) -> Value:
    """`value` with `new` at a path of names; rows of a list are named by their id."""
    name, rest = path[0], path[1:]
    if isinstance(value, list):
        keyed: dict[str, Value] = {str(row["id"]): row for row in value if isinstance(row, dict)}
        keyed[name] = _with(keyed.get(name), rest, new) if rest else new
        return [row for row in keyed.values() if row is not None]
    fields = dict(value) if isinstance(value, dict) else {}
    fields[name] = _with(fields.get(name), rest, new) if rest else new
    return {key: item for key, item in fields.items() if item is not None}


def _field(base: Value, ours: Value, theirs: Value, path: str) -> tuple[Value, list[FieldConflict]]:
    if _same(ours, theirs) or _same(ours, base):
        return theirs, []
    if _same(theirs, base):
        return ours, []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        inner = base if isinstance(base, dict) else {}
        return merge(inner, ours, theirs, f"{path}.")
    if isinstance(ours, list) and isinstance(theirs, list):
        listed = _lists(base if isinstance(base, list) else [], ours, theirs, path)
        if listed is not None:
            return listed
    return theirs, [FieldConflict(path, base, ours, theirs)]


def _lists(
    base: list[Value], ours: list[Value], theirs: list[Value], path: str
) -> tuple[Value, list[FieldConflict]] | None:
    if all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in [*base, *ours, *theirs]):
        keyed = [{str(item["id"]): item for item in side if isinstance(item, dict)} for side in (base, ours, theirs)]
        rows, conflicts = merge(keyed[0], keyed[1], keyed[2], f"{path}.")
        return list(rows.values()), conflicts
    size = len(base)
    if ours[:size] == base and theirs[:size] == base:
        added = [item for item in ours[size:] if item not in theirs[size:]]
        return [*theirs, *added], []
    return None


def _same(one: Value, other: Value) -> bool:
    return one == other and type(one) is type(other)


def laid_over(old: Mapping[str, Value], values: Mapping[str, object]) -> dict[str, object]:
    """The old fields with the new ones over them; groups are merged inside, None takes a field away."""
    merged: dict[str, object] = dict(old)
    for name, value in values.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(before, dict):
            merged[name] = laid_over(before, value)
        else:
            merged[name] = value
    return merged
