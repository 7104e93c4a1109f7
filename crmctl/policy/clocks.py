"""What makes something due, as a pack's `clocks:` say it: data, read and checked here. Pure.

```yaml
clocks:
  - {code: DUE003, on: contract, if: 'state = signed', at: valid_to, lead: $remind_days, text: [合同到期, Ends]}
  - {code: INT001, on: customer, at: obtained_at, within: $limit working days, done: added_at, text: […]}
```

`on` is a kind, or `"*"` for every kind; `at` the field the clock starts from (or one of `MARKS`);
`within` how long it may take; `done` the fields that end it, the first that has a value; `if` a
condition or a list of them that must all hold; `only` a condition on the policy's own values. A
`$name` stands for a value of the policy; a clock whose name has no value does not run, or stays
open without an end where it says `unset: open`. `else_at` is where the clock starts while `at` has
no value. `rows` asks for the records in SQL instead: `id`, `dossier`, `department` and a column for
each name the clock uses. `tell` is a field whose text stands beside what is due. `cases`, `then`,
`every`, `each` and `among` are told in `crmctl.policy.clock_parts`, `pauses` in `crmctl.policy.clock_pauses`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.duration import DurationError, check_text, with_values
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.clock_parts import ROLE, Case, Every, Turn, part_faults, read_parts
from crmctl.policy.clock_pauses import PausedBy, check_pauses, pause_faults, read_pauses, unknown_name

EVERY = "*"
# What every record has besides its fields: days and moments a clock may start from or end at.
MARKS = frozenset({"entered_at", "added_at", "known_since", "confirmed_on", "unverified"})
# Words for who is asked, besides a member field of the record.
PERSONS = frozenset({"owner", "enterer", "member", "to_confirm"})
NOTHING: Mapping[str, object] = MappingProxyType({})
_KEYS = frozenset(
    {
        "code", "on", "at", "text", "if", "only", "within", "unset", "lead", "by", "done", "until", "who",
        "missing_for", "else_at", "cases", "then", "every", "each", "among", "rows", "tell", "pauses", "clause",
        "requirement",
    }
)  # fmt: skip
_CODE = re.compile(r"[A-Z]{3}\d{3}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_DAY_TYPES = frozenset({"date", "instant"})
# What conditions may ask besides the fields.
_OUTER = ("state", "department")


@dataclass(frozen=True, slots=True)
class Until:
    """What else ends the clock: a record of this kind, same dossier and department, `at` past this one's `after`.

    A record of another kind than the clock's own may be of the same day: a grade on the day of the review it follows.
    With `ref`, a record whose field of that name refers to this one, whenever it was.
    """

    kind: str
    at: str
    after: str
    ref: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What its latest days are kept under."""
        return (self.kind, f"{self.at} {self.ref}" if self.ref else self.at)


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. Texts with `$name` are filled in when it runs.

    `lead` days before its end it shows up; `by` is a time of day; `missing_for` turns it round: on
    each working day every member with one of these roles needs such a record for the day.
    """

    code: str
    on: str
    at: str
    text: Label
    conditions: tuple[Leaf, ...] = ()
    only: Leaf | None = None
    within: str | None = None
    unset: Literal["off", "open"] = "off"
    lead: str = "$due_ahead_days"
    by: str | None = None
    done: tuple[str, ...] = ()
    until: Until | None = None
    who: tuple[str, ...] = ("owner",)
    missing_for: tuple[str, ...] = ()
    else_at: str | None = None
    cases: tuple[Case, ...] = ()
    then: tuple[Turn, ...] = ()
    every: Every | None = None
    each: Literal["department"] | None = None
    among: str | None = None
    rows: str | None = None
    tell: str | None = None
    pauses: tuple[PausedBy, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every name of the record it looks at."""
        after = (self.until.after,) if self.until else ()
        leaves = (*self.conditions, *(leaf for case in self.cases for leaf in case.conditions))
        persons = [*self.who, *(word for case in self.cases for word in case.who)]
        persons += [word for turn in self.then for word in turn.who]
        names = (self.at, *(name for name in (self.else_at, self.tell) if name), *self.done, *after,
                 *(leaf.name for leaf in leaves), *persons)  # fmt: skip
        return tuple(dict.fromkeys(n for n in names if n not in PERSONS and not n.startswith(ROLE)))

    def departments(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        """The departments it is for, by the value that `among` names."""
        named = settings.get(self.among.removeprefix("$")) if self.among else None
        return (
            tuple(str(one) for one in named)
            if isinstance(named, list)
            else tuple(re.findall(r"[^,\s]+", str(named or "")))
        )

    @property
    def needed(self) -> str:
        """The field without which the clock cannot start."""
        return self.else_at or self.at


def read_clocks(raw: Value, where: str) -> tuple[tuple[Clock, ...], list[Finding]]:
    """Read a pack's `clocks:`. Faults come back as findings; a faulty clock is left out."""
    findings: list[Finding] = []
    clocks: list[Clock] = []
    if raw is not None and not isinstance(raw, list):
        return (), [Finding("POL002", N_("A list is needed here"), "error", where, "clocks")]
    for number, item in enumerate(raw or []):
        path = f"clocks.{number}"
        faults = _faults(item, path)
        findings += [fault.at(where) for fault in faults]
        if not faults and isinstance(item, dict):
            clocks.append(_clock(item))
    return tuple(clocks), findings


def check_clocks(
    clocks: Iterable[Clock], kinds: Mapping[str, Kind], where: str = "policy", settings: Mapping[str, object] = NOTHING
) -> list[Finding]:
    """Hold the clocks against the kinds and values in force: every name must be there and fit."""
    findings: list[Finding] = []
    for clock in clocks:
        findings += _value_faults(clock, settings, where)
        findings += check_pauses(clock.code, clock.on, clock.pauses, kinds, where)
        for kind_name, names in _named(clock):
            kind = kinds.get(kind_name)
            if kind is not None and clock.rows:
                continue  # its names are the question's columns
            if kind is None:
                if kind_name != EVERY:
                    findings.append(unknown_name(clock.code, kind_name, kinds, where))
                elif unknown := [name for name in names if name not in MARKS]:
                    findings.append(unknown_name(clock.code, unknown[0], MARKS, where))
                continue
            known = (
                {name: field.type for name, field in kind.walk()} | dict.fromkeys(MARKS, "date")
                | dict.fromkeys(_OUTER, "choice")
            )  # fmt: skip
            findings += [unknown_name(clock.code, name, known, where) for name in names if name not in known]
            for name in _days(clock, kind_name):
                if known.get(name, "date") not in _DAY_TYPES:
                    args = {"code": clock.code, "name": name}
                    findings.append(Finding("POL005", N_("{code}: {name} is no date"), "error", where, "clocks", args))
    return findings


def department_faults(
    clocks: Iterable[Clock], settings: Mapping[str, object], departments: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    """Departments a value names for a clock that are not there: nobody would be asked."""
    for clock in clocks:
        for name in clock.departments(settings):
            if name not in departments:
                yield unknown_name(clock.code, name, departments, "")


def lay_clocks(lower: Iterable[Clock], upper: Iterable[Clock]) -> tuple[Clock, ...]:
    """Two packs' clocks as one: a later clock of the same code takes the earlier one's place."""
    return tuple({clock.code: clock for clock in (*lower, *upper)}.values())


def value_of(text: str | None, values: Mapping[str, object]) -> str | None:
    """`text`, or the policy's value where it is `$name`; None where the policy leaves it open."""
    if text is None or not text.startswith("$"):
        return text
    value = values.get(text[1:])
    return None if value is None or isinstance(value, (list, dict, bool)) else str(value)


def _value_faults(clock: Clock, settings: Mapping[str, object], where: str) -> list[Finding]:
    faults = []
    spans = [clock.within, *(case.within for case in clock.cases), *(turn.after for turn in clock.then)]
    for span in spans:
        try:
            with_values(span or "same day", settings)
        except DurationError as error:
            message, args = N_("{code}: not a span of time: {text}"), {"code": clock.code, "text": str(error)}
            faults.append(Finding("POL003", message, "error", where, "values", args))
    if clock.every and clock.every.named and settings.get(clock.every.named) and not clock.every.in_force(settings):
        args = {"code": clock.code, "text": str(settings[clock.every.named])}
        faults.append(Finding("POL003", N_("{code}: not months from 1 to 12: {text}"), "error", where, "values", args))
    by = value_of(clock.by, settings)
    if by is not None and not _TIME.fullmatch(by):
        message = N_("{code}: not a time of day like 09:00: {text}")
        faults.append(Finding("POL003", message, "error", where, "values", {"code": clock.code, "text": by}))
    return faults


def _named(clock: Clock) -> list[tuple[str, tuple[str, ...]]]:
    named = [(clock.on, clock.fields)]
    if clock.until is None:
        return named
    return [*named, (clock.until.kind, (clock.until.at, *([clock.until.ref] if clock.until.ref else [])))]


def _days(clock: Clock, kind: str) -> list[str]:
    starts = [clock.at, *([clock.else_at] if clock.else_at else [])]
    own = [*starts, *([clock.until.after] if clock.until else [])] if kind == clock.on else []
    return own + ([clock.until.at] if clock.until and kind == clock.until.kind else [])


def _faults(item: Value, path: str) -> list[Finding]:
    from difflib import get_close_matches

    if not isinstance(item, dict):
        return [Finding("POL002", N_("A mapping is needed here"), "error", "", path)]
    faults = []
    for key in item:
        if key not in _KEYS:
            near = (get_close_matches(key, sorted(_KEYS), 1) or ["at"])[0]
            args = {"name": key, "near": near}
            faults.append(
                Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
            )
    if not _CODE.fullmatch(str(item.get("code", ""))):
        faults.append(
            Finding("POL003", N_("A code is three capital letters and three digits"), "error", "", f"{path}.code")
        )
    faults += [
        Finding("POL002", N_("Missing: {label}"), "error", "", f"{path}.{key}", {"label": key})
        for key in ("on", "at") if not isinstance(item.get(key), str)
    ]  # fmt: skip
    text = item.get("text")
    if not (isinstance(text, list) and len(text) == 2):
        faults.append(
            Finding("POL002", N_("A label is a list of two texts: Chinese, English"), "error", "", f"{path}.text")
        )
    return [*faults, *_texts_faults(item, path), *part_faults(item, path), *pause_faults(item, path)]


def _texts_faults(item: Mapping[str, Value], path: str) -> list[Finding]:
    faults = []
    for key in ("if", "only"):
        for text in _list(item.get(key)):
            try:
                parse_leaf(text)
            except ConditionError:
                message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
                faults.append(Finding("POL003", message, "error", "", f"{path}.{key}", {"text": text}))
    if item.get("within") is not None:
        try:
            check_text(str(item["within"]))
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            faults.append(Finding("POL003", message, "error", "", f"{path}.within", {"text": str(item["within"])}))
    by = item.get("by")
    if by is not None and not str(by).startswith("$") and not _TIME.fullmatch(str(by)):
        faults.append(Finding("POL003", N_("Not a time of day like 09:00"), "error", "", f"{path}.by"))
    if item.get("unset", "off") not in {"off", "open"}:
        faults.append(Finding("POL003", N_("unset is off or open"), "error", "", f"{path}.unset"))
    until = item.get("until")
    known = {"kind", "at", "after", "ref"}
    if until is not None and not (isinstance(until, dict) and {"kind", "at"} <= set(until) <= known):
        faults.append(Finding("POL003", N_("until needs kind and at"), "error", "", f"{path}.until"))
    return faults


def _clock(item: Mapping[str, Value]) -> Clock:
    label = item["text"]
    only = item.get("only")
    until = item.get("until")
    names = (str(part) for part in label) if isinstance(label, list) else iter(("", ""))
    cases, then, every, each = read_parts(item)
    return Clock(
        code=str(item["code"]),
        on=str(item["on"]),
        at=str(item["at"]),
        text=(next(names), next(names)),
        conditions=tuple(parse_leaf(text) for text in _list(item.get("if"))),
        only=parse_leaf(str(only)) if only is not None else None,
        within=str(item["within"]) if item.get("within") is not None else None,
        unset="open" if item.get("unset") == "open" else "off",
        lead=str(item.get("lead", "$due_ahead_days")),
        by=str(item["by"]) if item.get("by") is not None else None,
        done=tuple(_list(item.get("done"))),
        until=Until(
            str(until["kind"]),
            str(until["at"]),
            str(until.get("after", item["at"] if "ref" in until or item.get("every") else until["at"])),
            str(until["ref"]) if "ref" in until else None,
        )
        if isinstance(until, dict)
        else None,
        who=tuple(_list(item.get("who"))) or ("owner",),
        missing_for=tuple(_list(item.get("missing_for"))),
        else_at=str(item["else_at"]) if item.get("else_at") is not None else None,
        cases=cases,
        then=then,
        every=every,
        each=each,
        among=str(item["among"]) if item.get("among") is not None else None,
        rows=str(item["rows"]) if item.get("rows") is not None else None,
        tell=str(item["tell"]) if item.get("tell") is not None else None,
        pauses=read_pauses(item.get("pauses")),
    )


def _list(raw: Value) -> list[str]:
    if raw is None:
        return []
    return [str(item) for item in raw] if isinstance(raw, list) else [str(raw)]
