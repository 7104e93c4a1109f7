"""Reviewing beneath the command: two supervisors at once, parts with approvals still open, taking note, instructions."""

from __future__ import annotations

import pytest

from crmctl.cli.commands.review_words import given_text
from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.reading.history import card_path
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.ledger.waiting.undo import undo
from crmctl.model.clear_files import encode_member
from crmctl.model.org import Member, Role
from crmctl.review.approvals import landings_of
from crmctl.review.approving import approve
from crmctl.review.desk import desk_of
from crmctl.review.inbox import inbox
from crmctl.review.notes import close_answered, comment, notes_about, notes_to, send_back
from crmctl.review.noticing import acknowledge, notices
from crmctl.review.on_paper import OnPaper
from crmctl.trust.gate import Gate
from crmctl.trust.verify import Judge
from tests.company import Company
from tests.under_review import RULES, ask_review, hand_in

TWO_STEPS = [
    {"on": ["add customer", "change customer"], "slots": ["verify supervisor", "sign head"], "code": "REV001"},
]
TOLD = [{"on": "add visit", "slots": ["acknowledge supervisor"], "code": "REV005"}]


def proves_true(company: Company, member: str = "carol") -> bool:
    from crmctl import clock

    company.sync(member)
    ledger = company.ledger(member)
    return Judge(ledger.repo, clock.now("UTC")).verify(None, ledger.main, ledger.keyring.tip).clean


def test_of_two_who_approve_at_once_one_is_first(company: Company) -> None:
    ask_review(company)
    company.customer("bob", name="Southern Works")  # west: alice is its head
    hand_in(company, "bob")
    company.sync("alice")
    early = inbox(company.ledger("alice"))[0]
    first = approve(company.ledger("alice"), early, [early.changes[0].name], gate=Gate())
    again = approve(company.ledger("alice"), early, [early.changes[0].name], gate=Gate())
    assert first.landed
    assert (again.given, again.landed) == ((), company.ledger("alice").main)
    assert inbox(company.ledger("alice")) == ()
    assert proves_true(company)


@pytest.mark.req("R-REV-14")
def test_nobody_is_asked_about_their_own(company: Company) -> None:
    ask_review(company)
    company.customer()
    hand_in(company, "alice")
    bundle = inbox(company.ledger("alice"))[0]
    assert not bundle.asks_me
    with pytest.raises(Refused):
        approve(company.ledger("alice"), bundle, [bundle.changes[0].name], gate=Gate())
    with pytest.raises(Refused):
        send_back(company.ledger("alice"), bundle.changes, "no")


def test_a_part_with_approvals_still_open_stands_on_a_branch_of_its_own(company: Company) -> None:
    ask_review(company, TWO_STEPS)  # type: ignore[arg-type]
    first, second = company.customer("bob", name="One"), company.customer("bob", name="Two")
    del second
    ask_review(company, [{**RULES[0], "slots": [["verify head", "sign management"]]}])  # type: ignore[dict-item,list-item]
    hand_in(company, "bob")
    company.sync("alice")
    bundle = inbox(company.ledger("alice"))[0]
    chosen = [change.name for change in bundle.changes if first in change.about]
    done = approve(company.ledger("alice"), bundle, chosen, gate=Gate())
    assert (done.landed, len(done.given), len(done.left)) == (None, 1, 1)
    company.sync("alice", "bob")
    bundles = {item.name: item for item in inbox(company.ledger("alice"))}
    assert [len(item.changes) for item in bundles.values()] == [1, 1]
    assert [len(item.given) for item in bundles.values()] == [0, 1]
    assert submit(company.ledger("bob"), gate=Gate()).numbers == ()  # nothing of it has to be handed in again
    undone = next(stack for stack in company.ledger("bob").pending.stacks if first in str(stack.changes))
    undo(company.ledger("bob"), undone.tip)
    submit(company.ledger("bob"), gate=Gate())
    assert [one.number for one in submitted(company.ledger("bob").repo, "bob")] == [1]


@pytest.mark.req("R-REV-15")
def test_instructions_stand_in_the_ledger_and_in_the_authors_list(company: Company) -> None:
    ask_review(company)
    customer = company.customer()
    hand_in(company, "alice")
    company.sync("carol")
    change = inbox(company.ledger("carol"))[0].changes[0]
    with pytest.raises(InvalidInput):
        comment(company.ledger("carol"), [change], " ")
    comment(company.ledger("carol"), [change], "well done")
    comment(company.ledger("carol"), [change], "", "visit them this week")
    company.sync("carol", "alice")
    from crmctl.ledger.reading.due import agenda, own

    items = [item for item in agenda(company.ledger(), own(company.ledger())).items if item.kind == "review_note"]
    assert [(item.code, item.told) for item in items] == [("REV015", "visit them this week")]
    assert {note.says("reason") for note in notes_about(company.ledger(), customer)} == {
        "well done", "visit them this week"
    }  # fmt: skip
    assert inbox(company.ledger("carol"))[0].asks_me  # a comment holds nothing up
    assert proves_true(company)


