"""What the packs ask the company and nobody has set yet: the value, and which rules wait for it. Pure.

No number is invented: a clock whose `$name` has no value does not run, or stays open without an end (`unset: open`);
an axis that `needs:` it does not grade. `crmctl policy show` lists them, so that nobody has to find them in the packs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.shape import mapped, spoken

Meanwhile = Literal["nothing", "open", "runs"]
_ORDER: tuple[Meanwhile, ...] = ("nothing", "open", "runs")
# What a clock does without: a time of day, whom it passes on to, when it shows up, the times of some cases.
_ADDS = frozenset({"by", "then", "lead", "cases"})
_ASKED = re.compile(r"\$([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Unset:
    """A value without a setting: what it is for in words, the rules that name it, and what goes on meanwhile.

    `nothing` is asked; what is asked stays `open` without an end; or it `runs`, only without what the value adds.
    """

    name: str
    uses: tuple[Label, ...]
    codes: tuple[str, ...]
    meanwhile: Meanwhile


def unset_values(packs: Iterable[Mapping[str, Value]], values: Mapping[str, Value]) -> list[Unset]:
    """The values the packs in force ask for and `values` does not have, in the order they are asked for."""
    found: dict[str, Unset] = {}
    rules: dict[str, Mapping[str, Value]] = {}
    raws = list(packs)
    for raw in raws:  # a later pack's rule of the same code takes the earlier one's place
        for rule in _rules(raw):
            rules[str(rule["code"])] = rule
        for name, spec in mapped(raw.get("needs")).items():
            found[name] = Unset(name, tuple(_labels(mapped(spec).get("label"))), (), "nothing")
    for code, rule in rules.items():
        needed = set(_asked({key: value for key, value in rule.items() if key not in _ADDS or rule.get("missing_for")}))
        for name in dict.fromkeys(_asked(rule)):
            now: Meanwhile = "runs" if name not in needed else "open" if rule.get("unset") == "open" else "nothing"
            before = found.get(name, Unset(name, (), (), now))
            uses = before.uses if before.uses and not before.codes else (*before.uses, *_labels(rule.get("text")))
            worst = min(before.meanwhile, now, key=_ORDER.index)
            found[name] = replace(before, uses=tuple(dict.fromkeys(uses)), codes=(*before.codes, code), meanwhile=worst)
    return [one for one in found.values() if values.get(one.name) is None]


def _rules(raw: Value | Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """Mappings with a code and a text, wherever they stand."""
    if isinstance(raw, dict):
        if isinstance(raw.get("code"), str) and isinstance(raw.get("text"), list):
            yield raw
        for value in raw.values():
            yield from _rules(value)
    for value in raw if isinstance(raw, list) else ():
        yield from _rules(value)


def _asked(raw: Value | Mapping[str, Value]) -> Iterator[str]:
    """The `$names` in a rule."""
    if isinstance(raw, str):
        yield from _ASKED.findall(raw)
    inner = [value for key, value in raw.items() if key != "text"] if isinstance(raw, Mapping) else raw
    for value in inner if isinstance(inner, list) else ():
        yield from _asked(value)


def _labels(raw: Value) -> Iterator[Label]:
    text = spoken(raw)
    if text is not None:
        yield text
