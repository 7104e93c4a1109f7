"""What needs review and by whom, as a pack's `review:` says it: data, read and checked here. Pure.

```yaml
review:
  - {code: REV001, on: [add customer, change customer], slots: [verify supervisor/head]}
  - {code: REV002, on: add trade_start, slots: [sign supervisor, acknowledge management]}
  - {code: REV003, on: add newcust_application, slots: [[sign head, verify clerk], sign management], paper: true}
  - {code: REV004, on: grant, slots: [sign head], unless: [head]}
  - {code: REV010, on: [change org, change policy], slots: [verify admin], if_able: true, only: 'two_admins = yes'}
  - {code: REV013, on: add quotation, slots: [sign head], route: {by: territory, slots: {north: [sign division]}}}
  - code: REV014
    on: add supply_project
    slots: [sign management]
    route: {by: record, lines: [{name: north, if: 'customer.region in [11]', slots: [sign head@north]}]}
```

`on` is `add|change|remove <kind>`, of a kind placed by a text or choice `<kind>/<part>` too (`add
blacklist_entry/company`; what lies in no part counts for all of them), an area of the set-up (`change org` is
whatever happens in it, `change policy/readers` what the policy says of readers) or a field of the dossier. Who makes a
change fills a `propose` slot of its own by that, where the role is the author's; nobody fills another slot of what he
made.

A slot is `<act> <role>[/<role>…]`; an inner list may be filled in any order. A role is one where the change belongs,
`head@north` one there, `@zhou` that member. `route` gives other slots by what stands in the clear: the author's
territory, the department, or the line of a table that the change says it falls under (`crmctl.policy.routing`).
`slots: []` takes a rule of a lower pack away. `paper: true` (or a list of the roles that record) lets a scan stand for
a leader without a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.routing import LINE_KEYS, Line, read_conditions, unknown_fields

Act = Literal["propose", "verify", "sign", "acknowledge"]
ACTS: tuple[Act, ...] = get_args(Act)
ACTIONS = ("add", "change", "remove")
# Parts of the set-up, by the folder they lie in.
AREAS = ("org", "policy", "schemas", "templates")
# The area whose files have parts a rule can name.
_PARTED = "policy"
# Fields of a dossier's clear file that a rule can name.
FIELDS = ("grant", "office_grant", "share", "assignment", "owner", "team", "state", "destroy")
# Who may record what a leader without a key signed on paper, where a rule says `paper: true`.
RECORDERS = ("clerk", "supervisor", "head")
# Who deals with a customer, as its clear file says.
PERSONS = ("owner", "team", "keeper")
ROUTES = ("department", "territory", "record")
_KEYS = (
    "code",
    "on",
    "slots",
    "text",
    "clause",
    "requirement",
    "if_able",
    "unless",
    "not_by",
    "paper",
    "only",
    "route",
)
_CODE = re.compile(r"[A-Z]{3}\d{3}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One approval asked for: the act, and the roles of which the giver must hold one."""

    act: Act
    roles: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Whether nothing lands before it is given; an acknowledgement may come afterwards."""
        return self.act != "acknowledge"

    def __str__(self) -> str:
        """The slot as it is written in a pack."""
        return f"{self.act} {'/'.join(self.roles)}"


# Slots in order; those of one step may be given in any order.
Steps = tuple[tuple[Slot, ...], ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a rule off: an action on a kind or an area of the set-up, or a field of the dossier (no action).

    `part`: of a kind placed by a field only what lies in the part of this value; of the policy only what stands under
    this word in its files.
    """

    action: str
    what: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Other slots by a fact in the clear: `by` is `territory` (of the author), `department` or `record`.

    `lines` are the table by which what is sealed in a record chooses one of `steps`; the record's author names it.
    """

    by: str
    steps: Mapping[str, Steps]
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """One entry of `review:`.

    `if_able`: a slot is asked only when somebody but the author holds its role. `unless`: not asked when the
    author holds one of these roles. `not_by`: persons of the customer's dealing (`owner`, `team`, `keeper`) who give
    none of its slots. `paper`: the roles that may record what somebody without a key signed on paper
    (none: nobody). `only`: a condition on the policy's values.
    """

    code: str
    on: tuple[Trigger, ...]
    steps: Steps
    text: Label = ("", "")
    clause: str = ""
    if_able: bool = False
    unless: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    only: Leaf | None = None
    route: Route | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role it names."""
        routed = self.route.steps.values() if self.route else ()
        slots = [slot for steps in (self.steps, *routed) for step in steps for slot in step]
        named = [name for slot in slots for role in slot.roles if (name := role.partition("@")[0])]
        recorders = [role for role in self.paper if role not in RECORDERS]
        return tuple(dict.fromkeys([*named, *self.unless, *recorders]))


