"""Text is found in every kind the member can open, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmctl.ledger.changing.draft import Kept
from crmctl.ledger.snapshot.search import Hit, find
from tests.company import VISIT, Company

CARD = {
    "name": "北京某某医院", "phone": "010-62770000", "aliases": ["京医"],
    "contacts": [{"name": "王伟", "phone": "13812345678"}, {"name": 'Zoë "Z" Müller'}],
    "trade_status": {"reputation": "付款及时，口碑好"},
}  # fmt: skip


@pytest.fixture
def customer(company: Company, kept: Callable[..., Kept]) -> str:
    made = company.customer(**CARD)
    kept("visit", made, {**VISIT, "topic": "100% 全新假肢", "whom": "王主任"})
    return made


def fields(company: Company, text: str, member: str = "alice", **more: object) -> list[tuple[str, str]]:
    return [(hit.kind, hit.field) for hit in find(company.ledger(member), text, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("医院", ("customer", "name")), ("京医", ("customer", "aliases")), ("王伟", ("customer", "contacts.name")),
        ("口碑", ("customer", "trade_status.reputation")), ("主任", ("visit", "whom")), ("100%", ("visit", "topic")),
        ("010-6277", ("customer", "phone")), ("１０ ６２７７", ("customer", "phone")), ("138 1234", ("customer", "contacts.phone")),
        ("MÜLLER", ("customer", "contacts.name")), ('"z"', ("customer", "contacts.name")), ("bjmm", ("customer", "name")),
        ("ww", ("customer", "contacts.name")), ("SECOND DATE", ("visit", "minimum_goal")),
    ],
)  # fmt: skip
def test_text_is_found_where_it_stands(company: Company, customer: str, text: str, expected: tuple[str, str]) -> None:
    assert expected in fields(company, text)


@pytest.mark.parametrize(
    "text", ["医药", "100_", "\\", "planned", "on_site", "introduce", "name", "[", "null", "%", " "]
)
def test_codes_the_file_format_s_words_and_wildcards_are_no_text(company: Company, customer: str, text: str) -> None:
    found = fields(company, text)
    assert found == ([("visit", "topic")] if text == "%" else [])


@pytest.mark.parametrize("text", ["abc", "ABC", "ａＢc", "天津abc", "天津ＡＢC医院", "Ab"])
def test_wide_letters_are_found_whatever_their_width_and_case(company: Company, text: str) -> None:
    company.customer(name="天津ＡＢＣ医院", phone="022-26270001")
    company.customer(name="天津医院", phone="022-26270002")
    assert fields(company, text) == [("customer", "name")]


def test_customers_come_first_and_a_kind_or_a_limit_narrows_it(company: Company, customer: str) -> None:
    assert [kind for kind, _field in fields(company, "王")] == ["customer", "visit"]
    assert fields(company, "王", kind="visit") == [("visit", "whom")]
    assert fields(company, "王", limit=1) == [("customer", "contacts.name")]


def test_an_id_or_part_of_it_is_found(company: Company, customer: str) -> None:
    assert find(company.ledger(), customer[:6].lower(), "customer") == [
        Hit(customer, "customer", customer, "id", customer)
    ]


def test_rows_of_a_month_are_records_of_their_own(company: Company, customer: str) -> None:
    made = company.add("transaction", {"date": "2026-11-02", "product": "假肢", "amount": "1"}, customer=customer).id
    assert [hit.id for hit in find(company.ledger(), "假肢", "transaction")] == [made]


def test_long_text_is_cut_around_the_place(company: Company, kept: Callable[..., Kept]) -> None:
    made = company.customer()
    kept("visit", made, {**VISIT, "topic": "a" * 50 + "needle" + "b" * 50})
    (hit,) = find(company.ledger(), "needle")
    assert hit.excerpt == "…" + "a" * 16 + "needle" + "b" * 16 + "…"


def test_what_a_member_cannot_open_is_not_found(company: Company, customer: str) -> None:
    company.sync("alice", "bob", "carol")
    assert find(company.ledger("bob"), "医院") == []
    assert [hit.id for hit in find(company.ledger("carol"), "医院")] == [customer]
