"""What a pack says of its blacklist: levels, terms, what they bar (DESIGN 5; C-25, C-26, C-38, C-40). Pure.

```yaml
blacklist:
  kind: blacklist_entry
  notice: blacklist_notice
  department: {term: 6 months, bars: own department, after_term: barred}
  company: {term: open, bars: all departments}
  barred: [transaction, {on: contract, at: signed_on, states: [signed]}]
  readmit: {require: [change_note, admission], grade: qualified}
```

Every key that is no other word is a level. Who approves an entry of a level, and what becomes of it, is said in
`review:` (`on: add blacklist_entry/company`). `bars: nothing` makes a level a watch list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

from crmctl.i18n import N_
from crmctl.model.duration import Duration, DurationError, with_values
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.values import Value

Bars = Literal["own department", "all departments", "nothing"]
AfterTerm = Literal["barred", "lifted"]
Told = Literal["refuse", "warn", "nothing"]
OPEN = "open"
_WORDS = ("kind", "notice", "barred", "readmit")
_LEVEL_KEYS = frozenset({"slots", "term", "bars", "after_term", "intake", "others"})
_FIELDS = ("customer", "level", "valid_from", "valid_to", "shortened_on", "readmitted_on")


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the list. `term` None runs until it is lifted.

    `intake` says what happens to a new customer that is a listed party; `others` whether
    departments that are not barred are warned when they trade (C-38).
    """

    name: str
    bars: Bars
    term: Duration | None = None
    after_term: AfterTerm = "barred"
    intake: Told = "refuse"
    others: Told = "warn"


@dataclass(frozen=True, slots=True)
class Barred:
    """A kind of record no barred customer gets: `at` its date (else the day of entry), `states` that are deeds too.

    With `warns` it is told and let in: an admission has to be possible for who comes back from the list.
    """

    kind: str
    at: str | None = None
    states: tuple[str, ...] = ()
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Readmit:
    """What coming back takes: fields to be filled, the grade at most."""

    require: tuple[str, ...] = ()
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Blacklist:
    """A pack's blacklist. `notice` is the kind all departments read, written for levels that bar them all.

    `outdated`: written for a crmctl in which the steps of an entry were no approvals; nothing is entered by it.
    """

    kind: str
    notice: str | None
    levels: Mapping[str, Level]
    barred: Mapping[str, Barred]
    readmit: Readmit
    outdated: bool = False

    def posted(self, level: Level) -> bool:
        """Whether entries of a level are posted for all departments."""
        return self.notice is not None and level.bars == "all departments"


def read_blacklist(
    raw: Mapping[str, Value], values: Mapping[str, object], kinds: Mapping[str, Kind], where: str
) -> tuple[Blacklist, list[Finding]]:
    """Read a policy's `blacklist:` against its values and the kinds there are.

    What is off comes back as findings with the dotted path; a level without a value for its term is
    one of them.
    """
    reader = _Reader(raw, values, kinds, where)
    found = Blacklist(
        reader.kind("kind") or "",
        reader.kind("notice") if raw.get("notice") is not None else None,
        {name: level for name, item in raw.items() if name not in _WORDS for level in reader.level(name, item)},
        {barred.kind: barred for barred in reader.barred()},
        reader.readmit(),
        any(isinstance(item, dict) and "slots" in item for item in raw.values()),
    )
    return found, reader.findings


class _Reader:
    def __init__(
        self, raw: Mapping[str, Value], values: Mapping[str, object], kinds: Mapping[str, Kind], where: str
    ) -> None:
        self.raw, self.values, self.kinds, self.where = raw, values, kinds, where
        self.findings: list[Finding] = []

    def kind(self, key: str) -> str | None:
        name = str(self.raw.get(key) or "")
        if self._known(f"blacklist.{key}", name, self.kinds, N_("There is no kind {name}")) and key == "kind":
            fields = [field for field, _spec in self.kinds[name].walk()]
            for wanted in _FIELDS:
                self._known("blacklist.kind", wanted, fields, N_("The kind has no field {name}"))
        return name

    def level(self, name: str, item: Value) -> Iterator[Level]:
        path = f"blacklist.{name}"
        if not isinstance(item, dict):
            self._fault(path, N_("A mapping is needed here"))
            return
        for key in item:
            self._known(f"{path}.{key}", key, _LEVEL_KEYS, N_("Unknown word {name}"))
        yield Level(
            name,
            self._one(f"{path}.bars", item.get("bars"), get_args(Bars), "nothing"),  # type: ignore[arg-type]
            self._term(f"{path}.term", str(item.get("term", OPEN))),
            self._one(f"{path}.after_term", item.get("after_term", "barred"), get_args(AfterTerm), "barred"),  # type: ignore[arg-type]
            self._one(f"{path}.intake", item.get("intake", "refuse"), get_args(Told), "refuse"),  # type: ignore[arg-type]
            self._one(f"{path}.others", item.get("others", "warn"), get_args(Told), "warn"),  # type: ignore[arg-type]
        )

    def barred(self) -> Iterator[Barred]:
        items = self.raw.get("barred")
        for number, item in enumerate(items if isinstance(items, list) else []):
            path = f"blacklist.barred.{number}"
            spec = item if isinstance(item, dict) else {"on": item}
            name = str(spec.get("on"))
            if not self._known(path, name, self.kinds, N_("There is no kind {name}")):
                continue
            kind, at, states = self.kinds[name], spec.get("at"), spec.get("states")
            if at is not None:
                days = [field for field, found in kind.walk() if found.type == "date"]
                self._known(f"{path}.at", str(at), days, N_("The kind has no date {name}"))
            named = tuple(str(state) for state in states) if isinstance(states, list) else ()
            for state in named:
                self._known(f"{path}.states", state, kind.states, N_("The kind has no state {name}"))
            yield Barred(name, str(at) if at is not None else kind.monthly, named, spec.get("told") == "warn")

    def readmit(self) -> Readmit:
        raw = self.raw.get("readmit")
        spec = raw if isinstance(raw, dict) else {}
        require = spec.get("require")
        wanted = tuple(str(name) for name in require) if isinstance(require, list) else ()
        kind = self.kinds.get(str(self.raw.get("kind")))
        for name in wanted if kind else ():
            fields = [field for field, _spec in kind.walk()] if kind else []
            self._known("blacklist.readmit.require", name, fields, N_("The kind has no field {name}"))
        return Readmit(wanted, str(spec.get("grade", "")))

    def _term(self, path: str, text: str) -> Duration | None:
        if text == OPEN:
            return None
        try:
            found = with_values(text, self.values)
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            self._fault(path, message, text=text)
            return None
        if found is None:
            self._fault(path, N_("${name} has no value; set it with: crmctl policy set {name} VALUE"), name=text[1:])
        elif found.unit not in {"day", "month", "year"}:
            self._fault(path, N_("A term counts days, months or years, not {text}"), text=text)
            return None
        return found

    def _one(self, path: str, value: Value, words: tuple[str, ...], default: str) -> str:
        text = str(value)
        return text if self._known(path, text, words, N_("Not one of the words here: {name}")) else default

    def _known(self, path: str, name: str, known: Collection[str], message: str) -> bool:
        if name in known:
            return True
        near = get_close_matches(name, sorted(known), 1)
        self._fault(path, message, N_("Did you mean {near}?") if near else "", name=name, near=near[0] if near else "")
        return False

    def _fault(self, path: str, message: str, hint: str = "", **args: object) -> None:
        self.findings.append(Finding("BLK010", message, "error", self.where, path, args, hint))
