"""What a policy says of itself: purpose, scope, who interprets it, the laws behind it (R-AUD-17, R-AUD-18). Pure.

```yaml
title: [新客户开发管理办法, Recognition of new customers]
number: FS-QG-62237
purpose: [规范新客户的认定, So that new customers are recognised alike]
owner: [市场分部, Market branch]                # who interprets and revises it
scope: [新开发客户, Newly developed customers]
principles: [[真实, True], [及时, In time]]
effective_from: [自发布之日起, From its publication]   # or a date
legal_basis: [[数据保护法律法规, Data-protection law]]
review_every: 12 months
source: P04
```

Law and standards are named, never judged by; their texts are kept as records of kind `policy_doc`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value

# In the order they are shown.
PARTS: Mapping[str, str] = {
    "title": N_("Title"), "number": N_("Number of the policy"), "purpose": N_("Purpose"), "scope": N_("Scope"),
    "principles": N_("Principles"), "owner": N_("Interpreted and revised by"), "effective_from": N_("Effective from"),
    "legal_basis": N_("Law and standards"), "review_every": N_("Reviewed every"), "source": N_("Source"),
}  # fmt: skip
SCHEMAS = ("crmctl/pack/1", "crmctl/company/1")
_LISTS = frozenset({"principles", "legal_basis"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the header: its name, how it is called, and what it says (nothing where the policy does not)."""

    name: str
    title: str
    texts: tuple[Label, ...]


def header(raw: Mapping[str, Value]) -> list[Part]:
    """The parts a pack file may name, those it leaves open without a text."""
    return [Part(name, title, tuple(_texts(name, raw.get(name)))) for name, title in PARTS.items()]


def header_faults(raw: Mapping[str, Value], where: str) -> Iterator[Finding]:
    """Lists that are none, and labels without both languages."""
    for name in sorted(_LISTS):
        given = raw.get(name)
        if given is None:
            continue
        if not isinstance(given, list) or not all(isinstance(item, list) and len(item) == 2 for item in given):
            message = N_("Write a list of labels: [[Chinese, English], …]")
            yield Finding("POL002", message, "error", where, name)


def format_faults(raw: Mapping[str, object]) -> Iterator[Finding]:
    """A format this crmctl does not read, a version that is no number, and packs named where it counts for nothing."""
    schema, version = raw.get("schema", SCHEMAS[0]), raw.get("version", 1)
    if schema not in SCHEMAS:
        args: dict[str, object] = {"text": schema, "known": ", ".join(SCHEMAS)}
        message = N_("{text} is no format of a pack: this crmctl reads {known}")
        yield Finding("POL002", message, "error", "", "schema", args)
    if not isinstance(version, int) or isinstance(version, bool):
        yield Finding("POL002", N_("A version is a whole number"), "error", "", "version")
    if "extends" in raw and schema == SCHEMAS[0] and raw.get("pack", "company") != "company":
        message = N_("extends counts in the company's own file only; put each pack in force with crmctl policy adopt")
        yield Finding("POL002", message, "warning", "", "extends")


def _texts(name: str, raw: Value) -> Iterator[Label]:
    for item in raw if name in _LISTS and isinstance(raw, list) else [raw]:
        if isinstance(item, list) and len(item) == 2:
            yield str(item[0]), str(item[1])
        elif item is not None and not isinstance(item, list):
            yield str(item), str(item)
