"""A second copy of the same member: what waits for review is there too, and goes on there."""

from __future__ import annotations

from pathlib import Path

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.reading.history import card_path
from crmctl.ledger.setup.joining import join
from crmctl.ledger.waiting.handed_in import submitted, to_hand_in
from crmctl.ledger.waiting.undo import undo
from crmctl.model.dossier import clear_path
from crmctl.trust.gate import Gate
from tests.attacks.forgery import codes
from tests.attacks.reviews import Reviews
from tests.company import VISIT, Company, git
from tests.under_review import ask_review, hand_in, review_and_land

HERE = Origin()


def second(company: Company, folder: Path) -> Ledger:
    """Alice's other machine."""
    if not folder.exists():
        join(str(company.path / "server.git"), folder, "alice")
    return Ledger(folder, home=company.home)


def named(ledger: Ledger, customer: str) -> object:
    return ledger.read(card_path(ledger, customer)).data["name"]


def tips(company: Company) -> set[str]:
    ledger = company.ledger()
    return {tip for one in submitted(ledger.repo, "alice") for tip in one.tips}


def test_what_waits_is_on_both_machines_and_goes_on_on_either(company: Company) -> None:
    ask_review(company)
    first, other = company.customer(name="One"), company.customer(name="Two")
    hand_in(company, "alice")
    folder = company.path / "laptop"
    sync(second(company, folder), gate=Gate())
    laptop = second(company, folder)
    assert {named(laptop, one) for one in (first, other)} == {"One", "Two"}, "with its keys"
    assert to_hand_in(laptop) == 0
    assert laptop.outbox.tip is not None
    update(laptop, first, {"name": "First"}, HERE)  # goes on there
    submit(second(company, folder), gate=Gate())
    company.sync("alice")
    ledger = company.ledger()
    assert (named(ledger, first), named(ledger, other)) == ("First", "Two")
    assert {stack.tip for stack in ledger.pending.stacks} == tips(company)
    assert to_hand_in(ledger) == 0
    undo(ledger, next(s for s in ledger.pending.stacks if other in {p.path.split("/")[2] for p in s.changes}).tip)
    submit(company.ledger(), gate=Gate())  # one is taken back, and does not come again
    sync(company.ledger(), gate=Gate())
    assert len(company.ledger().pending.stacks) == 1
    review_and_land(company, "carol", "supervisor", "east")
    sync(second(company, folder), gate=Gate())
    company.sync("alice")
    assert company.ledger().pending.stacks == ()
    assert named(second(company, folder).landed, first) == "First"
    assert codes(company) == set()
    assert [one for one in check(company.ledger()).findings if one.severity == "error"] == []


def test_what_both_machines_went_on_with_is_not_lost(company: Company) -> None:
    ask_review(company)
    customer = company.customer(name="One")
    hand_in(company, "alice")
    folder = company.path / "laptop"
    sync(second(company, folder), gate=Gate())
    update(second(company, folder), customer, {"phone": "010-62770000"}, HERE)
    visit = company.add("visit", VISIT, customer=customer).id
    submit(second(company, folder), gate=Gate())
    told = submit(company.ledger(), gate=Gate()).elsewhere
    here, there = company.ledger(), second(company, folder)
    assert len(submitted(here.repo, "alice")) == 2, "neither machine writes over the other's"
    assert told == ("alice/1",)
    assert any(visit in change.path for stack in here.pending.stacks for change in stack.changes)
    sync(there, gate=Gate())
    assert "6277" in str(second(company, folder).read(card_path(there, customer)).data["phone"])


def test_one_machine_hands_in_in_place_of_what_the_other_did(company: Company) -> None:
    """Sent back, and corrected on both: told at the second, which may take the place of the first or leave it."""
    ask_review(company)
    customer = company.customer(name="One")
    hand_in(company, "alice")
    folder = company.path / "laptop"
    sync(second(company, folder), gate=Gate())
    update(second(company, folder), customer, {"name": "Wrong"}, HERE)
    update(company.ledger(), customer, {"name": "Right"}, HERE)
    submit(second(company, folder), gate=Gate())
    assert submit(company.ledger(), dry_run=True).elsewhere == ()  # not fetched yet
    sync(company.ledger(), gate=Gate())
    assert submit(company.ledger(), dry_run=True).elsewhere == ("alice/1",)
    assert submit(company.ledger(), instead=True, gate=Gate()).elsewhere == ()
    (one,) = submitted(company.ledger().repo, "alice")
    assert one.tips == tuple(stack.tip for stack in company.ledger().pending.stacks)
    sync(second(company, folder), gate=Gate())
    assert named(second(company, folder), customer) == "Right"
    assert to_hand_in(second(company, folder)) == 0
    review_and_land(company, "carol", "supervisor", "east")
    sync(second(company, folder), gate=Gate())
    assert second(company, folder).pending.stacks == ()
    assert codes(company, "carol") == set()


def test_a_branch_in_ones_name_that_somebody_else_made_is_not_taken_over(company: Company) -> None:
    """Bob hands in changes as if Alice had: her copies do not show them, and never hand them in for her."""
    ask_review(company)
    bobs = company.customer("bob", name="Southern Works")
    forger = Reviews(company, "bob")
    stack = company.ledger("bob").pending.stacks[0]
    forged = forger.forge("alice", stack.edits, parents=[stack.base], base=stack.base, key="bob")
    bundle = forger.bundle("bob", forged)
    git(company.clone("bob"), "push", "-q", "origin", f"{bundle}:refs/heads/review/alice/7")
    sync(company.ledger())
    ledger = company.ledger()
    assert ledger.pending.stacks == ()
    assert ledger.repo.entry(ledger.head, clear_path(bobs)) is None
