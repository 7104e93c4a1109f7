"""Between the clear files of a ledger (org, dossiers, settings) and their values, both ways.

Input is a mapping as the YAML loader gives it. A fault raises ClearFileError with the dotted
path of what is off; the caller adds the file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crmctl.model.dossier import Assignment, Compartment, Dossier, Grant
from crmctl.model.org import Delegation, Department, GroupKey, Member, Role
from crmctl.model.values import Value

if TYPE_CHECKING:
    from crmctl.model.kinds import Label


class ClearFileError(ValueError):
    """A clear file does not read; the message is the dotted path of what is off."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`ledger.yaml`: the ledger's id, company, zone, and the keyring epoch with its pinned root commit."""

    id: str
    company: str
    timezone: str
    language: str
    currency: str
    epoch: int
    root: str

    def encode(self) -> dict[str, Value]:
        """The mapping of `ledger.yaml`."""
        return {
            "schema": "crmctl/ledger/1", "id": self.id, "company": self.company, "timezone": self.timezone,
            "language": self.language, "currency": self.currency, "keyring": {"epoch": self.epoch, "root": self.root},
        }  # fmt: skip


def read_settings(raw: Value) -> Settings:
    """Read `ledger.yaml`."""
    top = _mapping(raw, "ledger.yaml")
    keyring = _mapping(top.get("keyring"), "keyring")
    with _inside("keyring"):
        epoch, root = _whole(keyring, "epoch"), _text(keyring, "root")
    return Settings(
        id=_text(top, "id"), company=_text(top, "company"), timezone=_text(top, "timezone"),
        language=_text(top, "language"), currency=_text(top, "currency"), epoch=epoch, root=root,
    )  # fmt: skip


def encode_member(member: Member) -> dict[str, Value]:
    """The mapping of `org/members/<id>.yaml`."""
    later: dict[str, Value] = {} if member.issued is None else {"issued": member.issued.isoformat()}
    later |= {"devices": list(member.devices)} if member.devices else {}
    return {
        "schema": "crmctl/member/1",
        "id": member.id,
        "name": member.name,
        "roles": [
            {"role": r.role, "department": r.department, "from": r.since.isoformat(), "until": _iso(r.until)}
            for r in member.roles
        ],
        "supervisor": member.supervisor,
        "territory": member.territory,
        "opens": member.opens,
        "signs": member.signs,
        "from": member.since.isoformat(),
        "until": _iso(member.until),
        "pledge": _iso(member.pledge),
        **later,
    }


def read_member(raw: Value) -> Member:
    """Read one member's file."""
    top = _mapping(raw, "member")
    roles = []
    for number, item in enumerate(_mappings(top.get("roles"), "roles")):
        with _inside(f"roles.{number}"):
            since, until = _day(item, "from"), _optional_day(item, "until")
            roles.append(Role(_text(item, "role"), _optional(item, "department"), since, until))
    return Member(
        id=_text(top, "id"), name=_text(top, "name"), roles=tuple(roles), opens=_optional(top, "opens"),
        signs=_optional(top, "signs"),
        since=_day(top, "from"), until=_optional_day(top, "until"), supervisor=_optional(top, "supervisor"),
        territory=_optional(top, "territory"), pledge=_optional_day(top, "pledge"),
        issued=_optional_day(top, "issued"),
        devices=tuple(str(device) for device in _sequence(top.get("devices", []), "devices")),
    )  # fmt: skip


def encode_delegations(delegations: Iterable[Delegation]) -> dict[str, Value]:
    """The mapping of `org/delegations/<member>.yaml`."""
    return {
        "schema": "crmctl/delegations/1",
        "delegations": [
            {"to": d.to, "role": d.role, "department": d.department, "from": d.since.isoformat(),
             "until": d.until.isoformat()}
            for d in delegations
        ],
    }  # fmt: skip


def read_delegations(raw: Value) -> tuple[Delegation, ...]:
    """Read what one member delegates."""
    found = []
    for number, item in enumerate(_mappings(_mapping(raw, "delegations").get("delegations"), "delegations")):
        with _inside(f"delegations.{number}"):
            since, until = _day(item, "from"), _day(item, "until")
            found.append(
                Delegation(_text(item, "to"), _text(item, "role"), _optional(item, "department"), since, until)
            )
    return tuple(found)


def encode_departments(departments: Mapping[str, Department]) -> dict[str, Value]:
    """The mapping of `org/departments.yaml`."""
    return {
        "schema": "crmctl/departments/1",
        "departments": {d.id: {"label": list(d.label), "until": _iso(d.until)} for d in departments.values()},
    }


def read_departments(raw: Value) -> dict[str, Department]:
    """Read `org/departments.yaml`."""
    found = {}
    for key, item in _items(_mapping(raw, "departments"), "departments"):
        with _inside(f"departments.{key}"):
            found[key] = Department(key, _label(item.get("label"), key), _optional_day(item, "until"))
    return found


def encode_groups(groups: Mapping[str, GroupKey]) -> dict[str, Value]:
    """The mapping of `org/groups.yaml`."""
    return {
        "schema": "crmctl/groups/1",
        "groups": {name: {"key": g.key, "generation": g.generation} for name, g in sorted(groups.items())},
    }


