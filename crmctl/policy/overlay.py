"""A department's own rules over the company's: they may only tighten (P23:IV.1.d, R-ADM-08). Pure.

```yaml
# policy/east.yaml
schema: crmctl/overlay/1
department: east
values: {vip_beds: 300, vip_share: 10%}
axes:
  grade:
    also: {vip: [volume_12m >= 50000]}     # further conditions of a rung, and not instead of its own
    scorecard: {...}                       # only where the company's scorecard says replaceable: yes
    mix: {vip: 5%}
  retail: {...}                            # an axis of its own, such as for those the company exempts
products:
  Crutch: {values: {...}, axes: {...}}     # for the grading of one product
```

Which way a value is tighter follows from where it stands: the number of a `>=` may rise, that of a
`<=` may fall, a cap's share may fall, the span of a clock or a cycle may be shorter. Other values say it in the
pack: `tightens: {demote_within: lower}`; `tightens: {retention: company}` leaves a value to the company alone.
What stands under `none`, in an exemption, or both ways cannot be told, and so cannot be changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal, get_args

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, parse_leaf
from crmctl.model.duration import DurationError, with_values
from crmctl.model.findings import Finding
from crmctl.model.values import Value
from crmctl.policy.dated import is_dated
from crmctl.policy.facts import number
from crmctl.policy.pack_files import PackFile, axes_of

Way = Literal["higher", "lower"]
SCHEMA = "crmctl/overlay/1"
_NAMED = re.compile(r"\$([a-z][a-z0-9_]*)")
_KEYS = frozenset({"schema", "department", "label", "values", "axes", "products"})
_AXIS_KEYS = frozenset({"also", "scorecard", "mix"})
# Only spans of one unit are compared: which of 5 working days and 1 week is longer depends on the week.
_SCALE = {"month": Decimal(1), "year": Decimal(12)}


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a department, or one product in it, lays over the company's rules."""

    values: Mapping[str, Value] = field(default_factory=dict)
    axes: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def overlay_of(raw: Mapping[str, Value], product: str | None = None) -> Overlay:
    """A checked overlay file, for the department or, with `product`, for one of its products."""
    products = _mapping(raw.get("products"))
    own = _mapping(products.get(product)) if product is not None else {}
    axes = {name: dict(_mapping(spec)) for name, spec in _mapping(raw.get("axes")).items()}
    for name, spec in _mapping(own.get("axes")).items():
        axes[name] = _joined(axes.get(name, {}), _mapping(spec))
    return Overlay({**_mapping(raw.get("values")), **_mapping(own.get("values"))}, axes)


def lay_overlay(packs: Sequence[PackFile], overlay: Overlay, where: str) -> list[PackFile]:
    """The packs with a department's rules over them."""
    last = {name: number for number, (_where, raw) in enumerate(packs) for name, _path, _content in axes_of(raw)}
    laid: list[PackFile] = []
    for position, (file, raw) in enumerate(packs):
        changed = {
            name: _tightened(content, overlay.axes[name])
            for name, _path, content in axes_of(raw)
            if name in overlay.axes and last[name] == position
        }
        axes = {**_mapping(raw.get("axes")), **{name: axis for name, axis in changed.items() if name != "grade"}}
        main = {"grade": changed["grade"]} if "grade" in changed else {}
        laid.append((file, {**raw, **({"axes": axes} if axes else {}), **main}))
    own: dict[str, Value] = {name: dict(spec) for name, spec in overlay.axes.items() if name not in last}
    return [*laid, (where, {"pack": "overlay", "version": 1, "axes": own})] if own else laid


def ways(packs: Sequence[PackFile]) -> dict[str, Way | None]:
    """Which way each value is tighter; None where it stands both ways."""
    found: dict[str, Way | None] = {}
    for _where, raw in packs:
        for _name, _path, content in axes_of(raw):
            for name, way in _in_axis(content):
                found[name] = way if found.get(name, way) == way else None
        for name, way in [*_in_guards(raw), *_in_clocks(raw)]:
            found[name] = way if found.get(name, way) == way else None
    for _where, raw in packs:
        for name, said in _mapping(raw.get("tightens")).items():
            found[name] = said if said in get_args(Way) else None  # type: ignore[assignment]  # narrowed by get_args
    return found


