"""Grade the customers of one department: first rung passed, then the caps (R-GRD-17 to R-GRD-31)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from crmctl.policy.conditions import Judged, Verdict, asker_of, judge
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.grading import Cap, Grading


@dataclass(frozen=True, slots=True)
class Candidate:
    """One customer of the department with its facts. `holds` is the grade it has now, `since` when it got it."""

    id: str
    facts: Mapping[str, FactValue]
    holds: str | None = None
    since: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """Why a customer did or did not find a seat under a cap: its place among `of`, and the seats there are."""

    cap: Cap
    place: int
    of: int
    seats: int
    base: int

    @property
    def found(self) -> bool:
        """Whether there was a seat."""
        return self.place <= self.seats


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one customer.

    `grade` None with `review` True: an unknown fact keeps it from being graded by rule; with
    `exempt` True: it is not graded at all. `seats` tells each cap it met; `facts` are what it was decided on.
    """

    id: str
    grade: str | None
    review: bool = False
    exempt: bool = False
    seats: tuple[Seat, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict, repr=False)

    @property
    def waiting_for(self) -> str | None:
        """The highest grade it qualifies for and finds no seat in."""
        return next((seat.cap.grade for seat in self.seats if not seat.found), None)


def grade_department(
    grading: Grading, candidates: Sequence[Candidate], facts: Mapping[str, Fact], per: str = "department"
) -> list[Decision]:
    """Decide every candidate of one department. The order of `candidates` has no influence.

    An unknown fact never passes and never fails silently: the customer goes to review and takes
    no seat. The base of a cap counts those for whom the cap's fact holds.
    """
    ask = _Asked(grading)
    judged = {c.id: ask.standing(c.facts) for c in candidates}
    by_id = {c.id: c for c in candidates}
    graded = [c.id for c in candidates if judged[c.id].kind == "graded"]
    placed: dict[str, str | None] = {}
    seats: dict[str, list[Seat]] = {key: [] for key in by_id}
    remaining = {key: list(judged[key].passed) for key in graded}
    for grade in grading.grades:
        applicants = sorted(
            (key for key in graded if key not in placed and grade in remaining[key]),
            key=lambda key: rank_key(grading, by_id[key], grade, facts),
        )
        cap = grading.cap(grade, "department") if per == "department" else None
        if cap is None:
            placed.update(dict.fromkeys(applicants, grade))
            continue
        base = count_base(cap, candidates)
        for place, key in enumerate(applicants, 1):
            seat = Seat(cap, place, len(applicants), cap.seats(base), base)
            seats[key].append(seat)
            if seat.found:
                placed[key] = grade
    return [_decision(c, judged[c.id], placed.get(c.id), seats[c.id]) for c in candidates]


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that only warns and is passed: so many hold the grade in a group (a product; empty: the department)."""

    cap: Cap
    group: str
    holders: tuple[str, ...]
    seats: int
    base: int


def overfull(
    caps: Sequence[Cap], holders: Mapping[str, str | None], facts: Mapping[str, Mapping[str, FactValue]],
    sets: Mapping[str, Mapping[str, Collection[str]]],
) -> list[Over]:  # fmt: skip
    """Where more hold a grade than a warning cap foresees. `holders`: customer → grade held.

    A product's base are its customers, those only for whom the cap's fact holds where it names one.
    """
    found = []
    for cap in caps:
        if cap.over != "warn":
            continue
        counting = {key for key, known in facts.items() if not cap.base or known.get(cap.base) is True}
        graded = {key for key, grade in holders.items() if grade == cap.grade}
        for group, members in (sets.get(cap.group, {}) if cap.group else {"": facts}).items():
            counted = counting.intersection(members)
            holding = counted & graded
            seats = cap.seats(len(counted))
            if len(holding) > seats:
                found.append(Over(cap, group, tuple(sorted(holding)), seats, len(counted)))
    return found


def count_base(cap: Cap, candidates: Sequence[Candidate]) -> int:
    """How many customers count in a cap's base."""
    return sum(1 for c in candidates if c.facts.get(cap.base) is True)


def rank_key(grading: Grading, candidate: Candidate, grade: str, facts: Mapping[str, Fact]) -> tuple[object, ...]:
    """What applicants for a grade are sorted by: better ones first, never a tie (the id ends it)."""
    key: list[object] = []
    for name, descending in grading.rank:
        key.append(_one(name, descending=descending, candidate=candidate, grade=grade, facts=facts))
    key.append(candidate.id)
    return tuple(key)


def _one(
    name: str, *, descending: bool, candidate: Candidate, grade: str, facts: Mapping[str, Fact]
) -> tuple[int, int | Decimal | str]:
    if name == "incumbent":
        holds = candidate.holds == grade
        return (0 if holds == descending else 1, "")
    if name in {"id", "since"}:
        return (0, candidate.id if name == "id" else candidate.since or "~")
    value = candidate.facts.get(name, Absent.UNKNOWN)
    if isinstance(value, Absent):
        return (1, "")  # who has no value comes after all who have one
    rank = facts[name].rank(value) if name in facts else Decimal(str(value))
    if isinstance(rank, str) or not descending:
        return (0, rank)
    return (0, rank.copy_negate() if isinstance(rank, Decimal) else -rank)  # a minus of Decimal would round


def judgements(grading: Grading, facts: Mapping[str, FactValue]) -> tuple[Judged, ...]:
    """The trees behind a decision: the exemption where it settled the customer or could not be told, else all rungs."""
    if grading.exempt is not None:
        exempt = judge(grading.exempt, facts)
        if exempt.verdict is not False:
            return (exempt,)
    return tuple(judge(rung.condition, facts) for rung in grading.rungs)


@dataclass(frozen=True, slots=True)
class _Standing:
    """`unsettled`: some rung could not be judged; who is pushed down to it goes to review."""

    kind: str
    passed: tuple[str, ...] = ()
    unsettled: bool = False


class _Asked:
    """A ladder's conditions, ready to be asked for every customer of a department."""

    def __init__(self, grading: Grading) -> None:
        self._exempt: Callable[[Mapping[str, FactValue]], Verdict] | None
        self._exempt = asker_of(grading.exempt) if grading.exempt is not None else None
        self._rungs = [(rung.grade, asker_of(rung.condition)) for rung in grading.rungs]

    def standing(self, facts: Mapping[str, FactValue]) -> _Standing:
        """What a customer's facts come to: exempt, for review, or graded with the rungs it passed."""
        exempt = self._exempt(facts) if self._exempt is not None else False
        if exempt is not False:
            return _Standing("exempt" if exempt else "review")
        passed: list[str] = []
        unsettled = False
        for grade, ask in self._rungs:
            verdict = ask(facts)
            if verdict:
                passed.append(grade)
            elif verdict is None:
                if not passed:  # nothing above is settled: a lower grade would be a guess
                    return _Standing("review")
                unsettled = True
        return _Standing("graded", tuple(passed), unsettled)


def _decision(candidate: Candidate, standing: _Standing, grade: str | None, seats: list[Seat]) -> Decision:
    review = standing.kind == "review" or (standing.kind == "graded" and grade is None and standing.unsettled)
    return Decision(candidate.id, grade, review, standing.kind == "exempt", tuple(seats), candidate.facts)
