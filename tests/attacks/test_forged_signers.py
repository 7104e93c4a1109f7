"""Who signed: spoofed authors, missing and foreign signatures, leavers with backdated commits, claims about time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from crmctl.ledger.git.transaction import Who
from crmctl.ledger.setup.enrol import leave
from tests.attacks.forgery import AT, Forger, codes, resealed, stranger, verified
from tests.company import Company, git
from tests.prepared import prepared


@prepared
def dealt_with(company: Company) -> None:
    """Bob, who deals with a customer of his own, at his clone."""
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")


@pytest.fixture
def forger(company: Company, dealt_with: None) -> Forger:
    """Bob at his clone."""
    return Forger(company, "bob")


def card(forger: Forger) -> str:
    return forger.paths("core/customer.yaml.age")[0]


@pytest.mark.req("R-AUD-09")
def test_the_honest_twin_of_all_below_is_clean(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)))
    assert codes(company, "bob") == set()


def test_another_ones_name_on_an_own_signature(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), who=forger.who("alice"))
    assert codes(company, "bob") == {"TRU013"}


def test_an_own_signature_with_a_committer_of_another_name(company: Company, forger: Forger) -> None:
    commit = forger.forge("bob", resealed(forger, card(forger)))
    raw = forger.repo.run("cat-file", "commit", commit).replace(b"committer bob <bob@", b"committer alice <alice@")
    forger.set(forger.repo.run("hash-object", "-t", "commit", "-w", "--stdin", input=raw).decode().strip())
    assert codes(company, "bob") == {"TRU011", "TRU013"}


def test_a_mail_of_another_ledger(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), who=Who("bob", "bob@example.com"))
    assert codes(company, "bob") == {"TRU011"}


def test_no_signature(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), key=None)
    assert codes(company, "bob") == {"TRU010"}


def test_a_key_nobody_knows(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), key=stranger())
    assert codes(company, "bob") == {"TRU013"}


def test_a_name_nobody_knows(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), key=stranger(), who=forger.who("mallory"))
    assert codes(company, "bob") == {"TRU012"}


def test_a_signature_over_another_commit(company: Company, forger: Forger) -> None:
    one = forger.repo.run("cat-file", "commit", forger.forge("bob", resealed(forger, card(forger))))
    other = one.replace(b"\n\nupdate x", b"\n\nupdate y")
    forger.set(forger.repo.run("hash-object", "-t", "commit", "-w", "--stdin", input=other).decode().strip())
    assert codes(company, "bob") == {"TRU013"}


@pytest.mark.parametrize(
    "claimed", ["2026-11-20T10:00:00+08:00", "2026-11-01T10:00:00+08:00", "2026-12-10T10:00:00+08:00"]
)
def test_a_leaver_fails_whatever_date_is_claimed(
    company: Company, forger: Forger, claimed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(company.ledger(), "bob", date(2026, 11, 20))
    monkeypatch.setenv("CRMCTL_NOW", "2026-12-01T10:00:00+08:00")
    company.customer("alice")
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin")
    base = git(company.clone("bob"), "rev-parse", "origin/main").strip()
    edits = resealed(forger, card(forger))
    forger.set(forger.forge("bob", edits, parents=[base], at=datetime.fromisoformat(claimed)))
    assert codes(company, "bob", now=AT + timedelta(days=30)) == {"TRU014", "TRU040"}


def test_the_last_day_itself_still_counts(company: Company, forger: Forger) -> None:
    leave(company.ledger(), "bob", date(2026, 11, 20))
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin")
    base = git(company.clone("bob"), "rev-parse", "origin/main").strip()
    forger.set(forger.forge("bob", resealed(forger, card(forger)), parents=[base]))
    assert codes(company, "bob") == set()


def test_on_a_quiet_ledger_only_who_receives_it_knows_the_day(company: Company, forger: Forger) -> None:
    """Nothing in history shows that the backdated commit came later; a server's hook has a clock."""
    leave(company.ledger(), "bob", date(2026, 11, 20))
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin")
    base = git(company.clone("bob"), "rev-parse", "origin/main").strip()
    pin = verified(company, "bob", main=base).pin
    forger.set(forger.forge("bob", resealed(forger, card(forger)), parents=[base]))
    later = AT + timedelta(days=10)
    assert codes(company, "bob", now=later) == set()
    assert codes(company, "bob", now=later, pin=pin, arriving=True) == {"TRU014", "TRU040"}


def test_a_date_ahead_of_the_clock(company: Company, forger: Forger) -> None:
    forger.put("bob", resealed(forger, card(forger)), at=AT + timedelta(days=3))
    assert codes(company, "bob") == {"TRU015"}
    assert codes(company, "bob", now=AT + timedelta(days=3)) == set()


def test_a_mailmap_changes_nobodys_name(company: Company, forger: Forger) -> None:
    mailmap = company.clone("bob") / ".mailmap"
    who = forger.who("bob")
    mailmap.write_text(f"alice <alice@x> {who.name} <{who.mail}>\n")
    forger.put("bob", resealed(forger, card(forger)), key=stranger())
    assert codes(company, "bob") == {"TRU013"}
    forger.put("bob", {".mailmap": b"alice <alice@x> bob <bob@y>\n"})
    assert "TRU031" in codes(company, "bob")
