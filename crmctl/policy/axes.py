"""An axis customers are graded on: its ladder, scorecard, service and mix (R-GRD-01, R-GRD-33, R-GRD-41). Pure.

```yaml
grade: {...}                       # the axis called grade
axes:
  value:
    label: [价值等级, Value]
    words: value_grade             # the vocabulary with its grades' names; the axis' own name if not given
    record: no                     # computed when asked, never put forward as records
    promotion: reviewed            # nobody rises without a finished stage review (the axis grade: always so)
    sets: state                    # a run gives the dealing this state instead of putting a grade forward
    exempt: {if: 'category in [internal]'}
    scorecard: {...}
    ladder: [{grade: strategic, if: points >= 80}, …]
    rank: [points desc, id asc]
    caps: [...]
    steps: {up: 1, down: 2}        # how far one run may move a customer
    mix: {strategic: {from: 5%, to: 10%}}
    service: {strategic: {...}}    # `crmctl.policy.service`
```

Several packs may each bring axes; two of the same name: the later one counts. A word such as `general`
means something only together with its axis, so it is always shown and kept with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.facts import Fact, number
from crmctl.policy.grading import Grading, read_grading
from crmctl.policy.pack_files import MAIN_AXIS
from crmctl.policy.scorecard import Scorecard, ScorecardReader
from crmctl.policy.service import Service, read_service

_KEYS = frozenset(
    {"label", "words", "record", "promotion", "sets", "exempt", "scorecard", "ladder", "rank", "caps", "steps", "mix",
     "service", "clause"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. `records`: a run puts grades forward. `up` and `down`: how many rungs at once (None: any).

    reviewed: nobody rises on it without a finished stage review. sets_state: a run sets the dealing's state.
    """

    name: str
    label: Label
    words: str
    grading: Grading
    records: bool = True
    reviewed: bool = False
    sets_state: bool = False
    scorecard: Scorecard | None = None
    up: int | None = None
    down: int | None = None
    mix: Mapping[str, tuple[Fraction, Fraction]] = field(default_factory=dict)
    service: Mapping[str, Service] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What an axis may name: facts, values of the day, values still open, sets, roles, vocabularies."""

    facts: Mapping[str, Fact]
    values: Mapping[str, object]
    open_values: frozenset[str] = frozenset()
    sets: Collection[str] = ()
    roles: Collection[str] | None = None
    vocab: Mapping[str, Mapping[str, Label]] = field(default_factory=dict)


def label_of(name: str, raw: Mapping[str, Value]) -> Label:
    """An axis' name in both languages, without reading the rest of it."""
    label = raw.get("label")
    if isinstance(label, list) and len(label) == 2:
        return str(label[0]), str(label[1])
    return ("等级", "Grade") if name == MAIN_AXIS else (name, name)


def words_of(name: str, raw: Mapping[str, Value]) -> str:
    """The vocabulary of an axis' grades."""
    return str(raw.get("words") or name)


def read_axis(
    name: str, path: str, raw: Mapping[str, Value], given: Given, where: str
) -> tuple[Axis | None, list[Finding]]:
    """Read one axis. Returns None with every fault, each with its path in the file."""
    reader = _Reader(path, where)
    reader.keys(raw, _KEYS, path)
    scorecard, facts = None, given.facts
    if "scorecard" in raw:
        cards = ScorecardReader(given.facts, given.values, given.open_values)
        scorecard = cards.read(raw["scorecard"], f"{path}.scorecard")
        reader.findings += [fault.at(where) for fault in cards.findings]
        card = raw["scorecard"]
        score = str(card.get("as", "points")) if isinstance(card, dict) else "points"
        facts = {**facts, score: Fact(score, "number")}
    grading, faults = read_grading(raw, facts, given.values, where, path, given.open_values, given.sets)
    grades = grading.grades if grading else tuple(_ladder_words(raw))
    for key, known in (("promotion", ("reviewed", "free")), ("sets", ("state",))):
        if key in raw:
            reader.known(str(raw[key]), known, f"{path}.{key}", N_("Not one of the words here: {name}"))
    reader.words(words_of(name, raw), grades, given.vocab)
    service, faulty = read_service(raw.get("service"), grades or ("",), given.roles, f"{path}.service")
    reader.findings += [fault.at(where) for fault in faulty]
    mix = dict(reader.mix(raw.get("mix"), grades))
    up, down = reader.steps(raw.get("steps"))
    findings = [*reader.findings, *faults]
    if findings or grading is None:
        return None, findings
    label, words = label_of(name, raw), words_of(name, raw)
    records = raw.get("record", True) not in (False, "no")
    reviewed = raw.get("promotion", "reviewed" if name == MAIN_AXIS else "free") == "reviewed"
    sets = raw.get("sets") == "state"
    return Axis(name, label, words, grading, records, reviewed, sets, scorecard, up, down, mix, service), []


