"""Who reads what: exactly those the policy names, on that day, and nobody else (promise 1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.access import RECOVERY, compartment_pattern, readers
from crmctl.model.dossier import Assignment, Dossier, Grant
from crmctl.model.org import Department, GroupKey, Member, Org, Role

DAY = date(2026, 11, 20)
TERMS = {
    "core": ["owner", "team", "keeper", "supervisor", "management"],
    "assignment/sales": ["owner", "team", "keeper", "supervisor"],
    "assignment/service": ["owner", "team", "supervisor", "quality"],
    "assignment/review": ["supervisor", "division"],
    "office/plans": ["member", "supervisor"],
    "office/board": ["everyone"],
}
COMPANY_ROLES = ["quality", "division", "management", "admin", "recovery"]


def member(name: str, *roles: str, since: date = date(2026, 1, 1), until: date | None = None) -> Member:
    held = tuple(
        Role(role, department or None, date(2026, 1, 1)) for role, _at, department in (r.partition("@") for r in roles)
    )
    return Member(name, name.title(), held, f"age1{name}", f"ssh-ed25519 {name}", since, until)


PEOPLE = [
    member("alice", "sales@east"), member("bob", "sales@west"), member("carol", "supervisor@east"),
    member("dave", "supervisor@west"), member("erin", "quality"), member("frank", "sales@east"),
    member("grace", "admin"), member("helen", "sales@east"),
]  # fmt: skip
GROUPS = [
    "east.supervisor",
    "west.supervisor",
    "all.quality",
    "all.division",
    "all.management",
    "all.everyone",
    RECOVERY,
]
ORG = Org(
    {m.id: m for m in PEOPLE},
    {key: Department(key, (key, key)) for key in ("east", "west")},
    {name: GroupKey(f"age1{name}", 1) for name in GROUPS},
)
EAST = Assignment("alice", ("frank",), "helen", "potential", DAY)
WEST = Assignment("bob", (), None, "potential", DAY)
CUSTOMER = Dossier("C-1", {"east": EAST})


def who(compartment: str, dossier: Dossier = CUSTOMER, org: Org = ORG, on: date = DAY) -> set[str]:
    return set(readers(dossier, compartment, TERMS, COMPANY_ROLES, org, on)) - {RECOVERY}


@pytest.mark.req("R-ACL-01")
@pytest.mark.parametrize(
    ("compartment", "expected"),
    [
        ("core", {"alice", "frank", "helen", "east.supervisor"}),
        ("east/sales", {"alice", "frank", "helen", "east.supervisor"}),
        ("east/service", {"alice", "frank", "east.supervisor", "all.quality"}),
        ("east/review", {"east.supervisor"}),  # nobody is in the division: its group would open to none
        ("east/closed", set()),  # the pack names nobody
    ],
)
def test_each_compartment_has_exactly_the_readers_its_terms_name(compartment: str, expected: set[str]) -> None:
    assert who(compartment) == expected


@pytest.mark.req("R-ACL-01")
def test_a_card_is_read_by_all_departments_that_deal_with_the_customer_and_their_rooms_by_none_but_their_own() -> None:
    both = CUSTOMER.assigned("west", WEST)
    assert who("core", both) == {"alice", "frank", "helen", "bob", "east.supervisor", "west.supervisor"}
    assert who("east/sales", both) == {"alice", "frank", "helen", "east.supervisor"}
    assert who("west/sales", both) == {"bob", "west.supervisor"}


@pytest.mark.req("R-ACL-01")
def test_a_customer_of_one_department_is_nobodys_in_the_other() -> None:
    for compartment in ("core", "east/sales", "east/service", "east/trade", "east/review"):
        assert who(compartment).isdisjoint({"bob", "dave", "west.supervisor"})


def test_recovery_reads_everything_and_only_where_there_is_one() -> None:
    for compartment in ("core", "east/sales", "east/closed"):
        assert RECOVERY in readers(CUSTOMER, compartment, TERMS, COMPANY_ROLES, ORG, DAY)
    without = replace(ORG, groups={k: v for k, v in ORG.groups.items() if k != RECOVERY})
    assert RECOVERY not in readers(CUSTOMER, "core", TERMS, COMPANY_ROLES, without, DAY)


@given(st.integers(-40, 40))
def test_a_leaver_reads_until_the_last_day_included(offset: int) -> None:
    gone = replace(ORG, members={**ORG.members, "alice": member("alice", "sales@east", until=DAY)})
    on = DAY + timedelta(offset)
    assert ("alice" in who("core", org=gone, on=on)) == (on <= DAY)


@given(st.integers(-40, 40))
def test_a_newcomer_reads_from_the_first_day_on(offset: int) -> None:
    new = replace(ORG, members={**ORG.members, "alice": member("alice", "sales@east", since=DAY)})
    on = DAY + timedelta(offset)
    assert ("alice" in who("core", org=new, on=on)) == (on >= DAY)


@pytest.mark.req("R-ACL-02")
@given(st.integers(-40, 40), st.sampled_from(["east/sales", "*", "core"]))
def test_a_grant_opens_what_it_names_until_its_day_included(offset: int, granted: str) -> None:
    dossier = replace(CUSTOMER, grants=(Grant("bob", granted, DAY),))
    on = DAY + timedelta(offset)
    for compartment in ("core", "east/sales", "east/service"):
        assert ("bob" in who(compartment, dossier, on=on)) == (granted in {compartment, "*"} and on <= DAY)


def test_a_grant_to_somebody_who_left_or_never_was_opens_nothing() -> None:
    dossier = replace(CUSTOMER, grants=(Grant("bob", "core", DAY), Grant("mallory", "core", DAY)))
    gone = replace(ORG, members={**ORG.members, "bob": member("bob", until=DAY - timedelta(1))})
    assert who("core", dossier, gone) == who("core")


@given(st.integers(-40, 40))
def test_a_group_counts_on_the_days_somebody_holds_its_role(offset: int) -> None:
    role = Role("supervisor", "east", DAY - timedelta(5), DAY + timedelta(5))
    carol = replace(ORG.members["carol"], roles=(role,))
    org = replace(ORG, members={**ORG.members, "carol": carol})
    on = DAY + timedelta(offset)
    assert ("east.supervisor" in who("core", org=org, on=on)) == (abs(offset) <= 5)
    assert org.group_members("east.supervisor", on) == (["carol"] if abs(offset) <= 5 else [])


def test_a_group_without_a_key_is_left_out() -> None:
    org = replace(ORG, groups={k: v for k, v in ORG.groups.items() if k != "east.supervisor"})
    assert "east.supervisor" not in who("core", org=org)


def test_a_plan_is_read_by_its_member_and_the_supervisors_of_the_department() -> None:
    office = Dossier("office/east")
    assert who("plans.alice", office) == {"alice", "east.supervisor"}
    assert who("plans.nobody", office) == {"east.supervisor"}
    assert who("board", office) == {"all.everyone"}


def test_patterns_are_the_words_a_pack_uses() -> None:
    assert compartment_pattern("C-1", "core") == "core"
    assert compartment_pattern("C-1", "east/sales") == "assignment/sales"
    assert compartment_pattern("office/east", "plans.alice") == "office/plans"


@pytest.mark.req("R-REC-51")
def test_a_company_wide_role_is_held_in_no_department_and_the_other_way_round() -> None:
    assert ORG.group_members("all.quality", DAY) == ["erin"]
    assert ORG.group_members("east.quality", DAY) == []
    assert ORG.group_members("all.supervisor", DAY) == []
    assert ORG.group_members("all.everyone", DAY) == sorted(ORG.members)
    assert ORG.groups_of("carol", DAY) == ["east.supervisor", "all.everyone"]
    assert ORG.members["erin"].holds("quality", "east", DAY)  # the whole company holds east too
    assert not ORG.members["carol"].holds("supervisor", "west", DAY)


@given(
    st.sets(st.sampled_from([m.id for m in PEOPLE])), st.sampled_from([m.id for m in PEOPLE]),
    st.sampled_from(["core", "east/sales", "east/service", "east/review"]),
)  # fmt: skip
def test_nobody_reads_whom_neither_assignment_nor_group_nor_grant_names(
    team: set[str], owner: str, compartment: str
) -> None:
    dossier = Dossier("C-1", {"east": Assignment(owner, tuple(sorted(team)), None, "potential", DAY)})
    found = who(compartment, dossier)
    assert {reader for reader in found if "." not in reader} <= team | {owner}
    assert {reader for reader in found if "." in reader} <= {"east.supervisor", "all.quality"}
