"""What the holders of a post are measured by, as a pack's `indicators:` say it (R-PER-09). Pure.

```yaml
indicators:
  specialist: []                    # nothing yet: the source lost its table, the company says
  rep: [{name: visits, standard: [每月 40 次, 40 a month]}, {name: sales}]
```

A later pack's list for a role takes the earlier one's place. `name` is a word of the vocabulary `staff_indicator`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Indicator:
    """One measure of a post; `standard` is what is expected, in words. `name` None: nothing is set for the post yet."""

    role: str
    name: str | None
    standard: Label | None = None


def read_indicators(packs: Iterable[Mapping[str, Value]]) -> list[Indicator]:
    """The indicators of every post the packs in force name, the lowest pack first."""
    posts: dict[str, list[Indicator]] = {}
    for raw in packs:
        given = raw.get("indicators")
        for role, items in given.items() if isinstance(given, dict) else ():
            posts[role] = [_indicator(role, item) for item in (items if isinstance(items, list) else [])]
    return [item for role, found in posts.items() for item in (found or [Indicator(role, None)])]


def indicator_faults(raw: Mapping[str, Value], where: str) -> Iterator[Finding]:
    """What in a pack's `indicators:` is no list of names with standards."""
    given = raw.get("indicators")
    if given is not None and not isinstance(given, dict):
        yield Finding("POL002", N_("A mapping of names is needed here"), "error", where, "indicators")
        return
    for role, items in (given or {}).items():
        for number, item in enumerate(items if isinstance(items, list) else [items]):
            standard = item.get("standard") if isinstance(item, dict) else None
            told = standard is None or (isinstance(standard, list) and len(standard) == 2)
            if not isinstance(item, dict) or not item.get("name") or not set(item) <= {"name", "standard"} or not told:
                message = N_("An indicator is a name of staff_indicator with a standard: [Chinese, English]")
                yield Finding("POL002", message, "error", where, f"indicators.{role}.{number}")


def _indicator(role: str, item: Value) -> Indicator:
    spec = item if isinstance(item, dict) else {}
    standard = spec.get("standard")
    text = (str(standard[0]), str(standard[1])) if isinstance(standard, list) and len(standard) == 2 else None
    return Indicator(role, str(spec.get("name")), text)
