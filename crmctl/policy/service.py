"""What a grade brings the customer: who manages it, rights, measures, those that come round (R-GRD-33). Pure.

```yaml
service:
  "*": {obligations: [[遵守法律, Obey the law]]}
  vip:
    priority: 1
    managed_by: {role: account_manager, code: GRD016, clause: P21:1.2, text: [重点客户须由客户经理负责, …]}
    communication: [[客户经理亲自联系, The account manager keeps in touch in person]]
    measures:
      - [专属业务经理, A business manager of its own]
      - {text: [节日礼品, Gifts], code: EVT001, every: $gift_vip, done: {kind: care_action, if: 'what in [gift]'}}
```

A measure with `every` is due again so long after the last record that shows it was taken, or after the customer
came; where its `$name` has no value it is asked of nobody. `managed_by` may be a bare role; with a code, `due` and
`check` tell of customers whose owner and team do not hold the role.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.duration import DurationError, check_text
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.shape import texts

ALL = "*"
_KEYS = frozenset({"priority", "managed_by", "price", "rights", "obligations", "measures", "communication", "clause"})
_LISTS = ("rights", "obligations", "communication")
_MEASURE = frozenset({"text", "code", "every", "done", "who", "clause", "requirement"})
_MANAGED = frozenset({"role", "code", "text", "who", "clause", "requirement"})
_DONE = frozenset({"kind", "at", "if"})
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Done:
    """The records that show a measure was taken: of a kind, on the day of a field, where all conditions hold."""

    kind: str
    at: str = "on"
    conditions: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Recurring:
    """A measure that comes round. `every` is a span, or `$name` of a value that is one."""

    code: str
    text: Label
    every: str
    done: Done
    who: tuple[str, ...] = ("owner",)


@dataclass(frozen=True, slots=True)
class Managed:
    """The role that whoever manages the customer holds; without a code nobody is told of others."""

    role: str
    code: str = ""
    text: Label = ("", "")
    who: tuple[str, ...] = ("role head", "role supervisor")


@dataclass(frozen=True, slots=True)
class Service:
    """What a grade means for the customer. `recurring` are those of its measures that come round."""

    priority: int | None = None
    managed: Managed | None = None
    price: Label | None = None
    rights: tuple[Label, ...] = ()
    obligations: tuple[Label, ...] = ()
    measures: tuple[Label, ...] = ()
    communication: tuple[Label, ...] = ()
    recurring: tuple[Recurring, ...] = ()

    @property
    def managed_by(self) -> str | None:
        """The role that manages the customer."""
        return self.managed.role if self.managed else None


def read_service(
    raw: Value, grades: Collection[str], roles: Collection[str] | None, path: str
) -> tuple[dict[str, Service], list[Finding]]:  # fmt: skip
    """Read an axis' `service:`, which stands at `path`; `roles` None leaves them unchecked, an empty `grades` too."""
    reader, found = _Reader(roles), {}
    for grade, spec in raw.items() if isinstance(raw, dict) else ():
        inner = f"{path}.{grade}"
        if grades:
            reader.known(grade, [*grades, ALL], inner, N_("The ladder has no grade {name}"))
        if isinstance(spec, dict):
            found[grade] = reader.service(spec, inner)
        else:
            reader.fault(inner, N_("A mapping is needed here"))
    return found, reader.findings


