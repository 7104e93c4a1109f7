"""Twelve members add a customer each in the same moment, over three real servers with the hook: none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.model.org import Role
from crmctl.trust.gate import Gate
from tests.company import CARD, Company
from tests.servers.sites import KINDS, ROOT, Site, site

pytestmark = pytest.mark.slow
MORE = tuple(f"m{number}" for number in range(9))
BUSY = 9  # "others are writing all the time; run it again"


def entered(at: Site, member: str) -> list[str]:
    """Add a customer and hand it over, as often as the program asks for; what went wrong, last of all nothing."""
    values = {**CARD, "name": f"Works of {member}"}
    sets = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    code, said = at.crmctl(member, "add", "customer", *sets, "--not-duplicate", "another one")
    told = [said if code else ""]
    for _time in range(6):
        code, said = at.crmctl(member, "sync")
        told.append(said if code else "")
        if code != BUSY:
            break
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_no_customer_is_lost(company: Company, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for member in MORE:
        ledger = company.ledger()
        keys = create(company.home, member, None)
        add_member(ledger, keys, member.upper(), (Role("sales", "west", ledger.today),))
    company.sync("alice", "bob", "carol")
    for member in MORE:
        join(str(company.path / "server.git"), company.clone(member), member)
    members = ("alice", "bob", "carol", *MORE)
    with site(kind, company, members) as at:
        with ThreadPoolExecutor(len(members)) as pool:
            said = dict(zip(members, pool.map(lambda member: entered(at, member), members), strict=True))
        assert {member: told[0] for member, told in said.items() if told[0]} == {}
        assert {member: told for member, told in said.items() if told[-1]} == {}
        for member in members:
            at.does(member, "sync")
    assert len({company.ledger(member).head for member in members}) == 1
    ledger = company.ledger()
    cards = [path for path, _oid in ledger.record_blobs() if path.endswith("core/customer.yaml.age")]
    assert len(cards) == len(members)
    Gate().given(ledger.repo, ledger.head, ledger.keyring.tip)
    assert [finding for finding in check(ledger).findings if finding.severity == "error"] == []
