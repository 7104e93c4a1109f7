"""Approvals forged, evaded, moved and bought: each attack beside its honest twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.keys.identity import create
from crmctl.model.clear_files import encode_delegations, encode_dossier, encode_member
from crmctl.model.dossier import Assignment, Grant
from crmctl.model.org import Delegation, Member, Role
from tests.attacks.forgery import AT, codes, resealed, verified
from tests.attacks.reviews import COMPANY, RULES, Reviews, reviews
from tests.company import Company
from tests.prepared import prepared

DAY = date(2026, 11, 20)
WEST = "verify head west"


def member(forger: Reviews, name: str) -> Member:
    return forger.company.ledger().in_force.org.members[name]


def newcomer(company: Company, name: str, *roles: tuple[str, str | None], keys: bool = True) -> Member:
    held = tuple(Role(role, department, DAY) for role, department in roles)
    own = create(company.home, name, None) if keys else None
    return Member(name, name.title(), held, own.opens if own else None, own.signs if own else None, DAY)


@prepared
def waiting(company: Company) -> str:
    """Bob's customer, which the usual rules let nobody enter alone."""
    return reviews(company)[1]


@pytest.fixture
def bobs(company: Company, waiting: str) -> tuple[Reviews, str]:
    """Reviews by the usual rules, and bob's customer waiting."""
    return Reviews(company), waiting


