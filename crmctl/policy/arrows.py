"""What a step from one state to the next takes, as a pack's `arrows:` say it: data, read and checked here. Pure.

```yaml
arrows:
  complaint:
    "surveyed > closed": {require: [told_at, satisfaction | survey], code: CMP005, clause: P01:5.2.3, text: […, …]}
    "* > closed":
      - {if: 'category in [quality]', require: [report, responsible_party], code: CMP009, text: […, …]}
    "closed > confirmed": {require: [reason], by: [supervisor, head], clear: [told_at, surveyed_on]}
```

`*` is any state, `new` stands before the state a record is entered in. `require` names fields,
`reason` (why the change is made), `number` (the registration number the ledger gave), or another
kind: a record of it that refers to this one; `a | b` asks for one of them, `items.result` for the
result in each entry of the list `items`. `by` names who may take the step and `not_by` who may not: a
role, `owner`, `team`, `keeper`, or a field that holds a member. `clear` takes away what the last round left, so that
it is asked for again. All rules that fit a step hold together; a later pack's rule of the same code
takes the earlier one's place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.shape import texts

ANY = "*"
NEW = "new"
REASON = "reason"
NUMBER = "number"
STAFF = frozenset({"owner", "team", "keeper"})
_KEYS = frozenset({"if", "require", "by", "not_by", "clear", "code", "clause", "requirement", "text", "do"})


@dataclass(frozen=True, slots=True)
class ArrowRule:
    """One rule of one step. `require` holds alternatives; `text` is None where the pack gives none."""

    kind: str
    before: str
    after: str
    conditions: tuple[Leaf, ...] = ()
    require: tuple[tuple[str, ...], ...] = ()
    by: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()
    code: str = ""
    text: Label | None = None

    def fits(self, before: str, after: str, values: Mapping[str, object]) -> bool:
        """Whether the rule is about this step of a record with these values."""
        if self.after != after or self.before not in ({before} if before == NEW else {ANY, before}):
            return False
        return all(leaf.holds(values) is True for leaf in self.conditions)


def read_arrows(raw: Value, where: str) -> tuple[tuple[ArrowRule, ...], list[Finding]]:
    """Read a pack's `arrows:`. Faults come back as findings; a faulty rule is left out."""
    findings: list[Finding] = []
    rules: list[ArrowRule] = []
    for kind, steps in _mapping(raw, "arrows", where, findings).items():
        for step, given in _mapping(steps, f"arrows.{kind}", where, findings).items():
            path = f"arrows.{kind}.{step}"
            before, arrow, after = (part.strip() for part in step.partition(">"))
            if not (before and arrow and after) or ">" in after:
                findings.append(
                    Finding("POL003", N_("An arrow leads from a state to another: a > b"), "error", where, path)
                )
                continue
            for item in given if isinstance(given, list) else [given]:
                faults = list(_faults(item, path, where))
                findings += faults
                if not faults and isinstance(item, dict):
                    rules.append(_rule(kind, before, after, item))
    return tuple(rules), findings


def lay_arrows(lower: Iterable[ArrowRule], upper: Iterable[ArrowRule]) -> tuple[ArrowRule, ...]:
    """Two packs' rules as one: later rules of a code take the place of the earlier ones; others add up."""
    upper = list(upper)
    anew = {rule.code for rule in upper if rule.code}
    return (*(rule for rule in lower if rule.code not in anew), *upper)


def arrow_faults(rules: Iterable[ArrowRule], kinds: Mapping[str, Kind], roles: Collection[str]) -> Iterator[Finding]:
    """What the rules name that is not there. Findings carry the dotted path as their field."""
    for rule in rules:
        path = f"arrows.{rule.kind}"
        kind = kinds.get(rule.kind)
        if kind is None:
            yield _unknown("POL010", path, N_("There is no kind {name}"), rule.kind, kinds)
            continue
        inside = f"{path}.{rule.before} > {rule.after}"
        yield from _step_faults(rule, kind, inside)
        yield from _name_faults(rule, kind, kinds, roles, inside)


def _step_faults(rule: ArrowRule, kind: Kind, inside: str) -> Iterator[Finding]:
    known = {*kind.states, ANY, NEW}
    unknown = [rule.before] if rule.before not in known else []
    unknown += [rule.after] if rule.after not in kind.states else []
    for state in unknown:
        yield _unknown("POL037", inside, N_("The kind has no state {name}"), state, kind.states)
    if not unknown and rule.before not in {ANY, NEW} and (rule.before, rule.after) not in kind.arrows:
        args: dict[str, object] = {"before": rule.before, "after": rule.after}
        yield Finding("POL037", N_("The kind leads nowhere from {before} to {after}"), "error", "", inside, args)


def _name_faults(
    rule: ArrowRule, kind: Kind, kinds: Mapping[str, Kind], roles: Collection[str], inside: str
) -> Iterator[Finding]:
    fields = [name for name, _field in kind.walk()]
    asked = [leaf.name for leaf in rule.conditions]
    asked += list(rule.clear)
    asked += [
        name
        for group in rule.require
        for name in group
        if name not in {REASON, *kinds} and not (name == NUMBER and kind.number)
    ]
    for name in asked:
        if name not in fields:
            yield _unknown("POL012", inside, N_("The kind has no field {name}"), name, fields)
    people = [*roles, *STAFF, *(name for name, field in kind.walk() if field.type == "member")]
    for name in (*rule.by, *rule.not_by):
        if name not in people:
            yield _unknown("POL014", f"{inside}.by", N_("There is no role {name}"), name, people)


def _rule(kind: str, before: str, after: str, item: Mapping[str, Value]) -> ArrowRule:
    text = item.get("text")
    return ArrowRule(
        kind, before, after,
        conditions=tuple(parse_leaf(leaf) for leaf in texts(item.get("if"))),
        require=tuple(tuple(part.strip() for part in one.split("|")) for one in texts(item.get("require"))),
        by=tuple(texts(item.get("by"))),
        not_by=tuple(texts(item.get("not_by"))),
        clear=tuple(texts(item.get("clear"))),
        code=str(item.get("code") or ""),
        text=(str(text[0]), str(text[1])) if isinstance(text, list) else None,
    )  # fmt: skip


def _faults(item: Value, path: str, where: str) -> Iterator[Finding]:
    if not isinstance(item, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", where, path)
        return
    for key in item:
        if key not in _KEYS:
            args = {"name": key, "near": (get_close_matches(key, sorted(_KEYS), 1) or ["require"])[0]}
            message = N_("Unknown word {name}; did you mean {near}?")
            yield Finding("POL001", message, "error", where, f"{path}.{key}", args)
    for leaf in texts(item.get("if")):
        try:
            parse_leaf(leaf)
        except ConditionError:
            message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
            yield Finding("POL003", message, "error", where, f"{path}.if", {"text": leaf})
    text = item.get("text")
    if text is not None and not (isinstance(text, list) and len(text) == 2):
        message = N_("A label is a list of two texts: Chinese, English")
        yield Finding("POL002", message, "error", where, f"{path}.text")


def _mapping(raw: Value, path: str, where: str, findings: list[Finding]) -> Mapping[str, Value]:
    if isinstance(raw, dict):
        return raw
    if raw is not None:
        findings.append(Finding("POL002", N_("A mapping of names is needed here"), "error", where, path))
    return {}


def _unknown(code: str, path: str, message: str, name: str, known: Iterable[str]) -> Finding:
    near = get_close_matches(name, sorted(known), 1)
    args = {"name": name, "near": near[0] if near else ""}
    return Finding(code, message, "error", "", path, args, N_("Did you mean {near}?") if near else "")
