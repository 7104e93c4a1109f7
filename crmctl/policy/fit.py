"""Whether kinds and packs fit each other: all they name is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from crmctl.i18n import N_
from crmctl.model.condition import Leaf
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind
from crmctl.model.sensitive import classes_in
from crmctl.policy.arrows import arrow_faults
from crmctl.policy.blacklist import read_blacklist
from crmctl.policy.clocks import check_clocks
from crmctl.policy.dated import undated
from crmctl.policy.effective import Effective
from crmctl.policy.header import format_faults
from crmctl.policy.pack import ADDS, KEYS, Pack
from crmctl.policy.review import check_review
from crmctl.policy.satisfaction import read_model

# Reader terms that name persons or all; every other term is a role.
PERSONS = frozenset({"owner", "team", "keeper", "member", "everyone", "territory"})
_SHAPES: dict[str, type] = {
    "readers": dict, "responsible": dict, "vocab": dict, "requires": dict, "values": dict, "company_roles": list,
    "compartments": list, "extends": list, "needs": dict, "facts": dict, "sets": dict, "grade": dict, "axes": dict,
    "blacklist": dict,
}  # fmt: skip


def pack_faults(raw: Mapping[str, object], pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> list[Finding]:
    """What one pack file names that is not there. `whole` is all packs laid over each other, this one included.

    Findings carry the dotted path in the file as their field; the place is the caller's to add.
    """
    roles = {*whole.company_roles, *whole.vocab.get("role", {})}
    return [
        *format_faults(raw), *_shapes(raw), *_requires(pack, kinds, whole), *_readers(pack, kinds, whole),
        *_entries(raw, "clocks", _clocks(pack, kinds, whole)),
        *_blacklist(pack, kinds, whole), *_arrows(pack, kinds, whole),
        *_satisfaction(pack, whole),
        *_sensitive(pack, kinds, whole),
        *_entries(raw, "review", check_review(pack.review, kinds, whole.vocab, roles, KEYS)),
        *_demands(raw, whole),
    ]  # fmt: skip


def _clocks(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> list[Finding]:
    """What does not fit a pack's clocks, with the values of every stretch of time."""
    found = (check_clocks(pack.clocks, kinds, "", values) for values in Effective(whole.values).ever())
    return next((faults for faults in found if faults), [])


