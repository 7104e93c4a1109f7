"""What a record's versions tell: what each changed, who gave a field its value; a customer's timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crmctl.model.changes import FieldChange, diff
from crmctl.model.dossier import Assignment, Grant
from crmctl.model.kinds import Kind
from crmctl.model.monthly import asked_in, fields_of, find_row
from crmctl.model.record import Record
from crmctl.model.values import Value

_DAYS = frozenset({"date", "instant"})


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record, or of one row of a monthly one.

    `opened` is False where the reader cannot open it: then only `day` and `by`, as the ledger's
    history has them, are known. `data` holds the fields (of the row, for a row).
    """

    day: str
    by: str
    opened: bool = True
    rev: int | None = None
    for_: str | None = None
    reason: str | None = None
    data: Mapping[str, Value] | None = None
    unverified: Mapping[str, str] | None = None
    known_since: str | None = None
    confirmed_on: str | None = None
    to_confirm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A version with what it changed.

    `confirmed`: somebody found it unchanged that day; `own`: it confirms what others had entered in its author's name;
    `to_confirm`: who is still asked to, with the newest version.
    `after_gap`: the version before it cannot be opened, so its changes are those since the last
    version that can.
    """

    version: Version
    changes: tuple[FieldChange, ...] = ()
    confirmed: bool = False
    after_gap: bool = False
    own: bool = False
    to_confirm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blame:
    """Who gave a field its present value. `certain` is False when an unopened version may have done so before."""

    field: str
    value: Value
    version: Version
    unverified: str | None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a customer's timeline. `day` is the record's own, else the day it was entered."""

    day: str
    kind: str
    id: str
    who: str
    title: Mapping[str, Value]
    state: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A change of who deals with a customer: the assignment before and after, in one department."""

    day: str
    by: str
    department: str
    before: Assignment | None
    after: Assignment | None


@dataclass(frozen=True, slots=True)
class Granted:
    """A right to read that was given, or taken back (`given` False) or run out of its term."""

    day: str
    by: str
    grant: Grant
    given: bool


def version_of(record: Record, row: str | None = None) -> Version:
    """An opened record as a version; with `row` only that row of a monthly one."""
    data: Mapping[str, Value] | None = record.data
    asked = record.to_confirm
    if row is not None:
        found = find_row(record.data, row)
        data, asked = (fields_of(found), asked_in(found)) if found else (None, ())
    return Version(
        record.at, record.by, True, record.rev, record.for_, record.reason, data, record.unverified, record.known_since,
        record.confirmed_on, asked,
    )  # fmt: skip


def steps(versions: Sequence[Version], kind: Kind, field: str | None = None) -> list[Step]:
    """What each version changed, newest first as given; versions that changed nothing seen here are left out.

    Groups are compared field by field. With `field` only changes of that field (dotted) or inside
    it. Unopened versions always stay.
    """
    found = []
    for number, version in enumerate(versions):
        if not version.opened:
            found.append(Step(version))
            continue
        older = next((v for v in versions[number + 1 :] if v.opened), None)
        before = _seen(older, kind) if older else {}
        changes = [c for c in diff(before, _seen(version, kind)) if field is None or _about(c.field, field)]
        confirmed = version.confirmed_on is not None and (older is None or older.confirmed_on != version.confirmed_on)
        gap = number + 1 < len(versions) and not versions[number + 1].opened
        # a version that changed nothing here and says why tells of the customer's stage, which is no field of the card
        own = older is not None and version.by in older.to_confirm and version.by not in version.to_confirm
        if changes or (field is None and (confirmed or own or version.reason)):
            asked = version.to_confirm if number == 0 else ()
            found.append(Step(version, tuple(changes), confirmed, gap, own, asked))
    return found


def blame(versions: Sequence[Version], kind: Kind, field: str | None = None) -> list[Blame]:
    """For each field present in the newest version: the version that gave it its value.

    Groups are taken field by field. `field` (dotted) limits it to one field or group.
    """
    if not versions or not versions[0].opened:
        return []
    newest = versions[0]
    marks = newest.unverified or {}
    found = []
    for name, value in leaves(newest.data or {}, kind):
        if field is None or _about(name, field):
            version, certain = _origin(versions, name, value, kind)
            found.append(Blame(name, value, version, marks.get(name) or marks.get(name.split(".", 1)[0]), certain))
    return found


def leaves(data: Mapping[str, Value], kind: Kind) -> Iterator[tuple[str, Value]]:
    """The fields that have a value, by dotted name; lists and single fields whole, groups opened."""
    order = {field.name: number for number, field in enumerate(kind.fields)}
    for name in sorted(data, key=lambda name: order.get(name, -1)):
        value, field = data[name], kind.field(name)
        if isinstance(value, dict) and field is not None and field.type == "group":
            yield from ((f"{name}.{inner}", item) for inner, item in value.items())
        else:
            yield name, value


def assigned(versions: Sequence[tuple[str, str, Mapping[str, Assignment]]]) -> list[Assigned]:
    """The changes of assignments, newest first; `versions` are (day, by, assignments), newest first."""
    found = []
    for number, (day, by, after) in enumerate(versions):
        before = versions[number + 1][2] if number + 1 < len(versions) else {}
        for department in dict.fromkeys([*after, *before]):
            old, new = before.get(department), after.get(department)
            if old != new:
                found.append(Assigned(day, by, department, old, new))
    return found


def granted(versions: Sequence[tuple[str, str, Sequence[Grant]]]) -> list[Granted]:
    """The reading rights given and taken back, newest first; `versions` are (day, by, grants), newest first."""
    found = []
    for number, (day, by, after) in enumerate(versions):
        before = versions[number + 1][2] if number + 1 < len(versions) else ()
        found += [Granted(day, by, grant, given=True) for grant in after if grant not in before]
        found += [Granted(day, by, grant, given=False) for grant in before if grant not in after]
    return found


def event_of(kind: Kind, record_id: str, data: Mapping[str, Value], entered: str, who: str) -> Event:
    """A record as one line: its own day, its title's fields, its state."""
    days = [name for name in (*kind.title, *(f.name for f in kind.fields)) if _is_day(kind, name) and data.get(name)]
    own = str(data[days[0]]) if days else entered
    title = {name: data[name] for name in kind.title if name in data and not _is_day(kind, name)}
    state = data.get("state")
    return Event(own, kind.name, record_id, who, title, str(state) if state else None)


def _is_day(kind: Kind, name: str) -> bool:
    field = kind.field(name)
    return field is not None and field.type in _DAYS and not field.many


def _seen(version: Version, kind: Kind) -> dict[str, Value]:
    """What a person sees of a version: its fields, and the marks on them."""
    marks: dict[str, Value] = {f"unverified.{name}": day for name, day in (version.unverified or {}).items()}
    return {**dict(leaves(version.data or {}, kind)), **marks}


def _about(name: str, field: str) -> bool:
    plain = name.removeprefix("unverified.")
    return plain == field or plain.startswith(f"{field}.") or field.startswith(f"{plain}.")


def _origin(versions: Sequence[Version], name: str, value: Value, kind: Kind) -> tuple[Version, bool]:
    origin, certain = versions[0], True
    for version in versions[1:]:
        if not version.opened:
            certain = False
            continue
        if _value(version, name, kind) != value:
            break
        origin, certain = version, True
    return origin, certain


def _value(version: Version, name: str, kind: Kind) -> Value:
    return dict(leaves(version.data or {}, kind)).get(name)
