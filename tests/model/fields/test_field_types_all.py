"""What holds for every field type: one canonical form, no fault but FieldProblem, SQL and JSON fit."""

from __future__ import annotations

import json
import sqlite3
import string
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmctl.model.fields import FIELD_TYPES, FieldProblem, credit_code_check_char
from crmctl.model.fields.credit_code import ALPHABET
from crmctl.model.fields.many import many
from crmctl.model.ids import new_id
from crmctl.model.values import Value

CHOICES = {"values": {"hospital": ["医院", "Hospital"], "retail": ("零售", "Retail"), "3": ["三", "Three"]}}
OPTIONS: dict[str, dict[str, object]] = {"choice": CHOICES}
EXAMPLE_FILE = {"name": "licence.pdf", "type": "application/pdf", "size": 12, "sha256": "0f" * 32}

PLACES = st.decimals(-(10**11), 10**11, places=2, allow_nan=False, allow_infinity=False).map(str)
SHORT_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,31}", fullmatch=True)
IDS = st.builds(
    lambda prefix, random: new_id(prefix, random).lower(),
    st.sampled_from(["C", "V", "QT", "ABC"]),
    st.binary(min_size=8, max_size=8),
)
LIKELY: dict[str, st.SearchStrategy[object]] = {
    "text": st.text(max_size=60),
    "note": st.text(max_size=200),
    "int": st.integers(-(2**62), 2**62) | st.integers(0, 10**9).map("{:,}".format),
    "quantity": PLACES | st.floats(-1e9, 1e9),
    "percent": PLACES.map("{}%".format),
    "score": st.decimals(0, 100, places=3).map(str),
    "money": PLACES.map("￥{}".format) | st.integers(0, 10**6).map("{}万".format),
    "bool": st.sampled_from(["是", "否", "YES", "no", "True", "false", True, False, "Y", "0", 1]),
    "choice": st.sampled_from(["hospital", "医院", "RETAIL", "Ｈospital", "三", 3, 3.0]),
    "credit_code": st.text(ALPHABET, min_size=17, max_size=17).map(lambda first: (first + credit_code_check_char(first)).lower()),
    "phone": st.from_regex(r"1(38|39|58|86)[0-9]{8}((转|#| ext )[0-9]{1,5})?", fullmatch=True) | st.from_regex(r"0(10|755)-[2-8][0-9]{7}(-[0-9]{2,4})?", fullmatch=True),
    "email": st.from_regex(r"[a-z]{1,10}@[A-Za-z]{1,10}\.(com|cn)", fullmatch=True),
    "date": st.dates(date(1583, 1, 1)) | st.dates(date(1583, 1, 1)).map(lambda day: f"{day.year}年{day.month}月{day.day}日"),
    "instant": st.datetimes(datetime.fromisoformat("1995-01-01T00:00:00"), datetime.fromisoformat("2400-01-01T00:00:00"), timezones=st.none() | st.just(UTC)),
    "period": st.builds("{}{}".format, st.integers(1900, 2200), st.sampled_from(["", "H1", "q3", "年第四季度", "-07", "/7", "年7月", "上半年"])),
    "region": st.sampled_from(["44", "4403", 440305, "广东深圳", "内蒙古", "浙江省杭州市西湖区", "湖北省仙桃市"]),
    "url": st.from_regex(r"(https?://)?[A-Za-z]{1,9}\.(com|cn)(:[0-9]{1,4})?(/[a-zA-Z0-9_.-]{0,9})?(\?[a-z]=[0-9])?", fullmatch=True),
    "member": SHORT_NAMES,
    "department": SHORT_NAMES,
    "ref": IDS,
    "codes": st.dictionaries(SHORT_NAMES.map(str.lower), st.text(string.ascii_letters + string.digits + "-/", min_size=1, max_size=20), min_size=1, max_size=4),
    "file": st.fixed_dictionaries({"name": st.text(max_size=40), "type": st.just("image/PNG"), "size": st.integers(0, 2**24), "sha256": st.just("AB" * 32)}),
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.dates() | st.datetimes()
    | st.sampled_from(["-", "1.38E+10", "\ud800", "\x1b[2J", "①", "9" * 400, "1" * 30 + "万亿", b"x", object()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def outcome(name: str, raw: object, options: dict[str, object]) -> Value | FieldProblem:
    try:
        return FIELD_TYPES[name].parse(raw, options)
    except FieldProblem as problem:
        return problem


def test_every_type_has_likely_values_here() -> None:
    assert set(LIKELY) == set(FIELD_TYPES)


# R-REC-14 asks for one uniform format (规范, P02:3.4): whatever spelling goes in, one comes out and stays.
@pytest.mark.req("R-REC-14")
@pytest.mark.parametrize("name", FIELD_TYPES)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_canonical_value_is_its_own_canonical_value(name: str, data: st.DataObject) -> None:
    options = OPTIONS.get(name, {})
    try:
        value = FIELD_TYPES[name].parse(data.draw(LIKELY[name]), options)
    except FieldProblem:
        return
    assert FIELD_TYPES[name].parse(value, options) == value


@pytest.mark.parametrize("name", FIELD_TYPES)
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(raw=ANYTHING, excel=st.booleans())
def test_no_input_raises_anything_but_a_field_problem(name: str, raw: object, excel: bool) -> None:
    options = OPTIONS.get(name, {}) | {"excel": excel}
    value = outcome(name, raw, options)
    if isinstance(value, FieldProblem):
        assert value.message.format(**value.args_)
        assert "{" not in value.hint.format(**value.args_)
        return
    assert outcome(name, value, options) == value
    json.dumps(value)
    FIELD_TYPES[name].columns("f", value, options)


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_the_example_shown_in_prompts_is_accepted(name: str) -> None:
    raw = EXAMPLE_FILE if name == "file" else FIELD_TYPES[name].example.split(" / ")[0]
    assert FIELD_TYPES[name].parse(raw, OPTIONS.get(name, {})) is not None


@pytest.mark.parametrize("name", FIELD_TYPES)
@pytest.mark.parametrize("raw", [None, "", "  ", "\u3000", "\t\n"])
def test_an_empty_cell_is_a_problem_of_its_own(name: str, raw: object) -> None:
    with pytest.raises(FieldProblem) as caught:
        FIELD_TYPES[name].parse(raw, OPTIONS.get(name, {}))
    assert caught.value.code == "FLD001"


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_columns_and_their_types_name_the_same_columns(name: str) -> None:
    kind_of = FIELD_TYPES[name]
    raw = EXAMPLE_FILE if name == "file" else kind_of.example.split(" / ")[0]
    row = kind_of.columns("f", kind_of.parse(raw, OPTIONS.get(name, {})), OPTIONS.get(name, {}))
    assert list(row) == list(kind_of.column_types("f"))
    assert set(kind_of.columns("f", None).values()) == {None}
    for column, sql in kind_of.column_types("f").items():
        assert isinstance(row[column], int) or sql == "TEXT" or name in {"quantity", "percent", "score"}


def test_decimals_compare_as_numbers_in_sql() -> None:
    score = FIELD_TYPES["score"]
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f"{name} {sql}" for name, sql in score.column_types("score").items())
    connection.execute(f"create table t ({columns})")
    for typed in ("9", "85.5", "100", "70"):
        connection.execute("insert into t values (?, ?)", tuple(score.columns("score", score.parse(typed)).values()))
    assert connection.execute("select score from t where score >= 85 order by score").fetchall() == [(85.5,), (100,)]
    assert connection.execute("select sum(score_e6) from t").fetchone() == (264_500_000,)
    connection.close()


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_json_schema_is_json_and_says_a_type(name: str) -> None:
    schema = FIELD_TYPES[name].json_schema(OPTIONS.get(name, {}))
    assert json.loads(json.dumps(schema)) == schema
    assert "type" in schema or "oneOf" in schema


def test_problems_never_repeat_what_was_typed() -> None:
    secret = "zhangsan-geheim"
    seen = 0
    for name in FIELD_TYPES:
        for raw in (secret, [secret], {secret: secret}, {"name": secret + "/"}, secret * 99, secret + "\x1b"):
            problem = outcome(name, raw, OPTIONS.get(name, {}))
            if isinstance(problem, FieldProblem):
                assert secret not in f"{problem} {problem.args_} {problem.hint} {problem.path}", name
                seen += 1
    assert seen > len(FIELD_TYPES)


def test_importing_the_types_loads_no_heavy_library() -> None:
    script = (
        "import sys, crmctl.model.fields; heavy = {'phonenumbers', 'stdnum', 'email_validator', 'zoneinfo', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_list_keeps_order_and_drops_what_comes_twice() -> None:
    phones = many(FIELD_TYPES["phone"])
    assert phones.parse("13900139000；138 0013 8000、+86 13900139000") == ["+86 139 0013 9000", "+86 138 0013 8000"]
    assert phones.parse(phones.parse("13800138000")) == ["+86 138 0013 8000"]
    assert phones.to_sql(["+86 138 0013 8000"]) == '["+86 138 0013 8000"]'


def test_a_list_of_numbers_keeps_repeats_and_thousands_commas() -> None:
    assert many(FIELD_TYPES["money"]).parse("1,234.5; 5; 5") == ["1234.50", "5.00", "5.00"]
    assert many(FIELD_TYPES["text"]).parse("三楼, 东侧；二楼") == ["三楼, 东侧", "二楼"]


def test_a_list_names_the_place_of_a_problem() -> None:
    with pytest.raises(FieldProblem) as caught:
        many(FIELD_TYPES["date"]).parse(["2026-11-22", "gestern"])
    assert caught.value.path == "1"
    assert caught.value.finding("C-1", "visits").field == "visits.1"
    with pytest.raises(FieldProblem):
        many(FIELD_TYPES["int"]).parse([1, 2, 3], {"max_items": 2})
    with pytest.raises(FieldProblem):
        many(FIELD_TYPES["int"]).parse([])
