"""Rows of a kind stored by the month."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.monthly import OUTER, Row, fields_of, find_row, rows_in, with_row, without_row
from crmctl.model.values import Value

IDS = st.sampled_from(["T-1", "T-2", "T-3", "T-4"])
ROWS = st.builds(
    lambda row_id, amount: {"id": row_id, "by": "alice", "for": None, "at": "2026-11-20T10:00:00+08:00", "amount": amount},
    IDS, st.integers(),
)  # fmt: skip
MONTHS = st.lists(ROWS, max_size=4, unique_by=lambda row: str(row["id"])).map(lambda rows: {"rows": rows})


@given(MONTHS, ROWS)
def test_a_row_put_in_is_found_and_the_others_stay(month: dict[str, Value], row: Row) -> None:
    before = [dict(old) for old in rows_in(month)]
    after = with_row(month, row)
    assert find_row(after, str(row["id"])) == row
    assert [old for old in rows_in(after) if old["id"] != row["id"]] == [
        old for old in before if old["id"] != row["id"]
    ]
    assert rows_in(month) == before  # the old version is not written over
    assert with_row(after, row) == after


@given(MONTHS, ROWS)
def test_a_row_taken_out_is_gone_and_the_others_stay(month: dict[str, Value], row: Row) -> None:
    added = with_row(month, row)
    gone = without_row(added, str(row["id"]))
    assert find_row(gone, str(row["id"])) is None
    assert rows_in(gone) == [old for old in rows_in(month) if old["id"] != row["id"]]
    assert without_row(gone, str(row["id"])) == gone


def test_replacing_a_row_keeps_its_place() -> None:
    month = with_row(with_row({}, {"id": "T-1", "amount": 1}), {"id": "T-2", "amount": 2})
    changed = with_row(month, {"id": "T-1", "amount": 3})
    assert [row["id"] for row in rows_in(changed)] == ["T-1", "T-2"]


@given(ROWS)
def test_a_rows_fields_are_what_was_entered_without_who_and_when(row: Row) -> None:
    assert fields_of(row) == {"amount": row["amount"]}
    assert set(OUTER).isdisjoint(fields_of(row))


def test_a_damaged_month_has_no_rows() -> None:
    for rows in (None, "text", {"id": "T-1"}, 3):
        assert rows_in({"rows": rows}) == []
    assert rows_in({"rows": [{"id": "T-1"}, "text", None]}) == [{"id": "T-1"}]
