"""The small company with a policy that lets others look at changes first, for tests of what waits for review.

New and changed customers, and who is responsible, need a supervisor or head of the department; visits need nobody.
"""

from __future__ import annotations

from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.remote import push
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.landing import land
from crmctl.ledger.meeting.submitting import Waiting, submit
from crmctl.ledger.reading.slots_given import bundle_below
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.waiting.bundle import give_slot
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.values import Value
from crmctl.review.approving import approve as give
from crmctl.review.inbox import inbox
from crmctl.trust.gate import Gate
from tests.company import Company

RULES: list[Value] = [
    {"on": ["add customer", "change customer"], "slots": ["verify supervisor/head"], "code": "REV001"},
    {"on": ["owner", "team", "assignment"], "slots": ["verify supervisor/head"], "code": "REV002"},
]


def ask_review(company: Company, rules: list[Value] | None = None) -> None:
    """Put review rules into the company's policy and let everybody have them."""
    ledger = company.ledger()
    own = ledger.in_force.raw["policy/company.yaml"]
    assert isinstance(own, dict)
    content = dump({**own, "review": RULES if rules is None else rules})
    change_setup(ledger, {"policy/company.yaml": content}, "policy-set", "review")
    company.sync("alice", "bob", "carol")


def hand_in(company: Company, member: str) -> Waiting:
    """What `crmctl submit` does for a member."""
    return submit(company.ledger(member), gate=Gate())


def approve(company: Company, member: str, role: str, department: str | None, whose: str = "alice") -> str:
    """A member fills a slot of the newest bundle somebody handed in, and pushes it. Returns the slot."""
    company.sync(member)
    ledger = company.ledger(member)
    one = submitted(ledger.repo, whose)[-1]
    slot = give_slot(ledger, one.tip, "verify", role, department)
    outcome = push(ledger.repo, [f"{slot}:{one.ref}"])
    assert outcome.result == "done", outcome
    return slot


def review_and_land(company: Company, member: str, role: str, department: str, whose: str = "alice") -> str:
    """Approve and land the newest bundle of a member. Returns the landing."""
    slot = approve(company, member, role, department, whose)
    return land(company.ledger(member), slot, gate=Gate())


def approve_record(company: Company, record_id: str, *members: str) -> bool:
    """What `crmctl review approve ID` does for each of the members; whether it is in force. Raises Refused."""
    landed = False
    for member in members:
        company.sync(member)
        ledger = company.ledger(member)
        (bundle,) = [one for one in inbox(ledger) if any(record_id in change.about for change in one.changes)]
        names = [change.name for change in bundle.changes if record_id in change.about]
        landed = bool(give(ledger, bundle, names, gate=Gate()).landed)
    return landed


def bundle_of(ledger: Ledger, whose: str) -> str:
    """The newest bundle of a member as last fetched."""
    found = bundle_below(ledger.repo, submitted(ledger.repo, whose)[-1].tip)
    assert found is not None
    return found.oid
