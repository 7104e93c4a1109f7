"""Kind files: what is wrong is named with its path and the nearest right word, all at once."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.i18n import finding_text
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.snapshot.tables import shape_of
from crmctl.model.condition import Leaf
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.resources import data_path

SHIPPED = sorted(data_path("schemas").glob("*.yaml"))
COMPLAINT: dict[str, Any] = {
    "schema": "crmctl/kind/1", "kind": "complaint", "version": 2, "label": ["投诉", "Complaint"], "id": "K",
    "in": "assignment/service", "title": ["received", "text"], "filed_by": "anyone", "unique": [["assignment", "number"]],
    "fields": {
        "received": {"is": "date", "label": ["接到", "Received"]},
        "told": {"is": "instant", "from": ".received"},
        "category": {"is": "choice", "of": "complaint_category"},
        "report": {"is": "file", "when": "category in [quality]"},
        "text": {"is": "note", "max": 500},
        "number": {"is": "int"},
        "claims": {
            "is": "list",
            "fields": {"low": {"is": "money"}, "high": {"is": "money", "not_below": "low"}},
        },
        "by": {"is": "group", "fields": {"who": {"is": "member"}, "on": {"is": "date"}}},
    },
    "states": {"registered": ["已登记", "Registered"], "solved": ["已解决", "Solved"], "closed": ["已关闭", "Closed"]},
    "arrows": ["registered > solved > closed", "closed > solved"],
}  # fmt: skip
GONE = object()


def faults(path: str = "", value: object = GONE) -> dict[str, str]:
    """Field path → English sentence of every fault, with one place of the kind changed."""
    raw = deepcopy(COMPLAINT)
    if path:
        place: Any = raw
        *steps, last = path.split("/")
        for step in steps:
            place = place[step]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    kind, findings = compile_kind(raw, "schemas/complaint.yaml")
    assert (kind is None) == bool(findings)
    assert all(f.where == "schemas/complaint.yaml" and f.code == "SCH001" for f in findings)
    return {finding.field: finding_text(finding) for finding in findings}


def kind_of(raw: dict[str, Value]) -> Kind:
    kind, findings = compile_kind(raw, "test")
    assert findings == []
    assert kind is not None
    return kind


def test_a_kind_says_all_that_its_file_says() -> None:
    kind = kind_of(COMPLAINT)
    assert (kind.name, kind.schema, kind.prefix, kind.table, kind.folder) == (
        "complaint", "crmctl/complaint/2", "K", "complaint", "complaints",
    )  # fmt: skip
    assert (kind.scope, kind.compartment, kind.single, kind.per_member, kind.filed_by_anyone) == (
        "assignment", "service", False, False, True,
    )  # fmt: skip
    assert kind.label == ("投诉", "Complaint")
    assert kind.first_state == "registered"
    assert kind.arrows == {("registered", "solved"), ("solved", "closed"), ("closed", "solved")}
    assert kind.arrows_from("solved") == ["closed"]
    assert kind.arrows_from("nowhere") == []
    assert kind.unique == (("assignment", "number"),)
    report, told, claims = kind.field("report"), kind.field("told"), kind.field("claims")
    assert report is not None
    assert report.when == Leaf("category", "in", ("quality",))
    assert report.label == ("report", "report")
    assert told is not None
    assert told.not_before == "received"
    assert claims is not None
    assert claims.many
    high = claims.inner("high")
    assert high is not None
    assert high.options["not_below"] == "low"
    assert [name for name, _field in kind.walk()][-3:] == ["by", "by.who", "by.on"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_each_shipped_kind_loads_and_makes_a_table(file: Path) -> None:
    raw = load(file.read_bytes(), file.name)
    assert isinstance(raw, dict)
    kind = kind_of(raw)
    assert kind.name == file.stem
    assert all(zh != en for _name, field in kind.walk() for zh, en in [field.label])
    columns = [name for name, _affinity in shape_of(kind).columns]
    assert len(columns) == len(set(columns))


@pytest.mark.parametrize(
    ("path", "value", "where", "said"),
    [
        ("feilds", {}, "feilds", "did you mean fields"),
        ("kind", "2complaint", "kind", "cannot be the name"),
        ("kind", "../x", "kind", "cannot be the name"),
        ("table", "transaction", "table", "transaction cannot be the name"),
        ("table", 'x"; drop', "table", "cannot be the name"),
        ("folder", "../../org", "folder", "cannot be the name of a folder"),
        ("folder", "a/b", "folder", "cannot be the name of a folder"),
        ("id", "k", "id", "capital letters"),
        ("id", "KOMP", "id", "capital letters"),
        ("id", GONE, "id", "capital letters"),
        ("version", 0, "version", "whole number"),
        ("version", True, "version", "whole number"),
        ("in", "assigment/service", "in", "Write core"),
        ("in", "office/plans/alice", "in", "Write core"),
        ("in", "core/sales", "in", "Write core"),
        ("label", "投诉", "label", "list of two texts"),
        ("label", ["投诉"], "label", "list of two texts"),
        ("label", ["投诉", 3], "label", "list of two texts"),
        ("fields", {}, "fields", "At least one field"),
        ("fields", ["text"], "fields", "At least one field"),
        ("fields/text", "note", "fields.text", "such as {is: text}"),
        ("fields/Text", {"is": "note"}, "fields.Text", "cannot be a field's name"),
        ("fields/state", {"is": "note"}, "fields.state", "state cannot be a field's name"),
        ("fields/entered_on", {"is": "date"}, "fields.entered_on", "cannot be a field's name"),
        ("fields/path", {"is": "text"}, "fields.path", "cannot be a field's name"),
        ("fields/text/is", "notes", "fields.text.is", "did you mean note"),
        ("fields/text/is", "ppp", "fields.text.is", "Unknown word ppp"),
        ("fields/text/lable", ["a", "b"], "fields.text.lable", "did you mean label"),
        ("fields/text/mx", 3, "fields.text.mx", "did you mean max"),
        ("fields/text/of", "channel", "fields.text.of", "Unknown word of"),
        ("fields/text/many", "yes", "fields.text.many", "true or false"),
        ("fields/number/fields", {}, "fields.number.fields", "Unknown word fields"),
        ("fields/told/from", "receivd", "fields.told.from", "did you mean received"),
        ("fields/told/from", "text", "fields.told.from", "told and text cannot be compared"),
        ("fields/text/from", "received", "fields.text.from", "text and received cannot be compared"),
        ("fields/number/not_below", "category", "fields.number.not_below", "cannot be compared"),
        ("fields/number/not_below", "nunber", "fields.number.not_below", "did you mean number"),
        ("fields/report/when", "categry in [quality]", "fields.report.when", "did you mean category"),
        ("fields/report/when", "category in quality", "fields.report.when", "Not a condition: category in quality"),
        ("fields/claims/fields/high/not_below", "lwo", "fields.claims.high.not_below", "did you mean low"),
        ("fields/claims/fields/high/when", "category = x", "fields.claims.high.when", "Unknown word category"),
        ("fields/claims/fields/low/is", "mony", "fields.claims.low.is", "did you mean money"),
        ("fields/claims/fields", GONE, "fields.claims", "At least one field"),
        ("fields/by_who", {"is": "text"}, "fields.by_who", "by_who would be two columns"),
        ("fields/told_on", {"is": "date"}, "fields.told_on", "told_on would be two columns"),
        ("states", ["registered"], "states", "mapping"),
        ("states/Solved!", ["a", "b"], "states.Solved!", "cannot be a state's name"),
        ("states/solved", "已解决", "states.solved", "list of two texts"),
        ("arrows", "registered > solved", "arrows", "A list is needed"),
        ("arrows", ["registered > soled"], "arrows.0", "did you mean solved"),
        ("arrows", ["registered > solved", "closed"], "arrows.1", "a > b"),
        ("title", "text", "title", "A list is needed"),
        ("title", ["txt"], "title", "did you mean text"),
        ("unique", ["number"], "unique", "list of lists"),
        ("unique", [["numbr"]], "unique", "did you mean number"),
        ("filed_by", "anybody", "filed_by", "did you mean anyone"),
        ("single", True, "single", "in: core"),
        ("single", "yes", "single", "true or false"),
        ("store", "monthly", "store", "{monthly: FIELD}"),
        ("store", {"monthly": "text"}, "store", "{monthly: FIELD}"),
        ("store", {"monthly": "on"}, "store", "{monthly: FIELD}"),
        ("store", {"monthly": "received"}, "fields.by", "cannot be a field's name"),
    ],
)
def test_a_fault_is_named_with_its_place(path: str, value: object, where: str, said: str) -> None:
    found = faults(path, value)
    assert where in found
    assert said in found[where]


def test_all_faults_are_told_at_once() -> None:
    raw = deepcopy(COMPLAINT)
    raw |= {"id": "x", "in": "nowhere", "arrows": ["a > b"]}
    raw["fields"]["text"] = {"is": "notes"}
    kind, findings = compile_kind(raw, "test")
    assert kind is None
    assert {"id", "in", "arrows.0", "fields.text.is"} <= {finding.field for finding in findings}


def test_nothing_is_silently_taken_for_a_kind() -> None:
    kind, findings = compile_kind({}, "test")
    assert kind is None
    assert {"kind", "id", "in", "fields"} <= {finding.field for finding in findings}


YAML = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "text", "date", "registered > solved", "a = 1", "core"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["is", "fields", "a", "when", "monthly"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(st.sampled_from(sorted(COMPLAINT)), YAML)
@settings(max_examples=150)
def test_whatever_stands_there_is_a_finding_and_never_a_crash(key: str, value: Any) -> None:
    kind, findings = compile_kind({**COMPLAINT, key: value}, "test")
    assert (kind is None) == bool(findings)


@given(
    st.sampled_from(sorted(COMPLAINT["fields"])),
    st.sampled_from(["is", "when", "from", "label", "many", "fields", "max", "not_below"]),
    YAML,
)
@settings(max_examples=150)
def test_nor_inside_a_field(name: str, key: str, value: Any) -> None:
    raw = deepcopy(COMPLAINT)
    raw["fields"][name][key] = value
    kind, findings = compile_kind(raw, "test")
    assert (kind is None) == bool(findings)
