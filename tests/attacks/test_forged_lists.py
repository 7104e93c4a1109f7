"""A blacklist entered, kept and lifted by the wrong hands: each attack beside its honest twin, proved without a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from crmctl.ledger.affairs import blacklisting as steps
from crmctl.ledger.changing.barring import listing
from crmctl.ledger.changing.draft import seal_record
from crmctl.ledger.checking.check import check
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.policy_files import adopt
from crmctl.rules.blacklist import Bar
from tests.attacks.forgery import codes, resealed
from tests.attacks.reviews import Reviews
from tests.attacks.test_forged_reviews import newcomer
from tests.company import Company

PEOPLE = (("dora", "division"), ("nina", "division"), ("max", "management"))
COMPANY_BAR = ("verify division -", "sign division -")


@dataclass
class Lists:
    """Main under P23 with two entries put forward by alice, the head of the east, and what each changes."""

    forger: Reviews
    company_entry: Mapping[str, Edit]
    department_entry: Mapping[str, Edit]
    main: str

    def landed(self, author: str, edits: Mapping[str, Edit], *slots: tuple[str, str]) -> set[str]:
        """What verify says of a change by `author` that carries these approvals (who, what); main is put back."""
        top = self.forger.bundle(author, self.forger.forge(author, edits))
        bundle = top
        for member, said in slots:
            top = self.forger.slot(member, top, said, bundle=bundle)
        self.forger.land("alice", top)
        found = codes(self.forger.company)
        self.forger.set(self.main)
        return found

    def keep(self, author: str, edits: Mapping[str, Edit], *slots: tuple[str, str]) -> None:
        """Land it for good."""
        top = bundle = self.forger.bundle(author, self.forger.forge(author, edits))
        for member, said in slots:
            top = self.forger.slot(member, top, said, bundle=bundle)
        self.forger.land("alice", top)
        assert codes(self.forger.company) == set()
        self.main = self.forger.main

    def path(self, part: str) -> str:
        """The entry that lies in a part of the list."""
        (found,) = [path for path in self.forger.paths(".yaml.age") if f"/blacklist.{part}/" in path]
        return found


@pytest.fixture
def lists(company: Company) -> Lists:
    adopt(company.ledger(), "p23")
    forger = Reviews(company)
    forger.members(*(newcomer(company, name, (role, None)) for name, role in PEOPLE))
    customer = company.customer()
    made = []
    for level in ("company", "department"):
        steps.propose(company.ledger(), customer, level, {"reason": "fraud", "text": "forged papers"}, "east")
        stack = company.ledger().pending.stacks[0]
        made.append(stack.edits)
        company.ledger().repo.run("update-ref", "-d", "refs/crmctl/mine")
    return Lists(forger, made[0], made[1], forger.main)


@pytest.mark.req("R-REV-11")
@pytest.mark.req("R-BLK-02")
def test_a_bar_for_the_company_takes_its_three(lists: Lists) -> None:
    entry = lists.company_entry
    honest = (("dora", COMPANY_BAR[0]), ("nina", COMPANY_BAR[1]))
    assert lists.landed("alice", entry, *honest) == set()
    assert lists.landed("carol", entry, ("alice", "propose head east"), *honest) == set()
    assert "TRU080" in lists.landed("alice", entry), "a head alone"
    assert "TRU080" in lists.landed("carol", entry, *honest), "nobody who leads the department put it forward"
    assert "TRU080" in lists.landed("alice", entry, ("dora", COMPANY_BAR[0]), ("dora", COMPANY_BAR[1])), (
        "one under two acts"
    )
    assert "TRU080" in lists.landed("alice", entry, *honest[::-1]), "entered before it was verified"
    assert "TRU080" in lists.landed("alice", entry, ("carol", "verify supervisor east"), ("max", "sign management -"))
    assert {"TRU080", "TRU083"} <= lists.landed("alice", entry, ("carol", COMPANY_BAR[0]), ("nina", COMPANY_BAR[1]))
    assert {"TRU080", "TRU084"} <= lists.landed(
        "dora", entry, ("alice", "propose head east"), ("dora", COMPANY_BAR[0]), honest[1]
    )
    forger = lists.forger
    for author in ("alice", "dora", "max"):
        forger.put(author, entry)
        assert "TRU080" in codes(forger.company), f"{author}, past all approvals"
        forger.set(lists.main)


@pytest.mark.req("R-REV-11")
def test_a_notice_bars_nobody_without_the_entrys_approvals(lists: Lists) -> None:
    """All departments read the bar in the notice: the division alone writes none."""
    notice = {path: edit for path, edit in lists.company_entry.items() if "/blacklist." not in path}
    assert [path for path in notice if "/blacklist_notices/" in path]
    assert "TRU080" in lists.landed("dora", notice, ("nina", COMPANY_BAR[1]))
    lists.keep("alice", lists.company_entry, ("dora", COMPANY_BAR[0]), ("nina", COMPANY_BAR[1]))
    (path,) = [path for path in notice if "/blacklist_notices/" in path]
    lifted = resealed(lists.forger, path)
    assert "TRU080" in lists.landed("dora", lifted, ("max", "sign management -")), "and lifts none"
    assert "TRU080" in lists.landed("dora", {path: None}), "nor takes it away"
    assert lists.landed("dora", lifted, ("nina", COMPANY_BAR[0]), ("max", "sign management -")) == set()


@pytest.mark.req("R-BLK-03")
def test_a_bar_of_the_department_takes_its_head(lists: Lists) -> None:
    entry = lists.department_entry
    assert lists.landed("carol", entry, ("alice", "sign head east")) == set()
    assert "TRU080" in lists.landed("alice", entry), "the head who put it forward himself"
    assert {"TRU080", "TRU084"} <= lists.landed("alice", entry, ("alice", "sign head east"))
    for said in ("acknowledge division -", "verify division -"):
        assert "TRU080" in lists.landed("carol", entry, ("dora", said)), "who takes note decides nothing"
    assert "TRU080" in lists.landed("carol", entry, ("alice", "sign head west")), "the head of another department"


@pytest.mark.req("R-BLK-01")
@pytest.mark.req("R-REV-11")
def test_a_bar_for_the_company_hidden_in_the_departments_part_bars_nobody(lists: Lists) -> None:
    """Verify sees the department's approvals; whoever opens it sees that it lies where it does not belong."""
    company, forger = lists.forger.company, lists.forger
    lists.keep("carol", lists.department_entry, ("alice", "sign head east"))
    path = lists.path("department")
    assert [bar.level for bar in _bars(company.ledger())] == ["department"]
    ledger = company.ledger()
    record = ledger.read(path)
    lies = replace(record, data={**record.data, "level": "company"}, rev=2, prev=forger.sealed(path))
    sealed = seal_record(lies, path, ledger.dossier(record.dossier))
    lists.keep("alice", {path: sealed}, ("max", "sign management -"))
    assert _bars(company.ledger()) == []
    assert "CHK010" in {finding.code for finding in check(company.ledger()).findings}


