"""What a run puts forward: moves against the grade held, steps, mixes, caps that only warn, evidence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.grading import Cap, Grading, read_grading
from crmctl.rules.grading import Candidate, Decision, grade_department, overfull
from crmctl.rules.regrade import evidence_of, propose, shares, spoken, verdict_word

FACTS = {name: Fact(name, kind) for name, kind in (("score", "int"), ("admitted", "bool"))}  # type: ignore[arg-type]
LADDER = ["a", "b", "c", "d"]


def ladder(**more: object) -> Grading:
    rungs = [{"grade": grade, "if": f"score >= {40 - 10 * n}", "clause": f"P:{n}"} for n, grade in enumerate(LADDER)]
    read, findings = read_grading({"ladder": rungs, **more}, FACTS, {}, "p")  # type: ignore[arg-type]
    assert read is not None, findings
    return read


def moved(
    grade: str | None, before: str | None, *, reviewed: bool = True, up: int | None = None, down: int | None = None,
    review: bool = False, exempt: bool = False,
) -> tuple[str, str | None]:  # fmt: skip
    decision = Decision("C", grade, review, exempt)
    (found,) = propose(ladder(), [decision], {"C": before} if before else {}, ["C"] if reviewed else [], up, down)
    assert (found.id, found.before, found.decision) == ("C", before, decision)
    return found.move, found.grade


@pytest.mark.parametrize(("outcome", "expected"), [
    (moved("b", None), ("new", "b")), (moved("b", None, reviewed=False), ("new", "b")), (moved("b", "b"), ("stays", "b")),
    (moved("a", "c"), ("up", "a")), (moved("a", "c", reviewed=False), ("held", "c")), (moved("c", "a"), ("down", "c")),
    (moved("c", "a", reviewed=False), ("down", "c")), (moved(None, "a"), ("out", None)), (moved(None, None), ("stays", None)),
    (moved(None, "b", review=True), ("review", "b")), (moved(None, "b", exempt=True), ("stays", "b")),
    (moved("a", "d", up=1), ("up", "c")), (moved("a", "d", up=2), ("up", "b")), (moved("a", "d", up=9), ("up", "a")),
    (moved("d", "a", down=1), ("down", "b")), (moved("d", "a", down=2), ("down", "c")), (moved("d", "a", up=1), ("down", "d")),
    (moved("b", "gold"), ("up", "b")),
])  # fmt: skip
def test_each_outcome_against_the_grade_held(outcome: tuple[str, str | None], expected: tuple[str, str | None]) -> None:
    assert outcome == expected


@given(st.sampled_from(LADDER), st.sampled_from(LADDER), st.none() | st.integers(1, 4), st.none() | st.integers(1, 4))
def test_no_run_moves_further_than_its_steps(grade: str, before: str, up: int | None, down: int | None) -> None:
    move, after = moved(grade, before, up=up, down=down)
    assert after is not None
    wished, done = (LADDER.index(before) - LADDER.index(one) for one in (grade, after))
    limit = up if wished > 0 else down
    assert done == (wished if limit is None else max(-limit, min(limit, wished)))
    assert move == ("up" if wished > 0 else "down" if wished < 0 else "stays")


def test_shares_count_the_graded_only_and_say_how_far_off() -> None:
    mix = {"a": (Fraction(1, 10), Fraction(2, 10)), "b": (Fraction(1, 2), Fraction(1))}
    found = shares(LADDER[:3], ["a", "a", "b", "c", None, "gold"], mix)
    assert [(one.grade, one.count, one.of, one.share, one.off) for one in found] == [
        ("a", 2, 4, Fraction(1, 2), Fraction(3, 10)), ("b", 1, 4, Fraction(1, 4), Fraction(-1, 4)),
        ("c", 1, 4, Fraction(1, 4), Fraction(0)),
    ]  # fmt: skip
    (nobody,) = shares(["a"], [], {"a": (Fraction(0), Fraction(1))})
    assert (nobody.share, nobody.off) == (0, 0)
    (edge,) = shares(["a"], ["a"], {"a": (Fraction(1), Fraction(1))})
    assert edge.off == 0


def test_evidence_names_grade_clause_condition_value_and_verdict() -> None:
    grading = ladder(exempt={"if": "admitted = no", "clause": "P:x"})
    one, out = grade_department(
        grading, [Candidate("A", {"score": 25, "admitted": True}), Candidate("B", {"score": 1, "admitted": False})], FACTS
    )  # fmt: skip
    lines = [(e.grade, e.clause, e.condition, e.value, e.holds) for e in evidence_of(grading, one)]
    assert lines == [
        ("a", "P:0", "score >= 40", "25", "no"), ("b", "P:1", "score >= 30", "25", "no"),
        ("c", "P:2", "score >= 20", "25", "yes"), ("d", "P:3", "score >= 10", "25", "yes"),
    ]  # fmt: skip
    assert [(e.grade, e.clause, e.value, e.holds) for e in evidence_of(grading, out)] == [("", "P:x", "no", "yes")]


@pytest.mark.parametrize(("value", "text"), [
    (None, "unknown"), (Absent.UNKNOWN, "unknown"), (Absent.NOT_APPLICABLE, "not applicable"), (True, "yes"), (False, "no"),
    (0, "0"), ("third_a", "third_a"),
])  # fmt: skip
def test_values_are_spoken(value: FactValue | None, text: str) -> None:
    assert spoken(value) == text
    assert [verdict_word(verdict) for verdict in (True, False, None)] == ["yes", "no", "unknown"]


def test_a_cap_that_only_warns_is_counted_in_each_group() -> None:
    half = Fraction(1, 2)
    caps = [
        Cap("a", half, "department", "warn", "admitted"), Cap("b", half, "department", "next_rung", "admitted"),
        Cap("a", half, "product", "warn", "admitted", group="buyers"), Cap("c", half, "department", "warn", ""),
    ]  # fmt: skip
    facts: dict[str, dict[str, FactValue]] = {name: {"admitted": name != "N"} for name in "ABCN"}
    sets = {"buyers": {"plate": set("AB"), "screw": set("ACN"), "glue": set("ABCX"), "none": set()}}
    holders = {"A": "a", "B": "a", "C": "b", "N": "a"}
    found = overfull(caps, holders, facts, sets)
    assert [(one.cap, one.group, one.holders, one.seats, one.base) for one in found] == [
        (caps[0], "", ("A", "B"), 1, 3), (caps[2], "plate", ("A", "B"), 1, 2), (caps[2], "glue", ("A", "B"), 1, 3),
    ]  # fmt: skip
    assert overfull(caps, {"A": "a"}, facts, {}) == []
    # without a fact everybody counts, also who was not admitted
    everybody = overfull(caps[3:], dict.fromkeys("ABN", "c"), facts, {})
    assert [(one.holders, one.seats, one.base) for one in everybody] == [(("A", "B", "N"), 2, 4)]
