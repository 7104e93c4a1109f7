"""Which changes of a kind leave its records readable."""

from __future__ import annotations

import pytest

from crmctl.ledger.disk.yamlio import load
from crmctl.model.kind_changes import Used, incompatible, used_by, version_fault
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind

OLD = """
kind: machine
version: 1
label: [设备, Machine]
id: MA
in: assignment/sales
fields:
  serial: {is: text, max: 20, label: [序列号, Serial]}
  grade: {is: choice, of: intention}
  price: {is: money}
  parts: {is: list, fields: {name: {is: text}, size: {is: int, min: 1}}}
states: {wanted: [意向, Wanted], bought: [已购, Bought]}
arrows: [wanted > bought]
"""


def kind(text: str) -> Kind:
    raw = load(text.encode(), "machine.yaml")
    assert isinstance(raw, dict)
    made, findings = compile_kind(raw, "machine.yaml")
    assert findings == []
    assert made is not None
    return made


def codes(old: str, new: str, used: Used | None = None) -> list[str]:
    return [finding.code for finding in incompatible(kind(OLD), kind(OLD.replace(old, new)), used)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  price: {is: money}\n", "", ["SCH011"]),
        (", size: {is: int, min: 1}", "", ["SCH011"]),
        ("serial: {is: text", "serial: {is: int", ["SCH012"]),
        ("price: {is: money}", "price: {is: money, many: true}", ["SCH012"]),
        (", bought: [已购, Bought]}\narrows: [wanted > bought]", "}", ["SCH013"]),
        ("id: MA", "id: MC", ["SCH014"]),
        ("in: assignment/sales", "in: assignment/trade", ["SCH014"]),
        ("in: assignment/sales", "in: office/market", ["SCH014"]),
        ("label: [设备, Machine]", "label: [设备, Machine]\nfolder: gear", ["SCH014"]),
        ("max: 20", "max: 10", ["SCH015"]),
        ("min: 1", "min: 2", ["SCH015"]),
        ("of: intention", "of: urgency", ["SCH015"]),
        ("price: {is: money}", "price: {is: money, when: 'serial = 1'}", ["SCH016"]),
        ("max: 20", "max: 30", []),
        ("serial: {is: text, max: 20", "serial: {is: note", []),
        ("serial: {is: text, max: 20, label: [序列号, Serial]}", "serial: {is: text, label: [号码, Number]}", []),
        ("price: {is: money}", "price: {is: money}\n  colour: {is: text}", []),
        ("bought: [已购, Bought]", "bought: [购买, Bought], sold: [已售, Sold]", []),
    ],
)
def test_what_a_change_breaks(old: str, new: str, expected: list[str]) -> None:
    assert old in OLD
    assert codes(old, new) == expected


def test_what_no_record_uses_may_go() -> None:
    used = used_by(kind(OLD), [{"serial": "1", "parts": [{"name": "wheel"}], "state": "wanted"}])
    assert used == Used(frozenset({"serial", "parts", "parts.name"}), frozenset({"wanted"}))
    assert codes("  price: {is: money}\n", "", used) == []
    assert codes(", size: {is: int, min: 1}", "", used) == []
    assert codes(", bought: [已购, Bought]}\narrows: [wanted > bought]", "}", used) == []
    assert codes("  serial: {is: text, max: 20, label: [序列号, Serial]}\n", "", used) == ["SCH011"]


def test_states_are_no_reason_to_refuse_but_to_warn() -> None:
    stateless = OLD[: OLD.index("states:")]
    findings = incompatible(kind(stateless), kind(OLD))
    assert [(finding.code, finding.severity) for finding in findings] == [("SCH017", "warning")]


def test_the_version_rises() -> None:
    assert version_fault(kind(OLD), kind(OLD.replace("version: 1", "version: 2"))) is None
    for version in ("version: 1", "version: 1 # again"):
        fault = version_fault(kind(OLD), kind(OLD.replace("version: 1", version)))
        assert fault is not None
        assert (fault.code, fault.field) == ("SCH010", "version")


def test_rows_of_a_monthly_kind_are_looked_at_one_by_one() -> None:
    monthly = kind(
        OLD[: OLD.index("states:")].replace("fields:\n", "store: {monthly: on}\nfields:\n  on: {is: date}\n", 1)
    )
    used = used_by(monthly, [{"rows": [{"id": "MA-1", "on": "2026-11-20", "price": "1.00"}]}])
    assert used.fields == {"on", "price"}