def _entries(raw: Mapping[str, object], key: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about a list at the entry that has their code."""
    rows = raw.get(key)
    places = {
        str(row.get("code")): number for number, row in enumerate(rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    }  # fmt: skip
    for finding in findings:
        number = places.get(str(finding.args.get("code")))
        yield finding if number is None or finding.field != key else replace(finding, field=f"{key}.{number}")


def _demands(raw: Mapping[str, object], whole: Pack) -> Iterator[Finding]:
    """Numbers the source of a pack lost and the company has not set yet: what asks for them does not run."""
    needs, values = raw.get("needs"), undated(whole.values)
    for name in needs if isinstance(needs, dict) else {}:
        if values.get(str(name)) is None:
            message = N_("{name} has no value: the source lost it and none is invented")
            hint = N_("crmctl policy set {name} VALUE")
            yield Finding("POL011", message, "warning", "", f"needs.{name}", {"name": name}, hint)


def kind_faults(kind: Kind, kinds: Mapping[str, Kind], whole: Pack) -> list[Finding]:
    """What one kind names that is not there, or takes that another kind has already."""
    return [*_taken(kind, kinds), *_home(kind, whole), *_fields(kind.fields, kinds, whole, "fields", kind)]


def unknown(code: str, path: str, message: str, name: str, known: Iterable[str]) -> Finding:
    """A finding that names what is not there, and the nearest name that is."""
    near = get_close_matches(name, sorted(known), 1)
    if near:
        return Finding(code, message, "error", "", path, {"name": name, "near": near[0]}, N_("Did you mean {near}?"))
    return Finding(code, message, "error", "", path, {"name": name})


def _shapes(raw: Mapping[str, object]) -> Iterator[Finding]:
    for key, wanted in _SHAPES.items():
        value = raw.get(key)
        if value is not None and not isinstance(value, wanted):
            message = N_("A list is needed here") if wanted is list else N_("A mapping of names is needed here")
            yield Finding("POL002", message, "error", "", key)
    readers = raw.get("readers")
    for pattern, terms in readers.items() if isinstance(readers, dict) else ():
        if not isinstance(terms, list):
            yield Finding("POL002", N_("A list is needed here"), "error", "", f"readers.{pattern}")


def _requires(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> Iterator[Finding]:
    for name, by_state in pack.requires.items():
        path = f"requires.{name}"
        kind = kinds.get(name)
        if kind is None:
            yield unknown("POL010", path, N_("There is no kind {name}"), name, kinds)
            continue
        states = {"*", *kind.states, *(whole.vocab.get("customer_state", {}) if kind.scope == "core" else ())}
        for state, fields in by_state.items():
            if state not in states:
                yield unknown("POL037", f"{path}.{state}", N_("The kind has no state {name}"), state, states)
            for number, field in enumerate(fields):
                yield from _required(kind, field, f"{path}.{state}.{number}")


def _blacklist(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> Iterator[Finding]:
    if not pack.blacklist:
        return
    rules, faults = read_blacklist(pack.blacklist, undated(whole.values), kinds, "")
    yield from faults
    approved = {
        (trigger.what, part) for rule in whole.review if any(slot.blocks for step in rule.steps for slot in step)
        for trigger in rule.on if trigger.action == "add" for part in ([trigger.part] if trigger.part else rules.levels)
    }  # fmt: skip
    for name, level in rules.levels.items() if not rules.outdated else ():
        if level.bars != "nothing" and (rules.kind, name) not in approved:
            message = N_("Nobody has to approve what is entered here; write in review: on: add {kind}/{level}")
            args = {"kind": rules.kind, "level": name}
            yield Finding("BLK010", message, "error", "", f"blacklist.{name}", args)


def _satisfaction(pack: Pack, whole: Pack) -> Iterator[Finding]:
    if pack.satisfaction:
        yield from read_model({**whole.satisfaction, **pack.satisfaction}, whole.vocab, "")[1]


def _arrows(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> Iterator[Finding]:
    yield from arrow_faults(pack.arrows, kinds, {*whole.company_roles, *whole.vocab.get("role", {})})


def _required(kind: Kind, name: str, path: str) -> Iterator[Finding]:
    fields = kind.fields
    for part in name.split("."):
        found = next((field for field in fields if field.name == part), None)
        if found is None:
            yield unknown("POL012", path, N_("The kind has no field {name}"), name, [n for n, _f in kind.walk()])
            return
        fields = found.fields


def _readers(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> Iterator[Finding]:
    patterns = {"core", *(f"assignment/{short}" for short in whole.compartments)}
    patterns |= {f"office/{kind.compartment}" for kind in kinds.values() if kind.scope == "office"}
    roles = {*PERSONS, *whole.company_roles, *whole.vocab.get("role", {})}
    for key, lists in (("readers", pack.readers), ("responsible", pack.responsible)):
        for pattern, terms in lists.items():
            if pattern not in patterns:
                yield unknown("POL013", f"{key}.{pattern}", N_("There is no compartment {name}"), pattern, patterns)
            for number, term in enumerate(terms):
                if term not in roles and (term != ADDS or number):
                    yield unknown("POL014", f"{key}.{pattern}.{number}", N_("There is no role {name}"), term, roles)
    for pattern, terms in whole.asking.items():
        for term in terms:
            if term in pack.readers.get(pattern, ()):
                message = N_("{name} is not responsible for it, and reads only what a request allowed")
                yield Finding("POL021", message, "info", "", f"readers.{pattern}", {"name": term})


def _sensitive(pack: Pack, kinds: Mapping[str, Kind], whole: Pack) -> Iterator[Finding]:
    classes = classes_in(kinds.values())
    roles = {*whole.company_roles, *whole.vocab.get("role", {})}
    for name, terms in pack.sensitive.items():
        if name not in classes:
            yield unknown("POL012", f"sensitive.{name}", N_("No kind has a field of class {name}"), name, classes)
        for number, term in enumerate(terms):
            if term not in roles and (term != ADDS or number):
                yield unknown("POL014", f"sensitive.{name}.{number}", N_("There is no role {name}"), term, roles)


def _taken(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    for other in kinds.values():
        if other.name == kind.name:
            continue
        for key, mine, theirs in (
            ("id", kind.prefix, other.prefix), ("table", kind.table, other.table),
            ("folder", kind.folder, other.folder),
        ):  # fmt: skip
            if mine == theirs:
                args = {"name": mine, "kind": other.name}
                yield Finding("SCH005", N_("{name} belongs to the kind {kind} already"), "error", "", key, args)


def _home(kind: Kind, whole: Pack) -> Iterator[Finding]:
    if kind.scope == "assignment" and kind.compartment not in whole.compartments:
        yield unknown("SCH004", "in", N_("There is no compartment {name}"), kind.compartment, whole.compartments)
    pattern = f"office/{kind.compartment}"
    if kind.scope == "office" and pattern not in whole.readers:
        known = [name for name in whole.readers if name.startswith("office/")]
        yield unknown("SCH004", "in", N_("The policy names no readers of {name}"), pattern, known)


def _fields(
    fields: Iterable[Field], kinds: Mapping[str, Kind], whole: Pack, path: str, kind: Kind
) -> Iterator[Finding]:
    for field in fields:
        inside = f"{path}.{field.name}"
        words, target = str(field.options.get("of", "")), field.options.get("to")
        if field.type == "choice" and words not in whole.vocab:
            yield unknown("SCH002", f"{inside}.of", N_("There is no choice list {name}"), words, whole.vocab)
        if field.type == "ref" and target is not None and target not in {*kinds, kind.name}:
            yield unknown("SCH003", f"{inside}.to", N_("There is no kind {name}"), str(target), kinds)
        if field.when is not None:
            yield from _literals(field.when, kind, whole, f"{inside}.when")
        yield from _fields(field.fields, kinds, whole, inside, kind)


def _literals(leaf: Leaf, kind: Kind, whole: Pack, path: str) -> Iterator[Finding]:
    """A condition on a choice that names a word the choice does not have never holds, silently."""
    field = kind.field(leaf.name)
    if field is None or field.type != "choice":
        return
    words = whole.vocab.get(str(field.options.get("of", "")), {})
    for literal in leaf.literals:
        if words and literal not in words:
            yield unknown("SCH006", path, N_("{name} is not one of the choices"), literal, words)
