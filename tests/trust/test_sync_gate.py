"""sync takes nothing that does not prove true, gives nothing the others would refuse, and loses nothing."""

from __future__ import annotations

import pytest

from crmctl.errors import TrustBroken
from crmctl.ledger.affairs.dealing import handover
from crmctl.ledger.meeting.sync import Synced, sync
from crmctl.ledger.setup.joining import join
from crmctl.trust.gate import Gate
from crmctl.trust.pin import read_pin
from tests.attacks.forgery import Forger, resealed
from tests.company import VISIT, Company, git


def exchange(company: Company, member: str, **more: bool) -> Synced:
    return sync(company.ledger(member), gate=Gate(**more), **more)


def forge_on_server(company: Company, forger: Forger, commit: str) -> None:
    """Somebody who can write to the server puts a commit there."""
    git(company.clone(forger.clone), "push", "-q", "--no-verify", "-f", "origin", f"{commit}:refs/heads/main")


@pytest.fixture
def customer(company: Company) -> str:
    """Alice's customer, on the server; everybody has synced."""
    found = company.customer("alice")
    for member in ("alice", "bob", "carol"):
        exchange(company, member)
    return found


def test_honest_work_goes_to_and_fro(company: Company, customer: str) -> None:
    company.customer("bob", name="Southern Works")
    company.add("visit", VISIT, customer=customer)
    assert exchange(company, "alice").sent == 1
    assert exchange(company, "bob").sent == 1
    assert exchange(company, "alice").received == 1
    assert exchange(company, "alice").sent == 0
    heads = {company.ledger(member).head for member in ("alice", "bob")}
    assert len(heads) == 1
    pin = read_pin(company.ledger().repo)
    assert pin is not None
    assert {pin.tip} == heads


def test_a_forged_commit_is_not_adopted_and_own_work_stays(company: Company, customer: str) -> None:
    own = company.customer("bob", name="Southern Works")
    before = company.ledger("bob").head
    alice = Forger(company)
    card = next(path for path in alice.paths("customer.yaml.age") if customer in path)
    forge_on_server(company, alice, alice.forge("alice", resealed(alice, card), key=None))
    with pytest.raises(TrustBroken, match="Not signed") as caught:
        exchange(company, "bob")
    assert caught.value.rule == "TRU010"
    assert "own work is safe" in (caught.value.hint or "")
    assert company.ledger("bob").head == before
    assert company.ledger("bob").dossier(own)
    with pytest.raises(TrustBroken):
        exchange(company, "bob")


def test_the_same_commit_signed_is_adopted(company: Company, customer: str) -> None:
    alice = Forger(company)
    card = next(path for path in alice.paths("customer.yaml.age") if customer in path)
    commit = alice.forge("alice", resealed(alice, card))
    forge_on_server(company, alice, commit)
    exchange(company, "bob")
    assert company.ledger("bob").head == commit


@pytest.mark.parametrize("forked", [False, True])
def test_a_forced_push_is_refused_with_a_way_on(company: Company, customer: str, forked: bool) -> None:
    alice = Forger(company)
    company.add("visit", VISIT, customer=customer)
    exchange(company, "alice")
    exchange(company, "bob")
    before = company.ledger("bob").head
    old = alice.repo.commit("main").parents[0]
    card = next(path for path in alice.paths("customer.yaml.age") if customer in path)
    forge_on_server(company, alice, alice.forge("alice", resealed(alice, card), parents=[old]) if forked else old)
    with pytest.raises(TrustBroken) as caught:
        exchange(company, "bob")
    assert "--give-back" in (caught.value.hint or "")
    assert company.ledger("bob").head == before


def test_a_server_set_back_gets_everything_again(company: Company, customer: str) -> None:
    company.add("visit", VISIT, customer=customer)
    exchange(company, "alice")
    head = company.ledger().head
    alice = Forger(company)
    forge_on_server(company, alice, alice.repo.commit("main").parents[0])
    exchange(company, "alice", give_back=True)
    assert git(company.path / "server.git", "rev-parse", "main").strip() == head


def test_what_the_others_would_refuse_is_not_sent(company: Company, customer: str) -> None:
    """Bob writes to a customer that was handed over meanwhile: the server's main must not break for everybody."""
    mine = company.customer("bob", name="Southern Works")
    exchange(company, "bob")
    exchange(company, "alice")
    company.add("visit", VISIT, "bob", customer=mine)
    handover(company.ledger(), [mine], "alice", "he moved on")
    exchange(company, "alice")
    before = git(company.path / "server.git", "rev-parse", "main")
    with pytest.raises(TrustBroken, match="could not take"):
        exchange(company, "bob")
    assert git(company.path / "server.git", "rev-parse", "main") == before
    exchange(company, "carol")


def test_a_copy_of_a_forged_ledger_is_not_made(company: Company, customer: str) -> None:
    alice = Forger(company)
    card = next(path for path in alice.paths("customer.yaml.age") if customer in path)
    forge_on_server(company, alice, alice.forge("alice", resealed(alice, card), key=None))
    url, target = str(company.path / "server.git"), company.path / "dave"
    with pytest.raises(TrustBroken):
        join(url, target, "dave", prove=Gate().taken)
    assert not target.exists()


def test_a_good_copy_is_made_and_pinned(company: Company, customer: str) -> None:
    ledger = join(str(company.path / "server.git"), company.path / "bob2", "bob", prove=Gate().taken)
    pin = read_pin(ledger.repo)
    assert pin is not None
    assert pin.tip == ledger.head
