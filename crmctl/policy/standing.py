"""Where customers stand, and what follows from it every day: who comes first, how often each is contacted. Pure.

```yaml
classes:                    # name: one SELECT of (id, department, class) for every customer
  grade: SELECT …
contacts: |                 # one SELECT of (dossier, department, day, way) of every contact made
  SELECT …
priority: [{of: grade, is: [vip]}, {of: grade, is: [preferred]}]      # the first comes first; the others after them
cadence:
  - {code: VIS012, of: grade, every: {vip: 1 month, preferred: $cadence_preferred}, way: {vip: [on_site]}, text: […]}
```

`of` names a question of `classes:` or an axis of grading (`crmctl.policy.axis_classes`). A cadence with `done:` counts
the records it names instead of all contacts. A class that `every` does not name, or whose `$name` has no value, is
asked for nothing; for the latter, where the pack `needs:` it, `crmctl policy check` asks the company.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.duration import DurationError, check_text, with_values
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.axis_classes import Managing, Serving, axis_questions, duties_of
from crmctl.policy.clocks import Clock
from crmctl.policy.filing import Filing, read_filings
from crmctl.policy.service import Done

COMPANY = "policy/company.yaml"  # its own order goes before all packs'
KEYS = frozenset({"classes", "contacts", "priority", "cadence", "filing"})
_CADENCE_KEYS = frozenset({"code", "of", "every", "way", "who", "lead", "text", "clause", "requirement"})
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often each class of customers is contacted, and the ways that count (none named: any).

    With `done` it is no contact but a measure of the service, and such records count.
    """

    code: str
    of: str
    every: Mapping[str, str]
    ways: Mapping[str, tuple[str, ...]]
    text: Label
    who: tuple[str, ...] = ("owner",)
    lead: str = "$due_ahead_days"
    done: Done | None = None

    def clock(self, name: str) -> Clock:
        """The clock of one class: it starts at the last contact, and the next one ends it."""
        return Clock(
            self.code, "customer", "last", self.text, within=self.every[name], lead=self.lead, who=self.who, rows="-"
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The questions that tell the classes, those that come first, and the cadences."""

    classes: Mapping[str, str] = field(default_factory=dict)
    contacts: str = ""
    priority: tuple[tuple[str, frozenset[str]], ...] = ()
    cadences: tuple[Cadence, ...] = ()
    filings: tuple[Filing, ...] = ()
    managing: tuple[Managing, ...] = ()

    def rank(self, held: Mapping[str, str]) -> tuple[int, str]:
        """The place of a customer with these classes (by question), 0 the first, and the class it has it by."""
        for place, (of, names) in enumerate(self.priority):
            if held.get(of) in names:
                return place, held[of]
        return len(self.priority), ""


def read_standing(packs: Iterable[tuple[str, Mapping[str, Value]]]) -> tuple[Standing, list[Finding]]:
    """Read the packs in force (file, content), later ones over earlier ones. Faults come back as findings."""
    classes: dict[str, str] = {}
    contacts = ""
    priority: tuple[tuple[str, frozenset[str]], ...] = ()
    cadences: dict[str, Cadence] = {}
    findings: list[Finding] = []
    places: list[tuple[str, str, str]] = []
    filings: dict[str, Filing] = {}
    given_packs = list(packs)
    raws = [raw for _where, raw in given_packs]
    for where, raw in given_packs:
        named = raw.get("classes")
        classes |= {name: str(sql) for name, sql in named.items()} if isinstance(named, dict) else {}
        contacts = str(raw.get("contacts") or contacts)
        if isinstance(raw.get("priority"), list):
            given = tuple(_first(raw["priority"]))
            priority = given if where == COMPANY else tuple(dict.fromkeys([*priority, *given]))
            places += [(where, f"priority.{number}", of) for number, (of, _names) in enumerate(given)]
        for number, item in enumerate(_list(raw.get("cadence"))):
            path = f"cadence.{number}"
            faults = [fault.at(where) for fault in _faults(item, path)]
            findings += faults
            if not faults and isinstance(item, dict):
                places.append((where, path, str(item["of"])))
                cadences[str(item["code"])] = _cadence(item)
        own, faults = read_filings(raw.get("filing"), where)
        findings += faults
        filings |= {filing.code: filing for filing in own}
        places += [(where, "filing", filing.of) for filing in own]
    classes = {**axis_questions(raws), **classes}
    duties = list(duties_of(raws))
    for where, path, of in places:
        if of not in classes:
            near = get_close_matches(of, sorted(classes), 1)
            hint = N_("Did you mean {near}?") if near else ""
            args: dict[str, object] = {"name": of, "near": near[0] if near else ""}
            findings.append(Finding("POL018", N_("No pack tells the class {name}"), "error", where, path, args, hint))
    if cadences and not contacts:
        where, path = next((where, path) for where, path, _of in reversed(places) if path.startswith("cadence"))
        findings.append(Finding("POL018", N_("A cadence needs contacts:, what counts as one"), "error", where, path))
    served = [_served(duty) for duty in duties if isinstance(duty, Serving)]
    managing = tuple(duty for duty in duties if isinstance(duty, Managing))
    return Standing(
        classes, contacts, priority, (*cadences.values(), *served), tuple(filings.values()), managing
    ), findings  # fmt: skip


def unset_cadences(raw: Mapping[str, Value], standing: Standing, values: Mapping[str, object]) -> Iterator[Finding]:
    """The cycles a pack needs (`needs:`) that the company has still to set: a grade has a definite one (P08:2)."""
    needs = raw.get("needs")
    needed = set(needs) if isinstance(needs, dict) else set()
    for cadence in standing.cadences:
        for text in cadence.every.values():
            if with_values(text, values) is None:
                name = text.partition("$")[2].partition(" ")[0]
                if name not in needed:
                    continue
                message = N_("{name} has no value: the source lost it and none is invented")
                hint = N_("crmctl policy set {name} VALUE")
                yield Finding("POL019", message, "warning", "", "cadence", {"name": name}, hint)


def _served(duty: Serving) -> Cadence:
    """A measure of a grade's service as a cadence of that grade."""
    one = duty.measure
    return Cadence(one.code, duty.axis, {duty.grade: one.every}, {}, one.text, one.who, done=one.done)


def _first(raw: Value) -> Iterator[tuple[str, frozenset[str]]]:
    for item in raw if isinstance(raw, list) else []:
        if isinstance(item, dict):
            yield str(item.get("of")), frozenset(_list_of_text(item.get("is")))


def _cadence(item: Mapping[str, Value]) -> Cadence:
    every, way, text = item["every"], item.get("way"), item["text"]
    zh, en = (str(part) for part in text) if isinstance(text, list) else ("", "")
    return Cadence(
        code=str(item["code"]),
        of=str(item["of"]),
        every={name: str(span) for name, span in every.items()} if isinstance(every, dict) else {},
        ways={name: tuple(_list_of_text(one)) for name, one in way.items()} if isinstance(way, dict) else {},
        text=(zh, en),
        who=tuple(_list_of_text(item.get("who"))) or ("owner",),
        lead=str(item.get("lead", "$due_ahead_days")),
    )


def _faults(item: Value, path: str) -> Iterator[Finding]:
    if not isinstance(item, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", "", path)
        return
    for key in item:
        if key not in _CADENCE_KEYS:
            args: dict[str, object] = {
                "name": key,
                "near": (get_close_matches(key, sorted(_CADENCE_KEYS), 1) or ["every"])[0],
            }
            yield Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
    if not _CODE.fullmatch(str(item.get("code", ""))):
        yield Finding("POL003", N_("A code is three capital letters and three digits"), "error", "", f"{path}.code")
    if not isinstance(item.get("every"), dict):
        yield Finding("POL002", N_("A mapping of names is needed here"), "error", "", f"{path}.every")
    if not (isinstance(item.get("text"), list) and len(_list(item.get("text"))) == 2):
        yield Finding("POL002", N_("A label is a list of two texts: Chinese, English"), "error", "", f"{path}.text")
    spans = item.get("every")
    for name, span in spans.items() if isinstance(spans, dict) else ():
        try:
            check_text(str(span))
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            yield Finding("POL003", message, "error", "", f"{path}.every.{name}", {"text": str(span)})


def _list(raw: Value) -> Sequence[Value]:
    return raw if isinstance(raw, list) else []


def _list_of_text(raw: Value) -> list[str]:
    if raw is None:
        return []
    return [str(item) for item in raw] if isinstance(raw, list) else [str(raw)]
