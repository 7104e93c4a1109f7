"""Letters are read in their territory; whoever reads those of another needs the leave of who leads (P07:6.3)."""

from __future__ import annotations

import pytest

from crmctl.errors import NoKey, NotFound, Refused
from crmctl.ledger.affairs.requesting import request
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.reading import lookup
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.org import Role
from crmctl.review.approving import approve
from crmctl.review.inbox import inbox
from crmctl.trust.gate import Gate
from tests.attacks.forgery import codes
from tests.company import NOW, Company
from tests.prepared import prepared


@prepared
def north_and_south(company: Company) -> Company:
    """Dave works in the north of east, erin in its south (北区, 南区)."""
    for name, territory in (("dave", "北区"), ("erin", "south")):
        ledger = company.ledger()
        role = (Role("sales", "east", ledger.today),)
        add_member(ledger, create(company.home, name, None), name.title(), role, territory=territory)
    company.sync("alice", "carol")
    for name in ("dave", "erin"):
        join(str(company.path / "server.git"), company.clone(name), name)
    return company


def opens(company: Company, member: str, record: str) -> bool:
    ledger = company.ledger(member)
    path = next(path for path, _oid in ledger.record_blobs() if record in path)
    try:
        ledger.read(path)
    except NoKey:
        return False
    return True


@pytest.mark.req("R-ACL-11")
def test_a_letter_is_read_in_its_territory_and_by_who_leads(north_and_south: Company) -> None:
    company = north_and_south
    letter = {
        "direction": "in", "party": "Northern Works", "subject": "prices", "way": "fax", "received_at": NOW,
    }  # fmt: skip
    north = company.add("correspondence", {**letter, "territory": "北区"}, "dave", department="east").id
    south = company.add("correspondence", {**letter, "territory": "south"}, department="east").id
    of_none = company.add("correspondence", letter, department="east").id
    company.sync("alice", "dave", "carol", "alice", "dave", "erin", "bob")
    read = {m: [opens(company, m, one) for one in (north, south, of_none)] for m in ("dave", "erin", "carol", "bob")}
    assert read == {
        "dave": [True, False, False], "erin": [False, True, False], "carol": [True, True, True],
        "bob": [False, False, False],
    }  # fmt: skip
    with pytest.raises(Refused) as caught:
        update(company.ledger("carol"), north, {"territory": "south"}, Origin())
    assert caught.value.rule == "R-ACL-11"
    update(company.ledger("carol"), north, {"subject": "prices of next year"}, Origin())
    company.sync("carol", "alice")
    assert codes(company) == set()
    assert [f.code for f in check(company.ledger()).findings if f.severity == "error"] == []
    assert "北区" not in "".join(path for path, _oid in company.ledger().repo.walk("main"))


@pytest.mark.req("R-REV-07")
def test_letters_of_another_territory_are_read_with_the_leave_of_the_head(north_and_south: Company) -> None:
    company = north_and_south
    adopt(company.ledger(), "p07")
    company.sync("alice", "dave", "erin", "carol")
    letter = {"direction": "in", "party": "Northern Works", "subject": "prices", "way": "fax", "received_at": NOW}
    north = company.add("correspondence", {**letter, "territory": "北区"}, "dave", department="east").id
    company.sync("dave", "erin")
    values = {"territory": "北区", "why": "the same party", "until": "2026-12-31"}
    with pytest.raises(NotFound):
        request(company.ledger("erin"), "letters_request", "east", {**values, "territory": "西"})
    asked = request(company.ledger("erin"), "letters_request", "east", values)
    assert asked.readers == ("erin",)
    submit(company.ledger("erin"), gate=Gate())
    assert not opens(company, "erin", north)
    company.sync("carol", "alice")
    assert not [item for item in inbox(company.ledger("carol")) if item.asks_me], "a supervisor is no head"
    bundle = inbox(company.ledger())[0]
    assert approve(company.ledger(), bundle, [bundle.changes[0].name], gate=Gate()).landed
    company.sync("erin")
    assert opens(company, "erin", north)
    assert codes(company, "erin") == set()
    ledger = company.ledger()
    assert ledger.read(lookup.record(ledger, asked.id).path).data["state"] == "approved"
