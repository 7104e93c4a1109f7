"""Enrolling: only by an admin, with keys that can be used, under a name that is no group's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crmctl.errors import CrmctlError, InvalidInput, NotFound, Refused
from crmctl.ledger.keys.identity import PublicKeys
from crmctl.ledger.keys.seal import new_key
from crmctl.ledger.keys.sshsig import new_signing_key
from crmctl.ledger.setup.enrol import add_department, add_member, leave, rename_department, set_roles
from crmctl.model.org import Role
from tests.company import NOW, Company, git

TODAY = date.fromisoformat(NOW[:10])
SALES = (Role("sales", "east", TODAY),)


def keys(member: str = "dave") -> PublicKeys:
    return PublicKeys(member, new_key().public, new_signing_key()[1])


@pytest.mark.req("R-REC-51")
def test_a_member_is_known_with_roles_keys_and_day(company: Company) -> None:
    mine = keys()
    add_member(company.ledger(), mine, "Dave", SALES, "carol", "north")
    dave = company.ledger().in_force.org.members["dave"]
    assert (dave.name, dave.roles, dave.opens, dave.signs) == ("Dave", SALES, mine.opens, mine.signs)
    assert (dave.supervisor, dave.territory, dave.since, dave.until) == ("carol", "north", TODAY, None)


def test_a_name_that_is_a_groups_or_a_path_is_refused(company: Company) -> None:
    head = company.ledger().head
    names = ("Dave", "dave smith", "east.supervisor", "all.recovery", "../dave", "戴夫", "-dave", "", "d" * 40)
    for member in names:
        with pytest.raises(InvalidInput):
            add_member(company.ledger(), keys(member), "Dave", SALES)
    assert company.ledger().head == head


def test_a_key_that_cannot_be_used_is_refused(company: Company) -> None:
    for field, value in (
        ("opens", "age1nothing"), ("opens", ""), ("signs", "ssh-ed25519 AAAA"), ("signs", "ssh-rsa AAAAB3NzaC1yc2E="),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            add_member(company.ledger(), replace(keys(), **{field: value}), "Dave", SALES)


@pytest.mark.req("R-ACL-16")
@pytest.mark.parametrize("field", ["opens", "signs"])
def test_a_key_is_one_members_only(company: Company, field: str) -> None:
    bob = company.ledger().in_force.org.members["bob"]
    with pytest.raises(Refused, match="bob"):
        add_member(company.ledger(), replace(keys(), **{field: getattr(bob, field)}), "Dave", SALES)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"roles": (Role("sales", "north", TODAY),)}, NotFound),
        ({"supervisor": "nobody"}, NotFound),
    ],
)
def test_departments_and_supervisors_must_be_known(
    company: Company, more: dict[str, object], error: type[CrmctlError]
) -> None:
    words: dict[str, object] = {"roles": SALES, **more}
    with pytest.raises(error):
        add_member(company.ledger(), keys(), "Dave", **words)  # type: ignore[arg-type]


def test_a_member_is_enrolled_once(company: Company) -> None:
    with pytest.raises(Refused, match="already"):
        add_member(company.ledger(), keys("bob"), "Bob", SALES)


def test_only_an_admin_changes_the_organisation(company: Company) -> None:
    bob = company.ledger("bob")
    for change in (
        lambda: add_member(bob, keys(), "Dave", SALES),
        lambda: set_roles(bob, "bob", (Role("admin", None, TODAY),)),
        lambda: leave(bob, "alice", TODAY),
        lambda: add_department(bob, "north", ("北", "North")),
        lambda: rename_department(bob, "east", ("东", "East")),
    ):
        with pytest.raises(Refused):
            change()
    assert company.ledger("bob").head == bob.head


def test_leaving_ends_membership_and_roles_with_the_last_day(company: Company) -> None:
    leave(company.ledger(), "carol", date(2026, 12, 31))
    carol = company.ledger().in_force.org.members["carol"]
    assert carol.until == date(2026, 12, 31)
    assert [role.until for role in carol.roles] == [date(2026, 12, 31)]
    assert carol.active(date(2026, 12, 31))
    assert not carol.active(date(2027, 1, 1))


def test_departments_are_added_and_renamed_and_stay_what_they_are(company: Company) -> None:
    add_department(company.ledger(), "north", ("北区", "North"))
    rename_department(company.ledger(), "north", ("华北", "Northern"))
    departments = company.ledger().in_force.org.departments
    assert departments["north"].label == ("华北", "Northern")
    assert list(departments) == ["east", "west", "north"]
    with pytest.raises(Refused):
        add_department(company.ledger(), "north", ("北区", "North"))
    with pytest.raises(NotFound):
        rename_department(company.ledger(), "south", ("南", "South"))


def test_a_departments_key_is_a_plain_word(company: Company) -> None:
    for key in ("all", "core", "North", "a/b", "..", "", "北"):
        with pytest.raises(InvalidInput):
            add_department(company.ledger(), key, ("北区", "North"))


def test_commits_name_the_member_by_id_only(company: Company) -> None:
    add_member(company.ledger(), keys(), "Dave Secret", SALES)
    assert "Secret" not in git(company.clone("alice"), "log", "-1", "--format=%B%an%ae")
