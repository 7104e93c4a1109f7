"""A record against its kind: canonical values, and every fault at once with its dotted place."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.i18n import finding_text
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.validate import Rules, validate
from crmctl.model.values import Value


def kind_of(fields: dict[str, Value], **more: Value) -> Kind:
    raw: dict[str, Value] = {"kind": "visit", "id": "V", "in": "assignment/sales", "fields": fields, **more}
    kind, findings = compile_kind(raw, "test")
    assert findings == []
    assert kind is not None
    return kind


VISIT = kind_of(
    {
        "on": {"is": "date", "label": ["日期", "Date"]},
        "category": {"is": "choice", "of": "category", "label": ["类别", "Category"]},
        "beds": {"is": "int", "min": 0, "when": "category in [hospital]", "label": ["床位数", "Beds"]},
        "next_on": {"is": "date", "from": ".on"},
        "told_at": {"is": "instant", "from": "on"},
        "done_at": {"is": "instant", "from": "told_at"},
        "low": {"is": "money"},
        "high": {"is": "money", "not_below": "low"},
        "aliases": {"is": "text", "many": True, "label": ["别名", "Other names"]},
        "contacts": {
            "is": "list",
            "label": ["联系人", "Contacts"],
            "fields": {
                "name": {"is": "text", "label": ["姓名", "Name"]}, "email": {"is": "email"}, "since": {"is": "date"},
                "until": {"is": "date", "from": "since"}, "kind_of": {"is": "choice", "of": "category"},
            },
        },
        "check": {"is": "group", "fields": {"by": {"is": "member"}, "min": {"is": "int"}, "max": {"is": "int", "not_below": "min"}}},
    },
    states={"planned": ["计划", "Planned"], "done": ["完成", "Done"]}, arrows=["planned > done"],
)  # fmt: skip
VOCAB = {"category": {"hospital": ("医疗机构", "Hospital"), "dealer": ("经销商", "Dealer")}}
RULES = Rules(VOCAB)


def clean(data: dict[str, object], rules: Rules = RULES, kind: Kind = VISIT) -> dict[str, Value]:
    values, findings = validate(kind, data, rules, "test")
    assert findings == []
    return values


def faults(data: dict[str, object], *required: str, kind: Kind = VISIT) -> dict[str, tuple[str, str]]:
    """Dotted field → code and English sentence."""
    _values, findings = validate(kind, data, Rules(VOCAB, required), "V-1")
    assert {finding.where for finding in findings} <= {"V-1"}
    assert len({(f.field, f.code) for f in findings}) == len(findings)
    return {finding.field: (finding.code, finding_text(finding)) for finding in findings}


@pytest.mark.req("R-REC-14")
def test_values_come_back_canonical_and_in_the_kinds_order() -> None:
    values = clean({
        "high": "1,234.5", "low": 1000, "on": "2026年11月22日", "category": "医疗机构", "beds": "８０", "state": "计划",
        "contacts": [{"email": " Wang@Example.COM ", "name": "王伟"}], "check": {"by": "alice", "min": None},
        "aliases": ["  a  b "],
    })  # fmt: skip
    assert values["on"] == "2026-11-22"
    assert (values["low"], values["high"]) == ("1000.00", "1234.50")
    assert (values["category"], values["beds"], values["state"]) == ("hospital", 80, "planned")
    assert values["check"] == {"by": "alice"}
    assert [name for name in values if name in {"on", "category", "low", "high"}] == ["on", "category", "low", "high"]
    assert clean(values) == values  # type: ignore[arg-type]  # a Value is an object


@given(
    st.dictionaries(
        st.sampled_from(["on", "category", "beds", "low", "aliases", "contacts", "check", "state", "whom", ""]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "2026-11-22", "医疗机构", "planned"]),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "by", "min", "x"]), inner, max_size=2),
            max_leaves=4,
        ),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_is_handed_in_gives_findings_or_values_that_stay_as_they_are(data: dict[str, object]) -> None:
    values, findings = validate(VISIT, data, RULES, "test")
    if not findings:
        again, none = validate(VISIT, dict(values), RULES, "test")
        assert (again, none) == (values, [])


@pytest.mark.req("R-REC-14")
def test_everything_wrong_is_told_at_once() -> None:
    found = faults(
        {
            "on": "someday", "beds": 5, "category": "dealer", "next_on": "2026-11-01", "low": "5", "high": "4",
            "topik": "x", "contacts": [{"name": "a"}, {"email": "nobody", "since": "2026-02-01", "until": "2026-01-01"}],
            "state": "cancelled", "aliases": "one",
        },
        "on", "told_at", "done_at",
    )  # fmt: skip
    assert found["on"][0].startswith("FLD")
    assert found["beds"][0] == "REC005"
    assert found["high"] == ("REC007", "Is less than low")
    assert found["contacts.1.email"][0].startswith("FLD")
    assert found["state"][0] == "FLD009"
    assert found["aliases"][0] == "REC004"
    assert found["topik"][0] == "REC002"
    assert found["told_at"][0] == found["done_at"][0] == "REC001"
    assert "REC001" not in {code for field, (code, _text) in found.items() if field == "on"}  # wrong is not missing


def test_faults_beside_a_broken_field_are_not_hidden_by_it() -> None:
    found = faults({"contacts": "nobody", "on": "2026-11-22", "next_on": "2026-11-21"})
    assert {field: code for field, (code, _text) in found.items()} == {"contacts": "REC004", "next_on": "REC006"}


@pytest.mark.parametrize(
    ("earlier", "later", "fine"),
    [
        ({"on": "2026-11-22"}, {"next_on": "2026-11-22"}, True),
        ({"on": "2026-11-22"}, {"next_on": "2026-11-21"}, False),
        ({"on": "2026-11-22"}, {"told_at": "2026-11-22T00:00:00+08:00"}, True),
        ({"on": "2026-11-22"}, {"told_at": "2026-11-21T23:59:59+08:00"}, False),
        ({"on": "2026-11-22"}, {"told_at": "2026-11-21T16:30:00+00:00"}, True),  # half past midnight here
        ({"told_at": "2026-11-22T10:00:00+08:00"}, {"done_at": "2026-11-22T10:00:00+08:00"}, True),
        ({"told_at": "2026-11-22T10:00:00+08:00"}, {"done_at": "2026-11-22T09:59:59+08:00"}, False),
        ({}, {"next_on": "1999-01-01"}, True),  # not known when: nothing to compare
    ],
)
def test_from_means_not_before(earlier: dict[str, object], later: dict[str, object], *, fine: bool) -> None:
    found = faults({**earlier, **later})
    assert found == {} if fine else next(iter(found.values()))[0] == "REC006"


def test_come_says_in_which_states_a_day_is_not_ahead() -> None:
    states: Value = {"planned": ["计划", "Planned"], "done": ["完成", "Done"]}
    fields: dict[str, Value] = {"on": {"is": "date", "come": ["done"]}, "at": {"is": "instant", "come": True}}
    kind = kind_of(fields, states=states, arrows=["planned > done"])
    today = Rules({}, entered=date(2026, 11, 20))

    def wrong(**data: object) -> list[tuple[str, str]]:
        return [(one.code, one.field) for one in validate(kind, data, today)[1]]

    assert wrong(state="done", on="2026-11-20") == []
    assert wrong(state="done", on="2026-11-21") == [("REC015", "on")]
    assert wrong(state="planned", on="2026-11-21") == []
    assert wrong(on="2026-11-21") == []  # the first state is what it has without one
    assert wrong(at="2026-11-20T15:59:59+00:00") == []
    assert wrong(at="2026-11-20T16:00:00+00:00") == [("REC015", "at")]  # midnight of the next day here
    assert validate(kind, {"state": "done", "on": "2999-01-01"}, Rules({}))[1] == []  # nobody says what day it is
    told = validate(kind, {"state": "done", "on": "2026-11-21"}, today)[1][0]
    assert told.args["state"] == ("计划", "Planned")


def test_come_is_a_day_of_the_kind_itself_and_names_its_states() -> None:
    inner: Value = {"is": "list", "fields": {"on": {"is": "date", "come": True}}}
    for fields in ({"on": {"is": "date", "come": ["doen"]}}, {"name": {"is": "text", "come": True}}, {"rows": inner}):
        raw = {"kind": "visit", "id": "V", "in": "assignment/sales", "fields": fields,
               "states": {"done": ["完成", "Done"]}}  # fmt: skip
        assert compile_kind(raw, "test")[1] != []


def test_when_says_where_a_field_applies_and_what_is_not_known_is_no_fault() -> None:
    assert faults({"category": "hospital", "beds": 3}) == {}
    assert faults({"beds": 3}) == {}
    code, text = faults({"category": "dealer", "beds": 3})["beds"]
    assert (code, text) == ("REC005", "Does not apply here: only when category in [hospital]")


def test_a_required_field_is_required_only_where_it_applies() -> None:
    assert "beds" in faults({"category": "hospital"}, "beds")
    assert "beds" not in faults({"category": "dealer"}, "beds")
    assert "beds" not in faults({}, "beds")


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_what_is_empty_is_missing(value: object) -> None:
    assert faults({"aliases": value, "check": value}, "aliases", "check").keys() >= {"aliases", "check"}


def test_a_required_field_inside_a_group_is_named_by_its_path() -> None:
    assert faults({"check": {"min": 1}}, "check.by")["check.by"][0] == "REC001"
    assert faults({"check": {"by": "alice"}}, "check.by") == {}
    assert faults({}, "check.by")["check.by"][0] == "REC001"


def test_no_and_nought_are_filled_in() -> None:
    kind = kind_of({"sample": {"is": "bool"}, "number": {"is": "int"}})
    assert faults({"sample": False, "number": 0}, "sample", "number", kind=kind) == {}


def test_not_below_counts_in_a_group_too_and_equal_is_fine() -> None:
    assert faults({"check": {"min": 3, "max": 2}})["check.max"][0] == "REC007"
    assert faults({"check": {"min": 3, "max": 3}, "low": "1.50", "high": "1.5"}) == {}


@pytest.mark.parametrize(
    ("word", "near"), [("catgory", "category"), ("类别", "category"), ("床位", "beds"), ("Other name", "aliases")]
)
def test_an_unknown_field_is_told_with_the_nearest_by_name_or_label(word: str, near: str) -> None:
    _values, findings = validate(VISIT, {word: "x"}, RULES)
    assert [(f.code, f.args.get("near")) for f in findings] == [("REC002", near)]


def test_an_unknown_field_inside_a_list_is_told_by_its_siblings() -> None:
    _values, findings = validate(VISIT, {"contacts": [{"emial": "a@example.com"}, {"姓 名": "x"}]}, RULES)
    assert [(f.field, f.args.get("near")) for f in findings] == [
        ("contacts.0.emial", "email"),
        ("contacts.1.姓 名", "name"),
    ]
    _values, findings = validate(VISIT, {"contacts": [{"qqq": 1}]}, RULES)
    assert [(f.field, f.code) for f in findings] == [("contacts.0.qqq", "REC002")]


def test_a_choice_is_read_by_code_or_label_and_a_wrong_one_told_with_the_nearest() -> None:
    for word in ("hospital", "Hospital", "医疗机构", " HOSPITAL "):
        assert clean({"category": word})["category"] == "hospital"
    _values, findings = validate(VISIT, {"contacts": [{"kind_of": "hospitl"}]}, RULES)
    assert [(f.field, f.args.get("near")) for f in findings] == [("contacts.0.kind_of", ["医疗机构", "Hospital"])]


def test_a_kind_stored_by_the_month_needs_its_date_whatever_the_policy_says() -> None:
    kind = kind_of({"date": {"is": "date"}, "amount": {"is": "money"}}, store={"monthly": "date"})
    assert faults({"amount": "5"}, kind=kind)["date"][0] == "REC001"


def test_fields_may_be_called_like_the_librarys_own_words() -> None:
    words = [
        "copy",
        "json",
        "dict",
        "schema",
        "model_dump",
        "model_config",
        "model_fields",
        "validate",
        "f_copy",
        "self",
        "cls",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind = kind_of({word: {"is": "text"} for word in words})
        values: dict[str, Any] = {word: f"my {word}" for word in words}
        assert clean(values, kind=kind) == values
        assert faults({"f_schema": "x"}, kind=kind)["f_schema"][0] == "REC002"


def test_two_policies_in_one_process_do_not_mix() -> None:
    other = Rules({"category": {"school": ("学校", "School")}})
    assert clean({"category": "hospital"}) == {"category": "hospital"}
    assert clean({"category": "school"}, other) == {"category": "school"}
    assert "category" in faults({"category": "school"})