@dataclass(slots=True)
class _Reading:
    """One rule in the making; `faults` grow on the way."""

    raw: Mapping[str, Value]
    path: str
    faults: list[Finding] = field(default_factory=list)

    def rule(self) -> ReviewRule:
        self._keys()
        code = self.raw.get("code")
        if not (isinstance(code, str) and _CODE.fullmatch(code)):
            self._fault("POL003", N_("A code is three capital letters and three digits"), "code")
        on = tuple(self._trigger(text) for text in self._texts("on"))
        if not on:
            self._fault("POL002", N_("Missing: {label}"), "on", label="on")
        return ReviewRule(
            str(code), on, self._steps(self.raw.get("slots"), "slots"), self._label(),
            str(self.raw.get("clause") or ""), if_able=self._flag("if_able"), unless=tuple(self._texts("unless")),
            not_by=self._persons(), only=self._only(), route=self._route(), paper=self._paper(),
        )  # fmt: skip

    def _keys(self) -> None:
        for key in self.raw:
            if key not in _KEYS:
                self._unknown(key, _KEYS, key)

    def _trigger(self, text: str) -> Trigger:
        words = text.split()
        if len(words) == 1 and words[0] in FIELDS:
            return Trigger("", words[0])
        if len(words) == 1:
            self._unknown(text, FIELDS, "on")
        elif len(words) != 2 or words[0] not in ACTIONS:
            message = N_("Write add, change or remove and a kind, or one of {names}: {text}")
            self._fault("POL003", message, "on", text=text, names=", ".join(FIELDS))
        what, _slash, part = (words[-1] if words else "").partition("/")
        return Trigger(words[0] if len(words) > 1 else "", what, part)

    def _steps(self, raw: Value, path: str) -> Steps:
        if not isinstance(raw, list):
            self._fault("POL002", N_("A list is needed here"), path)
            return ()
        steps = [[str(text) for text in item] if isinstance(item, list) else [str(item)] for item in raw]
        return tuple(tuple(self._slot(text, path) for text in step) for step in steps if step)

    def _slot(self, text: str, path: str) -> Slot:
        act, _space, rest = text.partition(" ")
        if act not in ACTS:
            self._unknown(act, ACTS, path)
        roles = tuple(role for role in rest.strip().split("/") if role)
        if not roles:
            self._fault("POL003", N_("A slot is written like verify supervisor/head: {text}"), path, text=text)
        return Slot(cast("Act", act), roles)

    def _route(self) -> Route | None:
        raw = self.raw.get("route")
        if raw is None:
            return None
        if isinstance(raw, dict) and raw.get("by") == "record":
            return self._table(raw.get("lines"))
        slots = raw.get("slots") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(slots, dict):
            self._fault("POL002", N_("route needs by and slots"), "route")
            return None
        by = str(raw.get("by"))
        if by not in ROUTES:
            message = N_("{name} cannot be seen without keys; a route goes by {names}")
            self._fault("POL003", message, "route.by", name=by, names=", ".join(ROUTES))
        return Route(by, {name: self._steps(steps, f"route.slots.{name}") for name, steps in slots.items()})

    def _table(self, raw: Value) -> Route | None:
        """A table read line by line; each has a name of its own, for it stands in the clear."""
        steps: dict[str, Steps] = {}
        lines = []
        rows = raw if isinstance(raw, list) else []
        for number, item in enumerate(rows):
            path = f"route.lines.{number}"
            spec = item if isinstance(item, dict) else {}
            for key in spec:
                if key not in LINE_KEYS:
                    self._unknown(key, LINE_KEYS, f"{path}.{key}")
            name = str(spec.get("name") or "")
            if not _NAME.fullmatch(name) or name in steps:
                self._fault("POL003", N_("A line has a name of its own, of small letters, digits and _"), path)
            try:
                lines.append(Line(name, read_conditions(spec.get("if"))))
            except ConditionError as error:
                message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
                self._fault("POL003", message, f"{path}.if", text=str(error))
            steps[name] = self._steps(spec.get("slots"), f"{path}.slots")
        if not rows:
            self._fault("POL002", N_("A route by record needs lines"), "route.lines")
        return Route("record", steps, tuple(lines))

    def _only(self) -> Leaf | None:
        text = self.raw.get("only")
        if text is None:
            return None
        try:
            return parse_leaf(str(text))
        except ConditionError:
            message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
            self._fault("POL003", message, "only", text=str(text))
            return None

    def _persons(self) -> tuple[str, ...]:
        named = tuple(self._texts("not_by"))
        for name in named:
            if name not in PERSONS:
                self._unknown(name, PERSONS, "not_by")
        return named

    def _flag(self, name: str) -> bool:
        value = self.raw.get(name, False)
        if not isinstance(value, bool):
            self._fault("POL003", N_("{name} is true or false"), name, name=name)
        return value is True

    def _paper(self) -> tuple[str, ...]:
        """`true` for the usual recorders, or the roles that record."""
        raw = self.raw.get("paper")
        if isinstance(raw, list) and raw and all(isinstance(role, str) for role in raw):
            return tuple(str(role) for role in raw)
        return RECORDERS if self._flag("paper") else ()

    def _label(self) -> Label:
        raw = self.raw.get("text")
        if raw is not None and not (isinstance(raw, list) and len(raw) == 2):
            self._fault("POL002", N_("A label is a list of two texts: Chinese, English"), "text")
        return (str(raw[0]), str(raw[1])) if isinstance(raw, list) and len(raw) == 2 else ("", "")

    def _texts(self, key: str) -> list[str]:
        raw = self.raw.get(key)
        return [] if raw is None else [str(item) for item in raw] if isinstance(raw, list) else [str(raw)]

    def _fault(self, code: str, message: str, path: str, **args: object) -> None:
        self.faults.append(Finding(code, message, "error", "", f"{self.path}.{path}", args))

    def _unknown(self, name: str, known: Iterable[str], path: str) -> None:
        near = _nearest(name, known)
        self._fault("POL001", N_("Unknown word {name}; did you mean {near}?"), path, name=name, near=near)


