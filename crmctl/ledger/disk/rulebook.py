"""The rules crmctl's messages name by their code: `why CODE` and `policy coverage` read these shipped catalogues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import _
from crmctl.ledger.disk.shipped import catalogue_file, pack_file, pack_names
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kinds import Label
from crmctl.model.values import Value

State = Literal["done", "partial", "missing", "out_of_scope"]
_STATES: tuple[State, ...] = ("done", "partial", "missing", "out_of_scope")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it says, how grave a breach is, the clause and requirement it comes from, and what to do.

    `pack` is the policy it stands in (none: the program's own), `in_force` whether the ledger asked from goes by it,
    `within` the time it gives as the policy writes it.
    """

    code: str
    severity: str
    text: Label
    clause: str
    requirement: str
    remedy: Label | None
    pack: str = ""
    in_force: bool = True
    within: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A numbered requirement: how far it is met, by what, and which tests prove it.

    `out_of_scope` is what no program does and nothing is asked of this one; `note` says why.
    """

    id: str
    state: State
    does: Mapping[str, tuple[str, ...]]
    tests: tuple[str, ...]
    note: str

    @property
    def area(self) -> str:
        """The area's short name: REC in R-REC-14."""
        return self.id.split("-")[1]


def rules(packs: Iterable[Mapping[str, Value]] | None = None) -> dict[str, Rule]:
    """Every rule by its code: those of the program, and those packs give with code and text.

    `packs` are those in force in a ledger, the lowest first: what they say goes before what ships.
    """
    own = {code: _rule(code, _mapping(spec)) for code, spec in _mapping(_catalogue("rules").get("rules")).items()}
    shipped = (_mapping(load(pack_file(name).read_bytes(), name)) for name in pack_names())
    known = {found.code: found for raw in shipped for found in _coded(raw, str(raw.get("pack")), packs is None)} | own
    return known | {found.code: found for raw in packs or () for found in _coded(raw, str(raw.get("pack")), True)}


def rule(code: str, packs: Iterable[Mapping[str, Value]] | None = None) -> Rule:
    """The rule of that code; of a ledger's own packs first. Raises NotFound with the nearest ones."""
    from difflib import get_close_matches

    known = rules(packs)
    found = known.get(code.upper())
    if found is None:
        near = get_close_matches(code.upper(), known, 3)
        hint = _("Did you mean {names}?", names=", ".join(near)) if near else "crmctl policy coverage"
        raise NotFound(_("There is no rule {code}", code=code), hint=hint)
    return found


def requirement(code: str) -> Requirement | None:
    """The requirement of that number, where there is one."""
    return next((item for item in requirements() if item.id == code.upper()), None)


def requirements() -> list[Requirement]:
    """Every requirement in the product's domain, in the order of areas and numbers."""
    raw = _catalogue("requirements")
    told = [_requirement(_mapping(item)) for item in _list(raw.get("requirements"))]
    known = {item.id for item in told}
    rest = [
        Requirement(id_, "missing", {}, (), "")
        for area, text in _mapping(raw.get("missing")).items()
        for id_ in _ids(area, str(text))
        if id_ not in known
    ]
    areas = [str(area) for area in _list(raw.get("areas"))]
    return sorted([*told, *rest], key=lambda item: (areas.index(item.area), item.id))


def counts(found: list[Requirement]) -> dict[str, int]:
    """How many are done, partial, missing and out of scope."""
    states = Counter(item.state for item in found)
    return {state: states[state] for state in _STATES}


def _coded(raw: object, pack: str, in_force: bool) -> Iterator[Rule]:
    """The rules inside a pack, wherever they stand: mappings that have a code and a text."""
    if isinstance(raw, Mapping):
        if isinstance(raw.get("code"), str) and isinstance(raw.get("text"), list):
            yield replace(_rule(str(raw["code"]), raw), pack=pack, in_force=in_force)
        for value in raw.values():
            yield from _coded(value, pack, in_force)
    elif isinstance(raw, list):
        for value in raw:
            yield from _coded(value, pack, in_force)


def _catalogue(name: str) -> Mapping[str, Value]:
    file = catalogue_file(name)
    try:
        content = load(file.read_bytes(), file.name)
    except OSError as error:
        raise BadConfiguration(_("The file cannot be read"), where=str(file)) from error
    return _mapping(content)


def _rule(code: str, spec: Mapping[str, Value]) -> Rule:
    remedy = spec.get("do")
    return Rule(
        code, str(spec.get("severity", "error")), _label(spec.get("text"), code), str(spec.get("clause") or ""),
        str(spec.get("requirement") or ""), _label(remedy, "") if remedy else None,
        within=str(spec.get("within") or ""),
    )  # fmt: skip


def _requirement(spec: Mapping[str, Value]) -> Requirement:
    state = spec.get("state")
    if state not in _STATES:
        raise BadConfiguration(_("A requirement is done, partial, missing or out_of_scope"), where=str(spec.get("id")))
    does = {name: tuple(str(item) for item in _list(given)) for name, given in _mapping(spec.get("does")).items()}
    tests = tuple(str(test) for test in _list(spec.get("tests")))
    return Requirement(str(spec.get("id")), state, does, tests, str(spec.get("note") or ""))


def _ids(area: str, text: str) -> Iterator[str]:
    """`1-3, 7` of area VIS as R-VIS-01, R-VIS-02, R-VIS-03, R-VIS-07."""
    for first, last in _RANGE.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"R-{area}-{number:02d}"


def _mapping(raw: object) -> Mapping[str, Value]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: object) -> list[Value]:
    return raw if isinstance(raw, list) else []


def _label(raw: object, default: str) -> Label:
    return (str(raw[0]), str(raw[1])) if isinstance(raw, list) and len(raw) == 2 else (default, default)
