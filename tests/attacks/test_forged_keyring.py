"""The keyring: ghost readers, keys taken away, overwritten, rewound, another root, another line."""

from __future__ import annotations

import pytest

from crmctl.ledger.git.objects import encode_commit
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.keys.seal import new_key, seal
from crmctl.model.dossier import wraps_folder
from crmctl.model.wraps import GROUP, Wraps, read_wraps, write_wraps
from crmctl.trust.pin import Pin
from tests.attacks.forgery import AT, KEYRING, Forger, codes, stranger, verified
from tests.company import Company
from tests.prepared import prepared


@prepared
def dealt_with(company: Company) -> None:
    """Alice and carol deal with a customer of east, bob of west does not."""
    company.customer("alice")
    company.sync("alice", "carol", "bob", "alice")


@pytest.fixture
def forger(company: Company, dealt_with: None) -> Forger:
    """Alice at her clone."""
    return Forger(company)


def folder(forger: Forger) -> str:
    path = forger.paths("dossier.yaml")[0]
    return wraps_folder(path.split("/")[2])


def wraps(forger: Forger, reader: str) -> Wraps:
    return read_wraps(forger.repo.read(forger.keyring, f"{folder(forger)}/{reader}") or b"")


def put(forger: Forger, member: str, edits: dict[str, Edit], **more: object) -> None:
    commit = forger.forge(member, edits, parents=[forger.keyring], message="wrap 1 files\n", **more)  # type: ignore[arg-type]
    forger.set(commit, KEYRING)


def sealed_for(forger: Forger, reader: str) -> bytes:
    return seal(b"AGE-SECRET-KEY-1", forger.company.ledger().in_force.org.recipient(reader) or "")


def test_the_honest_keyring_is_clean(company: Company, forger: Forger) -> None:
    assert codes(company) == set()


@pytest.mark.req("R-ACL-01")
@pytest.mark.parametrize("reader", ["bob", "west.sales", "mallory"])
def test_a_ghost_reader(company: Company, forger: Forger, reader: str) -> None:
    ghost = seal(b"x", new_key().public)
    put(forger, "alice", {f"{folder(forger)}/{reader}": write_wraps({("east/sales", 1): ghost})})
    assert codes(company) == {"TRU063"}
    assert codes(company, pin=_pin(forger)) == {"TRU063"}


def test_a_member_slipped_into_a_group(company: Company, forger: Forger) -> None:
    put(forger, "alice", {"groups/east.supervisor/bob": write_wraps({(GROUP, 1): sealed_for(forger, "bob")})})
    assert codes(company) == {"TRU063"}


def test_a_key_to_a_compartment_not_given(company: Company, forger: Forger) -> None:
    lines = wraps(forger, "alice") | {("east/review", 1): sealed_for(forger, "alice")}
    put(forger, "alice", {f"{folder(forger)}/alice": write_wraps(lines)})
    assert codes(company) == {"TRU063"}, "the owner does not read reviews"


@pytest.mark.parametrize("whole", [True, False])
def test_a_reader_silently_denied(company: Company, forger: Forger, whole: bool) -> None:
    pin = _pin(forger)
    lines = wraps(forger, "east.supervisor")
    left = {line: sealed for line, sealed in lines.items() if line[0] != "east/sales"}
    put(forger, "alice", {f"{folder(forger)}/east.supervisor": None if whole else write_wraps(left)})
    assert codes(company, pin=pin) == {"TRU064"}


def test_a_key_overwritten(company: Company, forger: Forger) -> None:
    pin = _pin(forger)
    lines = wraps(forger, "east.supervisor") | {("east/sales", 1): seal(b"rubbish", new_key().public)}
    put(forger, "alice", {f"{folder(forger)}/east.supervisor": write_wraps(lines)})
    assert codes(company, pin=pin) == {"TRU065"}


@pytest.mark.parametrize("content", [b"east/sales 1 x\n", b"", b"east/sales 1 " + b"QUJD\n", b"\xff"])
def test_a_wrap_file_that_is_none(company: Company, forger: Forger, content: bytes) -> None:
    pin = _pin(forger)
    put(forger, "alice", {f"{folder(forger)}/alice": content})
    assert codes(company, pin=pin) & {"TRU066", "TRU064"}


@pytest.mark.parametrize("path", ["keyring.yaml", "notes", "dossiers/zz/C-00000000/alice", "groups/east.head/x/y"])
def test_files_no_keyring_has(company: Company, forger: Forger, path: str) -> None:
    pin = _pin(forger)
    put(forger, "alice", {path: b"x"})
    assert codes(company, pin=pin) == {"TRU066"}


def test_truncated(company: Company, forger: Forger) -> None:
    pin = _pin(forger)
    forger.set(forger.repo.commit(forger.keyring).parents[0], KEYRING)
    assert "TRU062" in codes(company, pin=pin)


def test_overwritten_with_another_line(company: Company, forger: Forger) -> None:
    pin = _pin(forger)
    old = forger.repo.commit(forger.keyring).parents[0]
    forger.set(forger.forge("alice", {}, parents=[old], base=forger.keyring, message="wrap 0 files\n"), KEYRING)
    assert codes(company, pin=pin) == {"TRU062"}


def test_another_root(company: Company, forger: Forger) -> None:
    tree = forger.repo.root(forger.keyring) or ""
    payload = encode_commit(tree, [], forger.who("alice"), AT, "keyring\n")
    commit = forger.repo.run("hash-object", "-t", "commit", "-w", "--stdin", input=payload).decode().strip()
    forger.set(commit, KEYRING)
    assert {"TRU060", "TRU010"} <= codes(company)


def test_the_root_named_by_the_ledger_replaced(company: Company, forger: Forger) -> None:
    from tests.company import git

    content = forger.repo.read("main", "ledger.yaml") or b""
    root = git(company.clone("alice"), "rev-list", "--max-parents=0", "keyring/1").strip()
    forger.put("bob", {"ledger.yaml": content.replace(root.encode(), b"0" * 40)})
    assert codes(company) == {"TRU040"}


def test_a_merge_in_the_keyring(company: Company, forger: Forger) -> None:
    tip = forger.keyring
    side = forger.forge("alice", {f"{folder(forger)}/bob": b"x"}, parents=[tip], base=tip, message="x\n")
    forger.set(forger.forge("alice", {}, parents=[tip, side], base=tip, message="x\n"), KEYRING)
    assert "TRU061" in codes(company)


def test_unsigned_or_signed_by_nobody(company: Company, forger: Forger) -> None:
    lines = wraps(forger, "alice")
    for key, code in ((None, "TRU010"), (stranger(), "TRU013")):
        tip = forger.keyring
        put(forger, "alice", {f"{folder(forger)}/alice": write_wraps(dict(list(lines.items())[:-1]))}, key=key)
        assert code in codes(company)
        forger.set(tip, KEYRING)


def test_no_keyring_at_all(company: Company, forger: Forger) -> None:
    forger.repo.run("update-ref", "-d", KEYRING)
    assert codes(company) == {"TRU067"}


def _pin(forger: Forger) -> Pin | None:
    """Proved before anything was forged."""
    result = verified(forger.company, keyring=forger.keyring)
    return result.pin if result.clean else verified(
        forger.company, keyring=forger.repo.commit(forger.keyring).parents[0]
    ).pin  # fmt: skip