def read_review(raw: Value, where: str) -> tuple[tuple[ReviewRule, ...], list[Finding]]:
    """Read a pack's `review:`. Faults come back as findings; a faulty rule is left out."""
    if raw is None:
        return (), []
    if not isinstance(raw, list):
        return (), [Finding("POL002", N_("A list is needed here"), "error", where, "review")]
    rules, findings = [], []
    for number, item in enumerate(raw):
        path = f"review.{number}"
        if not isinstance(item, dict):
            findings.append(Finding("POL002", N_("A mapping is needed here"), "error", where, path))
            continue
        reading = _Reading(item, path)
        rule = reading.rule()
        findings += [fault.at(where) for fault in reading.faults]
        if not reading.faults:
            rules.append(rule)
    return tuple(rules), findings


def asks_about(rules: Iterable[ReviewRule], values: Mapping[str, object], name: str) -> bool:
    """Whether the policy wants a field of the dossier (`destroy`) approved at all."""
    return any(
        rule.steps and (rule.only is None or rule.only.holds(values) is True)
        and any(not trigger.action and trigger.what == name for trigger in rule.on)
        for rule in rules
    )  # fmt: skip


def check_review(
    rules: Iterable[ReviewRule], kinds: Mapping[str, Kind], vocab: Mapping[str, Mapping[str, Label]],
    roles: Iterable[str], words: Iterable[str],
) -> list[Finding]:  # fmt: skip
    """Hold the rules against the kinds, words and roles in force: every name must be there.

    `words` are those that a file of the policy may have at its top level.
    """
    rules, names, roles = tuple(rules), {*kinds, *AREAS}, set(roles)
    named = [
        ("POL010", rule.code, trigger.what, names)
        for rule in rules for trigger in rule.on if trigger.action and trigger.what not in names
    ] + [("POL014", rule.code, role, roles) for rule in rules for role in rule.roles if role not in roles]  # fmt: skip
    for code, trigger in ((rule.code, trigger) for rule in rules for trigger in rule.on if trigger.part):
        parts = set(words) if trigger.what == _PARTED else _parts(kinds.get(trigger.what), vocab)
        if trigger.what in names and parts is not None and trigger.part not in parts:
            known = {f"{trigger.what}/{part}" for part in parts} or {trigger.what}
            named.append(("POL010", code, f"{trigger.what}/{trigger.part}", known))
    routed = [(rule, rule.route) for rule in rules if rule.route and rule.route.lines]
    for rule, route in routed:
        about = [kinds[trigger.what] for trigger in rule.on if trigger.action and trigger.what in kinds]
        for name in unknown_fields(route.lines, about, kinds.get("customer")):
            fields = {field for kind in about for field, _field in kind.walk()}
            named.append(("POL012", rule.code, name, fields))
    return [_missing(*item) for item in named]