def _ladder_words(raw: Mapping[str, Value]) -> Iterator[str]:
    ladder = raw.get("ladder")
    for item in ladder if isinstance(ladder, list) else []:
        if isinstance(item, dict):
            yield str(item.get("grade", ""))


class _Reader:
    def __init__(self, path: str, where: str) -> None:
        self.path, self.where = path, where
        self.findings: list[Finding] = []

    def keys(self, raw: Mapping[str, Value], known: Collection[str], path: str) -> None:
        for key in raw:
            self.known(key, known, f"{path}.{key}", N_("Unknown word {name}"))

    def words(self, words: str, grades: Collection[str], vocab: Mapping[str, Mapping[str, Label]]) -> None:
        names = vocab.get(words)
        for number_, grade in enumerate(grades) if names is not None else ():
            path = f"{self.path}.ladder.{number_}.grade"
            self.known(grade, names or {}, path, N_("The choice list has no word {name}"))
        doubled = sorted({grade for grade in grades if list(grades).count(grade) > 1})
        if doubled:
            self._fault(f"{self.path}.ladder", N_("Two rungs are called {name}"), name=", ".join(doubled))

    def mix(self, raw: Value, grades: Collection[str]) -> Iterator[tuple[str, tuple[Fraction, Fraction]]]:
        for grade, spec in raw.items() if isinstance(raw, dict) else ():
            path = f"{self.path}.mix.{grade}"
            self.known(grade, grades, path, N_("The ladder has no grade {name}"))
            ends = spec if isinstance(spec, dict) else {"from": spec, "to": spec}
            try:
                low, high = (
                    Fraction(number(str(ends.get(key, rest)))) for key, rest in (("from", "0"), ("to", "100%"))
                )
            except ValueError:
                self._fault(path, N_("A share is written like 15%, or as from and to"))
                continue
            if not 0 <= low <= high <= 1:
                self._fault(path, N_("A share lies between 0% and 100%, from before to"))
            yield grade, (low, high)

    def steps(self, raw: Value) -> tuple[int | None, int | None]:
        spec = raw if isinstance(raw, dict) else {}
        self.keys(spec, ("up", "down"), f"{self.path}.steps")
        found: list[int | None] = []
        for key in ("up", "down"):
            value = spec.get(key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                self._fault(f"{self.path}.steps.{key}", N_("A whole number above 0 is needed here"))
                value = None
            found.append(value if isinstance(value, int) else None)
        return found[0], found[1]

    def known(self, name: str, known: Collection[str], path: str, message: str) -> None:
        from difflib import get_close_matches

        if name in known:
            return
        near = get_close_matches(name, sorted(known), 1)
        args = {"name": name, "near": near[0] if near else ""}
        hint = N_("Did you mean {near}?") if near else ""
        self.findings.append(Finding("POL035", message, "error", self.where, path, args, hint))

    def _fault(self, path: str, message: str, **args: object) -> None:
        self.findings.append(Finding("POL035", message, "error", self.where, path, args))
