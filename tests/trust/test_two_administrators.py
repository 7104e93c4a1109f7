"""A policy that wants a second administrator, from the value that says so to what lands: the whole way, verified."""

from __future__ import annotations

import pytest

from crmctl.errors import TrustBroken
from crmctl.ledger.keys.identity import create
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.enrol import add_department, add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import set_value
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.org import Role
from crmctl.trust.gate import Gate
from crmctl.trust.review import judged
from tests.attacks.forgery import Forger, codes
from tests.company import Company
from tests.under_review import hand_in, review_and_land

NORTH = ("北区", "North")


@pytest.fixture
def two(company: Company) -> Company:
    """Dave is the second administrator, and the company says that it takes two."""
    ledger = company.ledger()
    set_value(ledger, "two_admins", "yes")
    add_member(company.ledger(), create(company.home, "dave", None), "Dave", (Role("admin", None, ledger.today),))
    sync(company.ledger(), gate=Gate())
    join(str(company.path / "server.git"), company.clone("dave"), "dave")
    return company


def departments(company: Company, member: str = "dave") -> set[str]:
    return set(company.ledger(member).landed.in_force.org.departments)


@pytest.mark.req("R-REV-14")
def test_what_one_administrator_changes_another_verifies(two: Company) -> None:
    add_department(two.ledger(), "north", NORTH)
    assert "north" not in departments(two, "alice"), "it waits"
    hand_in(two, "alice")
    two.sync("dave")
    assert "north" not in departments(two)
    one = submitted(two.ledger("dave").repo, "alice")[-1]
    seen = judged(two.ledger("dave").repo, one.tip)
    assert (seen.clean, seen.lands, seen.authors) == (True, False, ("alice",))
    review_and_land(two, "dave", "admin", None)  # type: ignore[arg-type]  # the whole company
    assert "north" in departments(two)
    assert codes(two, "dave") == set()


def test_alone_it_is_refused_whatever_the_copy_does(two: Company) -> None:
    forger = Forger(two)
    forger.put("alice", {"templates/x.txt": b"x"})
    with pytest.raises(TrustBroken) as caught:
        sync(two.ledger(), gate=Gate())
    assert caught.value.rule == "TRU080"
