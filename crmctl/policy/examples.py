"""Examples a pack carries: given these facts, this is the outcome; `crmctl policy test` runs them (DESIGN 5). Pure.

```yaml
examples:
  - {name: [三甲医院无违约, A class 3A hospital without breach], axis: grade, values: {vip_beds: 200},
     facts: {category: hospital, hospital_class: third_a, breaches: 0, admitted: yes}, is: vip}
  - {name: [十个里的第二个, The second of ten], axis: grade, among: 10, share: {vip: 1, preferred: 3}, facts: {…}}
```

`is` is the grade by the rules alone, before caps; `none`, `review` and `exempt` are outcomes too.
With `among`, so many customers just like it are graded together and `share` says how many hold what.
What an example does not say is what stands in where nothing is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.decision import Declared
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.pack_files import MAIN_AXIS, PackFile, axes_of

OUTCOMES = frozenset({"none", "review", "exempt"})
_KEYS = frozenset({"name", "axis", "values", "facts", "is", "among", "share", "clause"})


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a pack, where it stands, what it gives and what must come out."""

    name: Label
    where: str
    path: str
    axis: str
    values: Mapping[str, Value]
    facts: Mapping[str, Value]
    outcome: str | None = None
    among: int = 1
    share: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an example came out: `got` as it is spoken; `error` when it could not be judged at all."""

    example: Example
    wanted: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether it is what the pack says."""
        return self.wanted == self.got


def examples_of(where: str, raw: Mapping[str, Value]) -> Iterator[Example]:
    """The examples of a pack that `example_faults` finds nothing wrong with."""
    given = raw.get("examples")
    for number, item in enumerate(given if isinstance(given, list) else []):
        if not isinstance(item, dict):
            continue
        name, share, among = item.get("name"), item.get("share"), item.get("among", 1)
        label = (str(name[0]), str(name[1])) if isinstance(name, list) and len(name) == 2 else (str(name), str(name))
        yield Example(
            label, where, f"examples.{number}", str(item.get("axis", MAIN_AXIS)), _mapping(item.get("values")),
            _mapping(item.get("facts")), _spoken(item["is"]) if "is" in item else None,
            among if isinstance(among, int) else 1,
            {str(k): v for k, v in share.items() if isinstance(v, int)} if isinstance(share, dict) else None,
        )  # fmt: skip


def facts_of(example: Example, facts: Mapping[str, Fact]) -> dict[str, FactValue]:
    """The facts an example gives, typed. Raises ValueError for a literal that is none."""
    found: dict[str, FactValue] = {}
    for name, raw in example.facts.items():
        text = _spoken(raw)
        if name in facts:
            found[name] = Absent.UNKNOWN if text == "unknown" else facts[name].literal(text)
    return found


def told(example: Example, grades: Sequence[str | None], states: Sequence[str]) -> Outcome:
    """The outcome of an example: `grades` and `states` (graded, review, exempt) of those it is about."""
    if example.share is not None:
        counted = Counter(grade for grade in grades if grade)
        wanted = ", ".join(f"{grade} {count}" for grade, count in example.share.items())
        return Outcome(example, wanted, ", ".join(f"{grade} {counted[grade]}" for grade in example.share))
    first = states[0] if states[0] in {"review", "exempt"} else grades[0] or "none"
    return Outcome(example, example.outcome or "none", first)


def example_faults(raw: Mapping[str, Value], packs: Sequence[PackFile], found: Declared) -> Iterator[Finding]:
    """What an example names that is not there."""
    axes = {name: content for _where, pack in packs for name, _path, content in axes_of(pack)}
    given = raw.get("examples")
    for number, item in enumerate(given if isinstance(given, list) else []):
        path = f"examples.{number}"
        if not isinstance(item, dict) or ("is" in item) == ("share" in item):
            yield Finding("POL032", N_("An example says facts, and is or share"), "error", "", path)
            continue
        for key in item:
            yield from _known(key, _KEYS, f"{path}.{key}")
        axis = str(item.get("axis", MAIN_AXIS))
        yield from _known(axis, axes, f"{path}.axis")
        for name, value in _mapping(item.get("facts")).items():
            yield from _known(name, found.facts, f"{path}.facts.{name}")
            fact = found.facts.get(name)
            if fact and _spoken(value) != "unknown" and not _fits(fact, _spoken(value)):
                args: dict[str, object] = {"text": _spoken(value), "name": name}
                yield Finding("POL032", N_("{text} is no value of {name}"), "error", "", f"{path}.facts.{name}", args)
        ladder = axes.get(axis, {}).get("ladder")
        grades = [str(_mapping(rung).get("grade")) for rung in ladder] if isinstance(ladder, list) else []
        share = _mapping(item.get("share"))
        for name in share if "share" in item else [_spoken(item["is"])]:
            yield from _known(name, [*grades, *OUTCOMES], f"{path}.{'share' if share else 'is'}")


def _fits(fact: Fact, text: str) -> bool:
    try:
        fact.literal(text)
    except ValueError:
        return False
    return True


def _known(name: str, known: object, path: str) -> Iterator[Finding]:
    if name in known:  # type: ignore[operator]  # names
        return
    near = get_close_matches(name, sorted(known), 1)  # type: ignore[call-overload]
    message = N_("Unknown word {name}; did you mean {near}?") if near else N_("Unknown word {name}")
    yield Finding("POL032", message, "error", "", path, {"name": name, "near": near[0] if near else ""})


def _spoken(value: Value) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}
