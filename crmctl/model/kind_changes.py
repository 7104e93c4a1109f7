"""Whether a changed kind still reads the records written under the old one (DESIGN 4, "kinds carry versions")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind
from crmctl.model.monthly import rows_in
from crmctl.model.values import Value

# What the old type wrote, the new one reads: canonical texts that stay as they are.
_WIDER = {("text", "note"), ("email", "text"), ("phone", "text"), ("url", "text"), ("credit_code", "text")}
_SPEECH_ONLY = frozenset({"label", "sensitive", "many"})
_CEILINGS = frozenset({"max"})
_FLOORS = frozenset({"min"})
_PLACE = ("prefix", "folder", "scope", "compartment", "per_member", "addressee", "single", "monthly")
_PART = ("per_member", "addressee")


@dataclass(frozen=True, slots=True)
class Used:
    """What the records of a kind hold: dotted field names, and states."""

    fields: frozenset[str]
    states: frozenset[str]


def used_by(kind: Kind, records: Iterable[Mapping[str, Value]]) -> Used:
    """What these records' data use of their kind; rows of monthly kinds one by one."""
    fields: set[str] = set()
    states: set[str] = set()
    for data in records:
        for entry in rows_in(data) if kind.monthly else [data]:
            fields.update(_names(kind.fields, entry, ""))
            if kind.states and entry.get("state"):
                states.add(str(entry["state"]))
    return Used(frozenset(fields), frozenset(states))


def incompatible(old: Kind, new: Kind, used: Used | None = None) -> list[Finding]:
    """What of `new` would make records of `old` unreadable, misplaced or invalid.

    `used` is what the records hold; None when not all could be seen, so that all may be in use.
    Findings are warnings where records of today stay readable but may no longer pass `check`.
    """
    parted = _parted(old, new)
    moved = [what for what in _PLACE if getattr(old, what) != getattr(new, what) and not (parted and what in _PART)]
    findings = [
        Finding("SCH014", N_("{what} may not change once there are records"), "error", "", word, {"what": word})
        for word in dict.fromkeys(map(_word, moved))
    ]
    if parted:
        message = N_("Records entered before stay where they lie, in no part")
        findings.append(Finding("SCH018", message, "warning", "", "in"))
    findings += _states(old, new, used)
    findings += _fields(old.fields, new.fields, "", used)
    return findings


def _parted(old: Kind, new: Kind) -> bool:
    """Whether an office's kind comes to be placed by a text or a choice; what lies in no part then counts for all."""
    return new.scope == "office" and not old.per_member and bool(new.addressee) and not new.personal


def version_fault(old: Kind, new: Kind) -> Finding | None:
    """A changed kind has a higher version than the one in force."""
    if new.version > old.version:
        return None
    args = {"version": old.version + 1}
    return Finding("SCH010", N_("A changed kind needs a higher version: {version}"), "error", "", "version", args)


def _word(what: str) -> str:
    return {
        "prefix": "id", "scope": "in", "compartment": "in", "per_member": "in", "addressee": "in", "monthly": "store"
    }.get(what, what)  # fmt: skip


def _names(fields: Iterable[Field], entry: Mapping[str, Value], prefix: str) -> Iterator[str]:
    for field in fields:
        value = entry.get(field.name)
        if value is None:
            continue
        yield prefix + field.name
        for inner in value if isinstance(value, list) else [value]:
            if field.fields and isinstance(inner, dict):
                yield from _names(field.fields, inner, f"{prefix}{field.name}.")


def _states(old: Kind, new: Kind, used: Used | None) -> Iterator[Finding]:
    for state in old.states:
        if state not in new.states and (used is None or state in used.states):
            args = {"state": old.states[state]}
            yield Finding("SCH013", N_("Records may be in the state {state}"), "error", "", "states", args)
    if new.states and not old.states:
        yield Finding("SCH017", N_("The records there are have no state"), "warning", "", "states")


def _fields(old: tuple[Field, ...], new: tuple[Field, ...], prefix: str, used: Used | None) -> Iterator[Finding]:
    known = {field.name: field for field in new}
    for field in old:
        name = prefix + field.name
        if field.name in known:
            yield from _field(field, known[field.name], name, used)
        elif used is None or name in used.fields:
            args = {"field": field.label}
            message = N_("Records may have {field} filled in")
            yield Finding(
                "SCH011", message, "error", "", f"fields.{prefix.rstrip('.')}".rstrip("."), args, N_("Keep it")
            )


def _field(old: Field, new: Field, name: str, used: Used | None) -> Iterator[Finding]:
    path = f"fields.{name}"
    if old.type != new.type and (old.type, new.type) not in _WIDER:
        args = {"old": old.type, "new": new.type}
        yield Finding("SCH012", N_("{old} may not become {new}"), "error", "", f"{path}.is", args)
        return
    if old.many != new.many:
        yield Finding("SCH012", N_("One value may not become many, nor many one"), "error", "", f"{path}.many")
    for option in sorted({*old.options, *new.options} - _SPEECH_ONLY):
        if _narrower(option, old.options, new.options):
            message = N_("{option} is narrower than before")
            yield Finding("SCH015", message, "error", "", f"{path}.{option}", {"option": option})
    if new.when is not None and str(new.when) != str(old.when or ""):
        yield Finding("SCH016", N_("Records may hold it where it no longer applies"), "warning", "", path)
    if new.not_before is not None and new.not_before != old.not_before:
        yield Finding("SCH016", N_("Records may break the new order of dates"), "warning", "", path)
    if set(new.come) - set(old.come):
        yield Finding("SCH016", N_("Records may say done of a day ahead"), "warning", "", path)
    yield from _fields(old.fields, new.fields, f"{name}.", used)


def _narrower(name: str, old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    before, after = old.get(name), new.get(name)
    if before == after or (after is None and name in _CEILINGS | _FLOORS):
        return False
    if isinstance(before, int) and isinstance(after, int) and name in _CEILINGS | _FLOORS:
        return after < before if name in _CEILINGS else after > before
    if name == "free":
        return bool(before) and not after
    return True
