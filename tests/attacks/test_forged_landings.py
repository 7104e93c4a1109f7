"""The shape of history: old bases, slipped in, left out, swapped parents, rewritten, replaced, cut off."""

from __future__ import annotations

import pytest

from crmctl.ledger.git.objects import encode_commit
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.transaction import BlobRef, Change, write
from crmctl.ledger.meeting.sync import _integrate
from tests.attacks.forgery import AT, KEYRING, Forger, codes, resealed, verified
from tests.company import Company, git
from tests.prepared import prepared


@prepared
def apart(company: Company) -> None:
    """Alice's and bob's clone have each a customer the other lacks; the server has alice's; bob has not landed."""
    company.customer("bob", name="Southern Works")
    company.customer("alice")
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")


@pytest.fixture
def diverged(company: Company, apart: None) -> Forger:
    """Bob at his clone."""
    return Forger(company, "bob")


def server_main(forger: Forger) -> str:
    return forger.repo.resolve("refs/remotes/origin/main") or ""


def land(forger: Forger, more: dict[str, Edit] | None = None, without: str | None = None, swapped: bool = False) -> str:
    """Bob's landing as sync makes it, with something slipped in or left out."""
    own, theirs = forger.main, server_main(forger)
    base = git(forger.repo.path, "merge-base", own, theirs).strip()
    edits: dict[str, Edit] = {
        change.path: BlobRef(change.new_oid) if change.new_oid else None for change in forger.repo.changed(base, own)
    }
    edits = {path: edit for path, edit in edits.items() if without is None or not path.endswith(without)} | (more or {})
    parents = [own, theirs] if swapped else [theirs, own]
    commit = forger.forge("bob", edits, parents=parents, base=theirs, message="land bob\n\nCrmctl-Action: land\n")
    _integrate(forger.company.ledger("bob"))  # the keyring is brought together as an honest sync does
    forger.set(commit)
    return commit


def test_the_honest_landing_is_clean(company: Company, diverged: Forger) -> None:
    land(diverged)
    assert codes(company, "bob") == set()


def test_slipped_into_a_landing(company: Company, diverged: Forger) -> None:
    victim = next(
        path for path, _ in diverged.repo.walk(server_main(diverged)) if path.endswith("core/customer.yaml.age")
    )
    land(diverged, {victim: b"age-encryption.org/v1\n"})
    assert codes(company, "bob") == {"TRU020"}


def test_left_out_of_a_landing(company: Company, diverged: Forger) -> None:
    land(diverged, without="core/customer.yaml.age")
    assert codes(company, "bob") == {"TRU021"}


def test_a_colleagues_file_taken_away_by_a_landing(company: Company, diverged: Forger) -> None:
    victim = next(
        path for path, _ in diverged.repo.walk(server_main(diverged)) if path.endswith("core/customer.yaml.age")
    )
    land(diverged, {victim: None})
    assert codes(company, "bob") == {"TRU020"}


def test_parents_swapped(company: Company, diverged: Forger) -> None:
    pin = verified(company, "bob", main=server_main(diverged), keyring=git(
        company.clone("bob"), "rev-parse", "origin/keyring/1").strip()).pin  # fmt: skip
    land(diverged, swapped=True)
    assert codes(company, "bob", pin=pin) == {"TRU003"}
    assert "TRU023" in codes(company, "bob"), "and without any memory: bob lands what alice made"


def test_a_merge_of_main_into_an_own_branch(company: Company, diverged: Forger) -> None:
    """What `git pull` makes: main's commits come in from the second side."""
    commit = land(diverged, swapped=True)
    again = diverged.forge("bob", {}, parents=[server_main(diverged), commit], base=commit, message="land bob\n")
    diverged.set(again)
    assert "TRU024" in codes(company, "bob")


def test_history_rewritten(company: Company) -> None:
    company.customer("alice")
    company.sync("alice")
    pin = verified(company).pin
    forger = Forger(company)
    old, keyring = forger.main, forger.keyring
    forger.set(forger.repo.commit(old).parents[0])
    assert codes(company, pin=pin) == {"TRU002"}, "rewound"
    company.customer("alice", name="Another")
    assert codes(company, pin=pin) == {"TRU002"}, "and gone on from there"
    forger.set(old)
    forger.set(keyring, KEYRING)
    company.customer("alice", name="Another")
    assert codes(company, pin=pin) == set(), "the honest twin goes on from where it was"


