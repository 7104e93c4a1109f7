"""Hostile sealed files: armor, extra recipients, cut, bent, padded, too costly; and the public age vectors."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.errors import CrmctlError, NoKey, TrustBroken
from crmctl.ledger.keys import seal


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


ALICE, BOB = seal.new_key(), seal.new_key()
SEALED = seal.seal("客户".encode() * 50, ALICE.public)
BODY = SEALED.index(b"\n--- ") + 49
VECTORS = Path(__file__).parent.parent / "vectors" / "age" / "cctv.tar.xz"


def opened(sealed: bytes) -> bytes:
    return seal.Opener(ALICE.secret).open(sealed, "customers/7q/x.age")


def refused(sealed: bytes, words: str) -> None:
    """Both the keyless check and the opener refuse, and say why and where, before pyrage sees it."""
    for use in (lambda: seal.check_header(sealed, "customers/7q/x.age"), lambda: opened(sealed)):
        with pytest.raises(TrustBroken, match=words) as caught:
            use()
        assert caught.value.where == "customers/7q/x.age"
        assert caught.value.hint


def stanza(sealed: bytes) -> bytes:
    """The X25519 stanza of a sealed file."""
    found = re.search(rb"-> X25519 .+\n.+\n", sealed)
    assert found
    return found[0]


def with_stanzas(*stanzas: bytes) -> bytes:
    return b"age-encryption.org/v1\n" + b"".join(stanzas) + SEALED[SEALED.index(b"\n--- ") + 1 :]


def test_armor() -> None:
    armored = pyrage.encrypt(b"x", [pyrage.x25519.Recipient.from_str(ALICE.public)], armored=True)
    refused(armored, "Armored")
    refused(b"\n \n" + armored, "Armored")


@pytest.mark.req("R-ACL-26")
def test_an_extra_recipient_even_a_copy_of_the_first() -> None:
    both = [pyrage.x25519.Recipient.from_str(key.public) for key in (ALICE, BOB)]
    refused(pyrage.encrypt(b"x", both), "more than one key")
    refused(pyrage.encrypt(b"x", both[:1] * 2), "more than one key")
    refused(pyrage.encrypt(b"x", both * 40), "more than one key")
    refused(with_stanzas(stanza(SEALED), stanza(SEALED)), "more than one key")


def test_a_passphrase_stanza_never_reaches_scrypt() -> None:
    locked = vectors()["scrypt"].age
    refused(locked, "passphrase")
    costly = re.sub(rb"(-> scrypt \S+) \d+\n", rb"\1 63\n", locked)
    refused(costly, "passphrase")
    scrypt = re.search(rb"-> scrypt .+\n.+\n", locked)
    assert scrypt
    refused(with_stanzas(stanza(SEALED), scrypt[0]), "passphrase")


@pytest.mark.parametrize(
    "kind",
    [b"ssh-ed25519 QUJDRA", b"p256tag aaaa", b"mlkem768x25519 a", b"x25519 a", b"grease", b"-greas", b"X25519-Grease"],
)
def test_an_unknown_kind_of_recipient(kind: bytes) -> None:
    refused(with_stanzas(stanza(SEALED), b"-> " + kind + b"\nQUJD\n"), "unknown kind")
    refused(with_stanzas(b"-> " + kind + b"\nQUJD\n"), "unknown kind")


def test_one_grease_stanza_on_either_side_passes_two_do_not() -> None:
    grease = b"-> odd~-grease a b\n" + b"A" * 64 + b"\n\n"
    for good in ((stanza(SEALED),), (stanza(SEALED), grease), (grease, stanza(SEALED))):
        seal.check_header(with_stanzas(*good), "x")
    for bad in ((grease, stanza(SEALED), grease), (stanza(SEALED), grease, grease), (grease,), ()):
        refused(with_stanzas(*bad), "Damaged")


@pytest.mark.parametrize(
    "body", [b"A\n", b"AA=\n", b"AB\n", b"A" * 65 + b"\n", b"A" * 64 + b"\n", b"", b"A\r\n", b"A A\n"]
)
def test_a_grease_stanza_of_loose_encoding(body: bytes) -> None:
    refused(with_stanzas(stanza(SEALED), b"-> x-grease\n" + body), "Damaged")


def test_an_oversize_header_is_refused_without_reading_it_all() -> None:
    line = b"A" * 64 + b"\n"
    refused(with_stanzas(stanza(SEALED), b"-> x-grease\n" + line * 40 + b"\n"), "larger than 2048")
    refused(with_stanzas(stanza(SEALED), b"-> x-grease\n" + line * 100_000 + b"\n"), "larger than 2048")
    refused(b"age-encryption.org/v1\n" + b"-> x-grease\n\n" * 200_000, "larger than 2048")
    refused(b"age-encryption.org/v1\n-> " + b"a" * 1_000_000 + b"-grease\n\n", "larger than 2048")


@pytest.mark.parametrize(
    "junk",
    [
        *(
            b"",
            b"\n",
            b"x",
            b"x" * 5000,
            b"\x00" * 300,
            b"schema: crmctl/visit/1\nid: V-1\n",
            b"age-encryption.org/v2\n",
        ),
        *(b"-----BEGIN PGP MESSAGE-----\n", b"\xef\xbb\xbf" + SEALED, b" " + SEALED, SEALED.replace(b"\n", b"\r\n", 1)),
    ],
    ids=lambda junk: ascii(junk[:12]),
)
def test_what_is_no_age_file(junk: bytes) -> None:
    refused(junk, "Not an age file")


def test_cut_anywhere_it_never_opens() -> None:
    for length in range(len(SEALED)):
        with pytest.raises(TrustBroken):
            opened(SEALED[:length])


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 200_000])
def test_cut_or_padded_at_each_chunk_it_never_opens_and_releases_nothing(size: int) -> None:
    plain = bytes(size)
    sealed = seal.seal(plain, ALICE.public)
    assert opened(sealed) == plain
    start = sealed.index(b"\n--- ") + 49 + 16
    edges = [start, *range(start + 65_552, len(sealed) + 1, 65_552), len(sealed)]
    for edge in edges:
        for end in range(edge - 17, edge + 18):
            if end < len(sealed):
                with pytest.raises(TrustBroken):
                    opened(sealed[:end])
    first, rest = sealed[: start + 65_552], sealed[start + 65_552 :]
    for bent in (first + rest + rest, first + first[start:] + rest):
        if bent != sealed:
            with pytest.raises(TrustBroken):
                opened(bent)


@pytest.mark.parametrize(
    "tail", [b"\x00", b"\n", b"x" * 16, b"x" * 70_000, SEALED], ids=["nul", "newline", "block", "chunk", "second-file"]
)
def test_trailing_bytes(tail: bytes) -> None:
    with pytest.raises(TrustBroken):
        opened(SEALED + tail)


def test_any_bent_bit_is_noticed() -> None:
    share = SEALED.index(b"-> X25519 ")
    for index in range(len(SEALED)):
        bent = bytearray(SEALED)
        bent[index] ^= 1 << (index % 8)
        # a bent share or wrapped key looks like somebody else's stanza; nothing can tell them apart
        inside = share <= index < share + len(stanza(SEALED))
        with pytest.raises((NoKey, TrustBroken) if inside else TrustBroken):
            opened(bytes(bent))


def test_the_body_of_another_file_under_this_header() -> None:
    other = seal.seal(b"other", ALICE.public)
    with pytest.raises(TrustBroken):
        opened(SEALED[:BODY] + other[other.index(b"\n--- ") + 49 :])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_random_bytes_anywhere_end_in_our_own_errors(noise: bytes, place: int) -> None:
    for hostile in (
        noise,
        b"age-encryption.org/v1\n" + noise,
        SEALED[:place] + noise,
        SEALED[:place] + noise + SEALED[place:],
    ):
        if hostile != SEALED:
            with pytest.raises((NoKey, TrustBroken)):
                opened(hostile)


def test_no_error_carries_what_was_sealed() -> None:
    for bad in (SEALED[:-1], SEALED + b"x", b"CUSTOMER NAME " * 30):
        with pytest.raises(CrmctlError) as caught:
            opened(bad)
        error = caught.value
        assert "CUSTOMER" not in f"{error.what}{error.hint}{error!r}"
        assert error.__context__ is None or error.__suppress_context__


@dataclass(frozen=True)
class Vector:
    """One public vector: what it should do, with which keys, and the age file itself."""

    name: str
    fields: Mapping[str, str]
    age: bytes

    @property
    def good(self) -> bool:
        return self.fields["expect"] == "success"


@cache
def vectors() -> dict[str, Vector]:
    found = {}
    with tarfile.open(VECTORS) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            head, _, body = file.read().partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            age = zlib.decompress(body) if fields.get("compressed") == "zlib" else body
            found[member.name] = Vector(member.name, fields, age)
    return found


def by_pyrage(vector: Vector) -> bytes | None:
    """What pyrage alone makes of a vector: the plaintext, or None where it refuses."""
    plain = io.BytesIO()
    secret = vector.fields.get("identity", ALICE.secret)
    try:
        if "passphrase" in vector.fields:
            return bytes(pyrage.passphrase.decrypt(vector.age, vector.fields["passphrase"]))
        pyrage.decrypt_io(io.BytesIO(vector.age), plain, [pyrage.x25519.Identity.from_str(secret)])
    except (pyrage.DecryptError, OSError):
        return None
    return plain.getvalue()


# post-quantum identities, which pyrage does not know at all
HYBRID = {name for name in vectors() if "hybrid" in name}
# would take 8 GiB: see test_a_work_factor_of_23_is_refused_on_any_machine
TOO_COSTLY = "scrypt_work_factor_23"
DEVIATIONS = {"armor_whitespace_outside", "stanza_missing_body", "stanza_missing_final_line"}
# of what age allows, exactly this is what a ledger allows: no armor, no passphrase, one X25519 stanza, one `*-grease`
ALLOWED = {
    *(
        "stream_257_chunks",
        "stream_257_chunks_full",
        "stream_258_chunks",
        "stream_empty_payload",
        "stream_last_chunk_full",
    ),
    *("stream_last_chunk_full_second", "stream_three_chunks", "stream_two_chunks", "x25519"),
}


def test_all_vectors_are_there() -> None:
    assert len(vectors()) == 143
    assert {name for name, v in vectors().items() if "PQ" in v.fields.get("identity", "")} == HYBRID
    for vector in (vectors()[name] for name in HYBRID):
        with pytest.raises(pyrage.IdentityError):
            pyrage.x25519.Identity.from_str(vector.fields["identity"])


def test_pyrage_deviates_from_the_vectors_exactly_where_we_know() -> None:
    deviating = set()
    for name in vectors().keys() - HYBRID - {TOO_COSTLY}:
        vector = vectors()[name]
        plain = by_pyrage(vector)
        right = plain is None or hashlib.sha256(plain).hexdigest() == vector.fields.get("payload")
        if (plain is not None) != vector.good or not right:
            deviating.add(name)
    assert deviating == DEVIATIONS


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on memory")
def test_a_work_factor_of_23_is_refused_on_any_machine() -> None:
    program = (
        "import resource, sys, pyrage\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "try:\n    pyrage.passphrase.decrypt(sys.stdin.buffer.read(), sys.argv[1])\n"
        "except pyrage.DecryptError:\n    print('refused in time')\n"
    )
    vector = vectors()[TOO_COSTLY]
    tried = subprocess.run(
        [sys.executable, "-c", program, vector.fields["passphrase"]], input=vector.age, capture_output=True, check=False
    )
    # it goes by how fast the machine is just now: on a slow one it refuses, on a fast one it takes all memory
    assert (tried.returncode == 0) == (b"refused in time" in tried.stdout)
    with pytest.raises(TrustBroken, match="20"):
        seal.open_passphrase(vector.age, vector.fields["passphrase"], "x")


def test_through_our_opener_no_bad_vector_opens_and_the_good_ones_are_exactly_these() -> None:
    opens = set()
    for name in vectors().keys() - HYBRID:
        vector = vectors()[name]
        secret = vector.fields.get("identity", ALICE.secret)
        try:
            plain = seal.Opener(secret).open(vector.age, name)
        except (NoKey, TrustBroken):
            continue
        opens.add(name)
        assert vector.good, name
        assert hashlib.sha256(plain).hexdigest() == vector.fields["payload"]
    assert opens == ALLOWED


def test_through_open_passphrase_exactly_one_vector_opens() -> None:
    opens = set()
    for name, vector in vectors().items():
        try:
            plain = seal.open_passphrase(vector.age, vector.fields.get("passphrase", "password"), name)
        except (NoKey, TrustBroken):
            continue
        opens.add(name)
        assert hashlib.sha256(plain).hexdigest() == vector.fields["payload"]
    assert opens == {"scrypt"}
