"""Grading a department: ladder and caps against an oracle that thinks differently."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.grading import Grading, read_grading
from crmctl.rules.grading import Candidate, grade_department

FACTS = {name: Fact(name, kind) for name, kind in (("score", "int"), ("admitted", "bool"), ("internal", "bool"))}  # type: ignore[arg-type]
RAW = {
    "exempt": {"if": "internal = yes"},
    "ladder": [
        {"grade": "vip", "all": ["score >= 80", "admitted = yes"]},
        {"grade": "preferred", "all": ["score >= 60", "admitted = yes"]},
        {"grade": "qualified", "if": "admitted = yes"},
    ],
    "caps": [
        {"grade": "vip", "share": "15%", "per": "department", "base": {"fact": "admitted"}, "over": "next_rung"},
        {"grade": "preferred", "share": "30%", "per": "department", "base": {"fact": "admitted"}, "over": "next_rung"},
    ],
}


def grading() -> Grading:
    read, findings = read_grading(RAW, FACTS, {}, "p23.yaml")  # type: ignore[arg-type]
    assert read is not None
    assert not findings
    return read


def candidate(number: int, score: FactValue = 90, *, admitted: FactValue = True, holds: str | None = None) -> Candidate:
    return Candidate(f"C-{number:04}", {"score": score, "admitted": admitted, "internal": False}, holds, "2026-01-01")


candidates = st.lists(
    st.tuples(
        st.one_of(st.integers(40, 100), st.just(Absent.UNKNOWN)),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([None, "vip", "preferred", "qualified"]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=200,
)


@pytest.mark.req("R-GRD-30")
@given(candidates, st.randoms(use_true_random=False))
def test_grades_are_those_of_an_independent_reckoning(
    drawn: list[tuple[FactValue, bool, str | None, bool]], random: object
) -> None:
    people = [
        Candidate(f"C-{n:04}", {"score": s, "admitted": a, "internal": i}, h)
        for n, (s, a, h, i) in enumerate(drawn)
    ]  # fmt: skip
    shuffled = list(people)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    decided = {d.id: d for d in grade_department(grading(), shuffled, FACTS)}

    base = sum(1 for p in people if p.facts["admitted"] is True)
    clear = [
        p
        for p in people
        if not p.facts["internal"] and (p.facts["score"] is not Absent.UNKNOWN or not p.facts["admitted"])
    ]
    waiting = [p for p in clear if p.facts["admitted"]]
    for grade, least, percent in (("vip", 80, 15), ("preferred", 60, 30)):
        fit = [p for p in waiting if int(p.facts["score"]) >= least]  # type: ignore[arg-type]
        fit.sort(key=lambda p: (-int(p.facts["score"]), p.holds != grade, p.id))  # type: ignore[arg-type]
        winners: list[Candidate] = []
        while len(winners) < len(fit) and 100 * (len(winners) + 1) <= percent * base:
            winners.append(fit[len(winners)])
        for person in winners:
            assert decided[person.id].grade == grade
        waiting = [p for p in waiting if p not in winners]
    for person in waiting:
        assert decided[person.id].grade == "qualified"
    for person in people:
        known = person in clear
        assert decided[person.id].exempt == person.facts["internal"]
        assert decided[person.id].review == (not person.facts["internal"] and not known)


@pytest.mark.req("R-GRD-21")
@pytest.mark.parametrize(
    ("size", "seats"), [(0, 0), (1, 0), (6, 0), (7, 1), (13, 1), (14, 2), (20, 3), (21, 3), (100, 15)]
)
def test_exactly_fifteen_percent_is_allowed_and_no_part_of_a_seat(size: int, seats: int) -> None:
    decided = grade_department(grading(), [candidate(n) for n in range(size)], FACTS)
    assert sum(d.grade == "vip" for d in decided) == seats


@pytest.mark.req("R-GRD-26")
@pytest.mark.parametrize(("size", "seats"), [(3, 0), (4, 1), (7, 2), (10, 3)])
def test_thirty_percent_of_the_department_may_be_preferred(size: int, seats: int) -> None:
    decided = grade_department(grading(), [candidate(n, 70) for n in range(size)], FACTS)
    assert sum(d.grade == "preferred" for d in decided) == seats
    assert all(d.waiting_for == "preferred" for d in decided if d.grade == "qualified")


def test_a_full_cap_leaves_the_next_grade_open_and_who_is_exempt_takes_no_seat() -> None:
    people = [candidate(n) for n in range(7)]
    people += [Candidate("C-0050", {"score": 100, "admitted": False, "internal": True})]
    decided = {d.id: d for d in grade_department(grading(), people, FACTS)}
    held = [decided[f"C-{n:04}"] for n in range(7)]
    assert [d.grade for d in held] == ["vip", "preferred", "preferred", *["qualified"] * 4]
    assert [d.waiting_for for d in held] == [None, "vip", "vip", *["vip"] * 4]
    assert (decided["C-0050"].exempt, decided["C-0050"].grade, decided["C-0050"].seats) == (True, None, ())
    assert held[0].seats[0].base == 7


def test_an_incumbent_keeps_the_seat_at_equal_score() -> None:
    people = [candidate(n) for n in range(6)] + [candidate(9, holds="vip")]
    decided = {d.id: d for d in grade_department(grading(), people, FACTS)}
    assert decided["C-0009"].grade == "vip"
    seat = decided["C-0000"].seats[0]
    assert (seat.place, seat.of, seat.seats, seat.base, seat.found) == (2, 7, 1, 7, False)


def test_unknown_goes_to_review_and_takes_no_seat() -> None:
    people = [candidate(n, Absent.UNKNOWN if n == 0 else 90) for n in range(7)]
    decided = {d.id: d for d in grade_department(grading(), people, FACTS)}
    assert decided["C-0000"].review
    assert decided["C-0000"].grade is None
    assert decided["C-0001"].grade == "vip"


@pytest.mark.req("R-GRD-31")
def test_not_admitted_is_not_graded_and_does_not_count_in_the_base() -> None:
    people = [candidate(n, admitted=n < 6) for n in range(7)]
    decided = grade_department(grading(), people, FACTS)
    assert [d.grade for d in decided].count("vip") == 0
    assert decided[-1].grade is None
    assert not decided[-1].review


def test_faults_of_a_ladder_are_named() -> None:
    raw = {
        **RAW,
        "caps": [
            {"grade": "gold", "share": "15%", "per": "department", "base": {"fact": "admitted"}, "over": "warn"},
            {"grade": "vip"},
        ],
    }
    read, findings = read_grading(raw, FACTS, {}, "p23.yaml")  # type: ignore[arg-type]
    assert read is None
    assert [(f.code, f.field) for f in findings] == [("POL005", "grade.caps.0"), ("POL004", "grade.caps.1")]


def test_a_ladder_of_wrong_rungs_is_told_of_the_rungs_and_an_empty_one_of_that() -> None:
    wrong = {**RAW, "ladder": [{"grade": "vip", "if": "admited = yes"}], "caps": []}
    assert [f.field for f in read_grading(wrong, FACTS, {}, "p")[1]] == ["grade.ladder.0.if"]  # type: ignore[arg-type]
    empty = {**RAW, "ladder": [], "caps": []}
    assert [f.field for f in read_grading(empty, FACTS, {}, "p")[1]] == ["grade.ladder"]  # type: ignore[arg-type]


def test_a_share_is_exact() -> None:
    cap = grading().caps[0]
    assert cap.share == Fraction(3, 20)
    assert all(cap.seats(n) == (15 * n) // 100 for n in range(2000))


def test_who_is_pushed_down_to_an_unsettled_rung_goes_to_review() -> None:
    raw = {**RAW, "ladder": [RAW["ladder"][0], {"grade": "qualified", "if": "internal = no"}]}  # type: ignore[index]
    raw["caps"] = RAW["caps"][:1]  # type: ignore[index]
    del raw["exempt"]
    read, findings = read_grading(raw, FACTS, {}, "p23.yaml")  # type: ignore[arg-type]
    assert read is not None, findings
    facts: dict[str, FactValue] = {"score": 90, "admitted": True}
    decided = grade_department(read, [Candidate("C-1", facts)], FACTS)
    assert decided[0].waiting_for == "vip"
    assert decided[0].review
    assert decided[0].grade is None