def test_a_new_beginning(company: Company) -> None:
    pin = verified(company).pin
    forger = Forger(company)
    tree = forger.repo.root(forger.main) or ""
    payload = encode_commit(tree, [], forger.who("alice"), AT, "found ledger\n")
    commit = forger.repo.run("hash-object", "-t", "commit", "-w", "--stdin", input=payload).decode().strip()
    forger.set(commit)
    assert codes(company, pin=pin) == {"TRU002"}
    assert {"TRU010", "TRU016"} <= codes(company), "several members at the beginning, unsigned"


def test_parented_on_an_old_base_to_undo_a_colleague(company: Company) -> None:
    """The change is made on a main from before the other's; its file would replace a later version."""
    customer = company.customer("alice")
    company.sync("alice", "carol")
    forger = Forger(company)
    path = next(p for p in forger.paths("core/customer.yaml.age") if customer in p)
    base = forger.main
    later = forger.put("alice", resealed(forger, path))
    old = forger.forge("alice", resealed(forger, path), parents=[base])
    forger.set(forger.forge("alice", {path: BlobRef(forger.sealed(path, old))}, parents=[later, old], message="land\n"))
    assert "TRU022" in codes(company)


def test_a_right_lost_since_the_old_base(company: Company) -> None:
    """Bob was owner where he parents his change, and is no more where it enters main."""
    from crmctl.ledger.affairs.dealing import handover

    customer = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    bob = Forger(company, "bob")
    path = next(p for p in bob.paths("core/customer.yaml.age") if customer in p)
    own = bob.put("bob", resealed(bob, path))
    ledger = company.ledger()
    handover(ledger, [customer], "alice", "he moved")
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
    theirs = server_main(bob)
    commit = bob.forge("bob", {path: BlobRef(bob.sealed(path, own))}, parents=[theirs, own], message="land\n")
    bob.set(commit)
    bob.set(bob.repo.resolve("refs/remotes/origin/keyring/1") or "", "refs/heads/keyring/1")
    assert codes(company, "bob") == {"TRU040"}


def test_replaced_objects_are_told_and_not_followed(company: Company) -> None:
    forger = Forger(company)
    company.customer("alice")
    bad = forger.forge("alice", {"notes.txt": b"x"}, key=None)
    good = forger.forge("alice", {"notes.txt": b"x"})
    forger.repo.run("update-ref", f"refs/replace/{bad}", good)
    assert codes(company) == {"TRU005"}, "a warning only: nothing of it counts"
    assert verified(company).clean
    forger.set(bad)
    assert {"TRU005", "TRU010", "TRU031"} <= codes(company)


def test_grafts_are_told_and_not_followed(company: Company) -> None:
    company.customer("alice")
    forger = Forger(company)
    grafts = forger.repo.common_dir / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{forger.main}\n")
    result = verified(company)
    assert {finding.code for finding in result.findings} == {"TRU005"}
    assert result.commits > 1


def test_a_shallow_copy_proves_nothing(company: Company) -> None:
    company.customer("alice")
    company.sync("alice")
    path = company.path / "shallow"
    git(company.path, "clone", "-q", "--depth=1", f"file://{company.path / 'server.git'}", str(path))
    result = verified(path)
    assert [finding.code for finding in result.findings] == ["TRU001"]
    assert result.pin is None


def test_the_right_hand_side_of_a_landing_holds_only_ones_own(company: Company, diverged: Forger) -> None:
    """Bob may not bring in what alice signed and never handed in."""
    alices = Forger(company)
    company.customer("alice", name="Not handed in")
    git(company.clone("bob"), "fetch", "-q", str(company.clone("alice")), "main:refs/heads/taken")
    taken, theirs = diverged.repo.resolve("refs/heads/taken") or "", server_main(diverged)
    edits = {c.path: BlobRef(c.new_oid or "") for c in diverged.repo.changed(theirs, taken)}
    assert alices.main == taken
    commit = diverged.forge("bob", edits, parents=[theirs, taken], message="land\n")
    diverged.set(commit)
    assert "TRU023" in codes(company, "bob")


def test_an_octopus(company: Company, diverged: Forger) -> None:
    own, theirs = diverged.main, server_main(diverged)
    other = write(
        diverged.repo, [Change(None, own, {}, "y\n", parents=[own], tree=diverged.repo.root(own))],
        diverged.signing("bob"), diverged.who("bob"), AT,
    )[0]  # fmt: skip
    diverged.set(diverged.forge("bob", {}, parents=[theirs, own, other], base=theirs, message="z\n"))
    assert codes(company, "bob") == {"TRU016"}
