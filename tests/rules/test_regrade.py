"""From decisions to proposals, and the evidence behind them, without a ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.grading import Grading, read_grading
from crmctl.rules.grading import Candidate, Decision, grade_department
from crmctl.rules.regrade import Evidence, evidence_of, propose, turned

FACTS = {
    "beds": Fact("beds", "int"), "volume": Fact("volume", "money"), "honest": Fact("honest", "bool"),
    "internal": Fact("internal", "bool"),
}  # fmt: skip
LADDER = {
    "exempt": {"clause": "V.1", "if": "internal = yes"},
    "ladder": [
        {
            "grade": "vip", "clause": "V.2",
            "all": [{"clause": "V.2.a", "any": ["beds >= $many", "volume >= 1000"]}, "honest = yes"],
        },
        {"grade": "preferred", "clause": "V.3", "none": ["beds < 3", "volume < 5"]},
        {"grade": "qualified", "clause": "V.4", "if": "honest = yes"},
    ],
    "rank": ["volume desc", "id asc"],
}  # fmt: skip


def ladder() -> Grading:
    grading, findings = read_grading(LADDER, FACTS, {"many": 100}, "p")  # type: ignore[arg-type]
    assert not findings, findings
    assert grading is not None
    return grading


def decided(grade: str | None, *, review: bool = False, exempt: bool = False, **facts: FactValue) -> Decision:
    return Decision("C-1", grade, review, exempt, (), facts)


@pytest.mark.parametrize(
    ("before", "after", "reviewed", "move", "grade"),
    [
        (None, "vip", False, "new", "vip"), ("vip", None, True, "out", None), (None, None, False, "stays", None),
        ("vip", "vip", True, "stays", "vip"), ("vip", "qualified", False, "down", "qualified"),
        ("qualified", "vip", True, "up", "vip"), ("qualified", "vip", False, "held", "qualified"),
        ("preferred", "vip", False, "held", "preferred"), ("preferred", "qualified", True, "down", "qualified"),
        ("of old", "qualified", True, "up", "qualified"), ("of old", "qualified", False, "held", "of old"),
    ],
)  # fmt: skip
def test_a_move_by_grade_held_and_grade_earned(
    before: str | None, after: str | None, reviewed: bool, move: str, grade: str | None
) -> None:
    (made,) = propose(ladder(), [decided(after)], {"C-1": before}, {"C-1"} if reviewed else set())
    assert (made.move, made.before, made.grade) == (move, before, grade)


def test_nothing_moves_who_is_to_be_judged_or_exempt() -> None:
    (judged,) = propose(ladder(), [decided(None, review=True)], {"C-1": "vip"}, {"C-1"})
    assert (judged.move, judged.grade) == ("review", "vip")
    (exempt,) = propose(ladder(), [decided(None, exempt=True)], {"C-1": "vip"}, {"C-1"})
    assert (exempt.move, exempt.grade) == ("stays", "vip")


@pytest.mark.parametrize(
    ("before", "after", "up", "down", "grade"),
    [
        ("qualified", "vip", 1, None, "preferred"), ("qualified", "vip", 2, None, "vip"), ("qualified", "vip", None, 1, "vip"),
        ("vip", "qualified", None, 1, "preferred"), ("vip", "qualified", 1, None, "qualified"), ("vip", "qualified", 1, 2, "qualified"),
        (None, "vip", 1, 1, "vip"), ("of old", "vip", 1, 1, "vip"), ("vip", None, 1, 1, None),
    ],
)  # fmt: skip
def test_how_many_rungs_one_run_moves(
    before: str | None, after: str | None, up: int | None, down: int | None, grade: str | None
) -> None:
    (made,) = propose(ladder(), [decided(after)], {"C-1": before}, {"C-1"}, up, down)
    assert made.grade == grade


def test_evidence_is_every_leaf_of_every_rung_in_its_order() -> None:
    facts: dict[str, FactValue] = {
        "beds": 60, "volume": Absent.UNKNOWN, "honest": True, "internal": Absent.NOT_APPLICABLE,
    }  # fmt: skip
    found = evidence_of(ladder(), decided("qualified", **facts))
    assert found == [
        Evidence("vip", "V.2.a", "beds >= $many", "60", "no", "100", "any"),
        Evidence("vip", "V.2.a", "volume >= 1000", "unknown", "unknown", "", "any"),
        Evidence("vip", "V.2", "honest = yes", "yes", "yes"),
        Evidence("preferred", "V.3", "beds < 3", "60", "no", "", "none"),
        Evidence("preferred", "V.3", "volume < 5", "unknown", "unknown", "", "none"),
        Evidence("qualified", "V.4", "honest = yes", "yes", "yes"),
    ]
    exempt = evidence_of(ladder(), decided(None, exempt=True, internal=True))
    assert exempt == [Evidence("", "V.1", "internal = yes", "yes", "yes")]


def test_what_turned_between_two_lists_of_evidence() -> None:
    before = evidence_of(ladder(), decided("qualified", beds=60, volume=Decimal(10), honest=True, internal=False))
    after = evidence_of(ladder(), decided("vip", beds=160, volume=Decimal(10), honest=True, internal=False))
    (one,) = turned(before, after)
    assert (one[0], one[1].condition, one[1].holds) == (before[0], "beds >= $many", "yes")
    assert turned([], after) == [(None, item) for item in after], "what nobody asked before"


def test_applicants_come_in_the_order_of_a_facts_words() -> None:
    order = {"third": 2, "first": 0, "second": 1}
    facts = {"level": Fact("level", "choice", order=order), "honest": Fact("honest", "bool")}
    raw = {
        "ladder": [{"grade": "vip", "if": "honest = yes"}, {"grade": "plain", "if": "honest = yes"}],
        "rank": ["level desc"],
        "caps": [
            {"grade": "vip", "share": "25%", "per": "department", "base": {"fact": "honest"}, "over": "next_rung"}
        ],
    }
    grading, _findings = read_grading(raw, facts, {}, "p")  # type: ignore[arg-type]
    assert grading is not None
    people = [Candidate(key, {"level": level, "honest": True}) for key, level in (("A", "first"), ("B", "second"))]
    people += [Candidate("C", {"level": "third", "honest": True}), Candidate("D", {"honest": True})]
    placed = {one.id: one for one in grade_department(grading, people, facts)}
    assert [key for key, one in placed.items() if one.grade == "vip"] == ["C"]
    assert {key: one.seats[0].place for key, one in placed.items()} == {"C": 1, "B": 2, "A": 3, "D": 4}
    assert evidence_of(grading, placed["C"])[0] == Evidence("vip", "", "honest = yes", "yes", "yes")


def test_a_grade_without_a_cap_does_not_end_the_ladder() -> None:
    facts: dict[str, FactValue] = {"beds": 1, "volume": Decimal(10), "honest": True, "internal": False}
    people = [Candidate("A", {**facts, "beds": 200}), Candidate("B", facts), Candidate("C", {**facts, "beds": 3})]
    grades = [one.grade for one in grade_department(ladder(), people, FACTS)]
    assert grades == ["vip", "qualified", "preferred"]
