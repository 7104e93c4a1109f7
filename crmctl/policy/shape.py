"""The shape of a pack's lists of mappings: words that are known, labels in both languages. Pure.

The readers of a pack's parts rest on these; faults come back as findings with the dotted path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value


def listed(raw: Value) -> list[Value]:
    """A list, or nothing where there is none."""
    return raw if isinstance(raw, list) else []


def mapped(raw: Value) -> Mapping[str, Value]:
    """A mapping, or nothing where there is none."""
    return raw if isinstance(raw, dict) else {}


def texts(raw: Value) -> tuple[str, ...]:
    """The texts of a list, or the one text."""
    return () if raw is None else tuple(str(item) for item in raw) if isinstance(raw, list) else (str(raw),)


def named_text(raw: Value) -> str | None:
    """A text, None where nothing is given."""
    return str(raw) if raw is not None else None


def spoken(raw: Value) -> Label | None:
    """A text in both languages, None where it is none."""
    return (str(raw[0]), str(raw[1])) if isinstance(raw, list) and len(raw) == 2 else None


def item_faults(raw: Value, keys: Collection[str], labels: Collection[str], path: str) -> Iterator[Finding]:
    """What is wrong with one mapping: words it may not hold, and labels (`labels`, all needed) without two texts."""
    if not isinstance(raw, dict):
        yield Finding("POL002", N_("A mapping is needed here"), "error", "", path)
        return
    for key in raw:
        if key not in keys:
            args: dict[str, object] = {
                "name": key,
                "near": (get_close_matches(key, sorted(keys), 1) or sorted(keys))[0],
            }
            yield Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", "", f"{path}.{key}", args)
    for name in labels:
        if spoken(raw.get(name)) is None:
            message = N_("A label is a list of two texts: Chinese, English")
            yield Finding("POL002", message, "error", "", f"{path}.{name}")


def list_fault(raw: Value, path: str) -> Iterator[Finding]:
    """That something given is no list."""
    if raw is not None and not isinstance(raw, list):
        yield Finding("POL002", N_("A list is needed here"), "error", "", path)


def unknown_names(
    names: Collection[str], known: Collection[str], code: str, message: str, path: str
) -> Iterator[Finding]:
    """Those of the names that are not there, with the nearest that is."""
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), 1)
            args: dict[str, object] = {"name": name, "near": near[0] if near else ""}
            yield Finding(code, message, "error", "", path, args, N_("Did you mean {near}?") if near else "")