@pytest.mark.req("R-REV-17")
def test_the_honest_way(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    bundle = forger.bundle("bob", change)
    top = forger.slot("alice", bundle, WEST)
    forger.land("carol", top)
    assert codes(company) == set(), "whoever is there lands what was approved"


@pytest.mark.req("R-REV-01")
def test_unreviewed_in_every_shape(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    main = forger.main
    forger.put("bob", forger.edits(change))
    assert codes(company) == {"TRU080"}, "as a plain commit"
    forger.set(main)
    forger.land("bob", change)
    assert codes(company) == {"TRU080"}, "as a landing"
    forger.set(main)
    bundle = forger.bundle("bob", change)
    forger.land("bob", bundle)
    assert codes(company) == {"TRU080"}, "as a bundle nobody signed"
    forger.set(bundle)
    assert "TRU080" in codes(company), "the bundle itself as main"
    forger.set(forger.slot("alice", bundle, WEST))
    assert {"TRU080", "TRU081"} <= codes(company), "main set to the approval instead of landed"


def test_what_needs_no_approval_lands_as_before(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, _change = bobs
    forger.rule([])
    forger.put("bob", forger.edits(_change))
    assert codes(company) == set()


@pytest.mark.req("R-REV-14")
def test_self_approval(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    forger.members(replace(member(forger, "bob"), roles=(*member(forger, "bob").roles, Role("head", "west", DAY))))
    main = forger.main
    bundle = forger.bundle("bob", change)
    forger.land("bob", forger.slot("bob", bundle, WEST))
    assert codes(company) == {"TRU080", "TRU084"}
    forger.set(main)
    bundle = forger.bundle("carol", change)
    forger.land("bob", forger.slot("bob", bundle, WEST))
    assert codes(company) == {"TRU080", "TRU084"}, "also where somebody else put it together"


def test_self_approval_through_a_second_self_in_the_same_bundle(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    second = newcomer(company, "alice2", ("head", "west"))
    forger.rule(RULES[:1])
    edits = {**forger.edits(change), "org/members/alice2.yaml": dump(encode_member(second))}
    own = forger.forge("alice", edits)
    main = forger.main
    forger.land("alice", forger.slot("alice2", forger.bundle("alice", own), WEST))
    assert codes(company) == {"TRU012", "TRU080"}
    forger.set(main)
    forger.members(second)
    own = forger.forge("alice", forger.edits(change))
    forger.land("alice", forger.slot("alice2", forger.bundle("alice", own), WEST))
    assert codes(company) == set(), "once the member is on main, the approval is somebody else's"


def test_self_approval_with_ones_key_under_anothers_name(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    changed = replace(member(forger, "alice"), signs=member(forger, "bob").signs)
    tip = forger.forge("bob", {"org/members/alice.yaml": dump(encode_member(changed))}, parents=[change], base=change)
    forger.land("bob", forger.slot("alice", forger.bundle("bob", tip), WEST, key="bob"))
    assert {"TRU013", "TRU040", "TRU080"} <= codes(company)


@pytest.mark.req("R-REV-17")
def test_a_slot_without_the_role(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    bundle = forger.bundle("bob", change)
    forger.land("bob", forger.slot("carol", bundle, "verify supervisor west"))
    assert codes(company) == {"TRU080", "TRU083"}, "she supervises east"


def test_a_slot_for_another_department(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    bundle = forger.bundle("bob", change)
    forger.land("carol", forger.slot("carol", bundle, "verify supervisor east"))
    assert codes(company) == {"TRU023", "TRU080"}, "a role she holds, but not where the customer is"


def test_a_role_given_by_the_bundle_itself(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    carol = member(forger, "carol")
    raised = replace(carol, roles=(*carol.roles, Role("supervisor", "west", DAY)))
    own = forger.forge("alice", {"org/members/carol.yaml": dump(encode_member(raised))})
    main = forger.main
    bundle = forger.bundle("alice", own, change)
    forger.land("carol", forger.slot("carol", bundle, "verify supervisor west"))
    assert codes(company) == {"TRU080", "TRU083", "TRU023"}
    forger.set(main)
    forger.set(own)
    bundle = forger.bundle("bob", change)
    forger.land("carol", forger.slot("carol", bundle, "verify supervisor west"))
    assert codes(company) == set(), "a role on main counts"


def test_a_role_lost_before_it_enters(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    carol = member(forger, "carol")
    forger.members(replace(carol, roles=(*carol.roles, Role("supervisor", "west", DAY))))
    top = forger.slot("carol", forger.bundle("bob", change), "verify supervisor west")
    main = forger.main
    forger.land("alice", top)
    assert codes(company) == set()
    forger.set(main)
    forger.members(carol)
    forger.land("alice", top)
    assert codes(company) == {"TRU080", "TRU083"}


def test_a_slot_given_for_another_bundle(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    first = forger.bundle("bob", change)
    tip = forger.forge("bob", {_card(forger, change): _sealed_anew(forger, change)}, parents=[change], base=change)
    second = forger.bundle("bob", tip)
    forger.land("bob", forger.slot("alice", second, WEST, bundle=first))
    assert codes(company) == {"TRU080", "TRU082"}


def test_a_slot_moved_onto_another_bundle(company: Company, bobs: tuple[Reviews, str]) -> None:
    """Alice's own signed words cannot be taken off her bundle: its parent is in them."""
    forger, change = bobs
    given = forger.slot("alice", forger.bundle("bob", change), WEST)
    info = forger.repo.commit(given)
    tip = forger.forge("bob", {_card(forger, change): _sealed_anew(forger, change)}, parents=[change], base=change)
    other = forger.bundle("bob", tip)
    payload = info.payload.replace(info.parents[0].encode(), other.encode())
    payload = payload.replace(info.tree.encode(), (forger.repo.root(other) or "").encode())
    from crmctl.ledger.git.objects import with_signature

    moved = forger.repo.run(
        "hash-object", "-t", "commit", "-w", "--stdin", input=with_signature(payload, info.signature or "")
    )
    forger.land("bob", moved.decode().strip())
    assert {"TRU013", "TRU080"} <= codes(company)


def test_a_slot_that_changes_a_file(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    bundle = forger.bundle("bob", change)
    top = forger.slot("alice", bundle, WEST, edits={_card(forger, change): _sealed_anew(forger, change)})
    forger.land("bob", top)
    assert codes(company) == {"TRU080", "TRU081"}


def test_a_bundle_with_something_slipped_in_or_left_out(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    main = forger.main
    for options, code in (
        ({"more": {_card(forger, change): _sealed_anew(forger, change)}}, "TRU020"),
        ({"more": {"org/members/bob.yaml": None}}, "TRU020"),
        ({"without": "dossier.yaml"}, "TRU021"),
    ):
        forger.set(main)
        bundle = forger.bundle("bob", change, **options)  # type: ignore[arg-type]
        forger.land("bob", forger.slot("alice", bundle, WEST))
        assert codes(company) == {code}


def test_two_stacks_that_touch_the_same_path(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    card = _card(forger, change)
    one = forger.forge("bob", {card: _sealed_anew(forger, change)}, parents=[change], base=change)
    two = forger.forge("bob", {card: _sealed_anew(forger, change)}, parents=[change], base=change)
    bundle = forger.bundle("bob", one, two)
    forger.land("bob", forger.slot("alice", bundle, WEST))
    assert codes(company) & {"TRU022", "TRU085"}


def test_parents_swapped(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    pin = verified(company).pin
    bundle = forger.bundle("bob", change)
    top = forger.slot("alice", bundle, WEST)
    main = forger.main
    forger.land("bob", top, swapped=True)
    assert codes(company, pin=pin), "main's line would go over the bundle"
    assert codes(company)
    forger.set(main)
    message = "submit 1 changes\n\nCrmctl-Action: submit\n"
    turned = forger.forge("bob", {}, parents=[change, main], base=bundle, message=message)
    forger.land("bob", forger.slot("alice", turned, WEST))
    assert codes(company), "and so would the bundle's first parent"


def test_a_bundle_of_what_main_holds(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    forger.land("bob", forger.slot("alice", forger.bundle("bob", change), WEST))
    assert codes(company) == set()
    bundle = forger.forge("bob", {}, parents=[forger.main, change], message="submit 1\n\nCrmctl-Action: submit\n")
    forger.land("bob", forger.slot("alice", bundle, WEST))
    assert codes(company) == {"TRU024"}


def test_a_landing_with_more_than_was_approved(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    top = forger.slot("alice", forger.bundle("bob", change), WEST)
    main = forger.main
    forger.land("bob", top, more={_card(forger, change): _sealed_anew(forger, change)})
    assert codes(company) == {"TRU020"}
    forger.set(main)
    after = forger.forge("bob", {_card(forger, change): _sealed_anew(forger, change)}, parents=[top], base=top)
    forger.land("bob", after)
    assert "TRU081" in codes(company), "and a change on top of the approval is none"


@pytest.mark.req("R-REV-01")
def test_part_of_what_was_submitted(company: Company) -> None:
    """The approver makes a bundle of the stacks that are good, and signs that."""
    company.customer("bob", name="Southern Works")
    forger = Reviews(company)
    first = forger.taken("bob")
    company.customer("carol", name="Eastern Works")
    second = forger.taken("carol")
    forger.rule(RULES)
    whole = forger.bundle("bob", first, second)
    part = forger.bundle("alice", first)
    assert whole != part
    forger.land("alice", forger.slot("alice", part, WEST))
    assert codes(company) == set()
    forger.land("alice", forger.slot("alice", forger.bundle("alice", second), "verify head east"))
    assert codes(company) == set()


def test_one_bundle_two_departments(company: Company) -> None:
    company.customer("bob", name="Southern Works")
    forger = Reviews(company)
    first = forger.taken("bob")
    company.customer("carol", name="Eastern Works")
    second = forger.taken("carol")
    forger.rule(RULES)
    bundle = forger.bundle("bob", first, second)
    main = forger.main
    west = forger.slot("alice", bundle, WEST)
    forger.land("alice", west)
    assert codes(company) == {"TRU080"}, "east was not asked"
    forger.set(main)
    forger.land("alice", forger.slot("alice", west, "verify head east", bundle=bundle))
    assert codes(company) == set(), "one head of both says so for each"


@pytest.mark.req("R-REV-14")
def test_two_slots_by_one_person(company: Company) -> None:
    rules = [{"code": "REV001", "on": "add customer", "slots": ["verify supervisor", "sign head"]}]
    forger, change = reviews(company, rules)
    alice, dave = member(forger, "alice"), newcomer(company, "dave", ("supervisor", "west"))
    forger.members(replace(alice, roles=(*alice.roles, Role("supervisor", "west", DAY))), dave)
    main = forger.main
    bundle = forger.bundle("bob", change)
    first = forger.slot("alice", bundle, "verify supervisor west")
    forger.land("alice", forger.slot("alice", first, "sign head west", bundle=bundle))
    assert codes(company) == {"TRU080"}
    forger.set(main)
    first = forger.slot("dave", bundle, "verify supervisor west")
    forger.land("alice", forger.slot("alice", first, "sign head west", bundle=bundle))
    assert codes(company) == set()
    forger.set(main)
    first = forger.slot("alice", bundle, "sign head west")
    forger.land("alice", forger.slot("dave", first, "verify supervisor west", bundle=bundle))
    assert codes(company) == {"TRU080"}, "the head signs after the supervisor, not before"


# Delegation


def delegated(to: str, *, until: date = date(2026, 11, 30), role: str = "head") -> bytes:
    return dump(encode_delegations([Delegation(to, role, "west", DAY, until)]))


def test_a_delegation(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    main = forger.main
    forger.put("bob", {"org/delegations/alice.yaml": delegated("carol")})
    assert codes(company) == {"TRU040"}, "made by another"
    forger.set(main)
    forger.put("alice", {"org/delegations/alice.yaml": delegated("carol")})
    bundle = forger.bundle("bob", change)
    forger.land("carol", forger.slot("carol", bundle, WEST))
    assert codes(company) == set(), "the twin: her own"


def test_a_delegation_that_ended_or_of_a_role_not_held(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    main = forger.main
    for author, content in (
        ("alice", delegated("carol", until=DAY - timedelta(days=1))),
        ("alice", delegated("carol", role="division")),
        ("bob", delegated("carol")),
    ):
        forger.set(main)
        forger.put(author, {f"org/delegations/{author}.yaml": content})
        forger.land("bob", forger.slot("carol", forger.bundle("bob", change), WEST))
        assert codes(company) == {"TRU080", "TRU083"}


def test_a_delegation_in_the_bundle_it_approves(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    own = forger.forge("alice", {"org/delegations/alice.yaml": delegated("carol")})
    forger.land("bob", forger.slot("carol", forger.bundle("bob", own, change), WEST))
    assert codes(company) >= {"TRU080", "TRU083"}


@pytest.mark.req("R-REV-14")
def test_the_authors_own_delegate(company: Company, bobs: tuple[Reviews, str]) -> None:
    """Who stands in for the author approves in the author's name."""
    forger, change = bobs
    forger.put("alice", {"org/delegations/alice.yaml": delegated("carol")})
    own = forger.forge("alice", forger.edits(change))
    forger.land("alice", forger.slot("carol", forger.bundle("alice", own), WEST))
    assert codes(company) == {"TRU080", "TRU084"}


def test_a_leaver_dates_a_slot_back(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    carol = member(forger, "carol")
    staying = replace(carol, roles=(Role("supervisor", "west", date(2026, 11, 1)),))
    forger.members(staying)
    bundle = forger.bundle("bob", change)
    top = forger.slot("carol", bundle, "verify supervisor west", at=AT)
    later = AT + timedelta(days=5)
    main = forger.main
    forger.land("alice", top, at=later)
    assert codes(company, now=later) == set(), "still there when it enters"
    forger.set(main)
    forger.members(replace(staying, until=DAY), at=AT)
    forger.land("alice", top, at=later)
    assert codes(company, now=later) == {"TRU014", "TRU080"}


# Policy and standing


def test_a_change_of_the_policy_judged_by_its_own(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    content = load(forger.repo.read("main", COMPANY) or b"", COMPANY)
    assert isinstance(content, dict)
    loosened = dump({**content, "review": []})
    main = forger.main
    forger.put("alice", {COMPANY: loosened, **forger.edits(change)})
    assert codes(company) == {"TRU080"}, "in one commit"
    forger.set(main)
    first = forger.forge("alice", {COMPANY: loosened})
    second = forger.forge("alice", forger.edits(change), parents=[first], base=first)
    forger.put("alice", {"org/delegations/alice.yaml": delegated("carol")})
    forger.land("alice", second, base=main)
    assert codes(company) == {"TRU080"}, "in one landing"
    forger.set(main)
    forger.land("alice", forger.bundle("alice", first, change))
    assert codes(company) == {"TRU080"}, "in one bundle"


def test_two_administrators_change_the_policy_together(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, _change = bobs
    forger.members(newcomer(company, "dave", ("admin", None)))
    main = forger.main
    content = load(forger.repo.read("main", COMPANY) or b"", COMPANY)
    assert isinstance(content, dict)
    loosened = {COMPANY: dump({**content, "review": []})}
    forger.put("alice", loosened)
    assert codes(company) == {"TRU080"}, "there is another administrator now"
    forger.set(main)
    bundle = forger.bundle("alice", forger.forge("alice", loosened))
    forger.land("alice", forger.slot("dave", bundle, "verify admin -"))
    assert codes(company) == set()


def test_what_the_approver_may_the_author_may_with_it(company: Company) -> None:
    """Bob changes a card of alice's: by himself he may not, with the approval of who may he may."""
    customer = company.customer("alice")
    company.sync("alice", "bob")
    forger = Reviews(company)
    forger.rule(RULES)
    path = next(p for p in forger.paths("core/customer.yaml.age") if customer in p)
    change = forger.forge("bob", resealed(forger, path))
    main = forger.main
    forger.land("bob", forger.slot("carol", forger.bundle("bob", change), "acknowledge supervisor east"))
    assert codes(company) == {"TRU040", "TRU080"}, "an acknowledgement lends nothing"
    forger.set(main)
    forger.land("bob", forger.slot("carol", forger.bundle("bob", change), "verify supervisor east"))
    assert codes(company) == set()


@pytest.mark.req("R-REV-04")
def test_a_reading_right_is_given_by_who_may(company: Company) -> None:
    customer = company.customer("alice")
    company.sync("alice", "bob")
    forger = Reviews(company)
    forger.rule(RULES)
    dossier = company.ledger().dossier(customer)
    granted = replace(dossier, grants=(Grant("bob", "east/sales", date(2027, 1, 1)),))
    change = forger.forge("bob", {dossier.path: dump(encode_dossier(granted))})
    main = forger.main
    forger.land("bob", forger.slot("carol", forger.bundle("bob", change), "verify supervisor east"))
    assert codes(company) == {"TRU080"}, "the policy wants the head for this"
    forger.set(main)
    forger.land("bob", forger.slot("alice", forger.bundle("bob", change), "sign head east"))
    assert codes(company) == set()
    forger.set(main)
    forger.put("alice", {dossier.path: dump(encode_dossier(granted))})
    assert codes(company) == set(), "and the head herself needs nobody"


def test_an_approval_lends_nothing_in_the_set_up(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, _change = bobs
    change = forger.forge("bob", {"org/members/bob.yaml": dump(encode_member(
        replace(member(forger, "bob"), roles=(Role("admin", None, DAY),))))})  # fmt: skip
    forger.land("alice", forger.slot("alice", forger.bundle("bob", change), "verify admin -"))
    assert codes(company) == {"TRU040"}


def test_a_department_brought_along_approves_nothing(company: Company) -> None:
    """Bob lays west on alice's customer and changes its card: west's head has no say there yet."""
    customer = company.customer("alice")
    company.sync("alice", "bob")
    forger = Reviews(company)
    forger.rule(RULES)
    alice, carol = member(forger, "alice"), member(forger, "carol")
    only_east = tuple(role for role in alice.roles if role.department != "west")
    raised = replace(carol, roles=(Role("head", "west", DAY),))
    forger.members(replace(alice, roles=only_east), raised)
    dossier = company.ledger().dossier(customer)
    path = next(p for p in forger.paths("core/customer.yaml.age") if customer in p)
    joined = dossier.assigned("west", Assignment("bob", (), None, "potential", DAY))
    clear = {dossier.path: dump(encode_dossier(joined))}
    main = forger.main
    for stack in (
        forger.forge("bob", {**clear, **resealed(forger, path)}),
        forger.forge("bob", resealed(forger, path), parents=[forger.forge("bob", clear)]),
    ):
        forger.set(main)
        forger.land("bob", forger.slot("carol", forger.bundle("bob", stack), WEST))
        assert codes(company) >= {"TRU080"}
    forger.set(main)
    forger.put("bob", clear)
    forger.land("bob", forger.slot("carol", forger.bundle("bob", forger.forge("bob", resealed(forger, path))), WEST))
    assert codes(company) == set(), "once west deals with the customer, its head has"


# Acknowledgements, paper, keys


@pytest.mark.req("R-REV-02")
def test_an_acknowledgement_may_come_afterwards(company: Company) -> None:
    rules = [{"code": "REV001", "on": "add customer", "slots": ["verify head", "acknowledge supervisor"]}]
    forger, change = reviews(company, rules)
    forger.members(newcomer(company, "dave", ("supervisor", "west")))
    bundle = forger.bundle("bob", change)
    forger.land("alice", forger.slot("alice", bundle, WEST))
    assert codes(company) == set()
    main = forger.main
    forger.set(forger.slot("dave", main, "acknowledge supervisor west", bundle=bundle))
    assert codes(company) == set()
    forger.set(main)
    forger.set(forger.slot("carol", main, "acknowledge supervisor west", bundle=bundle))
    assert codes(company) == {"TRU083"}
    forger.set(main)
    forger.set(forger.slot("alice", main, "sign head west", bundle=bundle))
    assert codes(company) == {"TRU081"}, "nothing else stands on main by itself"


def scanned(company: Company, bundle: str, member: str = "alice", *, scan: bool = True) -> str:
    """What recording a leader's word on paper files first; without its scan only when it is forged."""
    draft = company.draft(member)
    file = company.path / "scan.pdf"
    file.write_bytes(b"%PDF-1.4 agreed")
    said = {"leader": "boss", "signed_on": "2026-11-20", "about": [bundle[:12]], **({} if scan else {"scan": FILE})}
    kind, files = draft.kind("paper_approval"), {"scan": file} if scan else None
    draft.new_record(kind, "office/west", "west", said, files=files)
    return draft.commit("add", "paper_approval", [f"Crmctl-Bundle: {bundle}"])


FILE: dict[str, object] = {"name": "a.pdf", "type": "application/pdf", "size": 3, "sha256": "0" * 64}


@pytest.mark.req("R-REV-14")
@pytest.mark.req("R-REV-17")
def test_on_paper(company: Company) -> None:
    rules = [{"code": "REV001", "on": "add customer", "slots": ["sign management"]}]
    forger, change = reviews(company, rules)
    forger.members(newcomer(company, "boss", ("management", None), keys=False))
    said, start = "sign management -", forger.main
    bundle = forger.bundle("bob", change)

    def land(recorder: str = "alice", scan: str | None = None, leader: str = "boss") -> set[str]:
        before = forger.main
        forger.land("alice", forger.slot(recorder, bundle, said, paper=leader, scan=scan))
        found = codes(company)
        forger.set(before)
        return found

    scan = scanned(company, bundle)
    assert land(scan=scan) == {"TRU080"}, "the policy does not allow it"
    forger.set(start)
    forger.rule([{**rules[0], "paper": True}])
    allowed, bundle = forger.main, forger.bundle("bob", change)
    assert land() == {"TRU080", "TRU087"}, "no scan"
    assert land(scan=allowed) == {"TRU080", "TRU087"}, "something else for a scan"
    assert land(scan=scanned(company, bundle, scan=False)) == {"TRU080", "TRU087"}, "a record without its scan"
    forger.set(allowed)
    assert land(scan=scanned(company, start)) == {"TRU080", "TRU087"}, "the scan of another submission"
    scan = scanned(company, bundle)
    assert land(scan=scan) == set()
    assert land("carol", scan) == {"TRU080", "TRU087"}, "somebody else's scan"
    assert land("bob", scan) == {"TRU080", "TRU087"}, "the author records no approval"
    forger.rule([{**rules[0], "paper": ["clerk"]}])
    assert land(scan=scan) == {"TRU080"}, "a recorder whom the policy does not name"
    forger.rule([{**rules[0], "paper": True}])
    forger.members(newcomer(company, "boss", ("management", None)))
    assert land(scan=scan) == {"TRU080", "TRU083"}, "who has a key signs"


def test_sealed_to_a_key_that_was_turned(company: Company) -> None:
    from crmctl.ledger.keys.seal import new_key
    from crmctl.model.dossier import Compartment

    customer = company.customer("alice")
    forger = Reviews(company)
    dossier = company.ledger().dossier(customer)
    path = next(p for p in forger.paths("core/customer.yaml.age") if customer in p)
    old = dossier.compartments["core"]
    edits, main = resealed(forger, path), forger.main
    said = f"update customer\n\nCrmctl-Action: update\nCrmctl-Generation: {customer}:core:1\n"
    forger.put("alice", edits, message=said)
    assert codes(company) == set()
    forger.set(main)
    turned = dossier.with_compartments({"core": Compartment(new_key().public, 2, {1: old.key})})
    forger.put("alice", {dossier.path: dump(encode_dossier(turned))})
    forger.put("alice", edits, message=said)
    assert codes(company) == {"TRU086"}


def test_a_landing_in_a_landing(company: Company, bobs: tuple[Reviews, str]) -> None:
    """Main moved before the landing arrived: it is landed itself, its approvals counted again."""
    forger, change = bobs
    main = forger.main
    inner = forger.land("alice", forger.slot("alice", forger.bundle("bob", change), WEST))
    forger.set(main)
    forger.put("alice", {"org/delegations/alice.yaml": delegated("carol")})
    between = forger.main
    forger.land("alice", inner)
    assert codes(company) == set()
    forger.set(main)
    bare = forger.land("alice", forger.bundle("bob", change))
    forger.set(between)
    forger.land("alice", bare)
    assert codes(company) == {"TRU080"}


def _card(forger: Reviews, commit: str) -> str:
    return next(path for path in forger.edits(commit) if path.endswith("core/customer.yaml.age"))


def _sealed_anew(forger: Reviews, commit: str) -> bytes:
    from crmctl.ledger.keys.seal import seal
    from crmctl.ledger.ledger import parse_dossier

    path = next(path for path in forger.edits(commit) if path.endswith("dossier.yaml"))
    dossier = parse_dossier(forger.repo.read(commit, path) or b"", path)
    return seal(b"some other content", dossier.compartments["core"].key)
