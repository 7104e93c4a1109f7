"""Twelve members add a customer each in the same moment, over one bare repository with the hook: none is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crmctl.ledger.checking.check import check
from crmctl.ledger.keys.identity import create
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.model.org import Role
from crmctl.trust.gate import Gate
from crmctl.trust.hook import install
from tests.company import CARD, Company

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MORE = tuple(f"m{number}" for number in range(9))
BUSY = 9  # "others are writing all the time; run it again"


def crmctl(company: Company, member: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crmctl", "-C", str(company.clone(member)), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=540,
    )  # fmt: skip


def entered(company: Company, member: str) -> list[str]:
    """Add a customer and hand it over, as often as the program asks for; what went wrong, last of all nothing."""
    values = {**CARD, "name": f"Works of {member}"}
    sets = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    done = crmctl(company, member, "add", "customer", *sets, "--not-duplicate", "another one")
    told = [done.stderr if done.returncode else ""]
    for _time in range(6):
        done = crmctl(company, member, "sync")
        told.append(done.stderr if done.returncode else "")
        if done.returncode != BUSY:
            break
    return told


def test_no_customer_is_lost(company: Company) -> None:
    for member in MORE:
        ledger = company.ledger()
        keys = create(company.home, member, None)
        add_member(ledger, keys, member.upper(), (Role("sales", "west", ledger.today),))
    company.sync("alice", "bob", "carol")
    for member in MORE:
        join(str(company.path / "server.git"), company.clone(member), member)
    install(company.path / "server.git")
    members = ("alice", "bob", "carol", *MORE)
    with ThreadPoolExecutor(len(members)) as pool:
        said = dict(zip(members, pool.map(lambda member: entered(company, member), members), strict=True))
    assert {member: told[0] for member, told in said.items() if told[0]} == {}
    assert {member: told for member, told in said.items() if told[-1]} == {}
    for member in members:
        assert crmctl(company, member, "sync").returncode == 0
    assert len({company.ledger(member).head for member in members}) == 1
    ledger = company.ledger()
    cards = [path for path, _oid in ledger.record_blobs() if path.endswith("core/customer.yaml.age")]
    assert len(cards) == len(members)
    Gate().given(ledger.repo, ledger.head, ledger.keyring.tip)
    assert [finding for finding in check(ledger).findings if finding.severity == "error"] == []
