"""What a file has to hold by class: read, held against the kinds, and what is missing."""

from __future__ import annotations

import pytest

from crmctl.model.kind_reader import compile_kind
from crmctl.model.values import Value
from crmctl.policy.axis_classes import Managing, Serving, axis_questions, duties_of
from crmctl.policy.filing import filing_faults, missing, read_filings

RULE: dict[str, Value] = {
    "code": "OWN001", "of": "progress", "holds": {"now": ["phone", "beds", "record contract"], "will": ["needs"]},
    "text": ["档案", "File"],
}  # fmt: skip
CARD: dict[str, Value] = {
    "schema": "crmctl/kind/1", "kind": "customer", "version": 1, "label": ["客户", "Customer"], "id": "C",
    "table": "customer", "in": "core", "fields": {
        "phone": {"is": "text", "label": ["电话", "Phone"]},
        "category": {"is": "text", "label": ["类别", "Category"]},
        "needs": {"is": "text", "many": True, "label": ["需求", "Needs"]},
        "beds": {"is": "int", "when": "category in [hospital]", "label": ["床位", "Beds"]},
    },
}  # fmt: skip


@pytest.mark.req("R-GRD-05")
@pytest.mark.req("R-GRD-06")
def test_a_file_lacks_what_it_does_not_hold_and_never_what_does_not_apply() -> None:
    (filing,), findings = read_filings([RULE], "pack")
    assert findings == []
    kind = compile_kind(CARD, "schemas/customer.yaml")[0]
    assert kind is not None
    fields, needed = dict(kind.walk()), filing.holds["now"]
    dealer: dict[str, object] = {"category": "dealer", "phone": "1"}
    assert missing(needed, dealer, fields, ["contract"]) == []
    assert missing(needed, {**dealer, "category": "hospital"}, fields, []) == ["beds", "record contract"]
    assert missing(needed, {"phone": ""}, fields, ["contract"]) == ["phone", "beds"]  # unknown may still apply
    assert missing(filing.holds["will"], {"needs": "[]"}, fields, ()) == ["needs"]
    assert next(filing_faults([filing], {"customer": kind}, "pack")).args["name"] == "contract"


def test_faults_of_filing_are_told_where_they_stand() -> None:
    for item, code, field in (
        ({**RULE, "hols": 1}, "POL001", "filing.0.hols"), ({**RULE, "code": "x"}, "POL003", "filing.0.code"),
        ({**RULE, "holds": ["a"]}, "POL002", "filing.0.holds"), ("x", "POL002", "filing.0"),
        ({**RULE, "within": "soon"}, "POL003", "filing.0.within"),
    ):  # fmt: skip
        assert [(f.code, f.field) for f in read_filings([item], "pack")[1]] == [(code, field)]


@pytest.mark.req("R-GRD-33")
def test_services_of_the_latest_pack_become_duties_of_its_grades() -> None:
    managed: Value = {"role": "head", "code": "OWN002", "text": ["负责", "Managed"]}
    measure: Value = {
        "text": ["拜访", "Visits"], "code": "OWN003", "every": "1 month",
        "done": {"kind": "visit", "if": "state in [done]"},
    }  # fmt: skip
    ladder: Value = [{"grade": "a", "if": "x = 1"}, {"grade": "b", "if": "x = 2"}]
    pack: dict[str, Value] = {
        "axes": {
            "value": {
                "ladder": ladder,
                "service": {"a": {"managed_by": managed}, "*": {"measures": [measure, ["标准", "Standard"]]}},
            },
            "progress": {"record": False, "ladder": ladder},
        }
    }
    found = list(duties_of([{"axes": {"value": {"ladder": ladder}}}, pack]))
    assert [(d.grade, d.managed.role) for d in found if isinstance(d, Managing)] == [("a", "head")]
    assert [(d.grade, d.measure.done.kind) for d in found if isinstance(d, Serving)] == [("a", "visit"), ("b", "visit")]
    assert ":reckoned_progress" in axis_questions([pack])["progress"]
    assert "= 'value'" in axis_questions([pack])["value"]
