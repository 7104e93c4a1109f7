"""Items of `due` as a whole, values by department and day, and whom a clock asks: what single changed words would break."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from crmctl.model.values import Value
from crmctl.policy.effective import Effective
from crmctl.rules.due import due_items, missing_items, ordered, wave_items
from crmctl.rules.due_parts import Dealing, Due, DueRow, Surroundings
from crmctl.rules.pausing import Pause
from tests.rules.test_due import AROUND, NOW, clock, day, items, row

EASTERN = Effective(
    {"limit": "5 days", "lead": 3, "hour": "09:00", "months": [11]},
    {"east": {"limit": [{"from": "2026-01-01", "is": "4 days"}, {"from": "2026-11-15", "is": "2 days"}], "lead": 9,
              "hour": "08:00", "months": [3]}},
)  # fmt: skip
BY_PLACE = replace(AROUND, effective=EASTERN)
TOLD: dict[str, Value] = {"tell": "topic", "text": ["拜访", "Visit"]}


def found(made: object, *rows: DueRow, around: Surroundings = BY_PLACE) -> list[Due]:
    return list(due_items(made, rows, around))  # type: ignore[arg-type]


def test_an_item_says_all_there_is_of_its_record() -> None:
    made = clock(within="1 working day", by="17:00", **TOLD)
    (item,) = items(made, row(on=day("2026-11-18"), topic=" The  new\nward "))
    assert item == Due(
        "DUE001", ("拜访", "Visit"), "visit", "V-1", "C-1", "east", day("2026-11-18"), day("2026-11-19"),
        datetime(2026, 11, 19, 17, tzinfo=NOW.tzinfo), late=True, late_days=1, who=("alice",), within="1 working day",
        steps=item.steps, told="The new ward",
    )  # fmt: skip
    (bare,) = items(clock(), row(on=day("2026-11-20")))
    assert (bare.within, bare.told, bare.passed_from, bare.steps) == ("", "", (), ())
    (untold,) = items(clock(**TOLD), row(on=day("2026-11-20")))
    assert untold.told == ""


def test_an_item_without_an_end_says_all_there_is_too() -> None:
    made = clock(within="$none", unset="open", **TOLD)
    waits = (Pause(day("2026-11-10"), day("2026-11-11")), Pause(day("2026-11-12")))
    (item,) = items(made, replace(row(on=day("2026-11-09"), topic="ward"), pauses=waits))
    assert item == Due(
        "DUE001", ("拜访", "Visit"), "visit", "V-1", "C-1", "east", day("2026-11-09"), None, None, late=False, late_days=0,
        who=("alice",), told="ward", pauses=waits, paused=waits[1],
    )  # fmt: skip


def test_who_lacks_a_record_is_told_all_of_it_and_nobody_after_him_is_forgotten() -> None:
    made = clock(on="day_plan", by="$hour", missing_for=["sales"], text=["去向", "Plan"])
    people = [("dave", "west"), ("alice", "east"), ("bob", "west")]
    got = list(missing_items(made, {"dave": NOW.replace(hour=8)}, people, BY_PLACE))
    assert got == [
        Due("DUE001", ("去向", "Plan"), "day_plan", "", "office/east", "east", NOW.date(), NOW.date(),
            NOW.replace(hour=8, minute=0), late=True, late_days=0, who=("alice",)),
        Due("DUE001", ("去向", "Plan"), "day_plan", "", "office/west", "west", NOW.date(), NOW.date(),
            NOW.replace(hour=9, minute=0), late=True, late_days=0, who=("bob",)),
    ]  # fmt: skip
    unset = replace(BY_PLACE, effective=Effective({}, {"east": {"hour": "08:00"}}))
    assert [item.who for item in missing_items(made, {}, people, unset)] == [("alice",)]


def test_a_department_counts_by_its_own_value_of_the_day_it_began() -> None:
    made = clock(within="$limit", lead="30")
    for start, place, end in (
        ("2026-11-12", "east", "2026-11-16"), ("2026-11-16", "east", "2026-11-18"), ("2026-11-16", "west", "2026-11-21"),
        ("2025-11-16", "east", "2025-11-18"),  # none then: today's
    ):  # fmt: skip
        assert [item.due for item in found(made, row(place, on=day(start)))] == [day(end)], (start, place)
    short = clock(within="30 days", cases=[{"if": "urgent = yes", "within": "$limit"}], lead="30")
    assert [item.due for item in found(short, row(on=day("2026-11-12"), urgent=True))] == [day("2026-11-16")]
    assert [item.due for item in found(short, row("west", on=day("2026-11-12"), urgent=True))] == [day("2026-11-17")]


def test_lead_conditions_turns_and_months_are_the_departments_of_today() -> None:
    soon = [row(place, on=day("2026-11-26")) for place in ("east", "west")]
    assert [item.department for item in found(clock(lead="$lead"), *soon)] == ["east"]
    made = clock(within="$hours", only="lead = 9")
    somewhere = replace(BY_PLACE, effective=Effective({}, {"east": {"hours": "1 day", "lead": 9}}))
    assert [item.department for item in found(made, *[row(p, on=day("2026-11-18")) for p in ("west", "east")],
                                              around=somewhere)] == ["east"]  # fmt: skip
    turns = clock(
        within="1 day", then=[{"after": "$none", "who": ["role head"]}, {"after": "$limit", "who": ["role head"]}]
    )
    held = replace(BY_PLACE, holders={("head", "east"): ("dave",), ("head", "west"): ("dave",)})
    late = [row(place, on=day("2026-11-15")) for place in ("east", "west")]
    assert [item.turned for item in found(turns, *late, around=held)] == [
        1,
        0,
    ]  # the first turn has no time, the second has
    assert [item.passed_from for item in found(turns, *late, around=held)] == [("alice",), ()]
    waves = clock(every={"months": "$months"}, each="department")
    assert [(item.department, item.due) for item in wave_items(waves, {}, ["east", "west"], BY_PLACE)] == [
        ("east", day("2026-03-31")), ("west", day("2026-11-30")),
    ]  # fmt: skip


def test_a_wave_says_all_there_is_and_a_record_of_its_first_day_answers_it() -> None:
    made = clock(on="wave", every={"months": [11]}, each="department", who=["role head"])
    held = replace(AROUND, holders={("head", "east"): ("dave",)})
    (item,) = wave_items(made, {}, ["east"], held)
    assert item == Due(
        "DUE001", ("拜访", "Visit"), "wave", "", "office/east", "east", day("2026-11-01"), day("2026-11-30"), None, late=False,
        late_days=0, who=("dave",),
    )  # fmt: skip
    assert list(wave_items(made, {"east": day("2026-11-01")}, ["east"], held)) == []


def test_what_comes_round_is_asked_of_who_was_there_by_the_case_that_fits() -> None:
    cases: list[Value] = [{"if": "kind in [big]", "who": ["role head"]}]
    made = clock(every={"months": [11]}, done=["checked"], cases=cases, lead="$odd")
    held = replace(AROUND, holders={("head", "east"): ("dave",)}, settings={**AROUND.settings, "odd": "soon"})
    (item,) = found(made, row(on=day("2026-10-31"), kind="big"), around=held)
    assert (item.since, item.due, item.who) == (day("2026-11-01"), day("2026-11-30"), ("dave",))
    assert found(made, row(on=day("2026-10-31"), checked=day("2026-11-01")), around=held) == []
    assert len(found(made, row(on=day("2026-10-31"), checked=day("2026-10-31")), around=held)) == 1
    first = replace(held, now=NOW.replace(month=11, day=1))
    assert [item.due for item in found(made, row(on=day("2026-10-01")), around=first)] == [day("2026-11-30")]
    assert found(clock(every={"months": "$unset"}), row(on=day("2026-10-01"))) == []


def test_a_clock_starts_from_another_field_only_where_its_own_is_empty() -> None:
    made = clock(else_at="met", within="1 day")
    assert [item.since for item in items(made, row(met=day("2026-11-17")))] == [day("2026-11-17")]
    assert [item.since for item in items(made, row(on=day("2026-11-18"), met=day("2026-11-02")))] == [day("2026-11-18")]
    assert items(made, row(on=day("2026-11-18"))) != []


def test_what_refers_to_the_record_answers_it_and_nothing_else() -> None:
    made = clock(until={"kind": "payment", "at": "on", "ref": "contract"})
    answered = replace(AROUND, latest={("payment", "on contract", "V-1", None): day("2020-01-01")})
    assert found(made, row(on=day("2026-11-18")), around=answered) == []
    other = replace(AROUND, latest={("payment", "on contract", "V-2", None): day("2020-01-01")})
    assert len(found(made, row(on=day("2026-11-18")), around=other)) == 1


def test_done_late_is_late_by_its_own_days() -> None:
    (item,) = items(clock(within="2 days", done=["end"]), row(on=day("2026-11-10"), end=day("2026-11-15")))
    assert (item.late, item.late_days, item.done) == (True, 3, day("2026-11-15"))


def test_whom_a_clock_asks() -> None:
    def asked(who: list[Value], department: str | None = "east", member: str | None = None, **values: object) -> object:
        made = replace(row(department, on=day("2026-11-20"), **values), member=member)
        around = replace(AROUND, holders={("head", "east"): ("dave",), ("head", "west"): ("bob",)})
        (item,) = found(clock(who=who), made, around=around)
        return item.who

    assert asked(["member"], member="dave") == ("dave",)
    assert asked(["member", "owner"]) == ("alice",)
    assert asked(["role head"], None) == ("dave", "bob")  # of each department that deals with the customer
    assert asked(["role head"]) == ("dave",)
    assert asked(["to_confirm", "owner"], to_confirm="dave bob") == ("dave", "bob")
    assert asked(["to_confirm", "owner"]) == ("alice",)
    assert asked(["handler", "owner"], handler=None) == ("alice",)
    assert asked(["handler", "owner"], handler="gone") == ("alice",)


def test_the_list_puts_the_earlier_hour_first_and_what_has_no_end_last() -> None:
    def one(code: str, hour: int | None, due: str | None = "2026-11-20") -> Due:
        moment = NOW.replace(hour=hour) if hour is not None else None
        return Due(code, ("", ""), "visit", "V-1", "C-1", "east", day("2026-11-01"), day(due) if due else None, moment,
                   late=False, late_days=0, who=())  # fmt: skip

    listed = ordered([one("A", None, None), one("B", 17), one("C", None), one("D", 9), one("E", 23, "2026-11-19")])
    assert [item.code for item in listed] == ["E", "D", "B", "C", "A"]


@pytest.mark.parametrize(("since", "paused"), [("2026-11-20", True), ("2026-11-21", False)])
def test_a_pause_that_begins_today_has_begun(since: str, paused: bool) -> None:
    waits = (Pause(date.fromisoformat(since)),)
    (item,) = items(clock(within="5 days", by="17:00"), replace(row(on=day("2026-11-19")), pauses=waits))
    assert (item.paused is not None, item.moment is None) == (paused, paused)


def test_a_word_that_is_no_number_of_days_shows_nothing_ahead() -> None:
    made = clock(lead="$odd")
    around = replace(AROUND, settings={"odd": "soon"}, dealings={"C-1": {"east": Dealing("alice")}})
    assert found(made, row(on=day("2026-11-21")), around=around) == []
    assert len(found(made, row(on=NOW.date()), around=around)) == 1
    assert found(made, row(on=NOW.date() + timedelta(1)), around=replace(around, settings={})) == []


def test_what_comes_round_does_so_in_the_departments_own_months() -> None:
    made = clock(every={"months": "$months"}, until={"kind": "survey", "at": "on"})
    asked = found(made, row(on=day("2025-01-01")), row("west", on=day("2025-01-01")))
    assert [(item.department, item.due) for item in asked] == [("east", day("2026-03-31")), ("west", day("2026-11-30"))]
    none = replace(BY_PLACE, effective=Effective({}, {"east": {"months": [3]}}))
    assert [item.department for item in found(made, row(on=day("2025-01-01")), row("west", on=day("2025-01-01")),
                                              around=none)] == ["east"]  # fmt: skip
