"""One scene over three real servers: three members, a supervisor and an auditor, and what none of them gets through.

Their honest work goes in between, so that each refusal has its twin.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.keys.identity import create
from crmctl.ledger.setup.enrol import add_member, leave
from crmctl.ledger.setup.joining import join
from crmctl.ledger.waiting.bundle import give_slot
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.org import Role
from tests.attacks.forgery import Forger, resealed
from tests.attacks.reviews import Reviews
from tests.company import Company, git
from tests.servers.sites import KINDS, ROOT, Site, site
from tests.under_review import ask_review

pytestmark = pytest.mark.slow
MEMBERS = ("alice", "bob", "carol", "erin", "dora")  # head; sales west; supervisor east; sales east; auditor


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest, company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Five members, each with a copy of their own; what is entered about customers needs a look."""
    for member, role, department in (("erin", "sales", "east"), ("dora", "auditor", None)):
        ledger = company.ledger()
        keys = create(company.home, member, None)
        add_member(ledger, keys, member.title(), (Role(role, department, ledger.today),))
    company.sync("alice")
    for member in ("erin", "dora"):
        join(str(company.path / "server.git"), company.clone(member), member)
    ask_review(company)
    company.sync("erin", "dora")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with site(request.param, company, MEMBERS) as made:
        yield made


def proves_true(scene: Site) -> None:
    """The auditor's whole proof, from the first commit."""
    scene.does("dora", "sync")
    assert "0 faults" in scene.does("dora", "verify", "--full")
    assert scene.company.ledger("dora").main == scene.main()


def handed_in(scene: Site, member: str = "erin", **values: object) -> str:
    customer = scene.company.customer(member, **values)
    scene.does(member, "submit")
    return customer


def test_nobody_gets_round_the_others(scene: Site) -> None:
    company = scene.company

    # an honest day: entered, handed in, approved, with everybody, proved by the auditor
    customer = handed_in(scene, name="Southern Works")
    assert "in force: 1 change" in scene.does("carol", "review", "approve", "--all")
    for member in MEMBERS:
        scene.does(member, "sync")
    assert {company.ledger(member).main for member in MEMBERS} == {scene.main()}
    proves_true(scene)

    # a change nobody looked at
    company.customer("erin", name="Hidden Works")
    tip = company.ledger("erin").pending.stacks[0].tip
    scene.is_refused("TRU080", "erin", f"{tip}:refs/heads/main")
    scene.does("erin", "submit")
    scene.does("carol", "review", "approve", "--all")

    # one's own change, approved by oneself under the supervisor's role
    handed_in(scene, "carol", name="Own Works")
    carol = company.ledger("carol")
    one = submitted(carol.repo, "carol")[-1]
    slot = give_slot(carol, one.tip, "verify", "supervisor", "east")
    forger = Reviews(company, "carol")
    before = forger.main
    landing = forger.land("carol", slot)
    forger.set(before)
    scene.is_refused("TRU084", "carol", f"{landing}:refs/heads/main")
    scene.does("alice", "review", "approve", "--all")  # the head's word is another's
    proves_true(scene)

    # two who may approve the same at the same moment
    handed_in(scene, name="Wanted by Two")
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda who: scene.crmctl(who, "review", "approve", "--all"), ("alice", "carol")))
    assert [code for code, _said in both] == [0, 0], both
    assert sum("in force: 1 change" in said for _code, said in both) >= 1, both
    landings = git(scene.bare, "log", "--format=%P", "--merges", "--first-parent", "-3", "main").splitlines()
    assert len({line.split()[1] for line in landings}) == len(landings)
    proves_true(scene)

    # history rewritten, keys taken away
    scene.is_refused("TRU071", "erin", "+refs/remotes/origin/main~1:refs/heads/main")
    scene.is_refused("TRU070", "erin", ":refs/heads/keyring/1")

    # a copy that plain Git made, without crmctl's merge: it stops whole, and marks nothing into a sealed file
    plain = company.path / "plain"
    assert scene.git("bob", "clone", "-q", scene.addresses["bob"], str(plain), at=company.path)[0] == 0
    bob = Forger(company, "dora")
    path = next(path for path in bob.paths("core/customer.yaml.age") if customer in path)
    sides = [bob.forge("erin", resealed(bob, path)) for _side in range(2)]
    for side, commit in zip(("ours", "theirs"), sides, strict=True):
        git(plain, "fetch", "-q", str(company.clone("dora")), f"{commit}:refs/heads/{side}")
    git(plain, "checkout", "-q", "ours")
    whole = (plain / path).read_bytes()
    assert scene.git("bob", "-c", "user.name=x", "-c", "user.email=x@x", "merge", "theirs", at=plain)[0] != 0
    assert (plain / path).read_bytes() == whole

    # who has left dates a commit back
    scene.does("alice", "sync")
    leave(company.ledger(), "erin", date(2026, 11, 20))
    scene.does("alice", "sync")
    assert scene.git("erin", "fetch", "-q", "origin")[0] == 0
    erin = Forger(company, "erin")
    erin.set(erin.forge("erin", resealed(erin, path), parents=[scene.main()]))
    with pytest.MonkeyPatch.context() as patched:  # the server's own day, over SSH as AcceptEnv allows it here
        patched.setenv("CRMCTL_NOW", "2026-12-01T10:00:00+08:00")
        scene.is_refused("TRU014", "erin", "refs/heads/main")

    # and those who stay go on
    update(company.ledger("alice"), customer, {"industry": "hospital"}, Origin())
    scene.does("alice", "submit")
    scene.does("carol", "review", "approve", "--all")
    proves_true(scene)
