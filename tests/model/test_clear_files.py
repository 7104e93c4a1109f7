"""Clear files (settings, org, dossiers): what is written reads back; what is off is named by its dotted path."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.disk.yamlio import dump, load
from crmctl.model.clear_files import (
    ClearFileError,
    Settings,
    encode_departments,
    encode_dossier,
    encode_groups,
    encode_member,
    read_departments,
    read_dossier,
    read_groups,
    read_member,
    read_settings,
)
from crmctl.model.dossier import Assignment, Compartment, Dossier, Grant
from crmctl.model.org import Department, GroupKey, Member, Role

IDS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
MAYBE_DAYS = st.none() | DAYS
ROLES = st.builds(Role, IDS, st.none() | IDS, DAYS, MAYBE_DAYS)
MEMBERS = st.builds(
    Member, id=IDS, name=TEXTS, roles=st.lists(ROLES, max_size=3).map(tuple), opens=TEXTS, signs=TEXTS, since=DAYS,
    until=MAYBE_DAYS, supervisor=st.none() | IDS, territory=st.none() | TEXTS, pledge=MAYBE_DAYS,
)  # fmt: skip
DEPARTMENTS = st.dictionaries(IDS, st.tuples(st.tuples(TEXTS, TEXTS), MAYBE_DAYS), max_size=3).map(
    lambda found: {key: Department(key, *rest) for key, rest in found.items()}
)
GROUPS = st.dictionaries(IDS.map("east.{}".format), st.builds(GroupKey, TEXTS, st.integers(1, 9)), max_size=3)
COMPARTMENTS = st.builds(
    Compartment, TEXTS, st.integers(1, 9), st.dictionaries(st.integers(1, 99), TEXTS, max_size=2)
)  # fmt: skip
DOSSIERS = st.builds(
    Dossier,
    id=TEXTS,
    assignments=st.dictionaries(
        IDS, st.builds(Assignment, IDS, st.lists(IDS, max_size=2).map(tuple), st.none() | IDS, IDS, DAYS), max_size=2
    ),
    compartments=st.dictionaries(IDS, COMPARTMENTS, max_size=3),
    grants=st.lists(st.builds(Grant, IDS, TEXTS, DAYS), max_size=2).map(tuple),
)
SETTINGS = st.builds(Settings, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.integers(1, 9), TEXTS)


@given(MEMBERS)
def test_a_member_reads_back(member: Member) -> None:
    assert read_member(load(dump(encode_member(member)), "member")) == member


@given(DEPARTMENTS)
def test_departments_read_back(departments: dict[str, Department]) -> None:
    assert read_departments(load(dump(encode_departments(departments)), "departments")) == departments


@given(GROUPS)
def test_groups_read_back(groups: dict[str, GroupKey]) -> None:
    assert read_groups(load(dump(encode_groups(groups)), "groups")) == groups


@given(DOSSIERS)
def test_a_dossier_reads_back(dossier: Dossier) -> None:
    assert read_dossier(load(dump(encode_dossier(dossier)), "dossier")) == dossier


@given(SETTINGS)
def test_settings_read_back(settings: Settings) -> None:
    assert read_settings(load(dump(settings.encode()), "settings")) == settings


MEMBER: dict[str, Any] = {
    "id": "bob", "name": "Bob", "opens": "age1x", "signs": "ssh-ed25519 x", "from": "2026-01-01", "until": None,
    "roles": [{"role": "sales", "department": "east", "from": "2026-01-01", "until": None}],
}  # fmt: skip
DOSSIER: dict[str, Any] = {
    "id": "C-7Q2M9K4T",
    "assignments": {"east": {"owner": "bob", "team": [], "keeper": None, "state": "key", "since": "2026-01-01"}},
    "compartments": {"core": {"key": "age1x", "generation": 2, "past": {"1": "age1y"}}},
    "grants": [{"member": "bob", "compartment": "core", "until": "2026-06-30"}],
}
DELETE = object()


def changed(raw: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    copy = deepcopy(raw)
    place: Any = copy
    *steps, last = path.split(".")
    for step in steps:
        place = place[_key(place, step)]
    if value is DELETE:
        del place[_key(place, last)]
    else:
        place[_key(place, last)] = value
    return copy


def _key(place: object, step: str) -> int | str:
    return int(step) if isinstance(place, list) else step


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", DELETE), ("id", 3), ("id", ""), ("name", None), ("from", "1 January"), ("from", True), ("until", "soon"),
        ("pledge", 20260101), ("roles", DELETE), ("roles", {}), ("roles.0", "sales"), ("roles.0.role", DELETE),
        ("roles.0.from", "2026-13-01"), ("roles.0.department", 5), ("roles.0.until", ""),
    ],
)  # fmt: skip
def test_a_fault_of_a_member_is_named_by_its_path(path: str, value: object) -> None:
    with pytest.raises(ClearFileError) as caught:
        read_member(changed(MEMBER, path, value))
    assert str(caught.value) == path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("assignments", DELETE), ("assignments.east", None), ("assignments.east.owner", DELETE),
        ("assignments.east.team", "bob"), ("assignments.east.since", "2026"), ("assignments.east.keeper", 1),
        ("compartments", []), ("compartments.core.key", ""), ("compartments.core.generation", 0),
        ("compartments.core.generation", True), ("compartments.core.past", []), ("compartments.core.past.1", None),
        ("grants", None), ("grants.0.until", "later"), ("grants.0.member", DELETE), ("grants.0", 1),
    ],
)  # fmt: skip
def test_a_fault_of_a_dossier_is_named_by_its_path(path: str, value: object) -> None:
    with pytest.raises(ClearFileError) as caught:
        read_dossier(changed(DOSSIER, path, value))
    assert str(caught.value) == path


@pytest.mark.parametrize("generation", ["0", "-1", "01", "one", "", "1.0", "٣"])
def test_past_generations_are_whole_numbers(generation: str) -> None:
    with pytest.raises(ClearFileError, match=r"^compartments\.core\.past$"):
        read_dossier(changed(DOSSIER, "compartments.core.past", {generation: "age1y"}))


@pytest.mark.parametrize("raw", [None, [], "text", {}, {"keyring": {}}, {"keyring": None}])
def test_settings_that_do_not_read_are_refused(raw: Any) -> None:
    with pytest.raises(ClearFileError):
        read_settings(raw)


def test_faults_of_the_keyring_of_departments_and_of_groups_are_named_too() -> None:
    settings = Settings("L-1", "Example", "Asia/Shanghai", "en", "CNY", 1, "abc").encode()
    for path in ("keyring.epoch", "keyring.root"):
        with pytest.raises(ClearFileError, match=rf"^{path}$"):
            read_settings(changed(settings, path, None))
    with pytest.raises(ClearFileError, match=r"^departments\.east\.until$"):
        read_departments({"departments": {"east": {"label": ["东", "East"], "until": "never"}}})
    with pytest.raises(ClearFileError, match=r"^groups\.east\.head\.key$"):
        read_groups({"groups": {"east.head": {"generation": 1}}})
