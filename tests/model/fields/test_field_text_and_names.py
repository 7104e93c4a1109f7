"""Text, notes, choices, yes/no, names, codes, files, web and mail addresses, absent cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.model.fields import FIELD_TYPES, FieldProblem, is_absent


def parse(name: str, raw: object, **options: object) -> object:
    return FIELD_TYPES[name].parse(raw, options)


def refused(name: str, raw: object, **options: object) -> FieldProblem:
    with pytest.raises(FieldProblem) as caught:
        parse(name, raw, **options)
    return caught.value


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "@SUM(1)", "<b>x</b>", "{{ 7*7 }}", "[red]x[/red]", "%s{0}", "010010", "NO", "12:30", "👨‍👩‍👧", "Ångström", "𠮷野家", "（上海）有限公司", "a　b", "'; drop table x"],
)  # fmt: skip
def test_customer_text_is_kept_as_it_is(text: str) -> None:
    assert parse("text", text) == text
    assert parse("note", text) == text


@pytest.mark.parametrize(
    "bad", ["\x00", "\x07", "\x1b[31m", "\x7f", "\x9b", "\ud800", "\u202e", "\u2066", "\ufffe", "\x1c"]
)
@pytest.mark.parametrize("name", ["text", "note"])
def test_what_a_terminal_obeys_or_shows_otherwise_is_refused(name: str, bad: str) -> None:
    for raw in (f"a{bad}b", f"{bad}a", f"a{bad}"):
        assert refused(name, raw).code == "FLD003"


def test_text_is_one_trimmed_line_in_nfc() -> None:
    assert parse("text", "\ufeff  e\u0301cole\u3000\n") == "école"
    assert refused("text", "a\nb").code == "FLD003"
    assert refused("text", "a\tb").code == "FLD003"


@given(st.text())
def test_accepted_text_is_nfc(text: str) -> None:
    try:
        value = FIELD_TYPES["text"].parse(text)
    except FieldProblem:
        return
    assert isinstance(value, str)
    assert unicodedata.is_normalized("NFC", value)
    assert value == value.strip()


def test_text_has_a_limit_that_the_kind_sets() -> None:
    assert parse("text", "字" * 500) == "字" * 500
    assert refused("text", "字" * 501).args_ == {"max": 500, "count": 501}
    assert refused("text", "abcd", max=3).args_ == {"max": 3, "count": 4}
    assert refused("text", "abcd", max="3").code == "FLD023"


def test_a_sheets_numbers_become_text_without_artefacts() -> None:
    assert parse("text", 12.0) == "12"
    assert parse("text", 1.5) == "1.5"
    assert refused("text", 0.1 + 0.2).code == "FLD008"
    assert refused("text", 1e15).code == "FLD008"
    assert refused("text", True).code == "FLD002"
    assert refused("text", ["a"]).code == "FLD002"


def test_a_note_keeps_lines_and_makes_their_ends_uniform() -> None:
    assert parse("note", "a\r\nb\rc\u2028d\te\n\n") == "a\nb\nc\nd\te"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("是", True), ("否", False), ("Yes", True), ("ＮＯ", False), ("TRUE", True), (False, False), ("n", False)],
)
def test_yes_and_no_in_both_languages(raw: object, value: bool) -> None:
    assert parse("bool", raw) is value
    assert FIELD_TYPES["bool"].to_sql(value) == int(value)


@pytest.mark.parametrize("raw", ["maybe", "无", 2, "是否"])
def test_what_is_neither_yes_nor_no_is_refused(raw: object) -> None:
    assert refused("bool", raw).code == "FLD009"


VALUES = {"hospital": ["医院", "Hospital"], "retail": ["零售", "Retail"], "internal": ("内部", "Internal")}


@pytest.mark.parametrize("raw", ["hospital", "医院", "Hospital", " HOSPITAL ", "ｈospital"])
def test_a_choice_takes_its_code_or_either_label(raw: str) -> None:
    assert parse("choice", raw, values=VALUES) == "hospital"


def test_an_unknown_choice_names_the_nearest_in_both_languages() -> None:
    problem = refused("choice", "Hosptal", values=VALUES)
    assert problem.args_ == {"near": ["医院", "Hospital"]}
    assert refused("choice", "零售商", values=VALUES).args_ == {"near": ["零售", "Retail"]}
    assert refused("choice", "zzz", values=VALUES).args_ == {
        "allowed": ["医院、零售、内部", "Hospital, Retail, Internal"]
    }


def test_a_list_without_any_word_yet_takes_nothing_and_says_so() -> None:
    assert refused("choice", "x", values={}).hint == "The policy in force knows no word for it yet"
    assert FIELD_TYPES["choice"].json_schema({"values": {}}) == {"not": {}}


def test_a_choice_label_of_two_codes_is_not_guessed() -> None:
    values = {"a": ["其他", "Other"], "b": ["其他", "Others"]}
    assert refused("choice", "其他", values=values).args_ == {"codes": "a, b"}
    assert parse("choice", "Others", values=values) == "b"


def test_a_choice_without_values_blames_the_kind() -> None:
    assert refused("choice", "x").code == "FLD023"


def test_short_names_are_small_letters() -> None:
    assert parse("member", "Alice") == "alice"
    assert parse("department", "east-2") == "east-2"
    for raw in ("2east", "东区", "a b", "a" * 33, "-x", "../x"):
        assert refused("department", raw).code == "FLD020"


def test_a_reference_is_a_checked_id() -> None:
    assert parse("ref", "v3k7q2m9t4a") == "V-3K7Q2M9T4A"
    assert refused("ref", "V-3K7Q2M9T4B").code == "FLD020"


@pytest.mark.parametrize(
    "raw", ["erp:00123, k3:9", "K3：9；ERP:00123", {"k3": "9", "erp": "00123"}, {"erp": "00123", "k3": 9}]
)
def test_codes_keep_leading_zeros_and_are_sorted(raw: object) -> None:
    value = parse("codes", raw)
    assert value == {"erp": "00123", "k3": "9"}
    assert list(value) == ["erp", "k3"]  # type: ignore[call-overload]
    assert FIELD_TYPES["codes"].to_sql({"k3": "9", "erp": "客"}) == '{"erp":"客","k3":"9"}'


@pytest.mark.parametrize(
    ("raw", "path"), [("00123", ""), ("erp:1, erp:2", "erp"), ({"erp": "x" * 65}, "erp"), ({"../": "1"}, ""), ([1], "")]
)
def test_codes_without_system_or_with_two_are_refused(raw: object, path: str) -> None:
    assert refused("codes", raw).path == path


FILE = {"name": "营业执照.pdf", "type": "application/pdf", "size": 10 * 2**20, "sha256": "a0" * 32}


def test_a_file_of_ten_mebibytes_is_the_largest() -> None:
    assert parse("file", FILE) == FILE
    assert refused("file", FILE | {"size": 10 * 2**20 + 1}).path == "size"


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "C:x", ".", "..", "", "a\x00b", "a\x1bb", "gpj\u202efdp.exe", "字" * 86, None]
)
def test_a_file_name_is_bare(name: object) -> None:
    assert refused("file", FILE | {"name": name}).path == "name"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "a0"},
        {"sha256": "zz" * 32},
        {"size": -1},
        {"size": True},
        {"size": "12"},
        {"type": "pdf"},
        {"more": 1},
    ],
)
def test_a_malformed_file_description_is_refused(wrong: dict[str, object]) -> None:
    assert refused("file", FILE | wrong).code == "FLD022"


def test_a_web_address_gets_a_scheme_and_a_small_host() -> None:
    assert parse("url", "WWW.Example.com/Path?Q=1#x") == "https://www.example.com/Path?Q=1#x"
    assert parse("url", "http://例子.公司:8080/路") == "http://例子.公司:8080/路"


@pytest.mark.parametrize(
    "raw",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.com",
        "https://u:p@example.com",
        "https://u@example.com",
        "http://x",
        "a b.com",
        "https://example.com:99999",
        "https://ex_ample/",
        "https://[::1",
        "mailto:a@example.com",
        "https://example.com\\@evil.com",
        "词",
    ],
)
def test_other_schemes_and_credentials_are_refused(raw: str) -> None:
    assert refused("url", raw).code == "FLD019"


def test_mail_addresses_are_normalised_without_a_look_up() -> None:
    assert parse("email", " Wang.Wei@EXAMPLE.com ") == "Wang.Wei@example.com"
    assert parse("email", "wang＠example．com") == "wang@example.com"
    assert parse("email", "王伟@例子.公司") == "王伟@例子.公司"


@pytest.mark.parametrize(
    "raw",
    [
        "wang",
        "a@b@example.com",
        "a@",
        "Wang <a@example.com>",
        "a@example.com; b@example.com",
        "a@localhost",
        "a b@example.com",
    ],
)
def test_what_is_no_single_mail_address_is_refused(raw: str) -> None:
    assert refused("email", raw).code == "FLD013"


@pytest.mark.parametrize(
    "raw", [None, "", "  ", "\u3000", "-", "－", "—", "——", "--", "/", "N/A", "n/a", " － ", "\ufeff"]
)
def test_cells_that_hold_nothing(raw: object) -> None:
    assert is_absent(raw)


@pytest.mark.parametrize(
    "raw",
    ["无", "暂无", "none", "None", "NA", "null", "0", 0, 0.0, False, "否", "#N/A", "#REF!", "x", "?", "-1", [], {}],
)
def test_cells_that_may_be_an_answer_are_kept(raw: object) -> None:
    assert not is_absent(raw)


def test_an_import_may_name_its_own_words_for_empty() -> None:
    assert is_absent(" 无 ", words=["无"])
    assert is_absent("ＮＵＬＬ", words=["null"])
    assert not is_absent("无锡", words=["无"])


def test_a_problem_reads_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_language", None)
    monkeypatch.setattr(i18n, "_translations", None)
    finding = refused("text", "abcd", max=3).finding("C-7Q2M9K4T", "name")
    i18n.set_language("en")
    assert i18n.finding_text(finding) == "At most 3 characters; these are 4"
    i18n.set_language("zh_CN")
    assert i18n.finding_text(finding) == "最多 3 个字符，这里有 4 个"