def overlay_faults(
    raw: Mapping[str, Value], packs: Sequence[PackFile], values: Mapping[str, Value], departments: Mapping[str, object],
    stem: str,
) -> Iterator[Finding]:  # fmt: skip
    """What is off in an overlay, and what in it loosens; `field` is the dotted path in its file."""
    yield from _keys(raw, _KEYS, "")
    if raw.get("department") != stem:
        yield Finding("POL030", N_("The file is called after its department: {name}"), "error", "", "department",
                      {"name": stem})  # fmt: skip
    if stem not in departments:
        yield _near("POL030", stem, departments, "department", N_("There is no department {name}"))
    company = {name: content for _where, pack in packs for name, _path, content in axes_of(pack)}
    known = ways(packs)
    for key in ("values", "axes", "products"):
        if raw.get(key) is not None and not isinstance(raw[key], dict):
            yield Finding("POL030", N_("A mapping of names is needed here"), "error", "", key)
    yield from _part(raw, company, values, known, "")
    here = {**values, **_mapping(raw.get("values"))}
    for product, spec in _mapping(raw.get("products")).items():
        yield from _keys(_mapping(spec), frozenset({"values", "axes"}), f"products.{product}")
        yield from _part(_mapping(spec), company, here, known, f"products.{product}")


def _part(
    raw: Mapping[str, Value], company: Mapping[str, Mapping[str, Value]], values: Mapping[str, Value],
    known: Mapping[str, Way | None], prefix: str,
) -> Iterator[Finding]:  # fmt: skip
    at = f"{prefix}." if prefix else ""
    for name, value in _mapping(raw.get("values")).items():
        yield from _value(name, value, values.get(name), known, f"{at}values.{name}")
    for name, spec in _mapping(raw.get("axes")).items():
        if name not in company:
            continue  # its own axis is held against the facts like any other
        path = f"{at}axes.{name}"
        for key in _mapping(spec):
            if key not in _AXIS_KEYS:
                message = N_(
                    "A department cannot change {name} of the company's rules; it may add conditions with also"
                )
                yield Finding("POL031", message, "error", "", f"{path}.{key}", {"name": key})
        rungs = [str(_mapping(rung).get("grade")) for rung in _list(company[name].get("ladder"))]
        for grade in _mapping(_mapping(spec).get("also")):
            if grade not in rungs:
                yield _near("POL030", grade, rungs, f"{path}.also.{grade}", N_("The ladder has no grade {name}"))
        card = _mapping(company[name].get("scorecard"))
        if "scorecard" in _mapping(spec) and card and card.get("replaceable") not in (True, "yes"):
            message = N_("The company's scorecard is the same for all departments")
            yield Finding("POL031", message, "error", "", f"{path}.scorecard")


def _value(name: str, value: Value, company: Value, known: Mapping[str, Way | None], path: str) -> Iterator[Finding]:
    way = known.get(name)
    if way is None:
        if name in known:
            message = N_("{name} stands both ways: which is tighter cannot be told, so it is the company's alone")
            yield Finding("POL031", message, "error", "", path, {"name": name})
        else:
            yield _near("POL030", name, known, path, N_("No rule that a department may tighten asks for {name}"))
        return
    own, theirs = _steps(value), [measure for step in _steps(company) if (measure := _measure(step)) is not None]
    for step in own:
        mine = _measure(step)
        if mine is None:
            yield Finding("POL030", N_("Not a number or a span of time: {text}"), "error", "", path, {"text": step})
            continue
        args: dict[str, object] = {"name": name, "value": step, "company": _said(company)}
        if any(mine[1] != other[1] for other in theirs):
            message = N_("{value} and the company's {company} are of two units")
            yield Finding("POL031", message, "error", "", path, args)
        elif way == "higher" and any(mine[0] < other[0] for other in theirs):
            message = N_("{name}: {value} is looser than the company's {company}; a department may only go higher")
            yield Finding("POL031", message, "error", "", path, args)
        elif way == "lower" and any(mine[0] > other[0] for other in theirs):
            message = N_("{name}: {value} is looser than the company's {company}; a department may only go lower")
            yield Finding("POL031", message, "error", "", path, args)


def _steps(value: Value) -> list[Value]:
    """What a value is, one after the other where it changes on a day: each of it has to be the tighter one."""
    if is_dated(value) and isinstance(value, list):
        return [step["is"] for step in value if isinstance(step, dict)]
    return [value]


def _said(value: Value) -> str:
    return ", ".join(str(step) for step in _steps(value))


def _measure(value: Value) -> tuple[Decimal, str] | None:
    """A number or span of time as (size, unit)."""
    if value is None or isinstance(value, (list, dict, bool)):
        return None
    try:
        return number(str(value)), ""
    except ValueError:
        pass
    try:
        span = with_values(str(value), {})
    except DurationError:
        return None
    if span is None:
        return None
    return _SCALE.get(span.unit, Decimal(1)) * span.count, "month" if span.unit in _SCALE else span.unit


