"""A total is reckoned from the rows of a list; an incomplete sheet has none."""

from __future__ import annotations

import pytest

from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.score_sheet import computed
from crmctl.model.validate import Rules, validate
from crmctl.model.values import Value

RAW: dict[str, Value] = {
    "kind": "sheet", "label": ["表", "Sheet"], "id": "SH", "in": "assignment/review",
    "fields": {
        "rows": {"is": "list", "fields": {"item": {"is": "text"}, "weight": {"is": "percent"}, "score": {"is": "score"}}},
        "total": {"is": "score", "sheet": {"of": "rows", "weight": "weight", "points": "score"}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def kind() -> Kind:
    made, findings = compile_kind(RAW, "sheet.yaml")
    assert made is not None, findings
    return made


def row(weight: str | None, score: str | None) -> dict[str, Value]:
    return {"item": "x", "weight": weight, "score": score}


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([row("60", "90"), row("40", "80")], "86"),
        ([row("100", "0")], "0"),
        ([row("33.3", "70"), row("66.7", "70.01")], "70.01"),  # 70.00667 is rounded to the hundredth
        ([row("50", "100"), row("50", "50.01")], "75.01"),  # a half goes up
        ([row("100", "70"), row(None, "90"), row(None, None)], "70"),  # what has no weight does not count
        ([row("60", "90"), row("40", None)], None),
        ([row("60", "90")], None),
        ([row("60", "90"), row("50", "80")], None),
        ([row("99.999999", "90")], None),
        ([], None),
    ],
)
@pytest.mark.req("R-REC-29")
def test_the_total_is_points_times_weight(kind: Kind, rows: list[Value], total: str | None) -> None:
    assert computed(kind, {"rows": rows}) == ({} if total is None else {"total": total})
    _clean, findings = validate(kind, {"rows": rows}, Rules({}, ("total",)))
    assert [finding.code for finding in findings] == ([] if total is not None else ["REC013"])


def test_nobody_enters_what_is_reckoned(kind: Kind) -> None:
    for rows in ([row("100", "70")], []):
        _clean, findings = validate(kind, {"rows": rows, "total": "70"}, Rules({}))
        assert [(finding.code, finding.field) for finding in findings] == [("REC014", "total")]


@pytest.mark.parametrize(
    ("sheet", "place"),
    [
        ("rows", "fields.total.sheet"),
        ({"of": "rows", "weight": "weight"}, "fields.total.sheet"),
        ({"of": "row", "weight": "weight", "points": "score"}, "fields.total.sheet.of"),
        ({"of": "rows", "weight": "item", "points": "score"}, "fields.total.sheet.weight"),
        ({"of": "rows", "weight": "weight", "points": "points"}, "fields.total.sheet.points"),
    ],
)
def test_a_sheet_names_a_list_with_a_share_and_a_score(sheet: Value, place: str) -> None:
    fields = RAW["fields"]
    assert isinstance(fields, dict)
    made, findings = compile_kind({**RAW, "fields": {**fields, "total": {"is": "score", "sheet": sheet}}}, "sheet.yaml")
    assert made is None
    assert [finding.field for finding in findings] == [place]
