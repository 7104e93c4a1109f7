"""Which facts the packs want beside a customer's card or another record: asked before the rules themselves are read.

```yaml
card:
  - {fact: complaints_12m, label: [近一年投诉, Complaints in a year]}
  - {on: stage_review, at: "on", fact: fulfilled_share, label: [履约率, Share fulfilled]}
```

With `on` a fact stands beside records of that kind; `at` names the field whose day it takes for `:as_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmctl.model.kinds import Label
from crmctl.model.values import Value

SECTIONS = ("grade", "axes", "card", "segments")  # the main axis, further ones, counters, types of customers
CARD = "customer"


@dataclass(frozen=True, slots=True)
class Beside:
    """One fact beside the records of a kind, and the field whose day it is asked for (None: today)."""

    fact: str
    label: Label
    kind: str = CARD
    at: str | None = None


def says_more(raw: Mapping[str, Value]) -> bool:
    """Whether any policy file among the clear ones grades customers or wants a counter on the card."""
    files = (content for path, content in raw.items() if path.startswith("policy/"))
    return any(isinstance(content, dict) and any(content.get(name) for name in SECTIONS) for content in files)


def beside(raw: Mapping[str, Value], kind: str) -> Iterator[Beside]:
    """What one policy file wants beside the records of a kind."""
    given = raw.get("card")
    for item in given if isinstance(given, list) else []:
        text = item.get("label") if isinstance(item, dict) else None
        if isinstance(item, dict) and isinstance(text, list) and len(text) == 2 and str(item.get("on", CARD)) == kind:
            at = item.get("at")
            yield Beside(str(item.get("fact")), (str(text[0]), str(text[1])), kind, None if at is None else str(at))


def says_beside(raw: Mapping[str, Value], kind: str) -> bool:
    """Whether any policy file among the clear ones wants a fact beside the records of a kind."""
    files = (content for path, content in raw.items() if path.startswith("policy/"))
    return any(isinstance(content, dict) and next(beside(content, kind), None) is not None for content in files)