class _Reader:
    def __init__(self, roles: Collection[str] | None) -> None:
        self.roles = roles
        self.findings: list[Finding] = []

    def service(self, spec: Mapping[str, Value], path: str) -> Service:
        self.keys(spec, _KEYS, path)
        priority = spec.get("priority")
        if priority is not None and (isinstance(priority, bool) or not isinstance(priority, int)):
            self.fault(f"{path}.priority", N_("A whole number is needed here"))
            priority = None
        price = next(self.labels([spec["price"]], f"{path}.price"), None) if "price" in spec else None
        lists = {key: tuple(self.labels(spec.get(key), f"{path}.{key}")) for key in _LISTS}
        measures = list(self.measures(spec.get("measures"), f"{path}.measures"))
        return Service(
            priority if isinstance(priority, int) else None, self.managed(spec.get("managed_by"), f"{path}.managed_by"),
            price, measures=tuple(text for text, _one in measures),
            recurring=tuple(one for _text, one in measures if one), **lists,
        )  # fmt: skip

    def managed(self, raw: Value, path: str) -> Managed | None:
        if raw is None:
            return None
        spec: Mapping[str, Value] = raw if isinstance(raw, dict) else {"role": raw}
        self.keys(spec, _MANAGED, path)
        role = str(spec.get("role"))
        if self.roles is not None:
            self.known(role, self.roles, path, N_("There is no role {name}"))
        if not isinstance(raw, dict):
            return Managed(role)
        self.code(spec, path)
        text = next(self.labels([spec.get("text")], f"{path}.text"), ("", ""))
        who = tuple(texts(spec.get("who")))
        return Managed(role, str(spec.get("code")), text, who) if who else Managed(role, str(spec.get("code")), text)

    def measures(self, raw: Value, path: str) -> Iterator[tuple[Label, Recurring | None]]:
        for position, item in enumerate(raw if isinstance(raw, list) else []):
            inner = f"{path}.{position}"
            if not isinstance(item, dict):
                for text in self.labels([item], path, position):
                    yield text, None
                continue
            self.keys(item, _MEASURE, inner)
            self.code(item, inner)
            text = next(self.labels([item.get("text")], f"{inner}.text"), ("", ""))
            done, every = self.done(item.get("done"), f"{inner}.done"), str(item.get("every", ""))
            try:
                check_text(every)
            except DurationError:
                message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
                self.fault(f"{inner}.every", message, text=every)
                done = None
            who = tuple(texts(item.get("who"))) or ("owner",)
            yield text, Recurring(str(item.get("code")), text, every, done, who) if done else None

    def done(self, raw: Value, path: str) -> Done | None:
        if not isinstance(raw, dict) or not {"kind"} <= set(raw) <= _DONE:
            words = ", ".join(sorted(_DONE))
            self.fault(path, N_("A mapping with these words is needed: {words}"), words=words)
            return None
        leaves = []
        for text in texts(raw.get("if")):
            try:
                leaves.append(parse_leaf(text))
            except ConditionError:
                self.fault(f"{path}.if", N_("Not a condition: {text}. Write: name op literal, lists in brackets"),
                           text=text)  # fmt: skip
        return Done(str(raw["kind"]), str(raw.get("at", "on")), tuple(leaves))

    def code(self, spec: Mapping[str, Value], path: str) -> None:
        if not _CODE.fullmatch(str(spec.get("code", ""))):
            self.fault(f"{path}.code", N_("A code is three capital letters and three digits"))

    def labels(self, raw: Value, path: str, first: int = 0) -> Iterator[Label]:
        for position, item in enumerate(raw if isinstance(raw, list) else [], first):
            if isinstance(item, list) and len(item) == 2:
                yield str(item[0]), str(item[1])
            else:
                self.fault(f"{path}.{position}", N_("A label is a list of two texts: Chinese, English"))

    def keys(self, raw: Mapping[str, Value], known: Collection[str], path: str) -> None:
        for key in raw:
            self.known(key, known, f"{path}.{key}", N_("Unknown word {name}"))

    def known(self, name: str, known: Collection[str], path: str, message: str) -> None:
        if name in known:
            return
        near = get_close_matches(name, sorted(known), 1)
        args: dict[str, object] = {"name": name, "near": near[0] if near else ""}
        hint = N_("Did you mean {near}?") if near else ""
        self.findings.append(Finding("POL035", message, "error", "", path, args, hint))

    def fault(self, path: str, message: str, **args: object) -> None:
        self.findings.append(Finding("POL035", message, "error", "", path, args))
