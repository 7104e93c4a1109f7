"""A commit's trailer names the commit of an earlier change in the same write."""

from __future__ import annotations

from tests.company import Company, git


def test_an_entry_with_new_wraps_names_the_keyring_commit_it_needs(company: Company) -> None:
    company.customer()
    named = git(company.clone("alice"), "log", "-1", "--format=%(trailers:key=Crmctl-Keyring,valueonly)").strip()
    assert named == company.ledger().keyring.tip


def test_a_landing_names_the_keyring_it_needs(company: Company) -> None:
    company.customer("alice")
    company.customer("bob", name="Western Works")
    company.sync("alice", "bob")
    ledger = company.ledger("bob")
    said = git(company.clone("bob"), "log", "-1", "--format=%s|%(trailers:key=Crmctl-Keyring,valueonly)").strip()
    assert said == f"land bob|{ledger.keyring.tip}"
