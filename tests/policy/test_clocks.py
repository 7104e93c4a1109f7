"""A pack's clocks: read, checked against the kinds, laid over each other."""

from __future__ import annotations

import pytest

from crmctl.model.findings import Finding
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.policy.clocks import Clock, check_clocks, lay_clocks, read_clocks
from crmctl.policy.pack import lay_over, read_pack

GOOD: dict[str, Value] = {
    "code": "DUE001",
    "on": "visit",
    "if": "state = planned",
    "at": "on",
    "text": ["拜访", "Visit"],
}


def visit() -> Kind:
    kind, findings = compile_kind(
        {
            "kind": "visit", "id": "V", "in": "assignment/sales", "states": {"planned": ["计划", "Planned"]},
            "fields": {"on": {"is": "date"}, "topic": {"is": "text"}, "care": {"is": "group", "fields": {"next_on": {"is": "date"}}}},
        },
        "visit.yaml",
    )  # fmt: skip
    assert kind is not None, findings
    return kind


def one(**words: Value) -> Clock:
    clocks, findings = read_clocks([{**GOOD, **words}], "p.yaml")
    assert findings == []
    return clocks[0]


def faults(**words: Value) -> list[Finding]:
    return read_clocks([{**GOOD, **words}], "p.yaml")[1]


def test_a_clock_reads_with_its_defaults() -> None:
    clock = one()
    assert (clock.on, clock.at, clock.who, clock.unset, clock.lead) == (
        "visit",
        "on",
        ("owner",),
        "off",
        "$due_ahead_days",
    )
    assert [str(leaf) for leaf in clock.conditions] == ["state = planned"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"code": "due1"}, "clocks.0.code"), ({"wihtin": "1 day"}, "clocks.0.wihtin"), ({"if": "state planned"}, "clocks.0.if"),
        ({"within": "5"}, "clocks.0.within"), ({"by": "9am"}, "clocks.0.by"), ({"text": "Visit"}, "clocks.0.text"),
        ({"unset": "maybe"}, "clocks.0.unset"), ({"until": {"kind": "visit"}}, "clocks.0.until"), ({"at": None}, "clocks.0.at"),
    ],
)  # fmt: skip
def test_each_fault_is_named_where_it_is(words: dict[str, Value], field: str) -> None:
    found = faults(**words)
    assert [(finding.where, finding.field) for finding in found] == [("p.yaml", field)]


def test_a_misspelt_word_names_the_nearest() -> None:
    assert faults(wihtin="1 day")[0].args["near"] == "within"


def test_something_else_than_a_list_is_a_fault_not_a_crash() -> None:
    assert read_clocks({"code": "DUE001"}, "p.yaml")[1][0].code == "POL002"
    assert read_clocks(["DUE001"], "p.yaml")[1][0].field == "clocks.0"
    assert read_clocks(None, "p.yaml") == ((), [])


def test_kinds_and_fields_must_be_there() -> None:
    kinds = {"visit": visit()}
    assert check_clocks([one(), one(at="care.next_on"), one(done=["entered_at"])], kinds) == []
    near = check_clocks([one(on="vist")], kinds)
    assert [(f.code, f.args["near"]) for f in near] == [("POL004", "visit")]
    assert check_clocks([one(at="onn")], kinds)[0].args["near"] == "on"
    assert check_clocks([one(at="topic")], kinds)[0].code == "POL005"
    assert check_clocks([one(until={"kind": "survey", "at": "on"})], kinds)[0].args["name"] == "survey"
    assert check_clocks([Clock("DUE009", "*", "topic", ("", ""))], kinds)[0].args["name"] == "topic"


def test_the_values_a_clock_takes_must_fit_it() -> None:
    kinds = {"visit": visit()}
    clock = one(within="$limit", by="$hour")
    assert check_clocks([clock], kinds) == []
    assert check_clocks([clock], kinds, settings={"limit": "2 working days", "hour": "09:00"}) == []
    assert [f.args["text"] for f in check_clocks([clock], kinds, settings={"limit": "soon", "hour": "9am"})] == [
        "soon",
        "9am",
    ]


def test_a_later_pack_replaces_the_clock_of_the_same_code() -> None:
    assert [c.within for c in lay_clocks([one(), one(code="DUE002")], [one(within="1 day")])] == ["1 day", None]
    base, _none = read_pack({"pack": "base", "clocks": [GOOD]}, "base.yaml")
    own, _none = read_pack({"pack": "own", "clocks": [{**GOOD, "within": "2 days"}]}, "own.yaml")
    assert [clock.within for clock in lay_over([base, own]).clocks] == ["2 days"]


def test_the_pack_s_findings_hold_those_of_its_clocks() -> None:
    _pack, findings = read_pack({"pack": "x", "clocks": [{**GOOD, "code": "x"}]}, "x.yaml")
    assert [finding.field for finding in findings] == ["clocks.0.code"]
