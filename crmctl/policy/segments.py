"""Segments: customers of one type by what their cards say, and how they are marketed to (P20:1.2, P15:1). Pure.

```yaml
segments:
  - name: clinics_east
    label: [华东小型诊所, Small clinics in the east]
    if: ['industry in [医疗]', 'size in [micro, small]', 'region in [31, 32]']     # a region holds all that lies in it
    measures: [[代理商推广, Promoted by dealers]]
    clause: P20:1.2
```

All conditions have to hold; a card that does not say belongs to no segment that asks. A later pack's segment of the
same name takes the earlier one's place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.condition import ConditionError, Leaf, fits, parse_leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.policy.shape import texts

_KEYS = frozenset({"name", "label", "if", "measures", "clause", "requirement"})


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment."""

    name: str
    label: Label
    conditions: tuple[Leaf, ...]
    measures: tuple[Label, ...] = ()

    def has(self, card: Mapping[str, object], regions: Collection[str] = ()) -> bool:
        """Whether a customer with this card belongs to it; `regions` names the fields that hold a region."""
        return all(fits(leaf, card, leaf.name in regions) for leaf in self.conditions)


def read_segments(packs: Iterable[tuple[str, Mapping[str, Value]]]) -> tuple[tuple[Segment, ...], list[Finding]]:
    """Read the segments of the packs (file, content). Faults come back as findings; a faulty one is left out."""
    found: dict[str, Segment] = {}
    findings: list[Finding] = []
    for where, raw in packs:
        given = raw.get("segments")
        if given is not None and not isinstance(given, list):
            findings.append(Finding("POL002", N_("A list is needed here"), "error", where, "segments"))
            continue
        for number, item in enumerate(given or []):
            faults = list(_faults(item, f"segments.{number}"))
            findings += [fault.at(where) for fault in faults]
            if not faults and isinstance(item, dict):
                found[str(item["name"])] = _segment(item)
    return tuple(found.values()), findings


def segment_faults(segments: Iterable[Segment], card: Kind | None) -> Iterator[Finding]:
    """The fields of the card that segments name and that are not there."""
    known = [name for name, _field in card.walk()] if card else []
    for segment in segments:
        for leaf in segment.conditions:
            if leaf.name not in known:
                near = get_close_matches(leaf.name, known, 1)
                args: dict[str, object] = {"name": leaf.name, "near": near[0] if near else "", "code": segment.name}
                message = (
                    N_("{code}: there is no {name}; did you mean {near}?") if near else N_("{code}: there is no {name}")
                )
                yield Finding("POL004", message, "error", "", "segments", args)


def _segment(item: Mapping[str, Value]) -> Segment:
    label = item["label"]
    zh, en = (str(part) for part in label) if isinstance(label, list) else ("", "")
    measures = [one for one in _list(item.get("measures")) if isinstance(one, list) and len(one) == 2]
    return Segment(
        str(item["name"]), (zh, en), tuple(parse_leaf(text) for text in texts(item.get("if"))),
        tuple((str(one[0]), str(one[1])) for one in measures),
    )  # fmt: skip


def _faults(item: Value, path: str) -> Iterator[Finding]:
    if not isinstance(item, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", "", path)
        return
    for key in item:
        if key not in _KEYS:
            args: dict[str, object] = {"name": key, "near": (get_close_matches(key, sorted(_KEYS), 1) or ["if"])[0]}
            yield Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
    for key in ("name", "if"):
        if not item.get(key):
            yield Finding("POL002", N_("Missing: {label}"), "error", "", f"{path}.{key}", {"label": key})
    if not (isinstance(item.get("label"), list) and len(_list(item.get("label"))) == 2):
        yield Finding("POL002", N_("A label is a list of two texts: Chinese, English"), "error", "", f"{path}.label")
    for text in texts(item.get("if")):
        try:
            parse_leaf(text)
        except ConditionError:
            message = N_("Not a condition: {text}. Write: name op literal, lists in brackets")
            yield Finding("POL003", message, "error", "", f"{path}.if", {"text": text})


def _list(raw: Value) -> list[Value]:
    return raw if isinstance(raw, list) else []
