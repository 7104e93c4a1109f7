"""Letters are read in their territory; whoever reads those of another needs the leave of who leads (P07:6.3)."""

from __future__ import annotations

import pytest

from crmctl.errors import NoKey, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.model.org import Role
from tests.attacks.forgery import codes
from tests.company import NOW, Company


@pytest.fixture
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
