"""Numbers and money: one exact canonical text, no floats, whole minor units in SQL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.money import from_minor, line_total, minor_digits, rounded, to_minor


def parse(name: str, raw: object, **options: object) -> object:
    return FIELD_TYPES[name].parse(raw, options)


def refused(name: str, raw: object, **options: object) -> FieldProblem:
    with pytest.raises(FieldProblem) as caught:
        parse(name, raw, **options)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1,234.5", "1234.50"), ("￥1,234.50", "1234.50"), ("¥ 1234.5", "1234.50"), ("１２３４．５", "1234.50"),
        ("1，234.50", "1234.50"), ("1.2万", "12000.00"), ("3.5万元", "35000.00"), ("1.2亿", "120000000.00"),
        ("3千", "3000.00"), ("1234元", "1234.00"), ("RMB 5", "5.00"), ("cny5", "5.00"), ("-￥5", "-5.00"), ("￥-5", "-5.00"),
        ("−5", "-5.00"), ("-0", "0.00"), ("007", "7.00"), (12, "12.00"), (1234.5, "1234.50"), (0.1, "0.10"), ("1.5000", "1.50"),
    ],
)  # fmt: skip
def test_money_in_the_spellings_people_use(raw: object, value: str) -> None:
    assert parse("money", raw) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1,23", "FLD005"), ("12,34,567", "FLD005"), ("1.234,50", "FLD005"), ("$5", "FLD005"), ("USD 5", "FLD005"), ("五元", "FLD005"),
        ("(5)", "FLD005"), ("12²", "FLD005"), ("①", "FLD005"), ("٣", "FLD005"), ("1.2.3", "FLD005"), ("--5", "FLD005"), ("1 2 元 3", "FLD005"),
        ("1.2E+05", "FLD008"), (0.1 + 0.2, "FLD008"), (1234.5600000000001, "FLD008"), (1e16, "FLD008"),
        (float("nan"), "FLD005"), (float("inf"), "FLD005"), ("1234.505", "FLD007"), ("0.001", "FLD007"),
        (True, "FLD002"), ("9" * 18, "FLD006"), ("9" * 40, "FLD006"),
    ],
)  # fmt: skip
def test_money_that_would_have_to_be_guessed_is_refused(raw: object, code: str) -> None:
    assert refused("money", raw).code == code


def test_money_follows_its_currency() -> None:
    assert parse("money", "1234", currency="JPY") == "1234"
    assert refused("money", "0.5", currency="JPY").args_ == {"currency": "JPY", "places": 0}
    assert parse("money", "1.234", currency="KWD") == "1.234"
    assert parse("money", "US$1.5", currency="USD") == "1.50"
    assert refused("money", "1", currency="XXQ").code == "FLD023"


def test_money_keeps_to_the_kinds_limits() -> None:
    assert parse("money", "0", min=0) == "0.00"
    assert refused("money", "-0.01", min=0).args_ == {"min": "0"}
    assert refused("money", "101", max="100.50").args_ == {"max": "100.5"}


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(["CNY", "JPY", "KWD", "USD"]))
def test_money_survives_the_way_through_sql(units: int, currency: str) -> None:
    text = from_minor(units, currency)
    money = FIELD_TYPES["money"]
    assert money.parse(text, {"currency": currency}) == text
    assert money.to_sql(text, {"currency": currency}) == units


@given(st.lists(st.integers(-(10**9), 10**9), max_size=50))
def test_sums_of_minor_units_are_sums_of_amounts(units: list[int]) -> None:
    amounts = [Decimal(from_minor(each, "CNY")) for each in units]
    assert Decimal(from_minor(sum(units), "CNY")) == sum(amounts, Decimal(0))


def test_a_part_of_a_minor_unit_is_an_error_not_a_rounding() -> None:
    with pytest.raises(ValueError, match="more decimals"):
        to_minor(Decimal("0.001"), "CNY")
    assert minor_digits("CNY") == 2


@pytest.mark.parametrize(
    ("amount", "up", "even"),
    [("0.125", "0.13", "0.12"), ("0.135", "0.14", "0.14"), ("-0.125", "-0.13", "-0.12"), ("2.5", "2.50", "2.50")],
)
def test_half_units_round_as_asked(amount: str, up: str, even: str) -> None:
    assert str(rounded(Decimal(amount), "CNY")) == up
    assert str(rounded(Decimal(amount), "CNY", "half_even")) == even


def test_a_line_total_is_rounded_once() -> None:
    assert line_total(Decimal("0.335"), Decimal(3), "CNY") == Decimal("1.01")
    assert line_total(Decimal("19.99"), Decimal(3), "JPY") == Decimal(60)
    wide = line_total(Decimal("123456789012345.67"), Decimal("98765.432101"), "CNY")
    exact = 12345678901234567 * 98765432101  # in units of 10^-8
    assert abs(int(wide.scaleb(2)) * 10**6 - exact) <= 500_000


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12.50", "12.5"),
        ("1,000", "1000"),
        ("-0.0", "0"),
        ("0.000001", "0.000001"),
        (1e-5, "0.00001"),
        (100, "100"),
        ("1e", None),
        ("100.", None),
        (".5", None),
    ],
)
def test_quantities_have_one_spelling(raw: object, value: str | None) -> None:
    if value is None:
        assert refused("quantity", raw).code == "FLD005"
    else:
        assert parse("quantity", raw) == value


def test_quantities_stay_exact_in_millionths() -> None:
    quantity = FIELD_TYPES["quantity"]
    assert quantity.columns("q", "12.000001") == {"q": "12.000001", "q_e6": 12_000_001}
    assert quantity.columns("q", "-3") == {"q": -3, "q_e6": -3_000_000}
    assert refused("quantity", "0.0000001").code == "FLD007"
    assert refused("quantity", "1.25", digits=1).args_ == {"places": 1}
    assert refused("quantity", "1000000000000").code == "FLD006"


def test_a_percentage_is_its_number() -> None:
    assert parse("percent", "15%") == parse("percent", "15 ％") == parse("percent", 15) == "15"
    assert parse("percent", "0.5%") == "0.5"


@pytest.mark.parametrize("raw", [0.15, 1.0, 1, -0.5])
def test_a_sheets_share_is_not_taken_for_a_percentage(raw: float) -> None:
    assert refused("percent", raw, excel=True).code == "FLD006"
    assert parse("percent", 15.0, excel=True) == "15"
    assert parse("percent", "0.15%", excel=True) == "0.15"


def test_a_score_lies_between_its_limits() -> None:
    assert parse("score", "100.0") == "100"
    assert refused("score", "100.1").args_ == {"max": "100"}
    assert refused("score", "-1").args_ == {"min": "0"}
    assert parse("score", "105", max=120) == "105"
    assert refused("score", "5", min="x").code == "FLD023"


@pytest.mark.parametrize(
    ("raw", "value"), [("1,200", 1200), ("12.0", 12), (12.0, 12), ("-3", -3), ("２万", 20000), (2**63 - 1, 2**63 - 1)]
)
def test_whole_numbers(raw: object, value: int) -> None:
    assert parse("int", raw) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1.5", "FLD007"),
        (12.5, "FLD007"),
        (2**63, "FLD006"),
        ("0x1F", "FLD005"),
        ("1_000", "FLD005"),
        (False, "FLD002"),
    ],
)
def test_what_is_no_whole_number_is_refused(raw: object, code: str) -> None:
    assert refused("int", raw).code == code


def test_whole_numbers_keep_to_the_kinds_limits() -> None:
    assert parse("int", 0, min=0, max=5) == 0
    assert refused("int", 6, min=0, max=5).args_ == {"max": "5"}
