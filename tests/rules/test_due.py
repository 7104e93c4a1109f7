"""Clocks over rows: what is due, late, done late, open without an end, missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.workdays import laid_over
from crmctl.model.values import Value
from crmctl.policy.clocks import Clock, read_clocks
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.due import due_items, missing_items, ordered, running, wave_items
from crmctl.rules.due_parts import Dealing, Due, DueRow, Surroundings
from crmctl.rules.pausing import Pause

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)  # a Friday
AROUND = Surroundings(
    NOW, laid_over(CompanyDays()), {"due_ahead_days": 7},
    {"C-1": {"east": Dealing("alice", ("dave",)), "west": Dealing("bob")}}, frozenset({"alice", "bob", "dave"}),
)  # fmt: skip


def clock(**words: Value) -> Clock:
    clocks, findings = read_clocks(
        [{"code": "DUE001", "on": "visit", "at": "on", "text": ["拜访", "Visit"], **words}], "p"
    )
    assert findings == []
    return clocks[0]


def row(department: str | None = "east", **values: object) -> DueRow:
    return DueRow("visit", "V-1", "C-1", department, values)


def items(made: Clock, *rows: DueRow, **settings: object) -> list[Due]:
    return list(due_items(made, rows, replace(AROUND, settings={**AROUND.settings, **settings})))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("on", "late", "days"), [("2026-11-17", True, 3), ("2026-11-20", False, 0), ("2026-11-27", False, 0)]
)
def test_a_day_is_late_after_it(on: str, late: bool, days: int) -> None:
    (item,) = items(clock(), row(on=day(on)))
    assert (item.late, item.late_days, item.due) == (late, days, day(on))


def test_what_lies_further_ahead_than_the_lead_waits() -> None:
    assert items(clock(), row(on=day("2026-11-28"))) == []
    assert len(items(clock(lead="30"), row(on=day("2026-12-20")))) == 1
    assert len(items(clock(lead="$far"), row(on=day("2026-12-20")), far=60)) == 1


def test_every_condition_must_hold_and_an_unknown_does_not() -> None:
    made = clock(**{"if": ["state = planned", "way in [phone, online]"]})
    today = day("2026-11-20")
    assert len(items(made, row(on=today, state="planned", way="phone"))) == 1
    assert items(made, row(on=today, state="planned", way="on_site")) == []
    assert items(made, row(on=today, state="planned")) == []
    assert items(clock(**{"if": "urgent = yes"}), row(on=today, urgent=True)) != []


def test_no_day_no_item() -> None:
    assert items(clock(), row(), row(on=None)) == []


def test_a_span_counts_from_the_day_and_shows_its_steps() -> None:
    (item,) = items(clock(within="$n working days"), row(on=day("2026-11-18")), n=1)
    assert (item.due, item.since, item.within) == (day("2026-11-19"), day("2026-11-18"), "1 working day")
    assert [step.day for step in item.steps] == [day("2026-11-19")]


def test_a_value_the_policy_leaves_open_stops_the_clock_or_leaves_it_open() -> None:
    assert items(clock(within="$n working days"), row(on=day("2026-11-01"))) == []
    (item,) = items(clock(within="$n working days", unset="open"), row(on=day("2026-11-01")))
    assert (item.due, item.late, item.since) == (None, False, day("2026-11-01"))
    assert (
        items(clock(within="$n days", unset="open", done=["end"]), row(on=day("2026-11-01"), end=day("2026-11-02")))
        == []
    )


def test_a_clock_runs_only_where_the_policy_s_value_says_so() -> None:
    made = clock(only="intake = same_day")
    assert items(made, row(on=day("2026-11-18"))) == []
    assert len(items(made, row(on=day("2026-11-18")), intake="same_day")) == 1


@pytest.mark.req("R-INT-01")
@pytest.mark.parametrize(("entered", "late"), [("2026-11-19T23:59", False), ("2026-11-20T00:01", True)])
def test_what_was_done_too_late_is_flagged(entered: str, late: bool) -> None:
    made = clock(within="1 working day", done=["added_at"])
    found = items(made, row(on=day("2026-11-18"), added_at=datetime.fromisoformat(entered).replace(tzinfo=ZONE)))
    assert [(item.done, item.late_days) for item in found] == ([(day("2026-11-20"), 1)] if late else [])


def test_the_first_end_that_has_a_value_counts_and_without_one_it_is_due() -> None:
    made = clock(within="same day", done=["registered_at", "added_at"])
    late = datetime(2026, 11, 19, 9, tzinfo=ZONE)
    assert items(made, row(on=day("2026-11-18"), registered_at=day("2026-11-18"), added_at=late)) == []
    assert items(made, row(on=day("2026-11-18"), added_at=late))[0].done == day("2026-11-19")
    assert items(made, row(on=day("2026-11-18")))[0].done is None
    assert items(made, row(on=day("2026-11-18"), registered_at="V-2")) == []


def test_what_was_done_late_long_ago_is_no_longer_shown() -> None:
    made = clock(within="same day", done=["end"])
    assert items(made, row(on=day("2026-10-10"), end=day("2026-10-19"))) == []
    assert len(items(made, row(on=day("2026-10-10"), end=day("2026-10-20")))) == 1


@pytest.mark.req("R-INT-08")
def test_minutes_count_where_the_policy_counts_them() -> None:
    made = clock(within="$limit", done=["end"])
    start = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)
    assert items(made, row(on=start, end=start + timedelta(minutes=30)), limit="30 minutes") == []
    assert len(items(made, row(on=start, end=start + timedelta(minutes=31)), limit="30 minutes")) == 1
    assert items(made, row(on=start), limit="30 minutes")[0].late


def test_an_hour_of_the_day_makes_the_day_late_from_then() -> None:
    assert items(clock(by="$at"), row(on=day("2026-11-20")), at="09:00")[0].late
    assert not items(clock(by="$at"), row(on=day("2026-11-20")), at="18:00")[0].late
    assert not items(clock(by="$at"), row(on=day("2026-11-20")))[0].late


def test_another_record_past_this_one_ends_it() -> None:
    made = clock(at="next_on", until={"kind": "visit", "at": "on", "after": "on"})
    asked = row(on=day("2026-11-01"), next_on=day("2026-11-10"))
    around = replace(AROUND, latest={("visit", "on", "C-1", "east"): day("2026-11-01")})
    assert len(list(due_items(made, [asked], around))) == 1
    around = replace(AROUND, latest={("visit", "on", "C-1", "east"): day("2026-11-02")})
    assert list(due_items(made, [asked], around)) == []
    around = replace(AROUND, latest={("visit", "on", "C-1", "west"): day("2026-11-02")})
    assert len(list(due_items(made, [asked], around))) == 1


@pytest.mark.parametrize(("last", "left"), [("2026-10-31", 1), ("2026-11-01", 0), ("2026-11-02", 0)])
def test_a_record_of_another_kind_ends_it_from_the_same_day_on(last: str, left: int) -> None:
    made = clock(at="next_on", until={"kind": "payment", "at": "on", "after": "on"})
    asked = row(on=day("2026-11-01"), next_on=day("2026-11-10"))
    around = replace(AROUND, latest={("payment", "on", "C-1", "east"): day(last)})
    assert len(list(due_items(made, [asked], around))) == left


@pytest.mark.req("R-REC-13")
def test_each_field_in_doubt_is_an_item_by_its_own_day() -> None:
    doubt = DueRow(
        "customer", "C-1", "C-1", None, {}, unverified={"phone": day("2026-11-18"), "email": day("2026-12-31")}
    )
    (item,) = items(clock(on="*", at="unverified"), doubt)
    assert (item.field, item.due, item.late_days) == ("phone", day("2026-11-18"), 2)


@pytest.mark.parametrize(
    ("words", "values", "department", "expected"),
    [
        (["owner"], {}, "east", ("alice",)), (["owner"], {}, None, ("alice", "bob")), (["handler", "owner"], {"handler": "bob"}, "east", ("bob",)),
        (["handler", "owner"], {"handler": "gone"}, "east", ("alice",)), (["enterer", "owner"], {"entered_by": "dave"}, "east", ("dave",)),
        (["enterer", "owner"], {"entered_by": "bob"}, "east", ("alice",)), (["enterer"], {"entered_by": "x", "entered_for": "dave"}, "east", ("dave",)),
        (["handler"], {}, "east", ()),
    ],
)  # fmt: skip
def test_it_is_up_to_the_first_named_who_is_still_here(
    words: list[str], values: dict[str, object], department: str | None, expected: tuple[str, ...]
) -> None:
    (item,) = items(clock(who=words), row(department, on=day("2026-11-20"), **values))  # type: ignore[arg-type]
    assert item.who == expected


@pytest.mark.req("R-INT-15")
def test_who_has_no_record_of_the_day_by_the_set_hour_is_named() -> None:
    made = clock(on="day_plan", by="$hour", missing_for=["sales"])
    people = [("alice", "east"), ("bob", "west"), ("dave", "east")]
    present = {"alice": datetime(2026, 11, 20, 8, 59, tzinfo=ZONE), "bob": datetime(2026, 11, 20, 9, 30, tzinfo=ZONE)}
    around = replace(AROUND, settings={"hour": "09:00"})
    found = list(missing_items(made, present, people, around))
    assert [(item.who, item.late, item.done) for item in found] == [
        (("bob",), True, day("2026-11-20")),
        (("dave",), True, None),
    ]
    early = list(missing_items(made, {}, people, replace(around, now=NOW.replace(hour=8))))
    assert [item.late for item in early] == [False] * 3
    assert list(missing_items(made, {}, people, replace(around, now=NOW + timedelta(days=1)))) == []
    assert list(missing_items(made, {}, people, AROUND)) == []
    assert list(due_items(made, [row(on=day("2026-11-20"))], around)) == []


def test_the_latest_come_first_and_what_has_no_end_last() -> None:
    made = clock(within="$n days", unset="open")
    open_one = items(made, row(on=day("2026-01-01")))[0]
    late, later = items(clock(), row(on=day("2026-11-19")), row(on=day("2026-11-10")))
    assert ordered([open_one, late, later]) == [later, late, open_one]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(0, 40), st.integers(0, 40))
def test_what_is_late_stays_late(on: date, first: int, more: int) -> None:
    made = clock(within="2 working days", lead="400")
    days = [datetime.combine(on + timedelta(days=n), NOW.timetz()) for n in (first, first + more)]
    (early,), (late,) = ([*due_items(made, [row(on=on)], replace(AROUND, now=now))] for now in days)
    assert early.late <= late.late
    assert early.late_days <= late.late_days
    assert early.due == late.due


def test_the_first_case_that_fits_gives_its_own_time_and_persons() -> None:
    cases: list[Value] = [
        {"if": "category in [quality]", "within": "1 working day", "who": ["role quality"]},
        {"if": "category in [service]", "within": "$service working days"},
    ]
    made = clock(within="3 working days", cases=cases)
    held = replace(AROUND, holders={("quality", None): ("dave",)})
    told = {
        category: next(iter(due_items(made, [row(on=day("2026-11-18"), category=category)], held)), None)
        for category in ("quality", "service", "price")
    }
    assert told["quality"] is not None
    assert told["price"] is not None
    assert told["service"] is not None
    assert (told["quality"].due, told["quality"].who) == (day("2026-11-19"), ("dave",))
    assert told["service"].due == day("2026-11-23")  # its own time is not set
    assert (told["price"].due, told["price"].who) == (day("2026-11-23"), ("alice",))


def test_a_late_clock_turns_to_the_next_persons_and_keeps_the_first() -> None:
    then: list[Value] = [
        {"after": "1 working day", "who": ["role supervisor"]}, {"after": "$far working days", "who": ["role head"]},
    ]  # fmt: skip
    made = clock(then=then)
    held = replace(
        AROUND, holders={("supervisor", "east"): ("dave",), ("head", None): ("bob",), ("head", "west"): ("alice",)}
    )

    def who(on: str, far: int) -> tuple[tuple[str, ...], int]:
        around = replace(held, settings={**held.settings, "far": far})
        (item,) = due_items(made, [row(on=day(on))], around)
        return item.who, item.turned

    assert who("2026-11-20", 2) == (("alice",), 0)
    assert who("2026-11-19", 2) == (("alice",), 0)  # late today, the working day after is not over
    assert who("2026-11-18", 2) == (("dave", "alice"), 1)
    assert who("2026-11-17", 2) == (("bob", "dave", "alice"), 2)
    assert who("2026-11-10", 90) == (("dave", "alice"), 1)


@pytest.mark.parametrize(
    ("today", "asked"),
    [("2026-01-24", None), ("2026-01-26", "2026-02-28"), ("2026-02-28", "2026-02-28"), ("2026-07-01", "2026-02-28"),
     ("2026-08-01", "2026-08-31"), ("2027-01-10", "2026-08-31")],
)  # fmt: skip
def test_what_comes_round_in_some_months_stays_asked_until_the_next(today: str, asked: str | None) -> None:
    made = clock(every={"months": [2, 8]}, until={"kind": "survey", "at": "on"})
    now = datetime.combine(day(today), NOW.timetz())
    answered = {("survey", "on", "C-1", "east"): day("2025-08-15")}
    around = replace(AROUND, now=now, latest=answered)
    found = list(due_items(made, [row(on=day("2025-07-01"))], around))
    assert [item.due for item in found] == ([day(asked)] if asked else [])
    done = replace(around, latest={("survey", "on", "C-1", "east"): day(today)})
    if asked and day(today) >= day(asked).replace(day=1):
        assert list(due_items(made, [row(on=day("2025-07-01"))], done)) == []
        # who came within the window is asked in the next one
        assert list(due_items(made, [row(on=day(today))], around)) == []


def test_each_department_is_asked_for_one_record_in_the_months_the_policy_sets() -> None:
    made = clock(every={"months": "$months"}, each="department", who=["role head"])
    held = replace(AROUND, holders={("head", "east"): ("alice",), ("head", "west"): ("bob",)})
    assert not running(made, held.settings)
    for months in ([3, 11], "3, 11"):
        around = replace(held, settings={**held.settings, "months": months})
        assert running(made, around.settings)
        found = list(wave_items(made, {"west": day("2026-11-02")}, ["east", "west"], around))
        assert [(item.department, item.due, item.who) for item in found] == [("east", day("2026-11-30"), ("alice",))]


def test_a_window_that_was_over_before_a_department_began_is_asked_of_nobody() -> None:
    made = clock(every={"months": [2, 10]}, each="department", who=["role head"])
    for began, asked in (("2026-11-01", []), ("2026-10-31", ["2026-10-31"]), ("2025-01-01", ["2026-10-31"])):
        around = replace(AROUND, began={"east": day(began)})
        assert [item.due for item in wave_items(made, {}, ["east"], around)] == [day(one) for one in asked]
    # whose beginning nobody knows is asked
    assert [item.late for item in wave_items(made, {}, ["west"], AROUND)] == [True]


def test_a_clock_may_be_for_the_departments_that_a_value_names() -> None:
    made = clock(every={"months": [11]}, each="department", among="$planning", who=["role head"])
    for value, asked in ((None, []), ([], []), ("", []), (["west"], ["west"]), ("east, west", ["east", "west"])):
        around = replace(AROUND, settings={**AROUND.settings, "planning": value})
        assert [item.department for item in wave_items(made, {}, ["east", "west"], around)] == asked
        assert running(made, around.settings) is bool(asked)


def test_what_was_before_it_could_be_asked_is_due_on_the_first_day_it_can() -> None:
    made = clock(within="10 days")
    here = replace(row(on=day("2024-05-01")), asked_from=day("2026-11-18"))
    (item,) = items(made, here)
    assert (item.since, item.due, item.late_days) == (day("2024-05-01"), day("2026-11-18"), 2)
    (today,) = items(made, replace(here, asked_from=day("2026-11-20")))
    assert (today.due, today.late) == (day("2026-11-20"), False)
    (ran,) = items(made, replace(here, values={"on": day("2026-11-10")}, asked_from=day("2026-11-09")))
    assert ran.due == day("2026-11-20")


def test_who_begins_today_has_until_the_day_ends_for_todays_record() -> None:
    made = clock(missing_for=["sales"], by="09:00", who=["member"])
    told = [
        [
            item.late
            for item in missing_items(made, {}, [("alice", "east")], replace(AROUND, began={"alice": day(began)}))
        ]
        for began in ("2026-11-19", "2026-11-20")
    ]
    assert told == [[True], [False]]


@pytest.mark.parametrize(
    "words",
    [{"among": "$planning"}, {"every": {"months": [1]}, "each": "department", "among": "east"}, {"every": {"months": [13]}}, {"every": {"months": []}}, {"each": "department"}, {"cases": [{"within": "1 day"}]},
     {"then": [{"after": "soon", "who": ["owner"]}]}, {"cases": [{"if": "a b"}]}, {"then": {"after": "1 day"}}],
)  # fmt: skip
def test_parts_of_a_clock_that_say_nothing_are_faults(words: dict[str, Value]) -> None:
    made, findings = read_clocks(
        [{"code": "DUE001", "on": "visit", "at": "on", "text": ["拜访", "Visit"], **words}], "p"
    )
    assert made == ()
    assert [finding.severity for finding in findings] == ["error"]


def paused(since: str, until: str | None = None, told: str = "") -> Pause:
    return Pause(day(since), day(until) if until else None, ("等待", "Waiting"), told)


def test_a_clock_that_stands_still_is_shown_as_that_and_never_late() -> None:
    made = clock(within="2 working days")
    lasting = replace(row(on=day("2026-11-12")), pauses=(paused("2026-11-13", told="the batch number"),))
    (item,) = items(made, lasting)
    assert (item.due, item.moment, item.late, item.late_days) == (None, None, False, 0)
    assert item.paused == paused("2026-11-13", told="the batch number")
    over = replace(lasting, pauses=(paused("2026-11-13", "2026-11-18"),))
    (item,) = items(made, over)
    assert (item.due, item.late, item.paused, item.pauses) == (day("2026-11-19"), True, None, over.pauses)
    begun_late = replace(lasting, pauses=(paused("2026-11-17"),))  # it had run out the day before
    (item,) = items(made, begun_late)
    assert (item.due, item.late_days, item.paused, item.pauses) == (day("2026-11-16"), 4, None, ())


def test_who_is_asked_further_is_asked_so_much_later() -> None:
    made = clock(within="1 working day", then=[{"after": "1 working day", "who": ["role head"]}])
    around = replace(AROUND, holders={("head", "east"): ("dave",)})
    waited = replace(row(on=day("2026-11-16")), pauses=(paused("2026-11-16", "2026-11-18"),))
    assert [(i.turned, i.who) for i in due_items(made, [waited], around)] == [(0, ("alice",))]  # due on the 19th
    later = replace(around, now=NOW + timedelta(days=3))
    assert [(i.turned, i.who) for i in due_items(made, [waited], later)] == [(1, ("dave", "alice"))]
    (still,) = due_items(made, [replace(waited, pauses=(paused("2026-11-16"),))], later)
    assert (still.turned, still.who, still.paused) == (0, ("alice",), paused("2026-11-16"))


def test_done_while_it_stands_still_is_in_time_and_what_is_to_come_pauses_nothing() -> None:
    made = clock(within="1 working day", done=["end"])
    done = row(on=day("2026-11-12"), end=day("2026-11-18"))
    assert [item.done for item in items(made, done)] == [day("2026-11-18")]
    assert items(made, replace(done, pauses=(paused("2026-11-13"),))) == []
    assert items(made, replace(done, pauses=(paused("2026-11-13", "2026-11-18"),))) == []
    tomorrow = replace(row(on=day("2026-11-19")), pauses=(paused("2026-11-21"),))
    assert [item.paused for item in items(clock(within="5 days"), tomorrow)] == [None]
    (at_noon,) = items(clock(within="9 hours"), replace(row(on=NOW), pauses=(Pause(NOW + timedelta(hours=1)),)))
    assert at_noon.paused is None
    (now,) = items(clock(within="9 hours"), replace(row(on=NOW), pauses=(Pause(NOW),)))
    assert now.paused == Pause(NOW)


def test_a_time_that_is_changed_while_it_stands_still_counts_from_the_start_with_all_its_pauses() -> None:
    made = clock(within="$slow", cases=[{"if": "category in [quality]", "within": "$fast"}])
    settings: dict[str, object] = {"slow": "10 working days", "fast": "2 working days"}
    waits = (paused("2026-11-10", "2026-11-13"), paused("2026-11-17"))
    slow = replace(row(on=day("2026-11-09"), category="service"), pauses=waits)
    (item,) = items(made, slow, **{**settings, "due_ahead_days": 30})
    assert item.paused == waits[1]
    fast = replace(slow, values={**slow.values, "category": "quality"})
    (item,) = items(made, fast, **settings)  # the shorter one ran out before the second pause
    assert (item.due, item.late, item.paused, item.pauses) == (day("2026-11-16"), True, None, waits[:1])


def test_what_has_no_end_tells_that_it_stands_still() -> None:
    made = clock(within="$open", unset="open")
    (item,) = items(made, replace(row(on=day("2026-11-12")), pauses=(paused("2026-11-13"),)))
    assert (item.due, item.late, item.paused) == (None, False, paused("2026-11-13"))
