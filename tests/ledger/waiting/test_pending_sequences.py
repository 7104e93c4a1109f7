"""Whatever two members do in whatever order: what waits stays whole, and main never holds what nobody looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmctl.errors import NotFound
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.slots_given import SLOT
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.ledger.waiting.undo import undo
from crmctl.model.paths import record_path
from tests.company import NOW, VISIT, Company, git
from tests.under_review import ask_review, hand_in, review_and_land

REVIEWER = {"alice": ("carol", "supervisor", "east"), "bob": ("alice", "head", "west")}
STEPS = st.tuples(st.sampled_from(["alice", "bob"]), st.sampled_from(
    ["customer", "customer", "change", "change", "visit", "visit", "sync", "submit", "land", "undo"]
))  # fmt: skip


@pytest.fixture(scope="module")
def ready(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company with its review rules and one landed customer of each member's."""
    with pytest.MonkeyPatch.context() as patch:
        made = founded.copy(tmp_path_factory.mktemp("ready") / "company")
        patch.setenv("CRMCTL_NOW", NOW)
        patch.setenv("CRMCTL_HOME", str(made.home))
        made.customer("alice")
        made.customer("bob", name="Southern Clinic")
        made.sync("bob", "alice")
        ask_review(made)
        yield made


@dataclass
class World:
    """A company and what its members have entered: each customer's last industry, each visit, by author."""

    company: Company
    began: str
    industries: dict[str, dict[str, str]] = field(default_factory=dict)
    visits: dict[str, set[str]] = field(default_factory=dict)
    count: int = 0

    def step(self, member: str, what: str) -> None:
        self.count += 1
        mine = self.industries.setdefault(member, {})
        if not mine and what in {"change", "visit"}:
            return  # all taken back
        if what == "customer":
            mine[self.company.customer(member, name=f"House {self.count}", industry="trade")] = "trade"
        elif what == "change":
            customer = sorted(mine)[self.count % len(mine)]
            mine[customer] = "health" if mine[customer] == "trade" else "trade"
            update(self.company.ledger(member), customer, {"industry": mine[customer]}, Origin())
        elif what == "visit":
            customer = sorted(mine)[self.count % len(mine)]
            values = {**VISIT, "topic": f"Talk {self.count}"}
            self.visits.setdefault(member, set()).add(self.company.add("visit", values, member, customer=customer).id)
        elif what == "sync":
            self.company.sync(member)
        elif what == "submit":
            hand_in(self.company, member)
        elif what == "land":
            self.company.sync(REVIEWER[member][0])
            if submitted(self.company.ledger(REVIEWER[member][0]).repo, member):
                review_and_land(self.company, *REVIEWER[member], whose=member)
        else:
            self.take_back(member)

    def take_back(self, member: str) -> None:
        """Undo a new customer of this member's that nothing was built on, if one waits."""
        ledger = self.company.ledger(member)
        for stack in ledger.pending.stacks:
            info = ledger.repo.commit(stack.tip)
            if len(stack.commits) == 1 and info.subject.startswith("add customer"):
                gone = undo(ledger, stack.tip).removed
                assert [self.industries[member].pop(customer) for customer in gone] == ["trade"]
                with pytest.raises(NotFound):
                    self.company.ledger(member).dossier(gone[0])
                return

    def holds(self) -> None:
        for member in ("alice", "bob"):
            ledger = self.company.ledger(member)
            view_is_main_and_stacks(ledger)
            for customer, industry in self.industries.get(member, {}).items():
                path = record_path(ledger.in_force.kinds["customer"], customer, "core", customer)
                assert ledger.read(path).data["industry"] == industry
            paths = {path.rpartition("/")[2] for path, _oid in ledger.record_blobs()}
            assert {f"{visit}.yaml.age" for visit in self.visits.get(member, ())} <= paths
        nothing_unreviewed(Repository(self.company.path / "server.git"), self.began)


def view_is_main_and_stacks(ledger: Ledger) -> None:
    repo, pending = ledger.repo, ledger.pending
    assert pending.is_current
    assert (pending.view is None) == (pending.stacks == ())
    wanted = {change.path: change.new_oid for stack in pending.stacks for change in stack.changes}
    assert {change.path: change.new_oid for change in repo.changed(ledger.main, ledger.head)} == wanted
    assert sum(len(stack.changes) for stack in pending.stacks) == len(wanted)


def nothing_unreviewed(server: Repository, began: str) -> None:
    """No commit that came to main otherwise than below an approval changes a customer's card."""
    waiting, seen = [server.resolve("refs/heads/main") or ""], set()
    known = set(git(server.path, "rev-list", began).split())
    while waiting:
        info = server.commit(waiting.pop())
        if info.oid in seen or info.oid in known:
            continue
        seen.add(info.oid)
        if len(info.parents) == 1:
            changed = server.changed(info.parents[0], info.oid)
            assert not [change.path for change in changed if change.path.endswith("/core/customer.yaml.age")]
        brought = info.parents[1:]
        approved = [oid for oid in brought if any(key == SLOT for key, _value in server.commit(oid).trailers)]
        waiting += [info.parents[0], *(oid for oid in brought if oid not in approved)]


@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=12))
def test_any_order_of_changes_and_syncs(
    ready: Company, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    company = ready.copy(tmp_path_factory.mktemp("run") / "company")
    began = company.ledger().main
    world = World(company, began)
    for member in ("alice", "bob"):
        world.step(member, "customer")
    for member, what in steps:
        world.step(member, what)
        world.holds()
    for member in ("alice", "bob"):
        for what in ("submit", "land", "sync"):
            world.step(member, what)
    world.holds()
