"""What the file of a customer of some class has to hold, as a pack's `filing:` says it (R-GRD-05 to R-GRD-07). Pure.

```yaml
filing:
  - code: GRD005
    of: progress                       # a question of classes:, or an axis
    holds:                             # class → fields of the card; `record KIND` for at least one such record
      now: [phone, contacts, trade_status.terms, record contract]
      will: [source, needs]
    within: $filing_within             # after the customer came to the department; open without an end while not set
    clause: P14:7
    text: [档案待补全, File to complete]
```

Such a file is completed step by step: nothing is refused for want of it, what is missing is due and shown on the card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.duration import DurationError, check_text
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.values import Value
from crmctl.policy.clocks import Clock
from crmctl.policy.shape import texts

CARD = "customer"
RECORD = "record "
_KEYS = frozenset({"code", "of", "holds", "within", "who", "text", "clause", "requirement"})
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Filing:
    """One rule: `holds` maps each class to what its file has to hold, in this order."""

    code: str
    of: str
    holds: Mapping[str, tuple[str, ...]]
    text: Label
    within: str | None = None
    who: tuple[str, ...] = ("keeper", "owner")

    @property
    def clock(self) -> Clock:
        """When it is due: so long after the customer came, or without an end."""
        return Clock(self.code, CARD, "since", self.text, within=self.within or "$filing_within", unset="open",
                     who=self.who, rows="-", tell="missing")  # fmt: skip


def read_filings(raw: Value, where: str) -> tuple[list[Filing], list[Finding]]:
    """Read a pack's `filing:`. Faults come back as findings; a faulty rule is left out."""
    found: list[Filing] = []
    findings: list[Finding] = []
    if raw is not None and not isinstance(raw, list):
        return [], [Finding("POL002", N_("A list is needed here"), "error", where, "filing")]
    for number, item in enumerate(raw or []):
        faults = list(_faults(item, f"filing.{number}"))
        findings += [fault.at(where) for fault in faults]
        if not faults and isinstance(item, dict):
            found.append(_filing(item))
    return found, findings


def filing_faults(filings: Iterable[Filing], kinds: Mapping[str, Kind], where: str) -> Iterator[Finding]:
    """The fields and kinds the rules name that are not there."""
    card = kinds.get(CARD)
    fields = [name for name, _field in card.walk()] if card else []
    for filing in filings:
        for name in dict.fromkeys(one for names in filing.holds.values() for one in names):
            known = list(kinds) if name.startswith(RECORD) else fields
            plain = name.removeprefix(RECORD)
            if plain not in known:
                near = get_close_matches(plain, known, 1)
                args: dict[str, object] = {"name": plain, "near": near[0] if near else "", "code": filing.code}
                message = (
                    N_("{code}: there is no {name}; did you mean {near}?") if near else N_("{code}: there is no {name}")
                )
                yield Finding("POL004", message, "error", where, "filing", args)


def missing(
    needed: Sequence[str], card: Mapping[str, object], fields: Mapping[str, Field], kinds: Iterable[str]
) -> list[str]:
    """What a file lacks of `needed`. `card`: the values by dotted name; `kinds`: those it holds a record of.

    A field that does not apply to the customer is not missed.
    """
    there = frozenset(kinds)
    lacks = []
    for name in needed:
        if name.startswith(RECORD):
            here = name.removeprefix(RECORD) in there
        else:
            field = fields.get(name)
            outside = field is not None and field.when is not None and field.when.holds(card) is False
            here = outside or card.get(name) not in (None, "", "[]", [], {})
        if not here:
            lacks.append(name)
    return lacks


def _filing(item: Mapping[str, Value]) -> Filing:
    holds, text, who = item["holds"], item["text"], item.get("who")
    zh, en = (str(part) for part in text) if isinstance(text, list) else ("", "")
    return Filing(
        code=str(item["code"]),
        of=str(item["of"]),
        holds={name: tuple(texts(names)) for name, names in holds.items()} if isinstance(holds, dict) else {},
        text=(zh, en),
        within=str(item["within"]) if item.get("within") is not None else None,
        who=tuple(texts(who)) or ("keeper", "owner"),
    )


def _faults(item: Value, path: str) -> Iterator[Finding]:
    if not isinstance(item, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", "", path)
        return
    for key in item:
        if key not in _KEYS:
            args: dict[str, object] = {"name": key, "near": (get_close_matches(key, sorted(_KEYS), 1) or ["holds"])[0]}
            yield Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
    if not _CODE.fullmatch(str(item.get("code", ""))):
        yield Finding("POL003", N_("A code is three capital letters and three digits"), "error", "", f"{path}.code")
    holds = item.get("holds")
    if not isinstance(holds, dict) or not all(isinstance(names, list) for names in holds.values()):
        yield Finding("POL002", N_("A mapping of names is needed here"), "error", "", f"{path}.holds")
    if not (isinstance(item.get("text"), list) and len(texts(item.get("text"))) == 2):
        yield Finding("POL002", N_("A label is a list of two texts: Chinese, English"), "error", "", f"{path}.text")
    if item.get("within") is not None:
        try:
            check_text(str(item["within"]))
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            yield Finding("POL003", message, "error", "", f"{path}.within", {"text": str(item["within"])})
