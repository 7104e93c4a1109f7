"""Whether a department's own rules fit the company's: above all what they loosen (DESIGN 5, R-REC-50)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crmctl.model.findings import Finding
from crmctl.model.values import Value
from crmctl.policy.axes import Given, read_axis
from crmctl.policy.dated import is_dated
from crmctl.policy.decision import Declared, declared
from crmctl.policy.overlay import lay_overlay, overlay_faults, overlay_of
from crmctl.policy.pack import Pack
from crmctl.policy.pack_files import PackFile, axes_of

NOT_OVERLAYS = frozenset({"company", "calendar"})


def overlays(raw: Mapping[str, Value]) -> Iterator[tuple[str, str, Mapping[str, Value]]]:
    """(department, path, content) of each department's own rules among the clear files."""
    for path in sorted(raw):
        stem = path.removeprefix("policy/").removesuffix(".yaml")
        content = raw[path]
        if path.startswith("policy/") and "/" not in stem and stem not in NOT_OVERLAYS and isinstance(content, dict):
            yield stem, path, content


def department_faults(
    raw: Mapping[str, Value], packs: Sequence[PackFile], departments: Mapping[str, object], whole: Pack
) -> list[Finding]:
    """Every fault in the departments' own rules, above all what they loosen."""
    findings: list[Finding] = []
    for stem, path, content in overlays(raw):
        faults = list(overlay_faults(content, packs, whole.values, departments, stem))
        findings += [fault.at(path) for fault in faults]
        if not faults:
            findings += _laid(content, packs, whole, path)
    return findings


def _laid(content: Mapping[str, Value], packs: Sequence[PackFile], whole: Pack, path: str) -> Iterator[Finding]:
    """Whether the department's axes still read once they lie over the company's."""
    overlay = overlay_of(content)
    laid = lay_overlay(packs, overlay, path)
    unheard: list[Finding] = []
    given = given_to(laid, declared(laid, whole.vocab, unheard), whole)
    for _where, raw in laid:
        for name, _path, axis in axes_of(raw):
            if name in overlay.axes:
                for fault in read_axis(name, "", axis, given, path)[1]:
                    inner = fault.field.lstrip(".") if name not in _company(packs) else ""
                    yield Finding(fault.code, fault.message, fault.severity, path, f"axes.{name}.{inner}".rstrip("."),
                                  fault.args, fault.hint)  # fmt: skip


def _company(packs: Sequence[PackFile]) -> set[str]:
    return {name for _where, raw in packs for name, _path, _content in axes_of(raw)}


def given_to(packs: Sequence[PackFile], found: Declared, whole: Pack) -> Given:
    """What the packs declare altogether, for reading one axis of them."""
    needs = frozenset(name for _where, raw in packs for name in _mapping(raw.get("needs")))
    plain = {name: _first(value) for name, value in whole.values.items()}
    roles = {*whole.company_roles, *whole.vocab.get("role", {})}
    return Given(found.facts, plain, needs, found.sets, roles, whole.vocab)


def _first(value: Value) -> Value:
    first = value[0] if is_dated(value) and isinstance(value, list) else None
    return first["is"] if isinstance(first, dict) else value


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}
