"""The packs among a ledger's clear files, and the axes of grading each of them brings. Nothing of them is read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmctl.model.values import Value

MAIN_AXIS = "grade"
PackFile = tuple[str, Mapping[str, Value]]
_COMPANY = "policy/company.yaml"


def packs_in_force(raw: Mapping[str, Value]) -> list[PackFile]:
    """The packs among the clear files of a ledger, the lowest first, the company's own last."""
    company = raw.get(_COMPANY)
    extends = company.get("extends") if isinstance(company, dict) else None
    names = [f"policy/packs/{name}.yaml" for name in extends] if isinstance(extends, list) else []
    packs: list[PackFile] = []
    for path in [*names, _COMPANY]:
        content = raw.get(path)
        if isinstance(content, dict):
            packs.append((path, content))
    return packs


def axes_of(raw: Mapping[str, Value]) -> Iterator[tuple[str, str, Mapping[str, Value]]]:
    """(name, path in the file, content) of each axis a pack brings."""
    main = raw.get(MAIN_AXIS)
    if isinstance(main, dict):
        yield MAIN_AXIS, MAIN_AXIS, main
    named = raw.get("axes")
    for name, content in named.items() if isinstance(named, dict) else ():
        yield name, f"axes.{name}", content if isinstance(content, dict) else {}
