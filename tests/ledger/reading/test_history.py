"""Versions found along their own chain, behind what cannot be opened, and a customer's timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from crmctl.errors import NoKey, NotFound
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import history as past
from crmctl.ledger.reading.history import assignments, first_version, history, timeline
from crmctl.model.record import Record
from crmctl.model.timeline import steps
from tests.company import VISIT, Company

CHANGES = ({"phone": "010-62770000"}, {"phone": "010-62770001"}, {"address": "1 Long Street"})


@pytest.fixture
def customer(company: Company, monkeypatch: pytest.MonkeyPatch) -> str:
    """A customer of east with a card of four versions, one a minute."""
    made = company.customer()
    for number, change in enumerate(CHANGES, 1):
        monkeypatch.setenv("CRMCTL_NOW", f"2026-11-20T10:0{number}:00+08:00")
        update(company.ledger(), made, change, Origin(reason=f"call {number}"))
    return made


def card(company: Company, customer: str) -> str:
    return past.card_path(company.ledger(), customer)


def test_versions_come_newest_first_without_asking_git_for_its_log(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "_path_log", lambda *_any: pytest.fail("the chain tells it all"))
    found = history(company.ledger(), card(company, customer))
    assert [version.rev for version in found.versions] == [4, 3, 2, 1]
    assert [version.reason for version in found.versions][:3] == ["call 3", "call 2", "call 1"]
    assert found.findings == ()


def test_behind_a_version_that_does_not_open_git_s_log_goes_on(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = company.ledger()
    refuse(monkeypatch, ledger, revs={2, 3})
    found = history(ledger, card(company, customer))
    assert [(v.opened, v.rev, v.by) for v in found.versions] == [
        (True, 4, "alice"), (False, None, "alice"), (False, None, "alice"), (True, 1, "alice"),
    ]  # fmt: skip
    assert [v.day for v in found.versions[1:3]] == ["2026-11-20T10:02:00+08:00", "2026-11-20T10:01:00+08:00"]


def test_a_record_that_never_opens_still_shows_who_wrote_when(company: Company, customer: str) -> None:
    company.sync("alice", "bob")
    ledger = company.ledger("bob")
    with pytest.raises(NoKey):
        ledger.read(card(company, customer))
    found = history(ledger, card(company, customer))
    assert [(v.opened, v.by, v.data) for v in found.versions] == [(False, "alice", None)] * 4


def test_a_version_brought_by_a_landing_names_its_writer(company: Company, customer: str) -> None:
    company.sync("alice", "carol")
    update(company.ledger("carol"), customer, {"address": "2 Long Street"}, Origin())
    other = company.customer()
    update(company.ledger(), other, {"phone": "010-62770009"}, Origin())
    company.sync("alice", "carol", "alice")
    assert len(company.ledger().repo.commit("main").parents) == 2
    logged = past._path_log(company.ledger(), card(company, customer))
    assert [entry.by for entry in logged] == ["carol", "alice", "alice", "alice", "alice"]


def test_a_version_that_skips_its_forerunner_is_a_finding(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = company.ledger()
    whole = Ledger.read

    def skipping(self: Ledger, path: str, oid: str | None = None) -> Record:
        record = whole(self, path, oid)
        return replace(record, prev=whole(self, path, record.prev).prev) if record.rev == 3 else record

    monkeypatch.setattr(Ledger, "read", skipping)
    assert [finding.code for finding in history(ledger, card(company, customer)).findings] == ["HIS002"]


def test_a_chain_that_bites_its_tail_ends(company: Company, customer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = company.ledger()
    path = card(company, customer)
    newest = ledger.repo.entry(ledger.head, path)
    assert newest is not None
    whole = Ledger.read

    def circling(self: Ledger, path: str, oid: str | None = None) -> Record:
        record = whole(self, path, oid)
        return replace(record, prev=newest.oid) if record.rev == 2 else record

    monkeypatch.setattr(Ledger, "read", circling)
    assert [version.rev for version in history(ledger, path).versions] == [4, 3, 2]


def test_a_row_s_versions_are_those_in_which_it_changed(company: Company, customer: str) -> None:
    values = {"date": "2026-11-02", "product": "leg", "amount": "100"}
    first = company.add("transaction", dict(values), customer=customer).id
    company.add("transaction", {**values, "product": "arm"}, customer=customer)
    update(company.ledger(), first, {"amount": "120"}, Origin(reason="typo"))
    company.add("transaction", {**values, "product": "hand"}, customer=customer)
    ledger = company.ledger()
    versions = history(ledger, rows(company)[0], first).versions
    told = steps(versions, ledger.in_force.kinds["transaction"])
    assert [(s.version.reason, [(c.field, c.before, c.after) for c in s.changes][-1]) for s in told] == [
        ("typo", ("amount", "100.00", "120.00")), (None, ("amount", None, "100.00")),
    ]  # fmt: skip


def rows(company: Company) -> list[str]:
    ledger = company.ledger()
    return [path for path, _oid in ledger.repo.walk(ledger.head, "customers") if "/transactions/" in path]


def test_the_first_version_is_found_behind_the_newest(company: Company, customer: str) -> None:
    ledger = company.ledger()
    record = ledger.read(card(company, customer))
    first = first_version(ledger, card(company, customer), record)
    assert first is not None
    assert (first.rev, first.at) == (1, "2026-11-20T10:00:00+08:00")
    assert first_version(ledger, card(company, customer), first) == first


def test_stages_and_owners_are_told(company: Company, customer: str) -> None:
    advance(company.ledger(), customer, "intending", {}, Origin())
    told = assignments(company.ledger(), customer)
    assert [(c.department, c.before and c.before.state, c.after and c.after.state) for c in told] == [
        ("east", "potential", "intending"), ("east", None, "potential"),
    ]  # fmt: skip


@pytest.mark.req("R-REC-07")
def test_one_timeline_merges_every_kind_and_counts_what_does_not_open(
    company: Company, customer: str, kept: Callable[..., Kept]
) -> None:
    kept("visit", customer, VISIT)
    kept(
        "complaint",
        customer,
        {"content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-19T09:00"},
    )
    kept("feedback", customer, {"on": "2026-11-18", "text": "good", "about": "the ward"})
    company.add("transaction", {"date": "2026-11-02", "product": "leg", "amount": "100"}, customer=customer)
    told = timeline(company.ledger(), customer)
    assert [(event.kind, event.day[:10]) for event in told.events] == [
        ("visit", "2026-11-25"), ("complaint", "2026-11-19"), ("feedback", "2026-11-18"), ("transaction", "2026-11-02"),
    ]  # fmt: skip
    assert dict(told.events[2].title) == {"about": "the ward"}
    assert {event.department for event in told.events} == {"east"}
    company.sync("alice", "bob")
    closed = timeline(company.ledger("bob"), customer)
    assert (closed.events, dict(closed.closed)) == ((), {"complaint": 1, "feedback": 1, "transaction": 1, "visit": 1})
    assert closed.assigned == told.assigned


def refuse(monkeypatch: pytest.MonkeyPatch, ledger: Ledger, revs: set[int]) -> None:
    """Let versions of these numbers not open, as after a key was dropped."""
    whole = Ledger.read

    def reading(self: Ledger, path: str, oid: str | None = None) -> Record:
        record = whole(self, path, oid)
        if record.rev in revs:
            raise NoKey("closed")
        return record

    monkeypatch.setattr(Ledger, "read", reading)


def test_there_is_no_history_of_nothing(company: Company) -> None:
    with pytest.raises(NotFound):
        history(company.ledger(), "customers/aa/C-AAAAAAAA/core/customer.yaml.age")