def seat_faults(rules: Iterable[ReviewRule], departments: Iterable[str], members: Iterable[str]) -> list[Finding]:
    """Departments and members that slots name (`head@north`, `@zhou`) and that are not there."""
    departments, members = set(departments), set(members)
    found = []
    for rule in rules:
        routed = rule.route.steps.values() if rule.route else ()
        slots = (slot for steps in (rule.steps, *routed) for step in steps for slot in step)
        for role, at, place in (role.partition("@") for slot in slots for role in slot.roles):
            known = departments if role else members
            if at and place not in known:
                found.append(_missing("POL014", rule.code, place, known))
    return found


def _parts(kind: Kind | None, vocab: Mapping[str, Mapping[str, Label]]) -> set[str] | None:
    """The parts a kind's records lie in (of the set-up none); None where any text may name one."""
    field = kind.field(kind.addressee) if kind else None
    if kind is None or field is None or kind.personal:
        return set()
    return set(vocab.get(str(field.options.get("of")), ())) if field.type == "choice" else None


def _missing(code: str, rule: str, name: str, known: Iterable[str]) -> Finding:
    near = _nearest(name, known)
    if not near:
        message = N_("{code}: there is no {name}")
        return Finding(code, message, "error", "", "review", {"code": rule, "name": name})
    message = N_("{code}: there is no {name}; did you mean {near}?")
    return Finding(code, message, "error", "", "review", {"code": rule, "name": name, "near": near})


def lay_review(lower: Iterable[ReviewRule], upper: Iterable[ReviewRule]) -> tuple[ReviewRule, ...]:
    """Two packs' rules as one: they add up; a later one of the same code takes the earlier one's place."""
    return tuple({rule.code: rule for rule in (*lower, *upper)}.values())


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    words = sorted(known)
    return (get_close_matches(name, words, 1) or words[:1] or [""])[0]
