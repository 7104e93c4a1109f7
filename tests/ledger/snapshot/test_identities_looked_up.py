"""A new party held against the few that share a key is judged as if held against all."""

from __future__ import annotations

import random

import pytest

from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.duplicates import known_identities, notice
from crmctl.ledger.snapshot.identities import alike
from crmctl.rules import duplicates
from crmctl.rules.duplicates import Identity, Mark, Register, identity_of
from tests.company import CARD
from tests.ledger.snapshot.conftest import Shop

WORDS = [
    "华北",
    "江南",
    "康泰",
    "仁和",
    "瑞德",
    "医院",
    "医院有限公司",
    "有限公司",
    "北京",
    "上海",
    "分公司",
    "第一",
    "第二",
    "Kangtai",
    "Ltd",
]


def fill(shop: Shop, seed: int, count: int) -> None:
    chance = random.Random(seed)
    draft = Draft(shop.company.ledger())
    for number in range(count):
        values = {**CARD, "name": "".join(chance.choices(WORDS, k=3)), "phone": f"+86 138{chance.randint(0, 5):08d}"}
        if number % 3 == 0:
            values["aliases"] = ["".join(chance.choices(WORDS, k=2))]
        draft.new_customer(values, "east", "alice")
    draft.commit("import")


@pytest.mark.req("R-INT-13")
@pytest.mark.parametrize("seed", range(3))
def test_few_are_looked_at_and_none_is_missed(shop: Shop, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK_LIMIT", 12)
    fill(shop, seed, 40)
    ledger = shop.company.ledger()
    kind = ledger.in_force.kinds["customer"]
    everybody = list(known_identities(ledger, kind))
    register = Register(everybody)
    chance = random.Random(seed + 100)
    found = looked_at = 0
    for number in range(40):
        names = ["".join(chance.choices(WORDS, k=3)) for _name in range(2)]
        marks = [Mark(("名称", "Name"), "name", name) for name in names]
        one = Identity(
            f"new {number}", (*marks, Mark(("电话", "Phone"), "phone", f"+86 138{chance.randint(0, 5):08d}"))
        )
        near = alike(ledger, kind, one)
        assert Register(near).judge(one) == register.find(one)
        found += len(register.find(one))
        looked_at += len(near)
    assert found > 0
    assert looked_at < 40 * len(everybody)


def test_a_changed_a_new_and_a_vanished_party_are_followed(shop: Shop) -> None:
    ledger = shop.company.ledger()
    kind = ledger.in_force.kinds["customer"]

    def near(name: str) -> list[str]:
        fresh = shop.company.ledger()
        one = identity_of(kind, {"name": name}, "new")
        return [other.id for other in alike(fresh, kind, one)]

    assert near("Northern Hospital") == [shop.north]
    made = shop.company.customer(name="康泰貿易有限公司")
    assert near("康泰贸易公司") == [made]
    update(shop.company.ledger(), made, {"name": "瑞德中心"}, Origin())
    assert near("康泰贸易公司") == []
    assert near("瑞德") == [made]
    found = notice(shop.company.ledger(), kind, {"name": "瑞德中心"}, "C-00000000", "another one")
    assert [finding.args["id"] for finding in found] == [made]


def test_only_those_the_member_can_open_are_held_against(shop: Shop) -> None:
    ledger = shop.company.ledger("bob")
    kind = ledger.in_force.kinds["customer"]
    near = alike(ledger, kind, identity_of(kind, {"name": "Northern Hospital"}, "new"))
    assert shop.north not in [one.id for one in near]
