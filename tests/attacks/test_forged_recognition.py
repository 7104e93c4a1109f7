"""A new customer recognised by the wrong hands: each attack beside its honest twin, proved without a key."""

from __future__ import annotations

import pytest

from crmctl.ledger.git.plan import Edit
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.setup.policy_files import adopt
from tests.attacks.forgery import codes, resealed
from tests.attacks.reviews import Reviews
from tests.attacks.test_forged_reviews import newcomer
from tests.company import Company

# lena holds all three posts.
PEOPLE: dict[str, tuple[tuple[str, str | None], ...]] = {
    "mark": (("market", None),), "hank": (("head", "east"),), "max": (("management", None),),
    "lena": (("market", None), ("head", "east"), ("management", None)),
}  # fmt: skip
HEAD, LEADER = "sign head east", "sign management -"


@pytest.mark.req("R-REV-03")
@pytest.mark.req("R-NEW-06")
def test_a_recognition_takes_three_persons_and_never_the_developer(company: Company) -> None:
    adopt(company.ledger(), "p04")
    customer = company.customer()  # alice's, who is head of the east
    forger = Reviews(company)
    forger.members(*(newcomer(company, name, *roles) for name, roles in PEOPLE.items()))
    main = forger.main
    (card,) = forger.paths("/core/customer.yaml.age")
    folder = card.removesuffix("/core/customer.yaml.age")
    path = f"{folder}/east/sales/newcust_recognitions/NC-7Q2M9K4T3X.yaml.age"
    entry: dict[str, Edit] = {path: seal(b"sealed", company.ledger().dossier(customer).compartments["east/sales"].key)}

    def landed(author: str, *slots: tuple[str, str], edits: dict[str, Edit] = entry) -> set[str]:
        start = forger.main
        top = bundle = forger.bundle(author, forger.forge(author, edits))
        for member, said in slots:
            top = forger.slot(member, top, said, bundle=bundle)
        forger.land("alice", top)
        found = codes(company)
        if found:
            forger.set(start)
        return found

    honest = (("hank", HEAD), ("max", LEADER))
    assert "TRU080" in landed("mark"), "the market branch alone"
    assert "TRU080" in landed("mark", honest[0]), "without the leader in charge"
    assert "TRU080" in landed("mark", honest[1]), "without the head of sales"
    assert "TRU080" in landed("mark", *honest[::-1]), "the leader before the head"
    assert "TRU080" in landed("mark", ("lena", HEAD), ("lena", LEADER)), "one person under two acts"
    assert {"TRU080", "TRU084"} <= landed("lena", ("lena", HEAD), ("max", LEADER)), "who put it forward signs too"
    assert "TRU080" in landed("mark", ("alice", HEAD), ("max", LEADER)), "the developer, who is head as well"
    assert "TRU080" in landed("hank", ("alice", HEAD), ("max", LEADER)), "past the market branch"
    assert "TRU080" in landed("carol", *honest), "put forward by anybody"
    forger.put("mark", entry)
    assert "TRU080" in codes(company), "past all approvals"
    forger.set(main)
    assert landed("carol", ("mark", "propose market -"), *honest) == set()
    forger.set(main)
    assert landed("mark", *honest) == set()
    assert "TRU080" in landed("mark", honest[1], edits=resealed(forger, path)), "and is changed by the same three only"
    assert "TRU080" in landed("mark", honest[1], edits={path: None})
