"""Changes that wait for review stand beside main: seen by their author, landed by nobody alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crmctl.errors import Conflict, NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import Entry, add, update
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.checking.check import check
from crmctl.ledger.checking.doctor import examine
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.landing import land
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.pending import VIEW, Stack
from crmctl.ledger.reading import lookup
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.joining import join
from crmctl.ledger.waiting.undo import undo
from crmctl.model.dossier import clear_path, wraps_folder
from crmctl.model.paths import record_path
from crmctl.model.values import Value
from crmctl.trust.hook import install
from tests.company import CARD, VISIT, Company, git
from tests.prepared import prepared
from tests.under_review import approve, ask_review, hand_in, review_and_land

HERE = Origin()


@prepared
def reviewed(company: Company) -> Company:
    """The company with a policy that asks for review."""
    ask_review(company)
    return company


def card(ledger: Ledger, customer: str) -> dict[str, object]:
    return dict(ledger.read(record_path(ledger.in_force.kinds["customer"], customer, "core", customer)).data)


def holds(ledger: Ledger) -> None:
    """The view is main with what each stack changed, and nothing else."""
    repo, pending = ledger.repo, ledger.pending
    assert pending.view is not None
    assert repo.commit(pending.view).parents == (ledger.main, *(stack.tip for stack in pending.stacks))
    wanted = {change.path: change.new_oid for stack in pending.stacks for change in stack.changes}
    assert {change.path: change.new_oid for change in repo.changed(ledger.main, ledger.head)} == wanted


def test_a_new_customer_waits_and_its_author_works_with_it(reviewed: Company) -> None:
    before = reviewed.ledger().main
    customer = reviewed.customer()
    ledger = reviewed.ledger()
    assert ledger.main == before
    assert ledger.repo.entry(ledger.main, clear_path(customer)) is None
    assert card(ledger, customer)["name"] == "Northern Hospital"
    assert lookup.customer(ledger, "Northern") == customer
    visit = reviewed.add("visit", VISIT, customer=customer)  # needs nobody, but its customer is not on main
    ledger = reviewed.ledger()
    assert ledger.main == before
    assert [len(stack.commits) for stack in ledger.pending.stacks] == [2]
    assert lookup.record(ledger, visit.id).dossier == customer
    holds(ledger)
    with pytest.raises(NotFound):
        lookup.record(ledger.landed, visit.id)


def test_its_keys_are_in_the_outbox_and_not_on_the_keyring(reviewed: Company) -> None:
    customer = reviewed.customer()
    ledger = reviewed.ledger()
    assert ledger.keyring.readers(wraps_folder(customer)) == {}
    assert "alice" in ledger.outbox.readers(wraps_folder(customer))
    assert git(reviewed.clone("alice"), "rev-list", "--count", "refs/heads/outbox/alice").strip() == "1"
    reviewed.sync("alice")
    assert reviewed.ledger().keyring.readers(wraps_folder(customer)) == {}
    assert git(reviewed.path / "server.git", "for-each-ref", "refs/heads/outbox", "refs/heads/review") == ""


def test_what_needs_nobody_goes_to_main_beside_what_waits(reviewed: Company) -> None:
    old = landed_customer(reviewed)
    waiting = reviewed.customer(name="Western Clinic")
    tip = reviewed.ledger().pending.stacks[0].tip
    reviewed.add("visit", VISIT, customer=old)
    ledger = reviewed.ledger()
    assert ledger.pending.stacks[0].tip == tip
    assert ledger.repo.commit(ledger.main).subject.startswith("add visit")
    assert {lookup.customer(ledger, name) for name in ("Northern", "Western")} == {old, waiting}
    holds(ledger)
    assert not ledger.pending_paths & {path for path, _oid in ledger.repo.walk(ledger.main, "customers")}


def landed_customer(company: Company, **values: object) -> str:
    customer = company.customer(**values)
    hand_in(company, "alice")
    review_and_land(company, "carol", "supervisor", "east")
    company.sync("alice")
    return customer


def test_two_customers_are_two_stacks_and_one_change_of_both_joins_them(reviewed: Company) -> None:
    one, two = reviewed.customer(), reviewed.customer(name="Western Clinic")
    assert len(reviewed.ledger().pending.stacks) == 2
    draft = reviewed.draft()
    for customer in (one, two):
        path = record_path(draft.kind("customer"), customer, "core", customer)
        draft.new_version(path, {"industry": "health"})
    draft.commit("update", "customer")
    ledger = reviewed.ledger()
    (stack,) = ledger.pending.stacks
    assert len(stack.commits) == 3
    assert [len(ledger.repo.commit(commit).parents) for commit in stack.commits] == [1, 1, 1]
    assert card(ledger, one)["industry"] == card(ledger, two)["industry"] == "health"
    holds(ledger)


def test_handed_in_approved_and_landed(reviewed: Company) -> None:
    customer = reviewed.customer()
    waiting = hand_in(reviewed, "alice")
    assert (waiting.changes, waiting.numbers, [d.code for d in waiting.waits_for]) == (1, (1,), ["REV001"])
    server = reviewed.path / "server.git"
    refs = git(server, "for-each-ref", "--format=%(refname)").split()
    assert {"refs/heads/review/alice/1", "refs/heads/outbox/alice"} <= set(refs)
    reviewed.sync("carol")
    assert reviewed.ledger("carol").repo.entry(reviewed.ledger("carol").main, clear_path(customer)) is None
    landing = review_and_land(reviewed, "carol", "supervisor", "east")
    reviewed.sync("alice", "bob")
    ledger = reviewed.ledger()
    assert ledger.pending.stacks == ()
    assert ledger.repo.resolve(VIEW) is None
    assert ledger.outbox.tip is None
    assert landing in git(reviewed.clone("alice"), "rev-list", "--first-parent", "main").split()
    assert card(ledger, customer)["name"] == card(reviewed.ledger("carol"), customer)["name"] == "Northern Hospital"
    left = git(server, "for-each-ref", "--format=%(refname)", "refs/heads/review", "refs/heads/outbox")
    assert left == ""
    assert {member: [f for f in check(reviewed.ledger(member)).findings if f.severity == "error"]
            for member in ("alice", "bob", "carol")} == {"alice": [], "bob": [], "carol": []}  # fmt: skip


def test_the_reviewer_opens_what_was_handed_in(reviewed: Company) -> None:
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    reviewed.sync("carol")
    seen = reviewed.ledger("carol", at="refs/remotes/origin/review/alice/1")
    assert card(seen, customer)["name"] == "Northern Hospital"


def test_submitting_again_does_nothing_and_a_stack_that_grew_replaces_its_bundle(reviewed: Company) -> None:
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    server = reviewed.path / "server.git"
    first = git(server, "rev-parse", "refs/heads/review/alice/1")
    again = hand_in(reviewed, "alice")
    assert (again.changes, again.numbers) == (0, ())
    assert git(server, "rev-parse", "refs/heads/review/alice/1") == first
    update(reviewed.ledger(), customer, {"industry": "health"}, HERE)
    reviewed.customer(name="Western Clinic")
    more = hand_in(reviewed, "alice")
    assert (more.changes, more.numbers) == (2, (1, 2))
    assert git(server, "rev-parse", "refs/heads/review/alice/1") != first
    assert len(git(server, "for-each-ref", "refs/heads/review").splitlines()) == 2


def test_main_moves_on_and_what_waits_is_made_anew_where_both_changed_the_card(reviewed: Company) -> None:
    customer = landed_customer(reviewed)
    reviewed.sync("carol")
    update(reviewed.ledger(), customer, {"industry": "health"}, HERE)
    update(reviewed.ledger("carol"), customer, {"phone": "13800138000"}, HERE)
    hand_in(reviewed, "carol")
    review_and_land(reviewed, "alice", "head", "east", whose="carol")
    ledger = reviewed.ledger()
    assert (card(ledger, customer)["industry"], card(ledger, customer)["phone"]) == ("health", "+86 138 0013 8000")
    assert "industry" not in card(ledger.landed, customer)
    holds(ledger)
    hand_in(reviewed, "alice")
    review_and_land(reviewed, "carol", "supervisor", "east")
    assert card(reviewed.ledger("carol"), customer)["industry"] == "health"


def test_one_field_twice_is_told_and_stays_as_it_was(reviewed: Company) -> None:
    customer = landed_customer(reviewed)
    reviewed.sync("carol")
    update(reviewed.ledger(), customer, {"industry": "health"}, HERE)
    update(reviewed.ledger("carol"), customer, {"industry": "trade"}, HERE)
    hand_in(reviewed, "carol")
    review_and_land(reviewed, "alice", "head", "east", whose="carol")  # landed is landed: the own one is told of next
    for _again in range(2):
        with pytest.raises(Conflict):
            sync(reviewed.ledger())
        ledger = reviewed.ledger()
        assert card(ledger, customer)["industry"] == "health"
        assert card(ledger.landed, customer)["industry"] == "trade"


def test_a_view_that_main_left_behind_reads_as_main_with_what_waits(reviewed: Company) -> None:
    customer = reviewed.customer()
    ledger = reviewed.ledger()
    (by_hand,) = write(
        ledger.repo, [Change("refs/heads/main", ledger.main, {"templates/x.txt": b"x"}, "by hand\n")],
        ledger.identity.sign, author_of(ledger), ledger.now,
    )  # fmt: skip
    ledger = reviewed.ledger()
    assert (ledger.main, ledger.pending.is_current) == (by_hand, False)
    assert card(ledger, customer)["name"] == "Northern Hospital"
    assert ledger.repo.read(ledger.head, "templates/x.txt") == b"x"
    assert reviewed.ledger().head == ledger.head
    reviewed.add("visit", VISIT, customer=customer)
    ledger = reviewed.ledger()
    assert ledger.pending.is_current
    holds(ledger)


def test_nothing_pending_leaves_no_trace(company: Company) -> None:
    company.customer()
    ledger = company.ledger()
    assert ledger.head == ledger.main
    assert ledger.landed is ledger
    assert git(company.clone("alice"), "for-each-ref", "refs/crmctl/mine", "refs/heads/outbox") == ""


def test_undo_takes_back_what_waits_with_its_keys(reviewed: Company) -> None:
    kept, gone = reviewed.customer(), reviewed.customer(name="Western Clinic")
    first = next(s for s in reviewed.ledger().pending.stacks if kept in s.changes[0].path)
    done = undo(reviewed.ledger(), next(s for s in reviewed.ledger().pending.stacks if s.tip != first.tip).tip)
    assert done.removed == (gone,)
    ledger = reviewed.ledger()
    assert [stack.tip for stack in ledger.pending.stacks] == [first.tip]
    assert ledger.outbox.readers(wraps_folder(gone)) == {}
    assert ledger.outbox.readers(wraps_folder(kept))
    with pytest.raises(NotFound):
        ledger.dossier(gone)
    holds(ledger)
    undo(ledger)
    ledger = reviewed.ledger()
    assert (ledger.head, ledger.repo.resolve(VIEW), ledger.outbox.tip) == (ledger.main, None, None)


def test_undo_of_what_others_were_built_on_takes_those_first(reviewed: Company) -> None:
    customer = reviewed.customer()
    visit = reviewed.add("visit", VISIT, customer=customer)
    update(reviewed.ledger(), customer, {"industry": "health"}, HERE)
    (stack,) = reviewed.ledger().pending.stacks
    with pytest.raises(Refused):
        undo(reviewed.ledger(), stack.commits[0])
    assert undo(reviewed.ledger(), stack.commits[1]).removed == (visit.id,)
    ledger = reviewed.ledger()
    assert card(ledger, customer)["industry"] == "health"
    assert [len(one.commits) for one in ledger.pending.stacks] == [2]
    holds(ledger)
    assert undo(ledger).restored == (customer,)
    assert "industry" not in card(reviewed.ledger(), customer)


def test_what_was_handed_in_and_taken_back_goes_from_the_server(reviewed: Company) -> None:
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    undo(reviewed.ledger(), reviewed.ledger().pending.stacks[0].tip)
    hand_in(reviewed, "alice")
    server = git(reviewed.path / "server.git", "for-each-ref", "refs/heads/review", "refs/heads/outbox")
    assert server == ""
    with pytest.raises(NotFound):
        reviewed.ledger().dossier(customer)


def test_check_and_doctor_find_no_fault_in_what_waits(reviewed: Company) -> None:
    before = doctors_findings(reviewed)
    customer = reviewed.customer()
    reviewed.add("visit", VISIT, customer=customer)
    found = check(reviewed.ledger())
    assert not [finding for finding in found.findings if finding.severity == "error"]
    assert found.existing == check(reviewed.ledger().landed).existing
    assert doctors_findings(reviewed) == before


def doctors_findings(company: Company) -> set[tuple[str, str]]:
    examined = examine(company.clone("alice"), company.home)
    return {(finding.code, finding.where) for one in examined for finding in one.findings}


def test_a_pending_policy_is_not_in_force_and_a_second_change_builds_on_it(reviewed: Company) -> None:
    ask_review(reviewed, [{"on": "change policy", "slots": ["verify head"], "code": "REV010"}])
    before = reviewed.ledger().in_force.pack.values
    for name in ("one", "two"):
        ledger = reviewed.ledger()
        own = ledger.proposed.raw["policy/company.yaml"]
        assert isinstance(own, dict)
        values = own.get("values")
        content = {**own, "values": {**(values if isinstance(values, dict) else {}), name: 1}}
        change_setup(ledger, {"policy/company.yaml": dump(content)}, "policy-set", name)
    ledger = reviewed.ledger()
    assert ledger.in_force.pack.values == before
    assert {"one", "two"} <= ledger.proposed.pack.values.keys()
    assert [len(stack.commits) for stack in ledger.pending.stacks] == [2]


def test_two_holders_land_the_same_bundle_at_once(reviewed: Company) -> None:
    reviewed.customer("bob", name="Western Clinic")
    hand_in(reviewed, "bob")
    slot = approve(reviewed, "alice", "head", "west", whose="bob")
    reviewed.sync("carol", "bob")
    with ThreadPoolExecutor(3) as pool:
        racing = [pool.submit(land, reviewed.ledger(member), slot) for member in ("alice", "carol", "bob")]
        landings = {future.result() for future in racing}
    assert len(landings) == 1
    reviewed.sync("alice", "bob", "carol")
    mains = {reviewed.ledger(member).main for member in ("alice", "bob", "carol")}
    assert len(mains) == 1
    merges = git(reviewed.clone("alice"), "rev-list", "--first-parent", "--merges", "main").split()
    assert landings <= set(merges)
    assert len(merges) == 1


@pytest.mark.slow
def test_a_server_that_judges_takes_all_of_it(reviewed: Company) -> None:
    server = reviewed.path / "server.git"
    install(server)
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    update(reviewed.ledger(), customer, {"industry": "health"}, HERE)
    other = reviewed.customer(name="Western Clinic")
    assert hand_in(reviewed, "alice").numbers == (1, 2)
    undo(reviewed.ledger(), waiting_in_dossier(reviewed.ledger(), other).tip)
    hand_in(reviewed, "alice")
    refs = git(server, "for-each-ref", "--format=%(refname)", "refs/heads/review", "refs/heads/outbox").split()
    assert refs == ["refs/heads/outbox/alice", "refs/heads/review/alice/1"]
    review_and_land(reviewed, "carol", "supervisor", "east")
    reviewed.sync("alice", "bob")
    assert card(reviewed.ledger("carol"), customer)["industry"] == "health"
    assert git(server, "for-each-ref", "refs/heads/review", "refs/heads/outbox") == ""


def waiting_in_dossier(ledger: Ledger, customer: str) -> Stack:
    return next(stack for stack in ledger.pending.stacks if any(customer in c.path for c in stack.changes))


def test_a_sync_takes_from_the_server_what_was_taken_back(reviewed: Company) -> None:
    reviewed.customer()
    hand_in(reviewed, "alice")
    undo(reviewed.ledger())
    assert sync(reviewed.ledger()).waiting == 0
    reviewed.sync("alice")
    assert git(reviewed.path / "server.git", "for-each-ref", "refs/heads/review", "refs/heads/outbox") == ""


def test_two_handed_in_together_and_one_taken_back_is_to_be_handed_in_again(reviewed: Company) -> None:
    one = reviewed.customer()
    two = reviewed.customer(name="Western Clinic")
    assert hand_in(reviewed, "alice").numbers == (1,)
    undo(reviewed.ledger(), waiting_in_dossier(reviewed.ledger(), one).tip)
    assert sync(reviewed.ledger()).waiting == 1
    assert hand_in(reviewed, "alice").numbers == (1,)
    review_and_land(reviewed, "carol", "supervisor", "east")
    ledger = reviewed.ledger("carol")
    assert ledger.dossier(two)
    with pytest.raises(NotFound):
        ledger.dossier(one)


def test_another_copy_of_the_same_member_leaves_what_waits_alone(reviewed: Company) -> None:
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    join(str(reviewed.path / "server.git"), reviewed.path / "laptop", "alice")
    laptop = Ledger(reviewed.path / "laptop", home=reviewed.home)
    add(laptop, Entry("customer", {**CARD, "name": "Western Clinic"}, not_duplicate="another"))
    laptop = Ledger(reviewed.path / "laptop", home=reviewed.home)
    assert submit(laptop).numbers == (2,)
    reviewed.sync("alice", "carol")
    for number in (1, 2):
        seen = reviewed.ledger("carol", at=f"refs/remotes/origin/review/alice/{number}")
        assert all(seen.read(path) for path, _oid in seen.record_blobs())
    assert card(reviewed.ledger(), customer)


def test_what_names_a_customer_that_waits_waits_with_it(reviewed: Company) -> None:
    landed = landed_customer(reviewed)
    waiting = reviewed.customer(name="Western Clinic")
    main = reviewed.ledger().main
    for customer in (waiting, landed):
        draft = reviewed.draft()
        values: dict[str, object] = {
            "on": "2026-11-20", "from_member": "alice", "to_member": "carol", "customers": [customer], "why": "other",
            "note": "on leave", "secrecy": False,
        }  # fmt: skip
        draft.new_record(draft.kind("handover"), "office/east", "east", values)
        draft.commit("handover", "handover")
        ledger = reviewed.ledger()
        if customer == waiting:
            assert ledger.main == main
            assert [len(stack.commits) for stack in ledger.pending.stacks] == [2]
    holds(ledger)


def test_a_change_of_what_landed_later_that_names_what_waits(company: Company) -> None:
    """Bob's new customer waits since before the other landed: its stack does not know that one, and has to."""
    rule: Value = {"code": "REV001", "on": "add customer", "slots": ["verify head"], "unless": ["head"]}
    ask_review(company, [rule])
    mine = company.customer("bob", name="Southern Works")
    there = add(company.ledger(), Entry("customer", {**CARD, "name": "Later Works"}, department="west", owner="bob")).id
    visit = company.add("visit", VISIT, customer=there, department="west").id
    company.sync("alice", "bob")
    update(company.ledger("bob"), visit, {"topic": mine}, HERE)
    ledger = company.ledger("bob")
    assert [len(stack.commits) for stack in ledger.pending.stacks] == [2]
    assert ledger.pending.stacks[0].base == ledger.main
    holds(ledger)
    company.sync("bob")
    hand_in(company, "bob")
    company.sync("alice")
    review_and_land(company, "alice", "head", "west", "bob")
    company.sync("bob")
    ledger = company.ledger("bob")
    assert ledger.read(lookup.record(ledger.landed, visit).path).data["topic"] == mine
    assert [finding for finding in check(ledger).findings if finding.severity == "error"] == []


def test_who_lands_anothers_change_is_told_of_it_though_the_own_one_met_it(reviewed: Company) -> None:
    """Alice's waiting change clashes with the one of Carol that she lands: landed is landed."""
    customer = reviewed.customer()
    hand_in(reviewed, "alice")
    review_and_land(reviewed, "carol", "supervisor", "east")
    reviewed.sync("alice", "carol")
    update(reviewed.ledger(), customer, {"name": "Hers"}, HERE)
    update(reviewed.ledger("carol"), customer, {"name": "His"}, HERE)
    hand_in(reviewed, "carol")
    landing = review_and_land(reviewed, "alice", "head", "east", "carol")
    ledger = reviewed.ledger()
    assert git(reviewed.clone("alice"), "merge-base", "--is-ancestor", landing, ledger.main) == ""
    with pytest.raises(Conflict):
        sync(reviewed.ledger())  # the next exchange says what is left to settle
