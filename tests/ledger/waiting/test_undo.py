"""Undo: the earlier content comes back sealed anew; what cannot be taken back is refused and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crmctl.errors import NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.waiting.undo import undo
from crmctl.model.monthly import rows_in
from crmctl.model.paths import record_path
from tests.company import CARD, VISIT, Company, git

SALE = {"date": "2026-11-02", "product": "brace", "amount": "10.50"}


def card(ledger: Ledger, customer: str) -> str:
    return record_path(ledger.in_force.kinds["customer"], customer, "core", customer)


def blob(ledger: Ledger, path: str) -> str | None:
    entry = ledger.repo.entry(ledger.head, path)
    return entry.oid if entry else None


def paths(ledger: Ledger) -> set[str]:
    return {path for path, _oid in ledger.repo.walk(ledger.head)}


def sound(company: Company) -> bool:
    return not [f for f in check(company.ledger()).findings if f.severity == "error"]


def test_the_last_change_is_taken_back_as_a_new_version_sealed_anew(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    first = blob(company.ledger(), card(company.ledger(), customer))
    update(company.ledger(), customer, {"phone": "13900139000"}, Origin(reason="he called"))
    done = undo(company.ledger())
    ledger = company.ledger()
    record = ledger.read(card(ledger, customer))
    assert (done.commit, done.restored, done.removed) == (ledger.head, (customer,), ())
    assert record.data["phone"] == "+86 138 0013 8000"
    assert (record.rev, record.reason) == (3, "undo")
    assert blob(ledger, card(ledger, customer)) != first
    trailers = ledger.repo.commit(ledger.head).trailers
    assert ("Crmctl-Undoes", done.undone) in trailers
    assert ("Crmctl-Generation", f"{customer}:core:1") in trailers
    assert sound(company)
    assert git(company.clone("alice"), "status", "--porcelain") == ""


def test_undo_goes_on_backwards_and_never_takes_back_an_undo_by_itself(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    visit = company.add("visit", VISIT, customer=customer).id
    update(company.ledger(), customer, {"phone": "13900139000"}, Origin())
    taken = [undo(company.ledger()) for _ in range(3)]
    assert [(each.restored, each.removed) for each in taken] == [
        ((customer,), ()),
        ((), (visit,)),
        ((), (customer,)),
    ]
    assert not any(path.startswith("customers/") for path in paths(company.ledger()))
    with pytest.raises(Refused):  # the founding and the enrolments are no changes of records
        undo(company.ledger(), company.ledger().repo.commit(company.ledger().head + "~6").oid)
    assert sound(company)


def test_a_change_is_named_by_its_number_or_by_what_it_was_about(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    visit = company.add("visit", VISIT, customer=customer).id
    update(company.ledger(), customer, {"phone": "13900139000"}, Origin())
    assert undo(company.ledger(), visit.lower(), dry_run=True).removed == (visit,)
    assert undo(company.ledger(), "Northern", dry_run=True).restored == (customer,)
    assert undo(company.ledger(), customer).restored == (customer,)
    with pytest.raises(NotFound, match="can be taken back"):
        undo(company.ledger(), "V-ZZZZZZZZZZ")
    number = company.ledger().repo.commit("HEAD~2").oid
    assert undo(company.ledger(), number[:12], dry_run=True).undone == number
    for word in ("HEAD", "main", "HEAD~1", "refs/heads/main", "@"):
        with pytest.raises(NotFound, match="neither a change's number nor a record or customer of yours"):
            undo(company.ledger(), word)
    company.sync("alice", "carol")
    with pytest.raises(Refused, match="Alice made this change"):
        undo(company.ledger("carol"), visit)


def test_an_undo_can_be_undone(company: Company) -> None:
    customer = company.customer()
    done = undo(company.ledger())
    undo(company.ledger(), done.commit)
    ledger = company.ledger()
    record = ledger.read(card(ledger, customer))
    assert (record.data["name"], record.rev) == (CARD["name"], 2)
    assert sound(company)


def test_the_keys_of_a_customer_go_and_come_back_with_it(company: Company) -> None:
    before = git(company.clone("alice"), "ls-tree", "-r", "--name-only", "keyring/1")
    customer = company.customer()
    company.add("visit", VISIT, customer=customer)
    undo(company.ledger())
    gone = undo(company.ledger())
    assert git(company.clone("alice"), "ls-tree", "-r", "--name-only", "keyring/1") == before
    assert sound(company)
    undo(company.ledger(), gone.commit)
    company.add("visit", VISIT, customer=customer)
    company.sync("alice", "carol", "alice", "carol")
    assert company.ledger("carol").read(card(company.ledger("carol"), customer)).data["name"] == CARD["name"]
    assert sound(company)


def test_nothing_of_ones_own_is_left_to_take_back(company: Company) -> None:
    company.customer()
    company.sync("alice")
    with pytest.raises(NotFound, match="only you have"):
        undo(company.ledger())


def test_a_dry_run_tells_and_writes_nothing(company: Company) -> None:
    customer = company.customer()
    before = company.ledger().repo.refs()
    done = undo(company.ledger(), dry_run=True)
    assert (done.commit, done.removed) == (None, (customer,))
    assert company.ledger().repo.refs() == before


def test_a_change_already_shared_is_taken_back_where_something_was_there_before(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    done = update(company.ledger(), customer, {"phone": "13900139000"}, Origin())
    company.sync("alice")
    undo(company.ledger(), done.commit)
    ledger = company.ledger()
    assert ledger.read(card(ledger, customer)).data["phone"] == "+86 138 0013 8000"


def test_what_others_have_already_is_not_taken_out(company: Company) -> None:
    customer = company.customer()
    added = company.add("visit", VISIT, customer=customer)
    sale = company.add("transaction", SALE, customer=customer)
    company.sync("alice")
    before = company.ledger().repo.refs()
    for change, named in ((added.commit, added.id), (sale.commit, sale.id)):
        with pytest.raises(Refused, match="handed in already") as caught:
            undo(company.ledger(), change)
        assert named in caught.value.what
        assert caught.value.hint
    assert company.ledger().repo.refs() == before


def test_somebody_elses_change_is_refused(company: Company) -> None:
    company.customer("bob", name="Western Works")
    company.sync("bob", "alice")
    theirs = git(company.clone("alice"), "log", "--author=bob", "-1", "--format=%H").strip()
    with pytest.raises(Refused, match="Bob made this change"):
        undo(company.ledger(), theirs)


def test_later_changes_of_the_same_record_are_listed(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    first = update(company.ledger(), customer, {"phone": "13900139000"}, Origin())
    update(company.ledger(), customer, {"industry": "health"}, Origin())
    before = company.ledger().repo.refs()
    with pytest.raises(Refused, match=f"Changed again since: {customer} by Alice") as caught:
        undo(company.ledger(), first.commit)
    assert caught.value.hint
    assert company.ledger().repo.refs() == before


def test_a_customer_with_something_in_it_is_not_taken_out(company: Company) -> None:
    added = company.add("customer", CARD)
    visit = company.add("visit", VISIT, customer=added.id).id
    with pytest.raises(Refused, match=f"more in it meanwhile: {visit}"):
        undo(company.ledger(), added.commit)


def test_one_entry_of_a_month_is_taken_back_and_its_neighbours_stay(company: Company) -> None:
    customer = company.customer()
    first, second = (company.add("transaction", {**SALE, "product": word}, customer=customer) for word in ("a", "b"))
    update(company.ledger(), second.id, {"amount": "99.00"}, Origin())
    path = record_path(company.ledger().in_force.kinds["transaction"], customer, "east/trade", "2026-11")
    assert undo(company.ledger(), first.commit).removed == (first.id,)
    assert [row["id"] for row in rows_in(company.ledger().read(path).data)] == [second.id]
    assert undo(company.ledger()).restored == (second.id,)
    assert [row["amount"] for row in rows_in(company.ledger().read(path).data)] == ["10.50"]
    undo(company.ledger())
    assert path not in paths(company.ledger())
    assert sound(company)


def test_a_stage_is_taken_back_but_not_who_may_read(company: Company) -> None:
    customer = company.customer()
    advance(company.ledger(), customer, "intending", {}, Origin())
    undo(company.ledger())
    assert company.ledger().dossier(customer).assignments["east"].state == "potential"
    draft = company.draft()
    owned = replace(draft.dossier(customer).assignments["east"], owner="carol")
    draft.set_assignment(customer, "east", owned)
    commit = draft.commit("handover", "customer")
    with pytest.raises(Refused, match="who may read"):
        undo(company.ledger(), commit)
    assert company.ledger().dossier(customer).assignments["east"].owner == "carol"


def test_another_departments_joining_is_not_taken_back(company: Company) -> None:
    """Its people were given a key to the card: taking that back turns the key, which undo does not do."""
    customer = company.customer()
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    joined = draft.commit("assign", "customer")
    with pytest.raises(Refused, match="who may read"):
        undo(company.ledger(), joined)
    assert list(company.ledger().dossier(customer).assignments) == ["east", "west"]


def test_an_attachment_goes_with_its_record(company: Company, tmp_path: Path) -> None:
    scan = tmp_path / "licence.pdf"
    scan.write_bytes(b"%PDF-1.4")
    customer = company.customer()
    values = {"what": "business_licence", "number": "A-1"}
    licence = company.add("qualification", values, customer=customer, files={"scan": scan}).id
    assert sum(licence in path for path in paths(company.ledger())) == 2
    done = undo(company.ledger())
    assert not any(licence in path for path in paths(company.ledger()))
    undo(company.ledger(), done.commit)
    assert sum(licence in path for path in paths(company.ledger())) == 2
    assert sound(company)


def test_the_unshared_undo_reaches_the_others_like_any_change(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    company.sync("alice", "carol", "alice", "carol")
    changed = update(company.ledger(), customer, {"phone": "13900139000"}, Origin())
    company.sync("alice", "carol")
    undo(company.ledger(), changed.commit)
    company.sync("alice", "carol")
    theirs = company.ledger("carol")
    assert theirs.read(card(theirs, customer)).data["phone"] == "+86 138 0013 8000"


@pytest.mark.parametrize("name", ["0" * 40, "no-such-change", "--all"])
def test_a_change_that_is_not_there(company: Company, name: str) -> None:
    with pytest.raises(NotFound):
        undo(company.ledger(), name)
