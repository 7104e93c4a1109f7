"""The invented company on paper: the same for the same seed, whole, and such as the ledger takes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from random import Random

import pytest

from crmctl.demo.customers import Customer, invent
from crmctl.demo.deeds import Chronicle, Deed
from crmctl.demo.span import Span
from crmctl.demo.texts import Texts, read_texts
from crmctl.model.fields.credit_code import credit_code_check_char

NOW = datetime.fromisoformat("2026-11-20T15:00:00+08:00")


def made(language: str, seed: int = 7, count: int = 120) -> tuple[Texts, list[Customer], list[Deed]]:
    texts, rng = read_texts(language), Random(seed)
    customers = invent(texts, rng, Span(NOW), count)
    return texts, customers, Chronicle(texts, rng, Span(NOW), customers).deeds()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_same_seed_gives_the_same_company(language: str) -> None:
    assert made(language)[1:] == made(language)[1:]
    assert made(language)[1] != made(language, seed=8)[1]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_customers_have_names_of_their_own_and_right_codes(language: str) -> None:
    _texts, customers, _deeds = made(language, count=300)
    assert len({c.values["name"] for c in customers}) == 300
    codes = [str(c.values["credit_code"]) for c in customers if "credit_code" in c.values]
    assert len(set(codes)) == len(codes) > 250
    assert all(credit_code_check_char(code[:17]) == code[17] for code in codes)
    assert all("5555" in str(c.values["phone"]) for c in customers)  # numbers nobody has been given


def test_both_languages_tell_the_same_company() -> None:
    chinese, english = read_texts("zh_CN"), read_texts("en")
    assert set(chinese.raw) == set(english.raw)
    assert [(p.id, p.department, p.roles) for p in chinese.people] == [
        (p.id, p.department, p.roles) for p in english.people
    ]
    assert [p[2] for p in chinese.raw["products"]] == [p[2] for p in english.raw["products"]]


def test_the_year_holds_everything_a_reader_looks_for() -> None:
    texts, customers, deeds = made("zh_CN", count=300)
    assert len(texts.departments) == 4  # three that sell, and the general office
    assert {c.stages[-1][0] for c in customers} == {"potential", "intending", "closed", "key"}
    assert {c.owner.department for c in customers} == {"east", "south", "west"}
    kinds = Counter(deed.kind for deed in deeds if deed.action == "add")
    assert set(kinds) == {"visit", "transaction", "payment", "contract", "qualification", "complaint", "feedback", "inquiry",
                          "breach", "day_plan"}  # fmt: skip
    assert kinds["visit"] > 1000
    assert sum(bool(c.unverified) for c in customers) > 10
    last = {deed.ref: deed.values["state"] for deed in sorted(deeds, key=lambda d: d.round) if deed.action == "advance"}
    reached = set(last.values()) | ({"registered"} if len(last) < kinds["complaint"] else set())
    assert reached >= {"registered", "confirmed", "closed"}
    months = {deed.at.strftime("%Y-%m") for deed in deeds}
    assert len(months) == 13


def test_nothing_is_entered_before_its_customer_or_after_now() -> None:
    _texts, customers, deeds = made("en")
    assert all(deed.at <= NOW for deed in deeds)
    assert all(deed.at >= customers[deed.customer].entered for deed in deeds if deed.customer is not None)


def test_complaints_move_along_one_arrow_at_a_time() -> None:
    _texts, _customers, deeds = made("en")
    order = ["confirmed", "proposed", "agreed", "solved", "fed_back", "surveyed", "closed"]
    steps: dict[str, list[Deed]] = {}
    for deed in deeds:
        if deed.action == "advance":
            steps.setdefault(deed.ref, []).append(deed)
    for found in steps.values():
        assert [deed.values["state"] for deed in found] == order[: len(found)]
        assert [deed.round for deed in found] == list(range(1, len(found) + 1))
        assert [deed.at for deed in found] == sorted(deed.at for deed in found)
