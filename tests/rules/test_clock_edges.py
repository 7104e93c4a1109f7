"""Edges of clocks seen wrong in other programs: lunch, evenings, make-up days, holidays, entries out of order."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from crmctl.ledger.workdays import laid_over
from crmctl.model.duration import parse_duration
from crmctl.policy.clocks import Clock, read_clocks
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.deadline import deadline
from crmctl.rules.due import due_items
from crmctl.rules.due_parts import Dealing, Due, DueRow, Surroundings

CHINA = laid_over(CompanyDays())
ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("received", "within", "end"),
    [
        ("2026-11-21T20:00", "4 working hours", "2026-11-23T14:00"),  # a Saturday evening: from Monday morning on
        ("2026-11-20T12:30", "1 working hour", "2026-11-20T14:00"),  # in the lunch break
        ("2026-02-14T17:00", "2 working hours", "2026-02-24T10:00"),  # a Saturday that is worked, then the holiday
        ("2026-10-05T11:00", "1 working hour", "2026-10-08T10:00"),  # within seven days off
        ("2026-11-20T17:59", "1 working hour", "2026-11-23T09:59"),  # a minute before closing, on a Friday
        ("2026-11-20T09:00", "3 working hours", "2026-11-20T12:00"),  # due exactly as the morning ends
        ("2026-11-20T09:00", "8 working hours", "2026-11-20T18:00"),  # due exactly as the day ends
        ("2026-10-10T16:00", "3 working hours", "2026-10-12T10:00"),  # a Saturday that is worked, then Monday
    ],
)
def test_hours_of_a_complaint(received: str, within: str, end: str) -> None:
    assert deadline(CHINA, at(received), parse_duration(within)).moment == at(end)


@pytest.mark.parametrize(
    ("learnt", "end"),
    [
        ("2026-11-20T17:59", "2026-11-23"),  # a Friday before closing
        ("2026-11-20T23:59", "2026-11-23"),  # and at night
        ("2026-10-03T10:00", "2026-10-08"),  # in a holiday
        ("2026-01-03T10:00", "2026-01-04"),  # the Sunday after is worked
        ("2026-01-04T10:00", "2026-01-05"),  # from that Sunday on
    ],
)
def test_one_working_day_to_enter_what_was_learnt(learnt: str, end: str) -> None:
    found = deadline(CHINA, at(learnt), parse_duration("1 working day"))
    assert found.day == date.fromisoformat(end)
    assert not found.missed(at(f"{end}T23:59"))


def clock(**words: object) -> Clock:
    raw = {"code": "CMP013", "on": "complaint", "at": "received_at", "text": ["答复", "Answer"], **words}
    (made,), findings = read_clocks([raw], "p")  # type: ignore[list-item]
    assert findings == []
    return made


def found(made: Clock, now: str, settings: dict[str, object] | None = None, **values: object) -> list[Due]:
    around = Surroundings(at(now), CHINA, {"due_ahead_days": 30, **(settings or {})}, {"C-1": {"east": Dealing("bob")}},
                          frozenset({"bob"}))  # fmt: skip
    return list(due_items(made, [DueRow("complaint", "K-1", "C-1", "east", values)], around))


def test_a_response_written_before_the_receipt_is_no_lateness() -> None:
    made = clock(within="4 working hours", done=["responded_at"])
    received, before = at("2026-11-18T10:00"), at("2026-11-18T09:00")
    assert found(made, "2026-11-20T10:00", received_at=received, responded_at=before) == []


def test_the_end_of_the_span_itself_is_in_time_and_the_minute_after_is_not() -> None:
    made = clock(within="4 working hours", done=["responded_at"])
    received = at("2026-11-18T13:00")
    in_time = found(made, "2026-11-20T10:00", received_at=received, responded_at=at("2026-11-18T17:00"))
    late = found(made, "2026-11-20T10:00", received_at=received, responded_at=at("2026-11-18T17:01"))
    assert in_time == []
    assert [item.done for item in late] == [date(2026, 11, 18)]


def test_a_shorter_span_of_another_kind_counts_from_the_receipt_whenever_it_is_put_there() -> None:
    made = clock(within="$slow", cases=[{"if": "category in [quality]", "within": "$fast"}])
    settings: dict[str, object] = {"slow": "5 working days", "fast": "1 working day"}
    received = at("2026-11-16T10:00")
    (slow,) = found(made, "2026-11-18T10:00", settings, received_at=received, category="service")
    (fast,) = found(made, "2026-11-18T10:00", settings, received_at=received, category="quality")
    assert (slow.due, slow.late) == (date(2026, 11, 23), False)
    assert (fast.due, fast.late) == (date(2026, 11, 17), True)


def test_who_is_taken_up_again_is_open_again() -> None:
    made = clock(**{"if": "state != closed", "within": "2 days"})
    received = at("2026-11-16T10:00")
    assert found(made, "2026-11-20T10:00", received_at=received, state="closed") == []
    assert [i.late for i in found(made, "2026-11-20T10:00", received_at=received, state="reopened")] == [True]
