"""Typed ids: what the check character finds, what typing faults are forgiven."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.fields import FieldProblem
from crmctl.model.ids import ALPHABET, new_id, parse_id, shard

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IDS = st.builds(new_id, st.text(LETTERS, min_size=1, max_size=3), st.binary(min_size=8, max_size=8))


@given(st.text(LETTERS, min_size=1, max_size=3), st.binary(min_size=8, max_size=8))
def test_new_ids_parse_and_have_their_length(prefix: str, random: bytes) -> None:
    made = new_id(prefix, random)
    body = made.partition("-")[2]
    assert parse_id(made) == (prefix, body)
    assert len(body) == (8 if prefix == "C" else 10)
    assert set(body) <= set(ALPHABET)


@pytest.mark.parametrize("documented", ["C-7Q2M9K4T", "V-3K7Q2M9T4A"])
def test_the_ids_in_the_documents_are_valid(documented: str) -> None:
    assert "-".join(parse_id(documented)) == documented


@given(IDS)
def test_every_single_wrong_character_is_found(made: str) -> None:
    prefix, _, body = made.partition("-")
    for place, right in enumerate(body):
        for wrong in ALPHABET:
            if wrong != right:
                with pytest.raises(FieldProblem):
                    parse_id(f"{prefix}-{body[:place]}{wrong}{body[place + 1 :]}")


@given(IDS, st.data())
def test_every_wrong_prefix_letter_is_found(made: str, data: st.DataObject) -> None:
    prefix, _, body = made.partition("-")
    place = data.draw(st.integers(0, len(prefix) - 1))
    wrong = data.draw(st.sampled_from([letter for letter in LETTERS if letter != prefix[place]]))
    with pytest.raises(FieldProblem):
        parse_id(f"{prefix[:place]}{wrong}{prefix[place + 1 :]}-{body}")


@given(IDS)
def test_every_swap_of_two_characters_is_found(made: str) -> None:
    prefix, _, body = made.partition("-")
    for left in range(len(body)):
        for right in range(left + 1, len(body)):
            swapped = list(body)
            swapped[left], swapped[right] = body[right], body[left]
            if "".join(swapped) != body:
                with pytest.raises(FieldProblem):
                    parse_id(f"{prefix}-{''.join(swapped)}")


@given(IDS)
def test_typing_habits_are_forgiven(made: str) -> None:
    wanted = parse_id(made)
    prefix, _, body = made.partition("-")
    lookalike = body.replace("0", "O").replace("1", "l")
    for typed in (
        made.lower(),
        f" {prefix} - {body} ",
        f"{prefix}-{lookalike}",
        f"{prefix}–{body}",
        f"{prefix}-{body.replace('1', 'i')}",
    ):
        assert parse_id(typed) == wanted


@given(IDS)
def test_a_missing_dash_is_found_again(made: str) -> None:
    assert parse_id(made.replace("-", "").lower()) == parse_id(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "C",
        "C-",
        "7Q2M9K4T",
        "C-7Q2M9K4",
        "C-7Q2M9K4TT",
        "C-7Q2M9K4U",
        "ABCD-3K7Q2M9T4A",
        "C-7Q2M-9K4T",
        "客-7Q2M9K4T",
        "../../etc",
        "C-7Q2M9K4T\x00",
        "1-7Q2M9K4T",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(FieldProblem) as caught:
        parse_id(text)
    assert caught.value.code == "FLD020"


def test_new_ids_use_all_their_random_bits() -> None:
    made = {new_id("C", number.to_bytes(5)) for number in range(0, 2**35, 2**35 // 1000)}
    assert len(made) == 1001
    with pytest.raises(ValueError, match="random"):
        new_id("C", b"1234")
    with pytest.raises(ValueError, match="random"):
        new_id("V", b"12345")


@pytest.mark.parametrize(("prefix", "length"), [("", 8), ("c", 8), ("ABCD", 8), ("客", 8), ("C", 1), ("C", 17)])
def test_wrong_prefixes_and_lengths_are_a_programming_error(prefix: str, length: int) -> None:
    with pytest.raises(ValueError, match="prefix"):
        new_id(prefix, b"x" * 20, length)


def test_the_shard_is_two_small_characters() -> None:
    assert shard("C-7Q2M9K4T") == "7q"
