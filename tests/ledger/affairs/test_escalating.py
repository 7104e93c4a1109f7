"""What is late reaches the person it goes on to: in his own list, with the reason, even where he opens nothing of it."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.ledger.affairs.escalating import escalate
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.setup.enrol import set_roles
from crmctl.model.org import Role
from tests.company import Company
from tests.requirements.proving import lays_down

LATE = """
clocks:
  - {code: OWN001, on: inquiry, at: received_at, within: 1 day, done: [answered_at], who: [owner],
     then: [{after: 1 day, who: [role supervisor]}, {after: 1 day, who: [role management]}], text: [未答复, Not answered]}
"""
ASKED = {"received_at": "2026-11-10T09:00:00+08:00", "text": "Price?"}


@pytest.mark.req("R-CMP-10")
def test_a_late_matter_reaches_whom_it_goes_on_to(company: Company) -> None:
    lays_down(company, LATE)
    set_roles(company.ledger(), "bob", (Role("management", None, date(2026, 11, 1)),))
    inquiry = company.add("inquiry", ASKED, customer=company.customer(), department="east").id
    company.sync("alice", "bob", "carol")
    (mine,) = [item for item in agenda(company.ledger("carol"), own(company.ledger("carol"))).items if item.late]
    assert (mine.code, mine.passed_from, mine.turned) == ("OWN001", ("alice",), 2)  # she opens it: no note needed
    done = escalate(company.ledger(), "east")
    assert (done.late, done.turned, done.told, done.settled) == (1, 1, 1, 0)
    assert escalate(company.ledger(), "east").told == 0
    assert [row["to"] for row in list_kind(company.ledger(), "escalation", None, ["to"], 0).documents()] == ["bob"]
    company.sync("alice", "bob")
    (his,) = agenda(company.ledger("bob"), own(company.ledger("bob"))).items
    assert (his.code, his.who) == ("DUE020", ("bob",))
    assert his.told == f"OWN001 {inquiry} Not answered; 9 days late, passed on from Alice"
    assert [item.code for item in agenda(company.ledger(), own(company.ledger())).items if item.late] == ["OWN001"]
    update(company.ledger(), inquiry, {"answer": "Ten", "answered_at": "2026-11-20T09:00:00+08:00"}, Origin())
    assert escalate(company.ledger(), "east").settled == 1
    company.sync("alice", "bob")
    assert agenda(company.ledger("bob"), own(company.ledger("bob"))).items == ()
