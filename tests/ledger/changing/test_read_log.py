"""What is looked at through the tool is logged where the policy asks, sealed here, and handed in with a sync."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NoKey
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup
from tests.company import VISIT, Company


def readings(company: Company, member: str) -> list[str]:
    ledger: Ledger = company.ledger(member)
    return [path for path, _oid in ledger.record_blobs() if "/readings/" in path]


def ask_for(company: Company, *parts: str) -> None:
    """Let the company's policy ask for a log of these parts."""
    ledger, path = company.ledger(), "policy/company.yaml"
    raw = load(ledger.repo.read("main", path) or b"", path)
    assert isinstance(raw, dict)
    values = raw.get("values")
    raw["values"] = {**(values if isinstance(values, dict) else {}), "read_log": list(parts)}
    change_setup(ledger, {path: dump(raw)}, "policy-set", "read_log")


def noted(company: Company, member: str) -> list[Path]:
    return sorted((company.clone(member) / ".git" / "crmctl" / "readings").rglob("*.age"))


@pytest.mark.req("R-ACL-25")
def test_a_reading_is_sealed_here_and_handed_in_with_a_sync(company: Company) -> None:
    customer = company.customer(name="Northern Hospital")
    visit = company.add("visit", VISIT, customer=customer).id
    ask_for(company, "core")
    company.sync("alice", "carol")
    folder = ["-C", str(company.clone("carol"))]
    assert invoke([*folder, "show", customer]) == 0
    assert invoke([*folder, "show", visit]) == 0  # that part is not asked for
    files = noted(company, "carol")
    assert len(files) == 1
    assert customer.encode() not in files[0].read_bytes()
    assert invoke([*folder, "sync"]) == 0
    assert noted(company, "carol") == []
    company.sync("alice")
    ledger = company.ledger()
    (path,) = readings(company, "alice")
    data = ledger.read(path).data
    assert data["member"] == "carol"
    rows = data["rows"]
    assert isinstance(rows, list)
    assert [(row["customer"], row["part"]) for row in rows if isinstance(row, dict)] == [(customer, "core")]
    with pytest.raises(NoKey):  # for the head and the audit, not for who reads
        company.ledger("carol").read(path)


def test_where_the_policy_does_not_ask_nothing_is_noted(company: Company) -> None:
    customer = company.customer()
    assert invoke(["-C", str(company.clone("alice")), "show", customer]) == 0
    assert noted(company, "alice") == []
