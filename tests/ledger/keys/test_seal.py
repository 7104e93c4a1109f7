"""Sealing to one key: round trip, the header proved without a key, pyrage's words, the real age program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.errors import InvalidInput, NoKey, TrustBroken
from crmctl.ledger.keys import seal


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


ALICE, BOB = seal.new_key(), seal.new_key()
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="the age program is not installed")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_what_is_sealed_opens(plain: bytes) -> None:
    sealed = seal.seal(plain, ALICE.public)
    seal.check_header(sealed, "x")
    assert seal.Opener(ALICE.secret).open(sealed, "x") == plain


@pytest.mark.req("R-ACL-26")
def test_every_header_pyrage_writes_passes_the_check() -> None:
    for _round in range(400):  # its grease stanza is random in length and words
        seal.check_header(seal.seal(b"", ALICE.public), "x")


@pytest.mark.req("R-ACL-04")
def test_another_key_does_not_fit() -> None:
    with pytest.raises(NoKey) as caught:
        seal.Opener(BOB.secret).open(seal.seal(b"x", ALICE.public), "customers/7q/x")
    assert caught.value.where == "customers/7q/x"
    assert caught.value.hint


def test_keys_derive_and_never_show() -> None:
    assert seal.public_of(ALICE.secret) == ALICE.public == seal.Opener(ALICE.secret).public
    assert re.fullmatch(r"age1[0-9a-z]{58}", ALICE.public)
    for shown in (repr(ALICE), str(ALICE), repr(seal.Opener(ALICE.secret))):
        assert ALICE.public in shown
        assert "SECRET" not in shown


@pytest.mark.parametrize(
    "wrong",
    ["", "age1xyz", ALICE.public.upper(), f" {ALICE.public}", f"{ALICE.public}\n", "ssh-ed25519 AAAA"],
    ids=["empty", "short", "capitals", "blank before", "newline after", "ssh"],
)
def test_a_wrong_recipient_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        seal.seal(b"x", wrong)


@pytest.mark.parametrize(
    "wrong",
    ["", "AGE-SECRET-KEY-1XX", ALICE.public, ALICE.secret[:-1], "AGE-SECRET-KEY-PQ-1QQ"],
    ids=["empty", "short", "public", "cut", "pq"],
)
def test_a_wrong_secret_is_refused_without_showing_it(wrong: str) -> None:
    for use in (seal.public_of, seal.Opener):
        with pytest.raises(InvalidInput) as caught:
            use(wrong)
        assert not wrong or wrong not in f"{caught.value.what}{caught.value.hint}"


def words_of(ciphertext: bytes, secret: str) -> str:
    """What pyrage says when it fails."""
    from io import BytesIO

    with pytest.raises((pyrage.DecryptError, OSError)) as caught:
        pyrage.decrypt_io(BytesIO(ciphertext), BytesIO(), [pyrage.x25519.Identity.from_str(secret)])
    return str(caught.value)


def test_the_words_by_which_failures_are_told_apart_are_still_pyrages() -> None:
    sealed = seal.seal(b"x" * 100, ALICE.public)
    mac = sealed.index(b"\n--- ") + 8
    assert words_of(sealed, BOB.secret) == seal.NO_MATCH
    assert words_of(sealed[:-1], ALICE.secret) == "decryption error"
    assert words_of(
        sealed[:mac] + (b"A" if sealed[mac : mac + 1] != b"A" else b"B") + sealed[mac + 1 :], ALICE.secret
    ) == ("Header MAC is invalid")
    assert words_of(b"", ALICE.secret) == "failed to fill whole buffer"
    assert words_of(b"x" * 300, ALICE.secret) == "Header is invalid"
    assert words_of(sealed[:40], ALICE.secret) == "Incomplete header"


@pytest.fixture(scope="module")
def locked() -> bytes:
    """A secret under a passphrase; made once, for scrypt takes a second."""
    return seal.seal_passphrase(f"{ALICE.secret}\n".encode(), "口令 correct")


def test_a_wrong_passphrase_is_told_apart_by_pyrages_words(locked: bytes) -> None:
    with pytest.raises(pyrage.DecryptError) as caught:
        pyrage.passphrase.decrypt(locked, "wrong")
    assert str(caught.value) == seal.WRONG_PASSPHRASE


def test_a_passphrase_file_opens_with_its_passphrase_only(locked: bytes) -> None:
    assert seal.open_passphrase(locked, "口令 correct", "x") == f"{ALICE.secret}\n".encode()
    with pytest.raises(NoKey) as caught:
        seal.open_passphrase(locked, "口令 Correct", "identity.age")
    assert caught.value.hint
    with pytest.raises(TrustBroken):
        seal.open_passphrase(locked[:-1], "口令 correct", "identity.age")
    with pytest.raises(TrustBroken):
        seal.open_passphrase(seal.seal(b"x", ALICE.public), "口令 correct", "identity.age")
    with pytest.raises(InvalidInput):
        seal.seal_passphrase(b"x", "")


def test_a_costly_work_factor_is_refused_before_it_is_tried(locked: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    costly = re.sub(rb"(-> scrypt \S+) \d+\n", rb"\1 21\n", locked)
    monkeypatch.setattr(pyrage.passphrase, "decrypt", lambda *_: pytest.fail("it was tried"))
    with pytest.raises(TrustBroken, match="20"):
        seal.open_passphrase(costly, "p", "x")


@needs_age
@pytest.mark.req("R-ACL-04")
def test_the_age_program_opens_what_we_seal(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(ALICE.secret + "\n")
    (tmp_path / "r.age").write_bytes(seal.seal("记录\n".encode(), ALICE.public))
    shown = subprocess.run(["age", "-d", "-i", "key.txt", "r.age"], cwd=tmp_path, capture_output=True, check=True)
    assert shown.stdout == "记录\n".encode()


@needs_age
def test_we_open_what_the_age_program_seals(tmp_path: Path) -> None:
    done = subprocess.run(["age", "-r", ALICE.public], input=b"abc" * 50_000, capture_output=True, check=True)
    seal.check_header(done.stdout, "x")
    assert seal.Opener(ALICE.secret).open(done.stdout, "x") == b"abc" * 50_000
    two = subprocess.run(["age", "-r", ALICE.public, "-r", BOB.public], input=b"x", capture_output=True, check=True)
    with pytest.raises(TrustBroken, match="more than one key"):
        seal.Opener(ALICE.secret).open(two.stdout, "x")


@needs_age
@pytest.mark.skipif(sys.platform == "win32", reason="age asks on a terminal")
def test_the_age_program_takes_our_passphrase_file_as_an_identity(tmp_path: Path, locked: bytes) -> None:
    (tmp_path / "identity.age").write_bytes(locked)
    (tmp_path / "r.age").write_bytes(seal.seal(b"content", ALICE.public))
    child = pexpect.spawn("age", ["-d", "-o", "out", "-i", "identity.age", "r.age"], cwd=str(tmp_path), timeout=60)
    child.expect("passphrase")
    child.sendline("口令 correct")
    child.expect(pexpect.EOF)
    child.close()
    assert (tmp_path / "out").read_bytes() == b"content"


@needs_age
@pytest.mark.skipif(sys.platform == "win32", reason="age asks on a terminal")
def test_we_open_a_passphrase_file_of_the_age_program(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"content")
    child = pexpect.spawn("age", ["-p", "-o", "out.age", "plain"], cwd=str(tmp_path), timeout=60)
    for prompt in ("passphrase", "onfirm"):
        child.expect(prompt)
        child.sendline("open sesame")
    child.expect(pexpect.EOF)
    child.close()
    assert seal.open_passphrase((tmp_path / "out.age").read_bytes(), "open sesame", "x") == b"content"
