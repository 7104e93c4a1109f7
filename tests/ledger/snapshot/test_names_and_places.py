"""Finding a customer by what a person types, and a record by its id, from the two small segments."""

from __future__ import annotations

import sys

import pytest

from crmctl.errors import NotFound
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading import lookup
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.names import initials, names
from crmctl.ledger.snapshot.places import Places
from tests.company import VISIT
from tests.ledger.snapshot.conftest import SALE, Shop


def found(shop: Shop, who: str, member: str = "alice") -> list[str]:
    return [name.id for name in names(shop.company.ledger(member)).search(who)]


@pytest.mark.parametrize(
    "who", ["Northern Hospital", "northern hospital", "rthern", "THE NORTH", "+86 13800138000", "0138000"]
)
def test_a_customer_is_found_by_any_of_its_names(shop: Shop, who: str) -> None:
    assert found(shop, who) == [shop.north]


def test_a_whole_word_goes_before_an_ids_beginning_and_that_before_a_fragment(shop: Shop) -> None:
    other = shop.company.customer(name="Northern Hospital East", aliases=["North"])
    assert found(shop, "northern hospital") == [shop.north]
    assert found(shop, "north") == [other]
    assert sorted(found(shop, "northern")) == sorted([shop.north, other])
    assert found(shop, other[:4].lower()) == [other]
    assert found(shop, "") == found(shop, "   ") == []


def test_full_width_letters_are_the_same_letters(shop: Shop) -> None:
    wide, narrow = shop.company.customer(name="天津ＡＢＣ医院"), shop.company.customer(name="重庆Xyz医院")
    assert found(shop, "天津abc") == found(shop, "ＡＢｃ") == found(shop, "天津ABC医院") == [wide]
    assert found(shop, "ｘＹＺ") == found(shop, "重庆ｘyz医院") == [narrow]
    assert found(shop, "tjay") == [wide]


def test_initials_of_new_names_wait_until_somebody_asks_for_initials(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(shop.company.ledger())
    made = shop.company.customer(name="北京大学第一医院")
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    assert found(shop, "第一医院") == [made]
    monkeypatch.delitem(sys.modules, "pypinyin")
    assert found(shop, "bjdx") == [made]
    monkeypatch.setitem(sys.modules, "pypinyin", None)  # kept: they are worked out once
    assert found(shop, "bjdxdy") == [made]
    assert found(shop, "%") == found(shop, "_jdx") == []


def test_initials_of_chinese_and_other_names() -> None:
    assert initials("重庆银行 2") == "cqyh2"
    assert initials("") == ""


def test_a_changed_name_is_found_and_the_old_one_is_not(shop: Shop) -> None:
    assert found(shop, "northern hospital") == [shop.north]
    update(shop.company.ledger(), shop.north, {"name": "Polar Hospital", "aliases": None}, Origin())
    assert found(shop, "polar") == [shop.north]
    assert found(shop, "the north") == []


def test_names_are_those_the_member_can_open(shop: Shop) -> None:
    assert [name.id for name in names(shop.company.ledger("bob"))] == [shop.west]
    assert found(shop, "northern", "bob") == []
    assert len(names(shop.company.ledger())) == 2


def test_names_out_of_the_cards_and_names_out_of_records_are_the_same(shop: Shop) -> None:
    shop.company.customer(name="Third", codes={"erp": "K-77"}, aliases=["One", "Two"], credit_code="91350100M000100Y43")
    connect(shop.company.ledger(), ["customer"])
    from_cards = list(names(shop.company.ledger()))
    for name in ("names.base", "names.more"):
        shop.notes().drop(name)
    shop.company.add("visit", VISIT, customer=shop.north)
    before = shop.company.ledger(at=shop.company.ledger().head)
    assert list(names(before)) == from_cards
    third = next(name for name in from_cards if name.name == "Third")
    assert third.words == (third.id.casefold(), "third", "one", "two", "91350100m000100y43", "k-77")
    update(shop.company.ledger(), third.id, {"note": "x"}, Origin())
    assert list(names(shop.company.ledger())) == from_cards


def test_exact_words_are_had(shop: Shop) -> None:
    held = names(shop.company.ledger())
    assert [name.id for name in held.having("THE NORTH")] == [shop.north]
    assert held.having("north") == []


def test_a_record_is_found_by_the_beginning_of_its_id_whoever_may_read_it(shop: Shop) -> None:
    ledger = shop.company.ledger("bob")
    kind = ledger.in_force.kinds["visit"]
    places = Places(ledger)
    assert [record_id for record_id, _path in places.beginning(kind, shop.visit[:6])] == [shop.visit]
    assert places.has(kind, shop.visit)
    assert not places.has(kind, shop.visit[:-1])
    assert not places.has(kind, "V-0000000000")
    made = shop.company.add("visit", VISIT, "bob", customer=shop.west).id
    assert Places(shop.company.ledger("bob")).has(kind, made)
    assert lookup.record(shop.company.ledger("bob"), made).dossier == shop.west


def test_an_entry_of_a_monthly_kind_is_found_by_its_own_id(shop: Shop) -> None:
    made = shop.company.add("transaction", SALE, customer=shop.north).id
    found_again = lookup.record(shop.company.ledger(), made)
    assert (found_again.id, found_again.row, found_again.dossier) == (made, made, shop.north)
    with pytest.raises(NotFound):
        lookup.record(shop.company.ledger("bob"), made)
