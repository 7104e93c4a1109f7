"""The marks a version may carry besides its fields: since when known, when confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from crmctl.model.record import EnvelopeError, Record, decode

RECORD = Record(
    "crmctl/visit/1", "V-1", "visit", "C-1", "east/sales", 1, 1, None, "alice", None, "2026-11-22T10:00:00+08:00", None, {"topic": "x"}
)  # fmt: skip


def test_marks_are_written_only_when_they_say_something() -> None:
    assert not {"known_since", "confirmed_on"} & set(RECORD.encode())
    marked = replace(RECORD, known_since="2026-11-20", confirmed_on="2026-11-21")
    assert decode(marked.encode()) == marked


def test_the_next_version_keeps_the_confirmation_and_not_the_day_it_became_known() -> None:
    marked = replace(RECORD, known_since="2026-11-20", confirmed_on="2026-11-21")
    later = marked.next_version(
        {}, prev="0" * 40, by="bob", at=datetime.fromisoformat(RECORD.at), for_=None, reason=None
    )
    assert (later.known_since, later.confirmed_on) == (None, "2026-11-21")


@pytest.mark.parametrize("key", ["known_since", "confirmed_on"])
@pytest.mark.parametrize("day", [None, 20261120, "20261120", "2026-11-31", "soon", ""])
def test_a_mark_that_is_no_day_is_refused(key: str, day: object) -> None:
    with pytest.raises(EnvelopeError, match=key):
        decode({**RECORD.encode(), key: day})
