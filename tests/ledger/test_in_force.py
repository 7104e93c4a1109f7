"""What is in force: kinds that take nothing from each other, people who are who their file says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crmctl.errors import BadConfiguration
from crmctl.i18n import finding_text
from crmctl.ledger.in_force import OWN_TABLES, compile_in_force, read_in_force
from crmctl.ledger.snapshot.connection import FIXED
from tests.company import Company

LETTER: dict[str, Any] = {"kind": "xletter", "id": "XLT", "in": "assignment/sales", "fields": {"text": {"is": "text"}}}


def raw_of(company: Company) -> dict[str, Any]:
    return dict(company.ledger().in_force.raw)


def refused(raw: dict[str, Any]) -> BadConfiguration:
    with pytest.raises(BadConfiguration) as caught:
        compile_in_force(raw)
    return caught.value


def test_what_is_compiled_from_the_files_is_what_is_in_force(company: Company) -> None:
    in_force = company.ledger().in_force
    again = compile_in_force(in_force.raw)
    assert (again.settings, again.org, again.kinds, again.pack) == (
        in_force.settings, in_force.org, in_force.kinds, in_force.pack,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "field"),
    [
        ({"id": "V"}, "id"),
        ({"table": "visit", "folder": "xletters"}, "table"),
        ({"folder": "visits"}, "folder"),
        ({"table": "member"}, "table"),
    ],
)
def test_no_two_kinds_share_prefix_table_or_folder(company: Company, taken: dict[str, str], field: str) -> None:
    error = refused(raw_of(company) | {"schemas/xletter.yaml": {**LETTER, **taken}})
    assert [(f.code, f.where, f.field) for f in error.findings] == [("SCH005", "schemas/xletter.yaml", field)]
    assert "already" in finding_text(error.findings[0])


def test_a_kind_lies_in_the_file_of_its_name(company: Company) -> None:
    error = refused(raw_of(company) | {"schemas/zletter.yaml": LETTER})
    assert [(f.code, f.where, f.field) for f in error.findings] == [("SCH007", "schemas/zletter.yaml", "kind")]


def test_the_tables_every_snapshot_has_belong_to_no_kind() -> None:
    assert re.findall(r"CREATE TABLE (\w+)", FIXED) == list(OWN_TABLES)


def test_every_fault_of_kinds_and_packs_is_told_at_once(company: Company) -> None:
    raw = raw_of(company)
    raw["schemas/visit.yaml"] = {**raw["schemas/visit.yaml"], "titel": []}
    raw["policy/packs/base.yaml"] = {**raw["policy/packs/base.yaml"], "reader": {}}
    assert {finding.where for finding in refused(raw).findings} == {"schemas/visit.yaml", "policy/packs/base.yaml"}


def test_a_members_file_stands_for_that_member_only(company: Company) -> None:
    raw = raw_of(company)
    raw["org/members/bob.yaml"] = {**raw["org/members/bob.yaml"], "id": "alice"}
    error = refused(raw)
    assert error.where == "org/members/bob.yaml"
    assert "id" in error.what


@pytest.mark.parametrize(
    ("path", "content", "place"),
    [
        ("ledger.yaml", {}, "keyring"),
        ("org/departments.yaml", {"departments": {"east": None}}, "departments.east"),
        ("org/groups.yaml", {"groups": {"east.head": {"key": "age1"}}}, "groups.east.head.generation"),
        ("org/members/bob.yaml", {"id": "bob", "roles": [1]}, "roles.0"),
    ],
)
def test_a_broken_file_is_named_with_the_place_in_it(company: Company, path: str, content: Any, place: str) -> None:
    error = refused(raw_of(company) | {path: content})
    assert error.where == path
    assert error.what.endswith(place)


def test_a_pack_that_is_not_there_is_named(company: Company) -> None:
    raw = raw_of(company)
    raw["policy/company.yaml"] = {"extends": ["base", "p99"]}
    error = refused(raw)
    assert error.where == "policy/packs/p99.yaml"


def test_the_companys_own_words_lie_over_the_packs(company: Company) -> None:
    raw = raw_of(company)
    raw["policy/company.yaml"] = {
        "extends": ["base"], "readers": {"assignment/sales": ["owner"]}, "requires": {"visit": ["next_step"]},
    }  # fmt: skip
    pack = compile_in_force(raw).pack
    assert pack.readers["assignment/sales"] == ("owner",)
    assert "core" in pack.readers
    assert {"on", "next_step"} <= set(pack.required("visit", "done"))


def test_a_damaged_cache_is_made_anew(company: Company) -> None:
    ledger = company.ledger()
    expected = ledger.in_force
    cache = list((ledger.repo.git_dir / "crmctl" / "in-force").glob("*.json"))
    assert cache
    for garbage in (b"", b"{", b"[]", b'"text"', b"\xff"):
        for file in cache:
            file.write_bytes(garbage)
        assert read_in_force(ledger.repo, ledger.head).org == expected.org


def test_a_repository_that_is_no_ledger_is_told_so(company: Company) -> None:
    ledger = company.ledger()
    with pytest.raises(BadConfiguration, match="not a crmctl ledger"):
        read_in_force(ledger.repo, ledger.keyring.tip or "")