@pytest.mark.req("R-REV-16")
def test_a_return_needs_a_reason_and_ends_when_the_change_is_taken_back(company: Company) -> None:
    ask_review(company)
    company.customer()
    hand_in(company, "alice")
    company.sync("carol")
    changes = inbox(company.ledger("carol"))[0].changes
    with pytest.raises(InvalidInput):
        send_back(company.ledger("carol"), changes, "  ")
    send_back(company.ledger("carol"), changes, "twice")
    company.sync("carol", "alice")
    assert close_answered(company.ledger()) == ()
    undo(company.ledger(), changes[0].stack.tip)
    assert len(close_answered(company.ledger())) == 1
    assert [note.is_open for note in notes_to(company.ledger(), "alice")] == [False]
    company.sync("alice", "carol")
    assert inbox(company.ledger("carol")) == ()
    assert proves_true(company)


@pytest.mark.req("R-REV-17")
@pytest.mark.req("R-AUD-09")
@pytest.mark.req("R-AUD-10")
def test_who_approved_what_when_and_by_which_rules(company: Company) -> None:
    ask_review(company)
    customer = company.customer()
    hand_in(company, "alice")
    company.sync("carol")
    bundle = inbox(company.ledger("carol"))[0]
    landed = approve(company.ledger("carol"), bundle, [bundle.changes[0].name], gate=Gate()).landed
    company.sync("alice")
    ledger = company.ledger()
    found = landings_of(ledger, card_path(ledger, customer))
    assert [item.commit for item in found] == [landed]
    approval = found[0].approvals[0]
    given = approval.given
    assert (given.act, given.role, given.department, given.member) == ("verify", "supervisor", "east", "carol")
    assert approval.at == ledger.now
    assert b"REV001" in (ledger.repo.read(approval.policy, "policy/company.yaml") or b"")
    assert landings_of(ledger, card_path(ledger, customer), newest=True) == found


def test_taking_note_after_the_landing(company: Company) -> None:
    ask_review(company, TOLD)  # type: ignore[arg-type]
    customer = company.customer()
    from tests.company import VISIT

    visit = company.add("visit", VISIT, customer=customer).id
    company.sync("alice", "carol")
    assert company.ledger().pending.stacks == ()
    assert notices(company.ledger("alice")) == ()
    found = notices(company.ledger("carol"))
    assert [item.about for item in found] == [(visit,)]
    acknowledge(company.ledger("carol"), found)
    assert notices(company.ledger("carol")) == ()
    company.sync("carol", "alice")
    ledger = company.ledger()
    path = next(path for path, _oid in ledger.repo.walk(ledger.main, "customers") if visit in path)
    assert [item.given.member for one in landings_of(ledger, path) for item in one.approvals] == ["carol"]
    assert proves_true(company)


@pytest.mark.req("R-REV-01")
def test_what_a_reviewer_may_not_open_is_said_and_the_rest_is_shown(company: Company) -> None:
    rules = [*RULES, {"on": "add payment", "slots": ["verify quality"], "code": "REV006"}]
    ask_review(company, rules)  # type: ignore[arg-type]
    company.customer()
    company.customer("bob", name="Southern Works")
    hand_in(company, "alice")
    hand_in(company, "bob")
    company.sync("carol")
    desk = desk_of(company.ledger("carol"))
    seen = {change.authors[0]: desk.looked[change.name] for bundle in desk.bundles for change in bundle.changes}
    assert (seen["alice"].unreadable, seen["bob"].unreadable) == (0, 1)
    assert seen["alice"].clean
    assert not seen["bob"].clean
    assert [change.authors for change in desk.mine] == [("alice",)]
    before = company.ledger("carol").landed
    with pytest.raises(Exception, match="There is no"):
        before.dossier(desk.mine[0].about[0])  # not in the ledger before somebody looked


@pytest.mark.req("R-REV-14")
def test_a_leader_without_a_key_signs_on_paper(company: Company) -> None:
    """A clerk's scan stands for the boss where the policy lets it; nobody records for who has a key, nor their own."""
    rules = [{"on": "add customer", "slots": ["sign management"], "code": "REV001", "paper": True}]
    ask_review(company, rules)  # type: ignore[arg-type]
    ledger = company.ledger()
    boss = Member("boss", "Boss", (Role("management", None, ledger.today),), None, None, ledger.today)
    change_setup(ledger, {"org/members/boss.yaml": dump(encode_member(boss))}, "member-add", "boss")
    scan = company.path / "signed.pdf"
    scan.write_bytes(b"%PDF-1.4 agreed")
    company.sync("alice", "bob")
    customer = company.customer("bob", name="Southern Works")
    hand_in(company, "bob")
    own = inbox(company.ledger("bob"))[0]
    with pytest.raises(Refused):
        approve(company.ledger("bob"), own, [own.changes[0].name], paper=OnPaper("boss", scan), gate=Gate())
    company.sync("alice")
    bundle = inbox(company.ledger())[0]
    assert not bundle.asks_me
    with pytest.raises(Refused, match="has a key"):
        approve(company.ledger(), bundle, [bundle.changes[0].name], paper=OnPaper("carol", scan), gate=Gate())
    done = approve(company.ledger(), bundle, [bundle.changes[0].name], paper=OnPaper("boss", scan), gate=Gate())
    assert done.landed
    assert proves_true(company)
    ledger = company.ledger()
    given = landings_of(ledger, card_path(ledger, customer))[0].approvals[0].given
    assert (given.paper, given.member, given.act) == ("boss", "alice", "sign")
    assert "recorded from paper for Boss [PA-" in given_text(ledger, given)
    filed = [path for path, _oid in ledger.repo.walk(ledger.main, "offices/west") if "/paper_approvals/" in path]
    assert len(filed) == 2, "the record and the scan"
