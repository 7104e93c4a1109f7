"""A pack's `blacklist:` is read whole, and what is off is named with its path and the nearest right name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crmctl.ledger.disk.shipped import kind_files, pack_file
from crmctl.ledger.disk.yamlio import load
from crmctl.model.duration import Duration
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.policy.blacklist import Blacklist, Readmit, read_blacklist
from crmctl.policy.fit import pack_faults
from crmctl.policy.pack import lay_over, read_pack


def kinds() -> dict[str, Kind]:
    found = {}
    for name in (
        "blacklist_entry",
        "blacklist_notice",
        "contract",
        "transaction",
        "opportunity",
        "shipment",
        "trade_start",
        "admission",
    ):
        raw = load(kind_files()[name].read_bytes(), name)
        assert isinstance(raw, dict)
        kind, _findings = compile_kind(raw, name)
        assert kind is not None
        found[name] = kind
    return found


def shipped() -> dict[str, Value]:
    raw = load(pack_file("p23").read_bytes(), "p23")
    assert isinstance(raw, dict)
    content = raw["blacklist"]
    assert isinstance(content, dict)
    return dict(content)


def read(raw: Mapping[str, Value], **values: object) -> tuple[Blacklist, list[tuple[str, object]]]:
    found, findings = read_blacklist(raw, {"blacklist_term": "6 months", **values}, kinds(), "p23.yaml")
    assert {(f.code, f.where) for f in findings} <= {("BLK010", "p23.yaml")}
    return found, [(f.field, f.args.get("near")) for f in findings]


@pytest.mark.req("R-BLK-01")
def test_the_shipped_pack_reads_without_a_fault() -> None:
    found, faults = read(shipped())
    assert faults == []
    assert found.levels["department"].term == Duration(6, "month")
    assert found.levels["company"].term is None
    assert not found.outdated
    assert found.barred["transaction"].at == "date"
    assert found.readmit == Readmit(("change_note", "admission"), "qualified")
    assert not found.posted(found.levels["department"])
    assert found.posted(found.levels["company"])


@pytest.mark.parametrize(
    ("path", "change", "near"),
    [
        ("blacklist.barred.0", {"barred": ["contrakt"]}, "contract"),
        ("blacklist.barred.0.at", {"barred": [{"on": "contract", "at": "signed_at"}]}, "signed_on"),
        ("blacklist.barred.0.states", {"barred": [{"on": "contract", "states": ["singed"]}]}, "signed"),
        ("blacklist.department.bars", {"department": {"bars": "own departmen"}}, "own department"),
        ("blacklist.department.after_term", {"department": {"after_term": "bared"}}, "barred"),
        ("blacklist.department.trem", {"department": {"trem": "open"}}, "term"),
        ("blacklist.readmit.require", {"readmit": {"require": ["change_not"]}}, "change_note"),
        ("blacklist.notice", {"notice": "blacklist_notices"}, "blacklist_notice"),
        ("blacklist.kind", {"kind": "blacklist_entri"}, "blacklist_entry"),
    ],
)
def test_a_wrong_name_is_told_with_its_path_and_the_nearest(path: str, change: dict[str, Value], near: str) -> None:
    assert (path, near) in read({**shipped(), **change})[1]


@pytest.mark.parametrize("term", ["soon", "3 working days", "2 hours", "$nothing_set"])
def test_a_term_that_is_none_is_told(term: str) -> None:
    faults = read({**shipped(), "department": {"bars": "own department", "term": term}})[1]
    assert [path for path, _near in faults] == ["blacklist.department.term"]


@pytest.mark.req("R-BLK-17")
def test_a_level_may_bar_nothing() -> None:
    found, faults = read({**shipped(), "watch": {"bars": "nothing"}})
    assert faults == []
    assert found.levels["watch"].bars == "nothing"


@pytest.mark.req("R-BLK-07")
def test_a_pack_may_give_the_companys_list_a_term_too() -> None:
    found, faults = read({**shipped(), "company": {"bars": "all departments", "term": "6 months"}})
    assert faults == []
    assert found.levels["company"].term == Duration(6, "month")


def test_a_pack_of_the_time_when_steps_were_no_approvals_says_so() -> None:
    assert read({**shipped(), "department": {"slots": ["sign head"], "bars": "own department"}})[0].outdated
    assert read({**shipped(), "readmit": {"slots": ["sign head"]}})[0].outdated
    old: dict[str, Value] = {**shipped(), "company": {"slots": ["sign head"], "bars": "all departments"}}
    whole = lay_over([read_pack({"pack": "own", "blacklist": old}, "own.yaml")[0]])
    assert not [f for f in pack_faults({"pack": "own"}, whole, kinds(), whole) if "Nobody has" in f.message], (
        "no way back"
    )


@pytest.mark.req("R-REV-11")
@pytest.mark.parametrize(("rules", "told"), [
    ([], ["blacklist.company", "blacklist.department"]),
    ([{"code": "REV901", "on": "add blacklist_entry/company", "slots": ["sign head"]}], ["blacklist.department"]),
    ([{"code": "REV901", "on": "add blacklist_entry", "slots": ["sign head"]}], []),
    ([{"code": "REV901", "on": "add blacklist_entry", "slots": ["acknowledge head"]}],
     ["blacklist.company", "blacklist.department"]),
])  # fmt: skip
def test_a_list_that_nobody_approves_is_told(rules: list[Value], told: list[str]) -> None:
    raw: dict[str, Value] = {"pack": "own", "blacklist": {**shipped(), "watch": {"bars": "nothing"}}, "review": rules}
    pack, _faults = read_pack(raw, "own.yaml")
    whole = lay_over([pack])
    found = pack_faults(raw, whole, kinds(), whole)
    assert sorted(f.field for f in found if "Nobody has to approve" in f.message) == told
