"""A successor takes over what a member who left had handed in: under the same ids, with new keys, for the leaver."""

from __future__ import annotations

from datetime import datetime

import pytest

from crmctl.errors import NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.history import card_path
from crmctl.ledger.setup.enrol import leave, set_roles
from crmctl.ledger.waiting.adopting import adopt, left_by
from crmctl.model.org import Role
from crmctl.review.approving import approve
from crmctl.review.inbox import inbox
from crmctl.trust.gate import Gate
from tests.attacks.forgery import verified
from tests.company import VISIT, Company
from tests.under_review import ask_review, hand_in, review_and_land


def test_what_a_leaver_had_waiting_is_handed_in_by_a_successor(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_review(company)
    ledger = company.ledger()
    set_roles(ledger, "carol", (Role("supervisor", "east", ledger.today), Role("supervisor", "west", ledger.today)))
    company.sync("alice", "carol", "bob")
    there = company.customer("bob", name="There Works")
    hand_in(company, "bob")
    review_and_land(company, "alice", "head", "west", "bob")
    company.sync("bob")
    update(company.ledger("bob"), there, {"industry": "health"}, Origin())
    scan = company.path / "licence.pdf"
    scan.write_bytes(b"%PDF-1.4 licence")
    mine = company.customer("bob", name="Waiting Works")
    visit = company.add("visit", VISIT, "bob", customer=mine).id
    licence = {"what": "business_licence", "number": "A-1"}
    paper = company.add("qualification", licence, "bob", customer=mine, files={"scan": scan}).id
    hand_in(company, "bob")
    company.sync("carol", "alice")
    with pytest.raises(Refused):
        adopt(company.ledger("carol"), "bob")  # he is still here
    with pytest.raises(NotFound):
        adopt(company.ledger("carol"), "nobody")
    leave(company.ledger(), "bob", company.ledger().today)
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    company.sync("alice", "carol")
    bundle = inbox(company.ledger("alice"))[0]
    assert bundle.wrong or not bundle.asks_me, "a leaver's own changes land no more"
    old = company.ledger("carol").standing_on(left_by(company.ledger("carol"), "bob")[-1].tip).dossier(mine)
    taken = adopt(company.ledger("carol"), "bob")
    assert {there, mine, visit, paper} <= set(taken)
    assert adopt(company.ledger("carol"), "bob") == (), "once is enough"
    submit(company.ledger("carol"), gate=Gate())
    company.sync("alice")
    assert {item.one.member for item in inbox(company.ledger())} == {"carol"}
    for item in inbox(company.ledger()):
        assert approve(company.ledger(), item, [change.name for change in item.changes], gate=Gate()).landed
    company.sync("carol", "alice")
    ledger = company.ledger()
    card = ledger.read(card_path(ledger, mine))
    assert (card.data["name"], card.by, card.for_, card.to_confirm) == ("Waiting Works", "carol", "bob", ())
    assert ledger.read(card_path(ledger, there)).data["industry"] == "health"
    dossier = ledger.dossier(mine)
    assert dossier.assignments["west"].owner == "carol"
    assert not {entry.key for entry in dossier.compartments.values()} & {e.key for e in old.compartments.values()}
    assert ledger.read(lookup.record(ledger, visit).path).data["topic"] == VISIT["topic"]
    assert lookup.record(ledger, paper).dossier == mine
    found = verified(company, now=datetime.fromisoformat("2026-11-23T10:00:00+08:00")).findings
    assert [(one.code, one.args) for one in found] == []
    faults = {one.code for one in check(ledger).findings if one.severity == "error"}
    assert faults <= {"ORG001"}, "what bob owned before still waits for its handover"
