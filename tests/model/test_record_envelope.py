"""The envelope: what is written reads back, and what is off is named by key, never by value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.disk.yamlio import dump, load
from crmctl.model.record import EnvelopeError, Record, decode

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
RECORDS = st.builds(
    Record,
    schema=WORDS, id=WORDS, kind=WORDS, dossier=WORDS, compartment=WORDS,
    generation=st.integers(1, 99), rev=st.integers(1, 99), prev=st.none() | WORDS, by=WORDS, for_=st.none() | WORDS,
    at=st.just("2026-11-20T10:00:00+08:00"), reason=st.none() | WORDS,
    data=st.dictionaries(WORDS, WORDS | st.integers(0, 9) | st.booleans() | st.lists(WORDS, max_size=2), max_size=3),
    unverified=st.dictionaries(WORDS, st.just("2026-12-01"), max_size=2),
)  # fmt: skip
PLAIN: dict[str, Any] = {
    "schema": "crmctl/visit/1", "id": "V-1", "kind": "visit", "dossier": "C-1", "compartment": "east/sales",
    "generation": 1, "rev": 1, "prev": None, "by": "alice", "for": None, "at": "2026-11-20T10:00:00+08:00",
    "reason": None, "data": {"topic": "secret of the customer"},
}  # fmt: skip


@given(RECORDS)
def test_encode_and_decode_are_inverse(record: Record) -> None:
    assert decode(record.encode()) == record


@given(RECORDS)
def test_it_survives_being_written_as_yaml(record: Record) -> None:
    assert decode(load(dump(record.encode()), "record")) == record


@pytest.mark.parametrize("key", list(PLAIN))
def test_every_key_is_needed(key: str) -> None:
    with pytest.raises(EnvelopeError, match=f"^{key}$"):
        decode({name: value for name, value in PLAIN.items() if name != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", ""), ("schema", 1), ("id", None), ("id", ""), ("kind", []), ("dossier", {}), ("by", ""),
        ("by", True), ("generation", 0), ("generation", "1"), ("generation", True), ("rev", -1), ("rev", None),
        ("prev", 1), ("for", False), ("reason", 3), ("data", None), ("data", []), ("unverified", None),
        ("unverified", {"phone": 1}), ("at", "yesterday"), ("at", "2026-11-20"), ("at", "2026-11-20T10:00:00"),
        ("extra", "x"), ("Data", {}),
    ],
)  # fmt: skip
def test_what_is_off_is_named_by_key_and_never_by_value(key: str, value: object) -> None:
    with pytest.raises(EnvelopeError) as caught:
        decode({**PLAIN, key: value})
    assert str(caught.value) == key


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_a_record_is_a_mapping(raw: object) -> None:
    with pytest.raises(EnvelopeError):
        decode(raw)


@given(RECORDS)
def test_the_next_version_counts_up_and_names_what_it_replaces(record: Record) -> None:
    at = datetime.fromisoformat("2026-11-21T09:00:00+08:00")
    after = record.next_version({"topic": "new"}, prev="0" * 40, by="bob", at=at, for_=None, reason="phoned")
    assert (after.rev, after.prev, after.by, after.reason) == (record.rev + 1, "0" * 40, "bob", "phoned")
    assert (after.id, after.kind, after.dossier, after.compartment) == (
        record.id, record.kind, record.dossier, record.compartment,
    )  # fmt: skip
    assert after.data == {"topic": "new"}


def test_the_state_is_a_text_of_the_data() -> None:
    assert decode({**PLAIN, "data": {"state": "planned"}}).state == "planned"
    assert decode({**PLAIN, "data": {"state": 3}}).state is None
    assert decode(PLAIN).state is None
