"""Identifiers of the Chinese world: credit codes, phone numbers, administrative divisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.fields import FIELD_TYPES, FieldProblem, credit_code_check_char, region_name
from crmctl.model.fields import region as region_module
from crmctl.model.fields.credit_code import ALPHABET
from crmctl.model.fields.region import region_name_in
from crmctl.resources import division_names, divisions_list

FIRST_17 = st.text(ALPHABET, min_size=17, max_size=17)
REAL = "91110000600037341L"


def parse(name: str, raw: object, **options: object) -> object:
    return FIELD_TYPES[name].parse(raw, options)


def refused(name: str, raw: object, **options: object) -> FieldProblem:
    with pytest.raises(FieldProblem) as caught:
        parse(name, raw, **options)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [REAL, REAL.lower(), "9111 0000 6000 3734 1L", " 91110000-60003734-1L ", "９１１１００００６０００３７３４１Ｌ"],
)
def test_a_credit_code_in_any_case_width_and_grouping(raw: str) -> None:
    assert parse("credit_code", raw) == REAL


def test_our_check_agrees_with_the_librarys_where_that_knows_the_code() -> None:
    uscc = pytest.importorskip("stdnum.cn.uscc")
    for first in ("91110000600037341", "12440300455755XXX"[:14] + "123", "91440300708461136"):
        assert uscc.is_valid(first + credit_code_check_char(first))


@pytest.mark.parametrize("first", ["A1", "N2", "Y1"])
def test_codes_of_the_army_villages_and_others_are_legal(first: str) -> None:
    code = first + "330100MA1234567"
    code += credit_code_check_char(code)
    assert parse("credit_code", code) == code


@given(FIRST_17, st.data())
def test_every_single_wrong_character_is_found(first: str, data: st.DataObject) -> None:
    code = first + credit_code_check_char(first)
    assert parse("credit_code", code) == code
    for place in range(18):
        wrong = data.draw(st.sampled_from([other for other in ALPHABET if other != code[place]]))
        assert refused("credit_code", code[:place] + wrong + code[place + 1 :]).code == "FLD011"


@given(FIRST_17, st.integers(0, 16))
def test_every_swap_of_neighbours_is_found(first: str, place: int) -> None:
    code = first + credit_code_check_char(first)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        assert refused("credit_code", swapped).code == "FLD011"


def test_every_wrong_character_of_one_real_code_is_found() -> None:
    wrong = [
        REAL[:place] + other + REAL[place + 1 :] for place in range(18) for other in ALPHABET if other != REAL[place]
    ]
    assert len(wrong) == 18 * 30
    for code in wrong:
        refused("credit_code", code)


def test_faults_of_credit_codes_are_told_apart() -> None:
    assert "old registration number" in refused("credit_code", "110000600037341").message
    assert "organisation code" in refused("credit_code", "60003734-1").message
    assert refused("credit_code", REAL[:-1]).args_ == {"count": 17}
    assert "without I, O" in refused("credit_code", "9111000060003734IL").message
    assert refused("credit_code", "9.11E+17").code == "FLD008"
    assert refused("credit_code", 9.1110000600037341e17).code == "FLD008"
    with pytest.raises(ValueError, match="17"):
        credit_code_check_char("1")


def test_a_credit_code_of_digits_may_come_as_a_whole_number() -> None:
    first = next(
        text for text in (f"9111000060003{n:04d}" for n in range(100)) if credit_code_check_char(text).isdigit()
    )
    code = first + credit_code_check_char(first)
    assert parse("credit_code", int(code)) == code


@pytest.mark.parametrize(
    "raw",
    ["13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "+86-13800138000", "0086-13800138000", "(+86)13800138000", "8613800138000", "１３８００１３８０００", 13800138000, 13800138000.0, "13800138000.0", "+86 138…"[:4] + "13800138000"],
)  # fmt: skip
def test_one_mobile_number_in_all_its_spellings(raw: object) -> None:
    assert parse("phone", raw) == "+86 138 0013 8000"


@pytest.mark.parametrize(
    "raw",
    ["010-62770000转8012", "010-62770000 转 8012", "010-62770000分机8012", "010-62770000转分机8012", "010-62770000-8012", "010-62770000#8012", "010-62770000 ext. 8012", "010 6277 0000 x8012", "（010）62770000 转：8012", "010–62770000–8012", "+86 10 6277 0000;ext=8012"],
)  # fmt: skip
def test_an_extension_is_kept_in_every_form(raw: str) -> None:
    assert parse("phone", raw) == "+86 10 6277 0000;ext=8012"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("0755-26770000", "+86 755 2677 0000"), ("1062770000", "+86 10 6277 0000"), ("400-123-4567", "+86 400 123 4567"),
        ("4008001234转1", "+86 400 800 1234;ext=1"), ("95588", "+86 95588"), ("+8695588", "+86 95588"), ("95588转2", "+86 95588;ext=2"),
        ("12345", "+86 12345"), ("10086", "+86 10086"), ("11185", "+86 11185"), ("+852 2345 6789", "+852 2345 6789"), ("+1 (650) 253-0000", "+1 650-253-0000"),
    ],
)  # fmt: skip
def test_landlines_services_and_foreign_numbers(raw: str, value: str) -> None:
    assert parse("phone", raw) == value
    assert parse("phone", value, region="US") == value


@pytest.mark.parametrize(
    "raw",
    [
        "62770000",
        "1380013800",
        "138001380000",
        "13800138000/13900139000",
        "13800138000 13900139000",
        "Tel 13800138000",
        "13800138000 王先生",
        "12000",
        "(650) 253-0000",
        "一三八",
        "+",
        "转8012",
        "010-62770000转8012转9",
        "13800138000,13900139000",
    ],
)
def test_what_is_no_single_number_is_refused_not_trimmed(raw: str) -> None:
    assert refused("phone", raw).code == "FLD012"


@pytest.mark.parametrize("raw", ["1.38E+10", "1.38e10", "1.38E10", 1.38e15])
def test_a_number_that_excel_damaged_is_called_so(raw: object) -> None:
    assert "Excel damaged" in refused("phone", raw).message


def test_national_numbers_of_other_countries_need_their_region() -> None:
    assert parse("phone", "(650) 253-0000", region="US") == "+1 650-253-0000"
    assert parse("phone", "020 7946 0018", region="gb") == "+44 20 7946 0018"
    assert "country" in refused("phone", "020 7946 0018", region="UK").message
    assert refused("phone", "95588", region="US").code == "FLD012"


def test_every_countrys_example_number_has_one_canonical_form() -> None:
    phonenumbers = pytest.importorskip("phonenumbers")
    tried = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind_of in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            example = phonenumbers.example_number_for_type(region, kind_of)
            if example is None:
                continue
            typed = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            canonical = parse("phone", typed, region=region)
            assert parse("phone", canonical) == canonical
            assert phonenumbers.parse(str(canonical), None).national_number == example.national_number
            tried += 1
    assert tried > 400


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("44", "440000"), ("4403", "440300"), ("440305", "440305"), (440305, "440305"), (440305.0, "440305"), ("４４０３", "440300"),
        ("广东省深圳市", "440300"), ("广东深圳", "440300"), ("深圳", "440300"), ("广东省 深圳市 南山区", "440305"), ("广东省/深圳市/福田区", "440304"),
        ("北京市朝阳区", "110105"), ("北京", "110000"), ("内蒙古", "150000"), ("新疆", "650000"), ("广西", "450000"), ("香港", "810000"),
        ("吉林省", "220000"), ("吉林市", "220200"), ("朝阳市", "211300"), ("湖北省仙桃市", "429004"), ("湖北省随州市", "421300"), ("延边", "222400"), ("110100", "110100"),
    ],
)  # fmt: skip
def test_divisions_by_code_and_by_name(raw: object, code: str) -> None:
    assert parse("region", raw) == code


def test_a_name_of_several_divisions_lists_them() -> None:
    assert refused("region", "南山区").args_ == {"several": "黑龙江省鹤岗市南山区、广东省深圳市南山区"}
    assert refused("region", "吉林").args_ == {"several": "吉林省、吉林省吉林市"}


def test_unknown_and_abolished_divisions_are_refused_with_a_hint() -> None:
    assert refused("region", "广东省深玔市").args_ == {"near": "广东省深圳市"}
    assert "abolished" in refused("region", "110103").message
    assert refused("region", "990000").code == "FLD018"
    assert refused("region", "市辖区").code == "FLD018"
    assert refused("region", "深圳市广东省").code == "FLD018"
    assert refused("region", "深" * 150).code == "FLD018"


def test_a_ledger_may_add_divisions_that_the_list_lacks() -> None:
    assert refused("region", "330113").code == "FLD018"
    extra = {"330113": "临平区"}
    assert parse("region", "330113", extra=extra) == parse("region", "浙江省杭州市临平区", extra=extra) == "330113"
    assert region_name("330113", {"extra": extra}) == "浙江省杭州市临平区"
    assert refused("region", "44", extra={"x": "y"}).code == "FLD023"


def test_free_regions_keep_what_is_no_division() -> None:
    assert parse("region", "Bavaria", free=True) == "Bavaria"
    assert parse("region", "南山区", free=True) == "南山区"
    assert parse("region", "深圳", free=True) == "440300"
    assert refused("region", "a\x1bb", free=True).code == "FLD003"


def test_codes_have_full_names_that_lead_back() -> None:
    assert region_name("110105") == "北京市朝阳区"
    assert region_name("429004") == "湖北省仙桃市"
    for code in ("440000", "440300", "440305", "150000", "632500", "540102", "710000", "469001"):
        assert parse("region", region_name(code)) == code


def test_one_code_looked_up_alone_has_the_name_it_has_in_the_whole_list() -> None:
    listed, whole = divisions_list(), region_module._divisions(())
    sample = [*sorted(whole.names)[::7], *sorted(whole.gone)[::7], "999999", "449999"]
    assert [region_name_in(listed, code) for code in sample] == [region_name(code) for code in sample]
    extra = {"extra": {"330113": "临平区"}}
    assert region_name_in(listed, "330113", extra) == region_name("330113", extra) == "浙江省杭州市临平区"
    assert region_name_in(listed, "Paris") == "Paris"
    assert region_name_in(b"", "440305") == "440305"


def test_another_language_has_names_of_its_own_the_smallest_first() -> None:
    listed, told = divisions_list(), division_names("en")
    said = {
        code: region_name_in(listed, code, told=told) for code in ("440300", "310115", "429004", "610000", "654000")
    }
    assert said == {
        "440300": "Shenzhen, Guangdong", "310115": "Pudong New Area, Shanghai", "429004": "Xiantao, Hubei",
        "610000": "Shaanxi", "654000": "Ili, Xinjiang",
    }  # fmt: skip
    assert region_name_in(listed, "Paris", told=told) == "Paris"
    assert division_names("zh_CN") == b""


def test_a_division_without_a_name_there_keeps_its_own_and_an_added_one_may_bring_both() -> None:
    listed = divisions_list()
    assert region_name_in(listed, "440300", told=b"#\n440000 Guangdong\n") == "广东省深圳市"
    extra = {"extra": {"330113": ["临平区", "Linping"]}}
    assert region_name_in(listed, "330113", extra, told=division_names("en")) == "Linping, Hangzhou, Zhejiang"
    assert region_name_in(listed, "330113", extra) == "浙江省杭州市临平区"
    assert parse("region", "临平区", extra=extra["extra"]) == "330113"


def test_nearly_every_division_has_an_english_name() -> None:
    names, told = region_module._divisions(()).names, division_names("en").decode()
    lines = [line.partition(" ") for line in told.splitlines() if not line.startswith("#")]
    assert [code for code, _blank, _name in lines] == sorted(code for code, _blank, _name in lines)
    known = {code for code, _blank, _name in lines}
    lacking = [code for code, name in names.items() if code not in known and name not in region_module._NAMELESS]
    assert len(lacking) <= len(names) // 100  # a newer list of divisions may bring some
    assert all(name and name.isprintable() and ord(max(name)) < 0x250 for _code, _blank, name in lines)