@pytest.mark.req("R-REV-12")
@pytest.mark.req("R-BLK-08")
def test_coming_back_takes_the_leaders_of_that_level(lists: Lists) -> None:
    forger = lists.forger
    lists.keep("carol", lists.department_entry, ("alice", "sign head east"))
    freed = resealed(forger, lists.path("department"))
    assert lists.landed("alice", freed, ("max", "sign management -")) == set()
    assert lists.landed("carol", freed, ("alice", "propose head east"), ("max", "sign management -")) == set()
    assert "TRU080" in lists.landed("alice", freed), "the head alone"
    assert "TRU080" in lists.landed("carol", freed, ("max", "sign management -")), "past the head of the department"
    assert "TRU080" in lists.landed("alice", freed, ("dora", "sign division -")), "the wrong level signs"
    assert {"TRU080", "TRU084"} <= lists.landed(
        "max", freed, ("alice", "propose head east"), ("max", "sign management -")
    )
    assert "TRU080" in lists.landed("alice", {lists.path("department"): None}, ("max", "acknowledge management -"))
    lists.keep("alice", lists.company_entry, ("dora", COMPANY_BAR[0]), ("nina", COMPANY_BAR[1]))
    freed = resealed(forger, lists.path("company"))
    leaders = (("dora", "verify division -"), ("max", "sign management -"))
    assert lists.landed("alice", freed, *leaders) == set()
    assert "TRU080" in lists.landed("alice", freed, leaders[1]), "what does for the department's list"
    assert "TRU080" in lists.landed("alice", freed, leaders[0]), "without the company's leader"


def _bars(ledger: Ledger) -> list[Bar]:
    known = listing(ledger)
    assert known is not None
    return list(known.bars)
