"""What a policy asks of people and no program can judge, as a pack's `guidance:` says it (R-PPL-02, R-SEC-17). Pure.

```yaml
guidance:
  - topic: conduct                      # groups them; a word of the vocabulary `guidance_topic`
    for: [sales]                        # roles; `customer` for what customers are told, nothing for everybody
    text: [开场不谈生意, Begin with something else than business]
    clause: "P03:3"
    requirement: R-PPL-02
```

It is shown by `crmctl policy guide` and drawn by reports (table `guidance`); nothing is refused or due for its sake. A
later pack's guidance of the same clause and topic takes the earlier one's place, all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.shape import item_faults, list_fault, listed, mapped, spoken, texts, unknown_names

CUSTOMER = "customer"
TOPICS = "guidance_topic"
_KEYS = frozenset({"topic", "for", "text", "clause", "requirement"})


@dataclass(frozen=True, slots=True)
class Guidance:
    """One thing people are told: by which pack and clause, about what, whom it is for (nobody named: everybody)."""

    pack: str
    topic: str
    about: Label
    text: Label
    readers: tuple[str, ...]
    clause: str
    requirement: str


def read_guidance(packs: Iterable[Mapping[str, Value]]) -> list[Guidance]:
    """What the packs in force say, the lowest pack first."""
    found: dict[tuple[str, str], list[Guidance]] = {}
    for raw in packs:
        mine: dict[tuple[str, str], list[Guidance]] = {}
        for item in listed(raw.get("guidance")):
            if not any(item_faults(item, _KEYS, ["text"], "")) and isinstance(item, dict):
                one = _guidance(raw, item)
                mine.setdefault((one.clause, one.topic), []).append(one)
        found |= mine
    return [one for group in found.values() for one in group]


def guidance_faults(
    raw: Mapping[str, Value], roles: Collection[str], topics: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    """What is wrong with a pack's `guidance:`."""
    given = raw.get("guidance")
    yield from list_fault(given, "guidance")
    for number, item in enumerate(listed(given)):
        path = f"guidance.{number}"
        faults = list(item_faults(item, _KEYS, ["text"], path))
        yield from faults
        if not faults and isinstance(item, dict):
            message = N_("There is no role {name}")
            yield from unknown_names(texts(item.get("for")), {*roles, CUSTOMER}, "POL014", message, f"{path}.for")
            message = N_("The vocabulary guidance_topic has no {name}")
            yield from unknown_names([str(item.get("topic"))], topics, "POL004", message, f"{path}.topic")


def _guidance(raw: Mapping[str, Value], item: Mapping[str, Value]) -> Guidance:
    topic = str(item.get("topic"))
    about = spoken(mapped(mapped(raw.get("vocab")).get(TOPICS)).get(topic)) or (topic, topic)
    return Guidance(
        str(raw.get("pack") or ""), topic, about, spoken(item.get("text")) or ("", ""), texts(item.get("for")),
        str(item.get("clause") or ""), str(item.get("requirement") or ""),
    )  # fmt: skip
