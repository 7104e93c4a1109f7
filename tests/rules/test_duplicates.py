"""Who is there already: names made comparable, strengths, blocks."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.ledger.disk.yamlio import load
from crmctl.model.fields.region import leading_region
from crmctl.model.kind_reader import compile_kind
from crmctl.rules.duplicates import Identity, Mark, Register, identity_of, pairs
from crmctl.rules.party_names import core_and_region, folded_all, party_names

ROOT = Path(__file__).resolve().parents[2]
NAME, ALIAS = ("名称", "Name"), ("别名", "Other names")
PHONE, CODE = ("电话", "Phone"), ("信用代码", "Credit code")


def party(id_: str, name: str = "", *, phone: str = "", code: str = "", region: str = "", alias: str = "") -> Identity:
    marks = [
        Mark(label, type_, text)
        for label, type_, text in (
            (CODE, "credit_code", code),
            (NAME, "name", name),
            (ALIAS, "alias", alias),
            (PHONE, "phone", phone),
        )
        if text
    ]
    return Identity(id_, tuple(marks), region)


def strength(one: Identity, other: Identity) -> str | None:
    """How surely `other` is found when `one` is known; the same the other way round."""
    there = [found.strength for found in Register([one]).find(other)]
    back = [found.strength for found in Register([other]).find(one)]
    assert there == back
    return there[0] if there else None


@pytest.mark.req("R-INT-13")
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("天润食品有限公司", "天润食品有限公司", "exact"),
        ("天润（上海）食品有限公司", "天润(上海) 食品有限公司", "exact"),
        ("天潤食品有限公司", "天润食品有限公司", "exact"),
        ("ＡＢＣ贸易有限公司", "abc贸易有限公司", "exact"),
        ("B's Beverages", "b s  beverages", "exact"),
        ("北京天润食品有限公司", "北京市天润食品有限责任公司", "strong"),
        ("天润(北京)食品有限公司", "北京天润食品股份有限公司", "strong"),
        ("天润食品有限公司", "北京天润食品有限责任公司", "weak"),
        ("Blauer See Ltd", "Blauer See Inc.", "weak"),
        ("Berglunds snabbköp", "Berglunds snabbkop", "weak"),
        ("西藏天润食品有限公司", "天津市天润食品有限公司", None),
        ("中建三局有限公司", "中建三局有限公司北京分公司", None),
        ("中建三局有限公司上海分公司", "中建三局有限公司北京分公司", None),
        ("北京第一人民医院", "北京第二人民医院", None),
        ("Camp School 12", "Camp School 13", None),
        ("天润集团有限公司", "天润有限公司", None),
        ("康", "安", None),
    ],
)
def test_names(one: str, other: str, expected: str | None) -> None:
    assert strength(party("a", one), party("b", other)) == expected


@pytest.mark.req("R-INT-13")
def test_a_credit_code_outweighs_a_name() -> None:
    first, second = "91110000100000007F", "91110000710926094P"
    assert strength(party("a", "甲商行", code=first), party("b", "乙商行", code=first)) == "exact"
    assert strength(party("a", "天润食品", code=first), party("b", "天润食品", code=second)) == "strong"
    assert strength(party("a", "Blauer See Ltd", code=first), party("b", "Blauer See AG", code=second)) is None


@pytest.mark.req("R-INT-13")
def test_a_phone_is_strong_however_it_is_spelt_and_an_alias_too() -> None:
    one = party("a", "王伟", phone="+86 10 6277 0000")
    assert strength(one, party("b", "天润食品", phone="+86 10 62770000")) == "strong"
    assert strength(one, party("b", "天润食品", phone="+86 10 62770001")) is None
    assert strength(party("a", "天润", alias="天天"), party("b", "天天")) == "strong"


def test_the_region_of_the_card_counts_where_the_name_has_none() -> None:
    one = party("a", "天润食品有限公司", region="110000")
    assert strength(one, party("b", "天润食品有限责任公司", region="110105")) == "strong"
    assert strength(one, party("b", "天润食品有限责任公司", region="310000")) is None
    assert strength(one, party("b", "天润食品有限责任公司", region="somewhere")) == "weak"


def test_reasons_are_all_named_the_surest_first() -> None:
    register = Register([party("a", "天润", phone="+86 1"), party("b", "地久", phone="+86 2"), party("c", "Other")])
    found = register.find(party("x", "地久", phone="+86 1"))
    assert [(one.id, one.strength) for one in found] == [("b", "exact"), ("a", "strong")]
    both = register.find(party("x", "天润", phone="+86 1"))
    assert [(finding.severity, finding.args["field"]) for finding in both[0].findings("row 2")] == [
        ("error", PHONE),
        ("error", NAME),
    ]
    assert register.find(party("a", "天润", phone="+86 1")) == []


def test_the_customer_kind_says_what_identifies() -> None:
    raw = load((ROOT / "schemas/customer.yaml").read_bytes(), "customer.yaml")
    assert isinstance(raw, dict)
    kind, findings = compile_kind(raw, "customer.yaml")
    assert kind is not None
    assert findings == []
    data = {"name": "天润", "aliases": ["甲", "乙"], "phone": "+86 1", "region": "110000", "note": "x"}
    identity = identity_of(kind, data, "C-1")
    assert identity.region == "110000"
    assert [(mark.type, mark.text) for mark in identity.marks] == [
        ("name", "天润"),
        ("alias", "甲"),
        ("alias", "乙"),
        ("phone", "+86 1"),
    ]
    for wrong in (["note"], ["nmae"]):
        _kind, findings = compile_kind({**raw, "identity": wrong}, "customer.yaml")
        assert [finding.field for finding in findings] == ["identity"]


@pytest.mark.parametrize(
    ("text", "code", "rest"),
    [
        ("广东省深圳市天润", "440300", "天润"),
        ("深圳天润", "440300", "天润"),
        ("吉林化工", "220000", "化工"),
        ("和平饭店", "", "和平饭店"),
        ("天润", "", "天润"),
        ("", "", ""),
    ],
)
def test_the_region_a_name_begins_with(text: str, code: str, rest: str) -> None:
    assert leading_region(text) == (code, rest)


def test_a_name_that_is_only_a_region_keeps_something_to_compare() -> None:
    (name,) = party_names(["北京有限公司"])
    assert core_and_region(name.stem) == ("北京", "")


names = st.text(alphabet="天润北京上海市省有限公司分（）() ab.&'ÄéА\u2028\n", max_size=12)


@given(st.lists(names, max_size=6))
def test_folding_together_is_folding_one_by_one(texts: list[str]) -> None:
    assert folded_all(texts) == [folded_all([text])[0] for text in texts]
    assert len(party_names(texts)) == len(texts)


@settings(deadline=None)
@given(st.lists(names.filter(str.strip), min_size=2, max_size=6))
def test_pairs_are_those_that_find_sees(texts: list[str]) -> None:
    parties = [party(f"{number}", text) for number, text in enumerate(texts)]
    found = {(one, other.id) for one, other in pairs(parties)}
    for one, other in combinations(parties, 2):
        assert ((one.id, other.id) in found) == bool(strength(one, other))


def test_no_name_is_compared_with_all() -> None:
    register = Register(party(f"{number}", f"常见名称食品{number}号有限公司") for number in range(1000))
    assert max(len(block) for block in register._blocks.values()) == 1000
    assert len(register.find(party("x", "常见名称食品有限公司"))) <= 1


@pytest.mark.slow
def test_precision_and_recall_on_labelled_organisations() -> None:
    import sys

    path = Path(os.environ.get("CRMCTL_ORGANISATIONS") or "not named")
    if not path.is_file():
        pytest.skip("no file of labelled organisations (CRMCTL_ORGANISATIONS=FILE)")
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from measure_duplicates import figures
    finally:
        sys.path.pop(0)
    reached = figures(path)
    assert reached["exact"].precision > 0.95
    assert reached["strong"].mean > 0.83
    assert reached["weak"].recall > 0.80
