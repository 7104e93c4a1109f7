"""Hostile YAML: bombs, depth, size, tags, anchors, documents, keys, bytes. Refused, by line, without content."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.errors import InvalidInput
from crmctl.ledger.disk import yamlio


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(8)
)


def refused(data: bytes, words: str, line: int | None = None) -> None:
    for read in (yamlio.load, yamlio.load_located, yamlio.load_canonical):
        with pytest.raises(InvalidInput, match=words) as caught:
            read(data, "org/x.yaml")
        error = caught.value
        assert error.hint
        assert error.where == ("org/x.yaml" if line is None else f"org/x.yaml:{line}")
        assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (BOMB, "Anchors", 1),
        (b"a: 1\nb: &unused 2\n", "Anchors", 2),
        (b"a: &unused\n  b: 1\n", "Anchors", 1),
        (b"&unused a: 1\n", "Anchors", 1),
        (b"- &unused [1]\n", "Anchors", 1),
        (b"a: &x\n", "Anchors", 1),
        (b"a: 1\nb: *missing\n", "Aliases", 2),
        (b"*missing : 1\n", "name must be text", 1),
        (b"<<: {a: 1}\nb: &x 1\n", "Anchors", 2),
    ],
    ids=ascii,
)
def test_anchors_and_aliases(data: bytes, words: str, line: int) -> None:
    refused(data, words, line)


@pytest.mark.parametrize(
    "tagged",
    [
        *(
            b"!!python/object/apply:os.system ['true']",
            b"!!python/object:os.x {}",
            b"!!python/name:os.system",
            b"!!str 1",
        ),
        *(
            b"! 1",
            b"!local x",
            b"!<tag:yaml.org,2002:int> 1",
            b"!!binary aGk=",
            b"!!timestamp 2026-01-01",
            b"!!set {a}",
        ),
        *(b"!!map {a: 1}", b"!!seq [1]", b'!!int "1"', b"!!null", b"!!float 1"),
    ],
    ids=ascii,
)
def test_tags(tagged: bytes) -> None:
    refused(b"x: 1\na: " + tagged + b"\n", "Tags", 2)
    refused(b"- " + tagged + b"\n", "Tags", 1)


def test_a_tagged_key() -> None:
    refused(b"!!str a: 1\n", "Tags", 1)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: 1\nb: 2\na: 1\n", 3),
        (b"x:\n  a: 1\n  a: 2\n", 3),
        (b"{a: 1, a: 1}\n", 1),
        (b"a: 1\n'a': 1\n", 2),
        (b'a: 1\n"\\x61": 1\n', 2),
        (b"- {a: 1,\n   a: 2}\n", 2),
    ],
    ids=ascii,
)
def test_duplicate_keys(data: bytes, line: int) -> None:
    refused(data, "same name twice", line)


@pytest.mark.parametrize(
    "key", [b"1", b"true", b"null", b"? [a]\n", b"? {a: 1}\n", b"?\n", b"[1]", b"-12"], ids=ascii
)  # fmt: skip
def test_keys_that_are_no_text(key: bytes) -> None:
    refused(key + b": 1\n", "name must be text", 1)


def test_a_long_key() -> None:
    refused(b"a: 1\n" + b"k" * 129 + b": 1\n", "longer than 128", 2)
    refused(b"? " + b"k" * 100_000 + b"\n: 1\n", "longer than 128", 1)


@pytest.mark.parametrize(
    "data", [b"a: 1\n---\nb: 2\n", b"--- 1\n--- 2\n", b"a: 1\n...\n---\n", b"---\n---\n"], ids=ascii
)
def test_several_documents(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="More than one"):
        yamlio.load(data, "x")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a comment\n"], ids=ascii)
def test_an_empty_file(data: bytes) -> None:
    refused(data, "empty", 1)


@pytest.mark.parametrize("data", [b"%YAML 1.1\n---\na: 1\n", b"%TAG ! tag:x,2000:\n---\na: 1\n"], ids=ascii)
def test_directives(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="Directives"):
        yamlio.load(data, "x")


@pytest.mark.parametrize(
    "data",
    [
        *(b"[" * 33 + b"]" * 33, b"[" * 500_000, b"{a: " * 33 + b"1" + b"}" * 33, b"- " * 100_000, b"? " * 100_000),
        *("".join(f"{' ' * n}a:\n" for n in range(1000)).encode(), b"[{" * 200_000, b"- [" * 100_000),
    ],
    ids=lambda data: ascii(data[:8]),
)
def test_depth(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"levels deep|name must be text|Not readable"):
        yamlio.load(data, "x")


def test_depth_of_33_is_named_and_32_is_read() -> None:
    refused(b"[" * 33 + b"]" * 33, "more than 32 levels", 1)
    assert yamlio.load(b"[" * 32 + b"]" * 32, "x")


def test_size() -> None:
    refused(b"a: " + b"x" * (1 << 20), "Larger than 1048576")
    assert yamlio.load(b"a: " + b"x" * ((1 << 20) - 3), "x")
    with pytest.raises(InvalidInput, match="Larger than 10"):
        yamlio.load(b"a: 123456789\n", "x", limit=10)


def test_many_digits_are_text_and_cost_nothing() -> None:
    digits = "9" * 900_000
    assert yamlio.load(b"a: " + digits.encode(), "x") == {"a": digits}


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"\xef\xbb\xbfa: 1\n", "control character", 1),
        (b"a: 1\nb: x\xef\xbb\xbfy\n", "control character", 2),
        (b"a: 1\nb: \x00\n", "control character", 2),
        (b"a: 1\n\x07", "control character", 2),
        (b'a: "\x1b[31m"\n', "control character", 1),
        (b"a: \x7f\n", "control character", 1),
        ("a: x\u0085b: 2\n".encode(), "control character", 1),
        ("a: 1\nb: x\u2028c: 2\n".encode(), "control character", 2),
        ("a: x\u2029\n".encode(), "control character", 1),
        ("a: \uffff\n".encode(), "control character", 1),
        (b"a: 1\rb: 2\n", "control character", 1),
        (b"a: 1\nb: \xff\n", "UTF-8", 2),
        (b"a: \xc0\xaf\n", "UTF-8", 1),
        (b"a: \xed\xa0\x80\n", "UTF-8", 1),
        (b"a: 1\n\n\xe5\xae", "UTF-8", 3),
        ("a: 1\n".encode("utf-16"), "UTF-8", 1),
        ("a: 1\n".encode("utf-16-le"), "control character", 1),
    ],
    ids=ascii,
)
def test_bytes(data: bytes, words: str, line: int) -> None:
    refused(data, words, line)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: 1\nb: [1\n", 3),
        (b"a: 1\n\tb: 2\n", 2),
        (b"a: b: c\n", 1),
        (b"a: 'x\n", 2),
        (b'a: "\\q"\n', 1),
        (b'a: "\\ud800"\n', 1),
        (b"a: 1\n  b: 2\n", 2),
        (b"a: @x\n", 1),
        (b"a: %x\n", 1),
    ],
    ids=ascii,
)
def test_what_is_no_yaml_names_the_line(data: bytes, line: int) -> None:
    refused(data, "Not readable", line)


SECRET = "ACMEGMBH"


@pytest.mark.parametrize(
    "data",
    [
        f"a: {SECRET}: x\n", f"{SECRET}: 1\n{SECRET}: 2\n", f"a: &{SECRET} 1\n", f"a: *{SECRET}\n", f"a: !{SECRET} 1\n",
        f"a: !{SECRET}!x 1\n", f'a: "{SECRET}\n', f"{SECRET * 40}: 1\n", f"%{SECRET} x\n---\na: 1\n", f"a: {SECRET}\x00",
    ],
    ids=ascii,
)  # fmt: skip
def test_no_error_carries_content(data: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        yamlio.load(data.encode(), "x")
    error = caught.value
    assert SECRET not in f"{error.what}{error.hint}{error.where}{error!r}"
    assert error.__suppress_context__


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.text(alphabet="ab01:-?[]{},&*!|>'\"%#\n\t \\~.", max_size=40).map(str.encode))
)
def test_any_bytes_load_or_are_refused_by_our_own_error(data: bytes) -> None:
    try:
        value = yamlio.load(data, "x")
    except InvalidInput:
        return
    assert yamlio.load_canonical(yamlio.dump(value), "x") == value
    assert yaml.load(yamlio.dump(value), yaml.CSafeLoader) == value
