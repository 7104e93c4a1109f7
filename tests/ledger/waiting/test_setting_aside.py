"""Changes made before a review rule came: a sync lays them beside main instead of handing in what is refused."""

from __future__ import annotations

import pytest

from crmctl.errors import NoKey, NotFound
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading import lookup
from crmctl.trust.gate import Gate
from crmctl.trust.hook import install
from tests.attacks.forgery import codes
from tests.company import VISIT, Company
from tests.under_review import ask_review, hand_in, review_and_land

DIRECTED = {"direction": "out", "party": "Ward 3", "subject": "Offer", "drafted_by": "bob", "state": "drafted"}


@pytest.fixture
def late(company: Company) -> tuple[Company, str]:
    """Bob's customer and his change of it, written while nobody had to look; the server proves by the rule since then."""
    install(company.path / "server.git")
    customer = company.customer("bob", name="Southern Works")
    company.add("correspondence", DIRECTED, "bob", department="west")
    update(company.ledger("bob"), customer, {"industry": "health"}, Origin())
    bobs = company.ledger("bob").main
    ledger = company.ledger()
    assert bobs != ledger.main
    ask_review(Without(company))  # alice alone hears of it
    return company, customer


class Without(Company):
    """The company whose only member to sync is alice."""

    def __init__(self, company: Company) -> None:
        super().__init__(company.path)

    def sync(self, *_members: str) -> None:
        sync(self.ledger(), gate=Gate())


def reads(ledger: Ledger, customer: str) -> bool:
    try:
        ledger.read(lookup.record(ledger, customer).path)
    except NoKey:
        return False
    return True


def test_a_sync_lays_what_came_too_late_beside_main(late: tuple[Company, str]) -> None:
    company, customer = late
    sync(company.ledger("bob"), gate=Gate())
    ledger = company.ledger("bob")
    assert ledger.dossier(customer).id == customer
    assert reads(ledger, customer)
    with pytest.raises(NotFound):
        ledger.landed.dossier(customer)
    assert len(ledger.pending.stacks[0].commits) == 2
    assert ledger.main == ledger.repo.resolve("refs/remotes/origin/main")
    assert [path for path, _oid in ledger.repo.walk("main") if path.startswith("offices/west/letters/")]
    assert not [path for path, _oid in ledger.repo.walk("keyring/1") if customer in path]
    assert codes(company, "bob") == set()
    assert sync(company.ledger("bob"), gate=Gate()).waiting == 1


def test_it_is_handed_in_approved_and_opens_for_its_readers(late: tuple[Company, str]) -> None:
    company, customer = late
    sync(company.ledger("bob"), gate=Gate())
    assert hand_in(company, "bob").changes == 1
    review_and_land(company, "alice", "head", "west", "bob")
    company.sync("bob")
    for member in ("alice", "bob"):
        assert reads(company.ledger(member).landed, customer)
    assert codes(company, "bob") == set()
    company.add("visit", VISIT, "bob", customer=customer)
    sync(company.ledger("bob"), gate=Gate())


def test_what_the_rule_does_not_name_lands_as_before(company: Company) -> None:
    customer = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    company.add("visit", VISIT, "bob", customer=customer)
    ask_review(Without(company))
    sync(company.ledger("bob"), gate=Gate())
    ledger = company.ledger("bob")
    assert ledger.pending.stacks == ()
    assert ledger.main == ledger.repo.resolve("refs/remotes/origin/main")
