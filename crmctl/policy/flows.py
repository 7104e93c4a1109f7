"""Named flows of work and who coordinates them, as a pack's `flows:` say it (R-SEC-19, R-SEC-22, R-SEC-26). Pure.

```yaml
flows:
  - name: development_c1
    label: [C1客户开发流程, Development of a C1 customer]
    owner: specialist                 # the role that coordinates it: nobody else begins or ends it (`code`)
    with: [office_director]           # roles that take part
    kinds: [development_plan]         # the records it leaves
    steps: []                         # lost in the source: the company writes them in a pack of its own
    code: SEC031
    text: [流程由特渠专员统筹, The specialist coordinates the flow]
    clause: P11:4.1
  - name: car_sale
    of: opportunity                   # a flow of the states of a kind: each step names one
    steps: [{state: need, text: [了解需求, Learn the need], who: sales}, …]
```

A step: `text`, `who` (a role), `within` (a span from the beginning, or from the step before it), `kinds` (its
records), `state`. A later pack's flow of the same name takes the earlier one's place. `crmctl flow start` begins one as
a record of the kind `flow_run`, whose field `flow` knows the flows of the packs as its words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.condition import parse_leaf
from crmctl.model.duration import DurationError, check_text
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.arrows import ANY, NEW, ArrowRule
from crmctl.policy.shape import item_faults, list_fault, listed, mapped, spoken, texts, unknown_names

RUN = "flow_run"
WORDS = "flow"
_RUNS, _ENDS = "running", ("done", "stopped")
_KEYS = frozenset({"name", "label", "owner", "with", "kinds", "of", "steps", "code", "text", "clause", "requirement"})
_STEP_KEYS = frozenset({"text", "who", "within", "kinds", "state"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, by which role, how long it may take, its records, the state of the kind it is."""

    text: Label
    who: str | None = None
    within: str | None = None
    kinds: tuple[str, ...] = ()
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow; `of` is the kind whose states its steps are (None: it is begun by itself)."""

    name: str
    pack: str
    label: Label
    owner: str
    others: tuple[str, ...]
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]
    of: str | None
    code: str
    text: Label
    clause: str


def read_flows(packs: Iterable[Mapping[str, Value]]) -> list[Flow]:
    """The flows of the packs in force, the lowest pack first; a faulty one is left out."""
    found: dict[str, Flow] = {}
    for raw in packs:
        for item in listed(raw.get("flows")):
            if not any(_own_faults(item, "")) and isinstance(item, dict):
                flow = _flow(str(raw.get("pack") or ""), item)
                found.pop(flow.name, None)
                found[flow.name] = flow
    return list(found.values())


def flow_words(flows: Iterable[Flow]) -> dict[str, Label]:
    """The words of a run's field `flow`."""
    return {flow.name: flow.label for flow in flows if flow.of is None}


def flow_arrows(flows: Iterable[Flow]) -> tuple[ArrowRule, ...]:
    """That only a flow's owner begins and ends it."""
    return tuple(
        ArrowRule(
            RUN, before, after, conditions=(parse_leaf(f"flow in [{flow.name}]"),), by=(flow.owner,), code=flow.code,
            text=flow.text,
        )
        for flow in flows if flow.of is None
        for before, after in (*((NEW, state) for state in (_RUNS, *_ENDS)), *((ANY, end) for end in _ENDS))
    )  # fmt: skip


def flow_faults(raw: Mapping[str, Value], roles: Collection[str], kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """What is wrong with a pack's `flows:`; steps the source lost are told as a warning."""
    given = raw.get("flows")
    yield from list_fault(given, "flows")
    for number, item in enumerate(listed(given)):
        path = f"flows.{number}"
        faults = list(_own_faults(item, path))
        yield from faults
        if faults or not isinstance(item, dict):
            continue
        flow = _flow("", item)
        yield from unknown_names([flow.owner, *flow.others], roles, "POL014", N_("There is no role {name}"), path)
        named = [*flow.kinds, *(kind for step in flow.steps for kind in step.kinds), *([flow.of] if flow.of else [])]
        yield from unknown_names(named, kinds, "POL010", N_("There is no kind {name}"), path)
        kind = kinds.get(flow.of or "")
        states = kind.states if kind else {}
        asked = [step.state for step in flow.steps if step.state]
        yield from unknown_names(asked, states, "POL037", N_("The kind has no state {name}"), f"{path}.steps")
        workers = [step.who for step in flow.steps if step.who]
        yield from unknown_names(workers, roles, "POL014", N_("There is no role {name}"), f"{path}.steps")


def unwritten(flows: Iterable[Flow]) -> Iterator[Finding]:
    """That flows in force have no steps yet: the source lost them and none are invented."""
    names = [flow.name for flow in flows if not flow.steps]
    if names:
        message = N_("Flows without steps: {names}. The source lost the steps and none are invented")
        hint = N_("Write them in a pack of your own: docs/policy.md, flows")
        yield Finding("POL022", message, "warning", "", "flows", {"names": ", ".join(names)}, hint)


def _own_faults(item: Value, path: str) -> Iterator[Finding]:
    """What shows without looking elsewhere."""
    yield from item_faults(item, _KEYS, ["label", "text"], path)
    for name in ("name", "owner", "code"):
        if isinstance(item, dict) and not item.get(name):
            yield Finding("POL002", N_("Missing: {label}"), "error", "", f"{path}.{name}", {"label": name})
    steps = mapped(item).get("steps")
    yield from list_fault(steps, f"{path}.steps")
    for number, step in enumerate(listed(steps)):
        yield from item_faults(step, _STEP_KEYS, ["text"], f"{path}.steps.{number}")
        within = mapped(step).get("within")
        try:
            if within is not None:
                check_text(str(within))
        except DurationError:
            message = N_("Not a span of time: {text}. Write it like 1 working day, 6 months, 30 minutes, same day")
            yield Finding("POL003", message, "error", "", f"{path}.steps.{number}.within", {"text": str(within)})


def _flow(pack: str, item: Mapping[str, Value]) -> Flow:
    return Flow(
        name=str(item["name"]), pack=pack, label=spoken(item.get("label")) or ("", ""), owner=str(item["owner"]),
        others=texts(item.get("with")), kinds=texts(item.get("kinds")),
        steps=tuple(_step(mapped(step)) for step in listed(item.get("steps"))),
        of=str(item["of"]) if item.get("of") else None, code=str(item["code"]),
        text=spoken(item.get("text")) or ("", ""), clause=str(item.get("clause") or ""),
    )  # fmt: skip


def _step(item: Mapping[str, Value]) -> Step:
    who, within, state = (item.get(key) for key in ("who", "within", "state"))
    return Step(
        spoken(item.get("text")) or ("", ""), str(who) if who else None, str(within) if within else None,
        texts(item.get("kinds")), str(state) if state else None,
    )  # fmt: skip
