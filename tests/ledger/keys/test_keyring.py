"""The ring: what is adopted is held against main, and one bad wrap denies nothing that another gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crmctl.errors import NoKey, TrustBroken
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.keys.groups import unwrapped_members
from crmctl.ledger.keys.keyring import wrap
from crmctl.ledger.keys.seal import new_key, seal
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import wraps_folder
from crmctl.model.org import Org
from crmctl.model.wraps import GROUP, write_wraps
from tests.company import Company
from tests.prepared import prepared


def put(ledger: Ledger, file: str, content: bytes | None) -> None:
    """Write one file of the keyring, as anybody with a clone can."""
    change = Change(ledger.keyring.ref, ledger.keyring.tip, {file: content}, "x\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)


@prepared
def customer(company: Company) -> str:
    made = company.customer()
    company.sync("alice", "carol")
    return made


def opens(company: Company, customer: str, member: str = "carol") -> bool:
    ledger = company.ledger(member)
    return ledger.ring.can_open(ledger.dossier(customer), "core")


def test_a_wrap_that_opens_to_another_key_is_an_alarm(company: Company, customer: str) -> None:
    ledger = company.ledger("alice")
    ghost = wrap(new_key().secret, "alice", ledger.in_force.org)
    put(ledger, f"{wraps_folder(customer)}/alice", write_wraps({("core", 1): ghost}))
    with pytest.raises(TrustBroken, match="another key"):
        opens(company, customer, "alice")


@pytest.mark.parametrize("content", [b"no key at all", b"\xff\xfe", b""])
def test_a_wrap_without_a_key_in_it_is_an_alarm(company: Company, customer: str, content: bytes) -> None:
    ledger = company.ledger("alice")
    sealed = seal(content, ledger.in_force.org.members["alice"].opens or "")
    put(ledger, f"{wraps_folder(customer)}/alice", write_wraps({("core", 1): sealed}))
    with pytest.raises(TrustBroken):
        opens(company, customer, "alice")


def test_a_wrap_for_somebody_else_does_not_hide_the_groups(company: Company, customer: str) -> None:
    ledger = company.ledger("carol")
    foreign = seal(b"x", new_key().public)
    put(ledger, f"{wraps_folder(customer)}/carol", write_wraps({("core", 1): foreign}))
    assert opens(company, customer)


def test_a_wrap_file_that_does_not_read_is_named(company: Company, customer: str) -> None:
    ledger = company.ledger("alice")
    put(ledger, f"{wraps_folder(customer)}/alice", b"core 1 rubbish!\n")
    with pytest.raises(TrustBroken) as caught:
        opens(company, customer, "alice")
    assert caught.value.where == f"{wraps_folder(customer)}/alice"


def test_without_a_wrap_there_is_no_key_and_a_hint(company: Company, customer: str) -> None:
    ledger = company.ledger("alice")
    dossier = ledger.dossier(customer)
    for generation, compartment in ((7, "core"), (1, "west/sales")):
        with pytest.raises(NoKey):
            ledger.ring.secret(dossier, compartment, generation)
    bob = company.ledger("bob")
    with pytest.raises(NoKey) as caught:
        bob.ring.secret(dossier, "core")
    assert caught.value.hint


@pytest.mark.parametrize("generation", [1, 99])
def test_a_false_group_key_is_neither_used_nor_handed_on(company: Company, customer: str, generation: int) -> None:
    """Whoever writes to the keyring cannot have the next supervisor's wrap made to a key of his own."""
    ledger = company.ledger("carol")
    org = ledger.in_force.org
    false = new_key()
    own = ledger.keyring.wraps("groups/east.supervisor", "carol")
    lines = {**own, (GROUP, generation): wrap(false.secret, "carol", org)}
    put(ledger, "groups/east.supervisor/carol", write_wraps(lines))
    ledger = company.ledger("carol")
    assert false.secret not in ledger.ring.group_secrets["east.supervisor"]
    dave = replace(org.members["carol"], id="dave")
    wider = Org({**org.members, "dave": dave}, org.departments, org.groups)
    made = unwrapped_members(ledger.keyring, wider, ledger.ring.group_keys, ledger.today)
    assert ("groups/east.supervisor/dave" in made) == (generation != 1)  # the true key of generation 1 still stands
    forged = unwrapped_members(ledger.keyring, wider, {"east.supervisor": {1: false.secret}}, ledger.today)
    assert forged == {}
    assert opens(company, customer) == (generation != 1)


def test_a_group_wrap_for_an_old_key_of_mine_does_not_close_everything(company: Company, customer: str) -> None:
    ledger = company.ledger("alice")
    foreign = seal(b"x", new_key().public)
    put(ledger, "groups/east.head/alice", write_wraps({(GROUP, 1): foreign}))
    assert opens(company, customer, "alice")  # by the wrap of her own


def test_what_was_unwrapped_before_is_still_held_against_main(company: Company, customer: str) -> None:
    ledger = company.ledger("alice")
    dossier = ledger.dossier(customer)
    true = ledger.ring.secret(dossier, "core")
    other = replace(dossier.compartments["core"], key=new_key().public)
    changed = replace(dossier, compartments={**dossier.compartments, "core": other})
    fresh = company.ledger("alice")
    fresh.ring.remember({wrap_file: {("core", 1): true} for wrap_file in fresh.ring.unwrapped} or ledger.ring.unwrapped)
    with pytest.raises(TrustBroken):
        fresh.ring.secret(changed, "core")


def test_a_dossier_in_anothers_place_is_refused(company: Company, customer: str) -> None:
    second = company.customer(name="Second")
    ledger = company.ledger("alice")
    content = ledger.repo.read(ledger.head, ledger.dossier(second).path)
    change = Change("refs/heads/main", ledger.head, {ledger.dossier(customer).path: content}, "x\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
    with pytest.raises(TrustBroken, match="another one's folder"):
        company.ledger("alice").dossier(customer)
