"""Searches whose result is written into the record they are made for, with its proof (R-NEW-07).

```yaml
searches:
  - code: NEW007
    on: newcust_application
    into: search                 # a group with by, on, from_day, until, found, proof; nobody fills it in by hand
    from: earlier(first_trade_on, '3 years')     # SQL over the record's own row
    until: first_trade_on
    sql: SELECT t.id, t.date, t.amount FROM txn t WHERE t.date >= :from AND t.date < :until …
    text: [查证历史交易, Search for earlier trade]
```

The search looks at the customer's records of all departments, and only somebody who can open all of them can make it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.errors import Refused
from crmctl.i18n import N_, _, label
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.pack_files import packs_in_force

if TYPE_CHECKING:
    from crmctl.ledger.in_force import InForce
    from crmctl.ledger.reading.proposed import Proposed

_FIELDS = ("by", "on", "from_day", "until", "found", "proof")


@dataclass(frozen=True, slots=True)
class Search:
    """One search of the policy, as the module's text shows it."""

    code: str
    on: str
    into: str
    since: str
    until: str
    sql: str
    text: Label


def searches(in_force: InForce) -> dict[str, Search]:
    """The searches in force by the kind they are made for, a later pack's in an earlier one's place."""
    found: dict[str, Search] = {}
    for _path, raw in packs_in_force(in_force.raw):
        given = raw.get("searches")
        for item in given if isinstance(given, list) else []:
            if isinstance(item, dict):
                one = _search(item)
                found[one.on] = one
    return found


def search_faults(raw: Mapping[str, Value], kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """What is off about the searches of a pack."""
    given = raw.get("searches")
    for number, item in enumerate(given if isinstance(given, list) else []):
        path = f"searches.{number}"
        if not isinstance(item, dict) or not {"code", "on", "into", "sql", "text"} <= set(item):
            args: dict[str, object] = {"words": "code, on, into, sql, text"}
            yield Finding("POL020", N_("A mapping with these words is needed: {words}"), "error", "", path, args)
            continue
        kind = kinds.get(str(item["on"]))
        group = kind.field(str(item["into"])) if kind else None
        lacking = [name for name in _FIELDS if group is None or group.inner(name) is None]
        if lacking:
            args = {"name": str(item["into"]), "fields": ", ".join(lacking)}
            message = N_("The group {name} that takes the result lacks: {fields}")
            yield Finding("POL020", message, "error", "", f"{path}.into", args)


def must_be_proved(draft: Proposed, kind: Kind, before: Mapping[str, object], after: Mapping[str, Value]) -> None:
    """Refuse a result that no search gave. Raises Refused."""
    search = searches(draft.ledger.in_force).get(kind.name)
    if search is None or draft.proves or before.get(search.into) == after.get(search.into):
        return
    raise Refused(
        _("{text}: only a search fills this in", text=label(search.text)), where=kind.name, rule=search.code,
        hint="crmctl prove ID",
    )  # fmt: skip


def _search(item: Mapping[str, Value]) -> Search:
    text = item.get("text")
    zh, en = (str(part) for part in text) if isinstance(text, list) and len(text) == 2 else ("", "")
    words = [str(item.get(key) or "") for key in ("code", "on", "into", "from", "until", "sql")]
    code, on, into, since, until, sql = words
    return Search(code, on, into, since, until, sql.rstrip().rstrip(";"), (zh, en))
