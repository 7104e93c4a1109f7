"""Which approvals a change asks for, and whose count: plain values in, plain values out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from crmctl.model.dossier import Assignment, Compartment, Dossier, Grant
from crmctl.model.kinds import Field, Kind
from crmctl.model.org import Delegation, Member, Org, Role
from crmctl.model.values import Value
from crmctl.policy.review import read_review
from crmctl.policy.routing import Line, line_for, read_conditions, unknown_fields
from crmctl.rules.slots import Given, Standing, Wanted, choices, open_slots, standing, stood_for, wanted
from crmctl.rules.triggers import Touched, concerns

DAY = date(2026, 11, 20)
C = "C-7Q2M9K4T"
FOLDER = f"customers/7q/{C}"
CARD = f"{FOLDER}/core/customer.yaml.age"
CLEAR = f"{FOLDER}/dossier.yaml"


def member(name: str, *roles: tuple[str, str | None], keys: bool = True) -> Member:
    held = tuple(Role(role, department, DAY) for role, department in roles)
    return Member(name, name, held, "age1" if keys else None, "ssh" if keys else None, DAY, territory="north")


def kind(name: str, scope: str, compartment: str, *, single: bool = False) -> Kind:
    return Kind(name, 1, (name, name), "X", name, f"{name}s", scope, compartment, (), single=single)


KINDS = {
    "customer": kind("customer", "core", "core", single=True), "visit": kind("visit", "assignment", "sales"),
    "letter": kind("letter", "office", "letters"),
    "entry": replace(kind("entry", "office", "list"), per_member=True, addressee="level",
                     fields=(Field("level", "choice", ("", ""), {"of": "levels"}),)),
}  # fmt: skip
BOB, CAROL, DAVE = member("bob", ("sales", "west")), member("carol", ("head", "west")), member("dave", ("head", "east"))
ORG = Org({m.id: m for m in (BOB, CAROL, DAVE)})
WEST = Dossier(C, {"west": Assignment("bob", (), None, "potential", DAY)}, {"core": Compartment("k")})
BOTH = replace(WEST, assignments={**WEST.assignments, "east": Assignment("dave", (), None, "potential", DAY)})


def asked(
    touched: list[Touched], author: Member = BOB, org: Org = ORG, values: dict[str, object] | None = None, **rule: Value
) -> tuple[Wanted, ...]:
    rules, faults = read_review([{"code": "REV001", "on": "add customer", "slots": ["verify head"], **rule}], "x")
    assert not faults
    return wanted(rules, KINDS, org, values or {}, author, DAY, touched)


def test_a_kind_is_told_by_its_path() -> None:
    new = Touched(CARD, "add", None, WEST)
    assert [(d.code, d.departments, d.paths) for d in asked([new])] == [("REV001", ("west",), (CARD,))]
    assert asked([replace(new, action="change")]) == ()
    assert asked([Touched(f"{FOLDER}/west/sales/visits/X-1.yaml.age", "add", WEST, WEST)]) == ()
    visits = asked([Touched(f"{FOLDER}/west/sales/visits/X-1.yaml.age", "add", BOTH, BOTH)], on="add visit")
    assert [d.departments for d in visits] == [("west",)]
    attached = f"{FOLDER}/west/sales/visits/X-1.0123456789ab.age"
    assert asked([Touched(attached, "add", BOTH, BOTH)], on="add visit"), "what is attached is part of it"
    letters = asked([Touched("offices/east/letters/letters/X-1.yaml.age", "add")], on="add letter")
    assert [d.departments for d in letters] == [("east",)]


@pytest.mark.req("R-BLK-01")
def test_a_part_of_a_kind_is_told_by_its_path() -> None:
    def at(part: str, on: Value) -> bool:
        return bool(asked([Touched(f"offices/west/list{part}/entrys/X-1.yaml.age", "add")], on=on))

    assert [at(part, "add entry/company") for part in (".company", ".department", "")] == [True, False, True]
    assert at("", "add entry/department"), "what lies in no part is asked everything"
    assert at(".company", "add entry")
    assert not at(".company", "change entry/company")


@pytest.mark.req("R-REV-11")
def test_who_makes_a_change_has_put_it_forward_in_a_role_of_his_and_nothing_else() -> None:
    def asks(author: Member, org: Org = ORG, **rule: Value) -> list[list[str]]:
        path = "offices/west/list.company/entrys/X-1.yaml.age"
        found = asked([Touched(path, "add")], author, org, on="add entry/company", **rule)
        return [[str(slot) for slot in step] for demand in found for step in demand.steps]

    both = ["propose head", "verify head"]
    assert asks(BOB, slots=both) == [["propose head"], ["verify head"]]
    assert asks(CAROL, slots=both) == [["verify head"]], "and another head still has to look"
    assert asks(DAVE, slots=both) == [["propose head"], ["verify head"]], "a head of the east is none of the west"
    assert asks(CAROL, slots=[["propose head", "sign clerk"]]) == [["sign clerk"]]
    assert asks(CAROL, slots=["propose head"]) == []
    lent = Org(ORG.members, delegations={"carol": (Delegation("bob", "head", "west", DAY, DAY),)})
    assert asks(BOB, lent, slots=["propose head"]) == []


@pytest.mark.req("R-REV-03")
def test_who_deals_with_the_customer_gives_no_slot_of_a_rule_that_says_so() -> None:
    visit = Touched(f"{FOLDER}/west/sales/visits/X-1.yaml.age", "add", WEST, WEST)
    owned = replace(visit, before=WEST.assigned("west", replace(WEST.assignments["west"], owner="carol")))
    signed = [Given("sign", "head", "west", "carol")]
    for touched, barred, left in ((visit, {"bob"}, 0), (owned, {"carol"}, 1)):
        demands = asked([touched], on="add visit", slots=["sign head"], not_by=["owner", "team"])
        assert [demand.barred for demand in demands] == [barred]
        assert [len(item.open) for item in open_slots(demands, signed, {"bob"})] == [left]
    mine = {"on": "add visit", "slots": ["propose head", "sign head"], "not_by": ["owner"]}
    assert [str(slot) for slot in asked([owned], CAROL, **mine)[0].slots] == ["propose head", "sign head"]
    assert [str(slot) for slot in asked([visit], CAROL, **mine)[0].slots] == ["sign head"]
    assert read_review([{"code": "REV001", "on": "add visit", "slots": ["sign head"], "not_by": ["ownr"]}], "x")[1]


def test_a_card_of_two_departments_asks_either() -> None:
    demand = asked([Touched(CARD, "change", BOTH, BOTH)], on="change customer")
    assert [d.departments for d in demand] == [("east", "west")]


def test_a_department_joined_in_the_same_change_says_nothing() -> None:
    demand = asked([Touched(CARD, "change", WEST, BOTH)], on="change customer")
    assert [d.departments for d in demand] == [("west",)]


@pytest.mark.parametrize(
    ("field", "after", "departments"),
    [
        ("owner", {"owner": "dave"}, [("west",)]),
        ("team", {"team": ("dave",)}, [("west",)]),
        ("team", {"keeper": "dave"}, [("west",)]),
        ("state", {"state": "closed"}, [("west",)]),
        ("state", {"owner": "dave"}, []),
        ("owner", {"state": "closed"}, []),
    ],
)
def test_fields_of_the_dossier_are_told_apart(field: str, after: dict[str, object], departments: list[str]) -> None:
    changed = WEST.assigned("west", replace(WEST.assignments["west"], **after))  # type: ignore[arg-type]
    assert [d.departments for d in asked([Touched(CLEAR, "change", WEST, changed)], on=field)] == departments


def test_grants_and_assignments() -> None:
    granted = replace(WEST, grants=(Grant("dave", "west/sales", DAY),))
    assert [d.departments for d in asked([Touched(CLEAR, "change", WEST, granted)], on="grant")] == [("west",)]
    assert asked([Touched(CLEAR, "change", granted, WEST)], on="grant"), "taken back as well"
    assert [d.departments for d in asked([Touched(CLEAR, "change", WEST, BOTH)], on="assignment")] == [("east",)]
    assert asked([Touched(CLEAR, "add", None, WEST)], on="assignment") == (), "a new customer is asked by its card"


def test_areas_of_the_set_up() -> None:
    new = Touched("org/members/eve.yaml", "add")
    assert [d.departments for d in asked([new], on="change org")] == [()]
    assert asked([new], on="add org")
    assert asked([new], on="remove org") == ()
    assert asked([Touched("org/delegations/bob.yaml", "add")], on="change org") == ()
    assert asked([Touched("ledger.yaml", "change")], on="change policy")


def test_only_if_somebody_else_is_there() -> None:
    new = [Touched(CARD, "add", None, WEST)]
    assert asked(new, if_able=True)
    assert asked(new, CAROL, if_able=True) == (), "she is the only head of west"
    two = Org({**ORG.members, "eve": member("eve", ("head", "west"))})
    assert asked(new, CAROL, two, if_able=True)
    keyless = Org({**ORG.members, "eve": member("eve", ("head", "west"), keys=False)})
    assert asked(new, CAROL, keyless, if_able=True) == ()


def test_not_of_those_who_hold_the_role_and_only_under_a_value() -> None:
    new = [Touched(CARD, "add", None, WEST)]
    assert asked(new, CAROL, unless=["head"]) == ()
    assert asked(new, DAVE, unless=["head"]), "head of another department"
    assert asked(new, only="strict = yes") == ()
    assert asked(new, only="strict = yes", values={"strict": True})


@pytest.mark.req("R-REV-13")
def test_routed_by_what_stands_in_the_clear() -> None:
    new = [Touched(CARD, "add", None, WEST)]
    by_place = asked(new, route={"by": "territory", "slots": {"north": ["sign division"]}})
    assert [str(slot) for slot in by_place[0].slots] == ["sign division"]
    elsewhere = asked(new, replace(BOB, territory="south"), route={"by": "territory", "slots": {"north": ["sign x"]}})
    assert [str(slot) for slot in elsewhere[0].slots] == ["verify head"]
    by_department = asked(new, route={"by": "department", "slots": {"west": ["sign clerk"]}})
    assert [str(slot) for slot in by_department[0].slots] == ["sign clerk"]


@pytest.mark.req("R-REV-13")
def test_routed_by_the_line_of_a_table_the_change_names() -> None:
    table: Value = {"by": "record", "lines": [
        {"name": "north", "if": "region in [11]", "slots": ["sign head@east"]},
        {"name": "large", "if": ["beds >= 500"], "slots": ["sign @carol"]},
    ]}  # fmt: skip
    new = Touched(CARD, "add", None, WEST)

    def to(line: str) -> list[str]:
        demands = asked([replace(new, routes={"REV001": line})], route=table)
        return [str(slot) for demand in demands for slot in demand.slots]

    assert (to("north"), to("large"), to("gone")) == (["sign head@east"], ["sign @carol"], ["verify head"])
    other = replace(new, path=f"{FOLDER}/core/customer.abc.age", routes={"REV001": "large"})
    both = asked([replace(new, routes={"REV001": "north"}), other], route=table)
    assert [[str(slot) for slot in demand.slots] for demand in both] == [["sign head@east"], ["sign @carol"]]
    (first, second) = open_slots(both, [Given("sign", "head@east", "west", "dave")], {"bob"})
    assert (first.lands, second.lands) == (True, False)
    assert [(one.role, one.code) for one in choices([second], ORG, CAROL, {"bob"}, DAY)] == [("@carol", "REV001")]
    assert choices([second], ORG, DAVE, {"bob"}, DAY) == ()


@pytest.mark.req("R-REV-13")
def test_the_first_line_of_which_all_conditions_hold() -> None:
    lines = [
        Line("north", read_conditions("customer.region in [310000]")),
        Line("large", read_conditions(["plan.size >= 3000"])),
    ]
    card = replace(KINDS["customer"], fields=(Field("region", "region", ("", "")),))

    def line(record: dict[str, Value], of: dict[str, Value] | None) -> str | None:
        return line_for(lines, record, KINDS["visit"], of, card)

    assert line({"plan": {"size": 5000}}, {"region": "310115"}) == "north"
    assert line({"plan": {"size": 5000}}, {"region": "510104"}) == "large"
    assert line({"plan": {"size": 2999}}, {"region": "510104"}) is None
    assert line({}, {}) is None
    assert line({"plan": {"size": 5000}}, None) is None  # who cannot open the card does not say where it lies
    assert [*unknown_fields(lines, [KINDS["visit"]], card)] == ["plan.size"]


def test_whether_a_path_can_set_anything_off() -> None:
    rules = read_review([{"code": "REV001", "on": ["add customer", "grant"], "slots": ["sign head"]}], "x")[0]
    assert concerns(rules, KINDS, CARD)
    assert concerns(rules, KINDS, CLEAR)
    assert not concerns(rules, KINDS, f"{FOLDER}/west/sales/visits/X-1.yaml.age")
    assert not concerns(rules, KINDS, "policy/company.yaml")


# What was given


def demand(*slots: Value) -> Wanted:
    rules, _faults = read_review([{"code": "REV001", "on": "add customer", "slots": list(slots)}], "x")
    return Wanted("REV001", rules[0].steps, ("west",), (CARD,))


def given(act: str, role: str, who: str, **more: str | None) -> Given:
    return Given(act, role, more.pop("department", "west"), who, **more)  # type: ignore[arg-type]


def left(found: Standing) -> list[str]:
    return [str(slot) for slot in found.open]


def test_in_order() -> None:
    wants = demand("verify supervisor", "sign head")
    one, two = given("verify", "supervisor", "a"), given("sign", "head", "b")
    assert standing(wants, [one, two], {"x"}).lands
    assert left(standing(wants, [two, one], {"x"})) == ["sign head"]
    assert [str(slot) for slot in standing(wants, [], {"x"}).ready] == ["verify supervisor"]


def test_side_by_side() -> None:
    wants = demand(["sign head", "verify clerk"], "sign management")
    one, two = given("sign", "head", "a"), given("verify", "clerk", "b")
    last = given("sign", "management", "c", department=None)
    assert standing(wants, [two, one, last], {"x"}).lands
    assert left(standing(wants, [one, last, two], {"x"})) == ["sign management"]


@pytest.mark.req("R-REV-14")
def test_four_eyes() -> None:
    wants = demand("verify supervisor", "sign head")
    assert left(standing(wants, [given("verify", "supervisor", "x")], {"x"})) == ["verify supervisor", "sign head"]
    twice = [given("verify", "supervisor", "a"), given("sign", "head", "a")]
    assert left(standing(wants, twice, {"x"})) == ["sign head"]
    stood_in = [given("verify", "supervisor", "a"), given("sign", "head", "b", stands_for="a")]
    assert left(standing(wants, stood_in, {"x"})) == ["sign head"], "a would have two"
    assert left(standing(demand("sign head"), [given("sign", "head", "b", stands_for="x")], {"x"})) == ["sign head"]


@pytest.mark.req("R-REV-02")
def test_an_acknowledgement_never_blocks() -> None:
    wants = demand("verify head", "acknowledge management", "sign clerk")
    one, two = given("verify", "head", "a"), given("sign", "clerk", "b")
    found = standing(wants, [one, two], {"x"})
    assert found.lands
    assert left(found) == ["acknowledge management"]
    early = given("acknowledge", "management", "c", department=None)
    assert left(standing(wants, [early, one, two], {"x"})) == []


def test_another_department_and_paper() -> None:
    wants = demand("sign head")
    assert left(standing(wants, [given("sign", "head", "a", department="east")], {"x"})) == ["sign head"]
    paper = replace(given("sign", "head", "a", paper="boss"), records_as=("clerk",))
    assert left(standing(wants, [paper], {"x"})) == ["sign head"]
    assert standing(replace(wants, paper=("clerk", "head")), [paper], {"x"}).lands
    assert not standing(replace(wants, paper=("head",)), [paper], {"x"}).lands
    assert not standing(replace(wants, paper=("clerk",)), [paper], {"a"}).lands


@drawn(st.lists(st.tuples(st.sampled_from(["verify", "sign"]), st.sampled_from("abcx")), max_size=8))
def test_no_author_and_nobody_twice_whatever_is_given(slots: list[tuple[str, str]]) -> None:
    wants = demand("verify head", ["sign head", "verify head"], "sign head")
    found = open_slots([wants], [given(act, "head", who) for act, who in slots], {"x"})[0]
    who = [item.member for _slot, item in found.filled]
    assert "x" not in who
    assert len(who) == len(set(who))
    assert len(found.filled) + len(found.open) == len(wants.slots)


def test_standing_in_reaches_no_further_than_the_role() -> None:
    org = Org(ORG.members, {}, {}, {"carol": (Delegation("bob", "head", None, DAY, DAY),)})
    assert stood_for(org, BOB, "head", "west", DAY) == "carol"
    assert stood_for(org, BOB, "head", "east", DAY) is None, "she does not hold it there"
    assert stood_for(org, BOB, "division", "west", DAY) is None
    chain = Org(ORG.members, {}, {}, {**org.delegations, "bob": (Delegation("dave", "head", None, DAY, DAY),)})
    assert stood_for(chain, DAVE, "head", "west", DAY) is None, "nobody passes on what was passed to him"
