"""What single words of the rules decide: found by changing them one by one and seeing that nothing failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crmctl.model.dossier import Assignment, Dossier, Grant
from crmctl.model.duration import Duration
from crmctl.model.org import Delegation, Member, Org, Role
from crmctl.policy.blacklist import Barred, Level
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.grading import Grading, read_grading
from crmctl.policy.review import read_review
from crmctl.rules.blacklist import Bar, Listed, bar_of, deed_day, term_end
from crmctl.rules.calendar import WorkCalendar, days_in_month
from crmctl.rules.grading import Candidate, Decision, grade_department, judgements
from crmctl.rules.half_year import review_period
from crmctl.rules.slots import Given, Wanted, standing, stood_for, wanted
from crmctl.rules.triggers import Touched, concerns

DAY = date(2026, 11, 20)
FACTS = {name: Fact(name, kind) for name, kind in (("score", "int"), ("admitted", "bool"), ("internal", "bool"))}  # type: ignore[arg-type]


# Grades: who comes first


def one_seat(*rank: str) -> Grading:
    """A ladder whose upper grade has one seat among two to four."""
    raw = {
        "exempt": {"if": "internal = yes"},
        "ladder": [{"grade": "vip", "if": "admitted = yes"}, {"grade": "plain", "if": "admitted = yes"}],
        "rank": list(rank),
        "caps": [
            {"grade": "vip", "share": "25%", "per": "department", "base": {"fact": "admitted"}, "over": "next_rung"}
        ],
    }
    read, findings = read_grading(raw, FACTS, {}, "p")  # type: ignore[arg-type]
    assert read is not None, findings
    return read


def person(name: str, score: FactValue = 50, since: str = "", holds: str | None = None) -> Candidate:
    return Candidate(name, {"score": score, "admitted": True, "internal": False}, holds, since)


def first(rank: tuple[str, ...], *people: Candidate) -> str:
    """Who gets the seat. Padded to four; the padding comes last by every rank used here."""
    last = [person(f"Z{n}", Absent.NOT_APPLICABLE, "9999") for n in range(4 - len(people))]
    return next(d.id for d in grade_department(one_seat(*rank), [*last, *people], FACTS) if d.grade == "vip")


def test_ranks_are_read_in_their_direction_and_one_after_the_other() -> None:
    low, high = person("B", 10), person("A", 90)
    assert first(("score desc",), low, high) == "A"
    assert first(("score asc",), low, high) == "B"
    early, late = person("B", 50, "2020-01-01"), person("A", 50, "2024-01-01")
    assert first(("score desc", "since asc"), late, early) == "B"
    assert first(("score desc", "id asc"), late, early) == "A"
    assert first(("since asc",), person("A"), early) == "B", "who holds no grade yet comes after who does"
    assert first(("score desc",), person("B"), person("A")) == "A", "the id ends every tie"
    assert first(("score desc",), person("A", Absent.UNKNOWN), person("B", 1)) == "B", "without a value: last"
    assert first(("score asc",), person("A", Absent.NOT_APPLICABLE), person("B", 99)) == "B"


def test_who_has_the_seat_goes_first_or_last() -> None:
    new, old = person("A"), person("B", holds="vip")
    assert first(("incumbent desc",), new, old) == "B"
    assert first(("incumbent asc",), new, old) == "A"
    assert first(("incumbent desc",), new, person("B", holds="plain")) == "A", "another grade is no seat"


def test_one_full_grade_does_not_stop_the_next_and_caps_count_for_departments_alone() -> None:
    people = [person(name) for name in "ABCD"]
    assert [d.grade for d in grade_department(one_seat("id asc"), people, FACTS)] == ["vip", "plain", "plain", "plain"]
    assert {d.grade for d in grade_department(one_seat("id asc"), people, FACTS, "product")} == {"vip"}


def test_every_decision_says_what_it_was_made_of() -> None:
    ladder = one_seat("id asc")
    graded, exempt, unknown, unsettled = grade_department(
        ladder,
        [
            person("A"), Candidate("B", {"internal": True}), Candidate("C", {"internal": Absent.UNKNOWN}),
            Candidate("D", {"internal": False, "admitted": Absent.UNKNOWN}),
        ],
        FACTS,
    )  # fmt: skip

    def verdicts(decision: Decision) -> list[bool | None]:
        return [one.verdict for one in judgements(ladder, decision.facts)]

    assert verdicts(graded) == [True, True]
    assert ((exempt.exempt, exempt.review, exempt.grade), verdicts(exempt)) == ((True, False, None), [True])
    assert ((unknown.exempt, unknown.review), verdicts(unknown)) == ((False, True), [None])
    assert ((unsettled.exempt, unsettled.review), len(verdicts(unsettled))) == ((False, True), 2)


# Half years


@pytest.mark.parametrize(
    ("day", "months", "mode", "period"),
    [
        ("2026-06-29", 6, "calendar", ("2025-06-30", "2025-12-31")), ("2026-06-30", 6, "calendar", ("2025-12-31", "2026-06-30")),
        ("2026-12-31", 6, "calendar", ("2026-06-30", "2026-12-31")), ("2026-12-30", 6, "calendar", ("2025-12-31", "2026-06-30")),
        ("2026-03-31", 3, "calendar", ("2025-12-31", "2026-03-31")), ("2026-08-15", 12, "calendar", ("2024-12-31", "2025-12-31")),
        ("2026-08-31", 6, "rolling", ("2026-02-28", "2026-08-31")), ("2026-08-31", 5, "calendar", ("2026-03-31", "2026-08-31")),
        ("2026-08-31", 0, "calendar", ("2026-08-31", "2026-08-31")), ("2026-08-15", 1, "calendar", ("2026-06-30", "2026-07-31")),
    ],
)  # fmt: skip
def test_the_period_a_review_looks_at(day: str, months: int, mode: str, period: tuple[str, str]) -> None:
    found = review_period(date.fromisoformat(day), months, mode)
    assert tuple(one.isoformat() for one in found) == period


# The blacklist


@pytest.mark.parametrize(("term", "last"), [
    (None, None), (Duration(10, "day"), "2026-11-30"), (Duration(1, "month"), "2026-12-20"),
    (Duration(2, "year"), "2028-11-20"),
])  # fmt: skip
def test_how_long_a_term_is(term: Duration | None, last: str | None) -> None:
    assert term_end(DAY, term) == (date.fromisoformat(last) if last else None)


def bar(level: Level, state: str = "in_force", department: str | None = "east", **days: date) -> Bar:
    found = bar_of(Listed("BL-1", "C-1", level.name, state, department, DAY, **days), level)
    assert found is not None
    return found


def test_what_an_entry_bars_follows_its_level_and_its_days() -> None:
    own, lifted = (
        Level("d", "own department", Duration(10, "day")),
        Level("d", "own department", Duration(10, "day"), "lifted"),
    )
    everywhere = Level("c", "all departments")
    assert (bar(own).entry, bar(own).department, bar(everywhere).department) == ("BL-1", "east", None)
    # an open term can be cut short on any day, a closed one only before its last
    cut = bar(everywhere, "shortened", shortened_on=DAY + timedelta(days=400))
    assert (cut.shortened, cut.until) == (True, DAY + timedelta(days=400))
    last = bar(own, "shortened", shortened_on=DAY + timedelta(days=10))
    assert (last.shortened, last.until) == (False, DAY + timedelta(days=10))
    assert bar(own, "shortened", shortened_on=DAY + timedelta(days=9)).shortened
    # a day of readmission counts only once it was granted
    early, late = DAY + timedelta(days=5), DAY + timedelta(days=20)
    assert bar(own, "in_force", readmitted_on=early).free_from is None
    granted = bar(own, "readmitted", readmitted_on=late)
    assert (granted.free_from, granted.readmitted) == (late, True)
    # where the end of the term frees, whatever comes first does
    assert [(one.free_from, one.readmitted) for one in (
        bar(lifted), bar(lifted, "readmitted", readmitted_on=early), bar(lifted, "readmitted", readmitted_on=late),
    )] == [(DAY + timedelta(days=11), False), (early, True), (DAY + timedelta(days=11), False)]  # fmt: skip


@pytest.mark.parametrize(("barred", "before", "after", "day"), [
    (Barred("visit", None, ("done",)), {"state": "planned"}, {"state": "done", "on": "2026-01-01"}, DAY),
    (Barred("visit", "on", ("done",)), {"state": "done", "on": "2026-01-01"}, {"state": "done", "on": "2026-01-02"}, date(2026, 1, 2)),
    (Barred("visit", "on", ("done",)), {"state": "done"}, {"state": "done"}, None),
    (Barred("visit", "on", ("done",)), {"state": "planned"}, {"state": "cancelled"}, None),
])  # fmt: skip
def test_the_day_of_a_deed(
    barred: Barred, before: dict[str, object], after: dict[str, object], day: date | None
) -> None:
    assert deed_day(barred, before, after, DAY) == day


# Approvals

C = "C-7Q2M9K4T"
FOLDER = f"customers/7q/{C}"
BOB = Member("bob", "bob", (Role("sales", "west", DAY),), "age1", "ssh", DAY)
CAROL = Member("carol", "carol", (Role("head", "west", DAY),), "age1", "ssh", DAY)
ORG = Org({"bob": BOB, "carol": CAROL})
WEST = Dossier(C, {"west": Assignment("bob", (), None, "potential", DAY)}, {})
BOTH = replace(WEST, assignments={**WEST.assignments, "east": Assignment("dave", (), None, "potential", DAY)})


def asks(touched: list[Touched], *rules: dict[str, object]) -> tuple[Wanted, ...]:
    read, faults = read_review([{"code": f"REV00{n}", **rule} for n, rule in enumerate(rules, 1)], "x")  # type: ignore[dict-item,arg-type,misc]
    assert not faults
    return wanted(read, {}, ORG, {}, BOB, DAY, touched)


def test_one_rule_asks_once_for_all_files_and_keeps_its_words() -> None:
    files = [Touched(f"org/members/{name}.yaml", "add") for name in ("eve", "fred", "gina")]
    found = asks(
        files, {"on": "change policy", "slots": ["sign admin"], "only": "strict = yes"},
        {"on": "change policy", "slots": ["sign admin"]},
        {"on": "add org", "slots": ["sign admin"], "paper": True, "text": ["甲", "A"], "clause": "P1:2"},
    )  # fmt: skip
    assert [(one.code, one.paths, one.paper, one.text, one.clause) for one in found] == [
        ("REV003", tuple(file.path for file in files), ("clerk", "supervisor", "head"), ("甲", "A"), "P1:2")
    ]


def test_a_right_to_the_card_concerns_all_departments_one_to_a_part_its_own() -> None:
    def given_for(compartment: str) -> list[tuple[str, ...]]:
        after = replace(BOTH, grants=(Grant("eve", compartment, DAY),))
        touched = Touched(f"{FOLDER}/dossier.yaml", "change", BOTH, after)
        return [one.departments for one in asks([touched], {"on": "grant", "slots": ["sign head"]})]

    assert given_for("core") == [("east", "west")]
    assert given_for("west/sales") == [("west",)]


def test_two_customers_of_one_department_are_one_demand_and_a_third_departments_is_another() -> None:
    def moved(dossier: Dossier) -> Touched:
        after = {name: replace(one, owner="eve") for name, one in dossier.assignments.items()}
        return Touched(f"{FOLDER}/dossier.yaml", "change", dossier, replace(dossier, assignments=after))

    only_east = replace(BOTH, assignments={"east": BOTH.assignments["east"]})
    found = asks([moved(only_east), moved(BOTH)], {"on": "owner", "slots": ["sign head"]})
    assert [(one.departments, len(one.paths)) for one in found] == [(("east",), 2), (("west",), 1)]


def test_a_department_that_joins_changes_no_owner_of_its_own() -> None:
    touched = Touched(f"{FOLDER}/dossier.yaml", "change", WEST, BOTH)
    assert asks([touched], {"on": ["owner", "team", "state"], "slots": ["sign head"]}) == ()


def test_what_could_be_concerned_by_its_path_alone() -> None:
    def could(on: str, path: str) -> bool:
        read, faults = read_review([{"code": "REV001", "on": on, "slots": ["sign head"]}], "x")
        assert not faults
        return concerns(read, {}, path)

    assert could("change org", "org/departments.yaml")
    assert not could("change org", "policy/company.yaml")
    assert could("change policy", "ledger.yaml")
    assert not could("grant", "org/departments.yaml")
    assert not could("change org", f"{FOLDER}/dossier.yaml")
    assert not could("change org", "org/delegations/bob.yaml")


def test_what_does_not_count_is_passed_over() -> None:
    rules, _faults = read_review([{"code": "REV001", "on": "add org", "slots": ["verify head", "sign clerk"]}], "x")
    demand = Wanted("REV001", rules[0].steps, ("west",), ("p",))
    verified, signed = Given("verify", "head", "west", "a"), Given("sign", "clerk", "west", "b")
    wrong = (
        Given("sign", "head", "west", "c"),
        Given("verify", "clerk", "west", "d"),
        Given("verify", "head", "west", "x"),
    )
    found = standing(demand, [*wrong, verified, *wrong, signed], {"x"})
    assert (found.lands, [one.member for _slot, one in found.filled], found.wanted) == (True, ["a", "b"], demand)


def test_who_stands_for_whom_where() -> None:
    def lent(department: str | None, role: str = "head") -> str | None:
        org = Org(ORG.members, {}, {}, {"carol": (Delegation("bob", "head", department, DAY, DAY),)})
        return stood_for(org, BOB, role, "west", DAY)

    assert (lent("west"), lent(None), lent("east")) == ("carol", "carol", None)
    assert stood_for(ORG, BOB, "sales", "west", DAY) == "bob"
    assert stood_for(ORG, BOB, "sales", "east", DAY) is None
    assert stood_for(ORG, BOB, "head", "west", DAY) is None


# Calendars


def test_a_calendar_says_why_and_counts_seconds() -> None:
    calendar = WorkCalendar(company_off=frozenset({DAY}), company_work=frozenset({date(2026, 11, 21)}),
                            hours=((0, 1), (540, 600)))  # fmt: skip
    assert [(step.why, step.count) for step in calendar.steps(date(2026, 11, 19), 1)] == [
        ("company off", 0),
        ("company work", 1),
    ]
    assert (list(calendar.steps(DAY, 0)), calendar.workdays_between(DAY, DAY)) == ([], 0)
    monday = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
    assert calendar.add_working_minutes(monday, 1) == datetime(2026, 11, 23, 9, 1, 30, tzinfo=UTC)
    # over the end of a day the next one counts from its first second
    assert calendar.add_working_minutes(monday.replace(hour=9, minute=59), 1) == datetime(
        2026, 11, 24, 0, 0, 30, tzinfo=UTC
    )
    assert calendar.working_minutes_between(monday, monday.replace(hour=9, minute=2, second=29)) == 1
    assert calendar.working_minutes_between(monday, monday) == 0
    with pytest.raises(ValueError, match=r"^working time is only counted forwards$"):
        calendar.add_working_minutes(monday, -1)


def test_moments_of_two_zones_are_one_time_and_days_of_any_length_are_whole() -> None:
    from zoneinfo import ZoneInfo

    calendar = WorkCalendar(hours=((0, 1440),))
    start = datetime(2026, 11, 23, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.working_minutes_between(start, datetime(2026, 11, 23, 1, tzinfo=UTC)) == 60
    assert calendar.working_minutes_between(start, start + timedelta(days=2)) == 2880
    naive = start.replace(tzinfo=None)
    assert calendar.working_minutes_between(naive, datetime(2026, 11, 23, 9)) == 60  # noqa: DTZ001 - a clock on the wall


def test_a_calendar_that_works_on_single_days_only() -> None:
    every = frozenset(range(1, 8))
    only = WorkCalendar(weekend=every, work=frozenset({DAY}))
    assert only.add_workdays(date(2026, 11, 1), 1) == DAY
    assert WorkCalendar(weekend=every, company_work=frozenset({DAY})).add_workdays(date(2026, 12, 1), -1) == DAY
    with pytest.raises(ValueError, match=r"^a calendar without working days$"):
        only.add_workdays(DAY, 1)
    with pytest.raises(ValueError, match=r"^a calendar without working days$"):
        WorkCalendar(weekend=every).add_workdays(DAY, 1)
    assert days_in_month(9998, 12) == 31