def _in_axis(content: Mapping[str, Value]) -> Iterator[tuple[str, Way | None]]:
    for rung in _list(content.get("ladder")):
        yield from _in_condition(rung, sure=True)
    yield from _in_condition(content.get("exempt"), sure=False)
    for cap in _list(content.get("caps")):
        share = str(_mapping(cap).get("share", ""))
        if share.startswith("$"):
            yield share[1:], "lower"
    for item in _list(_mapping(content.get("scorecard")).get("items")):
        bands = [_mapping(band) for band in _list(_mapping(item).get("bands"))]
        points = [band["points"] for band in bands if isinstance(band.get("points"), int)]
        # Where points rise with the value, a higher bound gives fewer of them.
        rises, falls = points == sorted(points, key=int), points == sorted(points, key=int, reverse=True)  # type: ignore[arg-type]
        way: Way | None = "higher" if rises and not falls else "lower" if falls and not rises else None
        for text in (text for band in bands for text in band.values()):
            if isinstance(text, str) and text.startswith("$"):
                yield text[1:], way


def _in_guards(raw: Mapping[str, Value]) -> Iterator[tuple[str, Way | None]]:
    for item in _list(raw.get("guards")):
        yield from _in_condition(_mapping(item).get("if"), sure=True)


def _in_clocks(raw: Mapping[str, Value]) -> Iterator[tuple[str, Way | None]]:
    """A department may ask sooner and oftener than the company: a span of a clock or cycle may only be shorter."""
    spans: list[Value] = []
    for clock in (_mapping(item) for item in _list(raw.get("clocks"))):
        spans += [clock.get("within"), *(_mapping(case).get("within") for case in _list(clock.get("cases")))]
        spans += [_mapping(turn).get("after") for turn in _list(clock.get("then"))]
    for cycle in _list(raw.get("cadence")):
        spans += _mapping(_mapping(cycle).get("every")).values()
    for text in spans:
        if isinstance(text, str) and (name := _NAMED.search(text)):
            yield name[1], "lower"


def _in_condition(raw: Value, *, sure: bool) -> Iterator[tuple[str, Way | None]]:
    if isinstance(raw, str):
        try:
            leaf = parse_leaf(raw)
        except ConditionError:
            return
        for literal in leaf.literals:
            if literal.startswith("$"):
                way: Way | None = "higher" if leaf.operator in {">", ">="} else "lower"
                yield literal[1:], way if sure and leaf.operator in {"<", "<=", ">", ">="} else None
    elif isinstance(raw, list):
        for part in raw:
            yield from _in_condition(part, sure=sure)
    elif isinstance(raw, dict):
        for key, part in raw.items():
            if key in {"if", "all", "any", "none"}:
                yield from _in_condition(part, sure=sure and key != "none")


def _tightened(content: Mapping[str, Value], spec: Mapping[str, Value]) -> dict[str, Value]:
    also = _mapping(spec.get("also"))
    ladder: list[Value] = []
    for rung in _list(content.get("ladder")):
        more = _list(also.get(str(_mapping(rung).get("grade"))))
        own: Value = {key: value for key, value in _mapping(rung).items() if key != "grade"}
        ladder.append({"grade": _mapping(rung).get("grade"), "all": [own, *more]} if more else rung)
    rest = {key: spec[key] for key in ("scorecard", "mix") if key in spec}
    return {**content, "ladder": ladder, **rest}


def _joined(lower: Mapping[str, Value], upper: Mapping[str, Value]) -> dict[str, Value]:
    also: dict[str, Value] = dict(_mapping(lower.get("also")))
    for grade, more in _mapping(upper.get("also")).items():
        also[grade] = [*_list(also.get(grade)), *_list(more)]
    return {**lower, **upper, **({"also": also} if also else {})}


def _keys(raw: Mapping[str, Value], known: frozenset[str], prefix: str) -> Iterator[Finding]:
    for key in raw:
        if key not in known:
            yield _near("POL030", key, known, f"{prefix}.{key}".strip("."), N_("Unknown word {name}"))


def _near(code: str, name: str, known: object, path: str, message: str) -> Finding:
    near = get_close_matches(name, sorted(known), 1)  # type: ignore[call-overload]  # names
    args = {"name": name, "near": near[0] if near else ""}
    return Finding(code, message, "error", "", path, args, N_("Did you mean {near}?") if near else "")


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: object) -> list[Value]:
    return raw if isinstance(raw, list) else []
