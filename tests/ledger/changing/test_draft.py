"""Drafts: what is checked, sealed and written, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.keys.seal import check_header
from crmctl.model.paths import record_path
from tests.company import CARD, VISIT, Company, git


def test_a_record_reads_back_as_it_was_written(company: Company) -> None:
    customer = company.customer(phone="13800138000", contacts=[{"name": "王伟", "phone": "010-62770000"}])
    ledger = company.ledger()
    record = ledger.read(record_path(ledger.in_force.kinds["customer"], customer, "core", customer))
    assert record.data["phone"] == "+86 138 0013 8000"
    assert record.data["contacts"] == [{"name": "王伟", "phone": "+86 10 6277 0000"}]
    assert (record.rev, record.prev, record.by, record.generation) == (1, None, "alice", 1)


def test_every_fault_is_told_at_once(company: Company) -> None:
    with pytest.raises(InvalidInput) as caught:
        company.customer(email="nobody", phnoe="1", credit_code="123", obtained_at=None)
    assert {f.field for f in caught.value.findings} == {"email", "phnoe", "credit_code", "obtained_at"}
    near = next(f for f in caught.value.findings if f.field == "phnoe")
    assert near.args["near"] == "phone"


def test_nothing_is_written_when_anything_is_wrong(company: Company) -> None:
    before = company.ledger().head
    with pytest.raises(InvalidInput):
        company.customer(email="nobody")
    assert company.ledger().head == before
    assert git(company.clone("alice"), "status", "--porcelain") == ""


def test_a_change_that_changes_nothing_writes_nothing(company: Company) -> None:
    customer = company.customer(phone="13800138000")
    draft = company.draft()
    path = record_path(draft.kind("customer"), customer, "core", customer)
    assert draft.new_version(path, {"phone": "138 0013 8000"}) is None
    assert draft.empty
    assert draft.commit("update") == company.ledger().head


def test_a_new_version_names_the_one_it_replaces(company: Company) -> None:
    customer = company.customer()
    draft = company.draft()
    path = record_path(draft.kind("customer"), customer, "core", customer)
    before = draft.ledger.repo.entry(draft.ledger.head, path)
    draft.new_version(path, {"industry": "health"}, Origin(reason="told by phone"))
    draft.commit("update", "customer")
    record = company.ledger().read(path)
    assert before is not None
    assert (record.rev, record.prev, record.reason) == (2, before.oid, "told by phone")


def test_groups_merge_inside_and_none_takes_a_field_away(company: Company) -> None:
    customer = company.customer(trade_profile={"credit": "good", "attitude": "open"}, industry="health")
    draft = company.draft()
    path = record_path(draft.kind("customer"), customer, "core", customer)
    draft.new_version(path, {"trade_profile": {"credit": "fair"}, "industry": None})
    record = draft.record(path)
    assert record.data["trade_profile"] == {"credit": "fair", "attitude": "open"}
    assert "industry" not in record.data


def test_monthly_rows_share_a_file_and_keep_their_ids(company: Company) -> None:
    customer = company.customer()
    rows = [
        company.add("transaction", {"date": day, "product": "brace", "amount": "10.50"}, customer=customer)
        for day in ("2026-11-02", "2026-11-19", "2026-12-01")
    ]
    ledger = company.ledger()
    kind = ledger.in_force.kinds["transaction"]
    november = ledger.read(record_path(kind, customer, "east/trade", "2026-11"))
    assert [row["id"] for row in november.data["rows"]] == [rows[0].id, rows[1].id]  # type: ignore[union-attr,index,call-overload]
    assert november.rev == 2
    draft = Draft(ledger)
    path = record_path(kind, customer, "east/trade", "2026-12")
    with pytest.raises(Refused, match="another month"):
        draft.new_version(path, {"date": "2027-01-01"}, row=rows[2].id)


def test_attachments_are_sealed_beside_the_record(company: Company, tmp_path: Path) -> None:
    scan = tmp_path / "licence.pdf"
    scan.write_bytes(b"%PDF-1.4 licence of the hospital")
    customer = company.customer()
    kind = {"what": "business_licence", "number": "A-1"}
    done = company.add("qualification", kind, customer=customer, files={"scan": scan})
    ledger = company.ledger()
    path = record_path(ledger.in_force.kinds["qualification"], customer, "east/sales", done.id)
    scan_field = ledger.read(path).data["scan"]
    assert isinstance(scan_field, dict)
    assert (scan_field["name"], scan_field["size"]) == ("licence.pdf", scan.stat().st_size)
    sealed = [p for p, _oid in ledger.repo.walk(ledger.head, "customers") if done.id in p and p != path]
    content = ledger.repo.read(ledger.head, sealed[0])
    assert content is not None
    check_header(content, sealed[0])
    assert b"hospital" not in content
    assert ledger.ring.opener(ledger.dossier(customer), "east/sales").open(content, "") == scan.read_bytes()


def test_only_who_deals_with_a_customer_may_write_to_it(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    with pytest.raises(NotFound):  # west does not deal with it: bob does not even find it
        company.add("visit", VISIT, "bob", customer="Northern Hospital")
    with pytest.raises(NoKey):
        company.add("visit", VISIT, "bob", customer=customer, department="east")


def test_anybody_may_file_a_complaint_without_reading_it(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    content = {
        "content": "the brace broke", "category": "quality", "channel": "phone", "received_at": "2026-11-20T09:30:00+08:00",
    }  # fmt: skip
    done = company.add("complaint", content, "bob", customer=customer, department="east")
    ledger = company.ledger("bob")
    path = record_path(ledger.in_force.kinds["complaint"], customer, "east/service", done.id)
    with pytest.raises(NoKey):
        ledger.read(path)
    company.sync("bob", "alice")
    assert company.ledger("alice").read(path).data["content"] == "the brace broke"


def test_commits_say_ids_and_never_names(company: Company) -> None:
    customer = company.customer()
    message = git(company.clone("alice"), "log", "-1", "--format=%an %ae%n%B")
    assert customer in message
    assert "Northern" not in message
    assert CARD["name"] not in git(company.clone("alice"), "ls-tree", "-r", "--name-only", "HEAD")
    assert "Alice" not in message
