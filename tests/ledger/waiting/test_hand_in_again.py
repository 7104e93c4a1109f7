"""The same record changed on two copies: merged by field on the next exchange, or told field by field."""

from __future__ import annotations

import pytest

from crmctl.errors import Conflict
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.model.monthly import rows_in
from crmctl.model.paths import record_path
from crmctl.trust.gate import Gate
from tests.company import Company, git

HERE = Origin()


def card(ledger: Ledger, customer: str) -> dict[str, object]:
    return dict(ledger.read(record_path(ledger.in_force.kinds["customer"], customer, "core", customer)).data)


def exchange(company: Company, *members: str) -> None:
    """Sync as the command does, with everything proved that is taken and given."""
    for member in members:
        ledger = company.ledger(member)
        sync(ledger, gate=Gate())


def test_two_fields_of_one_card(company: Company) -> None:
    customer = company.customer()
    exchange(company, "alice", "carol")
    update(company.ledger("alice"), customer, {"industry": "health"}, HERE)
    update(company.ledger("carol"), customer, {"phone": "13800138000"}, HERE)
    exchange(company, "alice", "carol", "alice")
    for member in ("alice", "carol"):
        merged = card(company.ledger(member), customer)
        assert (merged["industry"], merged["phone"]) == ("health", "+86 138 0013 8000")
        assert not check(company.ledger(member)).findings
    log = git(company.clone("carol"), "log", "-2", "--format=%an %s")
    assert log.splitlines()[0] == f"carol update customer {customer}"


def test_two_entries_in_one_month(company: Company) -> None:
    customer = company.customer()
    first = {"date": "2026-11-02", "product": "brace", "amount": "10.00"}
    company.add("transaction", first, customer=customer)
    exchange(company, "alice", "carol")
    for member, product in (("alice", "splint"), ("carol", "corset")):
        company.add("transaction", {**first, "product": product}, member, customer=customer, department="east")
    company.add("visit", VISIT_DONE, "carol", customer=customer, department="east")
    exchange(company, "alice", "carol", "alice")
    ledger = company.ledger()
    month = ledger.read(record_path(ledger.in_force.kinds["transaction"], customer, "east/trade", "2026-11"))
    assert sorted(str(row["product"]) for row in rows_in(month.data)) == ["brace", "corset", "splint"]
    assert month.rev == 3
    assert company.ledger("carol").head == ledger.head
    assert not [f for f in check(ledger).findings if f.severity == "error"]


def test_one_field_twice_is_told_with_both_values_and_nothing_is_lost(company: Company) -> None:
    customer = company.customer()
    exchange(company, "alice", "carol")
    update(company.ledger("alice"), customer, {"industry": "health"}, HERE)
    update(company.ledger("carol"), customer, {"industry": "trade"}, HERE)
    exchange(company, "alice")
    before = company.ledger("carol").head
    with pytest.raises(Conflict) as caught:
        exchange(company, "carol")
    finding = caught.value.findings[0]
    assert (finding.field, finding.args["ours"], finding.args["theirs"], finding.args["member"]) == (
        "industry", "trade", "health", "alice",
    )  # fmt: skip
    assert company.ledger("carol").head == before
    assert card(company.ledger("carol"), customer)["industry"] == "trade"


VISIT_DONE = {
    "on": "2026-11-19", "topic": "Follow-up", "purpose": "revisit", "way": "phone", "whom": "Dr Wang", "state": "done",
    "result": "agreed", "goal_met": "yes",
}  # fmt: skip