def read_groups(raw: Value) -> dict[str, GroupKey]:
    """Read `org/groups.yaml`."""
    found = {}
    for name, item in _items(_mapping(raw, "groups"), "groups"):
        with _inside(f"groups.{name}"):
            found[name] = GroupKey(_text(item, "key"), _whole(item, "generation"))
    return found


def encode_dossier(dossier: Dossier) -> dict[str, Value]:
    """The mapping of a dossier's clear file."""
    compartments: dict[str, Value] = {}
    for name, item in sorted(dossier.compartments.items()):
        entry: dict[str, Value] = {"key": item.key, "generation": item.generation}
        if item.past:
            entry["past"] = {str(generation): key for generation, key in sorted(item.past.items())}
        if item.groups:
            entry["groups"] = dict(sorted(item.groups.items()))
        compartments[name] = entry
    return {
        "schema": "crmctl/dossier/1",
        "id": dossier.id,
        "assignments": {
            department: {
                "owner": a.owner, "team": list(a.team), "keeper": a.keeper, "state": a.state,
                "since": a.since.isoformat(),
            }
            for department, a in sorted(dossier.assignments.items())
        },
        "compartments": compartments,
        "grants": [
            {"member": g.member, "compartment": g.compartment, "until": g.until.isoformat()} for g in dossier.grants
        ],
        **({"allowed": dict(sorted(dossier.allowed.items()))} if dossier.allowed else {}),
    }  # fmt: skip


def read_dossier(raw: Value) -> Dossier:
    """Read a dossier's clear file."""
    top = _mapping(raw, "dossier")
    assignments, compartments, grants = {}, {}, []
    for department, item in _items(top, "assignments"):
        with _inside(f"assignments.{department}"):
            assignments[department] = _assignment(item)
    for name, item in _items(top, "compartments"):
        with _inside(f"compartments.{name}"):
            key, generation = _text(item, "key"), _whole(item, "generation")
            compartments[name] = Compartment(key, generation, _past(item), _made_for(item))
    for number, item in enumerate(_mappings(top.get("grants"), "grants")):
        with _inside(f"grants.{number}"):
            grants.append(Grant(_text(item, "member"), _text(item, "compartment"), _day(item, "until")))
    allowed = _mapping(top.get("allowed", {}), "allowed")
    with _inside("allowed"):
        named = {name: _text(allowed, name) for name in allowed}
    return Dossier(_text(top, "id"), assignments, compartments, tuple(grants), named)


def _assignment(item: Mapping[str, Value]) -> Assignment:
    team = _sequence(item.get("team"), "team")
    return Assignment(
        owner=_text(item, "owner"), team=tuple(str(member) for member in team), keeper=_optional(item, "keeper"),
        state=_text(item, "state"), since=_day(item, "since"),
    )  # fmt: skip


def _past(item: Mapping[str, Value]) -> dict[int, str]:
    past = _mapping(item.get("past", {}), "past")
    if not all(re.fullmatch("[1-9][0-9]{0,8}", generation) for generation in past):
        raise ClearFileError("past")
    with _inside("past"):
        return {int(generation): _text(past, generation) for generation in past}


def _made_for(item: Mapping[str, Value]) -> dict[str, int]:
    groups = _mapping(item.get("groups", {}), "groups")
    with _inside("groups"):
        return {group: _whole(groups, group) for group in groups}


def _items(top: Mapping[str, Value], key: str) -> list[tuple[str, dict[str, Value]]]:
    return [(name, _mapping(item, f"{key}.{name}")) for name, item in _mapping(top.get(key), key).items()]


@contextmanager
def _inside(path: str) -> Iterator[None]:
    """Faults found here lie below `path`."""
    try:
        yield
    except ClearFileError as error:
        raise ClearFileError(f"{path}.{error}") from error


def _mapping(raw: Value, path: str) -> dict[str, Value]:
    if not isinstance(raw, dict):
        raise ClearFileError(path)
    return raw


def _sequence(raw: Value, path: str) -> list[Value]:
    if not isinstance(raw, list):
        raise ClearFileError(path)
    return raw


def _mappings(raw: Value, path: str) -> list[dict[str, Value]]:
    return [_mapping(item, f"{path}.{number}") for number, item in enumerate(_sequence(raw, path))]


def _text(top: Mapping[str, Value], key: str) -> str:
    value = top.get(key)
    if not isinstance(value, str) or not value:
        raise ClearFileError(key)
    return value


def _optional(top: Mapping[str, Value], key: str) -> str | None:
    return None if top.get(key) is None else _text(top, key)


def _whole(top: Mapping[str, Value], key: str) -> int:
    value = top.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ClearFileError(key)
    return value


def _day(top: Mapping[str, Value], key: str) -> date:
    try:
        return date.fromisoformat(_text(top, key))
    except ValueError as error:
        raise ClearFileError(key) from error


def _optional_day(top: Mapping[str, Value], key: str) -> date | None:
    return None if top.get(key) is None else _day(top, key)


def _label(raw: Value, default: str) -> Label:
    if isinstance(raw, list) and len(raw) == 2:
        return (str(raw[0]), str(raw[1]))
    return (default, default)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
